//! Quota pools: every identifier of a model that draws on one quota, added up.
//!
//! Calls of the bare model, of a geographic profile and of the global one draw on quotas of their own,
//! in the region that was called. An application profile draws on the pool of what it was made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::forecast::{Course, Forecast, forecast};
use super::observed::{Identifier, MINUTE, Metric, Minutes, OwnProfile, RegionSeen};
use super::quota_name::{QuotaKind, RateKind};
use crate::catalog::{Catalog, Model, QuotaFamily, Resolved};
use crate::names::Region;

/// Which pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolKey {
    /// The region called.
    pub region: Region,
    /// The model's identifier.
    pub model: String,
    /// The family.
    pub family: QuotaFamily,
}

/// Where a limit is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Service Quotas' applied value.
    Applied,
    /// Service Quotas' default: the applied one could not be read.
    Default,
    /// bedrill's catalogue: neither could be read. An assumption.
    Catalogue,
}

/// A quota and its use.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// What is counted.
    pub rate: RateKind,
    /// Its name, as Service Quotas has it.
    pub name: String,
    /// Its code, where known.
    pub code: Option<String>,
    /// What it allows: in a minute, or in a day.
    pub limit: f64,
    /// Where that is known from.
    pub source: Source,
    /// What every account begins with, where that is known.
    pub default: Option<f64>,
    /// Whether more can be asked for.
    pub adjustable: bool,
    /// Use in the last whole minute, or in the last 24 hours; `None`: it could not be read.
    pub now: Option<f64>,
    /// The most in a minute of the last three hours.
    pub peak: Option<f64>,
    /// When that was.
    pub peak_at: Option<i64>,
    /// When it is used up at the present slope.
    pub forecast: Option<Forecast>,
}

impl Use {
    /// The share in use now; of a quota of zero all.
    pub fn share(&self) -> Option<f64> {
        self.now.map(|now| share(now, self.limit))
    }

    /// The share at the peak.
    pub fn peak_share(&self) -> Option<f64> {
        self.peak.map(|peak| share(peak, self.limit))
    }

    /// What is left now.
    pub fn left(&self) -> Option<f64> {
        self.now.map(|now| (self.limit - now).max(0.0))
    }

    /// Name and code.
    pub fn named(&self) -> String {
        match &self.code {
            Some(code) => format!("{} ({code})", self.name),
            None => self.name.clone(),
        }
    }
}

fn share(used: f64, limit: f64) -> f64 {
    if limit > 0.0 { used / limit } else { 1.0 }
}

/// One pool: who draws on it, how much, and its quotas.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolReport {
    /// Which.
    pub key: PoolKey,
    /// The model.
    pub model: Arc<Model>,
    /// The identifiers that draw on it, with calls served in the last hour.
    pub ids: Vec<(String, f64)>,
    /// All of them added up; percentiles are of the busiest identifier.
    pub sum: Identifier,
    /// Its quotas.
    pub uses: Vec<Use>,
    /// The last whole minute that was published.
    pub last: i64,
}

impl PoolReport {
    /// `us-east-1 Nova Micro, geographic`.
    pub fn title(&self) -> String {
        format!(
            "{} {}, {}",
            self.key.region,
            self.model.name,
            family_word(self.key.family)
        )
    }

    /// A quota's use.
    pub fn rate(&self, rate: RateKind) -> Option<&Use> {
        self.uses.iter().find(|used| used.rate == rate)
    }

    /// A metric over the last `count` published minutes, oldest first; nothing published is 0.
    pub fn recent(&self, metric: Metric, count: i64) -> Vec<f64> {
        let minutes = (1 - count..=0).map(|step| self.last + step * MINUTE);
        minutes.map(|minute| self.sum.at(metric, minute)).collect()
    }

    /// The newest value of a metric within the last ten minutes.
    pub fn newest(&self, metric: Metric) -> Option<f64> {
        let series = self.sum.series.get(&metric)?;
        let mut recent = series.range(self.last - 9 * MINUTE..=self.last);
        recent.next_back().map(|(_, value)| *value)
    }

    /// Calls in flight at one time, by Little's law, over the last `count` minutes that had any.
    pub fn in_flight(&self, minutes: &[i64]) -> Option<f64> {
        let each: Vec<f64> = (minutes.iter())
            .filter_map(|minute| {
                let calls = self.sum.get(Metric::Invocations, *minute)?;
                let millis = self.sum.get(Metric::LatencyMean, *minute)?;
                Some(calls * millis / 60_000.0)
            })
            .collect();
        (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
    }

    /// Prompt tokens of a call, those not read from the cache, over the last ten minutes.
    pub fn prompt(&self) -> f64 {
        let sum = |metric| self.recent(metric, 10).iter().sum::<f64>();
        (sum(Metric::Input) + sum(Metric::CacheWrite)) / sum(Metric::Invocations).max(1.0)
    }

    /// The share of the tokens quota that calls in flight hold, if every call left max_tokens unset:
    /// the most that the reservation can be.
    pub fn most_held(&self) -> Option<f64> {
        let limit = self.rate(RateKind::Tokens)?.limit;
        let minutes: Vec<i64> = (0..5).map(|back| self.last - back * MINUTE).collect();
        let each = self.prompt() + self.model.max_output as f64;
        Some(share(self.in_flight(&minutes)? * each, limit))
    }
}

/// A family in a word.
pub const fn family_word(family: QuotaFamily) -> &'static str {
    match family {
        QuotaFamily::OnDemand => "on-demand",
        QuotaFamily::CrossRegion => "geographic",
        QuotaFamily::Global => "global",
    }
}

