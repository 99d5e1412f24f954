//! What calls, jobs and units cost.

use std::sync::Arc;

use super::Range;
use super::sizes::Sizes;
use crate::catalog::{CacheTtl, Catalog, ForeignModel, Model, QuotaFamily};
use crate::event::Route;
use crate::measure::special::provisioned::ProvisionedTrack;
use crate::patterns::batch::BatchPlan;
use crate::patterns::plan::SpecialPlan;
use crate::scenario::PatternLoad;
use crate::units::TokenUsage;

/// A million calls: prices are exact in whole tokens, and a mean has fractions.
const MANY: f64 = 1e6;

/// What the routes of a pattern cost.
#[derive(Debug)]
pub(super) struct Tariffs<'c> {
    catalog: &'c Catalog,
    /// The models that a router may choose, where one is called.
    routed: Vec<(Arc<Model>, QuotaFamily)>,
}

/// What one route costs.
#[derive(Debug)]
pub(super) struct Tariff {
    /// All that a call may be billed as.
    billed: Vec<Billed>,
    point: Option<CacheTtl>,
}

#[derive(Debug)]
enum Billed {
    Bedrock(Arc<Model>, QuotaFamily),
    Foreign(Arc<ForeignModel>),
    /// Tokens of model units are paid by the hour.
    Units(Arc<Model>),
}

/// Tokens and dollars of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Each {
    pub input: f64,
    pub output: f64,
    pub dollars: f64,
}

impl<'c> Tariffs<'c> {
    pub fn new(pattern: &PatternLoad, catalog: &'c Catalog) -> Self {
        let routed = match &pattern.plan.special {
            SpecialPlan::PromptRouting(plan) => {
                let targets = plan.models.iter().flat_map(|model| &model.targets);
                let resolved = targets.filter_map(|target| catalog.resolve(target.as_str()));
                resolved
                    .map(|found| (Arc::clone(found.model()), found.quota_family()))
                    .collect()
            }
            _ => Vec::new(),
        };
        Self { catalog, routed }
    }

    pub fn of(&self, route: &Route, point: Option<CacheTtl>) -> Tariff {
        let billed = if let Some(found) = self.catalog.resolve(route.target.as_str()) {
            vec![Billed::Bedrock(Arc::clone(found.model()), found.quota_family())]
        } else if let Some(foreign) = self.catalog.offers.foreign.get(&route.model) {
            vec![Billed::Foreign(Arc::clone(foreign))]
        } else if self.routed.is_empty() {
            let model = self.catalog.models.get(&route.model);
            let units = route.target.as_str().contains(":provisioned-model/");
            model
                .map(|model| {
                    if units {
                        Billed::Units(Arc::clone(model))
                    } else {
                        Billed::Bedrock(Arc::clone(model), QuotaFamily::OnDemand)
                    }
                })
                .into_iter()
                .collect()
        } else {
            let routed = self.routed.iter();
            routed
                .map(|(model, family)| Billed::Bedrock(Arc::clone(model), *family))
                .collect()
        };
        Tariff { billed, point }
    }
}

impl Tariff {
    /// A call on a normal day: what is cached is read from the cache.
    pub fn expected(&self, sizes: &Sizes) -> Each {
        let billed: Vec<Each> = self
            .billed
            .iter()
            .map(|billed| {
                billed.each(
                    sizes,
                    sizes.own,
                    |limit| sizes.answer(limit),
                    self.point.map(|_| Kept::Read),
                )
            })
            .collect();
        // A router's choice is not known: the mean of what it may choose.
        let count = billed.len().max(1) as f64;
        Each {
            input: billed.iter().map(|each| each.input).sum::<f64>() / count,
            output: billed.iter().map(|each| each.output).sum::<f64>() / count,
            dollars: billed.iter().map(|each| each.dollars).sum::<f64>() / count,
        }
    }

    /// What is paid once on a normal day: the shared texts are written to the cache.
    pub fn once(&self, sizes: &Sizes) -> f64 {
        let Some(ttl) = self.point else { return 0.0 };
        let write = |billed: &Billed| {
            let written = billed.each(sizes, 0.0, |_| 0.0, Some(Kept::Written(ttl)));
            written.dollars * sizes.distinct
        };
        self.billed.first().map_or(0.0, write)
    }

    /// A call at its dearest.
    pub fn worst(&self, sizes: &Sizes) -> Each {
        let kept = self.point.map(Kept::Written);
        let billed = self
            .billed
            .iter()
            .map(|billed| billed.each(sizes, sizes.own_most, |limit| limit, kept));
        billed.fold(Each::default(), |worst, each| Each {
            input: worst.input.max(each.input),
            output: worst.output.max(each.output),
            dollars: worst.dollars.max(each.dollars),
        })
    }
}

/// What becomes of the shared text behind a checkpoint.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Read,
    Written(CacheTtl),
}

impl Billed {
    fn each(&self, sizes: &Sizes, own: f64, answer: impl Fn(f64) -> f64, kept: Option<Kept>) -> Each {
        let (chars, most) = match self {
            Self::Bedrock(model, _) | Self::Units(model) => (model.chars_per_token, model.max_output),
            Self::Foreign(model) => (model.chars_per_token, model.max_output),
        };
        let chars = chars.max(0.1);
        let (shared, own) = (sizes.shared / chars, own / chars);
        let output = answer(sizes.limit.unwrap_or(most as f64).min(most as f64));
        let million = |tokens: f64| (tokens * MANY).ceil() as u64;
        let mut usage = TokenUsage {
            input: million(own),
            output: million(output),
            ..TokenUsage::default()
        };
        match kept {
            None => usage.input += million(shared),
            Some(Kept::Read) => usage.cache_read = million(shared),
            Some(Kept::Written(ttl)) => {
                usage.cache_write = million(shared);
                if ttl == CacheTtl::OneHour {
                    usage.cache_write_1h = usage.cache_write;
                }
            }
        }
        let cost = match self {
            Self::Bedrock(model, family) => model.cost(*family, usage).dollars(),
            Self::Foreign(model) => model.cost(usage).dollars(),
            Self::Units(_) => 0.0,
        };
        Each {
            input: shared + own,
            output,
            dollars: cost / MANY,
        }
    }
}

/// What so many records of batch jobs cost: all of them are billed, however the job ends.
pub(super) fn batch(plan: &BatchPlan, sizes: &Sizes, records: f64) -> Range {
    let model = &plan.model;
    let chars = model.chars_per_token.max(0.1);
    let limit = sizes
        .limit
        .unwrap_or(model.max_output as f64)
        .min(model.max_output as f64);
    let cost = |own: f64, output: f64| {
        let usage = TokenUsage {
            input: ((sizes.shared + own) / chars * MANY).ceil() as u64,
            output: (output * MANY).ceil() as u64,
            ..TokenUsage::default()
        };
        model.batch_cost(plan.family, usage).dollars() / MANY * records
    };
    Range {
        expected: cost(sizes.own, sizes.answer(limit)),
        most: cost(sizes.own_most, limit),
    }
}

/// What units that are bought while it runs cost for an hour, without their term's discount.
pub(super) fn bought(track: &ProvisionedTrack, catalog: &Catalog) -> f64 {
    let Some(buys) = track.buys else { return 0.0 };
    let offered = catalog.models.values().find(|model| model.name == track.model);
    let offer = offered.and_then(|model| catalog.offers.units.get(&model.id));
    let hourly = offer.map_or(0.0, |offer| offer.hourly.none.dollars());
    hourly * f64::from(buys.units)
}
