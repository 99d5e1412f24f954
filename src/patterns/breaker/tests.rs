use std::time::Duration;

use proptest::prelude::*;

use super::*;

const PLAN: BreakerPlan = BreakerPlan {
    window: 4,
    failure_share: 0.5,
    min_calls: 3,
    open_for: Duration::from_secs(5),
    probes: 2,
};

/// What is done to a breaker.
enum Step {
    /// A call is made and ends at once.
    Call(CallEnd),
    /// A call is refused.
    Refused,
    /// Time goes on, in seconds.
    Wait(u64),
}

use CallEnd::{Failed, Moot, Served};
use Step::{Call, Refused, Wait};

/// Runs the steps; the moves as `from>to reason`.
fn moves(steps: &[Step]) -> Vec<String> {
    let mut breaker = Breaker::new(PLAN);
    let mut now = Moment::ZERO;
    let mut told = Vec::new();
    let mut tell = |moved: Option<Moved>| {
        told.extend(moved.map(|it| format!("{:?}>{:?} {}", it.from, it.to, it.reason)));
    };
    for step in steps {
        match step {
            Wait(secs) => now += Duration::from_secs(*secs),
            Refused => {
                let (admission, moved) = breaker.admit(now);
                assert_eq!(admission, None, "the call should have been refused");
                tell(moved);
            }
            Call(end) => {
                let (admission, moved) = breaker.admit(now);
                tell(moved);
                let admission = admission.expect("the call should have passed");
                tell(breaker.record(now, admission, *end));
            }
        }
    }
    told
}

#[test]
fn too_few_calls_say_nothing_and_enough_failures_open_it() {
    assert_eq!(moves(&[Call(Failed), Call(Failed)]), [""; 0]);
    assert_eq!(
        moves(&[
            Call(Failed),
            Call(Served),
            Call(Failed),
            Refused,
            Wait(4),
            Refused
        ]),
        ["Closed>Open 2 of the last 3 failed"]
    );
}

#[test]
fn old_calls_leave_the_window() {
    let steps = [
        Call(Failed),
        Call(Served),
        Call(Served),
        Call(Served),
        Call(Served),
        // The first failure is forgotten: one of four.
        Call(Failed),
        Call(Served),
    ];
    assert_eq!(moves(&steps), [""; 0]);
}

#[test]
fn it_closes_when_the_probes_succeed_and_starts_afresh() {
    let steps = [
        Call(Failed),
        Call(Failed),
        Call(Failed),
        Wait(5),
        Call(Served),
        Call(Served),
        Call(Failed),
        Call(Failed),
    ];
    assert_eq!(
        moves(&steps),
        [
            "Closed>Open 3 of the last 3 failed",
            "Open>HalfOpen 5 s have passed: up to 2 probes",
            "HalfOpen>Closed 2 of 2 probes succeeded",
        ]
    );
}

#[test]
fn a_failed_probe_opens_it_again_for_the_whole_time() {
    let steps = [
        Call(Failed),
        Call(Failed),
        Call(Failed),
        Wait(5),
        Call(Served),
        Call(Failed),
        Wait(4),
        Refused,
        Wait(1),
        Call(Served),
    ];
    assert_eq!(
        moves(&steps)[2..],
        [
            "HalfOpen>Open a probe failed",
            "Open>HalfOpen 5 s have passed: up to 2 probes"
        ]
    );
}

#[test]
fn moot_calls_count_for_nothing_and_give_their_probe_back() {
    let steps = [
        Call(Moot),
        Call(Moot),
        Call(Moot),
        Call(Failed),
        Call(Failed),
        Call(Failed),
        Wait(5),
        Call(Moot),
        Call(Moot),
        Call(Moot),
        Call(Served),
        Call(Served),
    ];
    assert_eq!(moves(&steps)[2], "HalfOpen>Closed 2 of 2 probes succeeded");
}

#[test]
fn no_more_probes_are_out_than_the_plan_allows_and_stragglers_change_nothing() {
    let mut breaker = Breaker::new(PLAN);
    let (straggler, _) = breaker.admit(Moment::ZERO);
    for _ in 0..3 {
        let (admission, _) = breaker.admit(Moment::ZERO);
        breaker.record(Moment::ZERO, admission.unwrap(), Failed);
    }
    let later = Moment::from_secs(5);
    let (first, second, third) = (
        breaker.admit(later).0,
        breaker.admit(later).0,
        breaker.admit(later).0,
    );
    assert!(first.is_some() && second.is_some());
    assert_eq!(third, None);
    assert_eq!(breaker.record(later, straggler.unwrap(), Failed), None);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    breaker.record(later, first.unwrap(), Failed);
    assert_eq!(breaker.record(later, second.unwrap(), Served), None);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn calls_of_an_earlier_time_count_for_nothing() {
    let mut breaker = Breaker::new(PLAN);
    let admit = |breaker: &mut Breaker, secs| breaker.admit(Moment::from_secs(secs)).0.unwrap();
    let stragglers: Vec<Admission> = (0..4).map(|_| admit(&mut breaker, 0)).collect();
    for _ in 0..3 {
        let admission = admit(&mut breaker, 0);
        breaker.record(Moment::ZERO, admission, Failed);
    }
    let old_probe = admit(&mut breaker, 5);
    let failed_probe = admit(&mut breaker, 5);
    breaker.record(Moment::from_secs(5), failed_probe, Failed);
    // A probe of the last half-open time neither helps to close this one nor opens it.
    let probe = admit(&mut breaker, 10);
    assert_eq!(breaker.record(Moment::from_secs(10), old_probe, Failed), None);
    breaker.record(Moment::from_secs(10), probe, Served);
    let last = admit(&mut breaker, 10);
    assert!(breaker.record(Moment::from_secs(10), last, Served).is_some());
    assert_eq!(breaker.state(), BreakerState::Closed);
    for straggler in stragglers {
        assert_eq!(breaker.record(Moment::from_secs(11), straggler, Failed), None);
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

proptest! {
    #[test]
    fn every_move_leaves_the_state_it_says_and_open_means_refused(
        steps in proptest::collection::vec((0_u8..3, 0_u64..4), 0..200),
    ) {
        let mut breaker = Breaker::new(PLAN);
        let mut now = Moment::ZERO;
        let mut state = BreakerState::Closed;
        let mut out = Vec::new();
        for (what, secs) in steps {
            now += Duration::from_secs(secs);
            let (admission, moved) = breaker.admit(now);
            let mut all = vec![moved];
            if let Some(admission) = admission {
                out.push(admission);
            } else {
                prop_assert_ne!(breaker.state(), BreakerState::Closed);
            }
            if what > 0 && let Some(admission) = out.pop() {
                let end = if what == 1 { Failed } else { Served };
                all.push(breaker.record(now, admission, end));
            }
            for moved in all.into_iter().flatten() {
                prop_assert_eq!(moved.from, state);
                prop_assert_ne!(moved.to, state);
                state = moved.to;
            }
            prop_assert_eq!(breaker.state(), state);
        }
    }
}
