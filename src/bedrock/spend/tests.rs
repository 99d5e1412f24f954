//! The guard against the emulator's own bill, in virtual time: streams that are cut, answers that
//! come too late, retries, callers that go away.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::*;
use crate::bedrock::in_process::Handler;
use crate::bedrock::{Ask, ClientPlan, Clients, HopCall, HopPlan, RetrySpec, Target};
use crate::catalog::QuotaFamily;
use crate::clock::{Clock, Moment};
use crate::emulator::service::{Answer, Service, ServicePlan};
use crate::emulator::world::plan::WorldPlan;
use crate::event::{FailureKind, FaultId, Route};
use crate::fault::{Cut, FaultKind, FaultPlan, FaultShape, Scope};
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::seed::Seed;
use crate::units::{Share, TokenUsage};

const MODEL: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
const TARGET: &str = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
const CAP: f64 = 0.05;

/// What one run came to.
#[derive(Debug)]
struct Outcome {
    billed: Usd,
    view: SpendView,
    cut: u64,
    late: u64,
    throttled: u64,
}

#[test]
fn the_emulators_bill_never_passes_the_cap_and_the_cap_is_used() {
    let cap = Usd::from_dollars(CAP);
    let mut trouble = (0, 0, 0);
    for seed in 0..100 {
        let outcome = run(seed, cap);
        assert!(outcome.billed <= cap, "seed {seed}: {outcome:?}");
        assert!(
            outcome.view.settled.dollars() >= 0.9 * CAP,
            "seed {seed}: {outcome:?}"
        );
        assert_eq!(outcome.view.reserved, Usd::ZERO, "seed {seed}: {outcome:?}");
        trouble = (
            trouble.0 + outcome.cut,
            trouble.1 + outcome.late,
            trouble.2 + outcome.throttled,
        );
    }
    assert!(
        trouble.0 > 100 && trouble.1 > 100 && trouble.2 > 100,
        "{trouble:?}"
    );
}

/// Two hundred callers, each asking again and again until nothing more is sent.
fn run(seed: u64, cap: Usd) -> Outcome {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    LocalSet::new().block_on(&runtime.expect("a runtime"), async {
        let clock = Clock::virtual_time();
        let service = world(seed, &clock);
        let guard = SpendGuard::new(cap, Catalog::builtin());
        let plan = ClientPlan {
            spend: Some(guard.clone()),
            ..ClientPlan::new(Target::InProcess(transport(service.clone())), clock.clone())
        };
        let clients = Rc::new(Clients::new(plan));
        let callers: Vec<_> = (0..200)
            .map(|caller| {
                let seed = Seed::new(seed).keyed(caller);
                tokio::task::spawn_local(call_until_refused(Rc::clone(&clients), clock.clone(), seed))
            })
            .collect();
        let mut ends = (0, 0, 0);
        for caller in callers {
            let (cut, late, throttled) = caller.await.expect("a caller");
            ends = (ends.0 + cut, ends.1 + late, ends.2 + throttled);
        }
        // What the service still works on is billed when it is done.
        clock.sleep(Duration::from_secs(300)).await;
        Outcome {
            billed: service.control().ledger().total().cost,
            view: guard.view(),
            cut: ends.0,
            late: ends.1,
            throttled: ends.2,
        }
    })
}

async fn call_until_refused(clients: Rc<Clients>, clock: Clock, seed: Seed) -> (u64, u64, u64) {
    let hop = clients.hop(hop());
    let mut ends = (0, 0, 0);
    for turn in 0.. {
        let call = HopCall {
            round: 0,
            hop: 0,
            seed: seed.keyed(turn),
            backoff: Duration::ZERO,
            deadline: clock.now() + Duration::from_secs(20),
        };
        let ask = Ask {
            document: None,
            history: Vec::new(),
            system: None,
            text: "Which of the three plans is the cheapest, and why is it? ".repeat(1 + turn as usize % 5),
            max_tokens: Some(128),
            stream: turn % 3 > 0,
        };
        let outcome = hop.converse(call, &ask).await;
        let failures = outcome.attempts.iter().filter_map(|attempt| attempt.failure());
        ends.2 += failures
            .filter(|failure| failure.kind == FailureKind::Throttled)
            .count() as u64;
        match outcome.end.map_err(|failure| failure.kind) {
            Err(FailureKind::SpendCap) => return ends,
            Err(FailureKind::StreamCut | FailureKind::ModelError) => ends.0 += 1,
            Err(FailureKind::Timeout | FailureKind::Deadline | FailureKind::StreamIdle) => ends.1 += 1,
            _ => {}
        }
    }
    ends
}

