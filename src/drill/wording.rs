//! Figures and comparisons in the words a person would use.

use crate::measure::figure::{LatencyClock, Metric, Unit};
use crate::measure::interval::Interval;
use crate::measure::pairing::{Pair, PairMetric};
use crate::scenario::judging::Comparison;

/// A metric's name, which says what it is a share of or which clock it is from.
pub fn metric_name(metric: Metric) -> String {
    match metric {
        Metric::Availability => "availability".to_owned(),
        Metric::ThrottledAttempts => "throttle share per attempt".to_owned(),
        Metric::ThrottledShots => "throttle share per shot".to_owned(),
        Metric::CacheHits => "cache hit ratio".to_owned(),
        Metric::Latency { clock, percentile } => match clock {
            LatencyClock::Intended => format!("p{percentile} from the intended time"),
            LatencyClock::Sent => format!("p{percentile} from the send"),
            LatencyClock::FirstToken => format!("p{percentile} of the time to first token"),
        },
        Metric::Detect => "time to detect".to_owned(),
        Metric::FailOver => "time to fail over".to_owned(),
        Metric::Recover => "time to recover".to_owned(),
        Metric::Lost => "lost shots".to_owned(),
        Metric::FailBack => "time to fail back".to_owned(),
        Metric::Flaps => "flaps of the route".to_owned(),
        Metric::Reopenings => "breakers that opened again".to_owned(),
        Metric::Amplification => "attempts per shot".to_owned(),
        Metric::SdkAmplification => "attempts per call of a hop".to_owned(),
        Metric::ChainAmplification => "calls of hops per shot".to_owned(),
        Metric::GatewayAmplification => "upstream calls per answer, as the gateway claims".to_owned(),
        Metric::ExtraCost => "extra cost".to_owned(),
        Metric::ExtraCostShare => "extra cost as a share of the cost".to_owned(),
        Metric::ServedTwice => "shots served twice".to_owned(),
        Metric::Cost => "cost".to_owned(),
        Metric::CostPerShot => "cost per shot".to_owned(),
        Metric::WastedTokens => "wasted tokens".to_owned(),
    }
}

/// A number with its unit: `61.33%`, `412ms`, `1.72s`, `1.25`, `$0.0012`.
pub fn amount(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => percent(value),
        Unit::Seconds if value == 0.0 => "0s".to_owned(),
        Unit::Seconds if value < 0.01 => format!("{:.2}ms", value * 1e3),
        Unit::Seconds if value < 1.0 => format!("{:.0}ms", value * 1e3),
        Unit::Seconds => format!("{}s", trimmed(value, 2)),
        Unit::Count => format!("{value:.0}"),
        Unit::Ratio => trimmed(value, 2),
        Unit::Dollars if value == 0.0 => "$0".to_owned(),
        Unit::Dollars if value.abs() < 0.001 => format!("${value:.3e}"),
        Unit::Dollars => format!("${value:.4}"),
    }
}

/// An interval: `53.35% to 68.76%`, `at least 412ms`.
pub fn range(unit: Unit, interval: Interval) -> String {
    match (interval.low, interval.high) {
        (Some(low), Some(high)) => format!("{} to {}", amount(unit, low), amount(unit, high)),
        (Some(low), None) => format!("{} or more", amount(unit, low)),
        (None, Some(high)) => format!("up to {}", amount(unit, high)),
        (None, None) => "no interval".to_owned(),
    }
}

