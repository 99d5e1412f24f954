//! Metrics of an account: which there are, and their values.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, RecentlyActive};

use super::{Account, ReadProblem};
use crate::names::Region;

/// Metrics that one request may ask for (the service's limit).
const MOST_QUERIES: usize = 500;
/// Pages of a list that are followed at most.
const MOST_PAGES: usize = 20;
/// The one dimension that Bedrock's metrics are looked up by.
const DIMENSION: &str = "ModelId";

/// A metric of one identifier, and how it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricAsk {
    /// `AWS/Bedrock`.
    pub namespace: &'static str,
    /// `Invocations`.
    pub name: &'static str,
    /// The value of the dimension `ModelId`.
    pub id: String,
    /// `Sum`, `Average`, `p99`.
    pub statistic: &'static str,
    /// Seconds, a multiple of 60.
    pub period: i32,
}

impl Account {
    /// Names and identifiers of the metrics of a namespace that had a value in the last three hours.
    pub async fn active_metrics(
        &self,
        region: &Region,
        namespace: &str,
    ) -> Result<Vec<(String, String)>, ReadProblem> {
        let client = self.cloudwatch(region);
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..MOST_PAGES {
            let asked = client
                .list_metrics()
                .namespace(namespace)
                .recently_active(RecentlyActive::Pt3H)
                .set_next_token(token);
            let page = asked.send().await;
            let page = page.map_err(|problem| self.problem("ListMetrics", region, &problem))?;
            for metric in page.metrics() {
                // Views by tier have more dimensions and hold the same calls again.
                if let [dimension] = metric.dimensions()
                    && dimension.name() == Some(DIMENSION)
                {
                    let of = |text: Option<&str>| text.unwrap_or_default().to_owned();
                    found.push((of(metric.metric_name()), of(dimension.value())));
                }
            }
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Values of metrics over a span of seconds since 1970, each by the beginning of its period, in the
    /// order asked for. Each costs what CloudWatch takes for a metric read.
    pub async fn metric_data(
        &self,
        region: &Region,
        asked: &[MetricAsk],
        (from, to): (i64, i64),
    ) -> Result<Vec<BTreeMap<i64, f64>>, ReadProblem> {
        let client = self.cloudwatch(region);
        let mut found = vec![BTreeMap::new(); asked.len()];
        for (chunk, part) in asked.chunks(MOST_QUERIES).enumerate() {
            let queries: Vec<MetricDataQuery> = part
                .iter()
                .enumerate()
                .map(|(place, ask)| query(place, ask))
                .collect();
            let mut token = None;
            for _ in 0..MOST_PAGES {
                let call = client
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries.clone()))
                    .start_time(DateTime::from_secs(from))
                    .end_time(DateTime::from_secs(to))
                    .set_next_token(token);
                let page = call.send().await;
                let page = page.map_err(|problem| self.problem("GetMetricData", region, &problem))?;
                for result in page.metric_data_results() {
                    let place = result.id().and_then(|id| id.get(1..)?.parse::<usize>().ok());
                    let slot = place.and_then(|place| found.get_mut(chunk * MOST_QUERIES + place));
                    let Some(slot) = slot else { continue };
                    let points = result.timestamps().iter().zip(result.values());
                    slot.extend(points.map(|(at, value)| (at.secs(), *value)));
                }
                token = page.next_token().map(str::to_owned);
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

fn query(place: usize, ask: &MetricAsk) -> MetricDataQuery {
    let dimension = Dimension::builder().name(DIMENSION).value(&ask.id).build();
    let metric = Metric::builder()
        .namespace(ask.namespace)
        .metric_name(ask.name)
        .dimensions(dimension)
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(ask.period)
        .stat(ask.statistic)
        .build();
    MetricDataQuery::builder()
        .id(format!("q{place}"))
        .metric_stat(stat)
        .build()
}
