//! Anthropic Claude: the Messages API with `anthropic_version`.

mod cached;

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use self::cached::{CacheControl, Tool};
use super::schema::malformed;
use super::written;
use crate::catalog::Model;
use crate::emulator::wire::answer::{Ending, InvocationMetrics, Narrator, Speaker};
use crate::emulator::wire::ask::Ask;
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;
use crate::emulator::wire::script::{self, Shape};
use crate::emulator::wire::weight::{Anything, Document, Structure, Text};
use crate::units::TokenUsage;

const VERSION: &str = "bedrock-2023-05-31";

/// Whether a version is one the service takes: its own, or a date, as the maker's SDK sends it from
/// version 2 on (an assumption: that SDK works with the service).
fn is_version(version: &str) -> bool {
    let is_date = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        matches!(parts.as_slice(), [year, month, day] if [year.len(), month.len(), day.len()] == [4, 2, 2])
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    version == VERSION || is_date(version)
}

#[derive(Deserialize)]
struct ClaudeRequest<'a> {
    #[serde(borrow, default)]
    anthropic_version: Option<Cow<'a, str>>,
    #[serde(default)]
    max_tokens: Option<i64>,
    #[serde(borrow, default)]
    messages: Option<Vec<Structure<Message<'a>>>>,
    #[serde(borrow, default)]
    system: Option<Content<'a>>,
    #[serde(default)]
    stop_sequences: Option<Vec<String>>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    top_p: Option<f64>,
    #[serde(default)]
    tools: Option<Vec<Tool>>,
    #[serde(default)]
    thinking: Option<Anything>,
    #[serde(default, alias = "output_format")]
    output_config: Option<Anything>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    role: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
}

/// A text, or blocks.
enum Content<'a> {
    Text(Text),
    Blocks(Vec<Structure<Block<'a>>>),
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    text: Option<Text>,
    #[serde(default)]
    input: Option<Document>,
    #[serde(borrow, default)]
    content: Option<Box<Content<'a>>>,
    #[serde(default)]
    source: Option<Document>,
    #[serde(default)]
    cache_control: Option<CacheControl>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of blocks")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Text::deserialize(serde::de::value::StrDeserializer::new(text)).map(Content::Text)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Content::Blocks)
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                Block::deserialize(MapAccessDeserializer::new(members))
                    .map(|block| Content::Blocks(vec![Structure(block)]))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let Structure(request): Structure<ClaudeRequest<'_>> =
        serde_json::from_slice(body).map_err(|_| malformed())?;
    check(&request)?;
    let mut ask = Ask {
        max_tokens: request.max_tokens.and_then(|most| u64::try_from(most).ok()),
        stop_sequences: request.stop_sequences.unwrap_or_default(),
        ..Ask::default()
    };
    // In the order in which the service's cache goes through a prompt.
    for (place, tool) in request.tools.iter().flatten().enumerate() {
        tool.weigh(place, &mut ask);
    }
    if let Some(system) = &request.system {
        system.mark(&mut ask, "system", format_args!("system"));
    }
    for (nth, message) in request.messages.iter().flatten().enumerate() {
        if let Some(content) = &message.content {
            let role = message.role.as_deref().unwrap_or_default();
            content.mark(&mut ask, role, format_args!("messages.{nth}.content"));
        }
    }
    ask.prefix.check(model)?;
    if request.tools.is_some() || request.thinking.is_some() || request.output_config.is_some() {
        ask.script = script::of_claude(body);
    }
    if ask.media_tokens > 0 && !model.image_input {
        return Err(WireError::validation(format!(
            "{} does not support image input",
            model.name
        )));
    }
    Ok(ask)
}

