//! A session steered by hand in virtual time, its replay, and the scenario that repeats it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::deck::Goal;
use super::{Reel, as_scenario};
use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::drill::recorded::Recorded;
use crate::drill::steered::{run, run_as_planned};
use crate::drill::{Command, DrillPlan};
use crate::event::{FaultId, Turn};
use crate::fault::{FaultKind, FaultShape, Outage, Scope};
use crate::measure::Snapshot;
use crate::measure::snapshot::MarkerKind;
use crate::recording::{Place, Plan};
use crate::scenario::Scenario;
use crate::units::Share;

const SCENARIO: &str = r#"
# A comment that stays.
description = "Two faults by schedule: one is lifted early, one never begins."
duration = "90s"
seed = 11

[steady]
warm_up = "5s"

[[pattern]]
kind = "fallback"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
chains = ["other regions"]
other_regions = ["us-east-2"]
rate = "10/s"

[[fault]]
kind = "throttle" # its remark too
begins = "6s"
lasts = "20s"
share = "30%"

[[fault]]
kind = "internal"
begins = "60s"
lasts = "5s"

[[turn]]
at = "8s"
dial = "concurrency"
value = 64

[[turn]]
at = "50s"
dial = "concurrency"
value = 12
"#;

/// What a person does, and when, in milliseconds.
fn deeds() -> Vec<(u64, Command)> {
    let inject = |kind, shape, lasts| Command::Inject {
        kind,
        scope: Scope {
            region: Some("us-east-1".into()),
            ..Scope::default()
        },
        share: Share::clamped(0.75),
        shape,
        lasts: Duration::from_secs(lasts),
    };
    let pulse = FaultShape::Pulse {
        on: Duration::from_millis(1_500),
        off: Duration::from_millis(500),
    };
    let latency = FaultKind::Latency {
        added: Duration::from_millis(350),
        sigma: 0.0,
    };
    let rate = Turn::Rate {
        pattern: None,
        rate: 25.0,
    };
    let fires = |on| Turn::On {
        pattern: "fallback".into(),
        on,
    };
    vec![
        (9_000, Command::Lift(FaultId(1))),
        (10_000, Command::Turn(rate)),
        (
            11_000,
            inject(FaultKind::EndpointOutage(Outage::Silent), FaultShape::Step, 30),
        ),
        (14_000, inject(latency, pulse, 4)),
        (20_000, Command::Lift(FaultId(3))),
        (21_000, Command::Turn(fires(false))),
        (22_000, Command::Turn(fires(true))),
        (23_000, Command::Turn(Turn::Paused(true))),
        (24_500, Command::Turn(Turn::Paused(false))),
        (30_000, Command::Stop),
    ]
}

/// A file in the system's folder for such, gone when dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("bedrill-replay-{name}-{}.sqlite", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.remove();
        file
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{ending}", self.0.display()));
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

fn parsed(text: &str) -> Scenario {
    Scenario::parse("session", text, &Catalog::builtin()).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"))
}

/// Runs the session into a recording; gives its last snapshot.
fn recorded(file: &File) -> Arc<Snapshot> {
    let plan = DrillPlan {
        recording: Some(Plan::at(Place::File(file.path().to_owned()))),
        ..DrillPlan::new(Catalog::builtin())
    };
    let mut deeds = deeds().into_iter().peekable();
    let last = run_as_planned(parsed(SCENARIO), &plan, |snapshot, _| {
        let due = deeds.next_if(|(at, _)| Moment::from_millis(*at) <= snapshot.at);
        due.map(|(_, command)| command)
    });
    assert_eq!(deeds.next(), None, "all was done");
    last
}

fn opened(file: &File) -> Recorded {
    Recorded::open(file.path()).unwrap_or_else(|problem| panic!("{problem}"))
}

fn json(snapshot: &Snapshot) -> String {
    serde_json::to_string(snapshot).expect("a snapshot can be written")
}

/// Plays until the goal is reached.
fn go(reel: &mut Reel, goal: Goal) -> String {
    while !reel.advance(goal) {}
    assert_eq!(reel.flaw(), None);
    json(reel.shown())
}

#[test]
fn the_figures_are_the_live_runs_however_one_comes_to_them() {
    let file = File::new("figures");
    let live = json(&recorded(&file));
    let mut reel = Reel::new(opened(&file)).unwrap_or_else(|problem| panic!("{problem}"));
    let to = |secs| Goal::To(Moment::from_secs(secs));
    let at_twelve = go(&mut reel, to(12));
    assert_eq!(reel.shown().at, Moment::from_secs(12));
    assert_eq!(go(&mut reel, Goal::To(Moment::FAR)), live);
    go(&mut reel, to(3));
    assert_eq!(reel.shown().at, Moment::from_secs(3));
    assert_eq!(go(&mut reel, to(12)), at_twelve, "back and forth again");
    go(&mut reel, to(0));
    assert!(reel.shown().at < Moment::from_millis(100));
    go(&mut reel, Goal::MarkerAfter(Moment::from_secs(7)));
    let reached = reel.shown().markers.last().expect("a marker");
    assert_eq!(
        (reached.at, reached.kind),
        (Moment::from_secs(8), MarkerKind::DialTurned),
        "{reached:?}"
    );
    assert_eq!(go(&mut reel, Goal::To(Moment::FAR)), live);
}

/// Faults, dials and phases with their moments.
fn steered(last: &Snapshot) -> Vec<(Moment, MarkerKind, String)> {
    let kinds = [
        MarkerKind::FaultBegan,
        MarkerKind::FaultEnded,
        MarkerKind::DialTurned,
        MarkerKind::Phase,
    ];
    let markers = last.markers.iter().filter(|marker| kinds.contains(&marker.kind));
    markers
        .map(|marker| (marker.at, marker.kind, marker.label.clone()))
        .collect()
}

#[test]
fn the_written_scenario_repeats_the_session() {
    let file = File::new("repeat");
    let live = recorded(&file);
    let text = as_scenario(&opened(&file)).unwrap_or_else(|problem| panic!("{problem}"));
    let stable = text.lines().skip(1).collect::<Vec<&str>>().join("\n");
    insta::assert_snapshot!("as_scenario", stable);
    let again = run(parsed(&text), |_, _| None);
    assert_eq!(steered(&again), steered(&live));
    let shots = |last: &Snapshot| last.patterns[0].arms[0].total.clone();
    assert_eq!(shots(&again), shots(&live), "shot for shot");
}
