//! How each arm comes through the newest fault. Definitions: `docs/measurement.md`.

mod route_line;
mod track;

use std::sync::Arc;
use std::time::Duration;

use self::track::{CacheUse, Track};
use super::snapshot::Scorecard;
use super::waste::Waste;
use crate::clock::Moment;
use crate::event::sighting::gateway::GatewayClaim;
use crate::event::{BreakerMove, FaultId, ShotRecord};

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
    arms: usize,
    fault: Option<Fault>,
    tracks: Vec<Track>,
    /// How each arm used caches since the last fault was over.
    calm: Vec<CacheUse>,
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

impl Fault {
    /// Whether it is not over yet.
    fn lasts(&self, at: Moment) -> bool {
        at < self.ends_at
    }

    /// Whether a moment belongs to it or to what follows it.
    fn is_followed(&self, at: Moment) -> bool {
        at >= self.began_at && at < self.ends_at + AFTERMATH
    }
}

impl Scores {
    pub(super) fn new(arms: usize) -> Self {
        Self {
            arms,
            fault: None,
            tracks: Vec::new(),
            calm: vec![CacheUse::default(); arms],
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
        let before = std::mem::replace(&mut self.calm, vec![CacheUse::default(); self.arms]);
        self.tracks = before.into_iter().map(Track::new).collect();
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
    pub(super) fn shot(&mut self, record: &ShotRecord, waste: &Waste) {
        let arm = record.id.arm.index();
        let in_force =
            |fault: &Fault| record.intended_at >= fault.began_at && fault.lasts(record.intended_at);
        if !self.fault.as_ref().is_some_and(in_force)
            && let Some(calm) = self.calm.get_mut(arm)
        {
            calm.count(record.usage);
        }
        let (Some(fault), Some(track)) = (&self.fault, self.tracks.get_mut(arm)) else {
            return;
        };
        self.is_news |= track.shot(fault, record, waste);
    }

    /// Marks a breaker's move.
    pub(super) fn breaker_moved(&mut self, at: Moment, moved: &BreakerMove) {
        if let (Some(fault), Some(track)) = (&self.fault, self.tracks.get_mut(moved.arm.index())) {
            self.is_news |= track.breaker_moved(fault, at, moved);
        }
    }

    /// Marks what a gateway claims of an answer.
    pub(super) fn claim(&mut self, at: Moment, claim: &GatewayClaim) {
        if let (Some(fault), Some(track)) = (&self.fault, self.tracks.get_mut(claim.arm.index())) {
            self.is_news |= track.claim(fault, at, claim);
        }
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

#[cfg(test)]
mod tests;
