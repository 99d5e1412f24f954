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
    /// From a fault's end until most answers came by the preferred route again.
    FailBack,
    /// Changes of the route by which most answers came, beyond the first away and the first back.
    Flaps,
    /// Breakers that opened again during one fault and after it.
    Reopenings,
    /// Attempts for each shot sent.
    Amplification,
    /// Attempts for each call of a hop: the SDK's own retries.
    SdkAmplification,
    /// Calls of hops for each shot sent: failovers and further rounds.
    ChainAmplification,
    /// Upstream calls for each answer of a gateway, as it claims them.
    GatewayAmplification,
    /// Money for all attempts.
    Cost,
    /// Money for all attempts of a shot, on average over the shots sent.
    CostPerShot,
    /// Money beyond what the answers that counted cost.
    ExtraCost,
    /// The same as a part of all that was spent.
    ExtraCostShare,
    /// Tokens that were generated and thrown away.
    WastedTokens,
    /// Shots of which more than one attempt was, or may have been, served or billed.
    ServedTwice,
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
            Self::Availability
            | Self::ThrottledAttempts
            | Self::ThrottledShots
            | Self::CacheHits
            | Self::ExtraCostShare => Unit::Share,
            Self::Latency { .. } | Self::Detect | Self::FailOver | Self::Recover | Self::FailBack => {
                Unit::Seconds
            }
            Self::Lost | Self::WastedTokens | Self::ServedTwice | Self::Flaps | Self::Reopenings => {
                Unit::Count
            }
            Self::Amplification
            | Self::SdkAmplification
            | Self::ChainAmplification
            | Self::GatewayAmplification => Unit::Ratio,
            Self::Cost | Self::CostPerShot | Self::ExtraCost => Unit::Dollars,
        }
    }

    /// Whether it is a mark of a fault, whatever the phase.
    pub const fn is_mark(self) -> bool {
        matches!(
            self,
            Self::Detect | Self::FailOver | Self::Recover | Self::FailBack | Self::Flaps | Self::Reopenings
        )
    }

    /// What its samples are.
    pub const fn samples_are(self) -> &'static str {
        match self {
            Self::ThrottledAttempts => "attempts",
            Self::SdkAmplification => "calls",
            Self::Latency { .. } | Self::GatewayAmplification => "answers",
            _ if self.is_mark() => "faults",
            _ => "shots",
        }
    }

    /// What of it is the same for every percentile: figures alike in this are made from one sum.
    pub(super) const fn without_percentile(self) -> Self {
        match self {
            Self::Latency { clock, .. } => Self::Latency {
                clock,
                percentile: 0.0,
            },
            other => other,
        }
    }

    /// What every run finds out of each way of calling, over all judged phases.
    pub(super) fn whole_table() -> Vec<Self> {
        let clocks = [
            LatencyClock::Intended,
            LatencyClock::Sent,
            LatencyClock::FirstToken,
        ];
        let latencies = clocks
            .into_iter()
            .flat_map(|clock| [50.0, 90.0, 99.0].map(|percentile| Self::Latency { clock, percentile }));
        let others = [
            Self::Lost,
            Self::ServedTwice,
            Self::WastedTokens,
            Self::SdkAmplification,
            Self::ChainAmplification,
            Self::GatewayAmplification,
            Self::Cost,
            Self::CostPerShot,
            Self::ExtraCost,
            Self::ExtraCostShare,
            Self::Detect,
            Self::FailOver,
            Self::Recover,
            Self::FailBack,
            Self::Flaps,
            Self::Reopenings,
        ];
        Self::PHASE_TABLE
            .into_iter()
            .chain(latencies)
            .chain(others)
            .collect()
    }

    /// What every run finds out of each way of calling in each judged phase as well.
    pub(super) const PHASE_TABLE: [Self; 5] = [
        Self::Availability,
        Self::ThrottledAttempts,
        Self::ThrottledShots,
        Self::CacheHits,
        Self::Amplification,
    ];
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
    /// No fault ever made an attempt of this way of calling fail, or led it elsewhere.
    Unscathed,
    /// It was hit, and what is asked for never happened before the run's end.
    Never,
}
