//! What was seen by asking: the state of things that live in the service, apart from shots.
//!
//! A sighting is the whole state at its moment; a newer one of the same kind replaces it.

mod batch;
pub mod gateway;
pub mod outside;
pub mod provisioned;
pub mod router;

use serde::{Deserialize, Serialize};

pub use batch::{BatchSeen, JobCounts, JobResult, JobSeen, JobState};
pub use router::RouterInUse;

use self::gateway::{GatewayCheck, GatewayClaim, GatewaySeen};
use crate::names::PatternKey;

/// Something seen, and for which pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// The pattern whose panel shows it.
    pub pattern: PatternKey,
    /// What was seen.
    pub of: Seen,
}

/// Kinds of sightings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Seen {
    /// Batch jobs.
    Batch(Box<BatchSeen>),
    /// The asking itself failed; the panel keeps the last state and says how old it is.
    Failed {
        /// What was asked.
        what: String,
        /// Why there is no answer.
        why: String,
    },
    /// What a gateway's upstreams saw of it.
    Gateway(GatewaySeen),
    /// What a gateway was found to be before traffic flowed.
    GatewayCheck(GatewayCheck),
    /// What a gateway claims of one answer; does not replace the one before.
    GatewayClaim(GatewayClaim),
    /// A way of calling has a prompt router, or another one.
    Router(RouterInUse),
    /// Who called from outside.
    Outside(Box<outside::OutsideSeen>),
    /// The account's provisioned units.
    Units(provisioned::UnitsSeen),
}
