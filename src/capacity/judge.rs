//! Findings about one pool: what refuses calls, what soon will, and what to do.

use super::evidence::{Evidence, Suspect};
use super::finding::{Finding, Step, Urgency};
use super::observed::{MINUTE, Metric, RegionSeen};
use super::pool::{PoolKey, PoolReport, Source, Use, family_word, limits};
use super::quota_name::RateKind;
use crate::catalog::{Catalog, QuotaFamily};
use crate::units::grouped;

/// What a pool is judged with.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// The pool's region.
    pub region: &'a RegionSeen,
    /// What is offered.
    pub catalog: &'a Catalog,
}

/// From this share of a quota on it is said to be near.
const NEAR: f64 = 0.80;
/// Room that is asked for above what is sent.
const ROOM: f64 = 1.3;
/// Of the answer times that lie far above those of before.
const SLOWED: f64 = 2.0;

/// What is to be said of a pool.
pub fn judge(pool: &PoolReport, bench: Bench<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(evidence) = Evidence::of(pool) {
        findings.push(burning(pool, &evidence, bench));
    } else {
        findings.extend(soon(pool, bench));
        findings.extend(errors(pool, bench));
    }
    findings.extend(below_default(pool));
    findings.extend(slowed(pool));
    for finding in &mut findings {
        finding.region = Some(pool.key.region.clone());
        finding.model = Some(pool.model.id.to_string());
    }
    findings
}

fn burning(pool: &PoolReport, evidence: &Evidence, bench: Bench<'_>) -> Finding {
    let what = format!("{}: {} throttled", pool.title(), percent(evidence.share()));
    let first = evidence.suspects.first().copied();
    let cause = match (first, evidence.suspects.len()) {
        (None, _) => "by what, the figures cannot tell".to_owned(),
        (Some(suspect), 1) => by_what(suspect).to_owned(),
        (Some(suspect), _) => format!("{}, or {}", by_what(suspect), by_what(evidence.suspects[1])),
    };
    let met = first.and_then(rate_of).and_then(|rate| pool.rate(rate));
    let mut finding = Finding::new(Urgency::Burning, format!("{what}, {cause}"));
    finding.since = Some(evidence.since);
    finding.suspects.clone_from(&evidence.suspects);
    finding.quota = match (first, evidence.suspects.len()) {
        (None | Some(Suspect::SharedPool), _) => None,
        _ => named(pool, evidence),
    };
    finding.left = met.and_then(Use::left);
    finding.seen = shown(pool, evidence);
    finding.would_tell = would_tell(evidence);
    finding.steps = steps(pool, evidence, bench);
    finding
}

/// The names of all quotas that are suspected.
fn named(pool: &PoolReport, evidence: &Evidence) -> Option<String> {
    let rates = evidence.suspects.iter().filter_map(|suspect| rate_of(*suspect));
    let names: Vec<String> = rates.filter_map(|rate| pool.rate(rate).map(Use::named)).collect();
    (!names.is_empty()).then(|| names.join("; or "))
}

const fn rate_of(suspect: Suspect) -> Option<RateKind> {
    match suspect {
        Suspect::Zero(rate) => Some(rate),
        Suspect::Requests => Some(RateKind::Requests),
        Suspect::Tokens | Suspect::Reservation => Some(RateKind::Tokens),
        Suspect::Daily => Some(RateKind::Daily),
        Suspect::SharedPool => None,
    }
}

const fn by_what(suspect: Suspect) -> &'static str {
    match suspect {
        Suspect::Zero(RateKind::Requests) => "the quota of requests a minute is zero",
        Suspect::Zero(RateKind::Tokens) => "the quota of tokens a minute is zero",
        Suspect::Zero(RateKind::Daily) => "the quota of tokens a day is zero",
        Suspect::Requests => "by requests a minute",
        Suspect::Tokens => "by tokens a minute",
        Suspect::Reservation => "by tokens that calls in flight reserve (max_tokens)",
        Suspect::Daily => "by tokens a day",
        Suspect::SharedPool => "by the service's shared pool, no quota of yours",
    }
}

