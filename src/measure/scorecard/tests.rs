use super::*;
use crate::event::{FailureKind, ShotEnd};
use crate::measure::fold::fixture::{attempt, plan, shot};
use crate::measure::snapshot::Score;
use crate::units::Usd;

const FAULT: FaultId = FaultId(1);

fn scores() -> Scores {
    let mut scores = Scores::new(1);
    scores.began(
        FAULT,
        "east endpoint",
        Moment::from_secs(10),
        Moment::from_secs(40),
    );
    scores
}

fn score(scores: &mut Scores) -> Score {
    scores.card().expect("a card").rows[0]
}

fn tell(scores: &mut Scores, record: &ShotRecord) {
    scores.shot(record, &Waste::of(record, &plan(1).catalog));
}

/// A run of shots, ten a second, each over after 50 ms: `x` is lost, anything else succeeds.
fn run(scores: &mut Scores, from_ms: u64, shots: &str) {
    for (index, sign) in (0_u64..).zip(shots.chars()) {
        let end = match sign {
            'x' => ShotEnd::Failed(FailureKind::Connection),
            's' => ShotEnd::Shed,
            _ => ShotEnd::Succeeded,
        };
        tell(scores, &shot(0, index, from_ms + 100 * index, 50, end));
    }
}

#[test]
fn recovery_and_losses_by_table() {
    let well = ".".repeat(60);
    let cases: [(&str, String, Option<u64>, u64, u64); 7] = [
        ("never hit", well.clone(), None, 0, 60),
        (
            "hit at once, well after three",
            format!("xxx{well}"),
            Some(350),
            3,
            63,
        ),
        (
            "one good shot between is no recovery",
            format!("xx.x{well}"),
            Some(450),
            3,
            64,
        ),
        (
            "five seconds are not over yet",
            format!("xx{}", ".".repeat(50)),
            None,
            2,
            52,
        ),
        (
            "a lone loss later undoes nothing",
            format!("xx{well}x{well}"),
            Some(250),
            3,
            123,
        ),
        ("a relapse does", format!("xx{well}xx{well}"), Some(6_450), 4, 124),
        ("shed shots are lost", format!("ss{well}"), Some(250), 2, 62),
    ];
    for (name, shots, recover_ms, lost, intended) in cases {
        let mut scores = scores();
        run(&mut scores, 10_000, &shots);
        let score = score(&mut scores);
        assert_eq!(score.recover, recover_ms.map(Duration::from_millis), "{name}");
        assert_eq!((score.lost, score.intended), (lost, intended), "{name}");
    }
}

#[test]
fn shots_count_while_the_fault_lasts_and_on_until_the_arm_has_recovered() {
    let mut scores = scores();
    run(&mut scores, 9_000, &"x".repeat(20));
    assert_eq!(
        score(&mut scores).lost,
        10,
        "those intended before are no loss of this fault"
    );
    scores.ended(FAULT, Moment::from_secs(20));
    run(&mut scores, 20_000, &format!("xxxxx{}", ".".repeat(100)));
    let score = score(&mut scores);
    assert_eq!(score.lost, 15);
    assert_eq!(score.recover, Some(Duration::from_millis(10_550)));
    assert_eq!(
        score.intended,
        10 + 5 + 51,
        "up to the shot that proved the recovery"
    );
    assert!(!scores.card().expect("a card").active);
}

#[test]
fn detection_is_the_first_failure_seen_and_switching_the_first_attempt_elsewhere() {
    let mut scores = scores();
    let at = Moment::from_millis;
    let refused = Some(FailureKind::Connection);
    let mut late = shot(0, 1, 10_400, 400, ShotEnd::Succeeded);
    late.attempts = vec![
        attempt(0, at(10_400), at(10_410), refused),
        attempt(1, at(10_450), at(10_800), None),
    ];
    // Its first failure comes earlier, but it is told later.
    let mut early = shot(0, 0, 10_100, 900, ShotEnd::Succeeded);
    early.attempts = vec![
        attempt(0, at(10_100), at(10_300), refused),
        attempt(0, at(10_350), at(10_390), refused),
        attempt(1, at(10_500), at(11_000), None),
    ];
    let mut before = shot(0, 2, 9_000, 2_500, ShotEnd::Succeeded);
    before.attempts = vec![
        attempt(0, at(9_000), at(9_100), refused),
        attempt(1, at(9_200), at(11_500), None),
    ];
    for record in [late, early, before] {
        tell(&mut scores, &record);
    }
    let score = score(&mut scores);
    assert_eq!(score.detect, Some(Duration::from_millis(300)));
    assert_eq!(score.switch, Some(Duration::from_millis(150)));
    assert_eq!(score.amplification, Some(2.5));
    assert_eq!(score.recover, None, "nothing was lost");
}

#[test]
fn tokens_of_failed_attempts_are_wasted_and_lost_shots_cost_for_nothing() {
    let mut scores = scores();
    let mut cut = shot(0, 0, 10_000, 300, ShotEnd::Failed(FailureKind::StreamCut));
    cut.cost = Usd::from_picos(70);
    cut.attempts[0].usage = Some(crate::units::TokenUsage {
        input: 100,
        output: 12,
        ..crate::units::TokenUsage::default()
    });
    tell(&mut scores, &cut);
    tell(&mut scores, &shot(0, 1, 10_100, 300, ShotEnd::Succeeded));
    let score = score(&mut scores);
    assert_eq!((score.wasted_tokens, score.extra_cost), (12, Usd::from_picos(70)));
}

#[test]
fn a_newer_fault_takes_the_card() {
    let mut scores = scores();
    run(&mut scores, 10_000, "xxx");
    scores.began(FaultId(2), "west", Moment::from_secs(11), Moment::from_secs(12));
    let card = scores.card().expect("a card");
    assert_eq!((card.fault, card.rows[0].lost), (FaultId(2), 0));
    scores.ended(FAULT, Moment::from_secs(12));
    assert!(
        scores.card().expect("a card").active,
        "the older fault's end is not its end"
    );
}
