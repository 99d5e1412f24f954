//! The JSON document of `bedrill capacity`, `bedrill.capacity/1`: what scripts read.

use serde::Serialize;

use super::finding::Finding;
use super::forecast::Forecast;
use super::observed::Metric;
use super::pool::{PoolReport, Source, family_word};
use super::quota_name::RateKind;
use super::report::{Capacity, RegionLine};
use super::seen::{Seen, Trouble};
use super::summary::time;

/// The name and version of the format.
const SCHEMA: &str = "bedrill.capacity/1";

/// Everything a report says. Times are text in UTC, ages in seconds, shares 0 to 1 and above.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    schema: &'static str,
    at: String,
    account: String,
    findings: Vec<Finding>,
    pools: Vec<PoolLine>,
    regions: Vec<RegionPart>,
    calls: CallsPart,
}

#[derive(Clone, Debug, Serialize)]
struct PoolLine {
    region: String,
    model: String,
    family: &'static str,
    called_as: Vec<String>,
    quotas: Vec<QuotaLine>,
    throttles_per_minute: f64,
    server_errors_per_minute: f64,
    latency_ms: Option<f64>,
    first_token_ms: Option<f64>,
    in_flight_share_if_max_tokens_unset: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
struct QuotaLine {
    rate: RateKind,
    name: String,
    code: Option<String>,
    limit: f64,
    limit_from: Source,
    default: Option<f64>,
    adjustable: bool,
    now: Option<f64>,
    share: Option<f64>,
    peak: Option<f64>,
    peak_at: Option<String>,
    forecast_minutes: Option<Forecast>,
}

#[derive(Clone, Debug, Serialize)]
struct RegionPart {
    region: String,
    trouble: Option<Trouble>,
    metrics: PartSeen,
    quotas: PartSeen,
    batch: PartSeen,
    batch_metrics: PartSeen,
    units: PartSeen,
    alarms: PartSeen,
    application_profiles: PartSeen,
    batch_jobs: Option<usize>,
    batch_records_pending: Option<f64>,
    alarms_firing: Option<Vec<String>>,
    provisioned_units: Option<i32>,
    cache_hit_share: Option<f64>,
    decode_tokens_per_second: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
struct PartSeen {
    age_seconds: Option<i64>,
    trouble: Option<Trouble>,
}

#[derive(Clone, Debug, Serialize)]
struct CallsPart {
    requests: u64,
    by_action: std::collections::BTreeMap<&'static str, u64>,
    metrics_read: u64,
    dollars: f64,
}

impl Document {
    /// Writes a report down; the account's number is masked.
    pub fn new(capacity: &Capacity) -> Self {
        Self {
            schema: SCHEMA,
            at: time(capacity.at),
            account: capacity.masked_account(),
            findings: capacity.findings.clone(),
            pools: capacity.pools.iter().map(pool).collect(),
            regions: capacity
                .regions
                .iter()
                .map(|line| region(line, capacity.at))
                .collect(),
            calls: CallsPart {
                requests: capacity.calls.count(),
                by_action: capacity.calls.by_action.clone(),
                metrics_read: capacity.calls.metrics_read,
                dollars: capacity.calls.dollars(),
            },
        }
    }
}

fn pool(pool: &PoolReport) -> PoolLine {
    let quotas = pool.uses.iter().map(|used| QuotaLine {
        rate: used.rate,
        name: used.name.clone(),
        code: used.code.clone(),
        limit: used.limit,
        limit_from: used.source,
        default: used.default,
        adjustable: used.adjustable,
        now: used.now,
        share: used.share(),
        peak: used.peak,
        peak_at: used.peak_at.map(time),
        forecast_minutes: used.forecast,
    });
    PoolLine {
        region: pool.key.region.to_string(),
        model: pool.key.model.clone(),
        family: family_word(pool.key.family),
        called_as: pool.ids.iter().map(|(id, _)| masked(id)).collect(),
        quotas: quotas.collect(),
        throttles_per_minute: pool.sum.at(Metric::Throttles, pool.last),
        server_errors_per_minute: pool.sum.at(Metric::ServerErrors, pool.last),
        latency_ms: pool.newest(Metric::LatencyP50),
        first_token_ms: pool.newest(Metric::FirstTokenP50),
        in_flight_share_if_max_tokens_unset: pool.most_held(),
    }
}

fn region(line: &RegionLine, now: i64) -> RegionPart {
    let firing = line.alarms.value.as_ref().map(|alarms| {
        let firing = alarms.iter().filter(|alarm| alarm.state == "ALARM");
        firing.map(|alarm| alarm.name.clone()).collect()
    });
    RegionPart {
        region: line.region.to_string(),
        trouble: line.trouble.clone(),
        metrics: part(&line.metrics, now),
        quotas: part(&line.quotas, now),
        batch: part(&line.batch, now),
        batch_metrics: part(&line.backlog, now),
        units: part(&line.units, now),
        alarms: part(&line.alarms, now),
        application_profiles: part(&line.profiles, now),
        batch_jobs: line.batch.value.as_ref().map(|batch| batch.jobs.len()),
        batch_records_pending: line.batch.value.as_ref().and_then(|batch| batch.pending),
        alarms_firing: firing,
        provisioned_units: line
            .units
            .value
            .as_ref()
            .map(|units| units.iter().map(|unit| unit.units).sum()),
        cache_hit_share: line.cache.hit_share(),
        decode_tokens_per_second: line.pace.decode,
    }
}

fn part<T>(seen: &Seen<T>, now: i64) -> PartSeen {
    PartSeen {
        age_seconds: seen.age(now),
        trouble: seen.trouble.clone(),
    }
}

/// An ARN with its account hidden.
fn masked(id: &str) -> String {
    let parts: Vec<&str> = id.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, region, account, resource] if !account.is_empty() => {
            let shown = account.get(account.len().saturating_sub(4)..).unwrap_or_default();
            format!("arn:{partition}:{service}:{region}:********{shown}:{resource}")
        }
        _ => id.to_owned(),
    }
}
