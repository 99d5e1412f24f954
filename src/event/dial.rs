//! Dials that can be turned while a run goes on, by hand or by the scenario's time line.

use serde::{Deserialize, Serialize};

use crate::names::PatternKey;

/// A dial and its new setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Turn {
    /// Shots a second of a pattern, over all its arms (`None`: of every pattern, in proportion: each
    /// is multiplied by the factor that the sum needs).
    Rate {
        /// The pattern.
        pattern: Option<PatternKey>,
        /// Shots a second.
        rate: f64,
    },
    /// The cap on shots in flight.
    Concurrency(u64),
    /// A pattern's traffic on or off.
    On {
        /// The pattern.
        pattern: PatternKey,
        /// Whether it fires.
        on: bool,
    },
    /// Arrivals of the whole run stop or go on.
    Paused(bool),
    /// A dial of a pattern's own; out of range, it goes to the nearest end.
    Own {
        /// The pattern.
        pattern: PatternKey,
        /// The dial's key.
        dial: String,
        /// Its new setting, in the dial's unit.
        value: f64,
    },
}
