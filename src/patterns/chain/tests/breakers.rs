//! Breakers in a chain: opening, passing by, probing, failing back.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::event::BreakerState;

fn guarded() -> CallPolicy {
    CallPolicy {
        breaker: Some(BreakerPlan::default()),
        ..plain()
    }
}

/// A chain whose us-east-1 is down for as long as the switch says so.
fn with_switch() -> (Bench, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&down);
    let bench = Bench::regions(guarded(), move |seen| {
        if seen.region == "us-east-1" && down.load(Ordering::Relaxed) {
            unavailable()
        } else {
            whole()
        }
    });
    (bench, switch)
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_is_passed_by_and_probes_lead_back() {
    let (bench, down) = with_switch();
    for _ in 0..5 {
        assert_eq!(bench.fire().await.end, ShotEnd::Succeeded);
    }
    let told = bench.told();
    assert_eq!(told.len(), 6, "five failovers and a breaker: {told:?}");
    assert!(
        told[4].ends_with("us-east-1 Open: 5 of the last 5 failed"),
        "{}",
        told[4]
    );

    // Open: straight to the next, no failover to tell.
    let passed_by = bench.fire().await;
    assert_eq!(passed_by.attempts.len(), 1);
    assert_eq!((passed_by.attempts[0].hop, bench.told().len()), (1, 0));

    // Still down after the open time: the probe's shot is saved by the chain.
    bench.clock.sleep(5 * SEC).await;
    let probed = bench.fire().await;
    assert_eq!(
        (probed.end.clone(), probed.attempts.len()),
        (ShotEnd::Succeeded, 2)
    );
    assert_eq!(bench.shared.breaker(0), Some(BreakerState::Open));
    bench.told();

    // Well again: two probes succeed and close it.
    down.store(false, Ordering::Relaxed);
    bench.clock.sleep(5 * SEC).await;
    for _ in 0..3 {
        let fired = bench.fire().await;
        assert_eq!((fired.attempts.len(), fired.attempts[0].hop), (1, 0));
    }
    let reasons: Vec<String> = bench
        .told()
        .iter()
        .map(|line| line.split_once(' ').expect("a time").1.to_owned())
        .collect();
    assert_eq!(
        reasons,
        [
            "us-east-1 HalfOpen: 5 s have passed: up to 2 probes",
            "us-east-1 Closed: 2 of 2 probes succeeded",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_every_breaker_is_open() {
    let bench = Bench::regions(guarded(), |_| unavailable());
    for _ in 0..5 {
        bench.fire().await;
    }
    let before = bench.called().len();
    let fired = bench.fire().await;
    assert_eq!(fired.end, ShotEnd::Failed(FailureKind::BreakerOpen));
    assert!(fired.attempts.is_empty());
    assert_eq!(bench.called().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_gives_its_probe_back() {
    let (bench, down) = with_switch();
    for _ in 0..5 {
        bench.fire().await;
    }
    down.store(false, Ordering::Relaxed);
    bench.clock.sleep(5 * SEC).await;
    for _ in 0..4 {
        let soon = bench.clock.now() + Duration::from_millis(50);
        assert!(
            bench.clock.until(soon, Box::pin(bench.fire())).await.is_none(),
            "hung up"
        );
    }
    bench.fire().await;
    bench.fire().await;
    assert_eq!(bench.shared.breaker(0), Some(BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn lanes_share_breakers_and_budget() {
    let (bench, _down) = with_switch();
    for _ in 0..5 {
        bench.fire().await;
    }
    // Another lane: clients of its own, the same shared state.
    let (other, _) = with_switch();
    let lane = Chain {
        shared: Arc::clone(&bench.shared),
        clock: bench.clock.clone(),
        ..other.chain
    };
    let fired = lane.fire(bench.shot()).await;
    assert_eq!((fired.attempts.len(), fired.attempts[0].hop), (1, 1));
}
