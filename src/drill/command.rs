//! What may be asked of a running drill. Intents go down, facts come up.

use std::time::Duration;

use crate::event::FaultId;
use crate::fault::{FaultKind, FaultShape, Scope};
use crate::names::PatternKey;
use crate::units::Share;

/// An order to a running drill. Every one that changes something comes back as a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Shots a second of each arm of a pattern (`None`: every pattern, in proportion: the factor
    /// that the sum needs).
    SetRate {
        /// The pattern.
        pattern: Option<PatternKey>,
        /// Shots a second, over all its arms.
        rate: f64,
    },
    /// The cap on shots in flight.
    SetConcurrency(u64),
    /// A pattern's traffic on or off.
    SetOn {
        /// The pattern.
        pattern: PatternKey,
        /// Whether it fires.
        on: bool,
    },
    /// Turns a dial of a pattern's own; out of range, it goes to the nearest end.
    Tune {
        /// The pattern.
        pattern: PatternKey,
        /// The dial's key, as [`crate::measure::snapshot::TuneView`] shows it.
        dial: String,
        /// Its new setting, in the dial's unit.
        value: f64,
    },
    /// Arrivals of the whole run stop or go on.
    SetPaused(bool),
    /// Break something, from now on.
    Inject {
        /// What.
        kind: FaultKind,
        /// Where.
        scope: Scope,
        /// How much.
        share: Share,
        /// Its course.
        shape: FaultShape,
        /// How long; it is lifted by itself.
        lasts: Duration,
    },
    /// Lift one fault.
    Lift(FaultId),
    /// Lift all faults.
    LiftAll,
    /// End the run: arrivals stop, what is in flight may end within the drain time.
    Stop,
}
