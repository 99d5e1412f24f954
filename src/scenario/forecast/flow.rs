//! How many shots and attempts, and where their prompts go.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::catalog::{Catalog, Resolved};
use crate::clock::Moment;
use crate::event::Route;
use crate::load::plan::{LoadPlan, Spacing};
use crate::names::Region;
use crate::patterns::plan::ArmPlan;

/// The course of a rate is looked at so often.
const STEP: Duration = Duration::from_millis(100);
/// Standard deviations above the mean that count as the most.
pub(super) const WIDE: f64 = 4.0;

/// Shots of one way of calling.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shots {
    pub expected: f64,
    pub most: f64,
}

/// The shots of each of so many ways of calling over a run.
pub(super) fn shots(load: &LoadPlan, runs: Duration, arms: usize) -> Shots {
    let arms = arms.max(1) as f64;
    let (steady, bursts) = (steady(load, runs) / arms, (bursts(load, runs) / arms).ceil());
    let chance = match load.spacing {
        // A Poisson count varies by its root.
        Spacing::Poisson => WIDE * steady.sqrt(),
        Spacing::Constant => 1.0,
    };
    Shots {
        expected: steady + bursts,
        most: (steady + chance + bursts).ceil(),
    }
}

fn steady(load: &LoadPlan, runs: Duration) -> f64 {
    let steps = (runs.as_secs_f64() / STEP.as_secs_f64()).round() as u32;
    // The middle of each step, so that a ramp is counted right.
    let rates = (0..steps).map(|step| load.rate_at(Moment::ZERO + STEP * step + STEP / 2));
    rates.map(|rate| rate * STEP.as_secs_f64()).sum()
}

fn bursts(load: &LoadPlan, runs: Duration) -> f64 {
    let end = Moment::ZERO + runs;
    let bursts = load.bursts.iter().filter(|burst| burst.at < end).map(|burst| {
        let times = burst.every.filter(|every| !every.is_zero()).map_or(0.0, |every| {
            (end.since(burst.at).as_secs_f64() / every.as_secs_f64()).ceil() - 1.0
        });
        f64::from(burst.shots) * (1.0 + times)
    });
    bursts.sum()
}

/// Attempts of so many shots, if every one but the last failed. `again`: how often a gateway asks each
/// deployment again.
pub(super) fn attempts(arm: &ArmPlan, shots: f64, again: u32) -> f64 {
    let policy = &arm.policy;
    let calls = arm.chain.len() as f64 * f64::from(policy.rounds) * f64::from(again + 1);
    let by_policy = shots * calls;
    // The budget is of calls; the SDK's retries within a call have a quota of their own.
    let calls = policy.retry_budget.map_or(by_policy, |budget| {
        by_policy.min(shots * (1.0 + budget.per_shot) + budget.burst)
    });
    calls * f64::from(policy.sdk_attempts)
}

/// The geography where a way of calling begins, and where else its prompts can come to.
pub(super) fn geographies(arm: &ArmPlan, catalog: &Catalog) -> (String, Vec<String>) {
    let of = |region: &Region| {
        catalog
            .regions
            .get(region.as_str())
            .map(|entry| entry.geography.clone())
    };
    let home = arm
        .chain
        .first()
        .and_then(|route| of(&route.region))
        .unwrap_or_default();
    let mut others = BTreeSet::new();
    for route in &arm.chain {
        if catalog.offers.foreign.contains_key(&route.model) {
            others.insert(format!("{} (simulated)", route.provider));
            continue;
        }
        others.extend(destinations(route, catalog).iter().filter_map(of));
    }
    others.remove(&home);
    (home, others.into_iter().collect())
}

fn destinations(route: &Route, catalog: &Catalog) -> Vec<Region> {
    let through = match catalog.resolve(route.target.as_str()) {
        Some(Resolved::Profile(profile, _)) => profile.routes.get(&route.region).cloned(),
        _ => None,
    };
    through.unwrap_or_else(|| vec![route.region.clone()])
}
