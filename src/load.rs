//! Load: open-loop arrivals, a concurrency cap, and the prompts that are sent.
//!
//! A shot has an intended time and never waits for another's reply. Knows nothing of the service:
//! it fires through [`Fire`], which the patterns implement.

use std::future::Future;

use crate::clock::Moment;
use crate::event::{Attempt, ShotEnd, ShotId};
use crate::units::{TokenUsage, Usd};

pub mod arrivals;
pub mod conversation;
mod course;
pub mod dials;
pub mod document;
pub mod engine;
pub mod gate;
pub mod plan;
pub mod prompts;
mod words;
pub mod workload;

pub use arrivals::{Arrival, Arrivals};
pub use dials::{DialPlan, DialReader, Dials, Turn};
pub use engine::{LanePlan, LaneReport, Source};
pub use gate::{Gate, GateCounts, Place};
pub use workload::{Prompt, Workload};

/// A shot that left the queue and is to be fired now.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Which one.
    pub id: ShotId,
    /// When the schedule wanted it.
    pub intended_at: Moment,
    /// When it was handed over.
    pub sent_at: Moment,
    /// What it asks.
    pub prompt: Prompt,
}

/// What became of a fired shot.
#[derive(Clone, Debug)]
pub struct Fired {
    /// How it ended; never [`ShotEnd::Shed`].
    pub end: ShotEnd,
    /// Every wire call, in order.
    pub attempts: Vec<Attempt>,
    /// When the first token of the answer that counted came.
    pub first_token_at: Option<Moment>,
    /// What the answer that counted used.
    pub usage: TokenUsage,
    /// What all attempts cost together.
    pub cost: Usd,
}

/// A way of calling, as the engine sees it.
///
/// One value lives on one runtime; it need not be `Send`.
pub trait Fire: 'static {
    /// Fires a shot and follows it to its end. A failure is data, never an error.
    fn fire(&self, shot: Shot) -> impl Future<Output = Fired>;
}
