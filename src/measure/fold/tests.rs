use super::fixture::{attempt, ended, plan, route, shot};
use super::*;
use crate::event::{ArmId, Asker, BreakerMove, BreakerState, FailureKind, FaultEndCause, ShotEnd};
use crate::fault::{FaultKind, FaultShape, Scope};
use crate::measure::snapshot::ArmSnapshot;
use crate::seed::Seed;
use crate::units::Share;

fn fold(arms: u16) -> Fold {
    Fold::new(plan(arms))
}

fn seen(fold: &mut Fold, at_ms: u64) -> Snapshot {
    fold.snapshot(Moment::from_millis(at_ms), &Gauges::default())
}

fn first_arm(snapshot: &Snapshot) -> &ArmSnapshot {
    &snapshot.patterns[0].arms[0]
}

fn began(id: u32, kind: &str, at_ms: u64, ends_ms: u64) -> Event {
    let fact = Fact::FaultBegan {
        id: FaultId(id),
        label: kind.to_owned(),
        kind: kind.to_owned(),
        ends_at: Moment::from_millis(ends_ms),
        by: Asker::Hand,
        plan: Box::new(FaultPlan {
            id: FaultId(id),
            kind: FaultKind::Throttle,
            scope: Scope::default(),
            share: Share::ALL,
            shape: FaultShape::Step,
            begins_at: Moment::from_millis(at_ms),
            lasts: Duration::from_millis(ends_ms - at_ms),
            at_client: false,
        }),
    };
    Event::new(Moment::from_millis(at_ms), fact)
}

fn over(id: u32, at_ms: u64) -> Event {
    let fact = Fact::FaultEnded {
        id: FaultId(id),
        label: String::new(),
        cause: FaultEndCause::Lifted,
        verified: true,
    };
    Event::new(Moment::from_millis(at_ms), fact)
}

const OK: ShotEnd = ShotEnd::Succeeded;
const LOST: ShotEnd = ShotEnd::Failed(FailureKind::Connection);

/// A minute of three arms with failures, failovers, a breaker and a fault.
fn minute() -> Vec<Event> {
    let mut draws = Seed::new(3).stream();
    let mut events = vec![began(1, "endpoint-outage", 20_000, 40_000), over(1, 40_000)];
    for index in 0..1_200 {
        for arm in 0..3 {
            let took = 50 + draws.below(900) as u64;
            let end = if draws.chance(0.1) { LOST } else { OK };
            events.push(ended(shot(arm, index, index * 50, took, end)));
        }
    }
    let moved = BreakerMove {
        arm: ArmId(1),
        route: route("west"),
        from: BreakerState::Closed,
        to: BreakerState::Open,
        reason: "5 of the last 5 failed".to_owned(),
    };
    events.push(Event::new(Moment::from_millis(21_300), Fact::BreakerMoved(moved)));
    events.sort_by_key(|event| event.at);
    events
}

/// Tells events to a fold as they happen, with a snapshot ten times a second.
fn told(events: Vec<Event>) -> String {
    let mut fold = fold(3);
    let mut tick = 0;
    for event in events {
        while Moment::from_millis(tick) < event.at {
            seen(&mut fold, tick);
            tick += 100;
        }
        fold.take(event);
    }
    let gauges = Gauges {
        finished: true,
        ..Gauges::default()
    };
    serde_json::to_string(&fold.snapshot(Moment::from_secs(62), &gauges)).expect("JSON")
}

#[test]
fn batches_of_several_lanes_fold_to_the_same_whatever_their_order() {
    let in_order = minute();
    // Each lane sends what it has every 50 ms; the later lane's batch comes first.
    let mut by_lane = in_order.clone();
    by_lane.sort_by_key(|event| {
        (
            event.at.as_nanos() / 50_000_000,
            std::cmp::Reverse(order(event).3 % 2),
        )
    });
    assert_ne!(in_order, by_lane);
    assert!(told(in_order) == told(by_lane), "the order of batches shows");
}

