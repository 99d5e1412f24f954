//! Runs recorded and read again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::drill::recorded::Recorded;
use bedrill::drill::{self, DrillPlan};
use bedrill::measure::Snapshot;
use bedrill::recording::{Place, Plan};
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

/// Runs a scenario in virtual time into a recording; gives every snapshot seen, as JSON.
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
                seen.push(json(&snapshot));
                if snapshot.finished || snapshots.changed().await.is_err() {
                    return seen;
                }
            }
        },
    );
    seen.expect("a run")
}

fn json(snapshot: &Snapshot) -> String {
    serde_json::to_string(snapshot).expect("JSON")
}

/// Every snapshot of a recording, as JSON.
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
        .map(|snapshot| json(&snapshot))
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
        let left: Vec<_> = ["-wal", "-shm"]
            .iter()
            .filter(|ending| Path::new(&format!("{}{ending}", path.display())).exists())
            .collect();
        assert!(left.is_empty(), "one file when closed, not {left:?} too");
        fs::remove_file(&path).expect("the recording");
    }
}
