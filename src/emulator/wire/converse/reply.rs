//! Converse's answer and ConverseStream's events. Members stand in the order in which the service
//! writes them (recorded exchanges).

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::catalog::{CacheTtl, Family};
use crate::emulator::wire::answer::{Ending, Narrator, Speaker};
use crate::emulator::wire::ask::{Latency, Tier};
use crate::emulator::wire::eventstream::Frames;
use crate::emulator::wire::script::{self, Shape};
use crate::units::TokenUsage;

/// The body of a Converse answer.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    let response = Response {
        additional_model_response_fields: additional(speaker, ending),
        metrics: Metrics {
            latency_ms: ending.latency_ms,
        },
        output: Output {
            message: Message {
                content: blocks(speaker, text),
                role: "assistant",
            },
        },
        performance_config: performance(speaker),
        service_tier: tier(speaker),
        stop_reason: ending.stop.reason(),
        trace: trace(speaker),
        usage: Usage::of(ending.usage, speaker.caches),
    };
    let mut body = Vec::with_capacity(text.len() + 320);
    // Plain structures of text and numbers: writing them into memory cannot fail.
    let written = serde_json::to_writer(&mut body, &response);
    debug_assert!(written.is_ok(), "{written:?}");
    body
}

/// The blocks of a whole answer.
fn blocks<'a>(speaker: &'a Speaker, text: &'a str) -> Vec<Content<'a>> {
    let (thought, rest) = speaker.shape.split(text);
    let mut blocks = Vec::with_capacity(2);
    if !thought.is_empty() {
        blocks.push(Content::ReasoningContent(Reasoning {
            reasoning_text: ReasoningText {
                signature: signature(speaker),
                text: thought,
            },
        }));
    }
    blocks.push(match &speaker.shape.tool {
        None => Content::Text(rest),
        Some(name) => Content::ToolUse(ToolUse {
            input: Some(Shape::arguments(rest)),
            name,
            tool_use_id: tool_use_id(speaker),
            kind: tool_kind(speaker),
        }),
    });
    blocks
}

fn tool_use_id(speaker: &Speaker) -> String {
    format!("tooluse_{}", speaker.identifier("tool", 22))
}

/// Claude's blocks say what they are (recorded exchanges).
fn tool_kind(speaker: &Speaker) -> Option<&'static str> {
    (speaker.model.family == Family::Claude).then_some("tool_use")
}

/// Reasoning of Claude is signed, that of others is not.
fn signature(speaker: &Speaker) -> Option<String> {
    let is_signed = speaker.model.family == Family::Claude;
    is_signed.then(|| script::signature(&speaker.identifier("signature", 22)))
}

/// What is asked for of the model's own answer, where it has it.
fn additional(speaker: &Speaker, ending: &Ending) -> Option<Value> {
    if speaker.response_fields.is_empty() {
        return None;
    }
    let own = json!({
        "stop_reason": ending.stop.reason(),
        "stop_sequence": ending.stop.sequence(),
        "role": "assistant",
        "usage": {"input_tokens": ending.usage.input, "output_tokens": ending.usage.output},
    });
    let mut found = Value::Object(Map::new());
    for pointer in &speaker.response_fields {
        let Some(value) = own.pointer(pointer) else {
            continue;
        };
        let mut place = &mut found;
        for part in pointer.split('/').skip(1) {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[part];
        }
        *place = value.clone();
    }
    Some(found)
}

/// Says ConverseStream. Only the use of a tool has a `contentBlockStart`.
pub struct ConverseNarrator {
    speaker: Speaker,
    index: u32,
    /// Whether the block that is open is reasoning.
    thinking: bool,
    /// Bytes said.
    said: usize,
}

impl ConverseNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        let thinking = speaker.shape.reasoning > 0;
        Self {
            speaker,
            index: 0,
            thinking,
            said: 0,
        }
    }

    fn delta(&self, delta: Delta<'_>, frames: &mut Frames) {
        let p = frames.padding();
        let content_block_index = self.index;
        frames.event(
            "contentBlockDelta",
            &BlockDelta {
                content_block_index,
                delta,
                p,
            },
        );
    }

    fn shut(&self, frames: &mut Frames) {
        let p = frames.padding();
        let content_block_index = self.index;
        frames.event(
            "contentBlockStop",
            &BlockStop {
                content_block_index,
                p,
            },
        );
    }

    /// Ends the reasoning, which is signed, and goes on to the next block.
    fn conclude(&mut self, frames: &mut Frames) {
        if let Some(signature) = signature(&self.speaker) {
            let piece = ReasoningPiece::Signature(&signature);
            self.delta(Delta::ReasoningContent(piece), frames);
        }
        self.shut(frames);
        self.thinking = false;
        self.index += 1;
        self.begin(frames);
    }

    /// Begins the block that is no reasoning.
    fn begin(&self, frames: &mut Frames) {
        let Some(name) = &self.speaker.shape.tool else {
            return;
        };
        let start = BlockStart {
            content_block_index: self.index,
            p: frames.padding(),
            start: Start {
                tool_use: ToolUse {
                    input: None,
                    name,
                    tool_use_id: tool_use_id(&self.speaker),
                    kind: tool_kind(&self.speaker),
                },
            },
        };
        frames.event("contentBlockStart", &start);
    }
}

