//! The metrics that users put: custom namespaces of one account in one region.

use std::collections::BTreeMap;
use std::ops::Range;

use super::samples::Samples;
use super::series::Series;
use super::{MetricId, Reading};

/// Samples of a metric at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// The metric.
    pub metric: MetricId,
    /// When, in seconds.
    pub at: i64,
    /// What.
    pub samples: Samples,
    /// The unit, `None` by name where none was given.
    pub unit: String,
}

#[derive(Clone, Debug, Default)]
struct Custom {
    unit: String,
    series: Series<Samples>,
}

/// All custom metrics of an owner.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    metrics: BTreeMap<MetricId, Custom>,
}

impl Shelf {
    /// Metrics that are kept; samples of later ones are dropped. CloudWatch has no such limit.
    const MOST: usize = 2_000;

    /// Puts samples in. The unit of a metric is that of its last sample (the service keeps each
    /// unit's samples apart).
    pub fn put(&mut self, datum: Datum) {
        if self.metrics.len() >= Self::MOST && !self.metrics.contains_key(&datum.metric) {
            return;
        }
        let custom = self.metrics.entry(datum.metric).or_default();
        custom.unit = datum.unit;
        custom.series.at(datum.at).merge(&datum.samples);
    }

    /// Reads a metric.
    pub fn read(&self, metric: &MetricId, span: Range<i64>) -> Reading {
        let Some(custom) = self.metrics.get(metric) else {
            return Reading::default();
        };
        let samples = custom.series.within(span);
        Reading {
            unit: custom.unit.clone(),
            samples: samples
                .map(|(minute, samples)| (minute, samples.clone()))
                .collect(),
        }
    }

    /// Every metric, with the beginning of its last minute.
    pub fn metrics(&self) -> impl Iterator<Item = (&MetricId, i64)> {
        let metrics = self.metrics.iter();
        metrics.filter_map(|(metric, custom)| Some((metric, custom.series.last()?)))
    }
}
