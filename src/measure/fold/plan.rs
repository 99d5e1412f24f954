//! What a fold is made for, and what stands beside the facts when it is looked at.

use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::Catalog;
use crate::fault::FaultPlan;
use crate::measure::arm::ArmTrack;
use crate::measure::evidence::EvidencePlan;
use crate::measure::snapshot::{Recording, RunInfo, TuneView};
use crate::measure::special::SpecialFold;
use crate::names::PatternKey;
use crate::units::Usd;

/// What a fold is to measure.
#[derive(Debug)]
pub struct FoldPlan {
    /// What the run is.
    pub run: RunInfo,
    /// Its patterns in order; the arms' numbers run through all of them from zero.
    pub patterns: Vec<PatternTrack>,
    /// Prices, for the cost of attempts that did not count.
    pub catalog: Arc<Catalog>,
    /// The most that may be spent.
    pub budget: Option<Usd>,
    /// What a verdict needs.
    pub evidence: EvidencePlan,
}

/// A pattern that is to be measured.
#[derive(Debug)]
pub struct PatternTrack {
    /// Its key.
    pub key: PatternKey,
    /// Its ways of calling.
    pub arms: Vec<ArmTrack>,
    /// What folds its own measure, if it has one.
    pub special: Option<Box<dyn SpecialFold>>,
}

/// What stands on the engine's gauges when a snapshot is taken: not facts, but states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// The date and time.
    pub wall: Timestamp,
    /// Whether the run is over; then all that was told is folded, whatever its moment.
    pub finished: bool,
    /// Shots waiting before the cap.
    pub queued: u64,
    /// The cap.
    pub concurrency_cap: u64,
    /// Events lost on their way here.
    pub lost_events: u64,
    /// Whether the run is recorded.
    pub recording: Recording,
    /// Whether each pattern's traffic is on.
    pub patterns_on: Vec<bool>,
    /// Each pattern's own dials.
    pub tunes: Vec<Vec<TuneView>>,
    /// Each arm's gauges, by its number.
    pub arms: Vec<ArmGauge>,
    /// Faults in force or to come.
    pub faults: Vec<FaultPlan>,
    /// What the spend guard has booked as spent; zero where there is no cap.
    pub settled: Usd,
    /// What it holds back for calls under way.
    pub reserved: Usd,
}

/// One arm's gauges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ArmGauge {
    /// Shots a second asked for.
    pub asked_rate: f64,
    /// Shots in flight.
    pub in_flight: u64,
}
