//! Two ways of calling on the same arrival stream, shot against shot.
//!
//! Arms that share an arrival stream are asked the same at the same moments: the `n`-th shot of one
//! is the `n`-th of the other. The difference of the two is taken shot by shot, so what both met
//! (the prompt, the hour, the fault) falls out of it. Shots close in time are not independent of
//! each other (a fault, a breaker, a full quota strikes them together), so the interval of the mean
//! difference comes from resampling blocks of seconds, not shots: `docs/measurement.md` has the
//! rules. All that it takes is sums by the second, so memory is bounded.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::time::Duration;

use serde::Serialize;

use super::bootstrap::{self, Term};
use super::by_second::BySecond;
use super::interval::{Interval, matched_pairs};
use crate::clock::Moment;
use crate::event::{ArmId, Phase, ShotRecord};
use crate::seed::Seed;
use crate::units::Usd;

/// What is compared, named before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairMetric {
    /// Whether the shot was answered: the difference is one of availability.
    Availability,
    /// Seconds from the intended time, of pairs where both were answered.
    Latency,
    /// Seconds from the send to the first token, of pairs where both were answered by streams.
    FirstToken,
    /// Dollars for all attempts of the shot.
    Cost,
}

/// A pair that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairPlan {
    /// The way of calling that the sentence is about.
    pub first: ArmId,
    /// What it is held against.
    pub second: ArmId,
    /// What is compared.
    pub metric: PairMetric,
    /// In which phase; `None`: all but the warm-up.
    pub phase: Option<Phase>,
}

/// What a pair came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// What was asked for.
    pub plan: PairPlan,
    /// Pairs of shots that count.
    pub pairs: u64,
    /// Shots whose other half never came, was wanted at another moment (a rate was turned on one of
    /// the two), or was not comparable.
    pub left_out: u64,
    /// The mean of the first.
    pub first: Option<f64>,
    /// The mean of the second.
    pub second: Option<f64>,
    /// The first less the second.
    pub difference: Option<f64>,
    /// Its 95 percent interval; without ends before the run's end, or from too short a phase.
    pub interval: Interval,
    /// Seconds in a block of the bootstrap; zero where there was none.
    pub block_secs: u64,
    /// Money for the shots of all pairs: the first's, the second's.
    pub costs: (Usd, Usd),
}

/// Halves that wait for the other; the oldest is given up for a newer one.
const WAITING: usize = 16_384;
/// Seconds kept apart; beyond them neighbours are put together, and together again.
const BLOCKS: u64 = 16_384;
/// Halves of a pair are wanted at the same moment, but for the rounding of their arrivals.
const SAME_MOMENT: Duration = Duration::from_micros(1);

/// A pair being counted.
#[derive(Debug)]
pub(super) struct PairFold {
    plan: PairPlan,
    waiting: BTreeMap<u64, Half>,
    /// Sums by the second of the intended time.
    blocks: BySecond<Block>,
    left_out: u64,
    /// Pairs in which the first's value was the greater, and the second's.
    ahead: (u64, u64),
    costs: (Usd, Usd),
}

/// One shot of a pair.
#[derive(Clone, Copy, Debug)]
struct Half {
    is_first: bool,
    intended_at: Moment,
    /// What is compared; `None`: nothing that could be.
    value: Option<f64>,
    cost: Usd,
}

/// Sums over a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Block {
    pairs: u64,
    first: f64,
    second: f64,
}

impl Block {
    fn count(&mut self, first: f64, second: f64) {
        self.pairs += 1;
        self.first += first;
        self.second += second;
    }

    /// The mean difference is the sum of differences over the number of pairs.
    fn term(self) -> Term {
        Term {
            over: self.first - self.second,
            under: self.pairs as f64,
        }
    }
}

impl Sum for Block {
    fn sum<I: Iterator<Item = Self>>(blocks: I) -> Self {
        blocks.fold(Self::default(), |sum, block| Self {
            pairs: sum.pairs + block.pairs,
            first: sum.first + block.first,
            second: sum.second + block.second,
        })
    }
}