/// What an identifier draws on. `None`: on no pool (provisioned units), or on one that is not known.
pub fn drawn_on(id: &str, profiles: &[OwnProfile], catalog: &Catalog) -> Option<(Arc<Model>, QuotaFamily)> {
    if let Some(found) = catalog.resolve(id) {
        return Some((Arc::clone(found.model()), found.quota_family()));
    }
    let own = profiles.iter().find(|profile| profile.arn == id)?;
    let first = own.models.first()?;
    let model = Arc::clone(catalog.resolve(first).as_ref().map(Resolved::model)?);
    // The service does not say what an application profile was made of, only which models it calls:
    // one without a region is of the global profile, several are of a geographic one.
    let is_global = own.models.iter().any(|arn| arn.split(':').nth(3) == Some(""));
    let family = match own.models.len() {
        _ if is_global => QuotaFamily::Global,
        1 => QuotaFamily::OnDemand,
        _ => QuotaFamily::CrossRegion,
    };
    Some((model, family))
}

/// The pools of a region that were drawn on in the last three hours.
pub fn pools(region: &RegionSeen, now: i64, catalog: &Catalog) -> Vec<PoolReport> {
    let none = Vec::new();
    let seen = region.metrics.value.as_ref().unwrap_or(&none);
    let own = region.profiles.value.clone().unwrap_or_default();
    let last = last_minute(seen, now);
    let mut pools: BTreeMap<PoolKey, (Arc<Model>, Vec<&Identifier>)> = BTreeMap::new();
    for identifier in seen {
        let Some((model, family)) = drawn_on(&identifier.id, &own, catalog) else {
            continue;
        };
        let key = PoolKey {
            region: region.region.clone(),
            model: model.id.to_string(),
            family,
        };
        pools
            .entry(key)
            .or_insert_with(|| (model, Vec::new()))
            .1
            .push(identifier);
    }
    let made = pools.into_iter().map(|(key, (model, members))| {
        let mut pool = PoolReport {
            ids: members
                .iter()
                .map(|id| (id.id.clone(), lately(id, last)))
                .collect(),
            sum: added_up(&members, &model),
            key,
            model,
            uses: Vec::new(),
            last,
        };
        pool.ids.sort_by(|one, other| other.1.total_cmp(&one.1));
        pool.uses = uses(&pool, region, now, catalog);
        pool
    });
    made.collect()
}

/// The last minute that is published of anything, at most six minutes back: a minute is shown some
/// time after its end, and of a quiet account there is none.
fn last_minute(seen: &[Identifier], now: i64) -> i64 {
    let newest = seen.iter().flat_map(|identifier| identifier.series.values());
    let newest = newest
        .filter_map(|minutes| minutes.keys().next_back().copied())
        .max();
    // A minute counts once it is over.
    let over = now - now.rem_euclid(MINUTE) - MINUTE;
    newest.unwrap_or(over).clamp(over - 5 * MINUTE, over)
}

fn lately(identifier: &Identifier, last: i64) -> f64 {
    let Some(calls) = identifier.series.get(&Metric::Invocations) else {
        return 0.0;
    };
    calls.range(last - 59 * MINUTE..).map(|(_, calls)| calls).sum()
}

fn added_up(members: &[&Identifier], model: &Model) -> Identifier {
    use Metric::{
        CacheRead, CacheWrite, ClientErrors, Input, Invocations, Output, QuotaUse, ServerErrors, Throttles,
    };
    let mut sum = Identifier::default();
    for metric in [
        Invocations,
        Throttles,
        ClientErrors,
        ServerErrors,
        Input,
        Output,
        CacheRead,
        CacheWrite,
        QuotaUse,
    ] {
        let mut minutes = Minutes::new();
        for (minute, value) in members.iter().filter_map(|id| id.series.get(&metric)).flatten() {
            *minutes.entry(*minute).or_default() += value;
        }
        sum.series.insert(metric, minutes);
    }
    // Of percentiles there is no sum.
    let calls = |id: &Identifier| {
        id.series
            .get(&Invocations)
            .map_or(0.0, |calls| calls.values().sum())
    };
    if let Some(busiest) = members
        .iter()
        .max_by(|one, other| calls(one).total_cmp(&calls(other)))
    {
        for (metric, minutes) in &busiest.series {
            sum.series.entry(*metric).or_insert_with(|| minutes.clone());
        }
    }
    // Where the service's own estimate is missing, use is worked out of the tokens.
    let worked_out: Vec<(i64, f64)> = (sum.series.get(&Invocations).into_iter().flatten())
        .map(|(minute, _)| {
            let tokens = sum.at(Input, *minute)
                + sum.at(CacheWrite, *minute)
                + sum.at(Output, *minute) * model.burndown as f64;
            (*minute, tokens)
        })
        .collect();
    let published = sum.series.entry(QuotaUse).or_default();
    for (minute, tokens) in worked_out {
        published.entry(minute).or_insert(tokens);
    }
    let day: Vec<f64> = members.iter().filter_map(|id| id.day).collect();
    sum.day = (!day.is_empty()).then(|| day.iter().sum());
    sum
}

