//! Bodies of answers: what they hold, and the errors that hide in them.

use serde_json::Value;

use crate::bedrock::chat::ChatEnd;
use crate::bedrock::classify;
use crate::event::{Failure, FailureKind};
use crate::units::TokenUsage;

/// Reads a whole answer. An `error` in the body is a failure whatever the status says.
pub fn read_whole(status: u16, body: &[u8]) -> Result<(String, ChatEnd), Failure> {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if let Some(failure) = error_in(&answer, Some(status)) {
        return Err(failure);
    }
    if !(200..300).contains(&status) {
        let words: String = String::from_utf8_lossy(body).chars().take(200).collect();
        return Err(Failure {
            kind: kind_of(None, Some(status)),
            status: Some(status),
            code: None,
            message: words,
        });
    }
    let choice = answer.pointer("/choices/0");
    let text = choice.and_then(|choice| choice.pointer("/message/content"));
    let Some(choice) = choice else {
        return Err(Failure {
            status: Some(status),
            ..Failure::local(FailureKind::Other, "the answer holds no choice")
        });
    };
    let end = ChatEnd {
        is_cut: choice.get("finish_reason").and_then(Value::as_str) == Some("length"),
        usage: usage_of(&answer),
    };
    let text = text.and_then(Value::as_str).unwrap_or_default();
    Ok((text.to_owned(), end))
}

/// The failure that a body or an event stands for, if it holds an `error`.
pub fn error_in(value: &Value, status: Option<u16>) -> Option<Failure> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let code = match error.get("code") {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    let message = error
        .get("message")
        .and_then(Value::as_str)
        .or(error.as_str())
        .unwrap_or("the answer says no more");
    let spent = error.get("type").and_then(Value::as_str) == Some("budget_exceeded");
    Some(Failure {
        kind: if spent {
            FailureKind::QuotaExceeded
        } else {
            kind_of(code.as_deref(), status)
        },
        status,
        code,
        message: message.to_owned(),
    })
}

/// The kind of a failure: the code decides where it is a status itself, as LiteLLM writes it, since
/// the status may be a 200; else the status does; else a word that is known.
pub fn kind_of(code: Option<&str>, status: Option<u16>) -> FailureKind {
    let said = code
        .and_then(|code| code.parse().ok())
        .filter(|code| (400..600).contains(code));
    let answered = status.filter(|status| *status >= 400);
    match (said.or(answered), code) {
        (None, Some("rate_limit_exceeded")) => FailureKind::Throttled,
        (None, Some("overloaded")) => FailureKind::Unavailable,
        (None, Some("model_not_found")) => FailureKind::NotFound,
        (None, _) => FailureKind::Internal,
        (status, _) => classify::kind_of(None, status),
    }
}

/// What one event of a stream adds.
#[derive(Debug, Default)]
pub struct Piece {
    pub text: Option<String>,
    pub is_cut: Option<bool>,
    pub usage: Option<TokenUsage>,
}

/// Reads an event of a stream.
pub fn piece_of(chunk: &Value) -> Piece {
    let choice = chunk.pointer("/choices/0");
    let text = choice.and_then(|choice| choice.pointer("/delta/content")?.as_str());
    let reason = choice.and_then(|choice| choice.get("finish_reason")?.as_str());
    Piece {
        text: text.filter(|text| !text.is_empty()).map(str::to_owned),
        is_cut: reason.map(|reason| reason == "length"),
        usage: usage_of(chunk),
    }
}

fn usage_of(value: &Value) -> Option<TokenUsage> {
    let usage = value.get("usage").filter(|usage| usage.is_object())?;
    let count = |path| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let cached = count("/prompt_tokens_details/cached_tokens");
    Some(TokenUsage {
        input: count("/prompt_tokens").saturating_sub(cached),
        output: count("/completion_tokens"),
        cache_read: cached,
        ..TokenUsage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_under_http_200_is_an_error() {
        let body = br#"{"error":{"message":"litellm.RateLimitError","type":"throttling_error","param":null,"code":"429"}}"#;
        let failure = read_whole(200, body).expect_err("an error body");
        assert_eq!(
            (failure.kind, failure.status),
            (FailureKind::Throttled, Some(200))
        );
        assert!(failure.message.contains("RateLimitError"));
    }

    #[test]
    fn errors_are_told_apart_by_code_status_or_word() {
        let cases = [
            (Some("429"), Some(200), FailureKind::Throttled),
            (Some("503"), None, FailureKind::Unavailable),
            (None, Some(502), FailureKind::Unavailable),
            (Some("rate_limit_exceeded"), Some(429), FailureKind::Throttled),
            (Some("overloaded"), None, FailureKind::Unavailable),
            (Some("invalid_api_key"), Some(401), FailureKind::Denied),
            (None, None, FailureKind::Internal),
        ];
        for (code, status, kind) in cases {
            assert_eq!(kind_of(code, status), kind, "{code:?} {status:?}");
        }
    }

    #[test]
    fn an_answer_is_read_with_its_usage_and_its_end() {
        let body = br#"{"choices":[{"message":{"content":"well"},"finish_reason":"length"}],
            "usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}"#;
        let (text, end) = read_whole(200, body).expect("an answer");
        let usage = end.usage.expect("usage");
        assert_eq!((text.as_str(), end.is_cut), ("well", true));
        assert_eq!((usage.input, usage.cache_read, usage.output), (6, 3, 4));
        assert!(read_whole(200, b"<html>").is_err(), "no choice is no answer");
    }
}