fn shown(pool: &PoolReport, evidence: &Evidence) -> Vec<String> {
    let mut seen = vec![format!(
        "{} throttled and {} served since then; every retry counts as a call",
        grouped(evidence.throttled),
        grouped(evidence.served)
    )];
    let mut of = |rate: RateKind, share: Option<f64>, what: &str| {
        if let (Some(share), Some(used)) = (share, pool.rate(rate)) {
            let source = match used.source {
                Source::Applied => "",
                Source::Default => " (default: the applied value could not be read)",
                Source::Catalogue => " (bedrill's catalogue: Service Quotas could not be read)",
            };
            seen.push(format!(
                "{what}: {} of {}{source}",
                percent(share),
                grouped(used.limit)
            ));
        }
    };
    of(RateKind::Requests, evidence.requests, "requests a minute let in");
    of(RateKind::Tokens, evidence.tokens, "tokens a minute charged");
    of(RateKind::Daily, evidence.day, "tokens in 24 hours");
    if evidence.server_errors > 0.0 {
        seen.push(format!("{} answered with 5xx", grouped(evidence.server_errors)));
    }
    if evidence.suspects.contains(&Suspect::Reservation)
        && let Some(each) = evidence.held_each
    {
        let written = pool.newest(Metric::OutputP50).unwrap_or(0.0);
        seen.push(format!(
            "the quota is full if each call in flight holds about {} tokens; a reply has {} in the median \
             (own estimate: EstimatedTPMQuotaUsage leaves the reservation out)",
            grouped(each),
            grouped(written)
        ));
    }
    seen
}

fn would_tell(evidence: &Evidence) -> Option<String> {
    match evidence.suspects.as_slice() {
        [] => Some(
            "the words of the error would: \"Too many requests\", \"Too many tokens\", \"Too many tokens per day\" or \
             \"overloaded\"; paste one into `bedrill explain`. Until then it is requests or tokens in bursts shorter \
             than a minute, a limit that Service Quotas does not list, or the shared pool"
                .to_owned(),
        ),
        [_] => None,
        _ => Some(
            "both are at their limit: \"Too many requests\" or \"Too many tokens\" in the error's words tells which \
             was met first"
                .to_owned(),
        ),
    }
}

fn steps(pool: &PoolReport, evidence: &Evidence, bench: Bench<'_>) -> Vec<Step> {
    let Some(suspect) = evidence.suspects.first().copied() else {
        return vec![
            Step::BackOff,
            Step::Look {
                at: "read the words of one 429, `bedrill explain` says which quota they mean".to_owned(),
            },
        ];
    };
    let asked = asked_of(pool, evidence, suspect);
    let mut steps = Vec::new();
    match suspect {
        Suspect::Reservation => {
            steps.push(Step::LowerMaxTokens { to: enough(pool) });
            steps.extend(elsewhere(pool, asked, bench));
            steps.push(Step::UseBatch);
        }
        Suspect::SharedPool => {
            steps.extend(elsewhere(pool, asked, bench));
            steps.push(Step::BackOff);
            steps.push(Step::Wait {
                until: "the burst is over, usually seconds to minutes; more quota does not help",
            });
        }
        Suspect::Zero(rate) => {
            steps.extend(elsewhere(pool, asked, bench));
            steps.extend(pool.rate(rate).map(|used| more_of(used, asked)));
        }
        Suspect::Requests | Suspect::Tokens => {
            steps.extend(elsewhere(pool, asked, bench));
            steps.extend(
                rate_of(suspect)
                    .and_then(|rate| pool.rate(rate))
                    .map(|used| more_of(used, asked)),
            );
            if suspect == Suspect::Tokens && pool.model.cache.is_some() {
                steps.push(Step::CachePrompts);
            }
            steps.push(Step::UseBatch);
            steps.push(Step::BackOff);
        }
        Suspect::Daily => {
            steps.extend(elsewhere(pool, asked, bench));
            steps.extend(pool.rate(RateKind::Daily).map(|used| more_of(used, asked)));
            steps.push(Step::UseBatch);
            steps.push(Step::Wait {
                until: "the day's quota refills: midnight UTC, or little by little (the service does not say)",
            });
        }
    }
    steps
}

