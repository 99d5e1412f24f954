//! What is changed by hand while the world goes on: quotas on a lease, faults renewed, books begun anew.

use std::sync::Arc;
use std::time::Duration;

use super::World;
use super::cache::PromptCache;
use super::callers::Callers;
use super::ledger::Ledger;
use super::plan::QuotaOverride;
use super::quota::{Limits, PoolKey};
use crate::catalog::QuotaFamily;
use crate::clock::Moment;
use crate::event::FaultId;
use crate::fault::FaultPlan;
use crate::names::{ModelId, Region};

/// Quotas set by hand at one time; one more is refused.
const MOST_QUOTAS: usize = 64;

/// A quota set while the world goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaByHand {
    /// Its number.
    pub number: u32,
    /// What it changes.
    pub change: QuotaOverride,
    /// When its lease is over, and the quota is again what it was.
    pub ends_at: Moment,
}

/// How full a quota is.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaLevel {
    /// The region called.
    pub region: Region,
    /// The model.
    pub model: ModelId,
    /// Which quota.
    pub family: QuotaFamily,
    /// The share of its requests that is spent, where they are limited.
    pub requests: Option<f64>,
    /// The share of its tokens that is spent, where they are limited.
    pub tokens: Option<f64>,
}

impl World {
    /// Changes a quota until its lease is over; one of the same model, family and region is replaced.
    /// `None`: there are 64 already.
    pub fn set_quota(&mut self, now: Moment, change: QuotaOverride, lasts: Duration) -> Option<QuotaByHand> {
        self.expire_quotas(now);
        let same = |known: &QuotaByHand| {
            let known = &known.change;
            (&known.model, known.family, &known.region) == (&change.model, change.family, &change.region)
        };
        self.by_hand.retain(|known| !same(known));
        if self.by_hand.len() >= MOST_QUOTAS {
            return None;
        }
        let number = self.by_hand.iter().map(|known| known.number).max().unwrap_or(0) + 1;
        let set = QuotaByHand {
            number,
            change,
            ends_at: now + lasts,
        };
        self.by_hand.push(set.clone());
        self.limit_anew();
        Some(set)
    }

    /// Takes a quota set by hand back; whether there was one of that number.
    pub fn unset_quota(&mut self, number: u32) -> bool {
        let before = self.by_hand.len();
        self.by_hand.retain(|known| known.number != number);
        let found = self.by_hand.len() < before;
        if found {
            self.limit_anew();
        }
        found
    }

    /// The quotas set by hand that hold at a moment.
    pub fn quotas_by_hand(&mut self, now: Moment) -> &[QuotaByHand] {
        self.expire_quotas(now);
        &self.by_hand
    }

    /// Gives a fault a new end, so long from now; `None`: there is none of that number any more.
    pub fn renew(&mut self, now: Moment, id: FaultId, lasts: Duration) -> Option<FaultPlan> {
        self.expire(now);
        let mut plan = self.faults.plans().iter().find(|plan| plan.id == id)?.clone();
        plan.lasts = (now + lasts).since(plan.begins_at);
        self.faults.insert(plan.clone());
        Some(plan)
    }

    /// Begins anew: no faults, quotas as the world's plan has them and full, an empty prompt cache,
    /// empty books. What is in service goes on and is entered when it ends.
    pub fn reset(&mut self) {
        self.faults.clear();
        self.by_hand.clear();
        self.quotas.refill();
        self.cache = PromptCache::new(self.plan.cache.implicit);
        self.callers = Callers::default();
        self.ledger = Ledger::new(Arc::clone(&self.index));
        for open in self.open.values().filter(|open| open.unit.is_none()) {
            self.ledger.admit(open.line);
        }
    }

    /// How full each quota is that was drawn on.
    pub fn quota_levels(&self, now: Moment) -> Vec<QuotaLevel> {
        let level = |key: PoolKey| {
            let (requests, tokens) = self.quotas.spent(now, key);
            QuotaLevel {
                region: self.index.region(key.region).clone(),
                model: self.index.model(key.model).id.clone(),
                family: key.family,
                requests,
                tokens,
            }
        };
        self.quotas.keys().into_iter().map(level).collect()
    }

    /// Lets go of quotas whose lease is over.
    pub(super) fn expire_quotas(&mut self, now: Moment) {
        if self.by_hand.iter().any(|known| known.ends_at <= now) {
            self.by_hand.retain(|known| known.ends_at > now);
            self.limit_anew();
        }
    }

    /// What a pool may hold: the catalogue, the plan, what was granted, what was set by hand.
    pub(super) fn limits_of(&self, key: PoolKey) -> Limits {
        let limits = |changes: &[QuotaOverride]| {
            Limits::of(
                &self.catalog.offers.quota_book,
                self.index.model(key.model),
                key.family,
                self.index.region(key.region),
                changes,
            )
        };
        if self.by_hand.is_empty() {
            return self.quotas.granted(key, limits(&self.plan.quotas));
        }
        let by_hand = self.by_hand.iter().map(|known| known.change.clone());
        let changes: Vec<_> = self.plan.quotas.iter().cloned().chain(by_hand).collect();
        self.quotas.granted(key, limits(&changes))
    }

    fn limit_anew(&mut self) {
        for key in self.quotas.keys() {
            let limits = self.limits_of(key);
            self.quotas.limit(key, limits);
        }
    }
}
