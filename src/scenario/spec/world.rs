//! The table `[world]`: what kind of world the emulator is.

mod access;
mod units;

use std::time::Duration;

use super::{DAY, NameBook, SEC, duration_of, rows};
use crate::catalog::QuotaFamily;
use crate::emulator::world::batch::BatchPlan;
use crate::emulator::world::guardrail::GuardrailPlan;
use crate::emulator::world::plan::{
    BackgroundPlan, CachePlan, HistoryPlan, LatencyPlan, QuotaOverride, ReplyPlan, WorldPlan,
};
use crate::toml::{Item, Table};
use crate::units::Share;

const FAMILIES: [(&str, QuotaFamily); 3] = [
    ("on-demand", QuotaFamily::OnDemand),
    ("cross-region", QuotaFamily::CrossRegion),
    ("global", QuotaFamily::Global),
];
/// A day in less than a second.
const MOST_TIME_SCALE: f64 = 100_000.0;
const MOST_PER_MINUTE: u64 = 100_000_000_000;
const MOST_PER_DAY: u64 = 1_440 * MOST_PER_MINUTE;

/// Reads the table; what it leaves out is as in [`WorldPlan::default`].
pub fn read(table: &Table<'_>, names: NameBook<'_>) -> WorldPlan {
    let usual = WorldPlan::default();
    let default_region = table.take("default_region").and_then(|item| names.region(&item));
    let denied_models = table.take("denied_models").map(|item| names.models(&item));
    let latency = table.take("latency").and_then(|item| read_latency(&item));
    let background = table.take("background").and_then(|item| read_background(&item));
    let replies = table.take("replies").and_then(|item| read_replies(&item));
    let port = table.take("port").and_then(|item| item.integer(0..=65_535));
    let batch = table.take("batch").and_then(|item| read_batch(&item));
    let implicit = table.take("implicit_cache").and_then(|item| item.flag());
    let quotas = table.take("quota").map(|item| rows(&item)).unwrap_or_default();
    let time_scale = table.take("time_scale");
    let time_scale = time_scale.and_then(|scale| scale.number(1.0..=MOST_TIME_SCALE));
    let units = table.take("units").and_then(|item| units::read(&item));
    let history = table.take("history").and_then(|item| read_history(&item, names));
    let metrics_delay = duration_of(table, "metrics_delay", Duration::ZERO..=3_600 * SEC);
    let access = access::read(table, names);
    let increases = table.take("quota_increases");
    let increases = increases.and_then(|item| access::read_increases(&item));
    let guarded = table.take("guardrail_words").map(|item| texts(&item));
    let trail_delay = duration_of(table, "trail_delay", Duration::ZERO..=DAY);
    table.finish();
    WorldPlan {
        quotas: quotas
            .iter()
            .filter_map(|quota| read_quota(quota, names))
            .collect(),
        latency: latency.unwrap_or(usual.latency),
        background: background.unwrap_or(usual.background),
        default_region: default_region.unwrap_or(usual.default_region),
        denied_models: denied_models.unwrap_or_default(),
        replies: replies.unwrap_or(usual.replies),
        batch: batch.unwrap_or(usual.batch),
        cache: CachePlan {
            implicit: implicit.unwrap_or(usual.cache.implicit),
        },
        port: port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(usual.port),
        routing: usual.routing,
        time_scale: time_scale.unwrap_or(usual.time_scale),
        units: units.unwrap_or(usual.units),
        history: history.unwrap_or(usual.history),
        metrics_delay: metrics_delay.unwrap_or(usual.metrics_delay),
        access,
        increases: increases.unwrap_or(usual.increases),
        guardrails: match guarded {
            None => usual.guardrails,
            Some(words) => vec![GuardrailPlan {
                words,
                ..GuardrailPlan::default()
            }],
        },
        trail_delay: trail_delay.unwrap_or(usual.trail_delay),
    }
}

/// A list of texts.
fn texts(item: &Item<'_>) -> Vec<String> {
    let items = item.list().unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.text().map(str::to_owned))
        .collect()
}

fn read_history(item: &Item<'_>, names: NameBook<'_>) -> Option<HistoryPlan> {
    let usual = HistoryPlan::default();
    let table = item.table()?;
    let lasts = duration_of(&table, "lasts", Duration::ZERO..=DAY);
    let peak = table.take("peak").and_then(|peak| peak.share());
    let regions = table.take("regions").map(|item| names.regions(&item));
    table.finish();
    Some(HistoryPlan {
        lasts: lasts.unwrap_or(usual.lasts),
        peak: peak.map_or(usual.peak, Share::get),
        regions: regions.unwrap_or(usual.regions),
    })
}

