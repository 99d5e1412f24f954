//! A recording played: the dashboard's snapshots again, at any speed, from any moment.
//!
//! [`Deck`] decides where a replay should stand: pure. [`spawn`] drives it on a thread of its own:
//! reads the recording, folds it, publishes snapshots. Nothing here measures: a snapshot is the one
//! that the live run showed. What came before the present moment is folded anew when a person goes
//! back, so memory holds one fold however long the recording is.

mod deck;
mod player;
mod reel;
mod repeat;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::clock::Moment;

pub use deck::{Deck, Goal, Order, Speed};
pub use player::{Player, spawn};
pub use reel::Reel;
pub use repeat::as_scenario;

/// Where a replay stands, for the header.
#[derive(Clone, Debug, PartialEq)]
pub struct Playing {
    /// When the run began.
    pub began: Timestamp,
    /// The moment of the run that is shown.
    pub at: Moment,
    /// The moment at which the recording ends.
    pub end: Moment,
    /// How fast it plays, or would.
    pub speed: Speed,
    /// Whether it plays.
    pub plays: bool,
    /// Whether it is still on its way to where it should be.
    pub seeks: bool,
    /// Why it ends before the run did, if it does.
    pub flaw: Option<String>,
}

/// What a replay is steered with. It ends when its remote is gone.
#[derive(Debug)]
pub struct Remote {
    /// Where it stands.
    pub playing: watch::Receiver<Playing>,
    /// What it should do.
    pub orders: mpsc::Sender<Order>,
}

#[cfg(test)]
mod tests;
