//! The document `bedrill.run/1` with its `report` part: what the run's own document leaves to a
//! recording.
//!
//! `assets/bedrill.run-1.schema.json` describes both; a test holds real documents against it.

mod shot;

use std::time::Duration;

use serde::Serialize;

use self::shot::Shot;
use super::ReportError;
use super::account::{Account, ArmAccount};
use crate::headless::Document;
use crate::headless::document::Card;
use crate::measure::detail::{Stage, Steps};

/// The run's document, and what stands beside it.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    document: Document,
    report: Report<'a>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    run: &'a str,
    began: String,
    bedrill: &'a str,
    catalog_hash: &'a str,
    repeat: String,
    scenario_text: &'a str,
    client_injected: bool,
    broken_off: Option<&'a str>,
    /// Marks of every fault, oldest first.
    scorecards: Vec<Card>,
    /// Latency from the intended time, by arm and stage.
    spectra: Vec<Spectrum>,
    intervals: Vec<Series>,
    slowest: Vec<Shot>,
    lost: Vec<Shot>,
}

#[derive(Debug, Serialize)]
struct Spectrum {
    arm: String,
    stage: &'static str,
    count: u64,
    /// Percentile and microseconds.
    points: Vec<(f64, u64)>,
}

/// The intervals of one arm, a column for each figure.
#[derive(Debug, Default, Serialize)]
struct Series {
    arm: String,
    seconds_each: u64,
    intended: Vec<u64>,
    succeeded: Vec<u64>,
    shed: Vec<u64>,
    attempts: Vec<u64>,
    throttled_attempts: Vec<u64>,
    cost_usd: Vec<f64>,
    latency_p50_us: Vec<Option<u64>>,
    latency_p90_us: Vec<Option<u64>>,
    latency_p99_us: Vec<Option<u64>>,
}

/// The percentiles of a spectrum: as far as there are answers above them.
pub(super) const PERCENTILES: [f64; 14] = [
    0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.9, 99.95, 99.99, 99.999,
];

/// The document.
pub(super) fn document(account: &Account) -> Result<Vec<u8>, ReportError> {
    let source = &account.source;
    let worst = &account.detail.worst;
    let whole = Whole {
        document: Document::of(&account.last, &account.verdict),
        report: Report {
            run: &source.run,
            began: account.source.began.to_string(),
            bedrill: &source.version,
            catalog_hash: &source.catalog_hash,
            repeat: account.repeat().command,
            scenario_text: &source.scenario_text,
            client_injected: account.is_client_injected(),
            broken_off: source.broken_off.as_deref(),
            scorecards: account
                .cards
                .iter()
                .map(|card| Card::of(card, &account.last))
                .collect(),
            spectra: account.arms().flat_map(spectra).collect(),
            intervals: account.arms().map(series).collect(),
            slowest: worst
                .slowest()
                .iter()
                .map(|shot| Shot::of(shot, account))
                .collect(),
            lost: worst.lost().iter().map(|shot| Shot::of(shot, account)).collect(),
        },
    };
    let mut out = serde_json::to_vec_pretty(&whole)?;
    out.push(b'\n');
    Ok(out)
}

fn spectra(arm: ArmAccount<'_>) -> Vec<Spectrum> {
    let stages = Stage::ALL.into_iter();
    stages
        .map(|stage| (stage, arm.detail.stage(stage)))
        .filter(|(_, latencies)| latencies.count() > 0)
        .map(|(stage, latencies)| Spectrum {
            arm: arm.name(),
            stage: stage.key(),
            count: latencies.count(),
            points: PERCENTILES
                .into_iter()
                .filter(|percentile| reaches(latencies.count(), *percentile))
                .filter_map(|percentile| Some((percentile, micros(latencies.quantile(percentile / 100.0)?))))
                .collect(),
        })
        .collect()
}

/// Whether at least one of so many answers lies above a percentile.
pub(super) fn reaches(count: u64, percentile: f64) -> bool {
    count as f64 * (100.0 - percentile) / 100.0 >= 1.0 - 1e-9
}

fn series(arm: ArmAccount<'_>) -> Series {
    let mut series = Series {
        arm: arm.name(),
        seconds_each: arm.detail.width(),
        ..Series::default()
    };
    let at = |steps: &Steps, share| steps.quantile(share).map(micros);
    for stretch in arm.detail.stretches() {
        series.intended.push(stretch.intended);
        series.succeeded.push(stretch.succeeded);
        series.shed.push(stretch.shed);
        series.attempts.push(stretch.attempts);
        series.throttled_attempts.push(stretch.throttled);
        series.cost_usd.push((stretch.cost.dollars() * 1e9).round() / 1e9);
        series.latency_p50_us.push(at(&stretch.from_intended, 0.5));
        series.latency_p90_us.push(at(&stretch.from_intended, 0.9));
        series.latency_p99_us.push(at(&stretch.from_intended, 0.99));
    }
    series
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
