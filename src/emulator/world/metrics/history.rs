//! What the account did before the run began: an assumption, drawn from the seed, never measured.
//!
//! Each identifier that can be called in the regions of the plan has a load curve of its own, within
//! its quotas. Nothing is stored: a minute follows from the seed, the identifier and the minute. It
//! ends where the run begins.

use std::f64::consts::TAU;
use std::time::Duration;

use super::meter::Published;
use super::samples::Samples;
use crate::catalog::{Lifecycle, Model};
use crate::emulator::world::quota::Limits;
use crate::names::Region;
use crate::seed::{Seed, Stream};

/// The settings. All of them are assumptions.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPlan {
    /// How far it reaches back; zero: the account did nothing.
    pub lasts: Duration,
    /// The share of its quota that the busiest identifier takes on a usual day, 0 to 1.
    pub peak: f64,
    /// Where; empty: in the world's default region.
    pub regions: Vec<Region>,
}

impl Default for HistoryPlan {
    fn default() -> Self {
        Self {
            lasts: Duration::from_secs(3 * 3_600),
            peak: 0.45,
            regions: Vec::new(),
        }
    }
}

/// Calls of one identifier before the run.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    seed: Seed,
    /// Calls of a minute at the top of the curve.
    busiest: f64,
    /// The most that the quotas let in.
    limit: f64,
    input: f64,
    output: f64,
    burndown: u64,
    first_token_ms: f64,
    token_ms: f64,
    streams: bool,
    caches: bool,
    /// The curve's length and phase.
    wave: (f64, f64),
    /// The minutes before the run in which more is asked for than the quota lets in.
    rush: Option<(f64, f64)>,
}

/// One minute of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Load {
    served: u64,
    throttled: u64,
    client_errors: u64,
    server_errors: u64,
}

impl Past {
    /// Prompt tokens of a call, in the median of identifiers.
    const INPUT: f64 = 900.0;
    /// Tokens of its reply.
    const OUTPUT: f64 = 220.0;
    /// Calls of a minute, however large the quota.
    const MOST_CALLS: f64 = 2_000.0;

    /// The past of an identifier; `None`: it cannot have been called, or has no quota to draw on.
    pub fn of(seed: Seed, model: &Model, limits: Limits, peak: f64) -> Option<Self> {
        // Twelve hours at the limit must not use up the day.
        let daily = limits.tokens_per_day.map(|daily| daily / 720);
        let tokens = limits.tokens?.min(daily.unwrap_or(u64::MAX));
        let tokens = Some(tokens).filter(|tokens| *tokens > 0)? as f64;
        if model.lifecycle == Lifecycle::EndOfLife || limits.requests == Some(0) {
            return None;
        }
        let mut draws = seed.stream();
        let input = draws.log_normal(Self::INPUT, 0.5);
        let output = draws
            .log_normal(Self::OUTPUT, 0.4)
            .min(model.max_output as f64 / 2.0);
        // A call reserves more at its start than it is charged at its end: its `maxTokens` are more than
        // its reply. So throttling begins below a full quota.
        let reserved = input + 1.6 * output * (model.burndown as f64).max(4.0);
        let requests = limits.requests.map_or(f64::INFINITY, |requests| requests as f64);
        let limit = (tokens / reserved)
            .min(requests)
            .min(Self::MOST_CALLS / peak.max(0.01));
        let share = peak * (0.1 + 0.9 * draws.unit().powi(2));
        let wave = (90.0 + 150.0 * draws.unit(), draws.unit());
        let rush = draws.chance(0.12).then(|| (20.0 + 100.0 * draws.unit(), 8.0));
        Some(Self {
            seed,
            busiest: limit * share,
            limit,
            input,
            output,
            burndown: model.burndown,
            first_token_ms: model.latency.first_token_ms + model.latency.per_thousand_input_ms * input / 1e3,
            token_ms: 1e3 / model.latency.tokens_per_second.max(0.1),
            streams: model.streaming,
            caches: model.cache.is_some() && draws.chance(0.5),
            wave,
            rush,
        })
    }

    /// The samples of a metric in the minute that begins so many minutes before the run.
    pub fn samples(&self, metric: Published, before: u64) -> Samples {
        let load = self.load(before);
        let counted = |count: u64| Samples::repeated(1.0, count as f64);
        let stream = |name: &str| self.seed.derive(name).keyed(before).stream();
        // The cache holds two fifths of a prompt where it is used at all.
        let (fresh, read, written) = if self.caches {
            (0.55, 0.4, 0.05)
        } else {
            (1.0, 0.0, 0.0)
        };
        let tokens = |name, mean: f64| spread(stream(name), load.served, mean, 0.5);
        let when =
            |holds: bool, samples: &dyn Fn() -> Samples| if holds { samples() } else { Samples::default() };
        match metric {
            Published::Invocations => counted(load.served),
            Published::InvocationThrottles => counted(load.throttled),
            Published::InvocationClientErrors => counted(load.client_errors),
            Published::InvocationServerErrors => counted(load.server_errors),
            Published::InputTokenCount => tokens("input", self.input * fresh),
            Published::OutputTokenCount => tokens("output", self.output),
            Published::CacheReadInputTokenCount => when(self.caches, &|| tokens("read", self.input * read)),
            Published::CacheWriteInputTokenCount => {
                when(self.caches, &|| tokens("write", self.input * written))
            }
            Published::InvocationLatency => {
                let whole = self.first_token_ms + self.output * self.token_ms;
                spread(stream("latency"), load.served, whole, 0.35)
            }
            Published::TimeToFirstToken => when(self.streams, &|| {
                spread(
                    stream("first token"),
                    load.served * 7 / 10,
                    self.first_token_ms,
                    0.3,
                )
            }),
            Published::EstimatedTpmQuotaUsage => {
                let sum = |metric| self.samples(metric, before).sum();
                let charged = sum(Published::InputTokenCount)
                    + sum(Published::CacheWriteInputTokenCount)
                    + sum(Published::OutputTokenCount) * self.burndown as f64;
                when(load.served > 0, &|| Samples::repeated(charged, 1.0))
            }
        }
    }

