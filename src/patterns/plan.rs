//! What a pattern is compiled into: arms, each a chain of routes and a policy for calling it.

use std::sync::Arc;
use std::time::Duration;

use super::batch::BatchPlan;
pub use super::routing::RoutingPlan;
pub use crate::bedrock::RetrySpec;
use crate::catalog::CacheTtl;
use crate::event::{ArmId, Route};
use crate::gateway::GatewayPlan;
use crate::measure::special::prompt_cache::CacheTrack;
use crate::measure::special::provisioned::ProvisionedTrack;
use crate::names::{ArmKey, PatternKey, Secret};

/// A pattern of a run.
#[derive(Clone, Debug)]
pub struct PatternPlan {
    /// Its key.
    pub key: PatternKey,
    /// Its ways of calling, in the order of the panel.
    pub arms: Vec<ArmPlan>,
    /// Dials of its own.
    pub tunes: Vec<TunePlan>,
    /// What it needs beside its arms.
    pub special: SpecialPlan,
}

impl PatternPlan {
    /// A pattern that is no more than its arms.
    pub const fn plain(key: PatternKey, arms: Vec<ArmPlan>) -> Self {
        Self {
            key,
            arms,
            tunes: Vec::new(),
            special: SpecialPlan::None,
        }
    }
}

/// What a pattern needs beside its arms.
#[derive(Clone, Debug, Default)]
pub enum SpecialPlan {
    /// Nothing.
    #[default]
    None,
    /// Batch jobs.
    Batch(Box<BatchPlan>),
    /// Routers, made and exchanged while it runs.
    PromptRouting(RoutingPlan),
    /// Prompt caching.
    PromptCache(CacheTrack),
    /// Somebody looks at the units; their utilisation is folded.
    Provisioned(Arc<ProvisionedTrack>),
    /// A gateway to call through.
    Gateway(Box<GatewaySpecial>),
}

/// The gateway of pattern 6.
#[derive(Clone, Debug)]
pub enum GatewaySpecial {
    /// The embedded one: started with the run.
    Embedded(GatewayPlan),
    /// One that runs already.
    Outside(OutsideGateway),
}

/// A gateway at a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideGateway {
    /// Its URL, without a path: `http://127.0.0.1:4000`.
    pub url: String,
    /// The key it is called with.
    pub key: Secret,
    /// The model that is asked for: one of its groups.
    pub alias: String,
    /// What it calls the deployments of the chain in `x-litellm-model-id`, in the chain's order.
    pub ids: Vec<Arc<str>>,
    /// The name under which the emulator knows it as a caller: its user agent's product.
    pub seen_as: Arc<str>,
}

/// A dial of a pattern's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TunePlan {
    /// Its key in commands.
    pub key: &'static str,
    /// Its name on the screen.
    pub label: &'static str,
    /// The unit shown behind the value; empty for a plain number.
    pub unit: &'static str,
    /// The least it can be set to.
    pub least: f64,
    /// The most it can be set to.
    pub most: f64,
    /// One press of a key.
    pub step: f64,
    /// Where it stands at the start.
    pub start: f64,
}

/// A way of calling.
#[derive(Clone, Debug)]
pub struct ArmPlan {
    /// Its number in the run.
    pub id: ArmId,
    /// The pattern.
    pub pattern: PatternKey,
    /// Its key, `geo profile`.
    pub key: ArmKey,
    /// What it calls, in words.
    pub about: String,
    /// Where it goes, the preferred route first. Never empty.
    pub chain: Vec<Arc<Route>>,
    /// How it calls.
    pub policy: CallPolicy,
}

/// How a chain is called.
#[derive(Clone, Debug, PartialEq)]
pub struct CallPolicy {
    /// The whole shot must be over by then, from its send.
    pub deadline: Duration,
    /// One attempt (to its headers) must be answered by then.
    pub attempt_timeout: Duration,
    /// A stream may be silent for so long.
    pub idle_timeout: Duration,
    /// Attempts the SDK's own standard retries make at one hop; 1: none.
    pub sdk_attempts: u32,
    /// Which version of the SDK's standard retries.
    pub retry_spec: RetrySpec,
    /// Between the rounds through the chain.
    pub backoff: Backoff,
    /// How often the chain is gone through; 1: each route is tried once.
    pub rounds: u32,
    /// A breaker for each route; `None`: none.
    pub breaker: Option<BreakerPlan>,
    /// A budget for attempts beyond the first; `None`: as many as the policy allows.
    pub retry_budget: Option<RetryBudgetPlan>,
    /// The checkpoint behind a document that stands before the prompt; `None`: no checkpoint.
    pub cache_point: Option<CacheTtl>,
}

impl Default for CallPolicy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(10),
            sdk_attempts: 3,
            retry_spec: RetrySpec::V2_0,
            backoff: Backoff::default(),
            rounds: 1,
            breaker: None,
            retry_budget: None,
            cache_point: None,
        }
    }
}

impl CallPolicy {
    /// What suits a chain with somewhere to go: one retry layer (the chain itself), a breaker for
    /// each route and a budget for retries.
    ///
    /// The attempt timeout is to the headers of a stream, which come with its first token, and to
    /// the end of an answer that is not streamed. It must lie well above the slowest healthy first
    /// token, or a healthy route is given up and its breaker opens: 4 s is more than four times the
    /// median of the slow models. A fast model can have less, and then a silent endpoint costs less;
    /// answers that are not streamed need more.
    pub fn fallback() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(4),
            sdk_attempts: 1,
            rounds: 2,
            breaker: Some(BreakerPlan::default()),
            retry_budget: Some(RetryBudgetPlan::default()),
            ..Self::default()
        }
    }
}

/// Exponential back-off with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait is drawn from zero up to this.
    pub initial: Duration,
    /// No wait is longer.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(100),
            max: Duration::from_secs(5),
        }
    }
}

/// When a breaker opens and how it closes again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerPlan {
    /// The newest so many calls are judged.
    pub window: u32,
    /// It opens when this share of them failed (and at least `min_calls` were made).
    pub failure_share: f64,
    /// Too few calls say nothing.
    pub min_calls: u32,
    /// How long it stays open before it lets probes pass.
    pub open_for: Duration,
    /// So many probes at once while half-open; as many successes close it.
    pub probes: u32,
}

impl Default for BreakerPlan {
    fn default() -> Self {
        Self {
            window: 10,
            failure_share: 0.5,
            min_calls: 5,
            open_for: Duration::from_secs(5),
            probes: 2,
        }
    }
}

/// A token bucket for attempts beyond the first, shared by all shots of an arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudgetPlan {
    /// Retries allowed for each shot, on average.
    pub per_shot: f64,
    /// Retries that may be saved up.
    pub burst: f64,
}

impl Default for RetryBudgetPlan {
    fn default() -> Self {
        Self {
            per_shot: 0.5,
            burst: 100.0,
        }
    }
}
