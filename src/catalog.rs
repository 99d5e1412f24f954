//! What the field offers today: regions, models, profiles, prices, quotas, cache rules, latency.
//!
//! Every number that can age stands in `assets/catalog.toml` with its source and date, or says
//! that it is an assumption. This module holds the types; [`mod@load`] turns the file into them.

mod cache;
pub mod embedding;
pub mod foreign;
pub mod load;
pub mod offers;
pub mod provenance;
pub mod service_quotas;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::names::{ModelId, ProfileId, Provider, Region};
use crate::units::{PerMillion, TokenUsage, Usd};

pub use cache::CacheTtl;
pub use embedding::{EmbeddingForm, EmbeddingModel};
pub use foreign::ForeignModel;
pub use load::{CatalogError, CatalogErrors};
pub use offers::{BatchLimits, Commitment, Offers, ReservedTier, UnitOffer, UnitPrices, UnitRates};
pub use provenance::{Origin, Provenance, Source};
pub use service_quotas::{AccountQuota, DailyTokens, QuotaBook};

/// The whole catalogue, checked: every name it mentions exists.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Regions by identifier.
    pub regions: BTreeMap<Region, RegionEntry>,
    /// Models by identifier.
    pub models: BTreeMap<ModelId, Arc<Model>>,
    /// System-defined inference profiles by identifier.
    pub profiles: BTreeMap<ProfileId, Arc<Profile>>,
    /// What is offered beyond plain calls, and for which models.
    pub offers: Offers,
    /// Where its figures come from.
    pub provenance: Provenance,
    /// Hash of the files it was read from, for recordings and reports.
    pub fingerprint: u64,
}

/// A region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionEntry {
    /// Its identifier, `us-east-1`.
    pub id: Region,
    /// What people call it, `N. Virginia`.
    pub name: String,
    /// The geography whose data rules it follows: `us`, `eu`, `apac`, `ca`...
    pub geography: String,
    /// Latitude in degrees north, for maps.
    pub latitude: f64,
    /// Longitude in degrees east, for maps.
    pub longitude: f64,
}

/// The request and response bodies `InvokeModel` takes, and the token arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Anthropic Claude: the Messages API body.
    Claude,
    /// Amazon Nova: the `schemaVersion: messages-v1` body.
    Nova,
    /// Amazon Titan Text: `inputText` and `textGenerationConfig`.
    Titan,
    /// Meta Llama: `prompt` and `max_gen_len`.
    Llama,
    /// Mistral: `prompt` and `max_tokens`.
    Mistral,
    /// Cohere Command: `message` and `max_tokens`.
    Cohere,
    /// OpenAI-style chat completions (gpt-oss, Qwen, DeepSeek and others on Bedrock).
    OpenAi,
}

/// Where a model stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// In service.
    Active,
    /// In service, end announced.
    Legacy,
    /// Calls are answered with `ResourceNotFoundException`.
    EndOfLife,
}

/// Which quota a call draws on; the service counts each apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaFamily {
    /// The bare model identifier in one region.
    OnDemand,
    /// A geographic profile (`us.`, `eu.`, `apac.`, `jp.`, `au.`).
    CrossRegion,
    /// The `global.` profile.
    Global,
}

/// A model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its identifier, `amazon.nova-micro-v1:0`.
    pub id: ModelId,
    /// Its name, `Nova Micro`.
    pub name: String,
    /// Its maker.
    pub provider: Provider,
    /// Its `InvokeModel` body.
    pub family: Family,
    /// Regions that serve it (through a profile or not).
    pub regions: Vec<Region>,
    /// Regions where the bare identifier may be called; empty: a profile only.
    pub on_demand_regions: Vec<Region>,
    /// Largest prompt plus reply, in tokens.
    pub context_window: u64,
    /// Largest `maxTokens`.
    pub max_output: u64,
    /// Whether the streaming operations take it.
    pub streaming: bool,
    /// Whether images are among its input modalities.
    pub image_input: bool,
    /// Where it stands in its life.
    pub lifecycle: Lifecycle,
    /// Output tokens count this many times against the tokens-per-minute quota.
    pub burndown: u64,
    /// Characters a token stands for, on average.
    pub chars_per_token: f64,
    /// Prices of bare and global calls.
    pub price: Price,
    /// Geographic profiles cost this many times as much (1.0 or 1.1).
    pub geo_price_factor: f64,
    /// Default quotas, by family and region.
    pub quotas: Vec<QuotaRow>,
    /// Prompt caching, where offered.
    pub cache: Option<CacheRule>,
    /// How long it takes.
    pub latency: LatencyModel,
}

/// Prices of a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Prompt tokens.
    pub input: PerMillion,
    /// Generated tokens.
    pub output: PerMillion,
    /// Prompt tokens read from the cache.
    pub cache_read: Option<PerMillion>,
    /// Prompt tokens written to the cache for five minutes.
    pub cache_write_5m: Option<PerMillion>,
    /// Prompt tokens written to the cache for an hour.
    pub cache_write_1h: Option<PerMillion>,
    /// Prompt tokens in a batch job.
    pub batch_input: Option<PerMillion>,
    /// Generated tokens in a batch job.
    pub batch_output: Option<PerMillion>,
}