/// Two decimals and no more than are needed. What is not all must not read as all: it is rounded
/// towards the middle.
fn percent(share: f64) -> String {
    let hundredths = share * 1e4;
    let rounded = hundredths.round();
    let kept = if share < 1.0 && rounded >= 1e4 {
        9_999.0
    } else if share > 0.0 && rounded < 1.0 {
        1.0
    } else {
        rounded
    };
    format!("{}%", trimmed(kept / 100.0, 2))
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// What a person would say of two ways of calling.
///
/// `fallback/other regions kept 99.33% where fallback/other models kept 0%: 99.33 points more (98.1
/// to 100), from 150 pairs in fault; it cost 3% more`.
pub fn sentence(comparison: &Comparison, pair: &Pair) -> String {
    let Comparison { first, second, .. } = comparison;
    let (Some(a), Some(b), Some(difference)) = (pair.first, pair.second, pair.difference) else {
        return format!("{first} and {second}: no pair of shots to compare");
    };
    let place = pair
        .plan
        .phase
        .map_or_else(String::new, |phase| format!(" in {}", phase.key()));
    let unit = unit(pair.plan.metric);
    let (a, b) = (amount(unit, a), amount(unit, b));
    let facts = match pair.plan.metric {
        PairMetric::Availability => format!("{first} kept {a} where {second} kept {b}"),
        PairMetric::Latency => format!("{first} took {a} on average where {second} took {b}"),
        PairMetric::FirstToken => {
            format!("{first} had its first token after {a} on average where {second} took {b}")
        }
        PairMetric::Cost => format!("{first} cost {a} a shot where {second} cost {b}"),
    };
    let known = known(pair, difference);
    let cost = if pair.plan.metric == PairMetric::Cost {
        String::new()
    } else {
        cost(pair)
    };
    format!("{facts}: {known}, from {} pairs{place}{cost}", pair.pairs)
}

/// The difference and what is known of it.
fn known(pair: &Pair, difference: f64) -> String {
    let metric = pair.plan.metric;
    let (Some(low), Some(high)) = (pair.interval.low, pair.interval.high) else {
        return format!("{}, too short a time for an interval", apart(metric, difference));
    };
    let interval = format!("95% interval {} to {}", signed(metric, low), signed(metric, high));
    if pair.interval.misses_zero() {
        format!("{} ({interval})", apart(metric, difference))
    } else {
        format!("no difference that could be told from chance ({interval})")
    }
}

/// `3.1 points more`, `120ms less`.
fn apart(metric: PairMetric, difference: f64) -> String {
    let size = difference.abs();
    let word = if difference < 0.0 { "less" } else { "more" };
    if difference == 0.0 {
        return "no difference".to_owned();
    }
    match metric {
        PairMetric::Availability => format!("{} points {word}", trimmed(size * 100.0, 2)),
        _ => format!("{} {word}", amount(unit(metric), size)),
    }
}

fn signed(metric: PairMetric, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    match metric {
        PairMetric::Availability => format!("{sign}{}", trimmed(value.abs() * 100.0, 2)),
        _ => format!("{sign}{}", amount(unit(metric), value.abs())),
    }
}

/// `; it cost 3% more`.
fn cost(pair: &Pair) -> String {
    let (first, second) = (pair.costs.0.dollars(), pair.costs.1.dollars());
    if first == 0.0 && second == 0.0 {
        return String::new();
    }
    if second == 0.0 {
        return format!("; it cost ${first:.4} where the other cost nothing");
    }
    let more = first / second - 1.0;
    let word = if more < 0.0 { "less" } else { "more" };
    match more.abs() {
        same if same < 0.005 => "; they cost the same".to_owned(),
        times if times >= 2.0 => format!("; it cost {:.1} times as much", first / second),
        part => format!("; it cost {:.0}% {word}", part * 100.0),
    }
}

const fn unit(metric: PairMetric) -> Unit {
    match metric {
        PairMetric::Availability => Unit::Share,
        PairMetric::Latency | PairMetric::FirstToken => Unit::Seconds,
        PairMetric::Cost => Unit::Dollars,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ArmId, Phase};
    use crate::measure::pairing::PairPlan;
    use crate::units::Usd;

    fn said(means: (f64, f64), interval: Interval, dollars: (f64, f64)) -> String {
        let plan = PairPlan {
            first: ArmId(0),
            second: ArmId(1),
            metric: PairMetric::Availability,
            phase: Some(Phase::Fault),
        };
        let comparison = Comparison {
            first: "geo profile".to_owned(),
            second: "on-demand".to_owned(),
            pair: plan,
        };
        let pair = Pair {
            plan,
            pairs: 300,
            left_out: 0,
            first: Some(means.0),
            second: Some(means.1),
            difference: Some(means.0 - means.1),
            interval,
            block_secs: 3,
            costs: (Usd::from_dollars(dollars.0), Usd::from_dollars(dollars.1)),
        };
        sentence(&comparison, &pair)
    }

    #[test]
    fn a_comparison_is_a_sentence_a_person_would_say() {
        assert_eq!(
            said((0.997, 0.61), Interval::between(0.35, 0.42), (1.03, 1.0)),
            "geo profile kept 99.7% where on-demand kept 61%: 38.7 points more (95% interval +35 to +42), \
             from 300 pairs in fault; it cost 3% more"
        );
        assert_eq!(
            said((0.98, 0.99), Interval::between(-0.02, 0.01), (1.0, 1.0)),
            "geo profile kept 98% where on-demand kept 99%: no difference that could be told from chance \
             (95% interval -2 to +1), from 300 pairs in fault; they cost the same"
        );
    }

    #[test]
    fn what_is_not_all_does_not_read_as_all() {
        assert_eq!(amount(Unit::Share, 0.999_999), "99.99%");
        assert_eq!(amount(Unit::Share, 0.000_001), "0.01%");
        assert_eq!(
            (amount(Unit::Share, 1.0), amount(Unit::Share, 0.0)),
            ("100%".to_owned(), "0%".to_owned())
        );
        assert_eq!(amount(Unit::Seconds, 1.7249), "1.72s");
        assert_eq!(amount(Unit::Seconds, 0.412), "412ms");
        assert_eq!(amount(Unit::Count, 100.0), "100");
    }
}
