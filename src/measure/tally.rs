//! Counting shots and attempts without allocating.

use crate::event::{Attempt, FailureKind, LatencySplit, ShotEnd, ShotRecord};
use crate::units::{TokenUsage, Usd};

use super::snapshot::{Counts, SplitView};

/// Kinds of failure.
pub(super) const KINDS: usize = FailureKind::TABLE.len();

/// Counts of shots and attempts over some time: [`Counts`] in fixed room.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) intended: u64,
    pub(super) succeeded: u64,
    failed: u64,
    pub(super) shed: u64,
    pub(super) attempts: u64,
    pub(super) throttled_attempts: u64,
    throttled_shots: u64,
    pub(super) failovers: u64,
    failures: [u64; KINDS],
    pub(super) usage: TokenUsage,
    pub(super) cost: Usd,
}

impl Tally {
    /// Counts a finished shot.
    pub(super) fn count(&mut self, record: &ShotRecord) {
        self.intended += 1;
        match record.end {
            ShotEnd::Succeeded => self.succeeded += 1,
            ShotEnd::Failed(kind) => {
                self.failed += 1;
                self.failures[kind as usize] += 1;
            }
            ShotEnd::Shed => self.shed += 1,
        }
        let throttled = record
            .attempts
            .iter()
            .filter(|attempt| is_throttled(attempt))
            .count() as u64;
        self.attempts += record.attempts.len() as u64;
        self.throttled_attempts += throttled;
        self.throttled_shots += u64::from(throttled > 0);
        self.usage += record.usage;
        self.cost += record.cost;
    }

    /// Adds another's counts.
    pub(super) fn add(&mut self, other: &Self) {
        self.intended += other.intended;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.shed += other.shed;
        self.attempts += other.attempts;
        self.throttled_attempts += other.throttled_attempts;
        self.throttled_shots += other.throttled_shots;
        self.failovers += other.failovers;
        for (sum, more) in self.failures.iter_mut().zip(&other.failures) {
            *sum += more;
        }
        self.usage += other.usage;
        self.cost += other.cost;
    }

    /// The same, as it is shown.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            intended: self.intended,
            succeeded: self.succeeded,
            failed: self.failed,
            shed: self.shed,
            attempts: self.attempts,
            throttled_attempts: self.throttled_attempts,
            throttled_shots: self.throttled_shots,
            failovers: self.failovers,
            failures: FailureKind::TABLE
                .iter()
                .map(|row| (row.kind, self.failures[row.kind as usize]))
                .filter(|(_, count)| *count > 0)
                .collect(),
            usage: self.usage,
            cost: self.cost,
        }
    }
}

/// Whether the service answered an attempt with a throttle.
fn is_throttled(attempt: &Attempt) -> bool {
    attempt
        .failure()
        .is_some_and(|failure| failure.kind == FailureKind::Throttled)
}

/// Attempts at one route over some time.
#[derive(Clone, Debug, Default)]
pub(super) struct HopTally {
    pub(super) attempts: u64,
    pub(super) served: u64,
    failures: [u64; KINDS],
}

impl HopTally {
    pub(super) fn count(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        match attempt.failure() {
            None => self.served += 1,
            Some(failure) => self.failures[failure.kind as usize] += 1,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.attempts += other.attempts;
        self.served += other.served;
        for (sum, more) in self.failures.iter_mut().zip(&other.failures) {
            *sum += more;
        }
    }

    /// The most frequent failure; of equals the first in the table.
    pub(super) fn main_failure(&self) -> Option<FailureKind> {
        let rows = FailureKind::TABLE.iter().rev();
        rows.map(|row| (self.failures[row.kind as usize], row.kind))
            .filter(|(count, _)| *count > 0)
            .max_by_key(|(count, _)| *count)
            .map(|(_, kind)| kind)
    }
}

/// Sums of latency splits, in nanoseconds, and how many there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SplitSum {
    count: u64,
    parts: [u64; 6],
}

impl SplitSum {
    pub(super) fn count(&mut self, split: &LatencySplit) {
        self.count += 1;
        let parts = [
            split.lag,
            split.queue,
            split.attempts,
            split.backoff,
            split.first_token,
            split.stream,
        ];
        for (sum, part) in self.parts.iter_mut().zip(parts) {
            *sum = sum.saturating_add(u64::try_from(part.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        for (sum, more) in self.parts.iter_mut().zip(&other.parts) {
            *sum = sum.saturating_add(*more);
        }
    }

    /// The means; all zero without shots.
    pub(super) fn means(&self) -> SplitView {
        let [lag, queue, attempts, backoff, first_token, stream] = self
            .parts
            .map(|sum| std::time::Duration::from_nanos(sum / self.count.max(1)));
        SplitView {
            lag,
            queue,
            attempts,
            backoff,
            first_token,
            stream,
        }
    }
}
