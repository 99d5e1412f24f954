//! The verdict as it stands in the document.

use std::time::Duration;

use serde::Serialize;

use super::{arm_name, micros, six_decimals};
use crate::drill::expectation::{Judged, Standing};
use crate::drill::{Outcome, Verdict, verdict};
use crate::event::Phase;
use crate::measure::Snapshot;
use crate::measure::figure::{Figure, Metric, Unit};
use crate::measure::interval::Interval;
use crate::measure::pairing::PairMetric;
use crate::scenario::judging::Bound;

/// How the run was judged, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Judgement {
    outcome: Outcome,
    reasons: Vec<String>,
    caveats: Vec<String>,
}

/// One expectation, with its figure. Numbers are in the unit that stands beside them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Expected {
    of: String,
    metric: Metric,
    phase: &'static str,
    unit: Unit,
    at_least: Option<f64>,
    at_most: Option<f64>,
    value: Option<f64>,
    interval: Ends,
    samples: u64,
    samples_are: &'static str,
    standing: Standing,
    remark: Option<String>,
}

/// One figure of the table that every run has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Found {
    arm: String,
    metric: Metric,
    phase: &'static str,
    unit: Unit,
    value: Option<f64>,
    interval: Ends,
    samples: u64,
    samples_are: &'static str,
}

/// A 95 percent interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Ends {
    low: Option<f64>,
    high: Option<f64>,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Compared {
    first: String,
    second: String,
    metric: PairMetric,
    phase: &'static str,
    pairs: u64,
    left_out: u64,
    first_mean: Option<f64>,
    second_mean: Option<f64>,
    difference: Option<f64>,
    interval: Ends,
    block_secs: u64,
    first_cost_usd: f64,
    second_cost_usd: f64,
    sentence: String,
}

/// One arm in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PhaseRow {
    arm: String,
    phase: Phase,
    intended: u64,
    succeeded: u64,
    failed: u64,
    shed: u64,
    availability: Option<f64>,
    attempts: u64,
    throttled_attempts: u64,
    throttled_shots: u64,
    cost_usd: f64,
    /// Schedule lag of all arms in this phase.
    lag_p99_us: Option<u64>,
}

impl Judgement {
    pub(super) fn of(verdict: &Verdict) -> Self {
        Self {
            outcome: verdict.outcome,
            reasons: verdict.reasons.clone(),
            caveats: verdict.caveats.clone(),
        }
    }
}

impl Expected {
    pub(super) fn of(judged: &Judged) -> Self {
        let (expectation, figure) = (&judged.expectation, &judged.figure);
        let (at_least, at_most) = match expectation.bound {
            Bound::AtLeast(least) => (Some(decimals(least)), None),
            Bound::AtMost(most) => (None, Some(decimals(most))),
        };
        Self {
            of: expectation.of.clone(),
            metric: figure.plan.metric,
            phase: expectation.phase(),
            unit: figure.plan.metric.unit(),
            at_least,
            at_most,
            value: figure.value.map(decimals),
            interval: Ends::of(figure.interval),
            samples: figure.samples,
            samples_are: figure.plan.metric.samples_are(),
            standing: judged.standing,
            remark: judged.remark.clone(),
        }
    }
}

impl Ends {
    fn of(interval: Interval) -> Self {
        Self {
            low: interval.low.map(decimals),
            high: interval.high.map(decimals),
        }
    }
}

impl Compared {
    pub(super) fn of(compared: &verdict::Compared) -> Self {
        let pair = &compared.pair;
        Self {
            first: compared.comparison.first.clone(),
            second: compared.comparison.second.clone(),
            metric: pair.plan.metric,
            phase: pair.plan.phase.map_or("whole", Phase::key),
            pairs: pair.pairs,
            left_out: pair.left_out,
            first_mean: pair.first.map(decimals),
            second_mean: pair.second.map(decimals),
            difference: pair.difference.map(decimals),
            interval: Ends::of(pair.interval),
            block_secs: pair.block_secs,
            first_cost_usd: decimals(pair.costs.0.dollars()),
            second_cost_usd: decimals(pair.costs.1.dollars()),
            sentence: compared.sentence.clone(),
        }
    }
}

/// Every figure of every arm.
pub(super) fn figures(last: &Snapshot) -> Vec<Found> {
    let found = |figure: &Figure| Found {
        arm: arm_name(figure.plan.arm, last).unwrap_or_default(),
        metric: figure.plan.metric,
        phase: figure.plan.phase.map_or("whole", Phase::key),
        unit: figure.plan.metric.unit(),
        value: figure.value.map(decimals),
        interval: Ends::of(figure.interval),
        samples: figure.samples,
        samples_are: figure.plan.metric.samples_are(),
    };
    last.evidence.table.iter().map(found).collect()
}

/// Every arm in every phase that had shots.
pub(super) fn phases(last: &Snapshot) -> Vec<PhaseRow> {
    let lag = |phase: Phase| -> Option<Duration> {
        let lags = last.evidence.lags.iter();
        lags.clone().find(|lag| lag.phase == phase).map(|lag| lag.p99)
    };
    let row = |row: &crate::measure::snapshot::PhaseCounts| PhaseRow {
        arm: arm_name(row.arm, last).unwrap_or_default(),
        phase: row.phase,
        intended: row.counts.intended,
        succeeded: row.counts.succeeded,
        failed: row.counts.failed,
        shed: row.counts.shed,
        availability: row.counts.availability().map(six_decimals),
        attempts: row.counts.attempts,
        throttled_attempts: row.counts.throttled_attempts,
        throttled_shots: row.counts.throttled_shots,
        cost_usd: decimals(row.counts.cost.dollars()),
        lag_p99_us: lag(row.phase).map(micros),
    };
    last.evidence.phases.iter().map(row).collect()
}

/// Nine decimals: enough for money and shares, and the same bytes for the same run.
fn decimals(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
