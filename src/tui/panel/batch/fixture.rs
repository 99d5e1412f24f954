//! A batch pattern to draw in tests: no job, jobs going on, jobs in trouble.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::event::sighting::{JobCounts, JobResult, JobSeen, JobState};
use crate::measure::snapshot::{PatternSnapshot, Snapshot, SpecialView};
use crate::measure::special::batch::{BatchView, JobView, PacePoint};
use crate::names::{ArmKey, PatternKey};
use crate::tui::fixture;
use crate::units::{TokenUsage, Usd};

/// A run that has just begun.
pub fn empty() -> Snapshot {
    with(fixture::empty(), BatchView::default())
}

/// One job is over with 20 errors of 1,000, the next is half done.
pub fn steady() -> Snapshot {
    let jobs = vec![completed(), running(2)];
    with(fixture::steady(), view(jobs))
}

/// One failed validation, one ran out of time, one was stopped, one goes on.
pub fn faulted() -> Snapshot {
    let jobs = vec![failed(), partial(), stopped(), running(4)];
    with(fixture::faulted(), view(jobs))
}

fn with(mut snapshot: Snapshot, view: BatchView) -> Snapshot {
    let mut arm = snapshot.patterns[0].arms[0].clone();
    arm.key = ArmKey::from("online");
    arm.about = "Nova Micro, called in us-east-1 while jobs run".to_owned();
    snapshot.patterns = vec![PatternSnapshot {
        key: PatternKey::from("batch"),
        on: true,
        arms: vec![arm],
        tunes: Vec::new(),
        special: Some(Arc::new(SpecialView::Batch(view))),
    }];
    snapshot
}

fn view(jobs: Vec<JobView>) -> BatchView {
    let pace = (0..181).map(|second| PacePoint {
        second,
        records: match second {
            40..=80 => 24,
            150.. => 48,
            _ => 0,
        },
    });
    BatchView {
        jobs,
        time_scale: 120.0,
        seen_at: Some(Moment::from_secs(180)),
        trouble: None,
        pace: Arc::new(pace.collect()),
    }
}

fn job(number: u32, history: &[(u64, JobState)], counts: (u64, u64, u64)) -> JobView {
    let (total, succeeded, failed) = counts;
    JobView {
        seen: JobSeen {
            number,
            name: format!("bedrill-{number}"),
            id: Some("abcdefghijkl".to_owned()),
            history: history
                .iter()
                .map(|(second, state)| (Moment::from_secs(*second), *state))
                .collect(),
            sent: 1_000,
            counts: JobCounts {
                total,
                processed: succeeded + failed,
                succeeded,
                failed,
            },
            message: None,
            result: None,
            cleaned: false,
        },
        rate: None,
        left: None,
    }
}

fn result(returned: u64, missing: u64, errors: u64) -> JobResult {
    let reason = "400 1 validation error detected: Value '0' at 'inferenceConfig.maxTokens' failed";
    let mut named = BTreeMap::new();
    if errors > 0 {
        named.insert(reason.to_owned(), errors);
    }
    JobResult {
        returned,
        missing,
        repeated: 0,
        strange: 0,
        errors: named,
        usage: TokenUsage {
            input: returned * 60,
            output: returned * 58,
            ..TokenUsage::default()
        },
        cost: Usd::from_dollars(0.005_1),
        on_demand: Usd::from_dollars(0.010_2),
    }
}

fn completed() -> JobView {
    let mut job = job(
        1,
        &[
            (2, JobState::Submitted),
            (10, JobState::Validating),
            (20, JobState::Scheduled),
            (40, JobState::InProgress),
            (81, JobState::Completed),
        ],
        (1_000, 980, 20),
    );
    job.seen.result = Some(result(1_000, 0, 20));
    job.seen.cleaned = true;
    job
}

fn running(number: u32) -> JobView {
    let mut job = job(
        number,
        &[
            (100, JobState::Submitted),
            (110, JobState::Validating),
            (120, JobState::Scheduled),
            (150, JobState::InProgress),
        ],
        (1_000, 610, 13),
    );
    job.rate = Some(48.0);
    job.left = Some(Duration::from_secs(8));
    job
}

fn failed() -> JobView {
    let mut job = job(
        1,
        &[
            (2, JobState::Submitted),
            (10, JobState::Validating),
            (20, JobState::Failed),
        ],
        (0, 0, 0),
    );
    job.seen.message = Some(
        "Batch job arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl contains malformed \
         JSON in records.jsonl at line 500: EOF while parsing a string"
            .to_owned(),
    );
    job
}

fn partial() -> JobView {
    let mut job = job(
        2,
        &[
            (30, JobState::Submitted),
            (35, JobState::Scheduled),
            (40, JobState::InProgress),
            (81, JobState::PartiallyCompleted),
        ],
        (1_000, 700, 0),
    );
    job.seen.result = Some(result(700, 300, 0));
    job
}

fn stopped() -> JobView {
    job(
        3,
        &[
            (100, JobState::Submitted),
            (120, JobState::InProgress),
            (140, JobState::Stopping),
            (145, JobState::Stopped),
        ],
        (1_000, 240, 2),
    )
}
