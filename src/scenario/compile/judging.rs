//! Expectations, stop conditions and comparisons against the patterns they name.

use std::time::Duration;

use super::super::PatternLoad;
use super::super::judging::{Comparison, Expectation, JudgePlan, SteadyPlan, StopPlan};
use super::super::spec::{CompareSpec, ExpectSpec, JudgeSpec, StopSpec};
use crate::event::Phase;
use crate::measure::figure::FigurePlan;
use crate::measure::pairing::PairPlan;
use crate::patterns::plan::ArmPlan;
use crate::toml::{Table, did_you_mean};

/// Resolves what is judged. `has_faults` is whether the file breaks anything by schedule.
pub fn compile(spec: &JudgeSpec<'_>, patterns: &[PatternLoad], has_faults: bool) -> JudgePlan {
    let expectations = spec.expectations.iter().flat_map(|expect| {
        if !has_faults && (expect.metric.is_mark() || needs_fault(expect.phase)) {
            let problem = "there is no [[fault]] that could lead to it";
            let key = if expect.metric.is_mark() {
                "metric"
            } else {
                "phase"
            };
            expect.table.reject_key(key, problem, None);
        }
        expected(expect, patterns)
    });
    let on = patterns.iter().filter(|pattern| pattern.on);
    let hypothesis = on.flat_map(|pattern| &pattern.plan.arms).flat_map(|arm| {
        spec.steady.hypothesis.iter().map(|(metric, bound)| Expectation {
            of: name(arm),
            figure: FigurePlan {
                arm: arm.id,
                phase: Some(Phase::Steady),
                metric: *metric,
            },
            bound: *bound,
        })
    });
    JudgePlan {
        expectations: expectations.collect(),
        steady: SteadyPlan {
            warm_up: spec.steady.warm_up,
            hypothesis: hypothesis.collect(),
        },
        recovery: spec.recovery,
        stop: spec
            .stop
            .as_ref()
            .map(|stop| stopping(stop, patterns))
            .unwrap_or_default(),
        comparisons: spec
            .comparisons
            .iter()
            .filter_map(|compare| compared(compare, patterns))
            .collect(),
    }
}

/// Refuses a warm-up that leaves no steady state before the first fault.
pub fn check_warm_up(table: &Table<'_>, warm_up: Duration, first_fault: Option<Duration>) {
    if let Some(first_fault) = first_fault.filter(|begins| *begins <= warm_up && !warm_up.is_zero()) {
        let problem = format!("leaves no steady state before the first fault, at {first_fault:?}");
        table.reject_key("warm_up", problem, None);
    }
}

fn needs_fault(phase: Option<Phase>) -> bool {
    matches!(phase, Some(Phase::Fault | Phase::Recovery | Phase::Recovered))
}

/// One expectation for each way of calling it speaks of.
fn expected(spec: &ExpectSpec<'_>, patterns: &[PatternLoad]) -> Vec<Expectation> {
    let arms = arms(&spec.table, spec.pattern, spec.arm, patterns);
    let of_arm = |arm: &ArmPlan| Expectation {
        of: name(arm),
        figure: FigurePlan {
            arm: arm.id,
            phase: spec.phase,
            metric: spec.metric,
        },
        bound: spec.bound,
    };
    arms.into_iter().map(of_arm).collect()
}

fn stopping(spec: &StopSpec<'_>, patterns: &[PatternLoad]) -> StopPlan {
    let is_of_some = spec.pattern.is_some() || spec.arm.is_some();
    let arms = if is_of_some {
        arms(&spec.table, spec.pattern, spec.arm, patterns)
    } else {
        Vec::new()
    };
    StopPlan {
        of: arms.iter().map(|arm| name(arm)).collect::<Vec<_>>().join(", "),
        arms: arms.iter().map(|arm| arm.id).collect(),
        availability: spec.availability,
        burn: spec.burn,
        over: spec.over,
        spend: spec.spend,
    }
}

fn compared(spec: &CompareSpec<'_>, patterns: &[PatternLoad]) -> Option<Comparison> {
    let first = full_name(&spec.table, "first", spec.first, patterns);
    let second = full_name(&spec.table, "second", spec.second, patterns);
    let (first, second) = (first?, second?);
    if first.id == second.id {
        spec.table.reject_key("second", "is the same as `first`", None);
        return None;
    }
    let share = |arm: &ArmPlan| {
        let mut of_arm = patterns.iter().filter(|traffic| traffic.plan.key == arm.pattern);
        of_arm.any(|traffic| traffic.stream.is_some())
    };
    if first.pattern != second.pattern && !(share(first) && share(second)) {
        let problem = "is of another pattern, and the two do not share their arrivals";
        let hint = "take `rate` and `stages` out of both patterns and give them to [traffic]".to_owned();
        spec.table.reject_key("second", problem, Some(hint));
        return None;
    }
    Some(Comparison {
        first: name(first),
        second: name(second),
        pair: PairPlan {
            first: first.id,
            second: second.id,
            metric: spec.metric?,
            phase: spec.phase,
        },
    })
}

fn name(arm: &ArmPlan) -> String {
    format!("{}/{}", arm.pattern, arm.key)
}

/// The way of calling of a full name, `fallback/other regions`.
fn full_name<'p>(
    table: &Table<'_>,
    key: &str,
    wanted: &str,
    patterns: &'p [PatternLoad],
) -> Option<&'p ArmPlan> {
    let all = || patterns.iter().flat_map(|pattern| &pattern.plan.arms);
    let found = all().find(|arm| name(arm) == wanted);
    if found.is_none() && !patterns.is_empty() {
        let names: Vec<String> = all().map(name).collect();
        let hint = hint(wanted, names.iter().map(String::as_str));
        table.reject_key(key, format_args!("no way of calling \"{wanted}\""), Some(hint));
    }
    found
}

/// The ways of calling of a pattern and an arm's key, where either may be left out: then those of
/// every pattern that is on.
fn arms<'p>(
    table: &Table<'_>,
    pattern: Option<&str>,
    arm: Option<&str>,
    patterns: &'p [PatternLoad],
) -> Vec<&'p ArmPlan> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let of_pattern: Vec<&PatternLoad> = patterns
        .iter()
        .filter(|traffic| pattern.map_or(traffic.on || arm.is_some(), |key| traffic.plan.key == key))
        .collect();
    if let Some(key) = pattern.filter(|_| of_pattern.is_empty()) {
        let hint = hint(key, patterns.iter().map(|traffic| traffic.plan.key.as_str()));
        table.reject_key(
            "pattern",
            format_args!("no pattern \"{key}\" in this scenario"),
            Some(hint),
        );
        return Vec::new();
    }
    let all = || of_pattern.iter().flat_map(|traffic| &traffic.plan.arms);
    let found: Vec<&ArmPlan> = all()
        .filter(|plan| arm.is_none_or(|key| plan.key == key))
        .collect();
    if let Some(key) = arm.filter(|_| found.is_empty()) {
        let hint = hint(key, all().map(|plan| plan.key.as_str()));
        table.reject_key("arm", format_args!("no way of calling \"{key}\""), Some(hint));
    }
    found
}

fn hint<'a>(wanted: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match did_you_mean(wanted, known.clone()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    }
}