fn soon(pool: &PoolReport, bench: Bench<'_>) -> Option<Finding> {
    let minute_rates = || pool.uses.iter().filter(|used| used.rate != RateKind::Daily);
    let foretold = minute_rates()
        .filter_map(|used| Some((used, used.forecast?)))
        .min_by(|one, other| one.1.throttles_in.total_cmp(&other.1.throttles_in));
    if let Some((used, forecast)) = foretold {
        let title = format!(
            "{}: throttled by {} in {:.0} min ({:.0} to {:.0}) if it goes on rising like this",
            pool.title(),
            used.rate.short(),
            forecast.throttles_in,
            forecast.between.0.floor(),
            forecast.between.1.ceil(),
        );
        let mut finding = about(Urgency::Soon, title, used);
        finding.seen.push(format!(
            "reaches the quota in {:.0} min; from one-minute figures, one to two minutes late",
            forecast.reaches_in
        ));
        finding.seen.extend(held_note(pool));
        finding.steps = near_steps(pool, used, bench);
        return Some(finding);
    }
    let nearest = pool
        .uses
        .iter()
        .filter(|used| used.limit > 0.0 && used.share().is_some_and(|share| share >= NEAR))
        .max_by(|one, other| {
            one.share()
                .unwrap_or(0.0)
                .total_cmp(&other.share().unwrap_or(0.0))
        })?;
    let title = format!(
        "{}: {} of {} in use",
        pool.title(),
        percent(nearest.share().unwrap_or(0.0)),
        nearest.rate.short()
    );
    let mut finding = about(Urgency::Strained, title, nearest);
    finding.seen.extend(held_note(pool));
    finding.steps = near_steps(pool, nearest, bench);
    Some(finding)
}

fn about(urgency: Urgency, title: String, used: &Use) -> Finding {
    let mut finding = Finding::new(urgency, title);
    finding.quota = Some(used.named());
    finding.left = used.left();
    finding.seen.push(format!(
        "{} of {} now, {} at the peak of three hours",
        grouped(used.now.unwrap_or(0.0)),
        grouped(used.limit),
        used.peak.map_or_else(|| "-".to_owned(), grouped)
    ));
    finding
}

/// Why throttling can begin below 100 percent, where it could.
fn held_note(pool: &PoolReport) -> Option<String> {
    let held = pool.most_held().filter(|held| *held >= 0.5)?;
    Some(format!(
        "calls in flight hold up to {} of the tokens quota if max_tokens is unset: then throttling begins earlier",
        percent(held)
    ))
}

fn near_steps(pool: &PoolReport, used: &Use, bench: Bench<'_>) -> Vec<Step> {
    let asked = Asked {
        requests: pool
            .rate(RateKind::Requests)
            .and_then(|used| used.now)
            .unwrap_or(0.0),
        tokens: pool
            .rate(RateKind::Tokens)
            .and_then(|used| used.now)
            .unwrap_or(0.0),
        of_rate: used.now.unwrap_or(0.0).max(used.limit),
    };
    let mut steps: Vec<Step> = elsewhere(pool, asked, bench).into_iter().collect();
    steps.push(more_of(used, asked));
    steps.push(Step::UseBatch);
    steps
}

