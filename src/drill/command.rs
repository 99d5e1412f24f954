//! What may be asked of a running drill. Intents go down, facts come up.

use std::time::Duration;

use crate::event::{FaultId, Turn};
use crate::fault::{FaultKind, FaultShape, Scope};
use crate::units::Share;

/// An order to a running drill. Every one that changes something comes back as a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Turn a dial.
    Turn(Turn),
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
