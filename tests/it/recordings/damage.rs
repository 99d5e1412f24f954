//! Recordings truncated and with bits flipped: a named error or a shorter run, never a panic, and
//! never a figure that was not recorded.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bedrill::catalog::Catalog;
use bedrill::drill::{self, DrillPlan};
use bedrill::recording::{Place, Plan, Recording, RecordingError, Step};
use bedrill::seed::{Seed, Stream};

use super::{fresh, scenario};

const TRIALS: u64 = 10_000;
const LANES: u64 = 2;

/// A recording as bytes, and what stands in it.
struct Specimen {
    file: Vec<u8>,
    /// The log beside it, of a run that was not closed.
    log: Option<Vec<u8>>,
    steps: Vec<Step>,
}

#[test]
fn ten_thousand_damaged_recordings_give_a_shorter_run_or_a_named_error() {
    let specimens: Arc<[Specimen; 2]> = Arc::new(specimens());
    let lanes = (0..LANES).map(|lane| {
        let specimens = Arc::clone(&specimens);
        std::thread::spawn(move || {
            let path = fresh(&format!("damaged-{lane}"));
            let mut seen = [0_u64; 4];
            for trial in (lane..TRIALS).step_by(LANES as usize) {
                let specimen = &specimens[usize::from(trial % 2 == 1)];
                let outcome = tried(specimen, &path, &mut Seed::new(7).keyed(trial).stream());
                seen[outcome.unwrap_or_else(|wrong| panic!("trial {trial}: {wrong}"))] += 1;
            }
            seen
        })
    });
    let lanes: Vec<_> = lanes.collect();
    let mut seen = [0; 4];
    for lane in lanes {
        let of_lane = lane.join().expect("no trial panics");
        seen.iter_mut().zip(of_lane).for_each(|(all, one)| *all += one);
    }
    // Whole (what was hit means nothing), shorter, damaged, not a recording: each has been met.
    assert!(seen.iter().all(|times| *times > 100), "{seen:?}");
}

/// Damages a recording and reads it: the place of what came of it.
fn tried(specimen: &Specimen, path: &Path, draws: &mut Stream) -> Result<usize, String> {
    let mut file = specimen.file.clone();
    let mut log = specimen.log.clone();
    let victim = match &mut log {
        Some(log) if draws.chance(0.7) => log,
        _ => &mut file,
    };
    if draws.chance(0.25) {
        victim.truncate(draws.below(victim.len()));
    } else {
        for _ in 0..=draws.below(8) {
            let place = draws.below(victim.len());
            victim[place] ^= 1 << draws.below(8);
        }
    }
    fs::write(path, file).expect("a file");
    let beside = beside(path);
    fs::remove_file(&beside).ok();
    if let Some(log) = log {
        fs::write(&beside, log).expect("a file");
    }
    read(specimen, path)
}

fn read(specimen: &Specimen, path: &Path) -> Result<usize, String> {
    let recording = match Recording::open(path) {
        Ok(recording) => recording,
        Err(RecordingError::Damaged { .. }) => return Ok(2),
        Err(_) => return Ok(3),
    };
    let mut expected = specimen.steps.iter();
    for step in recording.steps() {
        match step {
            Ok(step) if Some(&step) == expected.next() => {}
            Ok(step) => return Err(format!("this was never recorded: {step:?}")),
            Err(RecordingError::Damaged { .. }) => return Ok(2),
            Err(_) => return Ok(3),
        }
    }
    Ok(usize::from(expected.next().is_some()))
}

/// A short run, closed and not closed.
fn specimens() -> [Specimen; 2] {
    let path = fresh("specimen");
    let catalog = Catalog::builtin();
    let plan = DrillPlan {
        recording: Some(Plan::at(Place::File(path.clone()))),
        ..DrillPlan::new(Arc::clone(&catalog))
    };
    // Somebody who reads all the while keeps the writer from working its log into the file.
    let reader = drill::run_virtual(scenario("quickstart", &catalog, 2), &plan, |mut snapshots| {
        let path = path.clone();
        async move {
            while !snapshots.borrow_and_update().finished && snapshots.changed().await.is_ok() {
                if let Ok(reader) = Recording::open(&path) {
                    return Some(reader);
                }
            }
            None
        }
    });
    let reader = reader
        .expect("a run")
        .expect("a recording that can be read while it is written");
    let not_closed = Specimen {
        file: fs::read(&path).expect("the recording"),
        log: Some(fs::read(beside(&path)).expect("its log")),
        steps: steps(&path),
    };
    assert!(not_closed.steps.len() > 80, "{} steps", not_closed.steps.len());
    drop(reader);
    let alone = rusqlite::Connection::open(&path).expect("the recording");
    let to_one_file = alone.execute_batch("PRAGMA journal_mode = DELETE");
    to_one_file.expect("one file");
    let closed = Specimen {
        file: fs::read(&path).expect("the recording"),
        log: None,
        steps: not_closed.steps.clone(),
    };
    drop(alone);
    fs::remove_file(&path).expect("the recording");
    [closed, not_closed]
}

fn steps(path: &Path) -> Vec<Step> {
    let recording = Recording::open(path).expect("a recording");
    recording.steps().collect::<Result<_, _>>().expect("every step")
}

fn beside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}
