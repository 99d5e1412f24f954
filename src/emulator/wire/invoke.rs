//! InvokeModel and InvokeModelWithResponseStream: every family has bodies of its own.

pub mod claude;
pub mod cohere;
pub mod embedding;
pub mod llama;
pub mod mistral;
pub mod nova;
pub mod openai;
mod schema;
pub mod titan;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::answer::{Ending, Narrator, Speaker};
use super::ask::{Ask, Echo, Latency, Tier};
use super::error::{Violations, WireError};
use crate::catalog::{Family, Model};

/// The largest body the service takes, in bytes.
pub const MOST_BYTES: usize = 25_000_000;

const LATENCY: HeaderName = HeaderName::from_static("x-amzn-bedrock-performanceconfig-latency");
const TIER: HeaderName = HeaderName::from_static("x-amzn-bedrock-service-tier");

/// Reads a request body in the format of the model's family.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    match model.family {
        Family::Claude => claude::read(body, model),
        Family::Nova => nova::read(body, model),
        Family::Titan => titan::read(body, model),
        Family::Llama => llama::read(body, model),
        Family::Mistral => mistral::read(body, model),
        Family::Cohere => cohere::read(body, model),
        Family::OpenAi => openai::read(body, model),
    }
}

/// The body of an answer.
pub fn body(speaker: &Speaker, text: &str, ending: &Ending) -> Vec<u8> {
    match speaker.model.family {
        Family::Claude => claude::body(speaker, text, ending),
        Family::Nova => nova::body(text, ending),
        Family::Titan => titan::body(text, ending),
        Family::Llama => llama::body(text, ending),
        Family::Mistral => mistral::body(speaker, text, ending),
        Family::Cohere => cohere::body(speaker, text, ending),
        Family::OpenAi => openai::body(speaker, text, ending),
    }
}

/// The narrator of a streamed answer.
pub fn narrator(speaker: Speaker) -> Box<dyn Narrator> {
    match speaker.model.family {
        Family::Claude => Box::new(claude::ClaudeNarrator::new(speaker)),
        Family::Nova => Box::new(nova::NovaNarrator::new(speaker)),
        Family::Titan => Box::new(titan::TitanNarrator::new(speaker)),
        Family::Llama => Box::new(llama::LlamaNarrator::new(speaker)),
        Family::Mistral => mistral::narrator(speaker),
        Family::Cohere => Box::new(cohere::CohereNarrator::new(speaker)),
        Family::OpenAi => Box::new(openai::OpenAiNarrator::new(speaker)),
    }
}

/// The options InvokeModel takes as headers.
pub fn options(headers: &HeaderMap) -> Result<Echo, WireError> {
    let mut violations = Violations::default();
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let (latency, tier) = (text(&LATENCY), text(&TIER));
    if let Some(word) = latency {
        violations.unless_among(Latency::WORDS, word, "performanceConfigLatency");
    }
    if let Some(word) = tier {
        violations.unless_among(Tier::WORDS, word, "serviceTier");
    }
    violations.into_result()?;
    Ok(Echo {
        latency: latency.and_then(Latency::of),
        tier: tier.and_then(Tier::of),
        ..Echo::default()
    })
}

/// The headers that repeat the options.
pub fn echo_headers(echo: &Echo, headers: &mut HeaderMap) {
    if let Some(latency) = echo.latency {
        headers.insert(LATENCY, HeaderValue::from_static(latency.word()));
    }
    if let Some(tier) = echo.tier {
        headers.insert(TIER, HeaderValue::from_static(tier.word()));
    }
}

/// The headers that tell of usage; those of the cache only for a model that has one.
pub fn usage_headers(ending: &Ending, model: &Model, headers: &mut HeaderMap) {
    const LATENCY: HeaderName = HeaderName::from_static("x-amzn-bedrock-invocation-latency");
    const INPUT: HeaderName = HeaderName::from_static("x-amzn-bedrock-input-token-count");
    const OUTPUT: HeaderName = HeaderName::from_static("x-amzn-bedrock-output-token-count");
    const READ: HeaderName = HeaderName::from_static("x-amzn-bedrock-cache-read-input-token-count");
    const WRITE: HeaderName = HeaderName::from_static("x-amzn-bedrock-cache-write-input-token-count");
    headers.insert(LATENCY, HeaderValue::from(ending.latency_ms));
    headers.insert(INPUT, HeaderValue::from(ending.usage.input));
    headers.insert(OUTPUT, HeaderValue::from(ending.usage.output));
    if model.cache.is_some() {
        headers.insert(READ, HeaderValue::from(ending.usage.cache_read));
        headers.insert(WRITE, HeaderValue::from(ending.usage.cache_write));
    }
}

/// Writes a body of plain structures, which cannot fail in memory.
fn written<T: serde::Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}
