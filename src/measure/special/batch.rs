//! Batch jobs: the newest sighting, how fast records go, what is left.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{SpecialFold, SpecialView};
use crate::clock::Moment;
use crate::event::ShotRecord;
use crate::event::sighting::{BatchSeen, JobSeen, JobState, Seen};
use crate::units::Usd;

/// Seconds of records that are kept, one count each: an hour.
const KEPT: usize = 3_600;
/// The rate of a job is taken over so much of its newest past.
const WINDOW: Duration = Duration::from_secs(10);
/// Looks at one job that are kept for its rate.
const MOST_LOOKS: usize = 256;

/// What the panel of batch shows of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BatchView {
    /// The jobs, in the order in which they were asked for.
    pub jobs: Vec<JobView>,
    /// How many times faster than in life they go on.
    pub time_scale: f64,
    /// When they were last seen.
    pub seen_at: Option<Moment>,
    /// Why the newest asking failed; `None` if it did not.
    pub trouble: Option<String>,
    /// Records processed in each second, oldest first; the newest hour.
    pub pace: Arc<Vec<PacePoint>>,
}

impl BatchView {
    /// What all fetched jobs cost, and would have cost on demand.
    pub fn costs(&self) -> (Usd, Usd) {
        let results = || self.jobs.iter().filter_map(|job| job.seen.result.as_ref());
        (
            results().map(|result| result.cost).sum(),
            results().map(|result| result.on_demand).sum(),
        )
    }
}

/// A second of batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PacePoint {
    /// The second, from the start of the run.
    pub second: u64,
    /// Records of all jobs that were seen to be processed in it.
    pub records: u64,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobView {
    /// What was seen.
    pub seen: JobSeen,
    /// Records a second over the newest ten seconds; `None` unless it is in progress.
    pub rate: Option<f64>,
    /// How long it still takes at that rate.
    pub left: Option<Duration>,
}

/// Folds the sightings of batch jobs.
#[derive(Debug, Default)]
pub struct BatchFold {
    seen: BatchSeen,
    seen_at: Option<Moment>,
    trouble: Option<String>,
    /// For each job what was processed at the newest looks.
    looks: Vec<VecDeque<(Moment, u64)>>,
    pace: Arc<Vec<PacePoint>>,
    /// What was newly processed since the last whole second.
    fresh: u64,
}

impl BatchFold {
    fn look(&mut self, at: Moment, seen: BatchSeen) {
        self.looks.resize_with(seen.jobs.len(), VecDeque::new);
        for (looks, job) in self.looks.iter_mut().zip(&seen.jobs) {
            let before = looks.back().map_or(0, |(_, processed)| *processed);
            let processed = job.counts.processed;
            self.fresh += processed.saturating_sub(before);
            if job.state() != JobState::InProgress && !job.state().is_over() {
                continue;
            }
            if looks.len() >= MOST_LOOKS {
                looks.pop_front();
            }
            looks.push_back((at, processed));
            while looks.len() > 2 && at.since(looks[0].0) > WINDOW {
                looks.pop_front();
            }
        }
        self.seen = seen;
        self.seen_at = Some(at);
        self.trouble = None;
    }
}

impl SpecialFold for BatchFold {
    fn shot(&mut self, _record: &ShotRecord) {}

    fn seen(&mut self, at: Moment, seen: &Seen) {
        if let Seen::Batch(seen) = seen {
            self.look(at, BatchSeen::clone(seen));
        } else if let Seen::Failed { what, why } = seen {
            self.trouble = Some(format!("{what}: {why}"));
        }
    }

    fn refresh(&mut self, _from: u64, end: u64) {
        let pace = Arc::make_mut(&mut self.pace);
        if pace.len() >= KEPT {
            // A quarter at once: rarely, and never the whole.
            pace.drain(..KEPT / 4);
        }
        pace.push(PacePoint {
            second: end.saturating_sub(1),
            records: std::mem::take(&mut self.fresh),
        });
    }

    fn view(&self, _now: Moment) -> SpecialView {
        let jobs = self.seen.jobs.iter().zip(&self.looks);
        SpecialView::Batch(BatchView {
            jobs: jobs.map(|(job, looks)| view(job, looks)).collect(),
            time_scale: self.seen.time_scale,
            seen_at: self.seen_at,
            trouble: self.trouble.clone(),
            pace: Arc::clone(&self.pace),
        })
    }

    fn spent(&self) -> Usd {
        let results = self.seen.jobs.iter().filter_map(|job| job.result.as_ref());
        results.map(|result| result.cost).sum()
    }
}

fn view(job: &JobSeen, looks: &VecDeque<(Moment, u64)>) -> JobView {
    let rate = rate(looks).filter(|_| job.state() == JobState::InProgress);
    let left = job.counts.total.saturating_sub(job.counts.processed);
    let left = rate.and_then(|rate| Duration::try_from_secs_f64(left as f64 / rate).ok());
    JobView {
        seen: job.clone(),
        rate,
        left,
    }
}

fn rate(looks: &VecDeque<(Moment, u64)>) -> Option<f64> {
    let ((from, before), (to, after)) = (looks.front()?, looks.back()?);
    let span = to.since(*from).as_secs_f64();
    (span > 0.0 && after > before).then(|| (after - before) as f64 / span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::sighting::JobCounts;

    fn seen(second: u64, processed: u64) -> Seen {
        let begun = (Moment::from_secs(1), JobState::InProgress);
        Seen::Batch(Box::new(BatchSeen {
            jobs: vec![JobSeen {
                number: 1,
                name: format!("job-{second}"),
                id: Some("abc".to_owned()),
                history: vec![begun],
                sent: 1_000,
                counts: JobCounts {
                    total: 1_000,
                    processed,
                    succeeded: processed,
                    failed: 0,
                },
                message: None,
                result: None,
                cleaned: false,
            }],
            time_scale: 120.0,
        }))
    }

    fn batch(view: SpecialView) -> BatchView {
        let SpecialView::Batch(view) = view else {
            panic!("no view of batch: {view:?}");
        };
        view
    }

    #[test]
    fn the_rate_is_of_the_newest_seconds_and_tells_what_is_left() {
        let mut fold = BatchFold::default();
        for second in 1..=30 {
            // Ten a second at first, forty later.
            let processed = if second <= 15 {
                second * 10
            } else {
                150 + (second - 15) * 40
            };
            fold.seen(Moment::from_secs(second), &seen(second, processed));
            fold.refresh(0, second + 1);
        }
        let view = batch(fold.view(Moment::from_secs(30)));
        let job = &view.jobs[0];
        assert_eq!(job.rate, Some(40.0));
        assert_eq!(job.left, Some(Duration::from_millis(6_250)));
        let counted: u64 = view.pace.iter().map(|point| point.records).sum();
        assert_eq!(counted, job.seen.counts.processed);
    }

    #[test]
    fn an_asking_that_failed_leaves_the_last_state() {
        let mut fold = BatchFold::default();
        fold.seen(Moment::from_secs(1), &seen(1, 10));
        let failed = Seen::Failed {
            what: "job".to_owned(),
            why: "refused".to_owned(),
        };
        fold.seen(Moment::from_secs(2), &failed);
        let view = batch(fold.view(Moment::from_secs(2)));
        assert_eq!(view.trouble.as_deref(), Some("job: refused"));
        assert_eq!(view.jobs[0].seen.counts.processed, 10);
        assert_eq!(view.seen_at, Some(Moment::from_secs(1)));
    }
}
