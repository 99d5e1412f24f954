//! Two ways of calling on the same arrival stream, shot against shot.
//!
//! Arms that share an arrival stream are asked the same at the same moments: the `n`-th shot of one
//! is the `n`-th of the other. The difference of the two is taken shot by shot, so what both met
//! (the prompt, the hour, the fault) falls out of it. Shots close in time are not independent of
//! each other (a fault, a breaker, a full quota strikes them together), so the interval of the mean
//! difference comes from resampling blocks of seconds, not shots: `docs/measurement.md` has the
//! rules. All that it takes is sums by the second, so memory is bounded.

mod bootstrap;

use std::collections::BTreeMap;

use serde::Serialize;

use self::bootstrap::Block;
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
    /// Shots whose other half never came or was not comparable.
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
const BLOCKS: usize = 16_384;

/// A pair being counted.
#[derive(Debug)]
pub(super) struct PairFold {
    plan: PairPlan,
    waiting: BTreeMap<u64, Half>,
    /// Sums by the second of the intended time, or by as many seconds as `width` says.
    blocks: Vec<Block>,
    width: u64,
    left_out: u64,
    /// Pairs in which the first's value was the greater, and the second's.
    ahead: (u64, u64),
    costs: (Usd, Usd),
}

/// One shot of a pair.
#[derive(Clone, Copy, Debug)]
struct Half {
    is_first: bool,
    /// What is compared; `None`: nothing that could be.
    value: Option<f64>,
    cost: Usd,
}

impl PairFold {
    pub(super) fn new(plan: PairPlan) -> Self {
        Self {
            plan,
            waiting: BTreeMap::new(),
            blocks: Vec::new(),
            width: 1,
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
            value: value(self.plan.metric, record),
            cost: record.cost,
        };
        self.half(record.id.index, record.intended_at, half);
    }

    fn half(&mut self, index: u64, intended_at: Moment, half: Half) {
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
        let (Some(a), Some(b)) = (first.value, second.value) else {
            self.left_out += 2;
            return;
        };
        self.ahead.0 += u64::from(a > b);
        self.ahead.1 += u64::from(b > a);
        self.costs.0 += first.cost;
        self.costs.1 += second.cost;
        self.block(intended_at.as_secs()).count(a, b);
    }

    /// The block of a second.
    fn block(&mut self, second: u64) -> &mut Block {
        while second / self.width >= BLOCKS as u64 {
            let halves = self.blocks.chunks(2);
            self.blocks = halves.map(|two| two.iter().copied().sum()).collect();
            self.width *= 2;
        }
        let place = (second / self.width) as usize;
        if self.blocks.len() <= place {
            self.blocks.resize(place + 1, Block::default());
        }
        &mut self.blocks[place]
    }

    /// Where it stands, without an interval.
    pub(super) fn so_far(&self) -> Pair {
        let all: Block = self.blocks.iter().copied().sum();
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
        let filled: Vec<Block> = self
            .blocks
            .iter()
            .copied()
            .filter(|block| block.pairs > 0)
            .collect();
        let mut draws = seed.keyed(own).stream();
        let Some(found) = bootstrap::interval(&filled, &mut draws) else {
            return self.so_far();
        };
        let interval = match self.plan.metric {
            PairMetric::Availability => {
                let pairs = filled.iter().map(|block| block.pairs).sum();
                found.interval.or_wider(matched_pairs(self.ahead, pairs))
            }
            _ => found.interval,
        };
        Pair {
            interval,
            block_secs: found.length as u64 * self.width,
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
