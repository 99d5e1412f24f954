//! What a scenario sends, and what it would cost if everything went wrong: reckoned, nothing run.

use std::time::Duration;

use super::PatternLoad;
use crate::catalog::{Catalog, QuotaFamily};
use crate::clock::Moment;
use crate::event::Route;
use crate::load::plan::{LoadPlan, WorkloadPlan};
use crate::patterns::plan::ArmPlan;
use crate::units::{TokenUsage, Usd};

/// The course of a rate is looked at so often.
const STEP: Duration = Duration::from_millis(100);

/// What one pattern sends by its arms. What it does beside them, such as a batch job, is not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bound {
    /// Shots that the schedule wants, over all arms; arrivals by chance vary around it.
    pub shots: f64,
    /// Attempts, if every one but the last failed.
    pub attempts: f64,
    /// Their cost, if each was billed in full on its dearest route: prompts of their mean length,
    /// answers as long as they may be.
    pub cost: Usd,
}

impl Bound {
    /// The bound of a pattern over a run of this length.
    pub fn of(pattern: &PatternLoad, runs: Duration, catalog: &Catalog) -> Self {
        let shots = shots(&pattern.load, runs);
        let each = shots / pattern.plan.arms.len().max(1) as f64;
        let mut bound = Self {
            shots,
            ..Self::default()
        };
        for arm in &pattern.plan.arms {
            let attempts = attempts(arm, each);
            let dearest = arm
                .chain
                .iter()
                .filter_map(|route| cost(route, &pattern.workload, catalog))
                .max()
                .unwrap_or_default();
            bound.attempts += attempts;
            bound.cost += Usd::from_dollars(dearest.dollars() * attempts);
        }
        bound
    }
}

fn shots(load: &LoadPlan, runs: Duration) -> f64 {
    let steps = (runs.as_secs_f64() / STEP.as_secs_f64()).round() as u32;
    // The middle of each step, so that a ramp is counted right.
    let rates = (0..steps).map(|step| load.rate_at(Moment::ZERO + STEP * step + STEP / 2));
    let steady: f64 = rates.map(|rate| rate * STEP.as_secs_f64()).sum();
    let end = Moment::ZERO + runs;
    let bursts = load.bursts.iter().filter(|burst| burst.at < end).map(|burst| {
        let times = burst.every.filter(|every| !every.is_zero()).map_or(0.0, |every| {
            (end.since(burst.at).as_secs_f64() / every.as_secs_f64()).ceil() - 1.0
        });
        f64::from(burst.shots) * (1.0 + times)
    });
    steady + bursts.sum::<f64>()
}

fn attempts(arm: &ArmPlan, shots: f64) -> f64 {
    let policy = &arm.policy;
    let per_shot = arm.chain.len() as f64 * f64::from(policy.rounds) * f64::from(policy.sdk_attempts);
    let by_policy = shots * per_shot;
    policy.retry_budget.map_or(by_policy, |budget| {
        by_policy.min(shots * (1.0 + budget.per_shot) + budget.burst)
    })
}

fn cost(route: &Route, workload: &WorkloadPlan, catalog: &Catalog) -> Option<Usd> {
    let model = catalog.models.get(&route.model)?;
    let profile = catalog.profiles.get(route.target.as_str());
    let family = profile.map_or(QuotaFamily::OnDemand, |profile| profile.family);
    let mean = workload.prompt_tokens * (workload.prompt_sigma * workload.prompt_sigma / 2.0).exp();
    let system = workload
        .system
        .as_ref()
        .map_or(0.0, |text| text.chars().count() as f64 / model.chars_per_token);
    let usage = TokenUsage {
        input: (mean + system).ceil() as u64,
        output: workload.max_tokens.unwrap_or(model.max_output),
        ..TokenUsage::default()
    };
    Some(model.cost(family, usage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::{Burst, Stage};

    #[test]
    fn shots_are_the_area_under_the_course_and_the_bursts() {
        let mut load = LoadPlan::constant(20.0);
        load.stages.insert(
            0,
            Stage {
                lasts: Duration::from_secs(10),
                course: crate::load::plan::Course::Ramp { from: 0.0, to: 20.0 },
            },
        );
        load.bursts.push(Burst {
            at: Moment::from_secs(5),
            shots: 7,
            every: Some(Duration::from_secs(10)),
        });
        // 100 on the ramp, 400 after it, bursts at 5, 15 and 25 seconds.
        let counted = shots(&load, Duration::from_secs(30));
        assert!((counted - 521.0).abs() < 0.01, "{counted}");
    }
}
