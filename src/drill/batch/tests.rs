//! Whole runs in virtual time: the panel's figures against the emulator's ledger.

use std::time::Duration;

use crate::catalog::Catalog;
use crate::drill::command::Command;
use crate::drill::steered::run;
use crate::event::Turn;
use crate::event::sighting::{JobCounts, JobState};
use crate::measure::Snapshot;
use crate::measure::snapshot::SpecialView;
use crate::measure::special::batch::BatchView;
use crate::names::PatternKey;
use crate::patterns::batch::JOBS;
use crate::scenario::{Scenario, library};
use crate::units::Usd;

fn shipped(change: impl FnOnce(String) -> String) -> Scenario {
    let text = change(library::text("batch").expect("shipped").to_owned());
    Scenario::parse("batch.toml", &text, &Catalog::builtin()).expect("sound")
}

fn view(snapshot: &Snapshot) -> &BatchView {
    match snapshot.patterns[0].special.as_deref() {
        Some(SpecialView::Batch(view)) => view,
        _ => panic!("the pattern has its view"),
    }
}

#[test]
fn the_panels_figures_are_the_ledgers_and_every_record_comes_back_once() {
    let mut compared = 0;
    let last = run(shipped(|text| text), |snapshot, world| {
        let view = view(snapshot);
        let seen_at = view.seen_at?;
        if snapshot.at.since(seen_at) <= Duration::from_millis(200) {
            let is_open: Vec<bool> = world.jobs().iter().map(|line| !line.status.is_over()).collect();
            for ((job, line), is_open) in view.jobs.iter().zip(world.jobs_at(seen_at)).zip(is_open) {
                // Of a job that is over the ledger keeps the end alone.
                if job.seen.id.is_none() || !is_open {
                    continue;
                }
                let ledger = JobCounts {
                    total: line.total,
                    processed: line.counts.processed(),
                    succeeded: line.counts.succeeded,
                    failed: line.counts.failed,
                };
                assert_eq!(job.seen.counts, ledger, "at {seen_at:?}");
                compared += u32::from(ledger.processed > 0);
            }
        }
        None
    });
    assert!(compared >= 10, "only {compared} looks while it was in progress");
    let job = &view(&last).jobs[0].seen;
    assert_eq!(job.state(), JobState::Completed, "{:?}", job.message);
    assert_eq!((job.counts.succeeded, job.counts.failed), (2_980, 20));
    let result = job.result.as_ref().expect("fetched");
    assert_eq!(
        (result.returned, result.missing, result.repeated, result.strange),
        (3_000, 0, 0, 0)
    );
    assert_eq!(result.errors.values().sum::<u64>(), 20);
    assert!(job.cleaned);
    // Half the price, to the rounding of single tokens.
    assert!(result.cost.times(2).picos().abs_diff(result.on_demand.picos()) <= 4);
    let shots: Usd = last.patterns[0].arms.iter().map(|arm| arm.total.cost).sum();
    assert_eq!(last.spend.spent, shots + result.cost);
    assert!(
        last.patterns[0].arms[0].total.succeeded > 500,
        "the online arm ran beside"
    );
    let said: Vec<&str> = last.log.iter().map(|entry| entry.text.as_str()).collect();
    assert!(
        said.iter().any(|line| line.contains("bucket is gone again")),
        "{said:?}"
    );
}

#[test]
fn the_dial_begins_another_job_and_stops_the_newest() {
    let turn = |value| {
        Some(Command::Turn(Turn::Own {
            pattern: PatternKey::from("batch"),
            dial: JOBS.to_owned(),
            value,
        }))
    };
    let mut turned = 0;
    let last = run(shipped(|text| text), |snapshot, _| {
        match (turned, snapshot.at.as_secs()) {
            (0, 10..) => {
                turned = 1;
                turn(2.0)
            }
            (1, 22..) => {
                turned = 2;
                turn(1.0)
            }
            _ => None,
        }
    });
    let states: Vec<JobState> = view(&last).jobs.iter().map(|job| job.seen.state()).collect();
    assert_eq!(states, [JobState::Completed, JobState::Stopped]);
    let stopped = &view(&last).jobs[1].seen;
    let result = stopped.result.as_ref().expect("what was processed is there");
    assert_eq!(result.returned, stopped.counts.processed);
    assert!(result.returned > 0 && result.missing > 0, "{result:?}");
}

#[test]
fn a_run_that_ends_stops_its_jobs_and_leaves_nothing_behind() {
    let short = shipped(|text| text.replace("duration = \"90s\"", "duration = \"16s\""));
    let last = run(short, |_, _| None);
    let job = &view(&last).jobs[0].seen;
    assert_eq!(job.state(), JobState::Stopped);
    assert!(job.cleaned);
}

#[test]
fn a_line_broken_on_purpose_shows_what_the_service_says() {
    let broken = shipped(|text| text.replace("bad = 20", "malformed_line = 500"));
    let last = run(broken, |_, _| None);
    let job = &view(&last).jobs[0].seen;
    assert_eq!(job.state(), JobState::Failed);
    let message = job.message.as_deref().expect("the service's words");
    assert!(message.contains("records.jsonl at line 500"), "{message}");
}

#[test]
fn a_limit_that_cannot_hold_the_records_leaves_a_count_that_adds_up() {
    // A day passes in twelve seconds, and a record takes a minute of it.
    let hasty = shipped(|text| {
        let text = text.replace("time_scale = 120", "time_scale = 7200");
        text.replace("records_per_minute = 60", "records_per_minute = 1")
    });
    let last = run(hasty, |_, _| None);
    let job = &view(&last).jobs[0].seen;
    assert_eq!(job.state(), JobState::PartiallyCompleted);
    let result = job.result.as_ref().expect("what was processed is there");
    assert_eq!(result.returned, job.counts.processed);
    assert_eq!(result.returned + result.missing, 3_000);
    assert!((1_400..1_440).contains(&result.returned), "{result:?}");
}

#[test]
fn a_file_of_ones_own_is_run_or_refused_by_line_before_it_is_sent() {
    let record = |n: u32| {
        format!(
            r#"{{"recordId":"mine-{n}","modelInput":{{"messages":[{{"role":"user","content":[{{"text":"{n}"}}]}}]}}}}"#
        )
    };
    let mut lines: Vec<String> = (1..=150).map(record).collect();
    let path = std::env::temp_dir().join(format!("bedrill-{}.jsonl", std::process::id()));
    let with_file = || {
        let path = format!("file = {:?}", path.display().to_string());
        shipped(|text| text.replace("records = 3000\nbad = 20", &path))
    };
    std::fs::write(&path, lines.join("\n")).expect("a file");
    let last = run(with_file(), |_, _| None);
    let job = &view(&last).jobs[0].seen;
    let result = job.result.as_ref().expect("fetched");
    assert_eq!(
        (job.state(), result.returned, result.missing),
        (JobState::Completed, 150, 0)
    );

    lines[41].pop();
    std::fs::write(&path, lines.join("\n")).expect("a file");
    let last = run(with_file(), |_, world| {
        assert!(world.jobs().is_empty(), "nothing was submitted");
        None
    });
    let job = &view(&last).jobs[0].seen;
    assert_eq!(job.state(), JobState::Refused);
    let message = job.message.as_deref().expect("why");
    assert!(message.contains("line 42: "), "{message}");
    std::fs::remove_file(&path).expect("it was there");
}
