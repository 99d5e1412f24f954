//! kill -9 at a random moment: what was recorded up to the last second is there.

#![allow(
    clippy::disallowed_methods,
    reason = "a test of a real process waits in real time"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bedrill::clock::Moment;
use bedrill::recording::{Recording, RecordingError, Step};
use bedrill::seed::Seed;

use super::fresh;

const KILLS: u64 = 50;
/// Runs at once. They hardly do anything.
const LANES: u64 = 10;
/// The longest that a killed run may be missing.
const LAST: Duration = Duration::from_secs(1);
/// However busy the machine: a run that has not begun by then does not.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_killed_run_is_there_up_to_its_last_second() {
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            thread::spawn(move || {
                let kills = (lane..KILLS).step_by(LANES as usize);
                kills.map(kill_one).filter(|told| *told).count()
            })
        })
        .collect();
    let told: usize = lanes
        .into_iter()
        .map(|lane| lane.join().expect("every recording opens and is long enough"))
        .sum();
    assert!(told > KILLS as usize / 2, "{told} runs lived long enough to tell");
}

/// Starts a run, kills it and reads its recording; whether it had lived long enough to tell.
fn kill_one(number: u64) -> bool {
    let path = fresh(&format!("killed-{number}"));
    let mut child = start(&path);
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < PATIENCE, "the run never began");
        thread::sleep(Duration::from_millis(5));
    }
    let wait = Seed::new(50).keyed(number).stream().below(2_000) as u64;
    thread::sleep(Duration::from_millis(wait));
    let killed = SystemTime::now();
    child.kill().expect("a running child");
    child.wait().expect("its end");
    let told = told_up_to(&path);
    let _ = fresh(&format!("killed-{number}"));
    match told {
        Ok(Some(told)) => {
            let missing = killed.duration_since(told).unwrap_or_default();
            assert!(
                missing <= LAST,
                "run {number}, killed after {wait} ms: {missing:?} are missing"
            );
            true
        }
        // Killed within its first second, it may have written nothing.
        Ok(None) | Err(RecordingError::NotARecording { .. }) if wait < 1_000 => false,
        other => panic!("run {number}, killed after {wait} ms: {other:?}"),
    }
}

fn start(path: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .args(["run", "quickstart", "--duration", "60s", "--record"])
        .arg(path)
        .env_remove("BEDRILL_NO_RECORD")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

/// The date and time of the last tick that can be read, each step before it included.
fn told_up_to(path: &Path) -> Result<Option<SystemTime>, RecordingError> {
    let recording = Recording::open(path)?;
    assert!(!recording.is_complete(), "a killed run has no end");
    let since_1970 = u64::try_from(recording.header().epoch.as_nanosecond()).expect("a date after 1970");
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_nanos(since_1970);
    let mut last = None;
    for step in recording.steps() {
        if let Step::Tick { at, .. } = step? {
            last = Some(epoch + at.since(Moment::ZERO));
        }
    }
    Ok(last)
}
