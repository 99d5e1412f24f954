//! What an answer is made of, before it takes the shape of an operation and a family.

use std::sync::Arc;

use serde::Serialize;

use super::ask::Echo;
use super::eventstream::Frames;
use super::script::Shape;
use crate::catalog::Model;
use crate::seed::Seed;
use crate::units::TokenUsage;

/// Why generation stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The model had said what it had to say.
    EndTurn,
    /// At the caller's or the model's limit.
    MaxTokens,
    /// Before a stop sequence, this one.
    Sequence(String),
    /// To let a tool work.
    ToolUse,
    /// Because a guardrail stepped in.
    Guardrail,
}

impl Stop {
    /// The word of Converse, Claude and Nova.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::EndTurn => "end_turn",
            Self::MaxTokens => "max_tokens",
            Self::Sequence(_) => "stop_sequence",
            Self::ToolUse => "tool_use",
            Self::Guardrail => "guardrail_intervened",
        }
    }

    /// The word of Llama, Mistral and the OpenAI style, which do not tell the first and the last
    /// apart.
    pub const fn finish(&self) -> &'static str {
        match self {
            Self::EndTurn | Self::Sequence(_) => "stop",
            Self::MaxTokens => "length",
            Self::ToolUse => "tool_calls",
            Self::Guardrail => "content_filter",
        }
    }

    /// The sequence met.
    pub fn sequence(&self) -> Option<&str> {
        match self {
            Self::Sequence(sequence) => Some(sequence),
            Self::EndTurn | Self::MaxTokens | Self::ToolUse | Self::Guardrail => None,
        }
    }
}

/// How a generation ended, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why it stopped.
    pub stop: Stop,
    /// What it used.
    pub usage: TokenUsage,
    /// From arrival to the end, in milliseconds.
    pub latency_ms: u64,
    /// From arrival to the first token, in milliseconds.
    pub first_byte_ms: u64,
}

/// What is known of an answer from its start.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The model that answers.
    pub model: Arc<Model>,
    /// What is repeated of the request.
    pub echo: Echo,
    /// Whether usage tells of the cache.
    pub caches: bool,
    /// Whence identifiers within the body are drawn.
    pub seed: Seed,
    /// Tokens of the prompt that no cache holds.
    pub input_tokens: u64,
    /// What of the prompt was read from the cache and written to it.
    pub cached: TokenUsage,
    /// The request's identifier.
    pub request_id: String,
    /// The second of the answer, since 1970.
    pub created: i64,
    /// Where the parts of its text meet.
    pub shape: Shape,
    /// What of the model's own answer is asked for, by JSON pointer.
    pub response_fields: Vec<String>,
    /// What a guardrail found, where it is to be told.
    pub guard: Option<serde_json::Value>,
    /// What a prompt router chose, by ARN.
    pub invoked: Option<Arc<str>>,
}

impl Speaker {
    /// An identifier of `length` letters and digits, the same for the same request.
    pub fn identifier(&self, name: &str, length: usize) -> String {
        const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        let mut draws = self.seed.derive(name).stream();
        (0..length)
            .map(|_| char::from(ALPHABET[draws.below(ALPHABET.len())]))
            .collect()
    }

    /// An identifier in the form of a UUID.
    pub fn uuid(&self, name: &str) -> String {
        let mut draws = self.seed.derive(name).stream();
        uuid(draws.bits(), draws.bits())
    }
}

/// 128 bits in the form of a random UUID.
pub fn uuid(high: u64, low: u64) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let bits = (u128::from(high) << 64) | u128::from(low);
    let mut text = String::with_capacity(36);
    for place in 0..32 {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        let digit = (bits >> (124 - 4 * place)) & 0xf;
        text.push(char::from(DIGITS[digit as usize]));
    }
    text
}

/// Says a stream, in the format of an operation and a family.
pub trait Narrator: Send + Sync {
    /// Before the first token.
    fn open(&mut self, frames: &mut Frames);

    /// Some tokens; `so_far` counts those before and these.
    fn text(&mut self, text: &str, so_far: u64, frames: &mut Frames);

    /// After the last token.
    fn close(&mut self, ending: &Ending, frames: &mut Frames);
}

/// `amazon-bedrock-invocationMetrics`, in the last chunk of an `InvokeModel` stream.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationMetrics {
    input_token_count: u64,
    output_token_count: u64,
    invocation_latency: u64,
    first_byte_latency: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_input_token_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_input_token_count: Option<u64>,
}

impl InvocationMetrics {
    /// The metrics of a generation; those of the cache only for a model that has one.
    pub fn of(ending: &Ending, model: &Model) -> Self {
        let usage = ending.usage;
        let cached = model.cache.is_some();
        Self {
            input_token_count: usage.input,
            output_token_count: usage.output,
            invocation_latency: ending.latency_ms,
            first_byte_latency: ending.first_byte_ms,
            cache_read_input_token_count: cached.then_some(usage.cache_read),
            cache_write_input_token_count: cached.then_some(usage.cache_write),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_the_version_and_variant_of_a_random_one() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
