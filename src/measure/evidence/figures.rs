//! What figures are made from. Figures that differ in their percentile alone share one sum.

use std::sync::Arc;

use crate::event::sighting::gateway::GatewayClaim;
use crate::event::{FailureKind, Phase, ShotEnd, ShotRecord};
use crate::measure::figure::{Figure, FigurePlan, Gap, LatencyClock, Metric, Unit};
use crate::measure::interval::{Interval, quantile_ranks, wilson};
use crate::measure::latency::Latencies;
use crate::measure::ratio::Ratio;
use crate::measure::snapshot::{Score, Scorecard};
use crate::measure::waste::Waste;
use crate::seed::Seed;
use crate::units::Usd;

/// A sum of one way of calling in one phase.
#[derive(Debug)]
pub(super) struct FigureFold {
    /// What it is of; a latency's percentile is left out.
    pub(super) plan: FigurePlan,
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
    Ratio(Ratio),
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
            Metric::CacheHits
            | Metric::Amplification
            | Metric::SdkAmplification
            | Metric::ChainAmplification
            | Metric::GatewayAmplification
            | Metric::ExtraCostShare
            | Metric::CostPerShot => Sum::Ratio(Ratio::default()),
            Metric::Latency { .. } => Sum::Order(Box::default()),
            Metric::Lost | Metric::WastedTokens | Metric::ServedTwice => Sum::Count { total: 0, samples: 0 },
            Metric::Cost | Metric::ExtraCost => Sum::Money {
                total: Usd::ZERO,
                samples: 0,
            },
            Metric::Detect
            | Metric::FailOver
            | Metric::Recover
            | Metric::FailBack
            | Metric::Flaps
            | Metric::Reopenings => Sum::Mark,
        };
        let metric = plan.metric.without_percentile();
        Self {
            plan: FigurePlan { metric, ..plan },
            sum,
        }
    }

    /// Whether a figure is made from this sum.
    pub(super) fn serves(&self, plan: &FigurePlan) -> bool {
        let FigurePlan { arm, phase, metric } = self.plan;
        (arm, phase, metric) == (plan.arm, plan.phase, plan.metric.without_percentile())
    }

    /// Counts a shot of the figure's arm, intended in a judged phase.
    pub(super) fn shot(&mut self, phase: Phase, record: &ShotRecord, waste: &Waste) {
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
            Sum::Ratio(ratio) => {
                if record.end != ShotEnd::Shed
                    && let Some((samples, terms)) = quotient(metric, record, waste)
                {
                    ratio.count(record.intended_at.as_secs(), samples, terms);
                }
            }
            Sum::Count { total, samples } => {
                *samples += 1;
                *total += match metric {
                    Metric::WastedTokens => waste.tokens,
                    Metric::ServedTwice => u64::from(waste.served_twice),
                    _ => u64::from(!record.succeeded() && !is_capped(record)),
                };
            }
            Sum::Money { total, samples } => {
                *samples += 1;
                *total += match metric {
                    Metric::ExtraCost => waste.cost,
                    _ => record.cost,
                };
            }
            Sum::Mark => {}
        }
    }

    /// Counts what a gateway claims of an answer that came in this phase.
    pub(super) fn claim(&mut self, phase: Phase, second: u64, claim: &GatewayClaim) {
        let is_ours = self.plan.metric == Metric::GatewayAmplification
            && self.plan.phase.is_none_or(|wanted| wanted == phase);
        if let Sum::Ratio(ratio) = &mut self.sum
            && is_ours
        {
            ratio.count(second, 1, (claim.upstream_calls() as f64, 1.0));
        }
    }

    /// What a figure made from this sum has come to. A ratio gets its interval at the end of a run,
    /// drawn from the seed.
    pub(super) fn figure(&self, plan: FigurePlan, cards: &[Arc<Scorecard>], seed: Option<Seed>) -> Figure {
        let (samples, value, interval) = match &self.sum {
            Sum::Share { hits, samples } => {
                let value = (*samples > 0).then(|| *hits as f64 / *samples as f64);
                (*samples, value, wilson(*hits, *samples))
            }
            Sum::Order(latencies) => ordered(plan.metric, latencies),
            Sum::Ratio(ratio) => {
                let (samples, value) = ratio.value();
                let interval = seed.map_or_else(Interval::default, |seed| ratio.interval(&mut seed.stream()));
                let interval = match plan.metric.unit() {
                    Unit::Share => interval.within(0.0, 1.0),
                    _ => interval,
                };
                (samples, value, interval)
            }
            Sum::Count { total, samples } => whole(*samples, *total as f64),
            Sum::Money { total, samples } => whole(*samples, total.dollars()),
            Sum::Mark => return self.mark(cards),
        };
        Figure {
            plan,
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
        // What the cap kept from being sent says nothing about the service.
        _ if is_capped(record) => (0, 0),
        _ => (u64::from(record.succeeded()), 1),
    }
}

/// Whether the spend cap kept a shot from being answered.
fn is_capped(record: &ShotRecord) -> bool {
    record.end == ShotEnd::Failed(FailureKind::SpendCap)
}

/// Samples, and what is above and below the line, for one shot that was sent.
fn quotient(metric: Metric, record: &ShotRecord, waste: &Waste) -> Option<(u64, (f64, f64))> {
    let attempts = record.attempts.len() as f64;
    // The SDK counts its attempts at each hop from one.
    let calls = || {
        record
            .attempts
            .iter()
            .filter(|attempt| attempt.number == 1)
            .count()
    };
    Some(match metric {
        Metric::CacheHits => (1, (record.usage.cache_read as f64, record.usage.prompt() as f64)),
        Metric::CostPerShot => (1, (record.cost.dollars(), 1.0)),
        Metric::ExtraCostShare => (1, (waste.cost.dollars(), record.cost.dollars())),
        Metric::SdkAmplification => (calls() as u64, (attempts, calls() as f64)),
        Metric::ChainAmplification => (1, (calls() as f64, 1.0)),
        Metric::GatewayAmplification => return None,
        _ => (1, (attempts, 1.0)),
    })
}

fn latency(clock: LatencyClock, record: &ShotRecord) -> Option<std::time::Duration> {
    match clock {
        LatencyClock::Intended => Some(record.latency_from_intended()),
        LatencyClock::Sent => Some(record.latency_from_send()),
        LatencyClock::FirstToken => record.time_to_first_token(),
    }
}

fn mark(metric: Metric, row: &Score) -> Result<f64, Gap> {
    match metric {
        Metric::Flaps => return Ok(row.flaps as f64),
        Metric::Reopenings => return Ok(row.reopenings as f64),
        Metric::FailBack if !row.went_away => return Err(Gap::Unscathed),
        Metric::FailBack => return row.fail_back.map(|span| span.as_secs_f64()).ok_or(Gap::Never),
        _ => {}
    }
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
