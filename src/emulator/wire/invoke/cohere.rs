//! Cohere Command: `message` (Command R), or `prompt` (the older Command).

use serde::Serialize;

use super::schema::{Field, Takes, check, object};
use super::written;
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker, Stop};
use crate::emulator::wire::ask::{Ask, Echo};
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let most = i64::try_from(model.max_output).unwrap_or(i64::MAX);
    let members = object(body)?;
    let chat = !members.contains_key("prompt");
    let key = if chat { "message" } else { "prompt" };
    let fields = [
        Field::must(key, Takes::Text),
        Field::may("max_tokens", Takes::Integer(1, most)),
        Field::may("temperature", Takes::Number(0.0, if chat { 1.0 } else { 5.0 })),
        Field::may("p", Takes::Number(0.0, 1.0)),
        Field::may("k", Takes::Number(0.0, 500.0)),
        Field::may("stop_sequences", Takes::Texts),
        Field::may("stream", Takes::Bool),
        Field::may("chat_history", Takes::Array),
        Field::may("documents", Takes::Array),
        Field::may("preamble", Takes::Text),
        Field::may("tools", Takes::Array),
        Field::may("tool_results", Takes::Array),
        Field::may("seed", Takes::Integer(0, i64::MAX)),
        Field::may("frequency_penalty", Takes::Number(0.0, 1.0)),
        Field::may("presence_penalty", Takes::Number(0.0, 1.0)),
        Field::may("prompt_truncation", Takes::Text),
        Field::may("return_prompt", Takes::Bool),
        Field::may("raw_prompting", Takes::Bool),
        Field::may("return_likelihoods", Takes::Text),
        Field::may("num_generations", Takes::Integer(1, 5)),
        Field::may("truncate", Takes::Text),
        Field::may("logit_bias", Takes::Object),
    ];
    let body = check(members, &fields, "#")?;
    let rest = ["chat_history", "documents", "preamble", "tools", "tool_results"];
    Ok(Ask {
        chars: body.chars(key) + rest.iter().map(|key| body.written(key)).sum::<u64>(),
        max_tokens: body.count("max_tokens"),
        stop_sequences: body.texts("stop_sequences"),
        echo: Echo {
            prompt: body.text(key).map(str::to_owned),
            chat,
            ..Echo::default()
        },
        ..Ask::default()
    })
}

/// Writes an answer, in the form of the request.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    if speaker.echo.chat {
        written(&Chat::of(speaker, text, ending))
    } else {
        written(&Generations::of(speaker, text, ending))
    }
}

const fn reason(stop: &Stop) -> &'static str {
    match stop {
        Stop::EndTurn | Stop::ToolUse | Stop::Guardrail => "COMPLETE",
        Stop::MaxTokens => "MAX_TOKENS",
        Stop::Sequence(_) => "STOP_SEQUENCE",
    }
}

#[derive(Serialize)]
struct Chat<'a> {
    response_id: String,
    text: &'a str,
    generation_id: String,
    chat_history: [Turn<'a>; 2],
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    message: &'a str,
}

impl<'a> Chat<'a> {
    fn of(speaker: &'a Speaker, text: &'a str, ending: &Ending) -> Self {
        let asked = speaker.echo.prompt.as_deref().unwrap_or_default();
        Self {
            response_id: speaker.uuid("response"),
            text,
            generation_id: speaker.uuid("generation"),
            chat_history: [
                Turn {
                    role: "USER",
                    message: asked,
                },
                Turn {
                    role: "CHATBOT",
                    message: text,
                },
            ],
            finish_reason: reason(&ending.stop),
        }
    }
}

#[derive(Serialize)]
struct Generations<'a> {
    id: &'a str,
    generations: [Generation<'a>; 1],
    prompt: &'a str,
}

#[derive(Serialize)]
struct Generation<'a> {
    id: String,
    text: &'a str,
    finish_reason: &'static str,
}

impl<'a> Generations<'a> {
    fn of(speaker: &'a Speaker, text: &'a str, ending: &Ending) -> Self {
        Self {
            id: &speaker.request_id,
            generations: [Generation {
                id: speaker.uuid("generation"),
                text,
                finish_reason: reason(&ending.stop),
            }],
            prompt: speaker.echo.prompt.as_deref().unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Event<'a> {
    Text {
        is_finished: bool,
        event_type: &'static str,
        text: &'a str,
    },
    End {
        is_finished: bool,
        event_type: &'static str,
        response: Chat<'a>,
        finish_reason: &'static str,
        #[serde(rename = "amazon-bedrock-invocationMetrics")]
        metrics: InvocationMetrics,
    },
    OlderText {
        is_finished: bool,
        text: &'a str,
    },
    OlderEnd {
        is_finished: bool,
        finish_reason: &'static str,
        response: Generations<'a>,
        #[serde(rename = "amazon-bedrock-invocationMetrics")]
        metrics: InvocationMetrics,
    },
}

/// Says a stream; the last event repeats the whole text.
pub struct CohereNarrator {
    speaker: Speaker,
    said: String,
}

impl CohereNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            said: String::new(),
        }
    }
}

impl Narrator for CohereNarrator {
    fn open(&mut self, _frames: &mut Frames) {}

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        self.said.push_str(text);
        if self.speaker.echo.chat {
            let event_type = "text-generation";
            frames.chunk(&Event::Text {
                is_finished: false,
                event_type,
                text,
            });
        } else {
            frames.chunk(&Event::OlderText {
                is_finished: false,
                text,
            });
        }
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        let finish_reason = reason(&ending.stop);
        let metrics = InvocationMetrics::of(ending, &self.speaker.model);
        if self.speaker.echo.chat {
            frames.chunk(&Event::End {
                is_finished: true,
                event_type: "stream-end",
                response: Chat::of(&self.speaker, &self.said, ending),
                finish_reason,
                metrics,
            });
        } else {
            let response = Generations::of(&self.speaker, &self.said, ending);
            frames.chunk(&Event::OlderEnd {
                is_finished: true,
                finish_reason,
                response,
                metrics,
            });
        }
    }
}
