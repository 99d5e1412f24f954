//! The loopback transport, over a real socket and in real time.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Answers each request of a connection with the same bytes until the client closes it.
async fn serve(mut socket: TcpStream, reply: &str) {
    let mut head = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let Ok(read @ 1..) = socket.read(&mut buffer).await else {
            return;
        };
        head.extend_from_slice(&buffer[..read]);
        // The SDK sends a body with a length; the JSON's last bytes end it.
        if head.ends_with(b"}") {
            head.clear();
            if socket.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn hops_of_one_runtime_share_a_pool() {
    let body = r#"{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn",
        "usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7},"metrics":{"latencyMs":1}}"#;
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clock = Clock::real();
    let clients = Clients::new(ClientPlan::new(Target::Endpoint(url), clock.clone()));
    let calls = async {
        for region in ["us-east-1", "us-east-2", "us-east-1"] {
            let mut plan = once();
            plan.route = Arc::new(Route {
                region: Region::from(region),
                ..(*plan.route).clone()
            });
            let call = HopCall {
                round: 0,
                hop: 0,
                seed: Seed::new(1),
                backoff: Duration::ZERO,
                deadline: Moment::FAR,
            };
            let ask = Ask {
                document: None,
                history: Vec::new(),
                system: Some("Be brief.".into()),
                text: "How are you?".to_owned(),
                max_tokens: None,
                stream: false,
            };
            let answer = clients.hop(plan).converse(call, &ask).await.end.unwrap();
            assert_eq!((answer.usage.input, answer.usage.output), (3, 4));
        }
    };
    let server = async {
        let (first, _) = listener.accept().await.unwrap();
        tokio::select! {
            biased;
            () = serve(first, &reply) => {}
            second = listener.accept() => panic!("a second connection: {second:?}"),
        }
    };
    tokio::select! {
        biased;
        () = calls => {}
        () = server => panic!("the client closed its connection"),
    }
}

#[tokio::test]
async fn nobody_listening_is_a_refused_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let clock = Clock::real();
    let clients = Clients::new(ClientPlan::new(Target::Endpoint(url), clock.clone()));
    let call = HopCall {
        round: 0,
        hop: 0,
        seed: Seed::new(1),
        backoff: Duration::ZERO,
        deadline: Moment::FAR,
    };
    let ask = Ask {
        document: None,
        history: Vec::new(),
        system: None,
        text: "Anybody?".to_owned(),
        max_tokens: None,
        stream: true,
    };
    let outcome = clients.hop(once()).converse(call, &ask).await;
    let failure = outcome.end.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connection);
    assert!(failure.message.contains("refused"), "{}", failure.message);
}
