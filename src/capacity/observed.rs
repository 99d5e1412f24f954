//! What is read of an account, as plain data. All times are seconds since 1970.

use std::collections::BTreeMap;

use super::seen::Seen;
pub use crate::bedrock::account::{AlarmSeen, JobSeen, OwnProfile, QuotaSeen, UnitsSeen};
use crate::names::Region;

/// Seconds of the finest period that CloudWatch publishes.
pub const MINUTE: i64 = 60;

/// Values by the beginning of their minute. A minute that is not there had no datapoint.
pub type Minutes = BTreeMap<i64, f64>;

/// A metric of an identifier, with the statistic that is read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Calls served.
    Invocations,
    /// Calls that got 429, every retry by itself.
    Throttles,
    /// Other 4xx.
    ClientErrors,
    /// 5xx.
    ServerErrors,
    /// Prompt tokens that no cache held.
    Input,
    /// Generated tokens.
    Output,
    /// Prompt tokens read from the cache.
    CacheRead,
    /// Prompt tokens written to it.
    CacheWrite,
    /// Tokens after burndown.
    QuotaUse,
    /// Mean time to the last token, in milliseconds.
    LatencyMean,
    /// Its median.
    LatencyP50,
    /// Its 99th percentile.
    LatencyP99,
    /// Median time to the first token, in milliseconds.
    FirstTokenP50,
    /// Its 99th percentile.
    FirstTokenP99,
    /// Median tokens of a reply.
    OutputP50,
    /// Its 99th percentile.
    OutputP99,
}

impl Metric {
    /// Every metric with its name in CloudWatch and the statistic asked for. The two cache metrics
    /// were once published without `Count` in their names: both names are read.
    pub const TABLE: [(Self, &'static str, &'static str); 18] = [
        (Self::Invocations, "Invocations", "Sum"),
        (Self::Throttles, "InvocationThrottles", "Sum"),
        (Self::ClientErrors, "InvocationClientErrors", "Sum"),
        (Self::ServerErrors, "InvocationServerErrors", "Sum"),
        (Self::Input, "InputTokenCount", "Sum"),
        (Self::Output, "OutputTokenCount", "Sum"),
        (Self::CacheRead, "CacheReadInputTokenCount", "Sum"),
        (Self::CacheRead, "CacheReadInputTokens", "Sum"),
        (Self::CacheWrite, "CacheWriteInputTokenCount", "Sum"),
        (Self::CacheWrite, "CacheWriteInputTokens", "Sum"),
        (Self::QuotaUse, "EstimatedTPMQuotaUsage", "Sum"),
        (Self::LatencyMean, "InvocationLatency", "Average"),
        (Self::LatencyP50, "InvocationLatency", "p50"),
        (Self::LatencyP99, "InvocationLatency", "p99"),
        (Self::FirstTokenP50, "TimeToFirstToken", "p50"),
        (Self::FirstTokenP99, "TimeToFirstToken", "p99"),
        (Self::OutputP50, "OutputTokenCount", "p50"),
        (Self::OutputP99, "OutputTokenCount", "p99"),
    ];
}

/// What was called, by the identifier that callers wrote, with its metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identifier {
    /// `us.amazon.nova-micro-v1:0`, or an ARN.
    pub id: String,
    /// Its metrics.
    pub series: BTreeMap<Metric, Minutes>,
    /// Tokens after burndown in the last 24 hours, where they were read.
    pub day: Option<f64>,
}

impl Identifier {
    /// A metric in a minute; nothing published is nothing.
    pub fn at(&self, metric: Metric, minute: i64) -> f64 {
        self.get(metric, minute).unwrap_or(0.0)
    }

    /// A metric in a minute, if it was published.
    pub fn get(&self, metric: Metric, minute: i64) -> Option<f64> {
        self.series.get(&metric)?.get(&minute).copied()
    }
}

/// Batch metrics of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchSeen {
    /// The identifier.
    pub id: String,
    /// Records that wait, by minute.
    pub pending: Minutes,
    /// Tokens processed, input and output, by minute.
    pub processed: Minutes,
}

/// What is read of one region.
#[derive(Clone, Debug)]
pub struct RegionSeen {
    /// Which.
    pub region: Region,
    /// Metrics by identifier.
    pub metrics: Seen<Vec<Identifier>>,
    /// Quotas as they hold for the account.
    pub applied: Seen<Vec<QuotaSeen>>,
    /// Quotas as every account begins with.
    pub defaults: Seen<Vec<QuotaSeen>>,
    /// Application profiles.
    pub profiles: Seen<Vec<OwnProfile>>,
    /// Provisioned units.
    pub units: Seen<Vec<UnitsSeen>>,
    /// Batch jobs.
    pub jobs: Seen<Vec<JobSeen>>,
    /// Batch metrics.
    pub batch: Seen<Vec<BatchSeen>>,
    /// Alarms.
    pub alarms: Seen<Vec<AlarmSeen>>,
}

impl RegionSeen {
    /// A region of which nothing is known yet.
    pub fn unseen(region: Region) -> Self {
        Self {
            region,
            metrics: Seen::default(),
            applied: Seen::default(),
            defaults: Seen::default(),
            profiles: Seen::default(),
            units: Seen::default(),
            jobs: Seen::default(),
            batch: Seen::default(),
            alarms: Seen::default(),
        }
    }
}

/// Requests that were made, and what they cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Requests, by IAM action.
    pub by_action: BTreeMap<&'static str, u64>,
    /// Metrics asked for in GetMetricData: what CloudWatch bills.
    pub metrics_read: u64,
}

impl Calls {
    /// Dollars for a metric that GetMetricData is asked for: 0.01 for a thousand
    /// (`docs/capacity.md` has the source).
    const DOLLARS_PER_METRIC: f64 = 0.01 / 1_000.0;

    /// Requests in all.
    pub fn count(&self) -> u64 {
        self.by_action.values().sum()
    }

    /// What they cost, in dollars: only GetMetricData is billed.
    pub fn dollars(&self) -> f64 {
        self.metrics_read as f64 * Self::DOLLARS_PER_METRIC
    }
}

/// Everything that was read, each part with its freshness.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Now.
    pub at: i64,
    /// The account's number.
    pub account: Seen<String>,
    /// Regions, in the order they were asked for.
    pub regions: Vec<RegionSeen>,
    /// What the reading took.
    pub calls: Calls,
}
