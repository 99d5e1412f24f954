//! Prompt caching: what was read and written, and how long each entry has to live.
//!
//! Lifetimes are an estimate of the client's: an entry lives for its lifetime after the send of the
//! last call that read or wrote it, in the region that served. The service tells nobody when an
//! entry goes.

use std::time::Duration;

use serde::Serialize;

use super::{SpecialFold, SpecialView};
pub use crate::catalog::CacheTtl;
use crate::clock::Moment;
use crate::event::sighting::Seen;
use crate::event::{ArmId, Attempt, ShotRecord};
use crate::measure::seconds::{Second, Seconds};
use crate::names::Region;
use crate::units::{TokenUsage, Usd};

/// What is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheTrack {
    /// Each arm, and the lifetime its checkpoints ask for; `None`: it has no checkpoint.
    pub arms: Vec<(ArmId, Option<CacheTtl>)>,
    /// The arm that stands for "with" in comparisons.
    pub with: Option<ArmId>,
    /// The arm that stands for "without".
    pub without: Option<ArmId>,
}

/// What there is to see.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CacheView {
    /// Each arm, in the order of the panel.
    pub arms: Vec<CacheArmView>,
    /// The arm that stands for "with" in comparisons.
    pub with: Option<ArmId>,
    /// The arm that stands for "without".
    pub without: Option<ArmId>,
}

impl CacheView {
    /// The view of an arm.
    pub fn arm(&self, id: ArmId) -> Option<&CacheArmView> {
        self.arms.iter().find(|arm| arm.arm == id)
    }
}

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CacheArmView {
    /// Which.
    pub arm: ArmId,
    /// The lifetime its checkpoints ask for; `None`: it has none.
    pub ttl: Option<CacheTtl>,
    /// Since the run began.
    pub total: CacheCounts,
    /// Over the last ten seconds.
    pub recent: CacheCounts,
    /// Entries by serving region, the one renewed last first.
    pub leases: Vec<Lease>,
    /// The last time its traffic went on to another route.
    pub moved: Option<Move>,
}

/// Counts of answered shots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheCounts {
    /// Answered shots.
    pub shots: u64,
    /// Of those, the ones that read something.
    pub hits: u64,
    /// Their tokens.
    pub usage: TokenUsage,
    /// Their cost, attempts that did not count included.
    pub cost: Usd,
}

impl CacheCounts {
    /// Prompt tokens read over prompt tokens; `None` without any.
    pub fn hit_ratio(&self) -> Option<f64> {
        let prompt = self.usage.prompt();
        (prompt > 0).then(|| self.usage.cache_read as f64 / prompt as f64)
    }

    /// The cost of a thousand answered shots; `None` without any.
    pub fn cost_of_a_thousand(&self) -> Option<Usd> {
        let whole = u128::from(self.cost.picos()) * 1_000;
        let each = whole.checked_div(u128::from(self.shots))?;
        Some(Usd::from_picos(u64::try_from(each).unwrap_or(u64::MAX)))
    }

    fn count(&mut self, record: &ShotRecord) {
        self.shots += 1;
        self.hits += u64::from(record.usage.cache_read > 0);
        self.usage += record.usage;
        self.cost += record.cost;
    }

    fn add(&mut self, other: &Self) {
        self.shots += other.shots;
        self.hits += other.hits;
        self.usage += other.usage;
        self.cost += other.cost;
    }
}

impl Second for CacheCounts {
    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// An entry in a region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lease {
    /// Where.
    pub region: Region,
    /// When a call that read or wrote it was last sent.
    pub renewed_at: Moment,
    /// When it goes, unless it is hit before.
    pub expires_at: Moment,
    /// Tokens in it.
    pub tokens: u64,
    /// How often it was read.
    pub reads: u64,
    /// How often it was written.
    pub writes: u64,
}

impl Lease {
    /// How long it has to live; `None`: it is over.
    pub fn left(&self, now: Moment) -> Option<Duration> {
        (self.expires_at >= now).then(|| self.expires_at.since(now))
    }
}

/// An arm's traffic went on to another route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Move {
    /// When the first shot was answered there.
    pub at: Moment,
    /// The route's label.
    pub to: String,
    /// The hit ratio of the ten seconds before; `None`: nothing was answered in them.
    pub before: Option<f64>,
    /// What was answered since.
    pub since: CacheCounts,
}

