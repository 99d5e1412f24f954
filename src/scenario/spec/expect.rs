//! The tables `[[expect]]`, `[steady]`, `[recovery]`, `[stop]` and `[[compare]]`.

use std::time::Duration;

use super::{DAY, MOST_DOLLARS, SEC, duration_of};
use crate::event::Phase;
use crate::measure::figure::{LatencyClock, Metric, Unit};
use crate::measure::pairing::PairMetric;
use crate::scenario::judging::{Bound, BurnPlan, RecoveryPlan};
use crate::toml::{Item, Table};
use crate::units::{Share, Usd};

const PHASES: [(&str, Option<Phase>); 5] = [
    ("whole", None),
    ("steady", Some(Phase::Steady)),
    ("fault", Some(Phase::Fault)),
    ("recovery", Some(Phase::Recovery)),
    ("recovered", Some(Phase::Recovered)),
];
const CLOCKS: [(&str, LatencyClock); 2] =
    [("intended", LatencyClock::Intended), ("sent", LatencyClock::Sent)];
const THROTTLES: [(&str, Metric); 2] = [
    ("attempt", Metric::ThrottledAttempts),
    ("shot", Metric::ThrottledShots),
];
const PAIRED: [(&str, PairMetric); 4] = [
    ("availability", PairMetric::Availability),
    ("cost", PairMetric::Cost),
    ("first_token", PairMetric::FirstToken),
    ("latency", PairMetric::Latency),
];
const LAYERS: [(&str, Metric); 4] = [
    ("all", Metric::Amplification),
    ("sdk", Metric::SdkAmplification),
    ("chain", Metric::ChainAmplification),
    ("gateway", Metric::GatewayAmplification),
];
/// The words of `metric`, and what they ask for unless more is said.
const METRICS: [(&str, Metric); 19] = [
    ("availability", Metric::Availability),
    ("throttle_share", Metric::ThrottledAttempts),
    ("cache_hit_ratio", Metric::CacheHits),
    ("latency", latency(LatencyClock::Intended)),
    ("first_token", latency(LatencyClock::FirstToken)),
    ("time_to_detect", Metric::Detect),
    ("time_to_fail_over", Metric::FailOver),
    ("time_to_recover", Metric::Recover),
    ("time_to_fail_back", Metric::FailBack),
    ("flaps", Metric::Flaps),
    ("breaker_reopenings", Metric::Reopenings),
    ("lost", Metric::Lost),
    ("served_twice", Metric::ServedTwice),
    ("amplification", Metric::Amplification),
    ("cost", Metric::Cost),
    ("cost_per_shot", Metric::CostPerShot),
    ("extra_cost", Metric::ExtraCost),
    ("extra_cost_share", Metric::ExtraCostShare),
    ("wasted_tokens", Metric::WastedTokens),
];
/// The percentile of a latency of which none is named.
const USUAL_PERCENTILE: f64 = 99.0;

const fn latency(clock: LatencyClock) -> Metric {
    Metric::Latency {
        clock,
        percentile: USUAL_PERCENTILE,
    }
}

/// An expectation as written.
#[derive(Debug)]
pub struct ExpectSpec<'d> {
    /// The pattern, where one is named.
    pub pattern: Option<&'d str>,
    /// The way of calling, where one is named.
    pub arm: Option<&'d str>,
    /// What is measured.
    pub metric: Metric,
    /// In which phase.
    pub phase: Option<Phase>,
    /// Its bound.
    pub bound: Bound,
    /// Its table, to note problems with it.
    pub table: Table<'d>,
}

/// `[steady]` as written.
#[derive(Debug, Default)]
pub struct SteadySpec {
    /// How long the warm-up takes.
    pub warm_up: Duration,
    /// The hypothesis, for every way of calling that is on.
    pub hypothesis: Vec<(Metric, Bound)>,
}

