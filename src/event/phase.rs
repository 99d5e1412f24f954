//! The phases of a run.

use serde::{Deserialize, Serialize};

/// What a run is doing, in the order in which a drill goes through it. A shot belongs to the phase
/// in which it was intended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Connections, breakers and caches settle; nothing of it is judged.
    WarmUp,
    /// Nothing is broken, and nothing was yet.
    Steady,
    /// At least one fault is in force.
    Fault,
    /// Every fault is over; the run is not what it was before.
    Recovery,
    /// The recovery's end condition was met.
    Recovered,
    /// No more arrivals; what is in flight may end.
    Drain,
    /// Over.
    Done,
}

impl Phase {
    /// The phases in which shots are intended and judged.
    pub const JUDGED: [Self; 4] = [Self::Steady, Self::Fault, Self::Recovery, Self::Recovered];

    /// As it is shown and written: `warm-up`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Steady => "steady",
            Self::Fault => "fault",
            Self::Recovery => "recovery",
            Self::Recovered => "recovered",
            Self::Drain => "drain",
            Self::Done => "done",
        }
    }

    /// Its place among [`Phase::JUDGED`]; `None` for the others.
    pub fn place(self) -> Option<usize> {
        Self::JUDGED.iter().position(|judged| *judged == self)
    }
}

/// Why a run ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutCause {
    /// A stop condition was met, or the budget was spent.
    Stopped,
    /// The steady state was not what the scenario says, so nothing was broken.
    Unsteady,
    /// Somebody asked: a signal, or the dashboard.
    Asked,
}
