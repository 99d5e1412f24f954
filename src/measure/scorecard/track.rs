//! One arm under one fault.

use std::sync::Arc;

use super::route_line::RouteLine;
use super::{Fault, HOLD};
use crate::clock::Moment;
use crate::event::sighting::gateway::GatewayClaim;
use crate::event::{ArmId, Attempt, BreakerMove, BreakerState, Route, ShotEnd, ShotRecord};
use crate::measure::snapshot::Score;
use crate::measure::waste::Waste;
use crate::units::{TokenUsage, Usd};

/// Prompt tokens, and those of them that came from a cache.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CacheUse {
    read: u64,
    written: u64,
    prompt: u64,
}

/// One arm under the fault.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// The earliest failed attempt: when it was seen to fail, and where.
    failure: Option<(Moment, Arc<Route>)>,
    /// The earliest attempt elsewhere after that.
    switched_at: Option<Moment>,
    last_loss_at: Option<Moment>,
    /// Whether a shot was lost and the arm has not recovered since.
    broken: bool,
    /// The first success since the last loss.
    better_since: Option<Moment>,
    recovered_at: Option<Moment>,
    lost: u64,
    intended: u64,
    shed: u64,
    attempts: u64,
    wasted_tokens: u64,
    extra_cost: Usd,
    cost: Usd,
    served_twice: u64,
    /// Attempts that were the first at their hop.
    calls: u64,
    /// Answers of a gateway, and the upstream calls it claims for them.
    claims: (u64, u64),
    line: RouteLine,
    /// Routes whose breaker has opened.
    opened: Vec<Arc<Route>>,
    reopenings: u64,
    cache_before: CacheUse,
    cache_since: CacheUse,
}

impl CacheUse {
    pub(super) fn count(&mut self, usage: TokenUsage) {
        self.read += usage.cache_read;
        self.written += usage.cache_write;
        self.prompt += usage.prompt();
    }

    /// `None` where no prompt was cached.
    fn hit_ratio(&self) -> Option<f64> {
        (self.read + self.written > 0).then(|| self.read as f64 / self.prompt as f64)
    }
}

impl Track {
    /// `before` is how the arm used caches until the fault.
    pub(super) fn new(before: CacheUse) -> Self {
        Self {
            cache_before: before,
            ..Self::default()
        }
    }

    /// Marks a finished shot; whether it belongs to this fault.
    pub(super) fn shot(&mut self, fault: &Fault, record: &ShotRecord, waste: &Waste) -> bool {
        for attempt in &record.attempts {
            self.attempt(fault, attempt);
        }
        let is_followed = fault.is_followed(record.intended_at);
        if is_followed {
            self.line.shot(record);
        }
        if !self.counts(fault, record.intended_at) {
            return is_followed;
        }
        self.count(record, waste);
        self.judge(record);
        true
    }

    pub(super) fn breaker_moved(&mut self, fault: &Fault, at: Moment, moved: &BreakerMove) -> bool {
        if moved.to != BreakerState::Open || !fault.is_followed(at) {
            return false;
        }
        if self.opened.contains(&moved.route) {
            self.reopenings += 1;
        } else {
            self.opened.push(Arc::clone(&moved.route));
        }
        true
    }

    pub(super) fn claim(&mut self, fault: &Fault, at: Moment, claim: &GatewayClaim) -> bool {
        let counts = at >= fault.began_at && fault.lasts(at);
        if counts {
            self.claims.0 += 1;
            self.claims.1 += claim.upstream_calls();
        }
        counts
    }

    /// Notes the first failure and the first attempt elsewhere.
    fn attempt(&mut self, fault: &Fault, attempt: &Attempt) {
        let failed_at = attempt.ended_at;
        if attempt.failure().is_some()
            && failed_at >= fault.began_at
            && fault.lasts(failed_at)
            && self.failure.as_ref().is_none_or(|(at, _)| failed_at < *at)
        {
            self.failure = Some((failed_at, Arc::clone(&attempt.route)));
        }
        if let Some((at, route)) = &self.failure
            && attempt.route != *route
            && attempt.sent_at >= *at
            && self.switched_at.is_none_or(|switched| attempt.sent_at < switched)
        {
            self.switched_at = Some(attempt.sent_at);
        }
    }

    /// Whether a shot belongs to this fault's story.
    fn counts(&self, fault: &Fault, intended_at: Moment) -> bool {
        fault.is_followed(intended_at) && (fault.lasts(intended_at) || self.broken)
    }

    fn count(&mut self, record: &ShotRecord, waste: &Waste) {
        self.intended += 1;
        self.lost += u64::from(!record.succeeded());
        self.shed += u64::from(record.end == ShotEnd::Shed);
        self.attempts += record.attempts.len() as u64;
        let calls = record.attempts.iter().filter(|attempt| attempt.number == 1);
        self.calls += calls.count() as u64;
        self.cost += record.cost;
        self.wasted_tokens += waste.tokens;
        self.extra_cost += waste.cost;
        self.served_twice += u64::from(waste.served_twice);
        self.cache_since.count(record.usage);
    }

    /// Follows loss and recovery; shots come in the order in which they ended.
    fn judge(&mut self, record: &ShotRecord) {
        let at = record.ended_at;
        if record.succeeded() {
            if !self.broken {
                return;
            }
            let since = *self.better_since.get_or_insert(at);
            if at.since(since) >= HOLD {
                self.broken = false;
                self.recovered_at = Some(since);
            }
            return;
        }
        let relapsed = self.last_loss_at.is_some_and(|last| at.since(last) < HOLD);
        if self.recovered_at.is_none() || relapsed {
            self.broken = true;
            self.recovered_at = None;
            self.better_since = None;
        }
        self.last_loss_at = Some(at);
    }

    /// What there is to show of it.
    pub(super) fn score(&self, arm: usize, fault: &Fault) -> Score {
        let failed_at = self.failure.as_ref().map(|(at, _)| *at);
        let sent = self.intended - self.shed;
        Score {
            arm: ArmId(u16::try_from(arm).unwrap_or(u16::MAX)),
            detect: failed_at.map(|at| at.since(fault.began_at)),
            switch: failed_at.and_then(|at| Some(self.switched_at?.since(at))),
            recover: self.recovered_at.map(|at| at.since(fault.began_at)),
            lost: self.lost,
            intended: self.intended,
            wasted_tokens: self.wasted_tokens,
            extra_cost: self.extra_cost,
            extra_share: (self.cost > Usd::ZERO).then(|| self.extra_cost.dollars() / self.cost.dollars()),
            amplification: per(self.attempts, sent),
            sdk_amplification: per(self.attempts, self.calls),
            chain_amplification: per(self.calls, sent),
            gateway_amplification: per(self.claims.1, self.claims.0),
            served_twice: self.served_twice,
            went_away: self.line.went_away(),
            fail_back: self
                .line
                .back_at()
                .filter(|_| !fault.active)
                .map(|at| at.since(fault.ends_at)),
            flaps: self.line.flaps(),
            reopenings: self.reopenings,
            cache_before: self.cache_before.hit_ratio(),
            cache_since: self.cache_since.hit_ratio(),
        }
    }
}

fn per(over: u64, under: u64) -> Option<f64> {
    (under > 0).then(|| over as f64 / under as f64)
}
