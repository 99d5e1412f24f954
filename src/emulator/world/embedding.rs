//! Embeddings: what becomes of a call that asks for vectors.
//!
//! Like other calls they meet faults, access and the account's requests and tokens a minute; they have
//! no shared pool, no cache and no units of their own here (simplified).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::plan::LatencyPlan;
use super::quota::Bucket;
use super::refused::Refused;
use super::{Refusal, World, latency};
use crate::catalog::EmbeddingModel;
use crate::clock::Moment;
use crate::fault::{CallFacts, Outage};
use crate::names::{ModelId, Region};
use crate::seed::Seed;
use crate::units::Usd;

/// Accounts, regions and models whose quotas are kept; beyond it the first is forgotten, which fills it.
const MOST_POOLS: usize = 4_096;

/// A call.
#[derive(Clone, Debug)]
pub struct EmbeddingCall {
    /// Decides its draws.
    pub key: u64,
    /// The account, from the credentials.
    pub account: Arc<str>,
    /// The region whose endpoint was called.
    pub region: Region,
    /// Tokens of all its texts.
    pub tokens: u64,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub enum EmbeddingDecision {
    /// The endpoint is out.
    Dead(Outage),
    /// An error answer.
    Refuse(Refusal),
    /// Vectors, so long after arrival.
    Serve(Duration),
}

/// Quotas and bills of embeddings.
#[derive(Debug)]
pub(super) struct Embeddings {
    pools: BTreeMap<(Arc<str>, Region, ModelId), Pool>,
    tally: BTreeMap<ModelId, EmbeddingTally>,
    calls: Seed,
}

#[derive(Debug)]
struct Pool {
    requests: Bucket,
    tokens: Bucket,
}

/// What was served of a model, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbeddingTally {
    /// Calls answered with vectors.
    pub served: u64,
    /// Their tokens.
    pub tokens: u64,
    /// Their price.
    pub cost: Usd,
}

impl Embeddings {
    pub fn new(calls: Seed) -> Self {
        Self {
            pools: BTreeMap::new(),
            tally: BTreeMap::new(),
            calls,
        }
    }
}

impl World {
    /// What happens to a call of an embedding model that arrived at `now`.
    pub fn decide_embedding(
        &mut self,
        now: Moment,
        model: &EmbeddingModel,
        call: &EmbeddingCall,
    ) -> EmbeddingDecision {
        self.expire(now);
        let luck = self.embeddings.calls.keyed(call.key);
        let facts = CallFacts {
            region: &call.region,
            target: model.id.as_str(),
            model: Some(&model.id),
            provider: Some(&model.provider),
            pattern: None,
        };
        let effects = self
            .faults
            .effects(now, &facts, &mut luck.derive("faults").stream());
        if let Some(outage) = effects.outage {
            return EmbeddingDecision::Dead(outage);
        }
        let left = self
            .faults
            .quota_left(now, &call.region, &model.id, &model.provider);
        let refused = if !model.regions.contains(&call.region) {
            Err(Refused::invalid_identifier())
        } else if self.plan.denied_models.contains(&model.id) {
            Err(Refused::no_access())
        } else if let Some(kind) = effects.refusal {
            Err(Refused::injected(kind))
        } else {
            self.embeddings.admit(now, model, call, left)
        };
        if let Err(refused) = refused {
            let after = latency::of_error(self.plan.latency, || luck.derive("error").stream());
            return EmbeddingDecision::Refuse(Refusal {
                kind: refused.kind,
                message: refused.message.into_owned(),
                after: after.saturating_add(effects.delay),
            });
        }
        let tally = self.embeddings.tally.entry(model.id.clone()).or_default();
        tally.served += 1;
        tally.tokens += call.tokens;
        tally.cost += model.cost(call.tokens);
        let pace = match self.plan.latency {
            LatencyPlan::Fixed { first_token, .. } => first_token,
            LatencyPlan::Modelled { scale } => {
                let median =
                    model.first_token_ms + model.per_thousand_input_ms * call.tokens as f64 / 1_000.0;
                let mut draws = luck.derive("pace").stream();
                let ms = draws.log_normal(median, model.first_token_sigma) * scale;
                Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or_default()
            }
        };
        let pace = pace.mul_f64(effects.slowdown.unwrap_or(1.0).clamp(0.0, 1_000.0));
        EmbeddingDecision::Serve(pace.saturating_add(effects.delay))
    }

    /// What was served of embedding models so far, by model.
    pub const fn embedding_ledger(&self) -> &BTreeMap<ModelId, EmbeddingTally> {
        &self.embeddings.tally
    }
}

impl Embeddings {
    fn admit(
        &mut self,
        now: Moment,
        model: &EmbeddingModel,
        call: &EmbeddingCall,
        left: f64,
    ) -> Result<(), Refused> {
        let share = |limit: u64| (limit as f64 * left).round() as u64;
        let (requests, tokens) = (share(model.requests_per_minute), share(model.tokens_per_minute));
        let key = (Arc::clone(&call.account), call.region.clone(), model.id.clone());
        if self.pools.len() >= MOST_POOLS && !self.pools.contains_key(&key) {
            self.pools.pop_first();
        }
        let pool = self.pools.entry(key).or_insert_with(|| Pool {
            requests: Bucket::full(now, requests),
            tokens: Bucket::full(now, tokens),
        });
        if !pool.requests.has(now, requests, 1) {
            return Err(Refused::requests());
        }
        if !pool.tokens.has(now, tokens, call.tokens) {
            return Err(Refused::tokens());
        }
        pool.requests.take(1);
        pool.tokens.take(call.tokens);
        Ok(())
    }
}
