//! Providers other than Bedrock: what a gateway has beside it.
//!
//! As simple as they can be and still be worth going to: quotas on requests and tokens, a pace, a
//! price, and the same faults as everything else (a provider's name is their scope). A call reserves
//! its prompt and `max_tokens` and gives back at its end what it did not use.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::latency::{self, Circumstances, Pace, USUAL_LOAD};
use super::ledger::Tally;
use super::plan::LatencyPlan;
use super::quota::Bucket;
use super::reply::Length;
use super::{Refusal, Settlement, World};
use crate::catalog::{Catalog, ForeignModel};
use crate::clock::Moment;
use crate::event::FailureKind;
use crate::fault::{CallFacts, Cut, Effects, Outage};
use crate::names::{ModelId, Region};
use crate::seed::Seed;
use crate::units::TokenUsage;

/// A request for inference at another provider.
#[derive(Clone, Debug)]
pub struct ForeignCall {
    /// Decides this call's draws.
    pub key: u64,
    /// The model, as written.
    pub model: String,
    /// Characters of the prompt.
    pub chars: u64,
    /// `max_tokens`, if the caller set it.
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// What happens to it.
#[derive(Clone, Debug)]
pub enum ForeignDecision {
    /// No such model.
    Unknown,
    /// The endpoint is out.
    Dead(Outage),
    /// An error answer; where it tells, so long after it another try makes sense.
    Refuse(Refusal, Option<Duration>),
    /// An error answer under HTTP 200.
    Poison(Refusal),
    /// It is served.
    Serve(Box<ForeignServing>),
}

/// A call that is served.
#[derive(Clone, Debug)]
pub struct ForeignServing {
    /// The model that answers.
    pub model: Arc<ForeignModel>,
    /// Tokens reserved.
    pub reserved: u64,
    /// Seed of the reply's text.
    pub text_seed: u64,
    /// What it will have used when it ends well.
    pub usage: TokenUsage,
    /// Whether the reply is cut short by `max_tokens`.
    pub hits_max_tokens: bool,
    /// From arrival to the first token.
    pub first_token: Duration,
    /// Between one token and the next.
    pub per_token: Duration,
    /// The stream breaks off after so many tokens.
    pub cut: Option<(u64, Cut)>,
}

impl ForeignServing {
    /// From arrival to the `n`-th token (from one).
    pub fn token_due(&self, n: u64) -> Duration {
        let more = u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_token + self.per_token.saturating_mul(more)
    }