impl Narrator for ConverseNarrator {
    fn open(&mut self, frames: &mut Frames) {
        let p = frames.padding();
        frames.event("messageStart", &MessageStart { p, role: "assistant" });
        if !self.thinking {
            self.begin(frames);
        }
    }

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        let (thought, rest) = self.speaker.shape.split_at(self.said, text);
        self.said += text.len();
        if !thought.is_empty() {
            self.delta(Delta::ReasoningContent(ReasoningPiece::Text(thought)), frames);
        }
        if rest.is_empty() {
            return;
        }
        if self.thinking {
            self.conclude(frames);
        }
        let delta = match self.speaker.shape.tool {
            None => Delta::Text(rest),
            Some(_) => Delta::ToolUse(ToolInput { input: rest }),
        };
        self.delta(delta, frames);
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        self.shut(frames);
        let p = frames.padding();
        frames.event(
            "messageStop",
            &MessageStop {
                additional_model_response_fields: additional(&self.speaker, ending),
                p,
                stop_reason: ending.stop.reason(),
            },
        );
        let metadata = Metadata {
            metrics: Metrics {
                latency_ms: ending.latency_ms,
            },
            p: frames.padding(),
            performance_config: performance(&self.speaker),
            service_tier: tier(&self.speaker),
            trace: trace(&self.speaker),
            usage: Usage::of(ending.usage, self.speaker.caches),
        };
        frames.event("metadata", &metadata);
    }
}

fn performance(speaker: &Speaker) -> Option<PerformanceConfig> {
    speaker.echo.latency.map(|latency| PerformanceConfig { latency })
}

fn tier(speaker: &Speaker) -> Option<ServiceTier> {
    speaker.echo.tier.map(|kind| ServiceTier { kind })
}

fn trace(speaker: &Speaker) -> Option<Trace<'_>> {
    let trace = Trace {
        guardrail: speaker.guard.as_ref(),
        prompt_router: speaker
            .invoked
            .as_deref()
            .map(|invoked_model_id| RouterTrace { invoked_model_id }),
    };
    (trace.guardrail.is_some() || trace.prompt_router.is_some()).then_some(trace)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_response_fields: Option<Value>,
    metrics: Metrics,
    output: Output<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    performance_config: Option<PerformanceConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<ServiceTier>,
    stop_reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Trace<'a>>,
    usage: Usage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrail: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_router: Option<RouterTrace<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouterTrace<'a> {
    invoked_model_id: &'a str,
}

#[derive(Serialize)]
struct Output<'a> {
    message: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    content: Vec<Content<'a>>,
    role: &'static str,
}

#[derive(Serialize)]
#[allow(clippy::enum_variant_names, reason = "named as they are on the wire")]
#[serde(rename_all = "camelCase")]
enum Content<'a> {
    Text(&'a str),
    ReasoningContent(Reasoning<'a>),
    ToolUse(ToolUse<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reasoning<'a> {
    reasoning_text: ReasoningText<'a>,
}

#[derive(Serialize)]
struct ReasoningText<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolUse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Value>,
    name: &'a str,
    tool_use_id: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Delta<'a> {
    Text(&'a str),
    ReasoningContent(ReasoningPiece<'a>),
    ToolUse(ToolInput<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum ReasoningPiece<'a> {
    Text(&'a str),
    Signature(&'a str),
}

#[derive(Serialize)]
struct ToolInput<'a> {
    input: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockStart<'a> {
    content_block_index: u32,
    p: &'static str,
    start: Start<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    tool_use: ToolUse<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    latency_ms: u64,
}

#[derive(Serialize)]
struct PerformanceConfig {
    latency: Latency,
}

#[derive(Serialize)]
struct ServiceTier {
    #[serde(rename = "type")]
    kind: Tier,
}

#[derive(Serialize)]
struct MessageStart {
    p: &'static str,
    role: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockDelta<'a> {
    content_block_index: u32,
    delta: Delta<'a>,
    p: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockStop {
    content_block_index: u32,
    p: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageStop {
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_response_fields: Option<Value>,
    p: &'static str,
    stop_reason: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    metrics: Metrics,
    p: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    performance_config: Option<PerformanceConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<ServiceTier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Trace<'a>>,
    usage: Usage,
}

/// `usage`: both spellings of the cache's counts, and only where there is a cache to speak of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_details: Option<Vec<CacheDetail>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_input_token_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_input_token_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_input_tokens: Option<u64>,
    input_tokens: u64,
    output_tokens: u64,
    server_tool_usage: Empty,
    total_tokens: u64,
}

/// What was written for how long: an hour's before five minutes'.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CacheDetail {
    input_tokens: u64,
    ttl: CacheTtl,
}

#[derive(Serialize)]
struct Empty {}

impl Usage {
    fn of(usage: TokenUsage, caches: bool) -> Self {
        let told = caches || usage.cache_read + usage.cache_write > 0;
        let read = told.then_some(usage.cache_read);
        let write = told.then_some(usage.cache_write);
        let written = [
            (CacheTtl::OneHour, usage.cache_write_1h),
            (
                CacheTtl::FiveMinutes,
                usage.cache_write.saturating_sub(usage.cache_write_1h),
            ),
        ];
        let details = written.into_iter().filter(|(_, tokens)| *tokens > 0);
        let details = details.map(|(ttl, input_tokens)| CacheDetail { input_tokens, ttl });
        Self {
            cache_details: told.then(|| details.collect()),
            cache_read_input_token_count: read,
            cache_read_input_tokens: read,
            cache_write_input_token_count: write,
            cache_write_input_tokens: write,
            input_tokens: usage.input,
            output_tokens: usage.output,
            server_tool_usage: Empty {},
            total_tokens: usage.total(),
        }
    }
}
