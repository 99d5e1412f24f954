//! Which quota a throttled pool has met, as far as its figures tell.
//!
//! The service's metrics do not say which quota refused a call. What tells is what was let in: a pool
//! held by its requests serves just as many as the quota allows, one held by its tokens is charged just
//! as many. Where neither is near its limit, the reservation of max_tokens, the day's tokens or the
//! shared pool are left, each with a mark of its own; where no mark is there, nothing is named.

use serde::Serialize;

use super::observed::{MINUTE, Metric};
use super::pool::{PoolReport, Source};
use super::quota_name::RateKind;

/// What refused the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suspect {
    /// A quota of zero: nothing was ever let in.
    Zero(RateKind),
    /// Requests a minute.
    Requests,
    /// Tokens a minute, used up by tokens that were really used.
    Tokens,
    /// Tokens a minute, held by calls in flight that reserved far more than they use.
    Reservation,
    /// Tokens a day.
    Daily,
    /// No quota: the service's shared pool.
    SharedPool,
}

/// What the throttled minutes show.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The first minute of the throttling that goes on.
    pub since: i64,
    /// Calls throttled since then; every retry counts.
    pub throttled: f64,
    /// Calls served since then.
    pub served: f64,
    /// Calls answered with 5xx since then.
    pub server_errors: f64,
    /// Requests let in over the quota, in the middle throttled minute.
    pub requests: Option<f64>,
    /// Tokens charged over the quota, likewise.
    pub tokens: Option<f64>,
    /// The day's tokens over their quota.
    pub day: Option<f64>,
    /// Tokens that each call in flight must have held, for the quota to be full; `None`: not known.
    pub held_each: Option<f64>,
    /// What is suspected, the likeliest first; empty: the figures cannot tell.
    pub suspects: Vec<Suspect>,
}

/// Minutes without a throttle that do not end a stretch of throttling.
const PAUSE: i64 = 3;
/// A minute is held by its requests from this share on: what is let in is exact.
const FULL_REQUESTS: f64 = 0.90;
/// And by its tokens: they are charged when calls end, so a minute's sum swings.
const FULL_TOKENS: f64 = 0.82;
/// And by the day's.
const FULL_DAY: f64 = 0.95;
/// 5xx over throttles from which the shared pool is busy: a quota never answers 503.
const BUSY: f64 = 0.5;
/// Newest throttled minutes that are looked at.
const LOOKED_AT: usize = 10;
/// A call cannot hold more than its prompt and the model's longest reply; in-flight counts are rough.
const ROUGH: f64 = 1.3;

impl Evidence {
    /// Looks at a pool. `None`: nothing is throttled now.
    pub fn of(pool: &PoolReport) -> Option<Self> {
        let throttles = pool.sum.series.get(&Metric::Throttles)?;
        let at = |minute: i64| throttles.get(&minute).copied().unwrap_or(0.0);
        let newest = (0..=PAUSE)
            .map(|back| pool.last - back * MINUTE)
            .find(|minute| at(*minute) > 0.0)?;
        let mut since = newest;
        let mut minutes = vec![newest];
        let mut minute = newest - MINUTE;
        while since - minute <= (PAUSE + 1) * MINUTE {
            if at(minute) > 0.0 {
                since = minute;
                minutes.push(minute);
            }
            minute -= MINUTE;
        }
        let total = |metric| {
            let series = pool.sum.series.get(&metric);
            // A sum of nothing is minus zero.
            series.map_or(0.0, |series| {
                series.range(since..).map(|(_, value)| value).sum::<f64>() + 0.0
            })
        };
        let looked_at = settled(&minutes);
        let median = |rate, metric: Metric| {
            let limit = pool.rate(rate)?.limit;
            let mut shares: Vec<f64> = (looked_at.iter())
                .map(|minute| pool.sum.at(metric, *minute) / limit.max(f64::MIN_POSITIVE))
                .collect();
            shares.sort_by(f64::total_cmp);
            shares.get(shares.len() / 2).copied()
        };
        let limit = pool.rate(RateKind::Tokens).map(|used| used.limit);
        let held_each = limit
            .zip(pool.in_flight(&looked_at))
            // A call is refused when less is left than it reserves: up to one call's worth stays free.
            .map(|(limit, in_flight)| limit / (in_flight + 1.0));
        let mut evidence = Self {
            since,
            throttled: total(Metric::Throttles),
            served: total(Metric::Invocations),
            server_errors: total(Metric::ServerErrors),
            requests: median(RateKind::Requests, Metric::Invocations),
            tokens: median(RateKind::Tokens, Metric::QuotaUse),
            day: pool
                .rate(RateKind::Daily)
                .and_then(|used| Some(pool.sum.day? / used.limit.max(f64::MIN_POSITIVE))),
            held_each,
            suspects: Vec::new(),
        };
        evidence.suspects = evidence.suspected(pool);
        Some(evidence)
    }

    /// The share of attempts that were throttled.
    pub fn share(&self) -> f64 {
        self.throttled / (self.throttled + self.served).max(1.0)
    }

    fn suspected(&self, pool: &PoolReport) -> Vec<Suspect> {
        let zero = pool
            .uses
            .iter()
            .find(|used| used.limit <= 0.0 && used.source == Source::Applied);
        if let Some(zero) = zero
            && self.served <= 0.0
        {
            return vec![Suspect::Zero(zero.rate)];
        }
        let mut found = Vec::new();
        let at_least = |share: Option<f64>, full: f64| share.is_some_and(|share| share >= full);
        if at_least(self.requests, FULL_REQUESTS) {
            found.push(Suspect::Requests);
        }
        if at_least(self.tokens, FULL_TOKENS) {
            found.push(Suspect::Tokens);
        }
        if self.server_errors >= BUSY * self.throttled {
            found.push(Suspect::SharedPool);
        }
        if !found.is_empty() {
            return found;
        }
        if at_least(self.day, FULL_DAY) {
            return vec![Suspect::Daily];
        }
        let most = pool.prompt() + pool.model.max_output as f64;
        if self.held_each.is_some_and(|each| each <= ROUGH * most) {
            found.push(Suspect::Reservation);
        }
        found
    }
}

/// The newest throttled minutes, without the first of the stretch where there are others: in it a full
/// bucket let in more, or throttling only began. Newest first.
fn settled(minutes: &[i64]) -> Vec<i64> {
    let kept = if minutes.len() > 1 { minutes.len() - 1 } else { 1 };
    minutes.iter().copied().take(kept.min(LOOKED_AT)).collect()
}
