//! The control plane: what lives in the service besides calls.
//!
//! Asked rarely and by one lane. Goes through the same transport as the calls, so faults of the
//! client strike it too, but it has its own retries and no attempts are told of it.

pub mod jobs;
pub mod provisioned;
pub mod routers;

use std::time::Duration;

use aws_sdk_bedrock::Client;
use aws_sdk_bedrock::config::StalledStreamProtectionConfig;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region as SdkRegion;

use super::client::{Clients, RunTime};
use crate::names::Region;

/// A control-plane call must be over by then: a page waits for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The control plane of one region.
#[derive(Clone, Debug)]
pub struct Control {
    pub(super) client: Client,
}

impl Clients {
    /// The control plane of a region, over the pool of this runtime.
    pub fn control(&self, region: &Region) -> Control {
        Control {
            client: Client::new(&self.sdk_config(region)),
        }
    }

    /// The settings of a client of any service in a region, over the pool of this runtime.
    pub(super) fn sdk_config(&self, region: &Region) -> aws_types::SdkConfig {
        let plan = self.plan();
        let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
        let mut config = plan
            .target
            .base()
            .region(SdkRegion::new(region.to_string()))
            .http_client(self.transport())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if plan.target.is_local() {
            config = config.time_source(SharedTimeSource::new(RunTime(plan.clock.clone())));
        }
        config.build()
    }
}