    /// Tokens generated so long after arrival.
    pub fn generated_after(&self, since: Duration) -> u64 {
        let Some(streaming) = since.checked_sub(self.first_token) else {
            return 0;
        };
        let step = self.per_token.as_nanos().max(1);
        let more = u64::try_from(streaming.as_nanos() / step).unwrap_or(u64::MAX);
        more.saturating_add(1).min(self.usage.output)
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Foreign {
    models: BTreeMap<ModelId, State>,
    calls: Seed,
}

#[derive(Debug)]
struct State {
    model: Arc<ForeignModel>,
    /// The provider's name where a call's region stands: no fault of an AWS region meets it.
    place: Region,
    requests: Bucket,
    tokens: Bucket,
    tally: Tally,
}

impl Foreign {
    /// The catalogue's foreign models, their quotas full.
    pub fn new(catalog: &Catalog, seed: Seed) -> Self {
        let state = |(id, model): (&ModelId, &Arc<ForeignModel>)| {
            let state = State {
                place: Region::from(model.provider.as_str()),
                requests: Bucket::full(Moment::ZERO, model.requests_per_minute),
                tokens: Bucket::full(Moment::ZERO, model.tokens_per_minute),
                tally: Tally::default(),
                model: Arc::clone(model),
            };
            (id.clone(), state)
        };
        Self {
            models: catalog.offers.foreign.iter().map(state).collect(),
            calls: seed,
        }
    }
}

impl World {
    /// What happens to a call of another provider that arrived at `now`. What is served holds
    /// quota until it is settled.
    pub fn decide_foreign(&mut self, now: Moment, call: &ForeignCall) -> ForeignDecision {
        self.expire(now);
        let luck = self.foreign.calls.keyed(call.key);
        let Some(state) = self.foreign.models.get_mut(call.model.as_str()) else {
            return ForeignDecision::Unknown;
        };
        let model = Arc::clone(&state.model);
        let facts = CallFacts {
            region: &state.place,
            target: &call.model,
            model: Some(&model.id),
            provider: Some(&model.provider),
            pattern: None,
        };
        let effects = self
            .faults
            .effects(now, &facts, &mut luck.derive("faults").stream());
        if let Some(outage) = effects.outage {
            return ForeignDecision::Dead(outage);
        }
        let (id, provider) = (&model.id, &model.provider);
        let quota = self.faults.quota_left(now, &state.place, id, provider);
        let capacity = self.faults.capacity_left(now, &state.place, id, provider);
        let starved = capacity < 1.0 && luck.derive("capacity").stream().chance(1.0 - capacity);
        if effects.poisoned && effects.refusal.is_none() {
            state.tally.calls += 1;
            let after = latency::of_error(self.plan.latency, || luck.derive("error").stream());
            return ForeignDecision::Poison(Refusal {
                kind: FailureKind::Internal,
                message: format!("{} could not finish this request.", model.provider),
                after: after + effects.delay,
            });
        }
        let admitted = state.admit(now, call, (quota, starved), effects.refusal);
        let reserved = match admitted {
            Ok(reserved) => reserved,
            Err((kind, message, again)) => {
                state.tally.calls += 1;
                let after = latency::of_error(self.plan.latency, || luck.derive("error").stream());
                let refusal = Refusal {
                    kind,
                    message,
                    after: after + effects.delay,
                };
                return ForeignDecision::Refuse(refusal, again);
            }
        };
        state.tally.calls += 1;
        state.tally.admitted += 1;
        let serving = self.serving(&model, call, reserved, &effects);
        ForeignDecision::Serve(Box::new(serving))
    }

    /// A served call of another provider is over.
    pub fn settle_foreign(&mut self, serving: &ForeignServing, end: Settlement) {
        let Some(state) = self.foreign.models.get_mut(serving.model.id.as_str()) else {
            return;
        };
        let used = end.usage.input + end.usage.output;
        let limit = state.model.tokens_per_minute;
        state.tokens.settle(end.at, limit, serving.reserved, used);
        state.tally.served += u64::from(end.completed);
        state.tally.broken_off += u64::from(!end.completed);
        state.tally.usage += end.usage;
        state.tally.cost += state.model.cost(end.usage);
    }

    /// What each foreign model saw and billed so far.
    pub fn foreign_ledger(&self) -> Vec<(Arc<ForeignModel>, Tally)> {
        let states = self.foreign.models.values();
        states
            .map(|state| (Arc::clone(&state.model), state.tally))
            .collect()
    }

    fn serving(
        &self,
        model: &Arc<ForeignModel>,
        call: &ForeignCall,
        reserved: u64,
        effects: &Effects,
    ) -> ForeignServing {
        let luck = self.foreign.calls.keyed(call.key);
        let mut draws = luck.derive("answer").stream();
        let input = model.tokens(call.chars);
        let limit = call.max_tokens.unwrap_or(model.max_output).min(model.max_output);
        let length = Length::within(limit, Length::wanted(self.plan.replies, &mut draws));
        let pace = match self.plan.latency {
            LatencyPlan::Fixed {
                first_token,
                per_token,
            } => Pace {
                first_token,
                per_token,
            },
            LatencyPlan::Modelled { scale } => {
                let met = Circumstances {
                    uncached: input,
                    load: USUAL_LOAD,
                    travel: Duration::ZERO,
                };
                Pace::draw(&model.latency, scale, met, &mut draws)
            }
        };
        let pace = pace.worsened(effects.delay, effects.slowdown);
        ForeignServing {
            model: Arc::clone(model),
            reserved,
            text_seed: luck.derive("text").number(),
            usage: TokenUsage {
                input,
                output: length.tokens,
                ..TokenUsage::default()
            },
            hits_max_tokens: length.is_cut,
            first_token: pace.first_token,
            per_token: pace.per_token,
            cut: effects.cut.filter(|_| call.stream),
        }
    }
}

type Turned = (FailureKind, String, Option<Duration>);

impl State {
    /// Whether a call is let in, and the tokens it reserves.
    fn admit(
        &mut self,
        now: Moment,
        call: &ForeignCall,
        (quota_left, starved): (f64, bool),
        struck: Option<FailureKind>,
    ) -> Result<u64, Turned> {
        let model = &self.model;
        if call.max_tokens.is_some_and(|most| most > model.max_output) {
            let message = format!(
                "max_tokens is too large: this model supports at most {} completion tokens",
                model.max_output
            );
            return Err((FailureKind::Validation, message, None));
        }
        if let Some(kind) = struck {
            let message = format!("{} fails on purpose: a fault was injected", model.provider);
            return Err((kind, message, None));
        }
        if starved {
            let message = "The server is overloaded or not ready yet.".to_owned();
            return Err((FailureKind::Unavailable, message, None));
        }
        let left = |limit: u64| (limit as f64 * quota_left).round() as u64;
        let (requests, tokens) = (left(model.requests_per_minute), left(model.tokens_per_minute));
        let reserved = model.tokens(call.chars) + call.max_tokens.unwrap_or(model.max_output);
        let again = Some(Duration::from_secs(60) / u32::try_from(requests.max(1)).unwrap_or(u32::MAX));
        if !self.requests.has(now, requests, 1) {
            let message = format!(
                "Rate limit reached for {} on requests per min (RPM): Limit {requests}.",
                model.id
            );
            return Err((FailureKind::Throttled, message, again));
        }
        if !self.tokens.has(now, tokens, reserved) {
            let message = format!(
                "Rate limit reached for {} on tokens per min (TPM): Limit {tokens}, Requested {reserved}.",
                model.id
            );
            return Err((FailureKind::Throttled, message, again));
        }
        self.requests.take(1);
        self.tokens.take(reserved);
        Ok(reserved)
    }
}

impl ForeignModel {
    /// Tokens of a text of so many characters.
    fn tokens(&self, chars: u64) -> u64 {
        (chars as f64 / self.chars_per_token).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::plan::WorldPlan;
    use crate::event::FaultId;
    use crate::fault::{FaultKind, FaultPlan, FaultShape, Scope};
    use crate::names::Provider;
    use crate::units::{Share, Usd};

    const MINI: &str = "gpt-4o-mini";

    fn world() -> World {
        World::new(Catalog::builtin(), WorldPlan::default(), Seed::new(7))
    }

    fn call(key: u64) -> ForeignCall {
        ForeignCall {
            key,
            model: MINI.to_owned(),
            chars: 400,
            max_tokens: Some(100),
            stream: false,
        }
    }

    #[test]
    fn requests_beyond_the_quota_are_throttled_and_told_when_to_come_again() {
        let mut world = world();
        let served = (0..600)
            .filter(|key| {
                matches!(
                    world.decide_foreign(Moment::ZERO, &call(*key)),
                    ForeignDecision::Serve(_)
                )
            })
            .count();
        assert_eq!(served, 500, "a full minute's worth of requests");
        let ForeignDecision::Refuse(refusal, again) = world.decide_foreign(Moment::ZERO, &call(0)) else {
            panic!("the quota is spent");
        };
        assert_eq!(refusal.kind, FailureKind::Throttled);
        assert_eq!(again, Some(Duration::from_millis(120)));
    }

    #[test]
    fn what_was_not_used_of_a_reservation_comes_back_and_what_was_is_billed() {
        let mut world = world();
        let ForeignDecision::Serve(serving) = world.decide_foreign(Moment::ZERO, &call(1)) else {
            panic!("served");
        };
        assert_eq!(serving.reserved, 200);
        let end = Settlement {
            usage: TokenUsage {
                input: 100,
                output: 10,
                ..TokenUsage::default()
            },
            at: Moment::ZERO,
            completed: true,
        };
        world.settle_foreign(&serving, end);
        let ledger = world.foreign_ledger();
        let (_, tally) = ledger
            .iter()
            .find(|(model, _)| model.id == MINI)
            .expect("its line");
        // 100 at $0.15 and 10 at $0.60 a million.
        assert_eq!((tally.served, tally.cost), (1, Usd::from_dollars(0.000_021)));
    }

    #[test]
    fn a_fault_of_the_provider_strikes_it_and_one_of_a_region_does_not() {
        let mut world = world();
        let fault = |id, scope| FaultPlan {
            id: FaultId(id),
            kind: FaultKind::CapacityOutage,
            scope,
            share: Share::ALL,
            shape: FaultShape::Step,
            begins_at: Moment::ZERO,
            lasts: Duration::from_secs(60),
            at_client: false,
        };
        world.inject(fault(
            1,
            Scope {
                region: Some("us-east-1".into()),
                ..Scope::default()
            },
        ));
        let decided = world.decide_foreign(Moment::ZERO, &call(1));
        assert!(matches!(decided, ForeignDecision::Serve(_)), "{decided:?}");
        world.inject(fault(
            2,
            Scope {
                provider: Some(Provider::from("Provider B")),
                ..Scope::default()
            },
        ));
        let decided = world.decide_foreign(Moment::ZERO, &call(1));
        assert!(
            matches!(&decided, ForeignDecision::Refuse(it, _) if it.kind == FailureKind::Unavailable),
            "{decided:?}"
        );
        let mut unknown = call(1);
        unknown.model = "gpt-6".to_owned();
        let decided = world.decide_foreign(Moment::ZERO, &unknown);
        assert!(matches!(decided, ForeignDecision::Unknown));
    }

    #[test]
    fn a_poisoned_provider_refuses_in_disguise_and_bills_nothing() {
        let mut world = world();
        world.inject(FaultPlan {
            id: FaultId(1),
            kind: FaultKind::Poisoned,
            scope: Scope {
                provider: Some(Provider::from("Provider B")),
                ..Scope::default()
            },
            share: Share::ALL,
            shape: FaultShape::Step,
            begins_at: Moment::ZERO,
            lasts: Duration::from_secs(60),
            at_client: false,
        });
        let decided = world.decide_foreign(Moment::ZERO, &call(1));
        assert!(matches!(decided, ForeignDecision::Poison(_)), "{decided:?}");
        let mut other = call(1);
        other.model = "deepseek-chat".to_owned();
        let decided = world.decide_foreign(Moment::ZERO, &other);
        assert!(matches!(decided, ForeignDecision::Serve(_)), "{decided:?}");
        let ledger = world.foreign_ledger();
        let (_, tally) = ledger
            .iter()
            .find(|(model, _)| model.id == MINI)
            .expect("its line");
        assert_eq!((tally.calls, tally.admitted, tally.cost), (1, 0, Usd::ZERO));
        let after = world.decide_foreign(Moment::from_secs(60), &call(1));
        assert!(matches!(after, ForeignDecision::Serve(_)), "it ends by itself");
    }
}
