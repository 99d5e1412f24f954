//! A recording being folded again, towards a goal. Reads the file; waits for nothing.

use std::sync::Arc;

use super::deck::Goal;
use crate::clock::Moment;
use crate::drill::recorded::Recorded;
use crate::measure::{Fold, Gauges, Snapshot};
use crate::recording::{Cursor, RecordingError, Step};

/// Steps that are done before orders are looked at again: some milliseconds.
const SLICE: usize = 1_024;

/// A recording with the fold of its steps so far.
#[derive(Debug)]
pub struct Reel {
    run: Recorded,
    fold: Fold,
    cursor: Cursor,
    /// The step that is next, once it was read.
    next: Option<Step>,
    shown: Arc<Snapshot>,
    /// Whether the snapshot shown is the first one.
    at_start: bool,
    flaw: Option<String>,
}

impl Reel {
    /// A recording, folded up to its first snapshot.
    ///
    /// # Errors
    /// If not even that can be read.
    pub fn new(run: Recorded) -> Result<Self, RecordingError> {
        let mut fold = run.fold();
        let mut cursor = Cursor::default();
        let first = first(&run, &mut fold, &mut cursor)?;
        // A run of no steps shows what a run shows before its first.
        let first = first.unwrap_or_else(|| fold.snapshot(Moment::ZERO, &Gauges::default()));
        Ok(Self {
            fold,
            cursor,
            next: None,
            shown: Arc::new(first),
            at_start: true,
            flaw: None,
            run,
        })
    }

    /// The recording.
    pub const fn run(&self) -> &Recorded {
        &self.run
    }

    /// What there is to see at the moment it stands at.
    pub const fn shown(&self) -> &Arc<Snapshot> {
        &self.shown
    }

    /// Why it goes no further than it does, if that is not the run's end.
    pub fn flaw(&self) -> Option<&str> {
        self.flaw.as_deref()
    }

    /// Goes some steps towards a goal; whether it stands there now, or there is nothing beyond.
    ///
    /// What lies before is folded again from the start.
    pub fn advance(&mut self, goal: Goal) -> bool {
        if let Goal::To(target) = goal
            && target < self.shown.at
            && !self.at_start
        {
            self.rewind();
        }
        for _ in 0..SLICE {
            if self.next.is_none() {
                self.next = self.read();
            }
            let Some(step) = self.next.take() else {
                return true;
            };
            if let (Goal::To(target), Step::Tick { at, .. }) = (goal, &step)
                && *at > target
            {
                self.next = Some(step);
                return true;
            }
            if let Some(snapshot) = step.replay(&mut self.fold) {
                self.shown = Arc::new(snapshot);
                self.at_start = false;
                let newest = self.shown.markers.last();
                if matches!(goal, Goal::MarkerAfter(after) if newest.is_some_and(|mark| mark.at > after)) {
                    return true;
                }
            }
        }
        false
    }

    fn read(&mut self) -> Option<Step> {
        match self.run.recording.next_step(&mut self.cursor) {
            Ok(step) => step,
            Err(problem) => {
                self.flaw = Some(problem.to_string());
                None
            }
        }
    }

    fn rewind(&mut self) {
        self.fold = self.run.fold();
        self.cursor = Cursor::default();
        self.next = None;
        match first(&self.run, &mut self.fold, &mut self.cursor) {
            Ok(Some(first)) => self.shown = Arc::new(first),
            Ok(None) => {}
            Err(problem) => self.flaw = Some(problem.to_string()),
        }
        self.at_start = true;
    }
}

/// The first snapshot of a recording.
fn first(run: &Recorded, fold: &mut Fold, cursor: &mut Cursor) -> Result<Option<Snapshot>, RecordingError> {
    while let Some(step) = run.recording.next_step(cursor)? {
        if let Some(snapshot) = step.replay(fold) {
            return Ok(Some(snapshot));
        }
    }
    Ok(None)
}
