//! What a drill will send and what that may cost, reckoned beforehand. Pure; runs nothing.
//!
//! The prompts are the real ones: as many as a run has, or a sample of them, are made from the scenario's
//! seed and measured. "Expected" is a normal day: one attempt for each shot on the preferred route, answers
//! as long as the emulator's, a warm cache. "At most" is the worst that the scenario allows: every attempt
//! but the last fails and is billed in full on the dearest route, answers are as long as they may be,
//! checkpoints are written every time, every job is billed whole. Where chance decides (arrivals, lengths
//! beyond the sample) four standard deviations stand above the mean.

mod flow;
mod money;
mod sizes;

use std::time::Duration;

use serde::Serialize;

use super::{PatternLoad, Scenario};
use crate::catalog::Catalog;
use crate::fault::FaultPlan;
use crate::gateway::GatewayPlan;
use crate::patterns::batch::RecordSource;
use crate::patterns::plan::{ArmPlan, GatewaySpecial, SpecialPlan};
use flow::Shots;
use money::Tariffs;
use sizes::Sizes;

/// A quantity on a normal day, and the most it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Range {
    /// On a normal day.
    pub expected: f64,
    /// If everything goes wrong.
    pub most: f64,
}

impl Range {
    fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.most += other.most;
    }
}

/// What a drill will send.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    /// How long arrivals go on, in seconds.
    pub runs_secs: f64,
    /// How often it is run; every figure is of one run.
    pub repeats: u32,
    /// The patterns that are on from the start or can be switched on.
    pub patterns: Vec<PatternForecast>,
    /// In dollars, at catalogue prices.
    pub cost_usd: Range,
    /// What breaks, in the order of the time line.
    pub faults: Vec<FaultLine>,
    /// What could not be reckoned; with one of these the bound is none.
    pub unbounded: Vec<String>,
}

/// What one pattern sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PatternForecast {
    /// Its key.
    pub pattern: String,
    /// Its ways of calling.
    pub arms: Vec<ArmForecast>,
    /// What it pays beside calls: batch jobs, model units. In dollars.
    pub beside_usd: Range,
    /// What that is for, in words; empty: nothing.
    pub beside: String,
    /// The longest prompt that was seen, in characters.
    pub longest_prompt_chars: u64,
}

/// What one way of calling sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ArmForecast {
    /// Its key.
    pub arm: String,
    /// Shots.
    pub shots: Range,
    /// Attempts.
    pub attempts: Range,
    /// Prompt tokens, over all attempts.
    pub input_tokens: Range,
    /// Generated tokens, over all attempts.
    pub output_tokens: Range,
    /// In dollars.
    pub cost_usd: Range,
    /// The geography where it is called.
    pub geography: String,
    /// Other geographies, or other providers, that its prompts can come to.
    pub leaves_for: Vec<String>,
}

/// A fault on the time line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultLine {
    /// From the start, in seconds.
    pub begins_secs: f64,
    /// In seconds.
    pub lasts_secs: f64,
    /// Its kind.
    pub kind: &'static str,
    /// Where, in words.
    pub scope: String,
    /// Whether it begins before the run ends.
    pub is_reached: bool,
}

impl Forecast {
    /// The forecast of a scenario; `None` for one that runs until it is stopped: nothing bounds it.
    pub fn of(scenario: &Scenario, catalog: &Catalog) -> Option<Self> {
        let runs = scenario.duration?;
        let mut forecast = Self {
            runs_secs: runs.as_secs_f64(),
            repeats: scenario.repeats,
            faults: faults(scenario, runs),
            ..Self::default()
        };
        for pattern in &scenario.patterns {
            if pattern.is_outside() {
                let words = "outside: what a program of yours sends is not ours to reckon";
                forecast.unbounded.push(words.to_owned());
                continue;
            }
            let found = pattern_of(pattern, scenario, (runs, catalog), &mut forecast.unbounded);
            for arm in &found.arms {
                forecast.cost_usd.add(arm.cost_usd);
            }
            forecast.cost_usd.add(found.beside_usd);
            forecast.patterns.push(found);
        }
        Some(forecast)
    }
}

fn pattern_of(
    pattern: &PatternLoad,
    scenario: &Scenario,
    (runs, catalog): (Duration, &Catalog),
    unbounded: &mut Vec<String>,
) -> PatternForecast {
    let shots = flow::shots(&pattern.load, runs, pattern.plan.arms.len());
    let sizes = Sizes::of(pattern, scenario, shots);
    let tariffs = Tariffs::new(pattern, catalog);
    let key = pattern.plan.key.as_str();
    let (beside, beside_usd) = beside(pattern, &sizes, (runs, catalog), unbounded);
    PatternForecast {
        pattern: key.to_owned(),
        arms: pattern
            .plan
            .arms
            .iter()
            .map(|arm| arm_of(arm, (pattern, shots), &sizes, (&tariffs, catalog)))
            .collect(),
        beside_usd,
        beside,
        longest_prompt_chars: sizes.longest,
    }
}