/// 5xx without a throttle: the service's own trouble.
fn errors(pool: &PoolReport, bench: Bench<'_>) -> Option<Finding> {
    let errors: f64 = pool.recent(Metric::ServerErrors, 5).iter().sum();
    let served: f64 = pool.recent(Metric::Invocations, 5).iter().sum();
    let share = errors / (errors + served).max(1.0);
    if errors < 3.0 || share < 0.01 {
        return None;
    }
    let title = format!(
        "{}: {} answered with 5xx, no quota of yours",
        pool.title(),
        percent(share)
    );
    let mut finding = Finding::new(Urgency::Strained, title);
    finding.seen = vec![format!(
        "{} in the last five minutes, none throttled",
        grouped(errors)
    )];
    let asked = Asked {
        requests: served / 5.0,
        tokens: pool
            .rate(RateKind::Tokens)
            .and_then(|used| used.now)
            .unwrap_or(0.0),
        of_rate: 0.0,
    };
    finding.steps = elsewhere(pool, asked, bench)
        .into_iter()
        .chain([Step::BackOff])
        .collect();
    Some(finding)
}

fn below_default(pool: &PoolReport) -> Option<Finding> {
    let lowered = pool.uses.iter().find(|used| {
        used.source == Source::Applied && used.default.is_some_and(|default| used.limit < 0.5 * default)
    })?;
    let default = lowered.default?;
    let title = format!(
        "{}: this account has {} of {}, every account's default is {}",
        pool.title(),
        grouped(lowered.limit),
        lowered.rate.short(),
        grouped(default)
    );
    let mut finding = about(Urgency::Note, title, lowered);
    let asked = Asked {
        requests: 0.0,
        tokens: 0.0,
        of_rate: default / ROOM,
    };
    finding.steps = vec![more_of(lowered, asked)];
    Some(finding)
}

/// Answers that come far later, or tokens far slower, than in the hours before.
fn slowed(pool: &PoolReport) -> Option<Finding> {
    let metric = Metric::FirstTokenP50;
    let series = pool.sum.series.get(&metric)?;
    let (before, now): (Vec<_>, Vec<_>) = series
        .iter()
        .partition(|(minute, _)| **minute < pool.last - 5 * MINUTE);
    let middle = |points: Vec<(&i64, &f64)>| {
        let mut values: Vec<f64> = points.into_iter().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        (values.len() >= 3).then(|| values[values.len() / 2])
    };
    let (before, now) = (middle(before)?, middle(now)?);
    if now < SLOWED * before {
        return None;
    }
    let title = format!(
        "{}: first tokens come after {now:.0} ms, before it was {before:.0} ms",
        pool.title()
    );
    let mut finding = Finding::new(Urgency::Note, title);
    finding.steps = vec![Step::Look {
        at: "busy regions answer later before they refuse: watch 503s, and have another route ready"
            .to_owned(),
    }];
    Some(finding)
}

/// What is sent, and so must find room: requests and tokens a minute, and of the rate that was met.
#[derive(Clone, Copy, Debug)]
struct Asked {
    requests: f64,
    tokens: f64,
    of_rate: f64,
}

/// What was asked for in the throttled minutes: attempts, and the tokens they would have used.
fn asked_of(pool: &PoolReport, evidence: &Evidence, suspect: Suspect) -> Asked {
    let minutes = ((pool.last - evidence.since) / MINUTE + 1).min(10);
    let mean = |metric| pool.recent(metric, minutes).iter().sum::<f64>() / minutes as f64;
    let served = mean(Metric::Invocations);
    let requests = served + mean(Metric::Throttles) + mean(Metric::ServerErrors);
    let scale = if served > 0.0 { requests / served } else { 1.0 };
    let tokens = mean(Metric::QuotaUse) * scale;
    let of_rate = match suspect {
        Suspect::Requests | Suspect::Zero(RateKind::Requests) => requests,
        Suspect::Daily | Suspect::Zero(RateKind::Daily) => tokens * 1_440.0,
        Suspect::Tokens | Suspect::Reservation | Suspect::SharedPool | Suspect::Zero(RateKind::Tokens) => {
            tokens
        }
    };
    Asked {
        requests,
        tokens,
        of_rate,
    }
}

