//! Faults injected at the client.

use super::*;
use crate::bedrock::fixture::Seen;
use crate::event::FaultId;
use crate::fault::{Cut, FaultKind, FaultPlan, FaultShape, Scope};
use crate::units::Share;

fn fault(kind: FaultKind) -> FaultPlan {
    FaultPlan {
        id: FaultId(1),
        kind,
        scope: Scope::default(),
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(60),
        at_client: true,
    }
}

fn service(seen: &Seen) -> Reply {
    if seen.stream {
        Reply::stream(Duration::from_millis(100), 20)
    } else {
        Reply::After(Duration::from_millis(100), Box::new(Reply::answer(7, 20)))
    }
}

#[tokio::test(start_paused = true)]
async fn an_injected_error_reads_like_the_services_and_never_reaches_it() {
    for (kind, wanted, code) in [
        (FaultKind::Throttle, FailureKind::Throttled, "ThrottlingException"),
        (
            FaultKind::Unavailable,
            FailureKind::Unavailable,
            "ServiceUnavailableException",
        ),
        (
            FaultKind::Internal,
            FailureKind::Internal,
            "InternalServerException",
        ),
        (
            FaultKind::ModelTimeout,
            FailureKind::ModelTimeout,
            "ModelTimeoutException",
        ),
        (
            FaultKind::NotReady,
            FailureKind::NotReady,
            "ModelNotReadyException",
        ),
        (FaultKind::Denied, FailureKind::Denied, "AccessDeniedException"),
        (
            FaultKind::InvalidModel,
            FailureKind::Validation,
            "ValidationException",
        ),
    ] {
        for stream in [false, true] {
            let bench = Bench::new(service);
            bench.plan.faults.inject(&fault(kind));
            let outcome = bench.call(once(), stream).await;
            let failure = outcome.end.unwrap_err();
            assert_eq!(failure.kind, wanted);
            assert_eq!(failure.code.as_deref(), Some(code));
            assert!(outcome.attempts[0].injected);
            assert!(bench.script.seen().is_empty(), "{code} reached the service");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_the_client_refuses_at_once_or_keeps_silent() {
    for (outage, kind, secs) in [
        (Outage::Refused, FailureKind::Connection, 0),
        (Outage::Silent, FailureKind::Timeout, 2),
    ] {
        let bench = Bench::new(service);
        bench
            .plan
            .faults
            .inject(&fault(FaultKind::EndpointOutage(outage)));
        let outcome = bench.call(once(), true).await;
        assert_eq!(outcome.end.unwrap_err().kind, kind);
        assert!(outcome.attempts[0].injected);
        assert_eq!(bench.clock.now(), Moment::from_secs(secs));
        assert!(bench.script.seen().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn injected_errors_are_retried_by_the_sdk_until_the_fault_is_over() {
    let bench = Bench::new(service);
    let mut brief = fault(FaultKind::Unavailable);
    brief.lasts = Duration::from_millis(1);
    bench.plan.faults.inject(&brief);
    let outcome = bench.call(plan(3, RetrySpec::V2_1), false).await;
    assert!(outcome.end.is_ok());
    let injected: Vec<bool> = outcome.attempts.iter().map(|attempt| attempt.injected).collect();
    assert_eq!(injected, [true, false]);
    assert_eq!(bench.script.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn latency_delays_and_is_to_blame_only_for_a_timeout() {
    let late = |secs| FaultKind::Latency {
        added: Duration::from_secs(secs),
        sigma: 0.0,
    };
    let bench = Bench::new(service);
    bench.plan.faults.inject(&fault(late(1)));
    let outcome = bench.call(once(), true).await;
    assert_eq!(
        outcome.end.unwrap().first_token_at,
        Some(Moment::from_millis(1_100))
    );
    assert!(!outcome.attempts[0].injected);
    bench.plan.faults.inject(&fault(late(5)));
    let outcome = bench.call(once(), true).await;
    assert_eq!(outcome.end.unwrap_err().kind, FailureKind::Timeout);
    assert!(outcome.attempts[0].injected);
}

#[tokio::test(start_paused = true)]
async fn a_slowed_stream_stretches_evenly_from_its_first_token() {
    let bench = Bench::new(service);
    bench
        .plan
        .faults
        .inject(&fault(FaultKind::SlowStream { factor: 5.0 }));
    let outcome = bench.call(once(), true).await;
    let attempt = &outcome.attempts[0];
    assert!(outcome.end.is_ok());
    assert_eq!(attempt.first_token_at, Some(Moment::from_millis(100)));
    // 19 gaps of 10 ms, five times as long.
    assert_eq!(attempt.ended_at, Moment::from_millis(100 + 5 * 190));
    let whole = Bench::new(service);
    whole
        .plan
        .faults
        .inject(&fault(FaultKind::SlowStream { factor: 5.0 }));
    assert_eq!(
        whole.call(once(), false).await.attempts[0].ended_at,
        Moment::from_millis(500)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_cut_after_the_tokens_asked_for() {
    for (how, kind) in [
        (Cut::Exception, FailureKind::ModelError),
        (Cut::Reset, FailureKind::StreamCut),
    ] {
        let bench = Bench::new(service);
        bench
            .plan
            .faults
            .inject(&fault(FaultKind::CutStream { after_tokens: 8, how }));
        let outcome = bench.call(once(), true).await;
        assert_eq!(outcome.end.unwrap_err().kind, kind);
        let attempt = &outcome.attempts[0];
        assert!(attempt.injected);
        // Each delta of the script is one word of four characters: one token.
        assert_eq!(attempt.usage.unwrap().output, 8);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_strikes_only_its_scope_and_its_share() {
    let bench = Bench::new(service);
    let mut elsewhere = fault(FaultKind::Throttle);
    elsewhere.scope.pattern = Some(PatternKey::from("cross-region"));
    bench.plan.faults.inject(&elsewhere);
    assert!(bench.call(once(), false).await.end.is_ok());
    let mut share = fault(FaultKind::Throttle);
    share.share = Share::clamped(0.3);
    bench.plan.faults.inject(&share);
    let mut struck = 0;
    for seed in 0..400 {
        let one = bench.seeded(once(), false, seed).await.attempts[0].injected;
        let again = bench.seeded(once(), false, seed).await.attempts[0].injected;
        assert_eq!(one, again, "luck follows the seed");
        struck += u32::from(one);
    }
    assert!((90..=150).contains(&struck), "{struck} of 400 struck");
}

#[tokio::test(start_paused = true)]
async fn a_lifted_fault_is_gone() {
    let bench = Bench::new(service);
    let faults = &bench.plan.faults;
    faults.inject(&fault(FaultKind::Denied));
    assert!(faults.has(FaultId(1)));
    assert!(faults.lift(FaultId(1)));
    assert!(!faults.lift(FaultId(1)) && !faults.has(FaultId(1)));
    faults.inject(&fault(FaultKind::Denied));
    faults.lift_all();
    assert!(!faults.has(FaultId(1)));
    assert!(bench.call(once(), false).await.end.is_ok());
}
