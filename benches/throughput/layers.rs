//! Closed loops at two layers between the bare SDK and the whole path: what each adds.

use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bedrill::bedrock::{Ask, ClientPlan, Clients, HopCall, HopPlan, RetrySpec, Target};
use bedrill::catalog::Catalog;
use bedrill::clock::{Clock, Moment};
use bedrill::event::{ArmId, PromptClass, Route, ShotEnd, ShotId};
use bedrill::load::{Fire as _, Prompt, Shot};
use bedrill::measure::EventSink;
use bedrill::patterns::chain::{Chain, ChainPlan};
use bedrill::patterns::plan::{ArmPlan, CallPolicy};
use bedrill::patterns::shared::ArmShared;
use bedrill::seed::Seed;
use tokio::task::LocalSet;

use crate::machine::{MODEL, Start, emulator};
use crate::{Failure, IN_FLIGHT, Round};

/// Where a closed loop calls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// One hop: bedrill's client, with its attempts told and its faults beneath.
    Hop,
    /// A pattern's chain over it.
    Chain,
}

/// Calls at a layer as fast as it can, on a runtime for each core.
pub fn closed_loop(layer: Layer, span: Duration, cores: usize) -> Result<Round, Failure> {
    let server = emulator()?;
    let endpoint = format!("http://{}", server.addr());
    let began = Start::now()?;
    let workers: Vec<_> = (0..cores)
        .map(|_| {
            let endpoint = endpoint.clone();
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let done =
                    LocalSet::new().block_on(&runtime, one_core(layer, endpoint, span, IN_FLIGHT / cores));
                Ok::<u64, std::io::Error>(done)
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker
            .join()
            .map_err(|_| "a worker of a closed loop has panicked")??;
    }
    began.round(done)
}

async fn one_core(layer: Layer, endpoint: String, span: Duration, in_flight: usize) -> u64 {
    let clock = Clock::real();
    let clients = Clients::new(ClientPlan::new(Target::Endpoint(endpoint), clock.clone()));
    let arm = Arc::new(arm());
    let hop = Rc::new(clients.hop(HopPlan {
        pattern: arm.pattern.clone(),
        route: Arc::clone(&arm.chain[0]),
        sdk_attempts: arm.policy.sdk_attempts,
        retry_spec: RetrySpec::V2_0,
        attempt_timeout: arm.policy.attempt_timeout,
        idle_timeout: arm.policy.idle_timeout,
        chars_per_token: 4.0,
    }));
    let chain = Rc::new(Chain::new(ChainPlan {
        shared: Arc::new(ArmShared::new(&arm)),
        arm,
        clients,
        catalog: Catalog::builtin(),
        clock: clock.clone(),
        seed: Seed::new(1),
        events: EventSink::default(),
    }));
    let until = Instant::now() + span;
    let workers: Vec<_> = (0..in_flight as u64)
        .map(|worker| {
            let (hop, chain, clock) = (Rc::clone(&hop), Rc::clone(&chain), clock.clone());
            tokio::task::spawn_local(async move {
                let mut done = 0;
                while Instant::now() < until {
                    let index = worker + done * 1_000;
                    let answered = match layer {
                        Layer::Hop => hop.converse(call(index), &ask()).await.end.is_ok(),
                        Layer::Chain => chain.fire(shot(index, &clock)).await.end == ShotEnd::Succeeded,
                    };
                    done += u64::from(answered);
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap_or_default();
    }
    done
}

fn arm() -> ArmPlan {
    ArmPlan {
        id: ArmId(0),
        pattern: "bench".into(),
        key: "on-demand".into(),
        about: String::new(),
        chain: vec![Arc::new(Route {
            region: "us-east-1".into(),
            target: MODEL.into(),
            model: MODEL.into(),
            provider: "Amazon".into(),
            label: "us-east-1".into(),
        })],
        policy: CallPolicy::default(),
    }
}

fn ask() -> Ask {
    Ask {
        system: None,
        document: None,
        history: Vec::new(),
        text: "x".repeat(200),
        max_tokens: Some(64),
        stream: false,
    }
}

fn call(index: u64) -> HopCall {
    HopCall {
        round: 0,
        hop: 0,
        seed: Seed::new(1).keyed(index),
        backoff: Duration::ZERO,
        deadline: Moment::FAR,
    }
}

fn shot(index: u64, clock: &Clock) -> Shot {
    let now = clock.now();
    Shot {
        id: ShotId { arm: ArmId(0), index },
        intended_at: now,
        sent_at: now,
        prompt: Prompt {
            system: None,
            document: None,
            history: Vec::new(),
            text: "x".repeat(200),
            class: PromptClass::Simple,
            max_tokens: Some(64),
            stream: false,
        },
    }
}
