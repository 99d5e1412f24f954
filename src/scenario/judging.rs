//! What a scenario expects of a run, and when it is to be broken off: validated, not yet judged.

use std::time::Duration;

use crate::event::{ArmId, Phase};
use crate::measure::evidence::EvidencePlan;
use crate::measure::figure::FigurePlan;
use crate::measure::pairing::PairPlan;
use crate::units::{Share, Usd};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JudgePlan {
    /// What must hold for the run to pass.
    pub expectations: Vec<Expectation>,
    /// What must hold before anything is broken.
    pub steady: SteadyPlan,
    /// When the recovery is over; `None`: with the run.
    pub recovery: Option<RecoveryPlan>,
    /// When the run is broken off.
    pub stop: StopPlan,
    /// Which ways of calling are compared.
    pub comparisons: Vec<Comparison>,
}

/// A figure and its bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Whose figure: `fallback/other regions`.
    pub of: String,
    /// The figure.
    pub figure: FigurePlan,
    /// Its bound.
    pub bound: Bound,
}

/// A bound, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The figure must not lie below.
    AtLeast(f64),
    /// The figure must not lie above.
    AtMost(f64),
}

/// Warm-up and steady state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SteadyPlan {
    /// How long the warm-up takes.
    pub warm_up: Duration,
    /// The hypothesis: figures of the steady phase; empty: there is none.
    pub hypothesis: Vec<Expectation>,
}

/// The end condition of the recovery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecoveryPlan {
    /// Each way of calling that is on must have this availability...
    pub availability: Share,
    /// ...over so many of the newest whole seconds.
    pub holds: Duration,
    /// It must have come so far by then, from the last fault's end.
    pub within: Duration,
    /// Whether the run ends with the recovery, where no fault is to come.
    pub ends_run: bool,
}

/// When a run is broken off, and every fault lifted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StopPlan {
    /// Whose availability counts; empty: everybody's, together.
    pub arms: Vec<ArmId>,
    /// Whose, in words.
    pub of: String,
    /// Availability over `over` that must not be fallen below.
    pub availability: Option<Share>,
    /// How fast an error budget may burn.
    pub burn: Option<BurnPlan>,
    /// Seconds that availability and burn rate look back.
    pub over: u64,
    /// Money that must not be passed; the budget counts as well.
    pub spend: Option<Usd>,
}

/// A bound on the burn rate: failures as a multiple of what the objective allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnPlan {
    /// At most this multiple.
    pub rate: f64,
    /// The objective, an availability below 100%.
    pub objective: f64,
}

/// Two ways of calling that are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first's name.
    pub first: String,
    /// The second's name.
    pub second: String,
    /// What is compared.
    pub pair: PairPlan,
}

impl JudgePlan {
    /// What must be measured for it: the figures of the expectations, then those of the hypothesis.
    pub fn evidence(&self) -> EvidencePlan {
        let asked = self.expectations.iter().chain(&self.steady.hypothesis);
        EvidencePlan {
            figures: asked.map(|expectation| expectation.figure).collect(),
            pairs: self
                .comparisons
                .iter()
                .map(|comparison| comparison.pair)
                .collect(),
        }
    }
}

impl Expectation {
    /// The phase it is about, in words.
    pub fn phase(&self) -> &'static str {
        self.figure.phase.map_or("whole", Phase::key)
    }
}
