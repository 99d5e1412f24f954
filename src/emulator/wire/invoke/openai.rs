//! OpenAI-style chat completions: gpt-oss, Qwen, DeepSeek and others.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::{malformed, violation};
use super::written;
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker};
use crate::emulator::wire::ask::{Ask, Echo, IMAGE_TOKENS};
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;
use crate::emulator::wire::weight::{Document, Structure};

#[derive(Deserialize)]
struct ChatRequest {
    #[serde(default)]
    messages: Option<Vec<Structure<Message>>>,
    #[serde(default)]
    prompt: Option<String>,
    #[serde(default, alias = "max_completion_tokens")]
    max_tokens: Option<i64>,
    #[serde(default)]
    stop: Option<Stops>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    tools: Option<Vec<Document>>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    content: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stops {
    One(String),
    Many(Vec<String>),
}

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];
    let Structure(request): Structure<ChatRequest> = serde_json::from_slice(body).map_err(|_| malformed())?;
    let messages = request.messages.unwrap_or_default();
    if messages.is_empty() && request.prompt.is_none() {
        return Err(violation("#: required key [messages] not found"));
    }
    if let Some(place) = messages
        .iter()
        .position(|message| !message.role.as_deref().is_some_and(|role| ROLES.contains(&role)))
    {
        return Err(violation(&format!(
            "#/messages/{place}/role: not a valid enum value"
        )));
    }
    if request.max_tokens.is_some_and(|most| most < 1) {
        return Err(violation("#/max_tokens: 0 is not greater or equal to 1"));
    }
    if request
        .temperature
        .is_some_and(|value| !(0.0..=2.0).contains(&value))
    {
        return Err(violation("#/temperature: value is not between 0 and 2"));
    }
    let mut ask = Ask {
        chars: request.tools.iter().flatten().map(|tool| tool.chars).sum(),
        max_tokens: request.max_tokens.and_then(|most| u64::try_from(most).ok()),
        stop_sequences: match request.stop {
            None => Vec::new(),
            Some(Stops::One(stop)) => vec![stop],
            Some(Stops::Many(stops)) => stops,
        },
        echo: Echo {
            chat: !messages.is_empty(),
            ..Echo::default()
        },
        ..Ask::default()
    };
    ask.chars += request.prompt.map_or(0, |prompt| prompt.chars().count() as u64);
    for content in messages.into_iter().filter_map(|message| message.0.content) {
        weigh(&content, &mut ask);
    }
    if ask.media_tokens > 0 && !model.image_input {
        return Err(WireError::validation(format!(
            "{} does not support image input",
            model.name
        )));
    }
    Ok(ask)
}

fn weigh(content: &Value, ask: &mut Ask) {
    match content {
        Value::String(text) => ask.chars += text.chars().count() as u64,
        Value::Array(parts) => {
            for part in parts {
                if let Some(text) = part.get("text").and_then(Value::as_str) {
                    ask.chars += text.chars().count() as u64;
                }
                ask.media_tokens += u64::from(part.get("image_url").is_some()) * IMAGE_TOKENS;
            }
        }
        _ => {}
    }
}

/// Writes an answer; a `prompt` is answered with text choices.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    let finish = Some(ending.stop.finish());
    let (message, text) = if speaker.echo.chat {
        (
            Some(Said {
                role: Some("assistant"),
                content: Some(text),
            }),
            None,
        )
    } else {
        (None, Some(text))
    };
    let choice = Choice {
        index: 0,
        message,
        delta: None,
        text,
        finish_reason: finish,
    };
    written(&Completion {
        usage: Some(Usage::of(ending)),
        ..Completion::of(speaker, "chat.completion", choice)
    })
}

#[derive(Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(
        rename = "amazon-bedrock-invocationMetrics",
        skip_serializing_if = "Option::is_none"
    )]
    metrics: Option<InvocationMetrics>,
}

impl<'a> Completion<'a> {
    fn of(speaker: &'a Speaker, object: &'static str, choice: Choice<'a>) -> Self {
        Self {
            id: format!("chatcmpl-{}", speaker.identifier("completion", 24)),
            object,
            created: speaker.created,
            model: speaker.model.id.as_str(),
            choices: [choice],
            usage: None,
            metrics: None,
        }
    }
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    finish_reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl Usage {
    const fn of(ending: &Ending) -> Self {
        Self {
            prompt_tokens: ending.usage.prompt(),
            completion_tokens: ending.usage.output,
            total_tokens: ending.usage.total(),
        }
    }
}

/// Says a stream of `chat.completion.chunk`.
pub struct OpenAiNarrator {
    speaker: Speaker,
}

impl OpenAiNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self { speaker }
    }

    fn chunk<'a>(&'a self, delta: Said<'a>, finish_reason: Option<&'static str>) -> Completion<'a> {
        let choice = Choice {
            index: 0,
            message: None,
            delta: Some(delta),
            text: None,
            finish_reason,
        };
        Completion::of(&self.speaker, "chat.completion.chunk", choice)
    }
}

impl Narrator for OpenAiNarrator {
    fn open(&mut self, frames: &mut Frames) {
        let role = Said {
            role: Some("assistant"),
            content: Some(""),
        };
        frames.chunk(&self.chunk(role, None));
    }

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        frames.chunk(&self.chunk(
            Said {
                role: None,
                content: Some(text),
            },
            None,
        ));
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        let nothing = Said {
            role: None,
            content: None,
        };
        frames.chunk(&Completion {
            usage: Some(Usage::of(ending)),
            metrics: Some(InvocationMetrics::of(ending, &self.speaker.model)),
            ..self.chunk(nothing, Some(ending.stop.finish()))
        });
    }
}
