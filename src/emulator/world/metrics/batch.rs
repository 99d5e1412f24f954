//! The metrics of batch jobs: namespace `AWS/Bedrock/Batch`, by `ModelId`.
//!
//! Nothing is stored: where a job stands at the end of a minute follows from its course. Of a job that
//! is over only its totals are known, so its tokens are spread evenly over its records.

use std::ops::Range;

use super::samples::Samples;
use super::{MINUTE, MetricId, Reading, meter, period_start};
use crate::catalog::Family;
use crate::clock::Moment;
use crate::emulator::world::batch::{Job, JobStatus};

/// The namespace.
pub const NAMESPACE: &str = "AWS/Bedrock/Batch";

const RECORDS_PENDING: &str = "NumberOfRecordsPendingProcessing";
const TOKENS_PENDING: &str = "NumberOfTokensPendingProcessing";
const INPUT_TOKENS: &str = "NumberOfInputTokensProcessedPerMinute";
const OUTPUT_TOKENS: &str = "NumberOfOutputTokensProcessedPerMinute";

/// Jobs of one owner, and the second of the wall clock at which the run began.
#[derive(Clone, Copy, Debug)]
pub struct Jobs<'a> {
    /// The jobs.
    pub jobs: &'a [Job],
    /// The run's first moment, in nanoseconds since 1970.
    pub epoch: i128,
}

/// Where a job stands at a moment.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    records_left: u64,
    tokens_left: u64,
    input_done: u64,
    output_done: u64,
}

impl Jobs<'_> {
    /// Every metric there is, in order, with the beginning of its last minute.
    pub fn metrics(self, until: i64) -> Vec<(MetricId, i64)> {
        let mut found: Vec<(MetricId, i64)> = Vec::new();
        for job in self.jobs {
            let Some(span) = self.minutes(job, until) else {
                continue;
            };
            let is_claude = job.model.family == Family::Claude;
            let names = [INPUT_TOKENS, OUTPUT_TOKENS, RECORDS_PENDING, TOKENS_PENDING];
            for name in names
                .into_iter()
                .filter(|name| is_claude || *name != TOKENS_PENDING)
            {
                let dimensions = vec![(meter::DIMENSION.to_owned(), job.ask.target.clone())];
                found.push((MetricId::new(NAMESPACE, name, dimensions), span.end - MINUTE));
            }
        }
        found.sort();
        found.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            kept.1 = if same { later.1 } else { kept.1 };
            same
        });
        found
    }

    /// Reads one.
    pub fn read(self, metric: &MetricId, span: Range<i64>) -> Reading {
        let mut minutes = std::collections::BTreeMap::<i64, f64>::new();
        let wanted = metric
            .dimension(meter::DIMENSION)
            .filter(|_| metric.dimensions.len() == 1);
        for job in self
            .jobs
            .iter()
            .filter(|job| Some(job.ask.target.as_str()) == wanted)
        {
            if metric.name == TOKENS_PENDING && job.model.family != Family::Claude {
                continue;
            }
            let Some(alive) = self.minutes(job, span.end) else {
                continue;
            };
            let first = alive.start.max(period_start(span.start, MINUTE));
            for minute in (first..alive.end).step_by(MINUTE as usize) {
                let (before, after) = (self.standing(job, minute), self.standing(job, minute + MINUTE));
                let value = match metric.name.as_str() {
                    RECORDS_PENDING => after.records_left,
                    TOKENS_PENDING => after.tokens_left,
                    INPUT_TOKENS => after.input_done.saturating_sub(before.input_done),
                    OUTPUT_TOKENS => after.output_done.saturating_sub(before.output_done),
                    _ => continue,
                };
                *minutes.entry(minute).or_default() += value as f64;
            }
        }
        Reading {
            unit: "Count".to_owned(),
            samples: (minutes.into_iter())
                .map(|(minute, value)| (minute, Samples::repeated(value, 1.0)))
                .collect(),
        }
    }

    /// The minutes in which a job has something to tell: from its first record to its end.
    fn minutes(self, job: &Job, until: i64) -> Option<Range<i64>> {
        job.records.as_ref()?;
        let last = self.moment(until);
        let view = job.view(last);
        if !matches!(
            view.status,
            JobStatus::InProgress
                | JobStatus::Completed
                | JobStatus::PartiallyCompleted
                | JobStatus::Stopping
                | JobStatus::Stopped
        ) || view.total == 0
        {
            return None;
        }
        let ends = if view.status.is_over() { view.since } else { last };
        let start = period_start(self.secs(job.course.begins_at()), MINUTE);
        let end = (period_start(self.secs(ends), MINUTE) + MINUTE).min(period_start(until, MINUTE));
        (start < end).then_some(start..end)
    }

    fn standing(self, job: &Job, at: i64) -> Standing {
        let Some(records) = job.records.as_deref() else {
            return Standing::default();
        };
        let at = self.moment(at);
        let status = job.course.at(at);
        let (done, all) = (status.processed, records.count());
        let (used, whole) = (records.totals(done).usage, records.totals(all).usage);
        // A job that is over knows its totals alone.
        let of = |part: u64, total: u64| {
            if job.delivered {
                total * done / all.max(1)
            } else {
                part
            }
        };
        let (input_done, output_done) = (of(used.prompt(), whole.prompt()), of(used.output, whole.output));
        let is_over = status.status.is_over();
        Standing {
            records_left: if is_over { 0 } else { all - done.min(all) },
            tokens_left: if is_over {
                0
            } else {
                whole.prompt().saturating_sub(input_done)
            },
            input_done,
            output_done,
        }
    }

    fn moment(self, secs: i64) -> Moment {
        let nanos = i128::from(secs) * 1_000_000_000 - self.epoch;
        Moment::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }

    fn secs(self, at: Moment) -> i64 {
        let nanos = self.epoch + i128::from(at.as_nanos());
        i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or(i64::MAX)
    }
}