/// A default quota of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaRow {
    /// Which quota.
    pub family: QuotaFamily,
    /// Regions it holds in; empty: every region without a row of its own.
    pub regions: Vec<Region>,
    /// Requests per minute, where the service still has such a quota.
    pub requests_per_minute: Option<u64>,
    /// Tokens per minute.
    pub tokens_per_minute: u64,
    /// Quota code of the requests row, where known.
    pub requests_code: Option<String>,
    /// Quota code of the tokens row, where known.
    pub tokens_code: Option<String>,
}

/// A model's prompt caching.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheRule {
    /// The least cumulative tokens a checkpoint needs.
    pub min_tokens: u64,
    /// The most tokens that can be cached, where the service says.
    pub max_tokens: Option<u64>,
    /// The most checkpoints in one request.
    pub max_checkpoints: u64,
    /// Whether the one-hour lifetime is offered beside the five minutes.
    pub one_hour: bool,
    /// Whether tool definitions may hold a checkpoint.
    pub tools: bool,
}

/// How long a model takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyModel {
    /// Median time to first token of a short prompt, in milliseconds.
    pub first_token_ms: f64,
    /// Sigma of its logarithm.
    pub first_token_sigma: f64,
    /// Milliseconds more for a thousand uncached prompt tokens.
    pub per_thousand_input_ms: f64,
    /// Median output tokens a second.
    pub tokens_per_second: f64,
    /// Sigma of its logarithm.
    pub tokens_per_second_sigma: f64,
}

/// A system-defined inference profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its identifier, `us.amazon.nova-micro-v1:0`.
    pub id: ProfileId,
    /// Its name, `US Nova Micro`.
    pub name: String,
    /// The model behind it.
    pub model: ModelId,
    /// [`QuotaFamily::CrossRegion`] or [`QuotaFamily::Global`].
    pub family: QuotaFamily,
    /// Destinations by the region it is called in.
    pub routes: BTreeMap<Region, Vec<Region>>,
}

/// What a caller's `modelId` stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// A model, called in one region.
    Model(Arc<Model>),
    /// A profile and its model.
    Profile(Arc<Profile>, Arc<Model>),
}

impl Resolved {
    /// The model.
    pub const fn model(&self) -> &Arc<Model> {
        match self {
            Self::Model(model) | Self::Profile(_, model) => model,
        }
    }

    /// Which quota a call draws on.
    pub fn quota_family(&self) -> QuotaFamily {
        match self {
            Self::Model(_) => QuotaFamily::OnDemand,
            Self::Profile(profile, _) => profile.family,
        }
    }
}

impl Catalog {
    /// The model or profile that an identifier or a foundation-model or inference-profile ARN
    /// names; `None` for anything else.
    pub fn resolve(&self, model_ref: &str) -> Option<Resolved> {
        let id = match model_ref.strip_prefix("arn:") {
            None => model_ref,
            Some(arn) => {
                let resource = arn.splitn(5, ':').nth(4)?;
                let (kind, id) = resource.split_once('/')?;
                matches!(kind, "foundation-model" | "inference-profile").then_some(id)?
            }
        };
        if let Some(model) = self.models.get(id) {
            return Some(Resolved::Model(Arc::clone(model)));
        }
        let profile = self.profiles.get(id)?;
        let model = self.models.get(&profile.model)?;
        Some(Resolved::Profile(Arc::clone(profile), Arc::clone(model)))
    }
}

impl Model {
    /// The quota of a family in a region: the region's own row, else the row for every region.
    pub fn quota(&self, family: QuotaFamily, region: &Region) -> Option<&QuotaRow> {
        let rows = || self.quotas.iter().filter(|row| row.family == family);
        rows()
            .find(|row| row.regions.contains(region))
            .or_else(|| rows().find(|row| row.regions.is_empty()))
    }

    /// Whether it takes batch jobs: whether a price for them is known.
    pub const fn offers_batch(&self) -> bool {
        self.price.batch_input.is_some() && self.price.batch_output.is_some()
    }

    /// What the records of a batch job cost. A model without a price for batch costs half of what a
    /// call does, which is what the service says of batch in general.
    pub fn batch_cost(&self, family: QuotaFamily, usage: TokenUsage) -> Usd {
        let half = |price: PerMillion| PerMillion::from_dollars(price.dollars() / 2.0);
        let price = &self.price;
        let input = price.batch_input.unwrap_or_else(|| half(price.input));
        let output = price.batch_output.unwrap_or_else(|| half(price.output));
        self.at_family(family, input.cost(usage.prompt()) + output.cost(usage.output))
    }

    /// What a call costs.
    pub fn cost(&self, family: QuotaFamily, usage: TokenUsage) -> Usd {
        let price = &self.price;
        let short = price.cache_write_5m.unwrap_or(price.input);
        let base = price.input.cost(usage.input)
            + price.output.cost(usage.output)
            + price.cache_read.unwrap_or(price.input).cost(usage.cache_read)
            + short.cost(usage.cache_write.saturating_sub(usage.cache_write_1h))
            + price.cache_write_1h.unwrap_or(short).cost(usage.cache_write_1h);
        self.at_family(family, base)
    }

    /// A price where geographic profiles may cost more.
    fn at_family(&self, family: QuotaFamily, base: Usd) -> Usd {
        match family {
            QuotaFamily::CrossRegion => {
                Usd::from_picos((base.picos() as f64 * self.geo_price_factor).round() as u64)
            }
            QuotaFamily::OnDemand | QuotaFamily::Global => base,
        }
    }
}
