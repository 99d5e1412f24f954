//! What a recording is a sequence of.

use crate::clock::Moment;
use crate::event::Event;
use crate::measure::{Fold, Gauges, Snapshot};

/// One thing that was done to the fold.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It was told this.
    Event(Event),
    /// It was looked at, and a snapshot was published.
    Tick {
        /// When.
        at: Moment,
        /// What stood on the gauges.
        gauges: Box<Gauges>,
    },
    /// Its evidence was asked for: this too brings figures up to date.
    Evidence {
        /// When.
        at: Moment,
    },
}

impl Step {
    /// When it was done; for an event, when that happened.
    pub const fn at(&self) -> Moment {
        match self {
            Self::Event(event) => event.at,
            Self::Tick { at, .. } | Self::Evidence { at } => *at,
        }
    }

    /// Does it to a fold again: a tick gives the snapshot that was seen.
    pub fn replay(self, fold: &mut Fold) -> Option<Snapshot> {
        match self {
            Self::Event(event) => fold.take(event),
            Self::Tick { at, gauges } => return Some(fold.snapshot(at, &gauges)),
            Self::Evidence { at } => {
                fold.evidence(at);
            }
        }
        None
    }
}