fn arm_of(
    arm: &ArmPlan,
    (pattern, shots): (&PatternLoad, Shots),
    sizes: &Sizes,
    (tariffs, catalog): (&Tariffs<'_>, &Catalog),
) -> ArmForecast {
    // A pattern that is off sends nothing unless somebody switches it on.
    let expected = if pattern.on { shots.expected } else { 0.0 };
    let most = flow::attempts(arm, shots.most, retries_of(pattern));
    let mut found = ArmForecast {
        arm: arm.key.to_string(),
        shots: Range {
            expected,
            most: shots.most,
        },
        attempts: Range { expected, most },
        ..ArmForecast::default()
    };
    let priced = |route| tariffs.of(route, arm.policy.cache_point);
    if let Some(preferred) = arm.chain.first().map(|route| priced(route)) {
        let each = preferred.expected(sizes);
        found.input_tokens.expected = each.input * expected;
        found.output_tokens.expected = each.output * expected;
        found.cost_usd.expected = each.dollars * expected + preferred.once(sizes);
    }
    for route in &arm.chain {
        let worst = priced(route).worst(sizes);
        let cost = &mut found.cost_usd.most;
        *cost = cost.max(worst.dollars * most);
        found.input_tokens.most = found.input_tokens.most.max(worst.input * most);
        found.output_tokens.most = found.output_tokens.most.max(worst.output * most);
    }
    found.cost_usd.most = found.cost_usd.most.max(found.cost_usd.expected);
    (found.geography, found.leaves_for) = flow::geographies(arm, catalog);
    found
}

/// How often the embedded gateway asks a deployment again.
fn retries_of(pattern: &PatternLoad) -> u32 {
    match &pattern.plan.special {
        SpecialPlan::Gateway(gateway) => match &**gateway {
            GatewaySpecial::Embedded(GatewayPlan { groups, .. }) => {
                groups.iter().map(|group| group.retries).max().unwrap_or(0)
            }
            GatewaySpecial::Outside(_) => 0,
        },
        _ => 0,
    }
}

/// What a pattern pays beside its calls.
fn beside(
    pattern: &PatternLoad,
    sizes: &Sizes,
    (runs, catalog): (Duration, &Catalog),
    unbounded: &mut Vec<String>,
) -> (String, Range) {
    match &pattern.plan.special {
        SpecialPlan::Batch(plan) => {
            let jobs = f64::from(plan.job.jobs);
            let RecordSource::Workload { count, .. } = plan.job.records else {
                unbounded.push("batch: the records of its file are not counted".to_owned());
                return (String::new(), Range::default());
            };
            let records = jobs * count as f64;
            let words = format!("{jobs} jobs of {count} records");
            (words, money::batch(plan, sizes, records))
        }
        SpecialPlan::Provisioned(track) => {
            let hours = runs.as_secs_f64() / 3_600.0;
            let ways = track.arms.len() as f64;
            let hourly = track.hourly.dollars() * ways;
            let bought = money::bought(track, catalog);
            let range = Range {
                expected: (hourly + bought) * hours,
                // Units are paid by the begun hour.
                most: (hourly + bought) * hours.ceil(),
            };
            (
                format!("model units of {ways} ways of calling, by the hour"),
                range,
            )
        }
        SpecialPlan::Gateway(gateway) => {
            if let GatewaySpecial::Outside(gateway) = &**gateway {
                unbounded.push(format!(
                    "gateway: what {} makes of a call, and what it spends, is not ours to bound",
                    gateway.url
                ));
            }
            (String::new(), Range::default())
        }
        SpecialPlan::None
        | SpecialPlan::PromptRouting(_)
        | SpecialPlan::PromptCache(_)
        | SpecialPlan::Outside(_) => (String::new(), Range::default()),
    }
}

fn faults(scenario: &Scenario, runs: Duration) -> Vec<FaultLine> {
    let mut faults: Vec<FaultLine> = scenario.faults.iter().map(|fault| line(fault, runs)).collect();
    faults.sort_by(|a, b| a.begins_secs.total_cmp(&b.begins_secs));
    faults
}

fn line(fault: &FaultPlan, runs: Duration) -> FaultLine {
    let scope = &fault.scope;
    let parts = [
        scope.region.as_ref().map(ToString::to_string),
        scope.model.as_ref().map(ToString::to_string),
        scope.target.as_ref().map(ToString::to_string),
        scope.provider.as_ref().map(ToString::to_string),
        scope
            .pattern
            .as_ref()
            .map(|pattern| format!("calls of {pattern}")),
    ];
    let mut words: Vec<String> = parts.into_iter().flatten().collect();
    if words.is_empty() {
        words.push("everywhere".to_owned());
    }
    if fault.share.get() < 1.0 {
        words.push(format!("{:.0}%", fault.share.get() * 100.0));
    }
    let begins = fault.begins_at.since_start();
    FaultLine {
        begins_secs: begins.as_secs_f64(),
        lasts_secs: fault.lasts.as_secs_f64(),
        kind: fault.kind.key(),
        scope: words.join(", "),
        is_reached: begins < runs,
    }
}

#[cfg(test)]
mod tests;
