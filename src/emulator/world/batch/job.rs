//! One batch job: what was asked, and what there is to see of it.

use std::sync::Arc;
use std::time::Duration;

use super::course::{Course, JobStatus};
use super::records::{Records, Totals};
use crate::catalog::{Model, QuotaFamily};
use crate::clock::Moment;
use crate::names::Region;
use crate::units::Usd;

/// An account in a region: jobs of one are not seen by another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The account.
    pub account: Arc<str>,
    /// The region.
    pub region: Region,
}

/// The form of the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordForm {
    /// Bodies of InvokeModel, in the format of the model's family.
    #[default]
    InvokeModel,
    /// Bodies of Converse.
    Converse,
}

impl RecordForm {
    /// Its word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InvokeModel => "InvokeModel",
            Self::Converse => "Converse",
        }
    }
}

/// A place in S3: one object, or all beneath a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As it was written, `s3://bucket/folder/`.
    pub uri: String,
    /// The bucket.
    pub bucket: String,
    /// The key, or the folder's.
    pub key: String,
    /// The account the caller says it belongs to.
    pub owner: Option<String>,
    /// The key for encryption, given back as it came.
    pub kms_key: Option<String>,
}

impl Place {
    /// A place from `s3://bucket/key`; `None` if it is none.
    pub fn parse(uri: &str) -> Option<Self> {
        let (bucket, key) = uri.strip_prefix("s3://")?.split_once('/').map_or_else(
            || (uri.strip_prefix("s3://").unwrap_or_default(), ""),
            |(bucket, key)| (bucket, key),
        );
        let sound = (3..=63).contains(&bucket.len())
            && bucket
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte));
        sound.then(|| Self {
            uri: uri.to_owned(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            owner: None,
            kms_key: None,
        })
    }
}

/// What a caller asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobAsk {
    /// Its name.
    pub name: String,
    /// The role it works under.
    pub role: String,
    /// `modelId` as written.
    pub target: String,
    /// The caller's word that this is one request, however often it comes.
    pub token: Option<String>,
    /// The form of the records.
    pub form: RecordForm,
    /// Where they are.
    pub input: Place,
    /// Where the answers go.
    pub output: Place,
    /// How long it may take, in hours.
    pub timeout_hours: u32,
    /// Subnets and security groups, given back as they came.
    pub network: Option<(Vec<String>, Vec<String>)>,
}

impl JobAsk {
    /// How long it may take in life.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.timeout_hours) * 3_600)
    }
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number in the world, from one; never used twice.
    pub number: u64,
    /// Its identifier, twelve letters and digits.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// What was asked.
    pub ask: JobAsk,
    /// The model.
    pub model: Arc<Model>,
    /// Which price it has.
    pub family: QuotaFamily,
    /// Its course.
    pub course: Course,
    /// Why it failed.
    pub message: Option<String>,
    /// Its records, once read.
    pub records: Option<Arc<Records>>,
    /// Whether its output was written.
    pub delivered: bool,
    /// State changes told on the feed.
    pub(super) told: usize,
}

/// A job at a moment, with the counters the service shows of it.
#[derive(Clone, Debug)]
pub struct JobView<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its state.
    pub status: JobStatus,
    /// Since when.
    pub since: Moment,
    /// Records of it; 0 until it has begun.
    pub total: u64,
    /// What was processed.
    pub counts: Totals,
    /// What that cost.
    pub cost: Usd,
}

/// A job in the ledger: a view that lives on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLine {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state.
    pub status: JobStatus,
    /// Records of it.
    pub total: u64,
    /// What was processed.
    pub counts: Totals,
    /// What that cost.
    pub cost: Usd,
}

impl JobLine {
    /// The line of a view.
    pub fn of(view: &JobView<'_>) -> Self {
        Self {
            arn: view.job.arn(),
            name: view.job.ask.name.clone(),
            status: view.status,
            total: view.total,
            counts: view.counts,
            cost: view.cost,
        }
    }
}

impl Job {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:bedrock:{}:{}:model-invocation-job/{}",
            self.owner.region, self.owner.account, self.id
        )
    }

    /// What there is to see of it.
    pub fn view(&self, now: Moment) -> JobView<'_> {
        let standing = self.course.at(now);
        let records = self.records.as_deref();
        let counts = records.map(|records| records.totals(standing.processed));
        let counts = counts.unwrap_or_default();
        let stopped_at = self.course.stop_at.unwrap_or(Moment::FAR);
        let has_begun = self.course.begins_at() <= now.min(stopped_at).min(self.course.expires_at());
        JobView {
            job: self,
            status: standing.status,
            since: standing.since,
            total: records.filter(|_| has_begun).map_or(0, Records::count),
            cost: self.model.batch_cost(self.family, counts.usage),
            counts,
        }
    }
}