/// The rules of the Messages API, the first that is broken, in its words.
fn check(request: &ClaudeRequest<'_>) -> Result<(), WireError> {
    let refuse = |words: String| Err(WireError::validation(words));
    match request.anthropic_version.as_deref() {
        None => return refuse("anthropic_version: Field required".into()),
        Some(version) if is_version(version) => {}
        Some(_) => return refuse(format!("anthropic_version: Input should be '{VERSION}'")),
    }
    match request.max_tokens {
        None => return refuse("max_tokens: Field required".into()),
        Some(most) if most < 1 => return refuse("max_tokens: must be greater than or equal to 1".into()),
        Some(_) => {}
    }
    for (name, value) in [("temperature", request.temperature), ("top_p", request.top_p)] {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return refuse(format!("{name}: range: 0..1"));
        }
    }
    let Some(messages) = &request.messages else {
        return refuse("messages: Field required".into());
    };
    if messages.is_empty() {
        return refuse("messages: at least one message is required".into());
    }
    for (place, message) in messages.iter().enumerate() {
        match message.role.as_deref() {
            Some("user" | "assistant" | "system") => {}
            Some(_) => {
                return refuse(format!(
                    "messages.{place}.role: Input should be 'user' or 'assistant'"
                ));
            }
            None => return refuse(format!("messages.{place}.role: Field required")),
        }
        match &message.content {
            None => return refuse(format!("messages.{place}.content: Field required")),
            Some(Content::Text(text)) if text.chars == 0 => {
                return refuse(format!(
                    "messages.{place}: user messages must have non-empty content"
                ));
            }
            Some(Content::Blocks(blocks))
                if blocks
                    .iter()
                    .any(|block| block.text.is_some_and(|t| t.chars == 0)) =>
            {
                return refuse("messages: text content blocks must be non-empty".into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Writes an answer.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    let (thought, rest) = speaker.shape.split(text);
    let mut content = Vec::with_capacity(2);
    if !thought.is_empty() {
        content.push(SaidBlock::Thinking {
            thinking: thought,
            signature: script::signature(&message_id(speaker)),
        });
    }
    content.push(match &speaker.shape.tool {
        None => SaidBlock::Text { text: rest },
        Some(name) => SaidBlock::ToolUse {
            id: tool_id(speaker),
            name,
            input: Shape::arguments(rest),
        },
    });
    written(&Said {
        content,
        stop_reason: Some(ending.stop.reason()),
        stop_sequence: ending.stop.sequence(),
        ..Said::begun(
            speaker,
            &message_id(speaker),
            Usage::of(ending.usage, &speaker.model),
        )
    })
}

fn tool_id(speaker: &Speaker) -> String {
    format!("toolu_bdrk_01{}", speaker.identifier("tool", 22))
}

fn message_id(speaker: &Speaker) -> String {
    format!("msg_bdrk_01{}", speaker.identifier("message", 22))
}

/// The model's name in answers: no maker, no version of the wrapping.
fn model_name(model: &Model) -> &str {
    let id = model.id.as_str();
    let id = id.strip_prefix("anthropic.").unwrap_or(id);
    id.rsplit_once("-v").map_or(id, |(name, version)| {
        let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= 4;
        if is_version { name } else { id }
    })
}

#[derive(Serialize)]
struct Said<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<SaidBlock<'a>>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'a str>,
    usage: Usage,
}

impl<'a> Said<'a> {
    fn begun(speaker: &'a Speaker, id: &'a str, usage: Usage) -> Self {
        Self {
            id,
            kind: "message",
            role: "assistant",
            model: model_name(&speaker.model),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SaidBlock<'a> {
    Text {
        text: &'a str,
    },
    Thinking {
        thinking: &'a str,
        signature: String,
    },
    ToolUse {
        id: String,
        name: &'a str,
        input: serde_json::Value,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::enum_variant_names, reason = "named as they are on the wire")]
enum Delta<'a> {
    TextDelta { text: &'a str },
    ThinkingDelta { thinking: &'a str },
    SignatureDelta { signature: String },
    InputJsonDelta { partial_json: &'a str },
}

#[derive(Serialize)]
struct Usage {
    input_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_creation_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_input_tokens: Option<u64>,
    output_tokens: u64,
}

impl Usage {
    fn of(usage: TokenUsage, model: &Model) -> Self {
        let cached = model.cache.is_some();
        Self {
            input_tokens: usage.input,
            cache_creation_input_tokens: cached.then_some(usage.cache_write),
            cache_read_input_tokens: cached.then_some(usage.cache_read),
            output_tokens: usage.output,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event<'a> {
    MessageStart {
        message: Said<'a>,
    },
    ContentBlockStart {
        index: u32,
        content_block: SaidBlock<'a>,
    },
    ContentBlockDelta {
        index: u32,
        delta: Delta<'a>,
    },
    ContentBlockStop {
        index: u32,
    },
    MessageDelta {
        delta: StopDelta<'a>,
        usage: OutputUsage,
    },
    MessageStop {
        #[serde(rename = "amazon-bedrock-invocationMetrics")]
        metrics: InvocationMetrics,
    },
}

#[derive(Serialize)]
struct StopDelta<'a> {
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
}

#[derive(Serialize)]
struct OutputUsage {
    output_tokens: u64,
}

/// Says a stream: the events of the Messages API.
pub struct ClaudeNarrator {
    speaker: Speaker,
    /// The index of the block that is open, and whether it is reasoning.
    open: Option<(u32, bool)>,
    /// Bytes said.
    said: usize,
}

impl ClaudeNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            open: None,
            said: 0,
        }
    }

    /// Opens a block unless it is open.
    fn block(&mut self, is_thought: bool, frames: &mut Frames) -> u32 {
        match self.open {
            Some((index, open)) if open == is_thought => return index,
            Some(_) => self.shut(frames),
            None => {}
        }
        let index = self.open.map_or(0, |(index, _)| index + 1);
        self.open = Some((index, is_thought));
        let content_block = match &self.speaker.shape.tool {
            _ if is_thought => SaidBlock::Thinking {
                thinking: "",
                signature: String::new(),
            },
            None => SaidBlock::Text { text: "" },
            Some(name) => SaidBlock::ToolUse {
                id: tool_id(&self.speaker),
                name,
                input: Shape::arguments(""),
            },
        };
        frames.chunk(&Event::ContentBlockStart { index, content_block });
        if !is_thought && self.speaker.shape.tool.is_some() {
            let delta = Delta::InputJsonDelta { partial_json: "" };
            frames.chunk(&Event::ContentBlockDelta { index, delta });
        }
        index
    }

    /// Shuts the block that is open.
    fn shut(&self, frames: &mut Frames) {
        let Some((index, is_thought)) = self.open else {
            return;
        };
        if is_thought {
            let signature = script::signature(&message_id(&self.speaker));
            let delta = Delta::SignatureDelta { signature };
            frames.chunk(&Event::ContentBlockDelta { index, delta });
        }
        frames.chunk(&Event::ContentBlockStop { index });
    }
}

impl Narrator for ClaudeNarrator {
    fn open(&mut self, frames: &mut Frames) {
        let speaker = &self.speaker;
        // The service's first count of the output is of what stands ready: a token.
        let usage = TokenUsage {
            output: 1,
            ..speaker.cached
        };
        let id = message_id(speaker);
        let message = Said::begun(speaker, &id, Usage::of(usage, &speaker.model));
        frames.chunk(&Event::MessageStart { message });
        self.block(self.speaker.shape.reasoning > 0, frames);
    }

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        let (thought, rest) = self.speaker.shape.split_at(self.said, text);
        self.said += text.len();
        if !thought.is_empty() {
            let index = self.block(true, frames);
            let delta = Delta::ThinkingDelta { thinking: thought };
            frames.chunk(&Event::ContentBlockDelta { index, delta });
        }
        if !rest.is_empty() {
            let index = self.block(false, frames);
            let delta = match self.speaker.shape.tool {
                None => Delta::TextDelta { text: rest },
                Some(_) => Delta::InputJsonDelta { partial_json: rest },
            };
            frames.chunk(&Event::ContentBlockDelta { index, delta });
        }
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        self.shut(frames);
        let delta = StopDelta {
            stop_reason: ending.stop.reason(),
            stop_sequence: ending.stop.sequence(),
        };
        let usage = OutputUsage {
            output_tokens: ending.usage.output,
        };
        frames.chunk(&Event::MessageDelta { delta, usage });
        let metrics = InvocationMetrics::of(ending, &self.speaker.model);
        frames.chunk(&Event::MessageStop { metrics });
    }
}
