//! A scenario: what a drill does, read from a TOML file and validated once.
//!
//! `spec` is the file as written, `compile` checks it against the catalogue and makes the
//! [`Scenario`], `library` holds the shipped ones. Nothing here runs anything.

pub mod compile;
mod document;
pub mod forecast;
pub mod judging;
pub mod layers;
pub mod library;
pub mod prompts;
pub mod reference;
mod repeat;
pub mod spec;
pub mod target;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::emulator::world::plan::WorldPlan;
use crate::event::Turn;
use crate::fault::FaultPlan;
use crate::load::plan::{CapPlan, LoadPlan, WorkloadPlan};
use crate::patterns::plan::PatternPlan;
use crate::seed::Seed;
use crate::units::Usd;

pub use compile::{ScenarioError, ScenarioErrors};
pub use judging::JudgePlan;
pub use layers::Override;
pub use target::TargetPlan;

/// A validated scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: the file's stem, `region-outage`.
    pub name: String,
    /// What it is about, in a sentence or two.
    pub description: String,
    /// What is really run, in one text: included files are in it, and what the command line set. With
    /// the catalogue it is all that a run needs, but for prompts of the user's own, of which it holds
    /// path and hash. [`Scenario::recorded`] reads it back.
    pub source: Arc<str>,
    /// What it is sent to.
    pub target: TargetPlan,
    /// The seed.
    pub seed: Seed,
    /// How often it is run, each time with another seed; at least 1.
    pub repeats: u32,
    /// How long arrivals go on; `None`: until stopped.
    pub duration: Option<Duration>,
    /// What may still end after the last arrival has this long.
    pub drain: Duration,
    /// The emulator's world.
    pub world: WorldPlan,
    /// The cap on shots in flight, over all patterns.
    pub cap: CapPlan,
    /// The patterns, each with its traffic.
    pub patterns: Vec<PatternLoad>,
    /// What breaks by schedule.
    pub faults: Vec<FaultPlan>,
    /// Dials turned by schedule, the earliest first.
    pub turns: Vec<TurnPlan>,
    /// The most that may be spent; `None`: no cap (only on the embedded emulator).
    pub budget: Option<Usd>,
    /// What is expected of it, and when it is broken off.
    pub judging: JudgePlan,
}

/// A dial turned by schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnPlan {
    /// When.
    pub at: Moment,
    /// Which dial, and its new setting.
    pub turn: Turn,
}

/// A pattern and its traffic.
#[derive(Clone, Debug)]
pub struct PatternLoad {
    /// The pattern, compiled into arms; arm numbers run through the whole scenario.
    pub plan: PatternPlan,
    /// Its arrivals, over all arms. Arms of one pattern share one seeded arrival stream, so that
    /// they are a paired comparison.
    pub load: LoadPlan,
    /// The one stream of `[traffic]`, where the pattern draws on it: the arrivals of each arm, which
    /// `load` is a multiple of. All arms of the patterns that draw on it are a paired comparison.
    pub stream: Option<LoadPlan>,
    /// What it asks.
    pub workload: WorkloadPlan,
    /// Whether it fires from the start.
    pub on: bool,
}
