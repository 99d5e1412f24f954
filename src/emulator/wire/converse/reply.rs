//! Converse's answer and ConverseStream's events. Members stand in the order in which the service
//! writes them (recorded exchanges).

use serde::Serialize;

use crate::catalog::CacheTtl;
use crate::emulator::wire::answer::{Ending, Narrator, Speaker};
use crate::emulator::wire::ask::{Latency, Tier};
use crate::emulator::wire::eventstream::Frames;
use crate::units::TokenUsage;

/// The body of a Converse answer.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    let response = Response {
        metrics: Metrics {
            latency_ms: ending.latency_ms,
        },
        output: Output {
            message: Message {
                content: [Content { text }],
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

/// Says ConverseStream. Text blocks have no `contentBlockStart`.
pub struct ConverseNarrator {
    speaker: Speaker,
}

impl ConverseNarrator {
    /// A narrator of one answer.
    pub const fn new(speaker: Speaker) -> Self {
        Self { speaker }
    }
}

impl Narrator for ConverseNarrator {
    fn open(&mut self, frames: &mut Frames) {
        let p = frames.padding();
        frames.event("messageStart", &MessageStart { p, role: "assistant" });
    }

    fn text(&mut self, text: &str, _so_far: u64, frames: &mut Frames) {
        let p = frames.padding();
        let delta = BlockDelta {
            content_block_index: 0,
            delta: Content { text },
            p,
        };
        frames.event("contentBlockDelta", &delta);
    }

    fn close(&mut self, ending: &Ending, frames: &mut Frames) {
        let p = frames.padding();
        frames.event(
            "contentBlockStop",
            &BlockStop {
                content_block_index: 0,
                p,
            },
        );
        let p = frames.padding();
        frames.event(
            "messageStop",
            &MessageStop {
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
    let invoked_model_id = speaker.invoked.as_deref()?;
    Some(Trace {
        prompt_router: RouterTrace { invoked_model_id },
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
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
    prompt_router: RouterTrace<'a>,
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
    content: [Content<'a>; 1],
    role: &'static str,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
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
    delta: Content<'a>,
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
