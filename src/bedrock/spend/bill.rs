//! What a request costs at most, read from the request itself, and what an answer did cost.
//!
//! Sources: a token is at least one byte of text for every tokenizer in use, so the bytes of the body
//! bound the prompt from above; `maxTokens` bounds the answer, by default the model's largest.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::SpendRefused;
use crate::catalog::{Catalog, ForeignModel, Model, QuotaFamily};
use crate::units::{TokenUsage, Usd};

/// Tokens that a service may put around what it is sent (roles, turns), and around tools: assumptions,
/// above any that was seen.
const AROUND: u64 = 64;
const AROUND_TOOLS: u64 = 1_024;

/// A price that may apply.
#[derive(Clone, Debug, PartialEq)]
pub enum Tariff {
    /// A model of Bedrock, by a way of calling it.
    Bedrock(Arc<Model>, QuotaFamily),
    /// A model of another provider.
    Foreign(Arc<ForeignModel>),
}

impl Tariff {
    fn cost(&self, usage: TokenUsage) -> Usd {
        match self {
            Self::Bedrock(model, family) => model.cost(*family, usage),
            Self::Foreign(model) => model.cost(usage),
        }
    }

    fn max_output(&self) -> u64 {
        match self {
            Self::Bedrock(model, _) => model.max_output,
            Self::Foreign(model) => model.max_output,
        }
    }

    fn worst(&self, prompt_tokens: u64, max_tokens: u64, writes_cache: bool) -> Usd {
        match self {
            Self::Bedrock(model, family) => {
                worst_case(model, *family, prompt_tokens, max_tokens, writes_cache)
            }
            Self::Foreign(model) => model.cost(TokenUsage {
                input: prompt_tokens,
                output: max_tokens,
                ..TokenUsage::default()
            }),
        }
    }
}

/// What one request may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    /// At most this.
    pub worst: Usd,
    /// Prices that may apply; the dearest counts.
    tariffs: Vec<Tariff>,
}

/// The members of a request's body that bound its answer.
#[derive(Debug, Default, Deserialize)]
struct Limits {
    #[serde(rename = "inferenceConfig")]
    inference: Option<Inference>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    max_gen_len: Option<u64>,
}

/// A line of a batch job's file.
#[derive(Debug, Default, Deserialize)]
struct JobLine {
    #[serde(rename = "modelInput", default)]
    input: Limits,
}

impl Limits {
    fn most(&self) -> Option<u64> {
        let converse = self.inference.as_ref().and_then(|inference| inference.max_tokens);
        converse
            .or(self.max_tokens)
            .or(self.max_completion_tokens)
            .or(self.max_gen_len)
    }
}

#[derive(Debug, Default, Deserialize)]
struct Inference {
    #[serde(rename = "maxTokens")]
    max_tokens: Option<u64>,
}

impl Bill {
    /// What an answer's usage cost.
    pub fn of(&self, usage: TokenUsage) -> Usd {
        let costs = self.tariffs.iter().map(|tariff| tariff.cost(usage));
        costs.max().unwrap_or_default()
    }

    /// The most that so many bytes of prompt and tokens of answer cost.
    pub(super) fn at_most(tariffs: Vec<Tariff>, body: &[u8]) -> Self {
        let limits: Limits = serde_json::from_slice(body).unwrap_or_default();
        let asked = limits.most();
        let writes_cache = contains(body, b"cachePoint") || contains(body, b"cache_control");
        let around = if contains(body, b"toolConfig") || contains(body, b"\"tools\"") {
            AROUND_TOOLS
        } else {
            AROUND
        };
        let prompt = body.len() as u64 + around;
        let worst = tariffs.iter().map(|tariff| {
            let most = asked.unwrap_or(tariff.max_output());
            tariff.worst(prompt, most, writes_cache)
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

/// The most that a batch job costs, by its file: every record billed as [`worst_case`] has it, at the
/// price of batch.
pub fn job_worst_case(model: &Model, family: QuotaFamily, records: &[u8]) -> Usd {
    let lines = records
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let each = lines.map(|line| {
        let limits =
            serde_json::from_slice(line).map_or_else(|_| Limits::default(), |line: JobLine| line.input);
        let usage = TokenUsage {
            input: line.len() as u64 + AROUND,
            output: limits.most().unwrap_or(model.max_output),
            ..TokenUsage::default()
        };
        model.batch_cost(family, usage)
    });
    each.sum()
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

fn tariffs(target: &str, behind: Option<&str>, catalog: &Catalog) -> Vec<Tariff> {
    if let Some(resolved) = catalog.resolve(target) {
        return vec![Tariff::Bedrock(
            Arc::clone(resolved.model()),
            resolved.quota_family(),
        )];
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
            every.map(|family| Tariff::Bedrock(Arc::clone(model), family))
        })
        .collect()
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window == word)
}
