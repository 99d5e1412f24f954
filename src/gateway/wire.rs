//! What the gateway reads and says: OpenAI's bodies, LiteLLM's headers and errors.

use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::{GatewayPlan, GroupPlan, Way};
use super::relay::{Relayed, Unanswered};
use crate::bedrock::chat::{Chat, ChatEnd, Turn};
use crate::event::{Failure, FailureKind};
use crate::units::{TokenUsage, Usd};

#[derive(Deserialize)]
struct Body {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    max_completion_tokens: Option<u64>,
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    stop: Value,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Value,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

/// A request as it is passed on.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The group asked for.
    pub model: String,
    pub chat: Chat,
    /// Whether a stream tells its usage.
    pub include_usage: bool,
}

/// Reads a chat completion; the words of what is wrong with it.
pub(super) fn read(body: &[u8]) -> Result<Wanted, String> {
    let body: Body = serde_json::from_slice(body).map_err(|problem| problem.to_string())?;
    let mut chat = Chat {
        max_tokens: body.max_completion_tokens.or(body.max_tokens),
        temperature: body.temperature,
        stop: words(&body.stop),
        stream: body.stream.unwrap_or(false),
        ..Chat::default()
    };
    for message in &body.messages {
        let text = words(&message.content).concat();
        match message.role.as_str() {
            "system" | "developer" => match &mut chat.system {
                Some(system) => {
                    system.push('\n');
                    system.push_str(&text);
                }
                None => chat.system = Some(text),
            },
            role @ ("user" | "assistant") => chat.turns.push(Turn {
                by_user: role == "user",
                text,
            }),
            other => return Err(format!("messages of the role `{other:.40}` are not passed on")),
        }
    }
    if chat.turns.is_empty() {
        return Err("`messages` holds nothing of a user".to_owned());
    }
    let include_usage = body.stream_options.get("include_usage");
    Ok(Wanted {
        model: body.model,
        include_usage: include_usage.and_then(Value::as_bool).unwrap_or(false),
        chat,
    })
}

/// A text, or the texts of a list: of words, or of parts.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(parts) => {
            let texts = parts
                .iter()
                .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()));
            texts.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// What every answer to one request repeats.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub id: String,
    pub created: i64,
    /// The identifier that the upstream was asked for.
    pub model: String,
}

impl Reference {
    pub fn completion(&self, text: &str, end: ChatEnd) -> Vec<u8> {
        bytes(&json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason(end),
            }],
            "usage": usage(end.usage.unwrap_or_default()),
        }))
    }

    pub fn piece(&self, text: &str, first: bool) -> Vec<u8> {
        let delta = if first {
            json!({"role": "assistant", "content": text})
        } else {
            json!({"content": text})
        };
        self.chunk(
            &json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            None,
        )
    }

    /// The last chunks of a stream, and `[DONE]`.
    pub fn end(&self, end: ChatEnd, include_usage: bool) -> Vec<u8> {
        let choices = json!([{"index": 0, "delta": {}, "finish_reason": reason(end)}]);
        let mut bytes = self.chunk(&choices, None);
        if let (true, Some(used)) = (include_usage, end.usage) {
            bytes.extend(self.chunk(&json!([]), Some(used)));
        }
        bytes.extend_from_slice(b"data: [DONE]\n\n");
        bytes
    }

    fn chunk(&self, choices: &Value, used: Option<TokenUsage>) -> Vec<u8> {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices,
        });
        if let Some(used) = used {
            chunk["usage"] = usage(used);
        }
        event(&chunk)
    }
}

/// An error within a stream: after it nothing comes, no `[DONE]` either.
pub(super) fn error_event(failure: &Failure) -> Vec<u8> {
    event(&error(failure, &failure.message))
}

fn event(payload: &Value) -> Vec<u8> {
    format!("data: {payload}\n\n").into_bytes()
}

fn reason(end: ChatEnd) -> &'static str {
    if end.is_cut { "length" } else { "stop" }
}

fn usage(used: TokenUsage) -> Value {
    let prompt = used.input + used.cache_read + used.cache_write;
    json!({
        "prompt_tokens": prompt, "completion_tokens": used.output, "total_tokens": prompt + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cache_read},
    })
}

/// The error answer to a request that nobody answered: status and body.
pub(super) fn refusal(unanswered: &Unanswered) -> (StatusCode, Vec<u8>) {
    let failure = &unanswered.failure;
    let mut words = failure.message.clone();
    if !unanswered.fallbacks.is_empty() {
        let names: Vec<&str> = unanswered.fallbacks.iter().map(|name| &**name).collect();
        words = format!("{words} Fallback to {} also failed.", names.join(", "));
    }
    if unanswered.retries > 0 {
        words = format!("{words} LiteLLM Retried: {} times", unanswered.retries);
    }
    (status(failure), bytes(&error(failure, &words)))
}

/// An error that is no upstream's.
pub(super) fn own_error(status: StatusCode, kind: &str, message: &str) -> Vec<u8> {
    bytes(&json!({"error": {
        "message": message, "type": kind, "param": null, "code": status.as_u16().to_string(),
    }}))
}

fn error(failure: &Failure, words: &str) -> Value {
    let kind = match failure.kind {
        FailureKind::Throttled | FailureKind::NotReady => "throttling_error",
        FailureKind::QuotaExceeded => failure.code.as_deref().unwrap_or("invalid_request_error"),
        FailureKind::Validation | FailureKind::Denied | FailureKind::NotFound => "invalid_request_error",
        _ => "internal_server_error",
    };
    json!({"error": {
        "message": words, "type": kind, "param": null, "code": status(failure).as_u16().to_string(),
    }})
}

