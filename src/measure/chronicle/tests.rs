use super::super::log::{FOLD_WITHIN, LINES};
use super::*;
use crate::event::ShotId;
use crate::measure::fold::fixture::{route, shot};

fn chronicle() -> Chronicle {
    Chronicle::new(vec![
        ("fallback".into(), "regions".into()),
        ("fallback".into(), "models".into()),
    ])
}

fn failover(arm: u16, index: u64) -> Failover {
    Failover {
        shot: ShotId {
            arm: ArmId(arm),
            index,
        },
        from: route("east"),
        to: route("west"),
        cause: FailureKind::Connection,
        took: Duration::from_millis(212),
    }
}

fn failed(arm: u16, index: u64, at_ms: u64, kind: FailureKind) -> Box<ShotRecord> {
    Box::new(shot(arm, index, at_ms - 10, 10, ShotEnd::Failed(kind)))
}

#[test]
fn alike_lines_are_folded_for_a_while_and_kept_apart_by_arm_and_kind() {
    let mut chronicle = chronicle();
    for n in 0..50 {
        chronicle.shot_ended(failed(0, n, 1_000 + n * 100, FailureKind::Connection));
        chronicle.shot_ended(failed(1, n, 1_000 + n * 100, FailureKind::Connection));
    }
    chronicle.shot_ended(failed(0, 99, 5_950, FailureKind::Timeout));
    chronicle.shot_ended(failed(
        0,
        100,
        1_000 + FOLD_WITHIN.as_millis() as u64,
        FailureKind::Connection,
    ));
    let lines: Vec<(String, u64)> = chronicle
        .log()
        .iter()
        .map(|line| (line.text.clone(), line.times))
        .collect();
    let line = |text: &str, times| (text.to_owned(), times);
    assert_eq!(
        lines,
        [
            line("regions: shot failed, refused, 1 attempt, 10ms", 50),
            line("models: shot failed, refused, 1 attempt, 10ms", 50),
            line("regions: shot failed, timeout, 1 attempt, 10ms", 1),
            line("regions: shot failed, refused, 1 attempt, 10ms", 1),
        ]
    );
}

#[test]
fn a_failover_is_logged_with_its_time_and_gets_its_attempts_when_its_shot_is_over() {
    let mut chronicle = chronicle();
    chronicle.failed_over(Moment::from_secs(1), &failover(0, 5));
    let before = chronicle.log();
    assert_eq!(before[0].text, "regions: east → west, refused, 212ms");
    assert!(before[0].record.is_none());
    chronicle.shot_ended(Box::new(shot(0, 5, 900, 400, ShotEnd::Succeeded)));
    let after = chronicle.log();
    assert_eq!(after[0].record.as_ref().map(|record| record.id.index), Some(5));
    assert!(before[0].record.is_none(), "what was shown stays as it was");
}

#[test]
fn only_the_first_of_a_run_of_failovers_is_marked() {
    let mut chronicle = chronicle();
    for second in [10, 12, 14, 18, 24] {
        chronicle.failed_over(Moment::from_secs(second), &failover(0, second));
    }
    chronicle.failed_over(Moment::from_secs(18), &failover(1, 1));
    let marked: Vec<(u64, Option<ArmId>)> = chronicle
        .markers()
        .iter()
        .map(|marker| (marker.at.as_secs(), marker.arm))
        .collect();
    assert_eq!(
        marked,
        [(10, Some(ArmId(0))), (24, Some(ArmId(0))), (18, Some(ArmId(1)))]
    );
}

#[test]
fn log_and_markers_are_bounded() {
    let mut chronicle = chronicle();
    for n in 0..5_000 {
        chronicle.dial_turned(Moment::from_secs(n), "rate", "1/s", "2/s");
        chronicle.failed_over(Moment::from_secs(n * 60), &failover(0, n));
    }
    let log = chronicle.log();
    assert_eq!((log.len(), chronicle.markers().len()), (LINES, MARKERS));
    assert_eq!(log.last().map(|line| line.number), Some(9_999), "numbers go on");
}

#[test]
fn a_lifting_that_was_not_verified_says_so() {
    let mut chronicle = chronicle();
    chronicle.fault_began(Moment::from_secs(5), "us-east-1 endpoint", Moment::from_secs(35));
    chronicle.fault_ended(
        Moment::from_secs(9),
        "us-east-1 endpoint",
        FaultEndCause::Lifted,
        false,
    );
    let text: Vec<String> = chronicle.log().iter().map(|line| line.text.clone()).collect();
    assert_eq!(
        text,
        [
            "us-east-1 endpoint begins, for 30.0s",
            "us-east-1 endpoint is lifted, but it could not be verified that it is gone",
        ]
    );
}
