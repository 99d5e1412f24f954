//! Who called from outside, as the server saw it.

use serde::{Deserialize, Serialize};

use crate::event::ArmId;

/// All callers since the run began, and how far their calls could be told apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OutsideSeen {
    /// The callers, ordered by name.
    pub callers: Vec<OutsideCaller>,
    /// Operations whose last attempt failed and that may still be repeated.
    pub waiting: u64,
    /// Operations with an attempt under way.
    pub under_way: u64,
    /// Requests that could be the repeat of more than one failed operation.
    pub ambiguous: u64,
    /// Operations that were still under way when the run ended: neither answered nor lost.
    pub unresolved: u64,
    /// Facts of the server that were lost on their way: what they were of is not counted.
    pub unheard: u64,
}

/// One caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutsideCaller {
    /// What it calls itself.
    pub name: String,
    /// The access key, its middle left out; `None`: a bearer key.
    pub access_key: Option<String>,
    /// The way of calling under which it is measured.
    pub arm: ArmId,
    /// Calls that came in.
    pub calls: u64,
    /// Of those, not over yet.
    pub in_flight: u64,
    /// Answered in full.
    pub served: u64,
    /// Throttled.
    pub throttled: u64,
    /// Ended otherwise.
    pub failed: u64,
}