    /// How many minutes before the run a metric last had a sample, if it had one in the last `minutes`.
    pub fn last(&self, metric: Published, minutes: u64) -> Option<u64> {
        let may_have = match metric {
            Published::CacheReadInputTokenCount | Published::CacheWriteInputTokenCount => self.caches,
            Published::TimeToFirstToken => self.streams,
            Published::InvocationThrottles => self.rush.is_some(),
            _ => true,
        };
        let counted = |before: &u64| {
            let load = self.load(*before);
            match metric {
                Published::InvocationThrottles => load.throttled > 0,
                Published::InvocationClientErrors => load.client_errors > 0,
                Published::InvocationServerErrors => load.server_errors > 0,
                Published::TimeToFirstToken => load.served > 1,
                _ => load.served > 0,
            }
        };
        if may_have {
            (1..=minutes).find(counted)
        } else {
            None
        }
    }

    fn load(&self, before: u64) -> Load {
        let mut draws = self.seed.derive("load").keyed(before).stream();
        let minutes = before as f64;
        let (length, phase) = self.wave;
        let swell = 0.65 + 0.25 * (TAU * (minutes / length + phase)).sin();
        let asked = self.busiest * (swell + 0.07 * draws.normal()).clamp(0.05, 1.0);
        let in_rush = (self.rush).is_some_and(|(from, lasts)| (from..from + lasts).contains(&minutes));
        // The limit is that of mean calls: a little room is left for longer ones.
        let (served, throttled) = if in_rush {
            (0.85 * self.limit, 0.4 * self.limit)
        } else {
            (asked.min(0.85 * self.limit), 0.0)
        };
        let served = served.round() as u64;
        let rarely = |draws: &mut Stream, share: f64| (served as f64 * share + draws.unit()).floor() as u64;
        Load {
            served,
            throttled: throttled.round() as u64,
            client_errors: rarely(&mut draws, 0.001),
            server_errors: rarely(&mut draws, 0.000_5),
        }
        .thinned(&mut draws)
    }
}

impl Load {
    /// Errors are rare: most minutes have none.
    fn thinned(self, draws: &mut Stream) -> Self {
        let keep = |count: u64, draws: &mut Stream| if draws.chance(0.25) { count } else { 0 };
        Self {
            client_errors: keep(self.client_errors, draws),
            server_errors: keep(self.server_errors, draws),
            ..self
        }
    }
}

/// `count` log-normal samples around a mean, in a few steps and whole numbers.
fn spread(mut draws: Stream, count: u64, mean: f64, sigma: f64) -> Samples {
    let mut samples = Samples::default();
    let steps = count.min(16);
    for step in 0..steps {
        let share = count / steps + u64::from(step < count % steps);
        let value = draws.log_normal(mean * (-sigma * sigma / 2.0).exp(), sigma);
        samples.add(value.clamp(1.0, mean * 4.0).round(), share as f64);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::fixture;
    use crate::emulator::world::metrics::Statistic;

    #[test]
    fn the_past_keeps_within_its_quotas_and_repeats_with_the_seed() {
        let model = fixture::model("acme.deep-v1:0");
        let limits = Limits {
            requests: Some(1_000),
            tokens: Some(600_000),
            tokens_per_day: None,
        };
        let mut throttled = 0;
        for number in 0..40 {
            let past = || Past::of(Seed::new(number), &model, limits, 0.45).expect("a past");
            for before in 1..=180 {
                let of =
                    |metric, statistic| past().samples(metric, before).statistic(statistic).unwrap_or(0.0);
                let used = of(Published::EstimatedTpmQuotaUsage, Statistic::Maximum);
                let served = of(Published::Invocations, Statistic::Sum);
                assert!(
                    served > 0.0 && served <= 1_000.0,
                    "{number}, {before}: {served} calls"
                );
                assert!(
                    used > 0.0 && used <= 600_000.0,
                    "{number}, {before}: {used} tokens"
                );
                assert_eq!(
                    past().samples(Published::InvocationLatency, before),
                    past().samples(Published::InvocationLatency, before)
                );
                throttled += u64::from(!past().samples(Published::InvocationThrottles, before).is_empty());
            }
        }
        // Some had a rush, most had none.
        assert!((8..40 * 8 / 2).contains(&throttled), "{throttled}");
    }

    #[test]
    fn without_a_quota_there_is_no_past() {
        let model = fixture::model("acme.swift-v1:0");
        let limits = |requests, tokens, tokens_per_day| Limits {
            requests,
            tokens,
            tokens_per_day,
        };
        for none in [
            limits(None, None, None),
            limits(None, Some(0), None),
            limits(Some(0), Some(10), None),
            limits(None, Some(10), Some(0)),
        ] {
            assert!(Past::of(Seed::new(1), &model, none, 0.5).is_none());
        }
    }
}
