//! A figure that a scenario asks for, and what it came to. Definitions: `docs/measurement.md`.

use serde::Serialize;

use super::interval::Interval;
use crate::event::{ArmId, Phase};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Successes over intended shots, shed ones counted against it.
    Availability,
    /// Throttled attempts over attempts.
    ThrottledAttempts,
    /// Shots that met a throttle over shots sent.
    ThrottledShots,
    /// Prompt tokens read from a cache over all prompt tokens.
    CacheHits,
    /// A percentile of a latency of the shots that succeeded.
    Latency {
        /// Which latency.
        clock: LatencyClock,
        /// Which percentile, above 0 and below 100.
        percentile: f64,
    },
    /// From a fault's first millisecond to the first attempt that failed.
    Detect,
    /// From a fault's first millisecond to the first attempt on another route.
    FailOver,
    /// From a fault's first millisecond until shots succeeded again, lastingly.
    Recover,
    /// Shots that were not answered.
    Lost,
    /// Attempts for each shot sent.
    Amplification,
    /// Money for all attempts.
    Cost,
    /// Money for all attempts of a shot, on average over the shots sent.
    CostPerShot,
    /// Tokens that were generated and thrown away.
    WastedTokens,
}

/// A clock of latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyClock {
    /// From the intended time to the end.
    #[default]
    Intended,
    /// From the send to the end.
    Sent,
    /// From the send to the first token.
    FirstToken,
}

/// What a figure's number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A part of a whole, 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// Whole things.
    Count,
    /// So many for each.
    Ratio,
    /// Dollars.
    Dollars,
}

impl Metric {
    /// What its number stands for.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Availability | Self::ThrottledAttempts | Self::ThrottledShots | Self::CacheHits => {
                Unit::Share
            }
            Self::Latency { .. } | Self::Detect | Self::FailOver | Self::Recover => Unit::Seconds,
            Self::Lost | Self::WastedTokens => Unit::Count,
            Self::Amplification => Unit::Ratio,
            Self::Cost | Self::CostPerShot => Unit::Dollars,
        }
    }

    /// Whether it is a mark of a fault, whatever the phase.
    pub const fn is_mark(self) -> bool {
        matches!(self, Self::Detect | Self::FailOver | Self::Recover)
    }

    /// What its samples are.
    pub const fn samples_are(self) -> &'static str {
        match self {
            Self::ThrottledAttempts => "attempts",
            Self::Detect | Self::FailOver | Self::Recover => "faults",
            Self::Latency { .. } => "answers",
            _ => "shots",
        }
    }
}

/// A figure that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FigurePlan {
    /// Of which way of calling.
    pub arm: ArmId,
    /// In which phase; `None`: all but the warm-up. Marks of a fault know no phase.
    pub phase: Option<Phase>,
    /// What.
    pub metric: Metric,
}

/// What a figure came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What was asked for.
    pub plan: FigurePlan,
    /// How many samples it is made of: shots, attempts, answers or faults.
    pub samples: u64,
    /// The figure, in its metric's unit; `None`: there is none.
    pub value: Option<f64>,
    /// Where the truth lies with 95 percent.
    pub interval: Interval,
    /// Why there is no value although there are samples.
    pub gap: Option<Gap>,
}

/// Why a mark of a fault has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gap {
    /// No fault ever made an attempt of this way of calling fail.
    Unscathed,
    /// It was hit, and what is asked for never happened.
    Never,
}
