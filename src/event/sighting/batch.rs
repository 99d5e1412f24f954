//! Batch jobs, as the run that submitted them sees them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::units::{TokenUsage, Usd};

/// The jobs of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchSeen {
    /// The jobs, in the order in which they were asked for.
    pub jobs: Vec<JobSeen>,
    /// How many times faster than in life they go on: more than 1 only on an emulator.
    pub time_scale: f64,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSeen {
    /// Its number in the run, from one.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// The identifier the service gave it.
    pub id: Option<String>,
    /// The states it was seen in, with the moment each was first seen, oldest first; never empty.
    pub history: Vec<(Moment, JobState)>,
    /// Records that were sent.
    pub sent: u64,
    /// The service's counters.
    pub counts: JobCounts,
    /// Why it failed or was refused, in the service's words.
    pub message: Option<String>,
    /// What came back, once it was fetched.
    pub result: Option<JobResult>,
    /// Whether what the run had put into S3 for it is gone again.
    pub cleaned: bool,
}

impl JobSeen {
    /// The state it was last seen in.
    pub fn state(&self) -> JobState {
        self.history
            .last()
            .map_or(JobState::Preparing, |(_, state)| *state)
    }

    /// When it began to be processed.
    pub fn began_at(&self) -> Option<Moment> {
        let begun = self
            .history
            .iter()
            .find(|(_, state)| *state == JobState::InProgress);
        begun.map(|(at, _)| *at)
    }
}

/// The service's counters of a job. They are 0 until it begins, and on AWS up to a minute late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCounts {
    /// Records of it.
    pub total: u64,
    /// Processed.
    pub processed: u64,
    /// Of those, answered.
    pub succeeded: u64,
    /// Of those, not.
    pub failed: u64,
}

/// Defines the states with their words in one place.
macro_rules! states {
    ($($(#[$doc:meta])* $state:ident, $word:literal, $over:literal;)*) => {
        /// Where a job stands: what the run does before the service has it, then the service's own
        /// states.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum JobState {
            $($(#[$doc])* $state,)*
        }

        impl JobState {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$state,)*];

            /// Its word; the service's own for the service's states.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$state => $word,)* }
            }

            /// Whether nothing changes any more.
            pub const fn is_over(self) -> bool {
                match self { $(Self::$state => $over,)* }
            }
        }
    };
}

states! {
    /// Its file is written.
    Preparing, "Preparing", false;
    /// Its file is sent to S3.
    Uploading, "Uploading", false;
    /// The file or the request was not taken: there is no job.
    Refused, "Refused", true;
    /// Taken in.
    Submitted, "Submitted", false;
    /// The service reads the file.
    Validating, "Validating", false;
    /// Waits for capacity.
    Scheduled, "Scheduled", false;
    /// Records are processed.
    InProgress, "InProgress", false;
    /// All records were processed; some may be errors.
    Completed, "Completed", true;
    /// Time ran out while records were processed.
    PartiallyCompleted, "PartiallyCompleted", true;
    /// Validation or the output failed.
    Failed, "Failed", true;
    /// It was asked to stop.
    Stopping, "Stopping", false;
    /// It has stopped.
    Stopped, "Stopped", true;
    /// Time ran out before it began.
    Expired, "Expired", true;
}

impl JobState {
    /// The state of the service's word.
    pub fn of_word(word: &str) -> Option<Self> {
        let own = [Self::Preparing, Self::Uploading, Self::Refused];
        Self::ALL
            .iter()
            .copied()
            .find(|state| state.word() == word && !own.contains(state))
    }
}

/// What came back of a job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobResult {
    /// Records that came back, as an answer or as an error.
    pub returned: u64,
    /// Records that were sent and did not come back.
    pub missing: u64,
    /// Records that came back more than once.
    pub repeated: u64,
    /// Records that came back and were never sent.
    pub strange: u64,
    /// Errors by reason, `400 The provided ...`.
    pub errors: BTreeMap<String, u64>,
    /// Tokens, by the manifest.
    pub usage: TokenUsage,
    /// What they cost in batch.
    pub cost: Usd,
    /// What they would have cost on demand.
    pub on_demand: Usd,
}