#[test]
fn what_comes_seconds_late_is_counted_in_its_own_second() {
    let mut fold = fold(1);
    fold.take(ended(shot(0, 0, 4_500, 10, OK)));
    assert_eq!(first_arm(&seen(&mut fold, 7_200)).timeline.points().count(), 7);
    fold.take(ended(shot(0, 1, 4_600, 10, OK)));
    let snapshot = seen(&mut fold, 8_200);
    let arm = first_arm(&snapshot);
    let by_second: Vec<u32> = arm.timeline.points().map(|point| point.intended).collect();
    assert_eq!(by_second, [0, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(
        (arm.total.intended, arm.recent.intended, arm.window.sent.count),
        (2, 2, 2)
    );
}

#[test]
fn a_window_is_the_last_ten_whole_seconds() {
    let mut fold = fold(1);
    for second in 0..30 {
        let end = if second < 15 { LOST } else { OK };
        fold.take(ended(shot(0, second, second * 1_000 + 500, 100, end)));
        seen(&mut fold, second * 1_000 + 999);
    }
    let snapshot = seen(&mut fold, 30_100);
    let arm = first_arm(&snapshot);
    assert_eq!((arm.recent.intended, arm.recent.failed), (10, 0));
    assert_eq!((arm.total.intended, arm.total.failed), (30, 15));
    assert_eq!(
        (
            arm.window.intended.percentiles.count,
            arm.overall.intended.percentiles.count
        ),
        (10, 15)
    );
    assert!((snapshot.achieved_rate - 1.0).abs() < 1e-9);
    assert_eq!(
        arm.timeline.points().next_back().map(|point| point.second),
        Some(29)
    );
}

#[test]
fn the_first_second_is_shown_while_it_lasts() {
    let mut fold = fold(1);
    fold.take(ended(shot(0, 0, 0, 120, OK)));
    let snapshot = seen(&mut fold, 300);
    assert_eq!(first_arm(&snapshot).window.sent.count, 1);
    assert_eq!(first_arm(&snapshot).timeline.points().count(), 0);
    assert!((snapshot.achieved_rate - 1.0 / 0.3).abs() < 1e-9);
}

#[test]
fn percentiles_of_the_snapshot_agree_with_a_sort_of_the_raw_log() {
    let mut fold = fold(1);
    let mut draws = Seed::new(11).stream();
    let mut raw = Vec::new();
    for index in 0..5_000 {
        let took = draws.log_normal(300.0, 0.8).clamp(5.0, 20_000.0) as u64;
        raw.push(took);
        fold.take(ended(shot(0, index, index * 10, took, OK)));
    }
    raw.sort_unstable();
    let gauges = Gauges {
        finished: true,
        ..Gauges::default()
    };
    let snapshot = fold.snapshot(Moment::from_secs(80), &gauges);
    let percentiles = first_arm(&snapshot).overall.intended.percentiles;
    for (found, rank) in [
        (percentiles.p50, 2_500),
        (percentiles.p90, 4_500),
        (percentiles.p99, 4_950),
        (percentiles.p999, 4_995),
    ] {
        let exact = raw[rank - 1] as f64;
        let found = found.expect("a percentile").as_secs_f64() * 1_000.0;
        assert!(
            (found - exact).abs() <= exact / 1_000.0,
            "{found} ms for {exact} ms"
        );
    }
}

#[test]
fn the_chain_shows_what_each_route_did_and_where_it_was_served() {
    let mut fold = fold(1);
    let at = Moment::from_millis;
    let mut record = shot(0, 0, 500, 300, OK);
    record.attempts = vec![
        attempt(0, at(500), at(510), Some(FailureKind::Connection)),
        attempt(0, at(520), at(530), Some(FailureKind::Throttled)),
        attempt(0, at(540), at(550), Some(FailureKind::Throttled)),
        attempt(1, at(560), at(800), None),
    ];
    fold.take(ended(record));
    let snapshot = seen(&mut fold, 1_200);
    let arm = first_arm(&snapshot);
    let [east, west] = arm.chain.as_slice() else {
        panic!("two hops")
    };
    assert_eq!(
        (east.attempts, east.failed, east.main_failure),
        (3, 3, Some(FailureKind::Throttled))
    );
    assert_eq!((west.attempts, west.served, west.main_failure), (1, 1, None));
    assert_eq!(
        arm.served_in
            .iter()
            .map(|(region, n)| (region.as_str(), *n))
            .collect::<Vec<_>>(),
        [("west", 1)]
    );
    let point = arm.timeline.points().next().expect("a point");
    assert_eq!(
        (arm.regions[0].as_str(), point.served[0], point.throttled),
        ("west", 1, 2)
    );
    assert_eq!(
        (arm.recent.throttled_attempts, arm.recent.throttled_shots),
        (2, 1)
    );
}

#[test]
fn the_baseline_is_the_steady_state_and_no_later_fault_spoils_it() {
    let mut fold = fold(1);
    for second in 0..60 {
        let took = if second < 20 { 100 } else { 900 };
        fold.take(ended(shot(0, second, second * 1_000, took, OK)));
    }
    fold.take(began(1, "latency", 20_000, 30_000));
    fold.take(over(1, 30_000));
    fold.take(began(2, "latency", 35_000, 50_000));
    let mut baselines = Vec::new();
    for second in 1..60 {
        let snapshot = seen(&mut fold, second * 1_000 + 100);
        baselines.push(first_arm(&snapshot).baseline.clone());
    }
    assert!(baselines[17].is_none());
    for after in [22, 40, 58] {
        let baseline = baselines[after].as_ref().expect("a baseline");
        let most = baseline.percentiles.max.expect("a maximum");
        assert_eq!(baseline.percentiles.count, 10);
        assert!(most < Duration::from_millis(101), "{most:?} after {after} s");
    }
}

#[test]
fn survival_counts_shots_by_what_was_in_force_when_they_were_intended() {
    let mut fold = fold(2);
    fold.take(began(1, "endpoint-outage", 10_000, 20_000));
    fold.take(began(2, "endpoint-outage", 12_000, 18_000));
    fold.take(began(3, "throttle", 14_000, 16_000));
    fold.take(over(2, 15_000));
    for (index, (arm, intended_ms, took, end)) in [
        (0, 9_999, 5_000, LOST),
        (0, 10_000, 1, LOST),
        (0, 13_000, 1, LOST),
        (0, 14_500, 20_000, OK),
        (0, 19_999, 1, OK),
        (0, 20_000, 1, LOST),
        (1, 15_000, 1, OK),
    ]
    .into_iter()
    .enumerate()
    {
        fold.take(ended(shot(arm, index as u64, intended_ms, took, end)));
    }
    let matrix = seen(&mut fold, 60_000).survival;
    assert_eq!(matrix.faults, ["endpoint-outage", "throttle"]);
    let cells = |arm: usize| -> Vec<(u64, u64)> {
        let cells = matrix.rows[arm].cells.iter();
        cells.map(|cell| (cell.intended, cell.succeeded)).collect()
    };
    assert_eq!((cells(0), cells(1)), (vec![(4, 2), (1, 1)], vec![(1, 1), (1, 1)]));
}

#[test]
fn a_run_nobody_looks_at_loses_no_second_of_the_timeline() {
    let mut fold = fold(1);
    for index in 0..70_000 {
        fold.take(ended(shot(0, index, index, 1, OK)));
    }
    let snapshot = seen(&mut fold, 75_000);
    let arm = first_arm(&snapshot);
    let sum: u32 = arm.timeline.points().map(|point| point.intended).sum();
    assert_eq!((sum, arm.timeline.points().count()), (70_000, 74));
}
