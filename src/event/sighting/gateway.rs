//! What a gateway claims of an answer, and what the outside world saw of the gateway.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::event::ArmId;
use crate::units::Usd;

/// What a gateway's headers say of one answer. Told with each answer, and not with failures: an
/// error carries none of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatewayClaim {
    /// The way of calling.
    pub arm: ArmId,
    /// The place in the arm's chain of the deployment that is said to have answered.
    pub place: Option<u8>,
    /// Fallbacks claimed.
    pub fallbacks: u32,
    /// Retries claimed.
    pub retries: u32,
    /// What the answer is said to have cost.
    pub cost: Option<Usd>,
    /// What is said to have been spent with this key so far.
    pub spent: Option<Usd>,
}

impl GatewayClaim {
    /// Upstream calls that the gateway says it made for the answer.
    pub fn upstream_calls(&self) -> u64 {
        1 + u64::from(self.fallbacks) + u64::from(self.retries)
    }
}

/// The gateway's upstreams as the emulator saw them, whole counts since the run began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GatewaySeen {
    /// Each way of calling, in the order of the arms.
    pub arms: Vec<GatewayArmSeen>,
}

/// One way of calling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatewayArmSeen {
    /// Which.
    pub arm: ArmId,
    /// Each deployment, in the order of the chain.
    pub deployments: Vec<DeploymentSeen>,
    /// Upstream calls that fit no deployment.
    pub elsewhere: u64,
    /// What the gateway reckons to have spent; only the embedded one can be asked.
    pub spent: Option<Usd>,
    /// The most it may spend.
    pub budget: Option<Usd>,
    /// Requests it refused because the budget was spent.
    pub refused: u64,
}

/// One deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentSeen {
    /// Calls that the emulator saw.
    pub calls: u64,
    /// Of those, begun to be served.
    pub admitted: u64,
    /// Of those, refused or not answered at all.
    pub failed: u64,
    /// Until when the gateway leaves it out; only the embedded one can be asked.
    pub out_until: Option<Moment>,
    /// How often it was left out.
    pub cooldowns: u64,
}

/// What the safe check of a gateway found, before traffic flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayCheck {
    /// Each step: what was asked, and what came of it.
    pub steps: Vec<CheckStep>,
}

/// One step of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// What was asked: `liveness`, `readiness`, `models`, `one token of claude-use1`.
    pub what: String,
    /// Whether it went well.
    pub well: bool,
    /// In words.
    pub words: String,
}