/// Folds the shots of prompt caching.
#[derive(Debug)]
pub struct CacheFold {
    track: CacheTrack,
    arms: Vec<ArmCache>,
}

#[derive(Debug)]
struct ArmCache {
    id: ArmId,
    ttl: Option<CacheTtl>,
    total: CacheCounts,
    recent: CacheCounts,
    seconds: Seconds<CacheCounts>,
    leases: Vec<Lease>,
    hop: Option<u8>,
    moved: Option<Move>,
}

/// Seconds of a window.
const WINDOW: u64 = 10;
/// A route that changes again within this time is part of the same move.
const UNSETTLED: Duration = Duration::from_secs(WINDOW);
/// Regions of which one arm's entries are followed.
const MOST_LEASES: usize = 32;

impl CacheFold {
    /// A fold to which nothing was told yet.
    pub fn new(track: CacheTrack) -> Self {
        let arm = |&(id, ttl): &(ArmId, Option<CacheTtl>)| ArmCache {
            id,
            ttl,
            total: CacheCounts::default(),
            recent: CacheCounts::default(),
            seconds: Seconds::default(),
            leases: Vec::new(),
            hop: None,
            moved: None,
        };
        Self {
            arms: track.arms.iter().map(arm).collect(),
            track,
        }
    }
}

impl SpecialFold for CacheFold {
    fn shot(&mut self, record: &ShotRecord) {
        let arm = self.arms.iter_mut().find(|arm| arm.id == record.id.arm);
        if let Some(arm) = arm.filter(|_| record.succeeded()) {
            arm.answered(record);
        }
    }

    fn seen(&mut self, _: Moment, _: &Seen) {}

    fn refresh(&mut self, from: u64, end: u64) {
        for arm in &mut self.arms {
            arm.seconds.advance(end.saturating_sub(1), |_, _| {});
            arm.recent = arm.between(from, end);
        }
    }

    fn view(&self, _: Moment) -> SpecialView {
        let view = |arm: &ArmCache| CacheArmView {
            arm: arm.id,
            ttl: arm.ttl,
            total: arm.total,
            recent: arm.recent,
            leases: arm.leases.clone(),
            moved: arm.moved.clone(),
        };
        SpecialView::PromptCache(CacheView {
            arms: self.arms.iter().map(view).collect(),
            with: self.track.with,
            without: self.track.without,
        })
    }
}

impl ArmCache {
    fn answered(&mut self, record: &ShotRecord) {
        let second = record.ended_at.as_secs();
        if let Some(attempt) = record.attempts.last() {
            self.follow(attempt, record.ended_at);
            self.renew(attempt, record.usage);
        }
        self.total.count(record);
        self.seconds.advance(second, |_, _| {});
        if let Some(counts) = self.seconds.get_mut(second) {
            counts.count(record);
        }
        if let Some(moved) = &mut self.moved {
            moved.since.count(record);
        }
    }

    /// Notes a move, before the shot that shows it is counted.
    fn follow(&mut self, attempt: &Attempt, at: Moment) {
        let before = self.hop.replace(attempt.hop);
        if before.is_none_or(|before| before == attempt.hop) {
            return;
        }
        let to = attempt.route.label.to_string();
        match &mut self.moved {
            // Shots on their way cross each other while the traffic moves.
            Some(moved) if at.since(moved.at) < UNSETTLED => moved.to = to,
            _ => {
                let second = at.as_secs();
                let ratio = self
                    .between(second.saturating_sub(WINDOW), second + 1)
                    .hit_ratio();
                self.moved = Some(Move {
                    at,
                    to,
                    before: ratio,
                    since: CacheCounts::default(),
                });
            }
        }
    }

