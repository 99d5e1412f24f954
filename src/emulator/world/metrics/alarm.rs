//! Alarms: a threshold over a metric or an expression, and its state.
//!
//! States are worked out when somebody looks: each minute since the last look is evaluated in its
//! order, as the service does by itself. So a state's moment is that of its minute, whoever looks.

pub mod book;
mod judge;

pub use book::{AlarmBook, Event, EventKind};
pub use judge::{Breach, judge};

use super::query::{DataQuery, MetricStat};

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Within its threshold.
    Ok,
    /// Beyond it.
    Alarm,
    /// Not enough is known.
    InsufficientData,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Alarm, Self::InsufficientData];

    /// Its word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// On which side of the threshold a value breaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// At or above.
    GreaterOrEqual,
    /// Above.
    Greater,
    /// Below.
    Less,
    /// At or below.
    LessOrEqual,
}

impl Comparison {
    /// Each with its word on the wire and in a sentence.
    pub const TABLE: [(Self, &'static str, &'static str); 4] = [
        (
            Self::GreaterOrEqual,
            "GreaterThanOrEqualToThreshold",
            "greater than or equal to",
        ),
        (Self::Greater, "GreaterThanThreshold", "greater than"),
        (Self::Less, "LessThanThreshold", "less than"),
        (
            Self::LessOrEqual,
            "LessThanOrEqualToThreshold",
            "less than or equal to",
        ),
    ];

    /// Whether a value breaches a threshold.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }
}

/// What a missing point counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Nothing; if all are missing, not enough is known.
    #[default]
    Missing,
    /// Nothing, and the state stays as it is.
    Ignore,
    /// A breach.
    Breaching,
    /// A value within the threshold.
    NotBreaching,
}

impl Missing {
    /// Each with its word on the wire.
    pub const TABLE: [(Self, &'static str); 4] = [
        (Self::Missing, "missing"),
        (Self::Ignore, "ignore"),
        (Self::Breaching, "breaching"),
        (Self::NotBreaching, "notBreaching"),
    ];
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// A metric.
    Metric(MetricStat),
    /// Queries, of which one is returned.
    Queries(Vec<DataQuery>),
}

/// What an alarm is.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmPlan {
    /// Its name.
    pub name: String,
    /// What for.
    pub description: Option<String>,
    /// What it watches.
    pub watched: Watched,
    /// The side.
    pub comparison: Comparison,
    /// The threshold.
    pub threshold: f64,
    /// Seconds of a period.
    pub period: i64,
    /// Periods that are looked at.
    pub evaluation_periods: usize,
    /// Breaches among them that raise it.
    pub datapoints_to_alarm: usize,
    /// Whether `DatapointsToAlarm` was given.
    pub says_datapoints: bool,
    /// What a missing point counts as; `None`: not said, as [`Missing::Missing`].
    pub missing: Option<Missing>,
    /// Whether its actions are on; they are kept, never done.
    pub actions_enabled: bool,
    /// Actions for OK, ALARM and INSUFFICIENT_DATA.
    pub actions: [Vec<String>; 3],
}
