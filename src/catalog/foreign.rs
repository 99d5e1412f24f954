//! Models of providers other than Bedrock, as the emulated outside world offers them.
//!
//! They stand in for whatever a gateway has behind it beside Bedrock. Nothing here is a promise of a
//! real provider's: quotas and paces are assumptions, and the catalogue says so.

use super::LatencyModel;
use crate::names::{ModelId, Provider};
use crate::units::{PerMillion, TokenUsage, Usd};

/// A model behind an OpenAI-style endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignModel {
    /// Its identifier, the `model` of a request.
    pub id: ModelId,
    /// Who runs it: simulated, and named so.
    pub provider: Provider,
    /// Price of a million prompt tokens.
    pub input: PerMillion,
    /// Price of a million generated tokens.
    pub output: PerMillion,
    /// Requests a minute.
    pub requests_per_minute: u64,
    /// Tokens a minute, prompt and reply.
    pub tokens_per_minute: u64,
    /// The longest reply, in tokens.
    pub max_output: u64,
    /// Characters a token stands for, on average.
    pub chars_per_token: f64,
    /// How long it takes.
    pub latency: LatencyModel,
}

impl ForeignModel {
    /// What a call costs.
    pub fn cost(&self, usage: TokenUsage) -> Usd {
        self.input
            .cost(usage.input + usage.cache_read + usage.cache_write)
            + self.output.cost(usage.output)
    }
}
