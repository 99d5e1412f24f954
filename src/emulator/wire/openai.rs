//! OpenAI-style endpoints of the providers beside Bedrock: bodies in, bodies out.
//!
//! The members that clients and gateways read (openai-python, LiteLLM), no more.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::catalog::ForeignModel;
use crate::event::FailureKind;
use crate::units::TokenUsage;

/// The prefix of every path of theirs.
pub const PREFIX: &str = "/v1/";

/// What a chat completion asks, as far as world and answer care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatAsk {
    /// The model.
    pub model: String,
    /// Characters of all messages.
    pub chars: u64,
    /// `max_completion_tokens`, or else `max_tokens`.
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether a stream ends with a chunk that holds the usage.
    pub include_usage: bool,
}

#[derive(Deserialize)]
struct Body {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    max_completion_tokens: Option<u64>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// `error.type`.
    pub kind: &'static str,
    /// `error.code`, where there is one.
    pub code: Option<&'static str>,
    /// `error.message`.
    pub message: String,
    /// `retry-after`, where it tells.
    pub retry_after: Option<Duration>,
}

impl OpenAiError {
    /// A request that cannot be served as it is.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            retry_after: None,
        }
    }

    /// No key.
    pub fn unauthorised() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: Some("invalid_api_key"),
            ..Self::invalid(
                "You didn't provide an API key: send `Authorization: Bearer KEY`; any key will do.",
            )
        }
    }

    /// No such model or path.
    pub fn not_found(what: &str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: Some("model_not_found"),
            ..Self::invalid(format!("`{what:.100}` does not exist here"))
        }
    }

    /// The error a kind of failure is answered with.
    pub fn of(kind: FailureKind, message: String, retry_after: Option<Duration>) -> Self {
        let (status, word, code) = match kind {
            FailureKind::Throttled | FailureKind::NotReady => (429, "requests", Some("rate_limit_exceeded")),
            FailureKind::Validation => (400, "invalid_request_error", None),
            FailureKind::Denied => (403, "invalid_request_error", Some("access_denied")),
            FailureKind::NotFound => (404, "invalid_request_error", Some("model_not_found")),
            FailureKind::ModelTimeout => (408, "timeout", None),
            FailureKind::Unavailable => (503, "server_error", Some("overloaded")),
            _ => (500, "server_error", None),
        };
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            kind: word,
            code,
            message,
            retry_after,
        }
    }

    /// The same under HTTP 200, as proxies answer that lose the status of what they pass on.
    #[must_use]
    pub fn under_ok(self) -> Self {
        Self {
            status: StatusCode::OK,
            ..self
        }
    }

    /// The body, and the payload of an error within a stream.
    pub fn body(&self) -> Vec<u8> {
        bytes(&json!({"error": {
            "message": self.message, "type": self.kind, "param": null, "code": self.code,
        }}))
    }
}

/// Reads a request.
pub fn read(body: &[u8]) -> Result<ChatAsk, OpenAiError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|problem| OpenAiError::invalid(format!("the body is no chat completion: {problem}")))?;
    if body.messages.is_empty() {
        return Err(OpenAiError::invalid("`messages` must hold at least one message"));
    }
    let known = ["system", "developer", "user", "assistant", "tool"];
    if let Some(other) = body
        .messages
        .iter()
        .find(|message| !known.contains(&message.role.as_str()))
    {
        return Err(OpenAiError::invalid(format!(
            "`{:.40}` is no role of a message",
            other.role
        )));
    }
    let max_tokens = body.max_completion_tokens.or(body.max_tokens);
    if max_tokens == Some(0) {
        return Err(OpenAiError::invalid("`max_tokens` must be at least 1"));
    }
    Ok(ChatAsk {
        model: body.model,
        chars: body.messages.iter().map(|message| chars(&message.content)).sum(),
        max_tokens,
        stream: body.stream.unwrap_or(false),
        include_usage: body.stream_options.is_some_and(|options| options.include_usage),
    })
}

