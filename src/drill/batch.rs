//! Runs the batch jobs of a drill: prepare, upload, submit, watch, fetch, check, clean up.
//!
//! Each job is a task of one owner, which tells what there is to see. How many jobs are asked for is
//! a dial: one more begins a job, one less stops the newest that still goes on. What is deleted at
//! the end is what this run put into S3 or had put there by its jobs, and nothing else.

mod job;

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bedrock::s3::Bucket;
use crate::bedrock::{Control, SpendGuard};
use crate::clock::{Clock, Moment};
use crate::event::sighting::{BatchSeen, JobSeen, JobState, Seen};
use crate::event::{Event, Fact, Sighting};
use crate::load::Workload;
use crate::measure::EventSink;
use crate::names::PatternKey;
use crate::patterns::batch::{BatchPlan, JOBS, MOST_JOBS};
use crate::patterns::tunes::Tunes;
use job::JobRun;

/// What the jobs of a run are made with.
#[derive(Debug)]
pub struct BatchParts {
    /// The pattern.
    pub pattern: PatternKey,
    /// What each job is.
    pub plan: BatchPlan,
    /// The dials of the pattern.
    pub tunes: Tunes,
    /// The prompts.
    pub workload: Workload,
    /// The control plane of the region.
    pub control: Control,
    /// The bucket.
    pub bucket: Bucket,
    /// What tells this run's objects and names from others'.
    pub run: String,
    /// How many times faster than in life the emulator's jobs go on.
    pub time_scale: f64,
    /// The run's clock.
    pub clock: Clock,
    /// Where facts are told.
    pub sink: EventSink,
    /// The cap, where there is one: a job is reserved whole before it is submitted.
    pub spend: Option<SpendGuard>,
}

/// The jobs of a run, shared by their tasks.
#[derive(Clone, Debug)]
pub(super) struct Board {
    parts: Rc<BatchParts>,
    jobs: Rc<RefCell<Vec<Entry>>>,
}

#[derive(Clone, Debug)]
struct Entry {
    seen: JobSeen,
    stop_wanted: bool,
}

/// Runs jobs until it is told that the run ends; then stops what still goes on, cleans up, and
/// returns.
pub async fn conduct(parts: BatchParts, mut ending: watch::Receiver<bool>) {
    let board = Board {
        parts: Rc::new(parts),
        jobs: Rc::default(),
    };
    let parts = Rc::clone(&board.parts);
    let mut jobs = JoinSet::new();
    let mut asked = 0;
    let begins = Moment::ZERO + parts.plan.job.begins;
    let made_bucket = loop {
        tokio::select! {
            biased;
            // An error means that the run is gone.
            _ = ending.wait_for(|ending| *ending) => return,
            () = parts.clock.sleep_until(begins) => {}
        }
        match parts.bucket.make().await {
            Ok(made) => break made,
            Err(problem) => board.trouble("bucket", &problem.to_string()),
        }
        tokio::select! {
            biased;
            _ = ending.wait_for(|ending| *ending) => return,
            () = parts.clock.sleep(parts.plan.job.poll) => {}
        }
    };
    loop {
        let wanted = parts.tunes.get(JOBS).unwrap_or_default().round() as u32;
        for _ in asked..wanted {
            if let Some(job) = board.begin() {
                jobs.spawn_local(job.run());
            }
        }
        for _ in wanted..asked {
            board.stop_newest();
        }
        asked = wanted;
        while jobs.try_join_next().is_some() {}
        tokio::select! {
            biased;
            _ = ending.wait_for(|ending| *ending) => break,
            () = parts.clock.sleep(parts.plan.job.poll) => {}
        }
    }
    board.stop_all();
    while jobs.join_next().await.is_some() {}
    if made_bucket {
        match parts.bucket.remove().await {
            Ok(()) => board.note("batch: the run's bucket is gone again".to_owned()),
            Err(problem) => board.note(format!("batch: the run's bucket is left: {problem}")),
        }
    }
}

impl Board {
    /// Makes the next job; `None` once the run has had all it may have.
    fn begin(&self) -> Option<JobRun> {
        let mut jobs = self.jobs.borrow_mut();
        let number = jobs.len() as u32 + 1;
        if number > MOST_JOBS {
            return None;
        }
        let now = self.parts.clock.now();
        jobs.push(Entry {
            seen: JobSeen {
                number,
                name: format!("{}-{number}", self.parts.run),
                id: None,
                history: vec![(now, JobState::Preparing)],
                sent: 0,
                counts: crate::event::sighting::JobCounts::default(),
                message: None,
                result: None,
                cleaned: false,
            },
            stop_wanted: false,
        });
        Some(JobRun::new(self.clone(), number))
    }

    fn stop_newest(&self) {
        let mut jobs = self.jobs.borrow_mut();
        let newest = jobs
            .iter_mut()
            .rev()
            .find(|entry| !entry.stop_wanted && !entry.seen.state().is_over());
        if let Some(entry) = newest {
            entry.stop_wanted = true;
        }
    }

    fn stop_all(&self) {
        for entry in &mut *self.jobs.borrow_mut() {
            entry.stop_wanted = true;
        }
    }

    fn stop_wanted(&self, number: u32) -> bool {
        let jobs = self.jobs.borrow();
        jobs.get(number as usize - 1)
            .is_some_and(|entry| entry.stop_wanted)
    }

    /// Changes what is known of a job and tells all of it.
    fn change(&self, number: u32, change: impl FnOnce(&mut JobSeen)) {
        if let Some(entry) = self.jobs.borrow_mut().get_mut(number as usize - 1) {
            change(&mut entry.seen);
        }
        self.tell();
    }

    /// A job is in a state, from now on.
    fn enter(&self, number: u32, state: JobState) {
        let now = self.parts.clock.now();
        let mut moved = None;
        if let Some(entry) = self.jobs.borrow_mut().get_mut(number as usize - 1) {
            let was = entry.seen.state();
            if was != state {
                entry.seen.history.push((now, state));
                moved = Some(was);
            }
        }
        if let Some(was) = moved {
            self.note(format!("batch job {number}: {} → {}", was.word(), state.word()));
            self.tell();
        }
    }

    fn tell(&self) {
        let jobs = self.jobs.borrow();
        let seen = BatchSeen {
            jobs: jobs.iter().map(|entry| entry.seen.clone()).collect(),
            time_scale: self.parts.time_scale,
        };
        self.sight(Seen::Batch(Box::new(seen)));
    }

    /// An asking that failed; the last state stays on the screen.
    fn trouble(&self, what: &str, why: &str) {
        self.sight(Seen::Failed {
            what: what.to_owned(),
            why: why.to_owned(),
        });
    }

    fn sight(&self, of: Seen) {
        let pattern = self.parts.pattern.clone();
        self.fact(Fact::Seen(Box::new(Sighting { pattern, of })));
    }

    fn note(&self, text: String) {
        self.fact(Fact::Noted(text));
    }

    fn fact(&self, fact: Fact) {
        let now = self.parts.clock.now();
        self.parts.sink.tell(Event::new(now, fact));
    }
}

/// A name for what a run makes, unlike other runs' on the same account.
pub fn run_name(clock: &Clock, seed: crate::seed::Seed) -> String {
    let second = clock.wall(Moment::ZERO).as_second();
    format!("bedrill-{second:x}-{:04x}", seed.number() & 0xffff)
}

#[cfg(test)]
mod tests;
