//! The dialect of OpenAI-style endpoints: gateways, and providers behind a gateway.
//!
//! Reads their traps for what they are: an error body under HTTP 200, an error within a stream, and
//! a stream that ends without `[DONE]` are failures here.

mod answer;
mod asked;

use std::time::Duration;

use serde_json::{Value, json};

pub use asked::{Asked, GatewayClient, GatewayPlan};

use super::chat::{
    ATTEMPT, CALLER, Chat, ChatBody, ChatEnd, ChatPiece, ChatReply, ChatStream, Origin, PassedOn,
};
use super::http::{HttpCaller, HttpReply, SseReader};
use crate::clock::Clock;
use crate::event::{Failure, FailureKind};

use answer::{error_in, piece_of};
pub use answer::{kind_of, read_whole};

/// Calls chat completions of one OpenAI-style endpoint. Cheap to clone, and may go to any thread.
#[derive(Clone, Debug)]
pub struct OpenAiChat {
    http: HttpCaller,
    clock: Clock,
}

impl OpenAiChat {
    /// A client of an endpoint; paths below its URL are `/chat/completions` and `/models`.
    pub const fn new(http: HttpCaller, clock: Clock) -> Self {
        Self { http, clock }
    }

    /// Asks a model. One wire call, no retries.
    pub async fn chat(&self, model: &str, chat: &Chat, on: &PassedOn) -> Result<ChatReply, Failure> {
        let attempt = on.attempt.to_string();
        let headers = [(CALLER, &*on.caller), (ATTEMPT, attempt.as_str())];
        let body = request(model, chat);
        let asked = async {
            let reply = self.http.post("/chat/completions", &headers, body).await?;
            begin(reply).await
        };
        let deadline = self.clock.now() + on.timeout;
        self.clock
            .until(deadline, asked)
            .await
            .unwrap_or_else(|| Err(too_late()))
    }
}

/// What an attempt that took too long ends with.
fn too_late() -> Failure {
    Failure::local(FailureKind::Timeout, "no answer within the attempt's time")
}

/// The body of a request.
pub fn request(model: &str, chat: &Chat) -> Vec<u8> {
    let system = chat
        .system
        .iter()
        .map(|text| json!({"role": "system", "content": text}));
    let turns = chat.turns.iter().map(|turn| {
        let role = if turn.by_user { "user" } else { "assistant" };
        json!({"role": role, "content": turn.text})
    });
    let messages: Vec<Value> = system.chain(turns).collect();
    let mut body = json!({"model": model, "messages": messages});
    if let Some(most) = chat.max_tokens {
        body["max_tokens"] = json!(most);
    }
    if let Some(temperature) = chat.temperature {
        body["temperature"] = json!(temperature);
    }
    if !chat.stop.is_empty() {
        body["stop"] = json!(chat.stop);
    }
    if chat.stream {
        body["stream"] = json!(true);
        body["stream_options"] = json!({"include_usage": true});
    }
    body.to_string().into_bytes()
}

/// Reads an answer as far as its head, or all of it where it is not streamed.
async fn begin(reply: HttpReply) -> Result<ChatReply, Failure> {
    let origin = Origin {
        request_id: reply
            .header("x-request-id")
            .or(reply.header("x-amzn-requestid"))
            .map(str::to_owned),
        served_in: reply.header(super::chat::SERVED_REGION).map(str::to_owned),
    };
    let status = reply.status;
    if reply.is_event_stream() && (200..300).contains(&status) {
        let stream = OpenAiStream::new(reply.events());
        let body = ChatBody::Stream(Box::new(ChatStream::OpenAi(stream)));
        return Ok(ChatReply { origin, body });
    }
    let bytes = reply.bytes().await?;
    let (text, end) = read_whole(status, &bytes)?;
    Ok(ChatReply {
        origin,
        body: ChatBody::Whole(text, end),
    })
}

/// A streamed answer.
#[derive(Debug)]
pub struct OpenAiStream {
    events: SseReader,
    end: ChatEnd,
    finished: bool,
    done: bool,
}

impl OpenAiStream {
    fn new(events: SseReader) -> Self {
        Self {
            events,
            end: ChatEnd::default(),
            finished: false,
            done: false,
        }
    }

    /// The next piece. The end comes with `[DONE]` and not before.
    pub async fn next(&mut self) -> Result<ChatPiece, Failure> {
        while !self.done {
            let Some(event) = self.events.next().await? else {
                let words = if self.finished {
                    "the stream ended without [DONE]"
                } else {
                    "the stream ended in the middle, without [DONE]"
                };
                return Err(Failure::local(FailureKind::StreamCut, words));
            };
            if event.trim() == "[DONE]" {
                self.done = true;
                break;
            }
            let chunk: Value = serde_json::from_str(&event)
                .map_err(|_| Failure::local(FailureKind::StreamCut, "an event of the stream is no JSON"))?;
            if let Some(failure) = error_in(&chunk, None) {
                return Err(failure);
            }
            let piece = piece_of(&chunk);
            if let Some(usage) = piece.usage {
                self.end.usage = Some(usage);
            }
            if let Some(is_cut) = piece.is_cut {
                self.end.is_cut = is_cut;
                self.finished = true;
            }
            if let Some(text) = piece.text {
                return Ok(ChatPiece::Text(text));
            }
        }
        Ok(ChatPiece::End(self.end))
    }
}

/// The time that an answer may take to begin, whole or streamed, where nothing else is said.
pub const USUAL_TIMEOUT: Duration = Duration::from_secs(10);
