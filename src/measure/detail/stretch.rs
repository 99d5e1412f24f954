//! A stretch of time of one way of calling: counts, money, and latencies in steps.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::{FailureKind, ShotEnd, ShotRecord};
use crate::measure::latency::Latencies;
use crate::units::{TokenUsage, Usd};

/// Shots that were intended in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// Shots.
    pub intended: u64,
    /// Of those, answered in full.
    pub succeeded: u64,
    /// Of those, never sent.
    pub shed: u64,
    /// Their wire calls.
    pub attempts: u64,
    /// Of those, answered with a throttle.
    pub throttled: u64,
    /// Tokens of the answers that counted.
    pub usage: TokenUsage,
    /// What all attempts cost.
    pub cost: Usd,
    /// Latency from the intended time, of the shots that succeeded.
    pub from_intended: Steps,
    /// Latency from the send.
    pub from_send: Steps,
    /// Time to first token.
    pub first_token: Steps,
}

impl Stretch {
    /// Counts a shot.
    pub(super) fn count(&mut self, record: &ShotRecord) {
        self.intended += 1;
        self.shed += u64::from(record.end == ShotEnd::Shed);
        self.attempts += record.attempts.len() as u64;
        let throttles = record.attempts.iter().filter_map(|attempt| attempt.failure());
        let throttles = throttles.filter(|failure| failure.kind == FailureKind::Throttled);
        self.throttled += throttles.count() as u64;
        self.usage += record.usage;
        self.cost += record.cost;
        if record.succeeded() {
            self.succeeded += 1;
            self.from_intended.count(record.latency_from_intended());
            self.from_send.count(record.latency_from_send());
            if let Some(span) = record.time_to_first_token() {
                self.first_token.count(span);
            }
        }
    }

    /// Several as one.
    pub fn joined(several: &[Self]) -> Self {
        let mut sum = Self::default();
        for one in several {
            sum.intended += one.intended;
            sum.succeeded += one.succeeded;
            sum.shed += one.shed;
            sum.attempts += one.attempts;
            sum.throttled += one.throttled;
            sum.usage += one.usage;
            sum.cost += one.cost;
            sum.from_intended.add(&one.from_intended);
            sum.from_send.add(&one.from_send);
            sum.first_token.add(&one.first_token);
        }
        sum
    }

    /// Shots that were sent and not answered, and shots never sent.
    pub const fn lost(&self) -> u64 {
        self.intended - self.succeeded
    }

    /// Successes over intended shots; `None` without shots.
    pub fn availability(&self) -> Option<f64> {
        (self.intended > 0).then(|| self.succeeded as f64 / self.intended as f64)
    }
}

/// Latencies in the steps of an HdrHistogram of three digits, those that occurred alone: each is
/// kept as the least microsecond of its step, a thousandth at most below what it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(BTreeMap<u32, u64>);

impl Steps {
    /// Bits of a value that are told apart: 2048 steps between a power of two and twice it, at
    /// most.
    const BITS: u32 = 11;

    /// Counts one.
    pub fn count(&mut self, span: Duration) {
        let micros = Latencies::micros(span);
        let below = (u32::BITS - micros.leading_zeros()).saturating_sub(Self::BITS);
        *self.0.entry(micros >> below << below).or_default() += 1;
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        for (micros, count) in &other.0 {
            *self.0.entry(*micros).or_default() += count;
        }
    }

    /// Each step that occurred in microseconds, and how often; ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        self.0.iter().map(|(micros, count)| (*micros, *count))
    }

    /// How many were counted.
    pub fn len(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The step that a share of those counted do not pass; `None` when none was counted.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (share * self.len() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.iter().find_map(|(micros, count)| {
            seen += count;
            (seen >= rank).then(|| Duration::from_micros(u64::from(micros)))
        })
    }
}
