//! How each arm comes through the newest fault. Definitions: `docs/measurement.md`.

use std::sync::Arc;
use std::time::Duration;

use super::snapshot::{Score, Scorecard};
use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::event::{ArmId, Attempt, FaultId, Route, ShotEnd, ShotRecord};
use crate::units::Usd;

/// An arm has recovered when no shot was lost for so long after a success; two losses closer than
/// this undo it.
pub(super) const HOLD: Duration = Duration::from_secs(5);
/// An arm that has not recovered when the fault ends is watched for so long after it.
const AFTERMATH: Duration = Duration::from_secs(60);

/// Cards kept of faults before the newest.
const PAST: usize = 64;

/// The marks of the newest fault.
#[derive(Debug)]
pub(super) struct Scores {
    catalog: Arc<Catalog>,
    arms: usize,
    fault: Option<Fault>,
    tracks: Vec<Track>,
    card: Option<Arc<Scorecard>>,
    /// Cards of the faults before, oldest first, of those that were over when the next began.
    past: Vec<Arc<Scorecard>>,
    is_news: bool,
}

#[derive(Debug)]
struct Fault {
    id: FaultId,
    label: String,
    began_at: Moment,
    ends_at: Moment,
    active: bool,
}

/// One arm under the fault.
#[derive(Clone, Debug, Default)]
struct Track {
    /// The earliest failed attempt: when it was seen to fail, and where.
    failure: Option<(Moment, Arc<Route>)>,
    /// The earliest attempt elsewhere after that.
    switched_at: Option<Moment>,
    last_loss_at: Option<Moment>,
    /// Whether a shot was lost and the arm has not recovered since.
    broken: bool,
    /// The first success since the last loss.
    better_since: Option<Moment>,
    recovered_at: Option<Moment>,
    lost: u64,
    intended: u64,
    shed: u64,
    attempts: u64,
    wasted_tokens: u64,
    extra_cost: Usd,
}

impl Scores {
    pub(super) fn new(catalog: Arc<Catalog>, arms: usize) -> Self {
        Self {
            catalog,
            arms,
            fault: None,
            tracks: Vec::new(),
            card: None,
            past: Vec::new(),
            is_news: false,
        }
    }

    /// A fault began: its card takes the place of the one before.
    pub(super) fn began(&mut self, id: FaultId, label: &str, at: Moment, ends_at: Moment) {
        self.put_by();
        self.fault = Some(Fault {
            id,
            label: label.to_owned(),
            began_at: at,
            ends_at,
            active: true,
        });
        self.tracks = vec![Track::default(); self.arms];
        self.is_news = true;
    }

    pub(super) fn ended(&mut self, id: FaultId, at: Moment) {
        if let Some(fault) = self.fault.as_mut().filter(|fault| fault.id == id) {
            fault.ends_at = fault.ends_at.min(at);
            fault.active = false;
            self.is_news = true;
        }
    }

    /// Marks a finished shot.
    pub(super) fn shot(&mut self, record: &ShotRecord) {
        let Some(fault) = &self.fault else { return };
        let Some(track) = self.tracks.get_mut(record.id.arm.index()) else {
            return;
        };
        for attempt in &record.attempts {
            track.attempt(fault, attempt);
        }
        if !track.counts(fault, record.intended_at) {
            return;
        }
        track.count(record, &self.catalog);
        track.judge(record);
        self.is_news = true;
    }

    /// The cards of all faults, oldest first: at most [`PAST`] and the newest. One that was still in
    /// force when the next began is left out, for its marks are not its own alone.
    pub(super) fn cards(&mut self) -> Vec<Arc<Scorecard>> {
        let newest = self.card();
        self.past.iter().cloned().chain(newest).collect()
    }

    /// Keeps the card of a fault that is over.
    fn put_by(&mut self) {
        if let Some(card) = self.card().filter(|card| !card.active) {
            if self.past.len() >= PAST {
                self.past.remove(0);
            }
            self.past.push(card);
        }
    }