/// Characters of a message's content: a text, or a list of parts of which the texts count.
fn chars(content: &Value) -> u64 {
    let count = |text: &str| text.chars().count() as u64;
    match content {
        Value::String(text) => count(text),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .map(count)
            .sum(),
        _ => 0,
    }
}

/// What every answer repeats.
#[derive(Clone, Debug)]
pub struct Reference {
    /// `id`.
    pub id: String,
    /// `created`, in seconds.
    pub created: i64,
    /// The model.
    pub model: Arc<ForeignModel>,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl From<TokenUsage> for Usage {
    fn from(usage: TokenUsage) -> Self {
        Self {
            prompt_tokens: usage.input,
            completion_tokens: usage.output,
            total_tokens: usage.total(),
        }
    }
}

impl Reference {
    /// A whole answer.
    pub fn completion(&self, text: &str, usage: TokenUsage, is_cut: bool) -> Vec<u8> {
        bytes(&json!({
            "id": self.id, "object": "chat.completion", "created": self.created,
            "model": self.model.id,
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": text},
                "logprobs": null, "finish_reason": reason(is_cut),
            }],
            "usage": Usage::from(usage),
        }))
    }

    /// A piece of a stream; the first one also says whose turn it is.
    pub fn piece(&self, text: &str, first: bool) -> Vec<u8> {
        let delta = if first {
            json!({"role": "assistant", "content": text})
        } else {
            json!({"content": text})
        };
        self.chunk(
            &json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            &Value::Null,
        )
    }

    /// The end of a stream: why it stops, the usage if that was asked for, and `[DONE]`.
    pub fn end(&self, usage: TokenUsage, is_cut: bool, include_usage: bool) -> Vec<u8> {
        let mut end = self.chunk(
            &json!([{"index": 0, "delta": {}, "finish_reason": reason(is_cut)}]),
            &Value::Null,
        );
        if include_usage {
            let usage = json!(Usage::from(usage));
            end.extend(self.chunk(&json!([]), &usage));
        }
        end.extend_from_slice(b"data: [DONE]\n\n");
        end
    }

    fn chunk(&self, choices: &Value, usage: &Value) -> Vec<u8> {
        event(&bytes(&json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created,
            "model": self.model.id, "choices": choices, "usage": usage,
        })))
    }
}

/// A server-sent event.
pub fn event(payload: &[u8]) -> Vec<u8> {
    [b"data: ", payload, b"\n\n"].concat()
}

/// The list of models.
pub fn models<'a>(models: impl Iterator<Item = &'a Arc<ForeignModel>>) -> Vec<u8> {
    let data: Vec<Value> = models
        .map(|model| json!({"id": model.id, "object": "model", "created": 0, "owned_by": model.provider}))
        .collect();
    bytes(&json!({"object": "list", "data": data}))
}

const fn reason(is_cut: bool) -> &'static str {
    if is_cut { "length" } else { "stop" }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    // Plain members: serializing into memory cannot fail.
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_whatever_form_its_content_has() {
        let ask = read(
            br#"{"model":"m","max_tokens":5,"max_completion_tokens":7,"stream":true,
                "stream_options":{"include_usage":true},
                "messages":[{"role":"system","content":"four"},
                            {"role":"user","content":[{"type":"text","text":"abc"},{"type":"image_url"}]}]}"#,
        )
        .expect("a request");
        assert_eq!((ask.chars, ask.max_tokens), (7, Some(7)));
        assert!(ask.stream && ask.include_usage);
    }

    #[test]
    fn what_is_wrong_is_said_with_a_400() {
        for body in [
            "",
            r#"{"model":"m","messages":[]}"#,
            r#"{"model":"m","messages":[{"role":"boss","content":"x"}]}"#,
            r#"{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]}"#,
        ] {
            let error = read(body.as_bytes()).expect_err("refused");
            assert_eq!(error.status, StatusCode::BAD_REQUEST, "{body}");
        }
    }
}
