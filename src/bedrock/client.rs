//! SDK clients: one set for each runtime, over one connection pool.
//!
//! Why each setting is as it is stands in `docs/decisions/0002-client-settings.md`.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{
    Builder, Region as SdkRegion, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::TimeSource;
use aws_smithy_types::timeout::TimeoutConfig;

use super::attempts::Watch;
use super::faults::{ClientFaults, Tap};
use super::retries::{Partitions, RetrySpec};
use super::spend::{Metered, SpendGuard};
use super::target::Target;
use crate::clock::Clock;
use crate::event::Route;
use crate::names::PatternKey;

/// Time to make a connection: the SDK's own default. One value for every client, as the pool is
/// kept by it.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// What the clients of a runtime are made from. Clones for other runtimes share faults and retry
/// quotas.
#[derive(Clone, Debug)]
pub struct ClientPlan {
    /// What they call.
    pub target: Target,
    /// The run's time.
    pub clock: Clock,
    /// The faults that are injected beneath the retries.
    pub faults: ClientFaults,
    /// The retry quotas of the drill.
    pub partitions: Partitions,
    /// What keeps the run beneath its cap; `None`: there is no cap.
    pub spend: Option<SpendGuard>,
}

impl ClientPlan {
    /// Clients of a target, without faults and with full retry quotas.
    pub fn new(target: Target, clock: Clock) -> Self {
        Self {
            target,
            clock,
            faults: ClientFaults::default(),
            partitions: Partitions::default(),
            spend: None,
        }
    }

    /// A new transport with a pool of its own, beneath which nothing is sent that the spend guard
    /// does not let pass.
    pub(super) fn transport(&self) -> SharedHttpClient {
        let transport = self.target.transport();
        match &self.spend {
            None => transport,
            Some(guard) => Metered::over(transport, guard.clone()),
        }
    }
}

/// The SDK clients of one runtime and their connection pool. Cheap to clone, not to be sent.
#[derive(Clone, Debug)]
pub struct Clients {
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    plan: ClientPlan,
    transport: SharedHttpClient,
}

impl Clients {
    /// The clients of the runtime that this is called on. Nothing is built or connected yet.
    pub fn new(plan: ClientPlan) -> Self {
        let transport = Tap::over(plan.transport(), plan.clock.clone(), plan.faults.clone());
        Self {
            shared: Rc::new(Shared { plan, transport }),
        }
    }

    /// The client of one hop: its SDK client is built at the first call.
    pub fn hop(&self, plan: HopPlan) -> HopClient {
        HopClient {
            plan: Arc::new(plan),
            clients: self.clone(),
            sdk: OnceCell::new(),
        }
    }

    pub(super) fn plan(&self) -> &ClientPlan {
        &self.shared.plan
    }

    pub(super) fn transport(&self) -> SharedHttpClient {
        self.shared.transport.clone()
    }

    fn build(&self, hop: &HopPlan) -> Client {
        let plan = &self.shared.plan;
        let route = &*hop.route;
        let partition = plan
            .partitions
            .get(&hop.pattern, &route.region, &route.target, hop.retry_spec);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(hop.attempt_timeout)
            .build();
        let mut config = Builder::from(&plan.target.base().build())
            .region(SdkRegion::new(route.region.to_string()))
            .http_client(self.shared.transport.clone())
            .retry_config(hop.retry_spec.config(hop.sdk_attempts))
            .retry_partition(partition)
            .timeout_config(timeouts)
            .sleep_impl(TokioSleep::new())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .interceptor(Watch {
                clock: plan.clock.clone(),
            });
        if plan.target.is_local() {
            // AWS refuses a signature whose date is off, and the run's clock stands still while
            // the machine sleeps: only local calls are signed by it.
            config = config.time_source(RunTime(plan.clock.clone()));
        }
        Client::from_conf(config.build())
    }
}

/// How one hop is called.
#[derive(Clone, Debug)]
pub struct HopPlan {
    /// The pattern that calls, for faults in its scope.
    pub pattern: PatternKey,
    /// Where.
    pub route: Arc<Route>,
    /// Attempts the SDK makes; 1: no retry.
    pub sdk_attempts: u32,
    /// Which version of its retries.
    pub retry_spec: RetrySpec,
    /// One attempt must be answered by then: the headers of a stream, the whole of a plain answer.
    pub attempt_timeout: Duration,
    /// A stream may be silent for so long.
    pub idle_timeout: Duration,
    /// Characters a token of the model stands for: for estimates of what a cut stream used.
    pub chars_per_token: f64,
}

/// Calls one hop, over the pool of its runtime.
pub struct HopClient {
    pub(super) plan: Arc<HopPlan>,
    clients: Clients,
    sdk: OnceCell<Client>,
}

impl HopClient {
    /// How it calls.
    pub fn plan(&self) -> &HopPlan {
        &self.plan
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clients.shared.plan.clock
    }

    pub(super) fn sdk(&self) -> &Client {
        self.sdk.get_or_init(|| self.clients.build(&self.plan))
    }
}

impl fmt::Debug for HopClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HopClient")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// The run's clock, as the SDK asks for it.
#[derive(Debug)]
pub(super) struct RunTime(pub(super) Clock);

impl TimeSource for RunTime {
    fn now(&self) -> SystemTime {
        self.0.system_time(self.0.now())
    }
}
