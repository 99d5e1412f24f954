//! The JSON document of a run, `bedrill.run/1`: what scripts read.
//!
//! Repeats byte for byte in virtual time: durations are whole microseconds, shares have six
//! decimals, money is in dollars with nine, maps are ordered.

mod judgement;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use self::judgement::{Compared, Expected, Found, Judgement, PhaseRow};
use crate::drill::Verdict;
use crate::measure::Snapshot;
use crate::measure::snapshot::{
    ArmSnapshot, Counts, Marker, MarkerKind, Percentiles, Score, Scorecard, SplitView, SurvivalMatrix,
};
use crate::units::{TokenUsage, Usd};

/// The name and version of the format.
const SCHEMA: &str = "bedrill.run/1";

/// A run, as a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    schema: &'static str,
    scenario: String,
    target: String,
    seed: u64,
    virtual_time: bool,
    ran_us: u64,
    /// Whether the figures may be believed: the schedule was kept and nothing was lost.
    honest: bool,
    lag_p99_us: u64,
    lost_events: u64,
    /// Faults of which nobody could verify that they were lifted.
    unlifted_faults: u64,
    spent_usd: f64,
    verdict: Judgement,
    expectations: Vec<Expected>,
    steady: Vec<Expected>,
    comparisons: Vec<Compared>,
    figures: Vec<Found>,
    arms: Vec<Arm>,
    phases: Vec<PhaseRow>,
    survival: Vec<Survival>,
    scorecard: Option<Card>,
    markers: Vec<Line>,
    assumptions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Arm {
    pattern: String,
    #[serde(rename = "arm")]
    key: String,
    about: String,
    intended: u64,
    succeeded: u64,
    failed: u64,
    shed: u64,
    availability: Option<f64>,
    attempts: u64,
    throttled_attempts: u64,
    throttled_shots: u64,
    failovers: u64,
    failures: BTreeMap<&'static str, u64>,
    usage: TokenUsage,
    cost_usd: f64,
    latency_from_intended: Spread,
    latency_from_send: Spread,
    time_to_first_token: Spread,
    recent_split: Split,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Spread {
    count: u64,
    p50_us: Option<u64>,
    p90_us: Option<u64>,
    p99_us: Option<u64>,
    p999_us: Option<u64>,
    max_us: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "a key of a document carries its unit")]
