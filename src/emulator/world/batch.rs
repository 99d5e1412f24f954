//! Batch jobs: who has which, how far they are, what they cost. Pure: no JSON, no S3, no waiting.
//!
//! The driver brings in what only it can read: it asks which jobs' input is to be read
//! ([`Batch::to_read`]), judges it, and asks which jobs' output is to be written
//! ([`Batch::to_write`]). Everything else follows from the moment. Batch draws on no quota and on no
//! capacity of online traffic: a simplification, as the service's own queue is not published.

pub mod course;
mod job;
pub mod plan;
mod records;

use std::collections::VecDeque;
use std::sync::Arc;

pub use course::JobStatus;
pub use job::{Job, JobAsk, JobLine, JobView, Owner, Place, RecordForm};
pub use plan::BatchPlan;
pub use records::{Outcome, Records, Totals, outcome};

use super::index::Index;
use super::plan::WorldPlan;
use crate::catalog::{BatchLimits, Catalog, Lifecycle};
use crate::clock::Moment;
use crate::seed::Seed;
use course::{Course, Verdict};

/// Jobs that are kept; of those that are over the oldest is forgotten first.
const MOST_JOBS: usize = 2_000;
/// State changes that are kept for the feed's readers; the oldest go first.
const MOST_CHANGES: usize = 4_096;
/// The limits where the catalogue has none, which are the published ones.
const USUAL_LIMITS: BatchLimits = BatchLimits {
    min_records: 100,
    max_records: 100_000,
    jobs: 100,
};

/// Why a request about a job is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobRefusal {
    /// A rule is broken.
    Invalid(String),
    /// The account may not.
    Denied,
    /// There is no such job.
    NoSuchJob,
    /// It is in the wrong state.
    Conflict(String),
    /// Too many jobs.
    Quota(String),
}

/// A job went from one state to another: what the service tells EventBridge, detail type `Batch
/// Inference Job State Change`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Its number on the feed, from zero.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// `batchJobArn`.
    pub arn: String,
    /// `batchModelId`.
    pub model: String,
    /// `status`.
    pub status: JobStatus,
    /// `failureMessage`.
    pub message: Option<String>,
}

/// All jobs of a world.
#[derive(Debug)]
pub struct Batch {
    index: Arc<Index>,
    plan: WorldPlan,
    limits: BatchLimits,
    seed: Seed,
    made: u64,
    jobs: Vec<Job>,
    changes: VecDeque<StateChange>,
    changes_told: u64,
}

impl Batch {
    /// A world without jobs.
    pub fn new(catalog: &Catalog, plan: WorldPlan, seed: Seed) -> Self {
        Self {
            index: Arc::new(Index::new(catalog)),
            limits: catalog.offers.batch.unwrap_or(USUAL_LIMITS),
            plan,
            seed: seed.derive("batch"),
            made: 0,
            jobs: Vec::new(),
            changes: VecDeque::new(),
            changes_told: 0,
        }
    }

    /// The limits of a job.
    pub const fn limits(&self) -> BatchLimits {
        self.limits
    }

    /// The settings of the world.
    pub const fn plan(&self) -> &WorldPlan {
        &self.plan
    }

    /// Takes a job in and gives its ARN. A request whose token came before gives the ARN of then and
    /// makes nothing.
    pub fn create(&mut self, now: Moment, owner: &Owner, ask: JobAsk) -> Result<String, JobRefusal> {
        let same = self
            .jobs
            .iter()
            .find(|job| job.owner == *owner && job.ask.token.is_some() && job.ask.token == ask.token);
        if let Some(job) = same {
            return Ok(job.arn());
        }
        let invalid = |words: &str| JobRefusal::Invalid(words.to_owned());
        let region = self.index.region_number(&owner.region);
        let found = region.zip(self.index.find(&ask.target, &owner.region));
        let (region, target) = found.ok_or_else(|| invalid("The provided model identifier is invalid."))?;
        let target = self.index.target(target);
        let model = Arc::clone(self.index.model(target.model));
        if target.destinations(region).is_empty() || model.lifecycle == Lifecycle::EndOfLife {
            return Err(invalid("The provided model identifier is invalid."));
        }
        if self.plan.denied_models.contains(&model.id) {
            return Err(JobRefusal::Denied);
        }
        if !model.offers_batch() {
            return Err(JobRefusal::Invalid(format!(
                "The provided model {} does not support batch inference.",
                ask.target
            )));
        }
        let open = self
            .jobs
            .iter()
            .filter(|job| job.owner == *owner && job.model.id == model.id && !job.view(now).status.is_over());
        if open.count() as u64 >= self.limits.jobs {
            return Err(JobRefusal::Quota(format!(
                "The number of batch inference jobs in progress and submitted for {} exceeds the quota of {}.",
                model.id, self.limits.jobs
            )));
        }
        let family = target.family;
        self.made += 1;
        let scale = self.plan.time_scale.max(1.0);
        let job = Job {
            number: self.made,
            id: self.id(self.made),
            owner: owner.clone(),
            model,
            family,
            course: Course {
                submitted_at: now,
                pace: self.plan.batch.pace(scale),
                timeout: ask.timeout().div_f64(scale),
                verdict: Verdict::Unread,
                stop_at: None,
                lost_at: None,
            },
            ask,
            message: None,
            records: None,
            delivered: false,
            told: 0,
        };
        let arn = job.arn();
        self.forget(now);
        self.jobs.push(job);
        self.tell(now);
        Ok(arn)
    }

