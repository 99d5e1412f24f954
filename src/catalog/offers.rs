//! What the field offers beyond plain calls: prompt routers, model units, the Reserved tier, batch
//! limits, models of other providers. Which model takes part in what.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{EmbeddingModel, ForeignModel, QuotaBook};
use crate::names::{ModelId, Region};
use crate::units::Usd;

/// Everything of this kind. Empty where the catalogue says nothing: then nothing is offered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offers {
    /// Families of models that prompt routers choose among, by the family's name. A router takes
    /// two models of one family.
    pub routers: BTreeMap<String, Vec<ModelId>>,
    /// Model units, by model.
    pub units: BTreeMap<ModelId, UnitOffer>,
    /// The tier that took the place of units for newer models.
    pub reserved: Option<ReservedTier>,
    /// Limits of batch jobs.
    pub batch: Option<BatchLimits>,
    /// Models of providers other than Bedrock, simulated: what a gateway has beside it.
    pub foreign: BTreeMap<ModelId, Arc<ForeignModel>>,
    /// Models that turn text into vectors.
    pub embeddings: BTreeMap<ModelId, Arc<EmbeddingModel>>,
    /// How Service Quotas names and numbers the quotas.
    pub quota_book: QuotaBook,
}

/// Provisioned throughput of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitOffer {
    /// Regions that sell units of it.
    pub regions: Vec<Region>,
    /// Context variants, `24k`, the smallest first: a unit is bought of a variant,
    /// `amazon.nova-micro-v1:0:24k`.
    pub variants: Vec<String>,
    /// What one unit carries.
    pub rates: UnitRates,
    /// What one unit costs for an hour.
    pub hourly: UnitPrices,
}

/// What one model unit carries in a minute. Published for no model: an assumption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitRates {
    /// Prompt tokens.
    pub input_tokens_per_minute: u64,
    /// Generated tokens.
    pub output_tokens_per_minute: u64,
}

/// What one model unit costs for an hour, by the term it is bought for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitPrices {
    /// Without a term.
    pub none: Usd,
    /// For a month.
    pub one_month: Usd,
    /// For six months.
    pub six_months: Usd,
}

/// A term that a unit is bought for; it cannot be deleted before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Commitment {
    /// One month.
    OneMonth,
    /// Six months.
    SixMonths,
}

impl Commitment {
    /// As the service writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneMonth => "OneMonth",
            Self::SixMonths => "SixMonths",
        }
    }

    /// The term that the service writes so.
    pub fn named(name: &str) -> Option<Self> {
        [Self::OneMonth, Self::SixMonths]
            .into_iter()
            .find(|term| term.name() == name)
    }
}

impl UnitPrices {
    /// An hour of one unit that was bought for a term.
    pub const fn with(self, commitment: Option<Commitment>) -> Usd {
        match commitment {
            None => self.none,
            Some(Commitment::OneMonth) => self.one_month,
            Some(Commitment::SixMonths) => self.six_months,
        }
    }
}

impl UnitRates {
    /// What so many units carry together.
    #[must_use]
    pub const fn times(self, units: u64) -> Self {
        Self {
            input_tokens_per_minute: self.input_tokens_per_minute.saturating_mul(units),
            output_tokens_per_minute: self.output_tokens_per_minute.saturating_mul(units),
        }
    }
}

/// The Reserved tier: capacity for a term, bought from the account team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedTier {
    /// Models that have it.
    pub models: Vec<ModelId>,
    /// The least that can be reserved, input tokens a minute.
    pub input_tokens_per_minute: u64,
    /// The least that can be reserved, output tokens a minute.
    pub output_tokens_per_minute: u64,
    /// Terms, in months.
    pub months: Vec<u64>,
}

/// Limits of batch jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// The fewest records of a job.
    pub min_records: u64,
    /// The most records of a job, and of a file.
    pub max_records: u64,
    /// Jobs submitted or in progress at once, for each model.
    pub jobs: u64,
}

impl Offers {
    /// The family in which routers take a model, with all models of it.
    pub fn router_family(&self, model: &ModelId) -> Option<(&str, &[ModelId])> {
        let found = self.routers.iter().find(|(_, models)| models.contains(model));
        found.map(|(family, models)| (family.as_str(), models.as_slice()))
    }

    /// Whether units of a model are sold in a region.
    pub fn has_units(&self, model: &ModelId, region: &Region) -> bool {
        self.units
            .get(model)
            .is_some_and(|offer| offer.regions.contains(region))
    }

    /// The Reserved tier, where a model has it.
    pub fn reserved_for(&self, model: &ModelId) -> Option<&ReservedTier> {
        self.reserved.as_ref().filter(|tier| tier.models.contains(model))
    }
}
