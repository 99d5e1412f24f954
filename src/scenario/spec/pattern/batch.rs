//! What only a pattern of kind `batch` has: the table `[pattern.job]`.

use std::time::Duration;

use crate::names::{ModelId, Region};
use crate::patterns::batch::{BatchSpec, JobSpec, MOST_JOBS, RecordForm, RecordSource};
use crate::patterns::plan::CallPolicy;
use crate::scenario::spec::{DAY, SEC, duration_of};
use crate::toml::{Item, Table};

const FORMS: [(&str, RecordForm); 2] = [
    ("converse", RecordForm::Converse),
    ("invoke-model", RecordForm::InvokeModel),
];
const USUAL_RECORDS: u64 = 1_000;
const MOST_RECORDS: u64 = 100_000;

/// Reads the pattern's own keys.
pub fn read(
    table: &Table<'_>,
    model: Option<ModelId>,
    region: Option<Region>,
    policy: Option<&Item<'_>>,
) -> Option<BatchSpec> {
    let job = table.take("job");
    let job = job.map_or_else(|| Some(JobSpec::default()), |item| read_job(&item));
    let policy = super::read_policy(policy, &CallPolicy::default());
    Some(BatchSpec {
        model: model?,
        region: region?,
        job: job?,
        policy: policy?,
    })
}

fn read_job(item: &Item<'_>) -> Option<JobSpec> {
    let usual = JobSpec::default();
    let table = item.table()?;
    let records = read_records(&table);
    let form = table.take("form").and_then(|form| form.choice(&FORMS));
    let timeout = duration_of(&table, "timeout", DAY..=7 * DAY);
    let jobs = table
        .take("jobs")
        .and_then(|jobs| jobs.integer(0..=u64::from(MOST_JOBS)));
    let begins = duration_of(&table, "begins", Duration::ZERO..=DAY);
    let poll = duration_of(&table, "poll", SEC / 10..=600 * SEC);
    let role = table.take("role").and_then(|role| role.name());
    let bucket = table.take("bucket").and_then(|bucket| bucket.name());
    table.finish();
    Some(JobSpec {
        records: records?,
        form: form.unwrap_or(usual.form),
        hours: timeout.map_or(usual.hours, |timeout| timeout.as_secs().div_ceil(3_600) as u32),
        jobs: jobs
            .and_then(|jobs| u32::try_from(jobs).ok())
            .unwrap_or(usual.jobs),
        begins: begins.unwrap_or(usual.begins),
        poll: poll.unwrap_or(usual.poll),
        role: role.map_or(usual.role, str::to_owned),
        bucket: bucket.map(str::to_owned),
    })
}

/// `file`, or `records` with `bad` and `malformed_line`.
fn read_records(table: &Table<'_>) -> Option<RecordSource> {
    let records = table.take("records");
    let bad = table.take("bad");
    let malformed = table.take("malformed_line");
    if let Some(file) = table.take("file") {
        if let Some(other) = [&records, &bad, &malformed].into_iter().flatten().next() {
            let hint = "a file has its own records; take one of the two out".to_owned();
            other.reject("stands beside `file`", Some(hint));
            return None;
        }
        return file.name().map(|file| RecordSource::File(file.to_owned()));
    }
    let count = match &records {
        None => USUAL_RECORDS,
        Some(item) => item.integer(1..=MOST_RECORDS)?,
    };
    let within = |item: Option<Item<'_>>, least: u64| match item {
        None => Some(None),
        Some(item) => item.integer(least..=count).map(Some),
    };
    Some(RecordSource::Workload {
        count,
        bad: within(bad, 0)?.unwrap_or_default(),
        malformed: within(malformed, 1)?,
    })
}