struct Split {
    lag_us: u64,
    queue_us: u64,
    attempts_us: u64,
    backoff_us: u64,
    first_token_us: u64,
    stream_us: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Survival {
    pattern: String,
    arm: String,
    fault: String,
    intended: u64,
    succeeded: u64,
    share: Option<f64>,
}

/// The marks of one fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    fault: String,
    began_us: u64,
    arms: Vec<Marks>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Marks {
    arm: String,
    detect_us: Option<u64>,
    switch_us: Option<u64>,
    recover_us: Option<u64>,
    lost: u64,
    intended: u64,
    wasted_tokens: u64,
    extra_cost_usd: f64,
    extra_cost_share: Option<f64>,
    amplification: Option<f64>,
    sdk_amplification: Option<f64>,
    chain_amplification: Option<f64>,
    gateway_amplification: Option<f64>,
    served_twice: u64,
    fail_back_us: Option<u64>,
    flaps: u64,
    breaker_reopenings: u64,
    cache_hit_ratio_before: Option<f64>,
    cache_hit_ratio_since: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Line {
    at_us: u64,
    kind: MarkerKind,
    arm: Option<String>,
    label: String,
}

impl Document {
    /// The document of a run that ended with this snapshot and was judged so.
    pub fn of(last: &Snapshot, verdict: &Verdict) -> Self {
        let run = &last.run;
        Self {
            schema: SCHEMA,
            scenario: run.scenario.clone(),
            target: run.target.clone(),
            seed: run.seed,
            virtual_time: run.virtual_time,
            ran_us: micros(last.at.since_start()),
            honest: last.honesty.on_time && last.honesty.lost_events == 0,
            lag_p99_us: micros(last.honesty.lag_p99),
            lost_events: last.honesty.lost_events,
            unlifted_faults: last.evidence.unverified + last.faults.len() as u64,
            spent_usd: dollars(last.spend.spent),
            verdict: Judgement::of(verdict),
            expectations: verdict.expectations.iter().map(Expected::of).collect(),
            steady: verdict.steady.iter().map(Expected::of).collect(),
            comparisons: verdict.comparisons.iter().map(Compared::of).collect(),
            figures: judgement::figures(last),
            phases: judgement::phases(last),
            arms: last
                .patterns
                .iter()
                .flat_map(|pattern| pattern.arms.iter().map(|arm| Arm::of(pattern.key.as_str(), arm)))
                .collect(),
            survival: survival(&last.survival),
            scorecard: last.scorecard.as_deref().map(|card| Card::of(card, last)),
            markers: last.markers.iter().map(|marker| Line::of(marker, last)).collect(),
            assumptions: run.assumptions.clone(),
        }
    }
}

impl Arm {
    fn of(pattern: &str, arm: &ArmSnapshot) -> Self {
        let Counts {
            intended,
            succeeded,
            failed,
            shed,
            attempts,
            throttled_attempts,
            throttled_shots,
            failovers,
            ref failures,
            usage,
            cost,
        } = arm.total;
        Self {
            pattern: pattern.to_owned(),
            key: arm.key.to_string(),
            about: arm.about.clone(),
            intended,
            succeeded,
            failed,
            shed,
            availability: arm.total.availability().map(six_decimals),
            attempts,
            throttled_attempts,
            throttled_shots,
            failovers,
            failures: failures
                .iter()
                .map(|(kind, count)| (kind.key(), *count))
                .collect(),
            usage,
            cost_usd: dollars(cost),
            latency_from_intended: Spread::of(&arm.overall.intended.percentiles),
            latency_from_send: Spread::of(&arm.overall.sent),
            time_to_first_token: Spread::of(&arm.overall.first_token),
            recent_split: Split::of(&arm.split),
        }
    }
}

impl Spread {
    fn of(percentiles: &Percentiles) -> Self {
        Self {
            count: percentiles.count,
            p50_us: percentiles.p50.map(micros),
            p90_us: percentiles.p90.map(micros),
            p99_us: percentiles.p99.map(micros),
            p999_us: percentiles.p999.map(micros),
            max_us: percentiles.max.map(micros),
        }
    }
}

impl Split {
    fn of(split: &SplitView) -> Self {
        Self {
            lag_us: micros(split.lag),
            queue_us: micros(split.queue),
            attempts_us: micros(split.attempts),
            backoff_us: micros(split.backoff),
            first_token_us: micros(split.first_token),
            stream_us: micros(split.stream),
        }
    }
}

fn survival(matrix: &SurvivalMatrix) -> Vec<Survival> {
    let cell = |(row, fault): (usize, usize)| {
        let row = &matrix.rows[row];
        let cell = row.cells.get(fault)?;
        Some(Survival {
            pattern: row.pattern.to_string(),
            arm: row.arm.to_string(),
            fault: matrix.faults[fault].clone(),
            intended: cell.intended,
            succeeded: cell.succeeded,
            share: cell.share().map(six_decimals),
        })
    };
    (0..matrix.rows.len())
        .flat_map(|row| (0..matrix.faults.len()).map(move |fault| (row, fault)))
        .filter_map(cell)
        .collect()
}

impl Card {
    /// Of one fault in the run that ended with this snapshot.
    pub fn of(card: &Scorecard, last: &Snapshot) -> Self {
        Self {
            fault: card.label.clone(),
            began_us: micros(card.began_at.since_start()),
            arms: card.rows.iter().map(|score| Marks::of(score, last)).collect(),
        }
    }
}

impl Marks {
    fn of(score: &Score, last: &Snapshot) -> Self {
        Self {
            arm: arm_name(score.arm, last).unwrap_or_default(),
            detect_us: score.detect.map(micros),
            switch_us: score.switch.map(micros),
            recover_us: score.recover.map(micros),
            lost: score.lost,
            intended: score.intended,
            wasted_tokens: score.wasted_tokens,
            extra_cost_usd: dollars(score.extra_cost),
            extra_cost_share: score.extra_share.map(six_decimals),
            amplification: score.amplification.map(six_decimals),
            sdk_amplification: score.sdk_amplification.map(six_decimals),
            chain_amplification: score.chain_amplification.map(six_decimals),
            gateway_amplification: score.gateway_amplification.map(six_decimals),
            served_twice: score.served_twice,
            fail_back_us: score.fail_back.map(micros),
            flaps: score.flaps,
            breaker_reopenings: score.reopenings,
            cache_hit_ratio_before: score.cache_before.map(six_decimals),
            cache_hit_ratio_since: score.cache_since.map(six_decimals),
        }
    }
}

impl Line {
    fn of(marker: &Marker, last: &Snapshot) -> Self {
        Self {
            at_us: micros(marker.at.since_start()),
            kind: marker.kind,
            arm: marker.arm.and_then(|arm| arm_name(arm, last)),
            label: marker.label.clone(),
        }
    }
}

/// `cross-region/geo profile`.
fn arm_name(id: crate::event::ArmId, last: &Snapshot) -> Option<String> {
    last.patterns.iter().find_map(|pattern| {
        let arm = pattern.arms.iter().find(|arm| arm.id == id)?;
        Some(format!("{}/{}", pattern.key, arm.key))
    })
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

fn six_decimals(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn dollars(amount: Usd) -> f64 {
    (amount.dollars() * 1e9).round() / 1e9
}