/// `[stop]` as written.
#[derive(Debug)]
pub struct StopSpec<'d> {
    /// The pattern, where one is named.
    pub pattern: Option<&'d str>,
    /// The way of calling, where one is named.
    pub arm: Option<&'d str>,
    /// The floor of availability.
    pub availability: Option<Share>,
    /// The bound on the burn rate.
    pub burn: Option<BurnPlan>,
    /// How far the two look back.
    pub over: u64,
    /// The bound on money.
    pub spend: Option<Usd>,
    /// Its table, to note problems with it.
    pub table: Table<'d>,
}

/// A comparison as written.
#[derive(Debug)]
pub struct CompareSpec<'d> {
    /// The first, `fallback/other regions`.
    pub first: &'d str,
    /// The second.
    pub second: &'d str,
    /// What is compared, where that could be read.
    pub metric: Option<PairMetric>,
    /// In which phase.
    pub phase: Option<Phase>,
    /// Its table, to note problems with it.
    pub table: Table<'d>,
}

/// Reads an expectation.
pub fn read_expect(table: Table<'_>) -> Option<ExpectSpec<'_>> {
    let metric = table.need("metric").and_then(|metric| metric.choice(&METRICS))?;
    let pattern = table.take("pattern").and_then(|item| item.name());
    let arm = table.take("arm").and_then(|item| item.name());
    let phase = if metric.is_mark() {
        None
    } else {
        read_phase(&table)
    };
    let metric = with_options(&table, metric);
    let bound = if let Some(metric) = metric {
        read_bound(&table, metric.unit())
    } else {
        // Of which form the bound must be is not known: it is asked for, not judged.
        let _ = (table.take("at_least"), table.take("at_most"));
        None
    };
    table.finish();
    Some(ExpectSpec {
        pattern,
        arm,
        metric: metric?,
        phase,
        bound: bound?,
        table,
    })
}

/// The phase of a table; `None` is the whole run.
fn read_phase(table: &Table<'_>) -> Option<Phase> {
    table
        .take("phase")
        .and_then(|phase| phase.choice(&PHASES))
        .flatten()
}

/// The metric with its own options.
fn with_options(table: &Table<'_>, metric: Metric) -> Option<Metric> {
    match metric {
        Metric::Latency { clock, percentile } => {
            let wanted = table.take("percentile");
            let wanted = wanted.map_or(Some(percentile), |item| item.number(0.1..=99.99));
            let clock = if clock == LatencyClock::FirstToken {
                Some(clock)
            } else {
                table
                    .take("clock")
                    .map_or(Some(clock), |item| item.choice(&CLOCKS))
            };
            Some(Metric::Latency {
                clock: clock?,
                percentile: wanted?,
            })
        }
        Metric::ThrottledAttempts => table
            .take("per")
            .map_or(Some(metric), |per| per.choice(&THROTTLES)),
        Metric::Amplification => table
            .take("layer")
            .map_or(Some(metric), |layer| layer.choice(&LAYERS)),
        _ => Some(metric),
    }
}

/// `at_least` or `at_most`, one of the two.
fn read_bound(table: &Table<'_>, unit: Unit) -> Option<Bound> {
    match (table.take("at_least"), table.take("at_most")) {
        (Some(_), Some(most)) => {
            let hint = "keep one of the two; a second [[expect]] can have the other".to_owned();
            most.reject("`at_most` stands beside `at_least`", Some(hint));
            None
        }
        (None, None) => {
            table.reject("needs a bound: `at_least` or `at_most`", None);
            None
        }
        (Some(least), None) => amount(&least, unit).map(Bound::AtLeast),
        (None, Some(most)) => amount(&most, unit).map(Bound::AtMost),
    }
}

fn amount(item: &Item<'_>, unit: Unit) -> Option<f64> {
    match unit {
        Unit::Share => item.share().map(Share::get),
        Unit::Seconds => item.duration(Duration::ZERO..=DAY).map(|span| span.as_secs_f64()),
        Unit::Count => item.integer(0..=1_000_000_000_000).map(|count| count as f64),
        Unit::Ratio => item.number(0.0..=1e6),
        Unit::Dollars => item.money(MOST_DOLLARS).map(Usd::dollars),
    }
}

/// Reads `[steady]`.
pub fn read_steady(table: &Table<'_>) -> SteadySpec {
    let warm_up = duration_of(table, "warm_up", Duration::ZERO..=DAY);
    let mut hypothesis = Vec::new();
    let mut bounded = |key, metric: Metric, bound: fn(f64) -> Bound| {
        let found = table.take(key).and_then(|item| amount(&item, metric.unit()));
        hypothesis.extend(found.map(|amount| (metric, bound(amount))));
    };
    bounded("availability", Metric::Availability, Bound::AtLeast);
    bounded("throttle_share", Metric::ThrottledAttempts, Bound::AtMost);
    for (key, percentile) in [("p50", 50.0), ("p90", 90.0), ("p99", 99.0)] {
        let clock = LatencyClock::Intended;
        bounded(key, Metric::Latency { clock, percentile }, Bound::AtMost);
    }
    table.finish();
    SteadySpec {
        warm_up: warm_up.unwrap_or_default(),
        hypothesis,
    }
}

/// Reads `[recovery]`.
pub fn read_recovery(table: &Table<'_>) -> Option<RecoveryPlan> {
    let availability = table.need("availability").and_then(|item| item.share());
    let holds = duration_of(table, "holds", SEC..=600 * SEC);
    let within = table.need("within").and_then(|item| item.duration(SEC..=DAY));
    let ends_run = table.take("ends_run").and_then(|item| item.flag());
    table.finish();
    let (holds, within) = (holds.unwrap_or(10 * SEC), within?);
    if within < holds {
        let problem = format!("is shorter than the {holds:?} for which it must hold");
        table.reject_key("within", problem, None);
    }
    Some(RecoveryPlan {
        availability: availability?,
        holds,
        within,
        ends_run: ends_run.unwrap_or(false),
    })
}

/// Reads `[stop]`.
pub fn read_stop(table: Table<'_>) -> StopSpec<'_> {
    let pattern = table.take("pattern").and_then(|item| item.name());
    let arm = table.take("arm").and_then(|item| item.name());
    let availability = table.take("availability").and_then(|item| item.share());
    let rate = table.take("burn_rate").and_then(|item| item.number(1.0..=1e6));
    let objective = table.take("objective").and_then(|item| item.share());
    let over = duration_of(&table, "over", SEC..=3_600 * SEC);
    let spend = table.take("spend").and_then(|item| item.money(MOST_DOLLARS));
    table.finish();
    let burn = match (rate, objective) {
        (Some(rate), Some(objective)) if objective.get() < 1.0 => Some(BurnPlan {
            rate,
            objective: objective.get(),
        }),
        (Some(_), Some(_)) => {
            table.reject_key("objective", "100% leaves no budget that could burn", None);
            None
        }
        (Some(_), None) => {
            table.reject_key(
                "burn_rate",
                "needs an `objective`",
                Some("such as \"99.9%\"".to_owned()),
            );
            None
        }
        (None, Some(_)) => {
            table.reject_key("objective", "is of no use without a `burn_rate`", None);
            None
        }
        (None, None) => None,
    };
    StopSpec {
        pattern,
        arm,
        availability,
        burn,
        over: over.map_or(10, |over| over.as_secs()),
        spend,
        table,
    }
}

/// Reads a comparison.
pub fn read_compare(table: Table<'_>) -> Option<CompareSpec<'_>> {
    let first = table.need("first").and_then(|item| item.name());
    let second = table.need("second").and_then(|item| item.name());
    let metric = table.need("metric").and_then(|metric| metric.choice(&PAIRED));
    let phase = read_phase(&table);
    table.finish();
    Some(CompareSpec {
        first: first?,
        second: second?,
        metric,
        phase,
        table,
    })
}
