//! Which units a world has from the start, and what its accounts may buy.

use std::time::Duration;

use crate::catalog::Commitment;
use crate::names::{ModelId, Region};

/// The settings of provisioned throughput. `Default`: one unit in service, and a quota of zero for
/// new ones, which is what every account has until a support case is through.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitsPlan {
    /// Model units that an account may buy in a region, with or without a term, beside those in
    /// service from the start.
    pub quota: u64,
    /// How long it takes, in life, until a unit that was bought is in service (an assumption: the
    /// service only says that it takes a while). The world's time scale divides it.
    pub provisioning: Duration,
    /// Whether units that are bought end as `Failed` instead.
    pub fails: bool,
    /// Units in service from the start. What the catalogue does not offer is left out.
    pub standing: Vec<StandingUnits>,
}

/// Model units in service from the start, in every account.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingUnits {
    /// Their name.
    pub name: String,
    /// Their model, by its bare identifier; units are of its largest context variant.
    pub model: ModelId,
    /// Where.
    pub region: Region,
    /// How many model units.
    pub units: u64,
    /// The term they were bought for.
    pub commitment: Option<Commitment>,
}

impl Default for UnitsPlan {
    fn default() -> Self {
        Self {
            quota: 0,
            provisioning: Duration::from_secs(600),
            fails: false,
            standing: vec![StandingUnits {
                name: "nova-pro-standing".to_owned(),
                model: ModelId::from("amazon.nova-pro-v1:0"),
                region: Region::from("us-east-1"),
                units: 1,
                commitment: None,
            }],
        }
    }
}
