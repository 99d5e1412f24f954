//! The shots that went worst, with their attempt trees.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use crate::event::ShotRecord;

/// The slowest answers and the lost shots that went the longest way.
#[derive(Clone, Debug, Default)]
pub struct Worst {
    slowest: Vec<Arc<ShotRecord>>,
    lost: Vec<Arc<ShotRecord>>,
}

impl Worst {
    /// Shots kept of each kind.
    pub const KEPT: usize = 10;

    /// Answers, the slowest from the intended time first.
    pub fn slowest(&self) -> &[Arc<ShotRecord>] {
        &self.slowest
    }

    /// Lost shots, those of the most attempts first, among equals the longest.
    pub fn lost(&self) -> &[Arc<ShotRecord>] {
        &self.lost
    }

    /// Keeps a shot if it is among the worst.
    pub(super) fn count(&mut self, record: &ShotRecord) {
        if record.succeeded() {
            keep(&mut self.slowest, record, |shot| {
                (0, shot.latency_from_intended())
            });
        } else {
            keep(&mut self.lost, record, |shot| {
                (shot.attempts.len(), shot.latency_from_intended())
            });
        }
    }
}

/// Among equals the earlier stays: the order does not hang on who told first.
fn keep(kept: &mut Vec<Arc<ShotRecord>>, record: &ShotRecord, rank: fn(&ShotRecord) -> (usize, Duration)) {
    let key = |shot: &ShotRecord| (Reverse(rank(shot)), shot.intended_at, shot.id);
    let place = kept.partition_point(|other| key(other) < key(record));
    if place < Worst::KEPT {
        kept.insert(place, Arc::new(record.clone()));
        kept.truncate(Worst::KEPT);
    }
}
