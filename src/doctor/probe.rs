//! The one billed look: a call of one token to each model. Made on request only, its price told first.

use std::sync::Arc;
use std::time::Duration;

use super::PATIENCE;
use super::check::{Seen, check};
use super::examine::subject;
use super::report::Line;
use super::uses::Use;
use crate::bedrock::converse::HopCall;
use crate::bedrock::{Ask, Clients, HopPlan, RetrySpec};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::event::Route;
use crate::names::PatternKey;
use crate::seed::Seed;
use crate::units::{TokenUsage, Usd};

/// What is asked.
const TEXT: &str = "Hi";
/// No model counts more tokens for it, whatever it puts around a message: an assumption.
const MOST_PROMPT_TOKENS: u64 = 50;

/// What probing all of these costs at most.
pub fn price(calls: &[Use], catalog: &Catalog) -> Usd {
    let usage = TokenUsage {
        input: MOST_PROMPT_TOKENS,
        output: 1,
        ..TokenUsage::default()
    };
    let models = calls.iter().filter_map(|call| {
        let model = catalog.models.get(&call.model)?;
        Some(model.cost(call.family, usage))
    });
    models.sum()
}

/// Calls each once, one after the other and without a retry: a price that was told must hold.
pub async fn probe(calls: &[Use], clients: &Clients, clock: &Clock, catalog: &Catalog) -> Vec<Line> {
    let mut lines = Vec::with_capacity(calls.len());
    for call in calls {
        let began = clock.now();
        let hop = clients.hop(plan(call, catalog));
        let how = HopCall {
            hop: 0,
            seed: Seed::new(0).derive("probe"),
            round: 0,
            backoff: Duration::ZERO,
            deadline: began + PATIENCE,
        };
        let ask = Ask {
            document: None,
            system: None,
            history: Vec::new(),
            text: TEXT.to_owned(),
            max_tokens: Some(1),
            stream: false,
        };
        let end = hop.converse(how, &ask).await.end.map(|_| ());
        let seen = Seen::Probe {
            end,
            took: clock.now().since(began),
        };
        let check = check("probe");
        lines.push(Line::of(
            check,
            Some(subject(call)),
            check.verdict(&Ok(seen)).masked(),
        ));
    }
    lines
}

fn plan(call: &Use, catalog: &Catalog) -> HopPlan {
    let model = catalog.models.get(&call.model);
    HopPlan {
        pattern: PatternKey::from("doctor"),
        route: Arc::new(Route {
            region: call.region.clone(),
            target: call.target.clone(),
            model: call.model.clone(),
            provider: model.map_or_else(|| "unknown".into(), |model| model.provider.clone()),
            label: call.target.as_str().into(),
        }),
        sdk_attempts: 1,
        retry_spec: RetrySpec::V2_0,
        attempt_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        chars_per_token: model.map_or(4.0, |model| model.chars_per_token),
    }
}
