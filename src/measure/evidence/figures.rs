//! One figure being counted.

use std::sync::Arc;

use crate::event::{FailureKind, Phase, ShotEnd, ShotRecord};
use crate::measure::figure::{Figure, FigurePlan, Gap, LatencyClock, Metric};
use crate::measure::interval::{Interval, RatioSum, quantile_ranks, wilson};
use crate::measure::latency::Latencies;
use crate::measure::snapshot::{Score, Scorecard};
use crate::units::Usd;

/// A figure and its sums.
#[derive(Debug)]
pub(super) struct FigureFold {
    plan: FigurePlan,
    sum: Sum,
}

/// What is kept, by what the figure is.
#[derive(Debug)]
enum Sum {
    /// Hits among samples.
    Share { hits: u64, samples: u64 },
    /// Values whose order counts.
    Order(Box<Latencies>),
    /// A quotient of two sums.
    Ratio(RatioSum),
    /// Whole things, counted in full.
    Count { total: u64, samples: u64 },
    /// Money, counted in full.
    Money { total: Usd, samples: u64 },
    /// Taken from the scorecards.
    Mark,
}

impl FigureFold {
    pub(super) fn new(plan: FigurePlan) -> Self {
        let sum = match plan.metric {
            Metric::Availability | Metric::ThrottledAttempts | Metric::ThrottledShots => {
                Sum::Share { hits: 0, samples: 0 }
            }
            Metric::CacheHits | Metric::Amplification | Metric::CostPerShot => {
                Sum::Ratio(RatioSum::default())
            }
            Metric::Latency { .. } => Sum::Order(Box::default()),
            Metric::Lost | Metric::WastedTokens => Sum::Count { total: 0, samples: 0 },
            Metric::Cost => Sum::Money {
                total: Usd::ZERO,
                samples: 0,
            },
            Metric::Detect | Metric::FailOver | Metric::Recover => Sum::Mark,
        };
        Self { plan, sum }
    }

    /// Counts a shot of the figure's arm, intended in a judged phase.
    pub(super) fn shot(&mut self, phase: Phase, record: &ShotRecord) {
        if self.plan.phase.is_some_and(|wanted| wanted != phase) {
            return;
        }
        let metric = self.plan.metric;
        match &mut self.sum {
            Sum::Share { hits, samples } => {
                let (hit, of) = share(metric, record);
                *hits += hit;
                *samples += of;
            }
            Sum::Order(latencies) => {
                if let Metric::Latency { clock, .. } = metric
                    && record.succeeded()
                    && let Some(took) = latency(clock, record)
                {
                    latencies.record(took);
                }
            }
            Sum::Ratio(sum) => {
                if record.end != ShotEnd::Shed {
                    let (x, y) = quotient(metric, record);
                    sum.count(x, y);
                }
            }
            Sum::Count { total, samples } => {
                *samples += 1;
                *total += match metric {
                    Metric::WastedTokens => wasted(record),
                    _ => u64::from(!record.succeeded()),
                };
            }
            Sum::Money { total, samples } => {
                *samples += 1;
                *total += record.cost;
            }
            Sum::Mark => {}
        }
    }

    /// What it has come to.
    pub(super) fn figure(&self, cards: &[Arc<Scorecard>]) -> Figure {
        let (samples, value, interval) = match &self.sum {
            Sum::Share { hits, samples } => {
                let value = (*samples > 0).then(|| *hits as f64 / *samples as f64);
                (*samples, value, wilson(*hits, *samples))
            }
            Sum::Order(latencies) => ordered(self.plan.metric, latencies),
            Sum::Ratio(sum) => (sum.samples(), sum.value(), sum.interval()),
            Sum::Count { total, samples } => whole(*samples, *total as f64),
            Sum::Money { total, samples } => whole(*samples, total.dollars()),
            Sum::Mark => return self.mark(cards),
        };
        Figure {
            plan: self.plan,
            samples,
            value,
            interval,
            gap: None,
        }
    }

