use proptest::prelude::*;

use super::*;

const SEC: Duration = Duration::from_secs(1);

fn course() -> Course {
    Course {
        submitted_at: Moment::from_secs(100),
        pace: Pace {
            submitted: SEC,
            validating: 2 * SEC,
            scheduled: 3 * SEC,
            record: SEC / 10,
            stopping: SEC,
        },
        timeout: 600 * SEC,
        verdict: Verdict::Sound(1_000),
        stop_at: None,
        lost_at: None,
    }
}

fn at(course: &Course, secs: u64) -> (JobStatus, u64) {
    let standing = course.at(Moment::from_secs(secs));
    (standing.status, standing.processed)
}

#[test]
fn a_sound_job_goes_through_its_states_and_counts() {
    let course = course();
    assert_eq!(at(&course, 100), (JobStatus::Submitted, 0));
    assert_eq!(at(&course, 101), (JobStatus::Validating, 0));
    assert_eq!(at(&course, 103), (JobStatus::Scheduled, 0));
    assert_eq!(at(&course, 106), (JobStatus::InProgress, 0));
    assert_eq!(at(&course, 156), (JobStatus::InProgress, 500));
    assert_eq!(at(&course, 206), (JobStatus::Completed, 1_000));
    let words: Vec<&str> = course
        .history(Moment::FAR)
        .iter()
        .map(|(_, status)| status.word())
        .collect();
    assert_eq!(
        words,
        ["Submitted", "Validating", "Scheduled", "InProgress", "Completed"]
    );
}

#[test]
fn time_that_runs_out_leaves_it_partial_and_before_the_first_record_expired() {
    let partial = Course {
        timeout: 56 * SEC,
        ..course()
    };
    assert_eq!(at(&partial, 155), (JobStatus::InProgress, 490));
    assert_eq!(at(&partial, 156), (JobStatus::PartiallyCompleted, 500));
    assert_eq!(at(&partial, 900), (JobStatus::PartiallyCompleted, 500));
    let late = Course {
        timeout: 5 * SEC,
        ..course()
    };
    assert_eq!(at(&late, 104), (JobStatus::Scheduled, 0));
    assert_eq!(at(&late, 105), (JobStatus::Expired, 0));
}

#[test]
fn an_unsound_input_fails_where_it_is_judged() {
    let course = Course {
        verdict: Verdict::Unsound,
        ..course()
    };
    assert_eq!(at(&course, 102), (JobStatus::Validating, 0));
    assert_eq!(at(&course, 103), (JobStatus::Failed, 0));
}

#[test]
fn a_stop_keeps_what_was_processed() {
    let course = Course {
        stop_at: Some(Moment::from_secs(126)),
        ..course()
    };
    assert_eq!(at(&course, 126), (JobStatus::Stopping, 200));
    assert_eq!(at(&course, 127), (JobStatus::Stopped, 200));
    let history = course.history(Moment::FAR);
    assert_eq!(
        history.last(),
        Some(&(Moment::from_secs(127), JobStatus::Stopped))
    );
}

proptest! {
    #[test]
    fn counts_never_fall_and_an_end_is_an_end(
        records in 0_u64..5_000, timeout in 1_u64..1_000, stop in proptest::option::of(100_u64..400),
    ) {
        let course = Course {
            timeout: Duration::from_secs(timeout),
            verdict: Verdict::Sound(records),
            // The service takes no stop of a job that is over.
            stop_at: stop.map(Moment::from_secs).filter(|stop| {
                let free = Course { timeout: Duration::from_secs(timeout), verdict: Verdict::Sound(records), ..course() };
                free.at(*stop).status.can_stop()
            }),
            ..course()
        };
        let mut last = course.at(course.submitted_at);
        for secs in 100..1_300 {
            let standing = course.at(Moment::from_secs(secs));
            prop_assert!(standing.processed >= last.processed && standing.processed <= records);
            if last.status.is_over() {
                prop_assert_eq!(standing, last);
            }
            last = standing;
        }
        prop_assert!(last.status.is_over());
    }
}
