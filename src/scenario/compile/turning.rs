//! Dials turned by schedule, against the patterns that have them.

use std::time::Duration;

use super::super::spec::TurnSpec;
use super::super::{PatternLoad, TurnPlan};
use crate::event::Turn;
use crate::names::PatternKey;
use crate::toml::did_you_mean;

/// The turns in the order of their moments; those of one moment in the order of the file. Notes
/// every turn that comes after the run has ended or turns what is not there. Of a file in which a
/// pattern is wrong (`is_whole` is false) nobody can say that a dial is not there.
pub fn compile(
    specs: &[TurnSpec<'_>],
    patterns: &[PatternLoad],
    (is_whole, duration): (bool, Option<Duration>),
) -> Vec<TurnPlan> {
    for spec in specs {
        if let Some(ends) = duration
            && spec.plan.at.since_start() >= ends
        {
            let problem = format!("comes after the run has ended, at {ends:?}");
            spec.table.reject_key("at", problem, None);
        }
        if is_whole {
            check(spec, patterns);
        }
    }
    let mut plans: Vec<TurnPlan> = specs.iter().map(|spec| spec.plan.clone()).collect();
    plans.sort_by_key(|plan| plan.at);
    plans
}

fn check(spec: &TurnSpec<'_>, patterns: &[PatternLoad]) {
    match &spec.plan.turn {
        Turn::Rate {
            pattern: Some(pattern),
            ..
        }
        | Turn::On { pattern, .. } => {
            fired(spec, pattern, patterns);
        }
        Turn::Own { pattern, dial, value } => {
            if let Some(traffic) = fired(spec, pattern, patterns) {
                check_own(spec, traffic, (dial, *value));
            }
        }
        Turn::Rate { pattern: None, .. } | Turn::Concurrency(_) | Turn::Paused(_) => {}
    }
}

/// The pattern, if the run has it.
fn fired<'p>(
    spec: &TurnSpec<'_>,
    pattern: &PatternKey,
    patterns: &'p [PatternLoad],
) -> Option<&'p PatternLoad> {
    let found = patterns.iter().find(|traffic| traffic.plan.key == *pattern);
    if found.is_none() {
        let known: Vec<&str> = patterns.iter().map(|traffic| traffic.plan.key.as_str()).collect();
        let hint = format!("it has: {}", known.join(", "));
        let problem = format!("\"{pattern}\" is not part of this run");
        spec.table.reject_key("pattern", problem, Some(hint));
    }
    found
}

fn check_own(spec: &TurnSpec<'_>, traffic: &PatternLoad, (dial, value): (&str, f64)) {
    let own = &traffic.plan.tunes;
    let Some(tune) = own.iter().find(|tune| tune.key == dial) else {
        let mut known = vec!["rate", "on"];
        known.extend(own.iter().map(|tune| tune.key));
        let hint = match did_you_mean(dial, known.iter().copied().chain(["concurrency", "paused"])) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it has: {}; the whole run: concurrency, paused", known.join(", ")),
        };
        let problem = format!("{} has no dial \"{dial}\"", traffic.plan.key);
        spec.table.reject_key("dial", problem, Some(hint));
        return;
    };
    if !(tune.least..=tune.most).contains(&value) {
        let problem = format!("{value} is out of range: {} to {}", tune.least, tune.most);
        spec.table.reject_key("value", problem, None);
    }
}
