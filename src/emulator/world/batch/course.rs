//! The course of one job: `(what is known of it, now) -> state and records processed`.
//!
//! Pure and without memory of earlier answers: asked twice for the same moment it says the same, and
//! nothing has to happen between two questions.

use std::time::Duration;

use crate::clock::Moment;

/// The states of a job, as the service spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobStatus {
    /// Taken in.
    Submitted,
    /// Its input is read.
    Validating,
    /// Waits for capacity.
    Scheduled,
    /// Its records are processed.
    InProgress,
    /// All records were processed; some may be errors.
    Completed,
    /// Time ran out while records were processed.
    PartiallyCompleted,
    /// Its input was not sound, or its output could not be written.
    Failed,
    /// Somebody stopped it.
    Stopping,
    /// It was stopped.
    Stopped,
    /// Time ran out before it began.
    Expired,
}

impl JobStatus {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Submitted,
        Self::Validating,
        Self::Scheduled,
        Self::InProgress,
        Self::Completed,
        Self::PartiallyCompleted,
        Self::Failed,
        Self::Stopping,
        Self::Stopped,
        Self::Expired,
    ];

    /// Its word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Submitted => "Submitted",
            Self::Validating => "Validating",
            Self::Scheduled => "Scheduled",
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::PartiallyCompleted => "PartiallyCompleted",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Expired => "Expired",
        }
    }

    /// Whether nothing changes any more.
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::PartiallyCompleted | Self::Failed | Self::Stopped | Self::Expired
        )
    }

    /// Whether a stop is taken.
    pub const fn can_stop(self) -> bool {
        matches!(
            self,
            Self::Submitted | Self::Validating | Self::Scheduled | Self::InProgress
        )
    }
}

/// How fast jobs go on, time compression taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the submission until its input is read.
    pub submitted: Duration,
    /// Reading it.
    pub validating: Duration,
    /// Waiting for capacity.
    pub scheduled: Duration,
    /// One record.
    pub record: Duration,
    /// From a stop until all is still.
    pub stopping: Duration,
}

/// What the input was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has looked yet.
    Unread,
    /// So many records.
    Sound(u64),
    /// Not to be processed.
    Unsound,
}

/// What is known of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// When it was submitted.
    pub submitted_at: Moment,
    /// How fast it goes on.
    pub pace: Pace,
    /// How long it may take.
    pub timeout: Duration,
    /// What its input was found to be.
    pub verdict: Verdict,
    /// When it was asked to stop.
    pub stop_at: Option<Moment>,
    /// When its output could not be written.
    pub lost_at: Option<Moment>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub status: JobStatus,
    /// Since when.
    pub since: Moment,
    /// Records processed.
    pub processed: u64,
}

impl Course {
    /// When its input is read.
    pub fn reads_at(&self) -> Moment {
        self.submitted_at + self.pace.submitted
    }

    /// When the input is judged.
    pub fn judged_at(&self) -> Moment {
        self.reads_at() + self.pace.validating
    }

    /// When its first record is begun, if nothing comes between.
    pub fn begins_at(&self) -> Moment {
        self.judged_at() + self.pace.scheduled
    }

    /// When its time is up.
    pub fn expires_at(&self) -> Moment {
        self.submitted_at + self.timeout
    }

    /// Whether its input is to be read by `now` and was not.
    pub fn wants_reading(&self, now: Moment) -> bool {
        self.verdict == Verdict::Unread
            && self.reads_at() <= now
            && self.stop_at.is_none_or(|stop| self.reads_at() <= stop)
    }

    /// Where it stands.
    pub fn at(&self, now: Moment) -> Standing {
        let standing = match self.stop_at.filter(|stop| *stop <= now) {
            Some(stop) => self.stopped(stop, now),
            None => self.undisturbed(now),
        };
        match self.lost_at.filter(|lost| *lost <= now) {
            Some(lost) => Standing {
                status: JobStatus::Failed,
                since: lost,
                ..standing
            },
            None => standing,
        }
    }

    /// The states it was in by `now`, with the moment each began, oldest first.
    pub fn history(&self, now: Moment) -> Vec<(Moment, JobStatus)> {
        let edges = [
            Some(self.submitted_at),
            Some(self.reads_at()),
            Some(self.judged_at()),
            Some(self.begins_at()),
            Some(self.ends_at()),
            Some(self.expires_at()),
            self.stop_at,
            self.stop_at.map(|stop| stop + self.pace.stopping),
            self.lost_at,
        ];
        let mut edges: Vec<Moment> = edges.into_iter().flatten().filter(|edge| *edge <= now).collect();
        edges.sort_unstable();
        let mut history: Vec<(Moment, JobStatus)> = Vec::new();
        for edge in edges {
            let Standing { status, since, .. } = self.at(edge);
            if history.last().is_none_or(|(_, last)| *last != status) {
                history.push((since, status));
            }
        }
        history
    }

    fn ends_at(&self) -> Moment {
        let records = match self.verdict {
            Verdict::Sound(records) => records,
            Verdict::Unread | Verdict::Unsound => 0,
        };
        let nanos = self.pace.record.as_nanos().saturating_mul(u128::from(records));
        self.begins_at() + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn stopped(&self, stop: Moment, now: Moment) -> Standing {
        let before = self.undisturbed(stop);
        let still = stop + self.pace.stopping;
        let (status, since) = if now < still {
            (JobStatus::Stopping, stop)
        } else {
            (JobStatus::Stopped, still)
        };
        Standing {
            status,
            since,
            processed: before.processed,
        }
    }

    /// Where it stands if nobody stops it.
    fn undisturbed(&self, now: Moment) -> Standing {
        let (expires, begins) = (self.expires_at(), self.begins_at());
        let standing = |status, since, processed| Standing {
            status,
            since,
            processed,
        };
        if self.verdict == Verdict::Unsound && now >= self.judged_at() && self.judged_at() < expires {
            return standing(JobStatus::Failed, self.judged_at(), 0);
        }
        if expires <= begins && now >= expires {
            return standing(JobStatus::Expired, expires, 0);
        }
        if now < self.reads_at() {
            return standing(JobStatus::Submitted, self.submitted_at, 0);
        }
        if now < self.judged_at() {
            return standing(JobStatus::Validating, self.reads_at(), 0);
        }
        if now < begins {
            return standing(JobStatus::Scheduled, self.judged_at(), 0);
        }
        let ends = self.ends_at();
        if ends <= expires && now >= ends {
            return standing(JobStatus::Completed, ends, self.processed_by(ends));
        }
        if expires < ends && now >= expires {
            return standing(JobStatus::PartiallyCompleted, expires, self.processed_by(expires));
        }
        standing(JobStatus::InProgress, begins, self.processed_by(now))
    }

    fn processed_by(&self, now: Moment) -> u64 {
        let Verdict::Sound(records) = self.verdict else {
            return 0;
        };
        let passed = now.since(self.begins_at()).as_nanos();
        match passed.checked_div(self.pace.record.as_nanos()) {
            Some(done) => u64::try_from(done).unwrap_or(u64::MAX).min(records),
            None => records,
        }
    }
}

#[cfg(test)]
mod tests;
