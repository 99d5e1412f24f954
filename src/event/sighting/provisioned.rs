//! Provisioned throughput as the service lists it.

use serde::{Deserialize, Serialize};

use crate::names::ModelRef;

/// All units of the account in one region, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnitsSeen {
    /// The units.
    pub units: Vec<UnitSeen>,
}

/// One purchase of model units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitSeen {
    /// Its ARN, which is called as `modelId`.
    pub arn: ModelRef,
    /// Its name.
    pub name: String,
    /// What it is of, with the context variant: `amazon.nova-pro-v1:0:300k`.
    pub model: String,
    /// `Creating`, `InService`, `Updating` or `Failed`, in the service's spelling.
    pub status: String,
    /// Model units.
    pub units: u64,
    /// `OneMonth` or `SixMonths`, in the service's spelling; `None`: no term.
    pub commitment: Option<String>,
    /// The date its term ends.
    pub committed_until: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}
