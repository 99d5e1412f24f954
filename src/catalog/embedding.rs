//! Models that turn text into vectors.

use crate::names::{ModelId, Provider, Region};
use crate::units::{PerMillion, Usd};

/// The bodies that `InvokeModel` takes of an embedding model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbeddingForm {
    /// Titan Text Embeddings G1: `inputText` alone.
    TitanV1,
    /// Titan Text Embeddings V2: `dimensions`, `normalize`, `embeddingTypes`.
    TitanV2,
    /// Cohere Embed 3: `texts` and `input_type`.
    CohereV3,
    /// Cohere Embed 4: the same, with `output_dimension`.
    CohereV4,
    /// Nova embeddings: `taskType` and `singleEmbeddingParams`.
    Nova,
}

/// An embedding model.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingModel {
    /// Its identifier, `amazon.titan-embed-text-v2:0`.
    pub id: ModelId,
    /// Its name.
    pub name: String,
    /// Its maker.
    pub provider: Provider,
    /// Its bodies.
    pub form: EmbeddingForm,
    /// Regions where it may be called.
    pub regions: Vec<Region>,
    /// Lengths a vector can have; the first where the caller asks for none.
    pub dimensions: Vec<u64>,
    /// The most tokens of one text.
    pub max_input: u64,
    /// Characters a token stands for, on average.
    pub chars_per_token: f64,
    /// Price of a million tokens.
    pub input: PerMillion,
    /// Requests a minute of an account in a region.
    pub requests_per_minute: u64,
    /// Tokens a minute of an account in a region.
    pub tokens_per_minute: u64,
    /// Median time to the answer for a short text, in milliseconds.
    pub first_token_ms: f64,
    /// Sigma of its logarithm.
    pub first_token_sigma: f64,
    /// Milliseconds more for a thousand tokens.
    pub per_thousand_input_ms: f64,
}

impl EmbeddingModel {
    /// Tokens of a text of so many characters.
    pub fn tokens(&self, chars: u64) -> u64 {
        (chars as f64 / self.chars_per_token).ceil() as u64
    }

    /// What a call costs.
    pub fn cost(&self, tokens: u64) -> Usd {
        self.input.cost(tokens)
    }
}
