//! What a drill takes of each quota at its peak. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::clock::Moment;
use crate::load::plan::LoadPlan;
use crate::names::Region;
use crate::scenario::Scenario;
use crate::scenario::forecast::{ArmForecast, Forecast};

/// The course of a rate is looked at so often, and so far.
const STEP: Duration = Duration::from_secs(1);
const FAR: u32 = 3_600;

/// How much a quota allows, and who says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The account, by Service Quotas.
    Applied(f64),
    /// The catalogue's default: the account could not be asked.
    Default(f64),
    /// Nobody: there is no such quota, or none that is known.
    Unknown,
}

impl Limit {
    /// The figure.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Applied(value) | Self::Default(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Requests a minute.
    Requests,
    /// Tokens a minute: prompt and `max_tokens`, output times the model's burndown.
    Tokens,
}

impl Counted {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Requests => "requests per minute",
            Self::Tokens => "tokens per minute",
        }
    }
}

/// What a drill takes of one quota at its peak: one attempt for each shot, on every route that it may
/// take.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The region that is called.
    pub region: Region,
    /// The model.
    pub model: Arc<Model>,
    /// By which way it is called.
    pub family: QuotaFamily,
    /// What is counted.
    pub counted: Counted,
    /// The quota's name, as the service writes it.
    pub quota: String,
    /// Its code, where the catalogue or the account knows it.
    pub code: Option<String>,
    /// The identifiers that draw on it.
    pub ids: Vec<String>,
    /// What one attempt takes of it, at most.
    pub each: f64,
    /// What the drill takes in a minute.
    pub ours: f64,
    /// What it allows.
    pub limit: Limit,
    /// What was in use in the busiest of the last minutes; `None`: that could not be seen.
    pub in_use: Option<f64>,
}

impl Claim {
    /// The share of the quota that the drill takes.
    pub fn share(&self) -> Option<f64> {
        let limit = self.limit.value()?;
        Some(if limit > 0.0 {
            self.ours / limit
        } else {
            f64::INFINITY
        })
    }

    /// The share that is in use already.
    pub fn used(&self) -> Option<f64> {
        let limit = self.limit.value().filter(|limit| *limit > 0.0)?;
        Some(self.in_use? / limit)
    }

    /// Why it is too much, if it is: more than the share that may be taken, or more than is left.
    pub(super) fn too_much(&self, max_share: f64) -> Option<String> {
        let share = self.share()?;
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        let of = format!("\"{}\" in {}", self.quota, self.region);
        if self.limit.value() == Some(0.0) {
            return Some(format!(
                "{of} is zero: this account cannot call it at all; ask for the quota first"
            ));
        }
        if share > max_share {
            return Some(format!(
                "it would take {} of {of}, more than the {} of --max-quota-share: lower the rate or max_tokens",
                percent(share),
                percent(max_share)
            ));
        }
        let used = self.used()?;
        (used + share > 1.0).then(|| {
            format!(
                "it would take {} of {of}, of which {} is in use: wait, or lower the rate",
                percent(share),
                percent(used)
            )
        })
    }
}

/// What a scenario takes of each quota, in a fixed order, against the catalogue's defaults.
pub fn claims(scenario: &Scenario, forecast: &Forecast, catalog: &Catalog) -> Vec<Claim> {
    let mut found: BTreeMap<(Region, String, &'static str, Counted), Claim> = BTreeMap::new();
    for (pattern, of) in scenario.patterns.iter().zip(&forecast.patterns) {
        let each = peak(&pattern.load, scenario.duration) / pattern.plan.arms.len().max(1) as f64;
        for (arm, of) in pattern.plan.arms.iter().zip(&of.arms) {
            // A pattern may name a route twice; its shots are the same ones.
            let mut seen = Vec::new();
            for route in &arm.chain {
                let id = route.target.as_str().to_owned();
                let Some(resolved) = catalog.resolve(&id) else {
                    continue;
                };
                if seen.contains(&(route.region.clone(), id.clone())) {
                    continue;
                }
                seen.push((route.region.clone(), id.clone()));
                for counted in [Counted::Requests, Counted::Tokens] {
                    let (model, family) = (Arc::clone(resolved.model()), resolved.quota_family());
                    let weight = weight(counted, of, &model);
                    let key = (route.region.clone(), model.id.to_string(), word(family), counted);
                    let claim = found
                        .entry(key)
                        .or_insert_with(|| fresh((&route.region, counted), (model, family), catalog));
                    claim.each = claim.each.max(weight);
                    claim.ours += each * weight;
                    if !claim.ids.contains(&id) {
                        claim.ids.push(id.clone());
                    }
                }
            }
        }
    }
    found.into_values().collect()
}

/// Shots a minute at the busiest.
fn peak(load: &LoadPlan, runs: Option<Duration>) -> f64 {
    let steps = runs.map_or(FAR, |runs| runs.as_secs().min(u64::from(FAR)) as u32);
    let rates = (0..=steps).map(|step| load.rate_at(Moment::ZERO + STEP * step));
    let bursts = load.bursts.iter().map(|burst| {
        let times = burst
            .every
            .filter(|every| !every.is_zero())
            .map_or(1.0, |every| (60.0 / every.as_secs_f64()).ceil().max(1.0));
        f64::from(burst.shots) * times
    });
    rates.fold(0.0, f64::max) * 60.0 + bursts.fold(0.0, f64::max)
}

fn weight(counted: Counted, of: &ArmForecast, model: &Model) -> f64 {
    match counted {
        Counted::Requests => 1.0,
        Counted::Tokens => {
            let attempts = of.attempts.most.max(1.0);
            (of.input_tokens.most + of.output_tokens.most * model.burndown as f64) / attempts
        }
    }
}

const fn word(family: QuotaFamily) -> &'static str {
    match family {
        QuotaFamily::OnDemand => "On-demand",
        QuotaFamily::CrossRegion => "Cross-region",
        QuotaFamily::Global => "Global cross-region",
    }
}

fn fresh(
    (region, counted): (&Region, Counted),
    (model, family): (Arc<Model>, QuotaFamily),
    catalog: &Catalog,
) -> Claim {
    let row = model.quota(family, region);
    let (limit, code) = match counted {
        Counted::Requests => (
            row.and_then(|row| row.requests_per_minute),
            row.and_then(|row| row.requests_code.clone()),
        ),
        Counted::Tokens => (
            row.map(|row| row.tokens_per_minute),
            row.and_then(|row| row.tokens_code.clone()),
        ),
    };
    let named = catalog.offers.quota_book.name_of(&model);
    Claim {
        region: region.clone(),
        quota: format!("{} model inference {} for {named}", word(family), counted.words()),
        code,
        ids: Vec::new(),
        each: 0.0,
        ours: 0.0,
        limit: limit.map_or(Limit::Unknown, |limit| Limit::Default(limit as f64)),
        in_use: None,
        model,
        family,
        counted,
    }
}