fn uses(pool: &PoolReport, region: &RegionSeen, now: i64, catalog: &Catalog) -> Vec<Use> {
    let limits = limits(&pool.key, &pool.model, region, catalog);
    let measured = limits.into_iter().map(|mut used| {
        match used.rate {
            RateKind::Daily => used.now = pool.sum.day,
            RateKind::Requests => measure(&mut used, pool, Metric::Invocations, now),
            RateKind::Tokens => measure(&mut used, pool, Metric::QuotaUse, now),
        }
        used
    });
    measured.collect()
}

fn measure(used: &mut Use, pool: &PoolReport, metric: Metric, now: i64) {
    used.now = Some(pool.sum.at(metric, pool.last));
    let Some(series) = pool.sum.series.get(&metric) else {
        return;
    };
    let peak = series.iter().max_by(|one, other| one.1.total_cmp(other.1));
    used.peak = Some(peak.map_or(0.0, |(_, value)| *value));
    used.peak_at = peak.map(|(minute, _)| *minute);
    // A call in flight holds at least what it will be charged.
    let millis = pool.newest(Metric::LatencyMean).unwrap_or(0.0);
    let held = if metric == Metric::QuotaUse {
        millis / 60_000.0
    } else {
        0.0
    };
    used.forecast = forecast(&Course {
        used: series,
        last: pool.last,
        now,
        limit: used.limit,
        held,
    });
}

/// The quotas of a pool, each from the best source there is: applied, default, catalogue.
pub fn limits(key: &PoolKey, model: &Model, region: &RegionSeen, catalog: &Catalog) -> Vec<Use> {
    let listed = |rows: &Option<Vec<super::QuotaSeen>>, source: Source| -> Vec<Use> {
        let of_pool = rows.iter().flatten().filter_map(|row| {
            let kind = QuotaKind::read(&row.name)?;
            // One daily row stands for the bare model and, doubled, for its geographic profiles.
            let is_doubled = kind.rate == RateKind::Daily
                && kind.family == QuotaFamily::OnDemand
                && key.family == QuotaFamily::CrossRegion;
            let fits = (kind.family == key.family || is_doubled) && kind.is_of(model, catalog);
            fits.then(|| Use {
                rate: kind.rate,
                name: row.name.clone(),
                code: Some(row.code.clone()),
                limit: row.value * if is_doubled { 2.0 } else { 1.0 },
                source,
                default: None,
                adjustable: row.adjustable,
                now: None,
                peak: None,
                peak_at: None,
                forecast: None,
            })
        });
        let mut of_pool: Vec<Use> = of_pool.collect();
        of_pool.sort_by_key(|used| used.rate);
        of_pool
    };
    let defaults = listed(&region.defaults.value, Source::Default);
    let applied = listed(&region.applied.value, Source::Applied);
    let mut found = if region.applied.value.is_some() {
        applied
    } else if region.defaults.value.is_some() {
        defaults.clone()
    } else {
        by_catalogue(key, model, catalog)
    };
    for used in &mut found {
        let same = defaults.iter().find(|row| row.rate == used.rate);
        used.default = same.map(|row| row.limit);
    }
    found
}

fn by_catalogue(key: &PoolKey, model: &Model, catalog: &Catalog) -> Vec<Use> {
    let row = model.quota(key.family, &key.region);
    let book = &catalog.offers.quota_book;
    let kind = match key.family {
        QuotaFamily::OnDemand => "On-demand model inference",
        QuotaFamily::CrossRegion => "Cross-region model inference",
        QuotaFamily::Global => "Global cross-region model inference",
    };
    let made = |rate: RateKind, what: &str, limit: Option<u64>, code: Option<&String>| {
        limit.map(|limit| Use {
            rate,
            name: format!("{kind} {what} for {}", book.name_of(model)),
            code: code.cloned(),
            limit: limit as f64,
            source: Source::Catalogue,
            default: Some(limit as f64),
            adjustable: rate == RateKind::Tokens,
            now: None,
            peak: None,
            peak_at: None,
            forecast: None,
        })
    };
    let requests = row.and_then(|row| row.requests_per_minute);
    let requests_code = row.and_then(|row| row.requests_code.as_ref());
    let tokens = row.map(|row| row.tokens_per_minute);
    let tokens_code = row.and_then(|row| row.tokens_code.as_ref());
    let daily = book.daily_tokens(&model.id, key.family);
    [
        made(RateKind::Requests, "requests per minute", requests, requests_code),
        made(RateKind::Tokens, "tokens per minute", tokens, tokens_code),
        made(RateKind::Daily, "tokens per day", daily, None),
    ]
    .into_iter()
    .flatten()
    .collect()
}
