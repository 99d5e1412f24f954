//! A session steered by hand on the real binary: replayed, and repeated from the scenario that is
//! written from its recording.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bedrill::drill::recorded::Recorded;
use bedrill::measure::Snapshot;
use bedrill::measure::snapshot::MarkerKind;

use super::pty::Pty;

const SIZE: (u16, u16) = (120, 40);
const BEDRILL: &str = env!("CARGO_BIN_EXE_bedrill");

const SCENARIO: &str = r#"
description = "A session that is steered by hand."
duration = "60s"

[[pattern]]
kind = "fallback"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
chains = ["other regions"]
other_regions = ["us-east-2"]
rate = "20/s"

[[expect]]
metric = "availability"
at_least = "50%"
"#;

/// A file in the tests' own folder that is not there yet.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", path.display()));
    }
    path
}

fn dashboard(args: &[&str]) -> Pty {
    let quiet = [("RUST_BACKTRACE", "0")];
    let mut pty = Pty::spawn(BEDRILL, args, &quiet, SIZE);
    pty.see("Manual fallback").see("events");
    pty
}

/// The last snapshot of a recording.
fn last_of(recording: &Path) -> Snapshot {
    let run = Recorded::open(recording).unwrap_or_else(|problem| panic!("{problem}"));
    let mut fold = run.fold();
    let steps = run.recording.steps();
    let snapshots = steps.filter_map(|step| {
        step.unwrap_or_else(|problem| panic!("{problem}"))
            .replay(&mut fold)
    });
    snapshots.last().expect("a snapshot")
}

/// Faults and dials with the seconds at which they came.
fn steered(recording: &Path) -> Vec<(u64, MarkerKind, String)> {
    let kinds = [
        MarkerKind::FaultBegan,
        MarkerKind::FaultEnded,
        MarkerKind::DialTurned,
    ];
    let last = last_of(recording);
    let markers = last.markers.iter().filter(|marker| kinds.contains(&marker.kind));
    markers
        .map(|marker| (marker.at.as_secs(), marker.kind, marker.label.clone()))
        .collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_session_steered_by_hand_is_replayed_and_repeated() {
    let (scenario, recording) = (fresh("session.toml"), fresh("session.sqlite"));
    fs::write(&scenario, SCENARIO).expect("room for a scenario");
    let mut live = dashboard(&[text(&scenario), "--record", text(&recording)]);
    live.press("o")
        .see("▼ us-east-1 capacity")
        .press("+")
        .see("rate 20.0/s → 25.0/s");
    live.press("x")
        .see("us-east-1 capacity is lifted")
        .see_header_without("▼ us-east-1 capacity");
    live.press("C")
        .see("concurrency 256 → 512")
        .press("7p")
        .see("fallback on → off");
    live.press("q").ended();

    let mut replay = dashboard(&["replay", text(&recording)]);
    replay.see("▶ replay").press("o").see("works in a live run");
    replay
        .press("G")
        .see("fallback on → off")
        .see("❚❚ replay")
        .press("v")
        .see("Verdict");
    replay
        .press("q")
        .ended()
        .0
        .success()
        .then_some(())
        .expect("it leaves in peace");
    replay.assert_given_back();

    let written = Command::new(BEDRILL)
        .args(["report", text(&recording), "--as-scenario"])
        .output();
    let written = written.expect("the binary starts");
    assert!(
        written.status.success(),
        "{}",
        String::from_utf8_lossy(&written.stderr)
    );
    let (repeat, again) = (fresh("repeat.toml"), fresh("repeat.sqlite"));
    fs::write(&repeat, &written.stdout).expect("room for a scenario");
    let run = Command::new(BEDRILL)
        .args(["run", "--virtual", text(&repeat), "--record", text(&again)])
        .output()
        .expect("the binary starts");
    assert!(!run.stdout.is_empty(), "{}", String::from_utf8_lossy(&run.stderr));
    let by_hand = steered(&recording);
    assert_eq!(by_hand.len(), 5, "{by_hand:?}");
    assert_eq!(steered(&again), by_hand);
    for file in [scenario, recording, repeat, again] {
        let _ = fs::remove_file(file);
    }
}
