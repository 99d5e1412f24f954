//! CloudWatch: what the service publishes of its calls, what users put, and the alarms over both.
//!
//! Minutes are those of the wall clock: seconds since 1970, a multiple of 60. The metrics of Bedrock
//! are fed by the world's own decisions ([`meter`]), so a fault that a client makes up never appears
//! in them. No metric ever influences a decision.

pub mod alarm;
pub mod batch;
pub mod history;
pub mod math;
pub mod meter;
pub mod query;
pub mod samples;
pub mod search;
pub mod series;
pub mod shelf;
pub mod watch;

use std::ops::Range;

pub use history::HistoryPlan;
pub use samples::{Samples, Statistic};
pub use watch::Watch;

/// Seconds of the finest period.
pub const MINUTE: i64 = 60;

/// Which metric: a namespace, a name, and dimensions in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricId {
    /// `AWS/Bedrock`.
    pub namespace: String,
    /// `Invocations`.
    pub name: String,
    /// Names and values.
    pub dimensions: Vec<(String, String)>,
}

impl MetricId {
    /// A metric; its dimensions may come in any order.
    pub fn new(namespace: &str, name: &str, mut dimensions: Vec<(String, String)>) -> Self {
        dimensions.sort();
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions,
        }
    }

    /// A dimension's value.
    pub fn dimension(&self, name: &str) -> Option<&str> {
        let found = self.dimensions.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The values of a metric, minute by minute or coarser where they are old.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The unit; empty where nothing is known of the metric.
    pub unit: String,
    /// The samples by the beginning of their minute.
    pub samples: Vec<(i64, Samples)>,
}

/// Where queries and alarms read.
pub trait Source {
    /// The samples of a metric in the minutes that begin within a span.
    fn read(&self, metric: &MetricId, span: Range<i64>) -> Reading;

    /// Every metric that a search can find, in order.
    fn metrics(&self) -> Vec<MetricId>;

    /// The end of the last minute that is published.
    fn published_until(&self) -> i64;
}

/// The beginning of the period that holds a moment.
pub const fn period_start(at: i64, period: i64) -> i64 {
    at - at.rem_euclid(period)
}
