//! What a request costs at most, read from the request itself, and what an answer did cost.
//!
//! Sources: a token is at least one byte of text for every tokenizer in use, so the bytes of the body
//! bound the prompt from above; `maxTokens` bounds the answer, by default the model's largest.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::SpendRefused;
use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::units::{TokenUsage, Usd};

/// Tokens that a service may put around what it is sent (roles, turns), and around tools: assumptions,
/// above any that was seen.
const AROUND: u64 = 64;
const AROUND_TOOLS: u64 = 1_024;

/// What one request may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    /// At most this.
    pub worst: Usd,
    /// Prices that may apply; the dearest counts.
    tariffs: Vec<(Arc<Model>, QuotaFamily)>,
}

/// The members of a request's body that bound its answer.
#[derive(Debug, Default, Deserialize)]
struct Limits {
    #[serde(rename = "inferenceConfig")]
    inference: Option<Inference>,
    max_tokens: Option<u64>,
    max_gen_len: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct Inference {
    #[serde(rename = "maxTokens")]
    max_tokens: Option<u64>,
}

impl Bill {
    /// What an answer's usage cost.
    pub fn of(&self, usage: TokenUsage) -> Usd {
        let costs = self
            .tariffs
            .iter()
            .map(|(model, family)| model.cost(*family, usage));
        costs.max().unwrap_or_default()
    }

    /// The most that so many bytes of prompt and tokens of answer cost.
    fn at_most(tariffs: Vec<(Arc<Model>, QuotaFamily)>, body: &[u8]) -> Self {
        let limits: Limits = serde_json::from_slice(body).unwrap_or_default();
        let asked = limits
            .inference
            .and_then(|inference| inference.max_tokens)
            .or(limits.max_tokens)
            .or(limits.max_gen_len);
        let writes_cache = contains(body, b"cachePoint") || contains(body, b"cache_control");
        let around = if contains(body, b"toolConfig") || contains(body, b"\"tools\"") {
            AROUND_TOOLS
        } else {
            AROUND
        };
        let prompt = body.len() as u64 + around;
        let worst = tariffs.iter().map(|(model, family)| {
            worst_case(
                model,
                *family,
                prompt,
                asked.unwrap_or(model.max_output),
                writes_cache,
            )
        });
        Self {
            worst: worst.max().unwrap_or_default(),
            tariffs,
        }
    }
}

/// The most that a call costs: every prompt token at the dearest of its prices, and `max_tokens`
/// generated.
pub fn worst_case(
    model: &Model,
    family: QuotaFamily,
    prompt_tokens: u64,
    max_tokens: u64,
    writes_cache: bool,
) -> Usd {
    let plain = TokenUsage {
        input: prompt_tokens,
        output: max_tokens,
        ..TokenUsage::default()
    };
    let written = TokenUsage {
        input: 0,
        cache_write: prompt_tokens,
        cache_write_1h: prompt_tokens,
        ..plain
    };
    let plain = model.cost(family, plain);
    if writes_cache {
        plain.max(model.cost(family, written))
    } else {
        plain
    }
}

/// The bill of a request by its URL and body; `None` for what costs nothing by itself. `behind` is the
/// model that the caller knows behind an ARN which the catalogue does not have.
pub(super) fn bill(
    uri: &str,
    body: Option<&[u8]>,
    behind: Option<&str>,
    catalog: &Catalog,
) -> Result<Option<Bill>, SpendRefused> {
    let Some(target) = inference_target(uri) else {
        return Ok(None);
    };
    // Model units are paid by the hour, whatever is asked of them.
    if target.contains(":provisioned-model/") {
        return Ok(None);
    }
    let tariffs = tariffs(&target, behind, catalog);
    let unpriced = || SpendRefused::Unpriced {
        target: target.clone(),
    };
    match body {
        Some(body) if !tariffs.is_empty() => Ok(Some(Bill::at_most(tariffs, body))),
        _ => Err(unpriced()),
    }
}

/// The `modelId` of a request that generates, from `.../model/{modelId}/converse` and its like.
fn inference_target(uri: &str) -> Option<String> {
    let path = uri.split('?').next()?;
    let (before, operation) = path.rsplit_once('/')?;
    let generates = matches!(
        operation,
        "converse" | "converse-stream" | "invoke" | "invoke-with-response-stream"
    );
    let (_, target) = before.rsplit_once("/model/")?;
    generates.then(|| percent_decode_str(target).decode_utf8_lossy().into_owned())
}

fn tariffs(target: &str, behind: Option<&str>, catalog: &Catalog) -> Vec<(Arc<Model>, QuotaFamily)> {
    if let Some(resolved) = catalog.resolve(target) {
        return vec![(Arc::clone(resolved.model()), resolved.quota_family())];
    }
    // A router or an application profile: any model of the family, by any way.
    let Some(model) = behind.and_then(|id| catalog.models.get(id)) else {
        return Vec::new();
    };
    let family = catalog
        .offers
        .router_family(&model.id)
        .map_or(&[][..], |(_, models)| models);
    let models = family
        .iter()
        .filter_map(|id| catalog.models.get(id))
        .chain([model]);
    models
        .flat_map(|model| {
            let every = [
                QuotaFamily::OnDemand,
                QuotaFamily::CrossRegion,
                QuotaFamily::Global,
            ];
            every.map(|family| (Arc::clone(model), family))
        })
        .collect()
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window == word)
}