    /// A job by its identifier or ARN.
    pub fn job(&self, owner: &Owner, written: &str) -> Result<&Job, JobRefusal> {
        self.place(owner, written).map(|place| &self.jobs[place])
    }

    /// An owner's jobs, in the order of their submission.
    pub fn jobs_of(&self, owner: &Owner) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(move |job| job.owner == *owner)
    }

    /// Every job there is, in the order of their submission: the ledger of batch.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter()
    }

    /// Stops a job.
    pub fn stop(&mut self, now: Moment, owner: &Owner, written: &str) -> Result<(), JobRefusal> {
        let place = self.place(owner, written)?;
        let job = &mut self.jobs[place];
        let status = job.view(now).status;
        if !status.can_stop() {
            return Err(JobRefusal::Conflict(format!(
                "The batch inference job is in {} status and cannot be stopped.",
                status.word()
            )));
        }
        job.course.stop_at = Some(now);
        self.tell(now);
        Ok(())
    }

    /// The jobs whose input is to be read by `now`.
    pub fn to_read(&self, now: Moment) -> Vec<Job> {
        let wanted = self.jobs.iter().filter(|job| job.course.wants_reading(now));
        wanted.cloned().collect()
    }

    /// What a job's input was found to be: its records, or why they cannot be processed.
    pub fn judge(&mut self, number: u64, read: Result<Records, String>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.number == number) else {
            return;
        };
        match read {
            Ok(records) => {
                job.course.verdict = Verdict::Sound(records.count());
                job.records = Some(Arc::new(records));
            }
            Err(message) => {
                job.course.verdict = Verdict::Unsound;
                job.message = Some(message);
            }
        }
    }

    /// The jobs whose output is to be written by `now`.
    pub fn to_write(&self, now: Moment) -> Vec<Job> {
        let wanted = self.jobs.iter().filter(|job| {
            let view = job.view(now);
            !job.delivered && job.records.is_some() && view.status.is_over()
        });
        wanted.cloned().collect()
    }

    /// A job's output was written, or could not be.
    pub fn written(&mut self, number: u64, at: Moment, result: Result<(), String>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.number == number) else {
            return;
        };
        job.delivered = true;
        let processed = job.view(at).counts.processed();
        // A job that is over is remembered by its figures, not by each of its records.
        job.records = job
            .records
            .take()
            .map(|records| Arc::new(records.sealed(processed)));
        if let Err(message) = result {
            job.course.lost_at = Some(at);
            job.message = Some(message);
        }
    }

    /// Puts the changes up to `now` on the feed, in the order of their moments.
    pub fn tell(&mut self, now: Moment) {
        let mut news = Vec::new();
        for job in &mut self.jobs {
            let history = job.course.history(now);
            for (at, status) in history.iter().skip(job.told) {
                let message = job.message.clone().filter(|_| *status == JobStatus::Failed);
                news.push((*at, job.arn(), job.model.id.to_string(), *status, message));
            }
            job.told = history.len().max(job.told);
        }
        news.sort_by_key(|(at, ..)| *at);
        for (at, arn, model, status, message) in news {
            if self.changes.len() >= MOST_CHANGES {
                self.changes.pop_front();
            }
            self.changes.push_back(StateChange {
                number: self.changes_told,
                at,
                arn,
                model,
                status,
                message,
            });
            self.changes_told += 1;
        }
    }

    /// The changes from a number on, as far as they are kept.
    pub fn changes(&self, from: u64) -> impl Iterator<Item = &StateChange> {
        self.changes.iter().filter(move |change| change.number >= from)
    }

    fn place(&self, owner: &Owner, written: &str) -> Result<usize, JobRefusal> {
        let id = written
            .rsplit_once(":model-invocation-job/")
            .map_or(written, |(_, id)| id);
        let is_it =
            |job: &Job| job.owner == *owner && job.id == id && (id == written || job.arn() == written);
        self.jobs.iter().position(is_it).ok_or(JobRefusal::NoSuchJob)
    }

    /// Twelve letters and digits.
    fn id(&self, number: u64) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut draws = self.seed.derive("ids").keyed(number).stream();
        (0..12)
            .map(|_| char::from(ALPHABET[draws.below(ALPHABET.len())]))
            .collect()
    }

    fn forget(&mut self, now: Moment) {
        if self.jobs.len() < MOST_JOBS {
            return;
        }
        if let Some(place) = self.jobs.iter().position(|job| job.view(now).status.is_over()) {
            self.jobs.remove(place);
        }
    }
}