    /// The worst mark of all faults. One that never came is worse than any.
    fn mark(&self, cards: &[Arc<Scorecard>]) -> Figure {
        let rows = cards
            .iter()
            .filter_map(|card| card.rows.iter().find(|row| row.arm == self.plan.arm))
            .filter(|row| row.intended > 0);
        let marks: Vec<Result<f64, Gap>> = rows.map(|row| mark(self.plan.metric, row)).collect();
        let value = if marks.contains(&Err(Gap::Never)) {
            None
        } else {
            marks.iter().filter_map(|mark| mark.ok()).reduce(f64::max)
        };
        let gap = match value {
            Some(_) => None,
            None if marks.contains(&Err(Gap::Never)) => Some(Gap::Never),
            None => (!marks.is_empty()).then_some(Gap::Unscathed),
        };
        Figure {
            plan: self.plan,
            samples: marks.len() as u64,
            value,
            // One observation of each fault: the largest of them is what it is.
            interval: value.map_or_else(Interval::default, Interval::exact),
            gap,
        }
    }
}

/// What was counted in full has no spread.
fn whole(samples: u64, total: f64) -> (u64, Option<f64>, Interval) {
    if samples == 0 {
        return (0, None, Interval::default());
    }
    (samples, Some(total), Interval::exact(total))
}

fn ordered(metric: Metric, latencies: &Latencies) -> (u64, Option<f64>, Interval) {
    let Metric::Latency { percentile, .. } = metric else {
        return (0, None, Interval::default());
    };
    let share = percentile / 100.0;
    let (low, high) = quantile_ranks(latencies.count(), share);
    let at = |rank: Option<u64>| Some(latencies.ranked(rank?)?.as_secs_f64());
    let value = latencies.quantile(share).map(|span| span.as_secs_f64());
    let interval = Interval {
        low: at(low),
        high: at(high),
    };
    (latencies.count(), value, interval)
}

/// Hits and samples of one shot.
fn share(metric: Metric, record: &ShotRecord) -> (u64, u64) {
    let throttles = || {
        let kinds = record.attempts.iter().filter_map(|attempt| attempt.failure());
        kinds
            .filter(|failure| failure.kind == FailureKind::Throttled)
            .count() as u64
    };
    match metric {
        Metric::ThrottledAttempts => (throttles(), record.attempts.len() as u64),
        Metric::ThrottledShots if record.end == ShotEnd::Shed => (0, 0),
        Metric::ThrottledShots => (u64::from(throttles() > 0), 1),
        _ => (u64::from(record.succeeded()), 1),
    }
}

/// Above and below the line, for one shot that was sent.
fn quotient(metric: Metric, record: &ShotRecord) -> (f64, f64) {
    match metric {
        Metric::CacheHits => (record.usage.cache_read as f64, record.usage.prompt() as f64),
        Metric::CostPerShot => (record.cost.dollars(), 1.0),
        _ => (record.attempts.len() as f64, 1.0),
    }
}

fn latency(clock: LatencyClock, record: &ShotRecord) -> Option<std::time::Duration> {
    match clock {
        LatencyClock::Intended => Some(record.latency_from_intended()),
        LatencyClock::Sent => Some(record.latency_from_send()),
        LatencyClock::FirstToken => record.time_to_first_token(),
    }
}

/// Output tokens of attempts that did not count.
fn wasted(record: &ShotRecord) -> u64 {
    let failed = record
        .attempts
        .iter()
        .filter(|attempt| attempt.failure().is_some());
    failed
        .filter_map(|attempt| attempt.usage)
        .map(|usage| usage.output)
        .sum()
}

fn mark(metric: Metric, row: &Score) -> Result<f64, Gap> {
    let Some(detect) = row.detect else {
        // Nothing failed, so there was nothing to recover from.
        return match metric {
            Metric::Recover if row.lost == 0 => Ok(0.0),
            _ => Err(Gap::Unscathed),
        };
    };
    match metric {
        Metric::FailOver => row.switch.map(|switch| detect + switch).ok_or(Gap::Never),
        Metric::Recover if row.lost == 0 => return Ok(0.0),
        Metric::Recover => row.recover.ok_or(Gap::Never),
        _ => Ok(detect),
    }
    .map(|span| span.as_secs_f64())
}