fn status(failure: &Failure) -> StatusCode {
    match failure.kind {
        FailureKind::Throttled | FailureKind::NotReady => StatusCode::TOO_MANY_REQUESTS,
        FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FailureKind::ModelTimeout | FailureKind::Timeout => StatusCode::REQUEST_TIMEOUT,
        FailureKind::Validation | FailureKind::QuotaExceeded => StatusCode::BAD_REQUEST,
        FailureKind::Denied => StatusCode::FORBIDDEN,
        FailureKind::NotFound => StatusCode::NOT_FOUND,
        FailureKind::ModelError => StatusCode::FAILED_DEPENDENCY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What is claimed of an answer in its headers. As LiteLLM does: one fallback, however many there
/// were, and no retries after a fallback.
pub(super) fn claim(
    headers: &mut HeaderMap,
    (group, call_id): (&GroupPlan, &str),
    relayed: &Relayed,
    (cost, spent): (Option<Usd>, Usd),
    took: Duration,
) {
    let mut say = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let id = group
        .deployments
        .get(relayed.place)
        .map(|deployment| &*deployment.id);
    let retries = if relayed.hops > 0 { 0 } else { relayed.retries };
    say("x-litellm-call-id", call_id);
    say("x-litellm-model-id", id.unwrap_or_default());
    say("x-litellm-model-group", &group.name);
    say("x-litellm-attempted-fallbacks", &relayed.hops.min(1).to_string());
    say("x-litellm-attempted-retries", &retries.to_string());
    if retries > 0 {
        say("x-litellm-max-retries", &group.retries.to_string());
    }
    if let Some(cost) = cost {
        say("x-litellm-response-cost", &cost.dollars().to_string());
    }
    say("x-litellm-key-spend", &spent.dollars().to_string());
    say("x-litellm-response-duration-ms", &took.as_millis().to_string());
    if let Some(id) = &relayed.origin.request_id {
        say("llm_provider-x-amzn-requestid", id);
    }
    if let Some(region) = &relayed.origin.served_in {
        say("llm_provider-x-bedrill-served-region", region);
    }
}

/// `/v1/models`.
pub(super) fn models(plan: &GatewayPlan) -> Vec<u8> {
    let row = |group: &Arc<GroupPlan>| json!({"id": group.name, "object": "model", "created": 0, "owned_by": "bedrill"});
    let data: Vec<Value> = plan.groups.iter().map(row).collect();
    bytes(&json!({"object": "list", "data": data}))
}

/// `/model/info`: every deployment, with its prices for a token.
pub(super) fn model_info(plan: &GatewayPlan) -> Vec<u8> {
    let mut data = Vec::new();
    for group in &plan.groups {
        for deployment in &group.deployments {
            let price = |input: u64, output: u64| {
                let used = TokenUsage {
                    input,
                    output,
                    ..TokenUsage::default()
                };
                deployment.way.cost(used).dollars() / 1e6
            };
            let (parameters, provider) = match &deployment.way {
                Way::Bedrock { region, target, .. } => (
                    json!({"model": format!("bedrock/converse/{target}"), "aws_region_name": region}),
                    "bedrock",
                ),
                Way::Foreign(model) => (json!({"model": format!("openai/{}", model.id)}), "openai"),
            };
            data.push(json!({
                "model_name": group.name,
                "litellm_params": parameters,
                "model_info": {
                    "id": deployment.id, "litellm_provider": provider, "weight": deployment.weight,
                    "input_cost_per_token": price(1_000_000, 0),
                    "output_cost_per_token": price(0, 1_000_000),
                },
            }));
        }
    }
    bytes(&json!({ "data": data }))
}

/// `/health/readiness`.
pub(super) fn readiness() -> Vec<u8> {
    bytes(&json!({"status": "healthy", "db": "Not connected", "cache": null}))
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_read_whole() {
        let wanted = read(
            br#"{"model":"ordered","max_tokens":9,"stop":["x","y"],"stream":true,
                "stream_options":{"include_usage":true},"messages":[
                {"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},
                {"role":"assistant","content":"Hello"},{"role":"user","content":[{"type":"text","text":"How?"}]}]}"#,
        )
        .expect("a request");
        assert_eq!(wanted.chat.system.as_deref(), Some("Be brief."));
        let turns: Vec<(bool, &str)> = (wanted.chat.turns.iter())
            .map(|turn| (turn.by_user, turn.text.as_str()))
            .collect();
        assert_eq!(turns, [(true, "Hi"), (false, "Hello"), (true, "How?")]);
        assert_eq!(wanted.chat.stop, ["x", "y"]);
        assert!(wanted.include_usage && wanted.chat.stream);
        assert!(read(br#"{"model":"m","messages":[]}"#).is_err());
        assert!(read(br#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#).is_err());
    }

    #[test]
    fn an_error_tells_of_retries_and_fallbacks_in_words_alone() {
        let unanswered = Unanswered {
            failure: Failure::local(FailureKind::Throttled, "Too many requests."),
            retries: 2,
            fallbacks: vec!["b".into(), "c".into()],
        };
        let (status, body) = refusal(&unanswered);
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["error"]["code"], "429");
        let words = body["error"]["message"].as_str().expect("words");
        assert_eq!(
            words,
            "Too many requests. Fallback to b, c also failed. LiteLLM Retried: 2 times"
        );
    }
}
