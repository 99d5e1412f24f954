//! The fold of a run, and the recorder of all that is done to it.
//!
//! Nothing reaches the fold but through here, so a recording holds every fact in the order in which
//! it was folded, and every look.

use std::sync::Arc;

use crate::clock::Moment;
use crate::drill::Verdict;
use crate::event::Event;
use crate::measure::evidence::Evidence;
use crate::measure::snapshot::Recording;
use crate::measure::{Fold, Gauges, Snapshot};
use crate::recording::{Judgement, Recorder};

/// A fold, recorded or not.
#[derive(Debug)]
pub struct Tape {
    /// The fold.
    pub fold: Fold,
    /// The recorder, until the run is over.
    pub recorder: Option<Recorder>,
    /// Why there is none although there should be one.
    pub remark: Option<String>,
}

impl Tape {
    /// Takes a fact.
    pub fn take(&mut self, event: Event) {
        if let Some(recorder) = &mut self.recorder {
            recorder.event(&event);
        }
        self.fold.take(event);
    }

    /// What there is to see.
    pub fn snapshot(&mut self, now: Moment, gauges: &Gauges) -> Snapshot {
        if let Some(recorder) = &mut self.recorder {
            recorder.tick(now, gauges);
        }
        self.fold.snapshot(now, gauges)
    }

    /// The evidence up to now.
    pub fn evidence(&mut self, now: Moment) -> Arc<Evidence> {
        if let Some(recorder) = &mut self.recorder {
            recorder.evidence(now);
        }
        self.fold.evidence(now)
    }

    /// How the recording goes.
    pub fn state(&self) -> Recording {
        self.recorder.as_ref().map_or(Recording::Off, Recorder::state)
    }

    /// What a person should be told of it, each thing once.
    pub fn news(&mut self) -> Option<String> {
        let remark = self.remark.take();
        remark.or_else(|| self.recorder.as_mut().and_then(Recorder::news))
    }

    /// Ends the recording with its verdict and waits until its file is closed.
    pub fn finish(&mut self, verdict: &Verdict) {
        if let Some(recorder) = self.recorder.take() {
            recorder.finish(Some(Judgement {
                outcome: verdict.outcome.key().to_owned(),
                reasons: verdict.reasons.clone(),
                caveats: verdict.caveats.clone(),
            }));
        }
    }
}
