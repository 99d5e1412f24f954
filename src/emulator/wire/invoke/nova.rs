//! Amazon Nova: the `messages-v1` body, whose messages are Converse's.

use std::borrow::Cow;

use serde::Deserialize;
use serde::Serialize;

use super::schema::{malformed, violation};
use super::written;
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker};
use crate::emulator::wire::ask::Ask;
use crate::emulator::wire::converse;
use crate::emulator::wire::converse::request::{Block, InferenceConfig, Message, Request, ToolConfig};
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;
use crate::emulator::wire::weight::Structure;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NovaRequest<'a> {
    #[serde(borrow, default)]
    schema_version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    messages: Option<Vec<Structure<Message<'a>>>>,
    #[serde(borrow, default)]
    system: Option<Vec<Structure<Block<'a>>>>,
    #[serde(default)]
    inference_config: Option<Structure<NovaConfig>>,
    #[serde(borrow, default)]
    tool_config: Option<Structure<ToolConfig<'a>>>,
}

/// The service takes both spellings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NovaConfig {
    #[serde(alias = "max_new_tokens", default)]
    max_tokens: Option<i64>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(alias = "top_p", default)]
    top_p: Option<f64>,
    #[serde(alias = "stop_sequences", default)]
    stop_sequences: Option<Vec<String>>,
}

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let Structure(request): Structure<NovaRequest<'_>> =
        serde_json::from_slice(body).map_err(|_| malformed())?;
    if request.messages.is_none() {
        return Err(violation("#: required key [messages] not found"));
    }
    if let Some(version) = request
        .schema_version
        .as_deref()
        .filter(|version| *version != "messages-v1")
    {
        return Err(violation(&format!(
            "#/schemaVersion: {version} is not a valid enum value"
        )));
    }
    let inference_config = request.inference_config.map(|Structure(config)| {
        Structure(InferenceConfig {
            max_tokens: config.max_tokens,
            temperature: config.temperature,
            top_p: config.top_p,
            stop_sequences: config.stop_sequences,
        })
    });
    let request = Request {
        messages: request.messages,
        system: request.system,
        inference_config,
        tool_config: request.tool_config,
        ..Request::default()
    };
    converse::count(&request, Some(model))
}

/// Writes an answer.
pub fn body(text: &str, ending: &Ending) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        output: Output<'a>,
        stop_reason: &'static str,
        usage: Usage,
    }
    #[derive(Serialize)]
    struct Output<'a> {
        message: Said<'a>,
    }
    #[derive(Serialize)]
    struct Said<'a> {
        content: [Text<'a>; 1],
        role: &'static str,
    }
    written(&Answer {
        output: Output {
            message: Said {
                content: [Text { text }],
                role: "assistant",
            },
        },
        stop_reason: ending.stop.reason(),
        usage: Usage::of(ending, true),
    })
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_tokens: Option<u64>,
    cache_read_input_token_count: u64,
    cache_write_input_token_count: u64,
}

impl Usage {
    fn of(ending: &Ending, total: bool) -> Self {
        let usage = ending.usage;
        Self {
            input_tokens: usage.input,
            output_tokens: usage.output,
            total_tokens: total.then(|| usage.total()),
            cache_read_input_token_count: usage.cache_read,
            cache_write_input_token_count: usage.cache_write,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start {
    message_start: Role,
}

#[derive(Serialize)]
struct Role {
    role: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delta<'a> {
    content_block_delta: BlockDelta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockDelta<'a> {
    delta: Text<'a>,
    content_block_index: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockStop {
    content_block_stop: Index,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    content_block_index: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageStop {
    message_stop: Reason,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    stop_reason: &'static str,
}

#[derive(Serialize)]
struct Metadata {
    metadata: Told,
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: InvocationMetrics,
}

#[derive(Serialize)]
struct Told {
    usage: Usage,
    metrics: Empty,
    trace: Empty,
}

#[derive(Serialize)]
struct Empty {}

/// Says a stream. Each delta is a block of its own, as recorded from the service.
pub struct NovaNarrator {
    speaker: Speaker,
    blocks: u64,
}

impl NovaNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self { speaker, blocks: 0 }
    }
}

impl Narrator for NovaNarrator {
    fn open(&mut self, frames: &mut Frames) {
        frames.chunk(&Start {
            message_start: Role { role: "assistant" },
        });
    }

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        let content_block_index = self.blocks;
        let delta = BlockDelta {
            delta: Text { text },
            content_block_index,
        };
        frames.chunk(&Delta {
            content_block_delta: delta,
        });
        frames.chunk(&BlockStop {
            content_block_stop: Index { content_block_index },
        });
        self.blocks += 1;
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        let stop_reason = ending.stop.reason();
        frames.chunk(&MessageStop {
            message_stop: Reason { stop_reason },
        });
        let told = Told {
            usage: Usage::of(ending, false),
            metrics: Empty {},
            trace: Empty {},
        };
        let metrics = InvocationMetrics::of(ending, &self.speaker.model);
        frames.chunk(&Metadata {
            metadata: told,
            metrics,
        });
    }
}