    /// The card of the newest fault.
    pub(super) fn card(&mut self) -> Option<Arc<Scorecard>> {
        if std::mem::take(&mut self.is_news) {
            self.card = self.fault.as_ref().map(|fault| {
                let rows = self.tracks.iter().enumerate();
                Arc::new(Scorecard {
                    fault: fault.id,
                    label: fault.label.clone(),
                    began_at: fault.began_at,
                    active: fault.active,
                    rows: rows.map(|(arm, track)| track.score(arm, fault)).collect(),
                })
            });
        }
        self.card.clone()
    }
}

impl Track {
    /// Notes the first failure and the first attempt elsewhere.
    fn attempt(&mut self, fault: &Fault, attempt: &Attempt) {
        let failed_at = attempt.ended_at;
        if attempt.failure().is_some()
            && failed_at >= fault.began_at
            && failed_at < fault.ends_at
            && self.failure.as_ref().is_none_or(|(at, _)| failed_at < *at)
        {
            self.failure = Some((failed_at, Arc::clone(&attempt.route)));
        }
        if let Some((at, route)) = &self.failure
            && attempt.route != *route
            && attempt.sent_at >= *at
            && self.switched_at.is_none_or(|switched| attempt.sent_at < switched)
        {
            self.switched_at = Some(attempt.sent_at);
        }
    }

    /// Whether a shot belongs to this fault's story.
    fn counts(&self, fault: &Fault, intended_at: Moment) -> bool {
        let in_force = intended_at < fault.ends_at;
        let in_its_wake = self.broken && intended_at < fault.ends_at + AFTERMATH;
        intended_at >= fault.began_at && (in_force || in_its_wake)
    }

    fn count(&mut self, record: &ShotRecord, catalog: &Catalog) {
        self.intended += 1;
        self.lost += u64::from(!record.succeeded());
        self.shed += u64::from(record.end == ShotEnd::Shed);
        self.attempts += record.attempts.len() as u64;
        let failed = record
            .attempts
            .iter()
            .filter(|attempt| attempt.failure().is_some());
        self.wasted_tokens += failed
            .filter_map(|attempt| attempt.usage)
            .map(|usage| usage.output)
            .sum::<u64>();
        self.extra_cost += extra_cost(record, catalog);
    }

    /// Follows loss and recovery; shots come in the order in which they ended.
    fn judge(&mut self, record: &ShotRecord) {
        let at = record.ended_at;
        if record.succeeded() {
            if !self.broken {
                return;
            }
            let since = *self.better_since.get_or_insert(at);
            if at.since(since) >= HOLD {
                self.broken = false;
                self.recovered_at = Some(since);
            }
            return;
        }
        let relapsed = self.last_loss_at.is_some_and(|last| at.since(last) < HOLD);
        if self.recovered_at.is_none() || relapsed {
            self.broken = true;
            self.recovered_at = None;
            self.better_since = None;
        }
        self.last_loss_at = Some(at);
    }

    fn score(&self, arm: usize, fault: &Fault) -> Score {
        let failed_at = self.failure.as_ref().map(|(at, _)| *at);
        let sent = self.intended - self.shed;
        Score {
            arm: ArmId(u16::try_from(arm).unwrap_or(u16::MAX)),
            detect: failed_at.map(|at| at.since(fault.began_at)),
            switch: failed_at.and_then(|at| Some(self.switched_at?.since(at))),
            recover: self.recovered_at.map(|at| at.since(fault.began_at)),
            lost: self.lost,
            intended: self.intended,
            wasted_tokens: self.wasted_tokens,
            extra_cost: self.extra_cost,
            amplification: (sent > 0).then(|| self.attempts as f64 / sent as f64),
        }
    }
}

/// What a shot cost beyond the answer that counted: all of it for a lost one.
fn extra_cost(record: &ShotRecord, catalog: &Catalog) -> Usd {
    if !record.succeeded() {
        return record.cost;
    }
    let Some(last) = record.attempts.last().filter(|_| record.attempts.len() > 1) else {
        return Usd::ZERO;
    };
    // Without a price nothing can be called extra.
    let answered = last.invoked.as_ref().unwrap_or(&last.route.target);
    catalog.resolve(answered.as_str()).map_or(Usd::ZERO, |resolved| {
        record.cost - resolved.model().cost(resolved.quota_family(), record.usage)
    })
}

#[cfg(test)]
mod tests;
