//! Calling through a gateway: one HTTP call for each shot, whatever the gateway makes of it.
//!
//! No retries here: the gateway is the retry layer, and a second one would multiply it. What the
//! gateway claims of an answer is told beside the shot; what is true of it only those know who were
//! called. Takes any gateway's URL and key.

pub mod check;

use std::sync::Arc;

use http::HeaderMap;

use super::plan::ArmPlan;
use crate::bedrock::openai::{Asked, GatewayClient};
use crate::bedrock::{Ask, HopCall};
use crate::clock::Clock;
use crate::event::sighting::gateway::GatewayClaim;
use crate::event::sighting::{Seen, Sighting};
use crate::event::{Event, Fact, ShotEnd};
use crate::gateway::Way;
use crate::load::{Fire, Fired, Shot};
use crate::measure::EventSink;
use crate::names::Region;
use crate::seed::Seed;
use crate::units::Usd;

/// What a caller of a gateway is made from.
#[derive(Debug)]
pub struct GatewayCallerPlan {
    /// The way of calling.
    pub arm: Arc<ArmPlan>,
    /// The client of this runtime.
    pub client: GatewayClient,
    /// What the gateway calls each deployment of the arm's chain.
    pub ids: Vec<Arc<str>>,
    /// What is paid at each.
    pub tariffs: Vec<Option<Way>>,
    /// The run's time.
    pub clock: Clock,
    /// The run's seed.
    pub seed: Seed,
    /// Where claims are told.
    pub events: EventSink,
}

/// Fires the shots of one arm at a gateway.
#[derive(Debug)]
pub struct GatewayCaller {
    plan: GatewayCallerPlan,
    seed: Seed,
}

impl GatewayCaller {
    /// A caller; nothing is connected yet.
    pub fn new(plan: GatewayCallerPlan) -> Self {
        let seed = plan.seed.derive("gateway").keyed(u64::from(plan.arm.id.0));
        Self { plan, seed }
    }

    fn claim(&self, headers: &HeaderMap) -> GatewayClaim {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let count = |name: &str| text(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let money = |name: &str| Some(Usd::from_dollars(text(name)?.parse().ok()?));
        let id = text("x-litellm-model-id");
        let place = id.and_then(|id| self.plan.ids.iter().position(|known| **known == *id));
        GatewayClaim {
            arm: self.plan.arm.id,
            place: place.and_then(|place| u8::try_from(place).ok()),
            fallbacks: count("x-litellm-attempted-fallbacks"),
            retries: count("x-litellm-attempted-retries"),
            cost: money("x-litellm-response-cost"),
            spent: money("x-litellm-key-spend"),
        }
    }

    /// Says of the attempt who answered it, and what that cost.
    fn settle(&self, asked: &mut Asked, claim: &GatewayClaim) -> Usd {
        let place = claim.place.map(usize::from);
        let served_in = asked.headers.get("llm_provider-x-bedrill-served-region");
        let served_in = served_in
            .and_then(|region| region.to_str().ok())
            .map(Region::from);
        if let (Some(attempt), Some(route)) = (
            asked.attempts.last_mut(),
            place.and_then(|place| self.plan.arm.chain.get(place)),
        ) {
            attempt.route = Arc::clone(route);
            attempt.hop = claim.place.unwrap_or_default();
            attempt.served_in = served_in;
        }
        let tariff = place.and_then(|place| self.plan.tariffs.get(place)?.as_ref());
        let usage = asked.attempts.last().and_then(|attempt| attempt.usage);
        match (tariff, usage) {
            (Some(tariff), Some(usage)) => tariff.cost(usage),
            _ => claim.cost.unwrap_or(Usd::ZERO),
        }
    }
}

impl Fire for GatewayCaller {
    async fn fire(&self, shot: Shot) -> Fired {
        let policy = &self.plan.arm.policy;
        let call = HopCall {
            round: 0,
            hop: 0,
            seed: self.seed.keyed(shot.id.index),
            backoff: std::time::Duration::ZERO,
            deadline: shot.sent_at + policy.deadline,
        };
        let ask = Ask {
            system: shot.prompt.whole_system(),
            history: shot.prompt.history,
            text: shot.prompt.text,
            max_tokens: shot.prompt.max_tokens,
            stream: shot.prompt.stream,
            // A gateway knows no checkpoints: a shared text goes before the system prompt.
            document: None,
        };
        let mut asked = self.plan.client.ask(call, &ask).await;
        let claim = self.claim(&asked.headers);
        let cost = self.settle(&mut asked, &claim);
        if asked.end.is_ok() {
            let sighting = Sighting {
                pattern: self.plan.arm.pattern.clone(),
                of: Seen::GatewayClaim(claim),
            };
            let now = self.plan.clock.now();
            self.plan
                .events
                .tell(Event::new(now, Fact::Seen(Box::new(sighting))));
        }
        let answer = asked.end.as_ref().ok();
        Fired {
            first_token_at: answer.and_then(|answer| answer.first_token_at),
            usage: answer.map(|answer| answer.usage).unwrap_or_default(),
            end: match asked.end {
                Ok(_) => ShotEnd::Succeeded,
                Err(failure) => ShotEnd::Failed(failure.kind),
            },
            attempts: asked.attempts,
            cost,
        }
    }
}