/// `{ scale = 0.5 }`, or `{ first_token = "5ms", per_token = "1ms" }`.
fn read_latency(item: &Item<'_>) -> Option<LatencyPlan> {
    let table = item.table()?;
    let scale = table.take("scale");
    let first_token = duration_of(&table, "first_token", Duration::ZERO..=600 * SEC);
    let per_token = duration_of(&table, "per_token", Duration::ZERO..=SEC);
    let is_fixed = table.has("first_token") || table.has("per_token");
    table.finish();
    match scale {
        Some(_) if is_fixed => {
            let hint = "`scale` is for the modelled latency, the other two for a fixed one".to_owned();
            item.reject("`scale` stands beside `first_token` or `per_token`", Some(hint));
            None
        }
        Some(scale) => Some(LatencyPlan::Modelled {
            scale: scale.number(0.001..=1_000.0)?,
        }),
        None if is_fixed => Some(LatencyPlan::Fixed {
            first_token: first_token.unwrap_or_default(),
            per_token: per_token.unwrap_or_default(),
        }),
        None => None,
    }
}

fn read_background(item: &Item<'_>) -> Option<BackgroundPlan> {
    let usual = BackgroundPlan::default();
    let table = item.table()?;
    let mean = table.take("mean").and_then(|mean| mean.share());
    let swing = table.take("swing").and_then(|swing| swing.share());
    let period = duration_of(&table, "period", SEC..=DAY);
    table.finish();
    Some(BackgroundPlan {
        mean: mean.map_or(usual.mean, Share::get),
        swing: swing.map_or(usual.swing, Share::get),
        period: period.unwrap_or(usual.period),
    })
}

fn read_replies(item: &Item<'_>) -> Option<ReplyPlan> {
    let usual = ReplyPlan::default();
    let table = item.table()?;
    let median = table
        .take("median_tokens")
        .and_then(|tokens| tokens.number(1.0..=1_000_000.0));
    let sigma = table.take("sigma").and_then(|sigma| sigma.number(0.0..=3.0));
    table.finish();
    Some(ReplyPlan {
        median_tokens: median.unwrap_or(usual.median_tokens),
        sigma: sigma.unwrap_or(usual.sigma),
    })
}

fn read_batch(item: &Item<'_>) -> Option<BatchPlan> {
    let usual = BatchPlan::default();
    let table = item.table()?;
    let span = |key| duration_of(&table, key, Duration::ZERO..=7 * DAY);
    let (submitted, validating) = (span("submitted"), span("validating"));
    let (scheduled, stopping) = (span("scheduled"), span("stopping"));
    let records = table
        .take("records_per_minute")
        .and_then(|rate| rate.number(0.001..=1_000_000.0));
    table.finish();
    Some(BatchPlan {
        submitted: submitted.unwrap_or(usual.submitted),
        validating: validating.unwrap_or(usual.validating),
        scheduled: scheduled.unwrap_or(usual.scheduled),
        records_per_minute: records.unwrap_or(usual.records_per_minute),
        stopping: stopping.unwrap_or(usual.stopping),
    })
}

fn read_quota(table: &Table<'_>, names: NameBook<'_>) -> Option<QuotaOverride> {
    let model = table.need("model").and_then(|item| names.model(&item));
    let family = table.take("family").and_then(|family| family.choice(&FAMILIES));
    let region = table.take("region").and_then(|item| names.region(&item));
    let requests = table.take("requests_per_minute");
    let tokens = table.take("tokens_per_minute");
    let daily = table.take("tokens_per_day");
    if requests.is_none() && tokens.is_none() && daily.is_none() {
        let hint = "give `requests_per_minute`, `tokens_per_minute` or `tokens_per_day`".to_owned();
        table.reject("this quota changes nothing", Some(hint));
    }
    table.finish();
    Some(QuotaOverride {
        family,
        region,
        requests_per_minute: requests.map(|item| read_requests(&item)),
        tokens_per_minute: tokens.and_then(|item| item.integer(0..=MOST_PER_MINUTE)),
        tokens_per_day: daily.and_then(|item| item.integer(0..=MOST_PER_DAY)),
        model: model?,
    })
}

/// A number; `"none"` is no such quota.
fn read_requests(item: &Item<'_>) -> Option<u64> {
    if item.is_text() {
        return item.choice(&[("none", None)]).flatten();
    }
    item.integer(0..=MOST_PER_MINUTE)
}
