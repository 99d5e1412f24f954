//! Runs that are steered, by hand and by their time line.

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::drill::command::Command;
use crate::drill::steered::run;
use crate::event::Turn;
use crate::measure::Snapshot;
use crate::measure::snapshot::MarkerKind;
use crate::scenario::Scenario;

const STEERED: &str = r#"
description = "Two patterns, and dials to turn."
duration = "20s"

[[pattern]]
kind = "fallback"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
chains = ["other regions"]
other_regions = ["us-east-2"]
rate = "10/s"

[[pattern]]
kind = "prompt-routing"
model = "amazon.nova-lite-v1:0"
region = "us-east-1"
rate = "5/s"
"#;

/// In the order of the time line below.
fn turns() -> Vec<(u64, Turn)> {
    vec![
        (
            3_000,
            Turn::Rate {
                pattern: None,
                rate: 30.0,
            },
        ),
        (
            5_000,
            Turn::Rate {
                pattern: Some("fallback".into()),
                rate: 4.0,
            },
        ),
        (7_000, Turn::Concurrency(2)),
        (
            9_000,
            Turn::On {
                pattern: "prompt-routing".into(),
                on: false,
            },
        ),
        (11_000, Turn::Paused(true)),
        (13_000, Turn::Paused(false)),
    ]
}

const TIME_LINE: &str = r#"
[[turn]]
at = "3s"
dial = "rate"
value = "30/s"

[[turn]]
at = "5s"
dial = "rate"
pattern = "fallback"
value = "240/min"

[[turn]]
at = "7s"
dial = "concurrency"
value = 2

[[turn]]
at = "11s"
dial = "paused"
value = true

[[turn]]
at = "9s"
dial = "on"
pattern = "prompt-routing"
value = false

[[turn]]
at = "13s"
dial = "paused"
value = false
"#;

fn scenario(text: &str) -> Scenario {
    Scenario::parse("steered.toml", text, &Catalog::builtin()).expect("sound")
}

/// All there is to see at the end, as text.
fn written(last: &Snapshot) -> String {
    serde_json::to_string_pretty(last).expect("a snapshot can be written")
}

#[test]
fn a_dial_turned_by_schedule_does_what_it_does_by_hand_at_the_same_moment() {
    let mut to_come = turns().into_iter().peekable();
    let by_hand = run(scenario(STEERED), |snapshot, _| {
        let due = to_come.next_if(|(at, _)| Moment::from_millis(*at) <= snapshot.at);
        due.map(|(_, turn)| Command::Turn(turn))
    });
    assert_eq!(to_come.next(), None, "every dial was turned");
    let by_schedule = run(scenario(&format!("{STEERED}{TIME_LINE}")), |_, _| None);
    let (by_hand, scheduled) = (written(&by_hand), written(&by_schedule));
    let differing = by_hand
        .lines()
        .zip(scheduled.lines())
        .find(|(one, other)| one != other);
    assert_eq!(differing, None);
    let turned = by_schedule
        .markers
        .iter()
        .filter(|marker| marker.kind == MarkerKind::DialTurned);
    let told: Vec<(u64, &str)> = turned
        .map(|marker| (marker.at.as_secs(), marker.label.as_str()))
        .collect();
    insta::assert_debug_snapshot!(told);
}

#[test]
fn a_dial_is_turned_at_its_moment_and_not_at_the_next_look() {
    let turn = r#"
[[turn]]
at = "4.217s"
dial = "quality-difference"
pattern = "prompt-routing"
value = 25
"#;
    let last: Arc<Snapshot> = run(scenario(&format!("{STEERED}{turn}")), |_, _| None);
    let mut markers = last.markers.iter();
    let marker = markers.find(|marker| marker.kind == MarkerKind::DialTurned);
    let marker = marker.expect("it was turned");
    assert_eq!(marker.at.since_start(), Duration::from_millis(4_217));
    assert_eq!(marker.label, "prompt-routing quality-difference 10 → 25");
    assert!((last.patterns[1].tunes[0].value - 25.0).abs() < 1e-9);
}