/// More of a quota: asked for where it can be, else by a support case.
fn more_of(used: &Use, asked: Asked) -> Step {
    if !used.adjustable {
        return Step::SupportCase { name: used.named() };
    }
    let at_least = used.default.unwrap_or(0.0).max(used.limit * ROOM);
    Step::AskFor {
        name: used.name.clone(),
        code: used.code.clone(),
        value: round_up((asked.of_rate * ROOM).max(at_least)),
    }
}

/// Another pool for the same model that has room: a profile in this region, else the same call from
/// another region of its geography.
fn elsewhere(pool: &PoolReport, asked: Asked, bench: Bench<'_>) -> Option<Step> {
    let wider = [QuotaFamily::CrossRegion, QuotaFamily::Global];
    let in_other_pool = (bench.catalog.profiles.values())
        .filter(|profile| profile.model == pool.model.id && profile.routes.contains_key(&pool.key.region))
        .filter(|profile| wider.contains(&profile.family) && profile.family > pool.key.family)
        .find(|profile| {
            let key = PoolKey {
                family: profile.family,
                ..pool.key.clone()
            };
            let quotas = limits(&key, &pool.model, bench.region, bench.catalog);
            !quotas.is_empty() && quotas.iter().all(|used| has_room(used, asked))
        });
    if let Some(profile) = in_other_pool {
        return Some(Step::MoveToProfile {
            id: profile.id.to_string(),
        });
    }
    let id = pool.ids.first()?.0.clone();
    let geography = |region: &crate::names::Region| {
        bench
            .catalog
            .regions
            .get(region)
            .map(|entry| entry.geography.as_str())
    };
    let may_call = |region: &crate::names::Region| match pool.key.family {
        QuotaFamily::OnDemand => pool.model.on_demand_regions.contains(region),
        QuotaFamily::CrossRegion | QuotaFamily::Global => {
            let profile = bench.catalog.profiles.get(id.as_str());
            profile.is_some_and(|profile| profile.routes.contains_key(region))
        }
    };
    let other = bench.catalog.regions.keys().find(|region| {
        **region != pool.key.region && geography(region) == geography(&pool.key.region) && may_call(region)
    })?;
    Some(Step::CallFrom {
        id,
        region: other.clone(),
    })
}

fn has_room(used: &Use, asked: Asked) -> bool {
    let wanted = match used.rate {
        RateKind::Requests => asked.requests,
        RateKind::Tokens => asked.tokens,
        RateKind::Daily => return used.limit > 0.0,
    };
    used.limit >= wanted * ROOM && used.limit > 0.0
}

/// Tokens that are enough for nearly every reply: the 99th percentile and a quarter more.
fn enough(pool: &PoolReport) -> u64 {
    let longest = pool
        .newest(Metric::OutputP99)
        .or_else(|| pool.newest(Metric::OutputP50).map(|median| 3.0 * median));
    let wanted = (longest.unwrap_or(256.0) * 1.25 / 64.0).ceil() * 64.0;
    (wanted.max(64.0) as u64).min(pool.model.max_output)
}

/// Up to two significant figures, as people ask for quotas.
fn round_up(value: f64) -> f64 {
    if value <= 10.0 {
        return value.ceil();
    }
    let unit = 10_f64.powf(value.log10().floor() - 1.0);
    (value / unit - 1e-9).ceil() * unit
}

/// A share in whole percent; a trace is no nothing.
pub fn percent(share: f64) -> String {
    let shown = share * 100.0;
    if shown > 0.0 && shown < 1.0 {
        "under 1%".to_owned()
    } else {
        format!("{shown:.0}%")
    }
}

/// A pool in a phrase, for lines that name the nearest quota.
pub fn phrase(pool: &PoolReport, used: &Use) -> String {
    format!(
        "{} {} {} at {} of {}",
        pool.key.region,
        pool.model.name,
        family_word(pool.key.family),
        percent(used.share().unwrap_or(0.0)),
        used.rate.short()
    )
}
