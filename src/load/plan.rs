//! How much traffic, validated: arrivals over time, and the cap on what is in flight.

use std::sync::Arc;
use std::time::Duration;

pub use super::conversation::{PrefixPlan, SessionPlan};
use super::document::Document;
use super::prompts::PromptBook;
use crate::clock::Moment;
use crate::units::Share;

/// The arrivals of one pattern, over all its arms (each arm gets an equal part of them).
#[derive(Clone, Debug, PartialEq)]
pub struct LoadPlan {
    /// How arrivals are spaced.
    pub spacing: Spacing,
    /// The course of the rate. Never empty; after the last stage its last rate stays.
    pub stages: Vec<Stage>,
    /// Shots on top of the stages.
    pub bursts: Vec<Burst>,
}

impl LoadPlan {
    /// Evenly spaced shots at one rate for ever.
    pub fn constant(rate: f64) -> Self {
        Self {
            spacing: Spacing::Constant,
            stages: vec![Stage::hold(rate, Duration::MAX)],
            bursts: Vec::new(),
        }
    }

    /// So many times as much: what several arms get together, each of which gets this.
    #[must_use]
    pub fn times(&self, arms: usize) -> Self {
        let factor = arms as f64;
        let stage = |stage: &Stage| Stage {
            lasts: stage.lasts,
            course: stage.course.times(factor),
        };
        let burst = |burst: &Burst| Burst {
            shots: burst
                .shots
                .saturating_mul(u32::try_from(arms).unwrap_or(u32::MAX)),
            ..*burst
        };
        Self {
            spacing: self.spacing,
            stages: self.stages.iter().map(stage).collect(),
            bursts: self.bursts.iter().map(burst).collect(),
        }
    }
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Evenly.
    Constant,
    /// Independent of each other: a Poisson process.
    #[default]
    Poisson,
}

/// A stretch of the course.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// How long it is.
    pub lasts: Duration,
    /// What the rate does meanwhile.
    pub course: Course,
}

impl Stage {
    /// One rate for some time.
    pub const fn hold(rate: f64, lasts: Duration) -> Self {
        Self {
            lasts,
            course: Course::Hold(rate),
        }
    }
}

/// What the rate does during a stage, in shots a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Course {
    /// It stays.
    Hold(f64),
    /// It moves in a straight line.
    Ramp {
        /// At the stage's start.
        from: f64,
        /// At its end.
        to: f64,
    },
    /// High and low in turn, high first.
    Pulse {
        /// The high rate.
        high: f64,
        /// The low rate.
        low: f64,
        /// How long it is high.
        on: Duration,
        /// How long it is low.
        off: Duration,
    },
}

impl Course {
    fn times(self, factor: f64) -> Self {
        match self {
            Self::Hold(rate) => Self::Hold(rate * factor),
            Self::Ramp { from, to } => Self::Ramp {
                from: from * factor,
                to: to * factor,
            },
            Self::Pulse { high, low, on, off } => Self::Pulse {
                high: high * factor,
                low: low * factor,
                on,
                off,
            },
        }
    }
}

/// Shots at once, on top of the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// When.
    pub at: Moment,
    /// How many, over all arms of the pattern.
    pub shots: u32,
    /// How often again; `None`: once.
    pub every: Option<Duration>,
}

/// The cap on what is in flight, over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapPlan {
    /// Shots in flight at once.
    pub in_flight: u64,
    /// Shots that may wait for a place; beyond them a shot is shed.
    pub queue: u64,
}

impl Default for CapPlan {
    fn default() -> Self {
        Self {
            in_flight: 256,
            queue: 256,
        }
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadPlan {
    /// A text that stands before every prompt; then the questions about it are what is asked, and
    /// `prompt_tokens` and `prompt_sigma` play no part.
    pub document: Option<Arc<Document>>,
    /// The system prompt.
    pub system: Option<Arc<str>>,
    /// The share of complex prompts.
    pub complex: Share,
    /// Median length of the user's message, in tokens of about four characters.
    pub prompt_tokens: f64,
    /// Sigma of its logarithm; 0: always the median.
    pub prompt_sigma: f64,
    /// `maxTokens`; `None` leaves it to the service.
    pub max_tokens: Option<u64>,
    /// The share of shots that are streamed.
    pub stream: Share,
    /// Prompts of the user's own; then `complex`, `prompt_tokens` and `prompt_sigma` play no part.
    pub prompts: Option<Arc<PromptBook>>,
    /// Conversations of several turns instead of single questions.
    pub sessions: Option<SessionPlan>,
    /// Long texts that many prompts begin with.
    pub prefixes: Option<PrefixPlan>,
}

impl Default for WorkloadPlan {
    fn default() -> Self {
        Self {
            document: None,
            system: None,
            complex: Share::clamped(0.3),
            prompt_tokens: 60.0,
            prompt_sigma: 0.4,
            max_tokens: Some(256),
            stream: Share::ALL,
            prompts: None,
            sessions: None,
            prefixes: None,
        }
    }
}
