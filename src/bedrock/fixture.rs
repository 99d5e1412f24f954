//! A scripted service for tests, speaking the service's wire bytes: what a test needs to stand in
//! for Bedrock beneath the real SDK.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::{Value, json};

use super::in_process::Handler;
use crate::clock::{Clock, Moment};
use crate::fault::Outage;

/// A request that reached the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When.
    pub at: Moment,
    /// The region it was signed for.
    pub region: String,
    /// Its `modelId`, decoded.
    pub target: String,
    /// Whether it asked for a stream.
    pub stream: bool,
    /// Its `maxTokens`.
    pub max_tokens: Option<u64>,
}

/// What the script answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers and a body.
    Plain(u16, Vec<(&'static str, String)>, String),
    /// Status 200 and chunks of an event stream, each after a pause.
    Stream(Vec<Chunk>),
    /// Nothing.
    Dead(Outage),
    /// The same, so much later.
    After(Duration, Box<Self>),
}

/// A piece of a streamed body.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// So long nothing.
    Pause(Duration),
    /// Bytes.
    Bytes(Bytes),
    /// The connection breaks.
    Reset,
}

impl Reply {
    /// An error in the usual form: the code in the header.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let headers = vec![("x-amzn-errortype", code.to_owned())];
        Self::Plain(status, headers, json!({ "message": message }).to_string())
    }

    /// A whole answer that is not streamed.
    pub fn answer(input: u64, output: u64) -> Self {
        let body = json!({
            "output": {"message": {"role": "assistant", "content": [{"text": "well"}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": input, "outputTokens": output, "totalTokens": input + output},
            "metrics": {"latencyMs": 1},
        });
        Self::Plain(
            200,
            vec![("x-bedrill-served-region", "us-west-2".to_owned())],
            body.to_string(),
        )
    }

    /// A whole stream: its first token after `first`, then one each 10 ms.
    pub fn stream(first: Duration, tokens: u64) -> Self {
        let mut chunks = vec![start(), Chunk::Pause(first)];
        for token in 0..tokens {
            if token > 0 {
                chunks.push(Chunk::Pause(Duration::from_millis(10)));
            }
            chunks.push(delta("word"));
        }
        chunks.extend([stop(), metadata(7, tokens)]);
        Self::Stream(chunks)
    }
}

/// `messageStart`.
pub fn start() -> Chunk {
    event("messageStart", &json!({"role": "assistant"}))
}

/// `contentBlockDelta` with a text.
pub fn delta(text: &str) -> Chunk {
    event(
        "contentBlockDelta",
        &json!({"contentBlockIndex": 0, "delta": {"text": text}}),
    )
}

/// `messageStop`.
pub fn stop() -> Chunk {
    event("messageStop", &json!({"stopReason": "end_turn"}))
}

/// `metadata` with the usage, cache tokens included.
pub fn metadata(input: u64, output: u64) -> Chunk {
    let usage = json!({
        "inputTokens": input, "outputTokens": output, "totalTokens": input + output + 5,
        "cacheReadInputTokens": 3, "cacheWriteInputTokens": 2,
    });
    event("metadata", &json!({"usage": usage, "metrics": {"latencyMs": 1}}))
}

/// An event frame.
pub fn event(kind: &str, payload: &Value) -> Chunk {
    Chunk::Bytes(frame(
        &[(":message-type", "event"), (":event-type", kind)],
        payload,
    ))
}

/// An exception frame.
pub fn exception(kind: &str, message: &str) -> Chunk {
    let headers = [(":message-type", "exception"), (":exception-type", kind)];
    Chunk::Bytes(frame(&headers, &json!({ "message": message })))
}

fn frame(headers: &[(&'static str, &str)], payload: &Value) -> Bytes {
    let mut message = Message::new(payload.to_string());
    for (name, value) in headers.iter().chain(&[(":content-type", "application/json")]) {
        message = message.add_header(Header::new(
            *name,
            HeaderValue::String((*value).to_owned().into()),
        ));
    }
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a frame");
    bytes.into()
}

/// A service that answers by a script and remembers what it was asked.
#[derive(Clone, Debug)]
pub struct Script {
    seen: Arc<Mutex<Vec<Seen>>>,
    clock: Clock,
}

impl Script {
    /// A script in virtual time.
    pub fn new(clock: &Clock) -> Self {
        Self {
            seen: Arc::default(),
            clock: clock.clone(),
        }
    }

    /// The service: `answer` is given each request.
    pub fn handler(&self, answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Handler {
        let script = self.clone();
        let answer = Arc::new(answer);
        Handler::new(move |request| {
            let (script, answer) = (script.clone(), Arc::clone(&answer));
            async move {
                let seen = script.read(&request);
                let reply = answer(&seen);
                script.seen.lock().expect("the list").push(seen);
                respond(reply, script.clock).await
            }
        })
    }

    /// What it was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the list").clone()
    }

    fn read(&self, request: &http::Request<Bytes>) -> Seen {
        let signed = request.headers()["authorization"].to_str().expect("a signature");
        let region = signed.split('/').nth(2).expect("a credential scope").to_owned();
        let mut path = request.uri().path().split('/').skip(2);
        let target = path.next().expect("a model").replace("%3A", ":");
        let body: Value = serde_json::from_slice(request.body()).expect("a JSON body");
        Seen {
            at: self.clock.now(),
            region,
            target,
            stream: path.next() == Some("converse-stream"),
            max_tokens: body.pointer("/inferenceConfig/maxTokens").and_then(Value::as_u64),
        }
    }
}

type ScriptBody =
    StreamBody<std::pin::Pin<Box<dyn stream::Stream<Item = std::io::Result<Frame<Bytes>>> + Send>>>;

async fn respond(mut reply: Reply, clock: Clock) -> Result<http::Response<ScriptBody>, Outage> {
    while let Reply::After(late, inner) = reply {
        clock.sleep(late).await;
        reply = *inner;
    }
    let (status, headers, chunks) = match reply {
        Reply::Dead(outage) => return Err(outage),
        Reply::Plain(status, headers, body) => (status, headers, vec![Chunk::Bytes(body.into())]),
        Reply::Stream(chunks) => {
            let kind = "application/vnd.amazon.eventstream".to_owned();
            (200, vec![("content-type", kind)], chunks)
        }
        Reply::After(..) => unreachable!("unwrapped above"),
    };
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let body = stream::unfold((chunks.into_iter(), clock), |(mut chunks, clock)| async move {
        loop {
            let sent = match chunks.next()? {
                Chunk::Pause(pause) => {
                    clock.sleep(pause).await;
                    continue;
                }
                Chunk::Bytes(bytes) => Ok(Frame::data(bytes)),
                Chunk::Reset => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
            };
            return Some((sent, (chunks, clock)));
        }
    });
    Ok(response
        .body(StreamBody::new(Box::pin(body.fuse()) as _))
        .expect("a response"))
}