/// A world that counts a third more tokens than the client's catalogue expects, throttles one call
/// in seven, and cuts one stream in eight.
fn world(seed: u64, clock: &Clock) -> Service {
    let mut catalog = Catalog::clone(&Catalog::builtin());
    let model = catalog
        .models
        .get_mut(MODEL)
        .map(Arc::make_mut)
        .expect("the model");
    model.chars_per_token /= 1.3;
    let service = Service::new(ServicePlan {
        catalog: Arc::new(catalog),
        plan: WorldPlan::default(),
        seed: Seed::new(seed),
        clock: clock.clone(),
    });
    let fault = |id, share: f64, kind| FaultPlan {
        id: FaultId(id),
        kind,
        scope: Scope::default(),
        share: Share::clamped(share),
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(86_400),
        at_client: false,
    };
    let cut = |how| FaultKind::CutStream {
        after_tokens: 20,
        how,
    };
    for fault in [
        fault(1, 0.06, cut(Cut::Exception)),
        fault(2, 0.06, cut(Cut::Reset)),
        fault(3, 0.15, FaultKind::Throttle),
    ] {
        service.control().inject(fault);
    }
    service
}

fn hop() -> HopPlan {
    HopPlan {
        pattern: PatternKey::from("cross-region"),
        route: Arc::new(Route {
            region: Region::from("us-east-1"),
            target: ModelRef::from(TARGET),
            model: ModelId::from(MODEL),
            provider: Provider::from("Anthropic"),
            label: "us-east-1".into(),
        }),
        sdk_attempts: 3,
        retry_spec: RetrySpec::V2_0,
        // Shorter than many whole answers take.
        attempt_timeout: Duration::from_millis(1_200),
        idle_timeout: Duration::from_secs(5),
        chars_per_token: 3.5,
    }
}

fn transport(service: Service) -> Handler {
    Handler::new(move |request| {
        let service = service.clone();
        async move {
            match service.handle(request).await {
                Answer::Response(response) => Ok(response),
                Answer::Dead(outage) => Err(outage),
            }
        }
    })
}

#[test]
fn what_cannot_be_priced_is_not_sent() {
    let catalog = Catalog::builtin();
    let url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/acme.grand-v1%3A0/converse";
    assert_eq!(
        bill::bill(url, Some(b"{}"), None, &catalog),
        Err(SpendRefused::Unpriced {
            target: "acme.grand-v1:0".to_owned()
        })
    );
}

#[test]
fn only_what_generates_is_billed() {
    let catalog = Catalog::builtin();
    let bill = |path: &str| bill::bill(&format!("http://127.0.0.1:1{path}"), Some(b"{}"), None, &catalog);
    for free in [
        "/model/amazon.nova-micro-v1%3A0/count-tokens",
        "/foundation-models",
        "/bucket/model/key",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprovisioned-model%2Fabc/converse",
    ] {
        assert_eq!(bill(free), Ok(None), "{free}");
    }
    for paid in [
        "converse",
        "converse-stream",
        "invoke",
        "invoke-with-response-stream",
    ] {
        let found = bill(&format!("/model/amazon.nova-micro-v1%3A0/{paid}"));
        assert!(found.is_ok_and(|bill| bill.is_some()), "{paid}");
    }
}

#[test]
fn the_worst_case_has_every_byte_a_token_and_the_dearest_price() {
    let catalog = Catalog::builtin();
    let model = &catalog.models[MODEL];
    let body = br#"{"messages":[],"inferenceConfig":{"maxTokens":100}}"#;
    let url = format!("http://h/model/{TARGET}/converse");
    let bill = |body: &[u8]| {
        bill::bill(&url, Some(body), None, &catalog)
            .ok()
            .flatten()
            .expect("a bill")
            .worst
    };
    let usage = |input, output| TokenUsage {
        input,
        output,
        ..TokenUsage::default()
    };
    let plain = bill(body);
    assert!(plain >= model.cost(QuotaFamily::CrossRegion, usage(body.len() as u64, 100)));
    let unlimited = bill(br#"{"messages":[]}"#);
    assert!(unlimited >= model.cost(QuotaFamily::CrossRegion, usage(0, model.max_output)));
    let cached = br#"{"messages":[],"cachePoint":{},"inferenceConfig":{"maxTokens":1}}"#;
    let uncached = br#"{"messages":[],"aachePoint":{},"inferenceConfig":{"maxTokens":1}}"#;
    assert!(bill(cached) > bill(uncached), "writing costs a premium");
}
