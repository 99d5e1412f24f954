//! The server over real sockets.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::emulator::service::fixture::{NOVA, fault, plan, serving, signature};
use crate::event::FaultId;
use crate::fault::{Cut, FaultKind, Outage, Scope};
use crate::seed::Seed;

const BODY: &str = r#"{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}"#;

fn spawn() -> (Server, Service) {
    let service = serving(plan(Duration::ZERO, Duration::ZERO), Clock::real());
    let server = Server::spawn(service.clone(), 0).expect("a free port");
    (server, service)
}

/// Sends bytes and reads what comes until the end.
fn exchange(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    send(addr, bytes, false)
}

/// The same from a caller who can send no more afterwards.
fn truncated(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    send(addr, bytes, true)
}

/// Reads time out, so that a server that hangs fails the test.
fn send(addr: SocketAddr, bytes: &[u8], and_end: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    // A server that has heard enough may have hung up by now.
    let _ = stream.write_all(bytes);
    if and_end {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => answer,
        Err(problem) if problem.kind() == io::ErrorKind::ConnectionReset => answer,
        Err(problem) => panic!("{problem} after {:?}", String::from_utf8_lossy(&answer)),
    }
}

fn converse(path: &str, length: usize) -> Vec<u8> {
    format!(
        "POST /model/{NOVA}/{path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{BODY}",
        signature("us-east-1"),
    )
    .into_bytes()
}

fn status(answer: &[u8]) -> Option<u16> {
    let head = String::from_utf8_lossy(answer.get(..12)?).into_owned();
    head.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[test]
fn it_serves_and_stops() {
    let (server, _) = spawn();
    let addr = server.addr();
    assert!(addr.ip().is_loopback());
    let answer = exchange(addr, &converse("converse", BODY.len()));
    assert_eq!(status(&answer), Some(200), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(
        String::from_utf8_lossy(&answer).matches("date: ").count(),
        1,
        "one date"
    );
    let idle = TcpStream::connect(addr).expect("a connection that never speaks");
    server.stop();
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
    drop(idle);
}

#[test]
fn a_port_in_use_is_named() {
    let (server, service) = spawn();
    let port = server.addr().port();
    let problem = Server::spawn(service, port)
        .expect_err("it is in use")
        .to_string();
    assert!(problem.contains(&format!("127.0.0.1:{port}")), "{problem}");
}

#[test]
fn a_refused_endpoint_drops_the_connection_and_a_silent_one_keeps_it_waiting() {
    let (server, service) = spawn();
    let outage = |how| fault(1, FaultKind::EndpointOutage(how), Scope::default());
    service.control().inject(outage(Outage::Refused));
    assert!(exchange(server.addr(), &converse("converse", BODY.len())).is_empty());

    service.control().inject(outage(Outage::Silent));
    let mut stream = TcpStream::connect(server.addr()).expect("a connection");
    stream.write_all(&converse("converse", BODY.len())).expect("sent");
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .expect("a timeout");
    let silence = stream.read(&mut [0]).expect_err("no answer");
    assert!(
        matches!(
            silence.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        ),
        "{silence}"
    );
    service.control().lift(FaultId(1));
    let answer = exchange(server.addr(), &converse("converse", BODY.len()));
    assert_eq!(status(&answer), Some(200), "others are served meanwhile");
}

#[test]
fn a_reset_stream_ends_without_its_last_chunk() {
    let (server, service) = spawn();
    let whole = exchange(server.addr(), &converse("converse-stream", BODY.len()));
    assert!(whole.ends_with(b"0\r\n\r\n"));
    let cut = FaultKind::CutStream {
        after_tokens: 10,
        how: Cut::Reset,
    };
    service.control().inject(fault(1, cut, Scope::default()));
    let broken = exchange(server.addr(), &converse("converse-stream", BODY.len()));
    assert_eq!(status(&broken), Some(200));
    assert!(!broken.ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_body_over_the_limit_is_refused_unread() {
    let (server, _) = spawn();
    let answer = exchange(server.addr(), &converse("converse", 25_000_001));
    assert_eq!(status(&answer), Some(400));
    assert!(String::from_utf8_lossy(&answer).contains("less than or equal to 25000000"));
}

#[test]
fn hundreds_of_hostile_requests_leave_the_server_standing() {
    let (server, _) = spawn();
    let sound = converse("converse", BODY.len());
    let head = sound.len() - BODY.len();
    let mut draws = Seed::new(3).stream();
    for _ in 0..300 {
        let at = draws.below(sound.len() - 1);
        let (sent, must_answer) = match draws.below(5) {
            // Cut short within the body: the length was announced.
            0 => (sound[..head + draws.below(BODY.len() - 1)].to_vec(), true),
            // Cut short anywhere. There is nobody to answer where the head is not whole.
            1 => (sound[..at].to_vec(), false),
            // Noise.
            2 => ((0..200).map(|_| draws.bits() as u8).collect(), false),
            // A byte of the head changed for one that may stand nowhere in it.
            3 => {
                let mut sent = sound.clone();
                sent[draws.below(head - 4)] = 0;
                (sent, false)
            }
            // More headers, or a longer one, than anybody sends.
            _ => {
                let many = "x-a: b\r\n".repeat(draws.below(400));
                let long = format!("x-b: {}\r\n", "c".repeat(draws.below(100_000)));
                let start = format!("POST /model/{NOVA}/converse HTTP/1.1\r\nhost: x\r\n{many}{long}\r\n");
                (start.into_bytes(), false)
            }
        };
        let answer = truncated(server.addr(), &sent);
        match status(&answer) {
            Some(status) => assert!(
                (400..500).contains(&status),
                "{status} for {:?}",
                String::from_utf8_lossy(&sent)
            ),
            None => assert!(
                answer.is_empty() && !must_answer,
                "{:?}",
                String::from_utf8_lossy(&sent)
            ),
        }
    }
    let answer = exchange(server.addr(), &sound);
    assert_eq!(status(&answer), Some(200));
}

#[test]
fn a_long_prompt_is_read_in_full() {
    let (server, _) = spawn();
    let prompt = "word ".repeat(40_000);
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"{prompt}"}}]}}]}}"#);
    let mut request = converse("count-tokens", 0);
    let body = format!(r#"{{"input":{{"converse":{body}}}}}"#);
    request.truncate(request.len() - BODY.len());
    let head = String::from_utf8(request).expect("text").replace(
        "content-length: 0\r\n",
        &format!("content-length: {}\r\n", body.len()),
    );
    let answer = exchange(server.addr(), format!("{head}{body}").as_bytes());
    assert_eq!(status(&answer), Some(200));
    let tokens = (prompt.len() as f64 / 4.4).ceil() as u64;
    assert!(String::from_utf8_lossy(&answer).ends_with(&format!(r#"{{"inputTokens":{tokens}}}"#)));
}
