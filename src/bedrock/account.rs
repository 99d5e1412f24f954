//! One AWS account, to be looked at and nothing else.
//!
//! Every command that only reads gets its SDK clients here, and only here. Beneath each of them sits a
//! transport that knows the operation from the request itself and refuses what is not in
//! [`READS`], so none can change anything or cost by use. Asks are counted and paced.
//!
//! Parts that ask more than who one is (quotas, metrics, jobs) have a module of their own in
//! `bedrock`, take an [`Account`], call its clients, and give plain data and [`ReadProblem`]s:
//!
//! ```text
//! let listed = account.bedrock(&region).list_foundation_models().send().await
//!     .map_err(|problem| account.problem("ListFoundationModels", &region, &problem))?;
//! ```

mod holdings;
mod metrics;
mod problem;
mod read_only;
mod reads;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region as SdkRegion;

pub use self::holdings::{AlarmSeen, JobSeen, OwnProfile, QuotaSeen, UnitsSeen};
pub use self::metrics::MetricAsk;
pub use self::problem::{ReadProblem, Trouble};
pub use self::read_only::NotARead;
pub use self::reads::{READS, Read, ServiceKind};

use self::read_only::{Pace, ReadOnly};
use super::client::RunTime;
use super::target::Target;
use crate::clock::Clock;
use crate::names::Region;

/// Time to make a connection: a dead network must show within seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(2_000);
/// Attempts at each question.
const ATTEMPTS: u32 = 2;
/// The longest wait between them.
const BACKOFF: Duration = Duration::from_millis(300);

/// Who is asking.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's number. Shown masked: see [`Identity::masked`].
    pub account: String,
    /// The ARN of the user or role.
    pub arn: String,
}

impl Identity {
    /// The account's number but for its last four digits: `********9012`.
    pub fn masked(&self) -> String {
        masked(&self.account)
    }

    /// What is asking, without the account's number: `assumed-role/drills/anna`.
    pub fn principal(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or("unknown")
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.masked()).finish()
    }
}

/// A number but for its last four digits.
pub fn masked(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(4);
    let shown = number.chars().skip(hidden);
    std::iter::repeat_n('*', hidden).chain(shown).collect()
}

/// An account on a target. Cheap to clone; belongs to the runtime it was made on, as its connections do.
#[derive(Clone, Debug)]
pub struct Account {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: Target,
    clock: Clock,
    transport: SharedHttpClient,
    pace: Arc<Pace>,
}

impl Account {
    /// The account behind a target, to be read. Nothing is called yet.
    pub fn read_only(target: Target, clock: Clock) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport: target.transport(),
                target,
                clock,
                pace: Arc::default(),
            }),
        }
    }

    /// The region that environment or profile name; `None`: neither does, or the target is local.
    pub fn home_region(&self) -> Option<Region> {
        self.shared.target.home_region()
    }

    /// Time, as every question to the account is timed.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Requests sent so far, by operation, retries included.
    pub fn asked(&self) -> BTreeMap<&'static str, u64> {
        self.shared.pace.counts()
    }

    /// Who is asking.
    pub async fn identity(&self, region: &Region) -> Result<Identity, ReadProblem> {
        let answered = self.sts(region).get_caller_identity().send().await;
        let answered = answered.map_err(|problem| self.problem("GetCallerIdentity", region, &problem))?;
        Ok(Identity {
            account: answered.account().unwrap_or_default().to_owned(),
            arn: answered.arn().unwrap_or_default().to_owned(),
        })
    }

    /// Bedrock's control plane in a region.
    pub fn bedrock(&self, region: &Region) -> aws_sdk_bedrock::Client {
        aws_sdk_bedrock::Client::new(&self.config(ServiceKind::Bedrock, region))
    }

    /// CloudWatch in a region.
    pub fn cloudwatch(&self, region: &Region) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&self.config(ServiceKind::CloudWatch, region))
    }

    /// Service Quotas in a region.
    pub fn service_quotas(&self, region: &Region) -> aws_sdk_servicequotas::Client {
        aws_sdk_servicequotas::Client::new(&self.config(ServiceKind::ServiceQuotas, region))
    }

    /// STS in a region.
    pub fn sts(&self, region: &Region) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config(ServiceKind::Sts, region))
    }

    /// CloudTrail in a region.
    pub fn cloudtrail(&self, region: &Region) -> aws_sdk_cloudtrail::Client {
        aws_sdk_cloudtrail::Client::new(&self.config(ServiceKind::CloudTrail, region))
    }

    /// S3 in a region.
    pub fn s3(&self, region: &Region) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config(ServiceKind::S3, region))
            .force_path_style(self.shared.target.has_one_host());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The problem of a call by its operation, which must be in [`READS`].
    pub fn problem<E>(
        &self,
        operation: &'static str,
        region: &Region,
        problem: &aws_smithy_runtime_api::client::result::SdkError<
            E,
            aws_smithy_runtime_api::client::orchestrator::HttpResponse,
        >,
    ) -> ReadProblem
    where
        E: aws_sdk_bedrock::error::ProvideErrorMetadata + std::error::Error + 'static,
    {
        let read = Read::named(operation).unwrap_or(&READS[0]);
        ReadProblem::of(read, region, problem)
    }

    fn config(&self, service: ServiceKind, region: &Region) -> SdkConfig {
        let Shared {
            target,
            clock,
            transport,
            pace,
        } = &*self.shared;
        let guarded = ReadOnly {
            inner: transport.clone(),
            service,
            pace: Arc::clone(pace),
            clock: clock.clone(),
        };
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build();
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_max_backoff(BACKOFF);
        let mut config = target
            .base()
            .region(SdkRegion::new(region.to_string()))
            .http_client(SharedHttpClient::new(guarded))
            .retry_config(retries)
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()));
        if target.is_local() {
            config = config.time_source(SharedTimeSource::new(RunTime(clock.clone())));
        }
        config.build()
    }
}

#[cfg(test)]
mod tests;
