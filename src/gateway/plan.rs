//! What a gateway is told to be.

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::{ForeignModel, Model, QuotaFamily};
use crate::names::{ModelRef, Region};
use crate::units::{TokenUsage, Usd};

/// A whole gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewayPlan {
    /// The key that its clients send.
    pub key: Arc<str>,
    /// Its groups; a client asks for one by its name, as for a model.
    pub groups: Vec<Arc<GroupPlan>>,
}

/// Deployments that stand for one another under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPlan {
    /// The name, the `model` of a request.
    pub name: Arc<str>,
    /// Whom it asks first.
    pub strategy: Strategy,
    /// What it may ask, the preferred first. Never empty.
    pub deployments: Vec<DeploymentPlan>,
    /// Times a deployment is asked again before the next one is; 0: one retry layer, the chain.
    pub retries: u32,
    /// Deployments tried after the first, at most.
    pub max_fallbacks: u32,
    /// When a deployment is left out.
    pub cooldown: CooldownPlan,
    /// The most that may be spent; `None`: no budget.
    pub budget: Option<Usd>,
    /// Time to an upstream's first token, or to its whole answer.
    pub timeout: Duration,
}

/// Whom a group asks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strategy {
    /// The first in order that is not left out.
    Ordered,
    /// By weight, at random.
    Weighted,
    /// Whoever answered fastest of late.
    LeastLatency,
}

impl Strategy {
    /// Every strategy, in the order of the panel.
    pub const ALL: [Self; 3] = [Self::Ordered, Self::Weighted, Self::LeastLatency];

    /// Its key in scenarios, and the name of its group.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
            Self::LeastLatency => "least-latency",
        }
    }
}

/// One target of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentPlan {
    /// Its identifier, as `x-litellm-model-id` says it.
    pub id: Arc<str>,
    /// How it is reached.
    pub way: Way,
    /// Its share under [`Strategy::Weighted`].
    pub weight: u32,
}

/// How a deployment is reached, and what is paid there.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// Converse at a region's endpoint.
    Bedrock {
        /// The region called.
        region: Region,
        /// The model or profile.
        target: ModelRef,
        /// The model behind it, for prices.
        model: Arc<Model>,
        /// The quota family, for prices.
        family: QuotaFamily,
    },
    /// Another provider's OpenAI-style endpoint.
    Foreign(Arc<ForeignModel>),
}

impl Way {
    /// What a call costs.
    pub fn cost(&self, usage: TokenUsage) -> Usd {
        match self {
            Self::Bedrock { model, family, .. } => model.cost(*family, usage),
            Self::Foreign(model) => model.cost(usage),
        }
    }

    /// The longest reply.
    pub fn max_output(&self) -> u64 {
        match self {
            Self::Bedrock { model, .. } => model.max_output,
            Self::Foreign(model) => model.max_output,
        }
    }
}

/// When a deployment is left out, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CooldownPlan {
    /// Failures within `lasts` that are let pass; one more, and it is out.
    pub allowed_fails: u32,
    /// How long it is out. Then the next request of a user is the probe: there is no half-open
    /// state.
    pub lasts: Duration,
}

impl Default for CooldownPlan {
    /// LiteLLM's five seconds, and out at the first failure, as its rule for 429s in a group of
    /// several is.
    fn default() -> Self {
        Self {
            allowed_fails: 0,
            lasts: Duration::from_secs(5),
        }
    }
}
