//! What kind of world the emulator is.

use std::time::Duration;

pub use super::access::AccessPlan;
use super::batch::BatchPlan;
use super::guardrail::GuardrailPlan;
pub use super::metrics::HistoryPlan;
pub use super::service_quotas::increases::{IncreaseAnswer, IncreasesPlan};
pub use super::units::plan::{StandingUnits, UnitsPlan};
use crate::catalog::QuotaFamily;
use crate::names::{ModelId, Region};

/// The settings of a world. `Default` is an account with the catalogue's default quotas on a
/// normal day.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldPlan {
    /// Quotas that differ from the catalogue's.
    pub quotas: Vec<QuotaOverride>,
    /// How long answers take.
    pub latency: LatencyPlan,
    /// Other tenants of the regions.
    pub background: BackgroundPlan,
    /// The region of a call that names none (bearer keys).
    pub default_region: Region,
    /// Models the account has no access to.
    pub denied_models: Vec<ModelId>,
    /// Length of replies.
    pub replies: ReplyPlan,
    /// The prompt cache.
    pub cache: CachePlan,
    /// How many times faster than in life batch jobs and provisioning go on; at least 1. Never
    /// latencies, quotas or cache lifetimes.
    pub time_scale: f64,
    /// The loopback port it listens on in real time; 0: any free one. For a gateway that must know
    /// it beforehand.
    pub port: u16,
    /// How batch jobs go on.
    pub batch: BatchPlan,
    /// Prompt routers.
    pub routing: RoutingPlan,
    /// Provisioned throughput.
    pub units: UnitsPlan,
    /// What the account did before the run began, as CloudWatch shows it.
    pub history: HistoryPlan,
    /// How long after its end CloudWatch shows a minute (an assumption: the service publishes none).
    pub metrics_delay: Duration,
    /// How requests for more of a quota go.
    pub increases: IncreasesPlan,
    /// Who may do what, and how well the services can be reached.
    pub access: AccessPlan,
    /// Guardrails that every account has.
    pub guardrails: Vec<GuardrailPlan>,
    /// How late CloudTrail shows an event.
    pub trail_delay: Duration,
}

impl Default for WorldPlan {
    fn default() -> Self {
        Self {
            quotas: Vec::new(),
            latency: LatencyPlan::default(),
            background: BackgroundPlan::default(),
            default_region: Region::from("us-east-1"),
            denied_models: Vec::new(),
            replies: ReplyPlan::default(),
            cache: CachePlan::default(),
            time_scale: 1.0,
            port: 0,
            batch: BatchPlan::default(),
            routing: RoutingPlan::default(),
            units: UnitsPlan::default(),
            history: HistoryPlan::default(),
            metrics_delay: Duration::from_secs(60),
            increases: IncreasesPlan::default(),
            access: AccessPlan::default(),
            guardrails: vec![GuardrailPlan::default()],
            trail_delay: super::trail::USUAL_DELAY,
        }
    }
}

/// Prompt routers.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingPlan {
    /// Custom routers that every account has from the beginning.
    pub standing: Vec<StandingRouter>,
    /// Custom routers an account may have in a region.
    pub most_custom: u64,
}

/// A custom router that is there from the beginning, over models called in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingRouter {
    /// The end of its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub region: Region,
    /// The fallback model.
    pub fallback: ModelId,
    /// The other one.
    pub other: ModelId,
    /// The response quality difference, in points of 100.
    pub difference: f64,
}

impl Default for RoutingPlan {
    fn default() -> Self {
        let standing = StandingRouter {
            id: "bedrill0nova".to_owned(),
            name: "bedrill-nova".to_owned(),
            region: Region::from("us-east-1"),
            fallback: ModelId::from("amazon.nova-lite-v1:0"),
            other: ModelId::from("amazon.nova-pro-v1:0"),
            difference: 10.0,
        };
        Self {
            standing: vec![standing],
            most_custom: 500,
        }
    }
}

/// A quota that differs from the catalogue's.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaOverride {
    /// The model.
    pub model: ModelId,
    /// Which quota; `None`: all three.
    pub family: Option<QuotaFamily>,
    /// Where; `None`: everywhere.
    pub region: Option<Region>,
    /// Requests per minute; `None`: leave as it is; `Some(None)`: no such quota.
    pub requests_per_minute: Option<Option<u64>>,
    /// Tokens per minute; `None`: leave as it is.
    pub tokens_per_minute: Option<u64>,
    /// Tokens per day; `None`: leave as it is. A cross-region pool has twice as many.
    pub tokens_per_day: Option<u64>,
}

/// How long answers take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LatencyPlan {
    /// The catalogue's latency model times a factor (1: as in life).
    Modelled {
        /// The factor.
        scale: f64,
    },
    /// Exactly so long to the first token and between tokens, no draw and no load: for benches
    /// and tests.
    Fixed {
        /// From arrival to the first token.
        first_token: Duration,
        /// Between tokens.
        per_token: Duration,
    },
}

impl Default for LatencyPlan {
    fn default() -> Self {
        Self::Modelled { scale: 1.0 }
    }
}

/// Other tenants: how much of a region's capacity for a model they take. An assumption; the real
/// service publishes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackgroundPlan {
    /// Mean load, as a share of capacity.
    pub mean: f64,
    /// How far it swells and ebbs around the mean.
    pub swing: f64,
    /// How long a swell and an ebb take together.
    pub period: Duration,
}

impl Default for BackgroundPlan {
    fn default() -> Self {
        Self {
            mean: 0.55,
            swing: 0.15,
            period: Duration::from_secs(600),
        }
    }
}

/// Length of replies, drawn per request, log-normal, never above `maxTokens`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplyPlan {
    /// Median, in tokens.
    pub median_tokens: f64,
    /// Sigma of the logarithm; 0: always the median.
    pub sigma: f64,
}

impl Default for ReplyPlan {
    fn default() -> Self {
        Self {
            median_tokens: 60.0,
            sigma: 0.5,
        }
    }
}

/// The prompt cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CachePlan {
    /// Whether prompts of Claude and Nova are kept without checkpoints too, free of charge. The
    /// service does so as best it can; here it is off unless asked for, and then never misses.
    pub implicit: bool,
}
