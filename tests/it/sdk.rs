//! The emulator under the real SDK: in process in virtual time, and over a socket.

use std::sync::Arc;
use std::time::Duration;

use bedrill::bedrock::in_process::Handler;
use bedrill::bedrock::{Ask, ClientPlan, Clients, HopCall, HopOutcome, HopPlan, RetrySpec, Target};
use bedrill::catalog::Catalog;
use bedrill::clock::{Clock, Moment};
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Answer, Service, ServicePlan};
use bedrill::emulator::world::plan::{BackgroundPlan, LatencyPlan, WorldPlan};
use bedrill::event::{FailureKind, FaultId, Route};
use bedrill::fault::{Cut, FaultKind, FaultPlan, FaultShape, Outage, Scope};
use bedrill::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use bedrill::seed::Seed;
use bedrill::units::Share;

const FIRST_TOKEN: Duration = Duration::from_millis(40);
const PER_TOKEN: Duration = Duration::from_millis(2);

fn service(clock: &Clock) -> Service {
    let plan = WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: FIRST_TOKEN,
            per_token: PER_TOKEN,
        },
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        ..WorldPlan::default()
    };
    Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan,
        seed: Seed::new(3),
        clock: clock.clone(),
    })
}

fn in_process(service: &Service) -> Target {
    let service = service.clone();
    Target::InProcess(Handler::new(move |request| {
        let service = service.clone();
        async move {
            match service.handle(request).await {
                Answer::Response(response) => Ok(response),
                Answer::Dead(outage) => Err(outage),
            }
        }
    }))
}

async fn call(target: Target, clock: &Clock, stream: bool) -> HopOutcome {
    let route = Route {
        region: Region::from("us-east-1"),
        target: ModelRef::from("us.amazon.nova-micro-v1:0"),
        model: ModelId::from("amazon.nova-micro-v1:0"),
        provider: Provider::from("Amazon"),
        label: "us-east-1".into(),
    };
    let hop = HopPlan {
        pattern: PatternKey::from("fallback"),
        route: Arc::new(route),
        sdk_attempts: 1,
        retry_spec: RetrySpec::V2_0,
        attempt_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(2),
        chars_per_token: 4.4,
    };
    let ask = Ask {
        document: None,
        history: Vec::new(),
        system: Some("Be brief.".into()),
        text: "Name three rivers.".into(),
        max_tokens: Some(90),
        stream,
    };
    let circumstances = HopCall {
        round: 0,
        hop: 0,
        seed: Seed::new(1),
        backoff: Duration::ZERO,
        deadline: clock.now() + Duration::from_secs(30),
    };
    Clients::new(ClientPlan::new(target, clock.clone()))
        .hop(hop)
        .converse(circumstances, &ask)
        .await
}

fn fault(kind: FaultKind) -> FaultPlan {
    FaultPlan {
        id: FaultId(1),
        kind,
        scope: Scope::default(),
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(3600),
        at_client: false,
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_is_answered_in_virtual_time_to_the_millisecond() {
    for stream in [false, true] {
        let clock = Clock::virtual_time();
        let service = service(&clock);
        let outcome = call(in_process(&service), &clock, stream).await;
        let answer = outcome.end.expect("an answer");
        let billed = service.control().ledger().total();
        assert_eq!(
            (billed.served, billed.usage),
            (1, answer.usage),
            "stream: {stream}"
        );
        let attempt = outcome.attempts.last().expect("an attempt");
        assert!(attempt.served_in.is_some(), "the emulator tells the region");
        let took = attempt.ended_at.since(attempt.sent_at);
        let due = FIRST_TOKEN + PER_TOKEN * u32::try_from(answer.usage.output - 1).expect("few");
        assert_eq!(took, due, "stream: {stream}");
        if stream {
            assert_eq!(
                answer.first_token_at.map(|at| at.since(attempt.sent_at)),
                Some(FIRST_TOKEN)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_tells_every_fault_by_its_kind() {
    let cut = |how| FaultKind::CutStream {
        after_tokens: 10,
        how,
    };
    for (kind, stream, expected) in [
        (FaultKind::Throttle, false, FailureKind::Throttled),
        (FaultKind::Throttle, true, FailureKind::Throttled),
        (FaultKind::NotReady, false, FailureKind::NotReady),
        (FaultKind::Unavailable, true, FailureKind::Unavailable),
        (FaultKind::Internal, false, FailureKind::Internal),
        (FaultKind::ModelTimeout, false, FailureKind::ModelTimeout),
        (FaultKind::Denied, false, FailureKind::Denied),
        (FaultKind::InvalidModel, false, FailureKind::Validation),
        (cut(Cut::Exception), true, FailureKind::ModelError),
        (cut(Cut::Reset), true, FailureKind::StreamCut),
        (
            FaultKind::EndpointOutage(Outage::Refused),
            false,
            FailureKind::Connection,
        ),
        (
            FaultKind::EndpointOutage(Outage::Silent),
            false,
            FailureKind::Timeout,
        ),
    ] {
        let clock = Clock::virtual_time();
        let service = service(&clock);
        service.control().inject(fault(kind));
        let outcome = call(in_process(&service), &clock, stream).await;
        let failure = outcome.end.expect_err("a failure");
        assert_eq!(failure.kind, expected, "{kind:?}: {failure}");
        assert_eq!(service.control().ledger().total().in_service(), 0, "{kind:?}");
    }
}

#[test]
fn the_sdk_is_answered_over_a_socket() {
    let clock = Clock::real();
    let service = service(&clock);
    let server = Server::spawn(service.clone(), 0).expect("a free port");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for stream in [false, true] {
        let target = Target::Endpoint(format!("http://{}", server.addr()));
        let outcome = runtime.block_on(call(target, &clock, stream));
        assert!(outcome.end.is_ok(), "{:?}", outcome.end);
    }
    assert_eq!(service.control().ledger().total().served, 2);
    for (kind, expected) in [
        (
            FaultKind::CutStream {
                after_tokens: 10,
                how: Cut::Reset,
            },
            FailureKind::StreamCut,
        ),
        (
            FaultKind::EndpointOutage(Outage::Refused),
            FailureKind::Connection,
        ),
    ] {
        service.control().inject(fault(kind));
        let target = Target::Endpoint(format!("http://{}", server.addr()));
        let failure = runtime
            .block_on(call(target, &clock, true))
            .end
            .expect_err("a failure");
        assert_eq!(failure.kind, expected, "{failure}");
    }
}