    fn renew(&mut self, attempt: &Attempt, usage: TokenUsage) {
        let touched = usage.cache_read + usage.cache_write;
        let Some(ttl) = self.ttl.filter(|_| touched > 0) else {
            return;
        };
        // The real service does not tell where it served: then the region that was called stands for it.
        let region = attempt.served_in.as_ref().unwrap_or(&attempt.route.region);
        let place = self.leases.iter().position(|lease| lease.region == *region);
        let mut lease = match place {
            Some(place) => self.leases.remove(place),
            None => Lease {
                region: region.clone(),
                renewed_at: attempt.sent_at,
                expires_at: attempt.sent_at + ttl.lasts(),
                tokens: 0,
                reads: 0,
                writes: 0,
            },
        };
        lease.reads += u64::from(usage.cache_read > 0);
        lease.writes += u64::from(usage.cache_write > 0);
        lease.tokens = touched;
        lease.renewed_at = lease.renewed_at.max(attempt.sent_at);
        lease.expires_at = lease.renewed_at + ttl.lasts();
        self.leases.insert(0, lease);
        self.leases.truncate(MOST_LEASES);
    }

    fn between(&self, from: u64, end: u64) -> CacheCounts {
        let mut sum = CacheCounts::default();
        for (_, counts) in self.seconds.range(from, end) {
            sum.add(counts);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ShotEnd;
    use crate::measure::fold::fixture;

    fn fold() -> CacheFold {
        CacheFold::new(CacheTrack {
            arms: vec![(ArmId(0), Some(CacheTtl::FiveMinutes)), (ArmId(1), None)],
            with: Some(ArmId(0)),
            without: Some(ArmId(1)),
        })
    }

    fn shot(index: u64, at_secs: u64, hop: u8, usage: (u64, u64, u64)) -> ShotRecord {
        let mut record = fixture::shot(0, index, at_secs * 1_000, 500, ShotEnd::Succeeded);
        let [attempt] = record.attempts.as_mut_slice() else {
            panic!("one attempt")
        };
        *attempt = fixture::attempt(hop, attempt.sent_at, attempt.ended_at, None);
        record.usage = TokenUsage {
            input: usage.0,
            cache_read: usage.1,
            cache_write: usage.2,
            ..TokenUsage::default()
        };
        record
    }

    fn view(fold: &mut CacheFold, now: u64) -> CacheArmView {
        fold.refresh(now.saturating_sub(10), now);
        let view = fold.view(Moment::from_secs(now));
        let view = match &view {
            SpecialView::PromptCache(view) => view.arm(ArmId(0)),
            #[allow(unreachable_patterns, reason = "other patterns have views of their own")]
            _ => None,
        };
        view.expect("the arm").clone()
    }

    #[test]
    fn a_lifetime_counts_down_from_the_last_send_and_jumps_up_at_each_hit() {
        let mut fold = fold();
        fold.shot(&shot(0, 0, 0, (10, 0, 90)));
        let left = |view: &CacheArmView, now| view.leases[0].left(Moment::from_secs(now));
        assert_eq!(left(&view(&mut fold, 100), 100), Some(Duration::from_secs(200)));
        fold.shot(&shot(1, 299, 0, (10, 90, 0)));
        let hit = view(&mut fold, 300);
        assert_eq!(left(&hit, 300), Some(Duration::from_secs(299)));
        assert_eq!(left(&hit, 600), None);
        assert_eq!((hit.leases[0].reads, hit.leases[0].writes), (1, 1));
        assert_eq!(hit.total.hit_ratio(), Some(0.45));
        assert_eq!(
            hit.recent.hit_ratio(),
            Some(0.9),
            "the window knows the hit alone"
        );
    }

    #[test]
    fn a_failover_keeps_the_ratio_before_it_and_counts_anew() {
        let mut fold = fold();
        for second in 0..20 {
            fold.shot(&shot(second, second, 0, (10, 90, 0)));
        }
        fold.shot(&shot(20, 20, 1, (10, 0, 90)));
        // A shot that was still on its way at the first route.
        fold.shot(&shot(21, 20, 0, (10, 90, 0)));
        fold.shot(&shot(22, 21, 1, (10, 0, 90)));
        let seen = view(&mut fold, 22);
        let moved = seen.moved.expect("a move");
        assert_eq!((moved.to.as_str(), moved.before), ("west", Some(0.9)));
        assert_eq!(moved.since.shots, 3);
        assert_eq!(moved.since.hit_ratio(), Some(0.3));
        assert_eq!(seen.leases.len(), 2, "an entry in each region");
    }
}
