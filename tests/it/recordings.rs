//! Runs recorded and read again; recordings of killed runs, damaged ones, and those for which there
//! is no room.

mod damage;
mod exact;
mod killed;
mod shelf;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::clock::Moment;
use bedrill::drill::recorded::Recorded;
use bedrill::drill::{self, DrillPlan};
use bedrill::measure::{Snapshot, snapshot};
use bedrill::recording::{Place, Plan, Recording};
use bedrill::scenario::{Scenario, library};

/// A file in the tests' own folder that is not there yet.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.sqlite", std::process::id()));
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", path.display()));
    }
    path
}

fn scenario(name: &str, catalog: &Catalog, secs: u64) -> Scenario {
    let text = library::text(name).expect("a shipped scenario");
    let mut scenario = Scenario::parse(name, text, catalog).unwrap_or_else(|wrong| panic!("{wrong}"));
    scenario.duration = Some(Duration::from_secs(secs));
    scenario
}

/// Between two snapshots that are compared.
const EVERY: Duration = Duration::from_secs(3);

/// Runs a scenario in virtual time into a recording; gives snapshots seen, the last among them.
fn recorded(name: &str, secs: u64, path: &Path) -> Vec<String> {
    let catalog = Catalog::builtin();
    let plan = DrillPlan {
        recording: Some(Plan::at(Place::File(path.to_owned()))),
        ..DrillPlan::new(Arc::clone(&catalog))
    };
    let seen = drill::run_virtual(
        scenario(name, &catalog, secs),
        &plan,
        |mut snapshots| async move {
            let mut seen = Vec::new();
            loop {
                let snapshot: Arc<Snapshot> = Arc::clone(&snapshots.borrow_and_update());
                seen.extend(worth_comparing(&snapshot));
                if snapshot.finished || snapshots.changed().await.is_err() {
                    return seen;
                }
            }
        },
    );
    seen.expect("a run")
}

/// A snapshot as JSON, if it is one of those that are compared.
fn worth_comparing(snapshot: &Snapshot) -> Option<String> {
    let chosen = snapshot.finished || snapshot.at.as_nanos().is_multiple_of(EVERY.as_nanos() as u64);
    chosen.then(|| serde_json::to_string(snapshot).expect("JSON"))
}

/// The same snapshots of a recording.
fn replayed(path: &Path) -> Vec<String> {
    let run = Recorded::open(path).unwrap_or_else(|problem| panic!("{problem}"));
    assert!(run.recording.is_complete());
    let mut fold = run.fold();
    let steps = run.recording.steps();
    steps
        .filter_map(|step| {
            step.unwrap_or_else(|problem| panic!("{problem}"))
                .replay(&mut fold)
        })
        .filter_map(|snapshot| worth_comparing(&snapshot))
        .collect()
}

#[test]
fn a_recording_folds_to_every_snapshot_of_the_run() {
    for (name, secs) in [("region-outage", 90), ("seven-patterns", 20), ("batch", 60)] {
        let path = fresh(name);
        let live = recorded(name, secs, &path);
        // The very first is replaced before anybody looks.
        let again = replayed(&path).split_off(1);
        assert_eq!(live.len(), again.len(), "{name}: as many snapshots");
        let differs = live.iter().zip(&again).position(|(live, again)| live != again);
        assert_eq!(differs, None, "{name}: a snapshot that differs");
        assert_eq!(live.last(), again.last(), "{name}: the last one");
        let left: Vec<_> = ["-wal", "-shm"]
            .iter()
            .filter(|ending| Path::new(&format!("{}{ending}", path.display())).exists())
            .collect();
        assert!(left.is_empty(), "one file when closed, not {left:?} too");
        fs::remove_file(&path).expect("the recording");
    }
}

#[test]
fn where_there_is_no_room_the_recording_stops_and_the_run_goes_on() {
    let path = fresh("no-room");
    let catalog = Catalog::builtin();
    let mut recording = Plan::at(Place::File(path.clone()));
    recording.most_pages = Some(40);
    let plan = DrillPlan {
        recording: Some(recording),
        ..DrillPlan::new(Arc::clone(&catalog))
    };
    let outage = scenario("region-outage", &catalog, 60);
    let last = drill::run_virtual(outage, &plan, bedrill::headless::last).expect("a run");
    assert!(last.finished && last.at >= Moment::from_secs(60));
    assert_eq!(last.recording, snapshot::Recording::Stopped);
    let told = last
        .log
        .iter()
        .filter(|entry| entry.text.starts_with("recording stopped"));
    let told: Vec<&str> = told.map(|entry| entry.text.as_str()).collect();
    assert!(
        matches!(told.as_slice(), [line] if line.contains("full")),
        "said once: {told:?}"
    );
    let kept = Recording::open(&path).expect("what was committed");
    assert!(!kept.is_complete() && kept.length() > Moment::ZERO);
    assert!(kept.steps().all(|step| step.is_ok()));
    fs::remove_file(&path).expect("the recording");
}
