//! Prompt routers, as the service describes them.

use serde::{Deserialize, Serialize};

use crate::event::ArmId;
use crate::names::ModelRef;

/// The router that a way of calling uses from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouterInUse {
    /// Who calls it.
    pub arm: ArmId,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its response quality difference, in points of 100, as the service says.
    pub difference: f64,
    /// Its fallback model or profile.
    pub fallback: ModelRef,
}