impl PairFold {
    pub(super) fn new(plan: PairPlan) -> Self {
        Self {
            plan,
            waiting: BTreeMap::new(),
            blocks: BySecond::at_most(BLOCKS),
            left_out: 0,
            ahead: (0, 0),
            costs: (Usd::ZERO, Usd::ZERO),
        }
    }

    /// Counts a shot, if it is of one of the two arms.
    pub(super) fn shot(&mut self, phase: Phase, record: &ShotRecord) {
        let is_first = record.id.arm == self.plan.first;
        let is_ours = is_first || record.id.arm == self.plan.second;
        if !is_ours || self.plan.phase.is_some_and(|wanted| wanted != phase) {
            return;
        }
        let half = Half {
            is_first,
            intended_at: record.intended_at,
            value: value(self.plan.metric, record),
            cost: record.cost,
        };
        self.half(record.id.index, half);
    }

    fn half(&mut self, index: u64, half: Half) {
        let Some(other) = self.waiting.remove(&index) else {
            if self.waiting.len() >= WAITING {
                self.waiting.pop_first();
                self.left_out += 1;
            }
            self.waiting.insert(index, half);
            return;
        };
        let (first, second) = if half.is_first {
            (half, other)
        } else {
            (other, half)
        };
        let earlier = first.intended_at.min(second.intended_at);
        let later = first.intended_at.max(second.intended_at);
        let (Some(a), Some(b)) = (first.value, second.value) else {
            self.left_out += 2;
            return;
        };
        // One of them was given another rate by hand: their numbers no longer mean the same moment.
        if later.since(earlier) > SAME_MOMENT {
            self.left_out += 2;
            return;
        }
        self.ahead.0 += u64::from(a > b);
        self.ahead.1 += u64::from(b > a);
        self.costs.0 += first.cost;
        self.costs.1 += second.cost;
        self.blocks.at(earlier.as_secs()).count(a, b);
    }

    /// Where it stands, without an interval.
    pub(super) fn so_far(&self) -> Pair {
        let all: Block = self.blocks.all().sum();
        let mean = |sum: f64| (all.pairs > 0).then(|| sum / all.pairs as f64);
        Pair {
            plan: self.plan,
            pairs: all.pairs,
            left_out: self.left_out + self.waiting.len() as u64,
            first: mean(all.first),
            second: mean(all.second),
            difference: mean(all.first - all.second),
            interval: Interval::default(),
            block_secs: 0,
            costs: self.costs,
        }
    }

    /// The same with its interval; the draws come from a stream of the pair's own.
    pub(super) fn concluded(&self, seed: Seed) -> Pair {
        let own = u64::from(self.plan.first.0) << 16 | u64::from(self.plan.second.0);
        let filled: Vec<Term> = self
            .blocks
            .all()
            .filter(|block| block.pairs > 0)
            .map(Block::term)
            .collect();
        let mut draws = seed.keyed(own).stream();
        let Some(found) = bootstrap::interval(&filled, &mut draws) else {
            return self.so_far();
        };
        let interval = match self.plan.metric {
            PairMetric::Availability => {
                let pairs = self.blocks.all().map(|block| block.pairs).sum();
                found.interval.or_wider(matched_pairs(self.ahead, pairs))
            }
            _ => found.interval,
        };
        Pair {
            interval,
            block_secs: found.length as u64 * self.blocks.width(),
            ..self.so_far()
        }
    }
}

/// What is compared of one shot.
fn value(metric: PairMetric, record: &ShotRecord) -> Option<f64> {
    let answered = record.succeeded();
    match metric {
        PairMetric::Availability => Some(f64::from(u8::from(answered))),
        PairMetric::Cost => Some(record.cost.dollars()),
        PairMetric::Latency => answered.then(|| record.latency_from_intended().as_secs_f64()),
        PairMetric::FirstToken => record
            .time_to_first_token()
            .filter(|_| answered)
            .map(|span| span.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests;
