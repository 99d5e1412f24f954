//! The form of figures: what the traffic is like, and what it must not do.

use std::time::Duration;

use thiserror::Error;

use super::leaf::Leaf;
use crate::catalog::{Catalog, Lifecycle};
use crate::names::{ModelId, Region};
use crate::units::{Share, Usd};

/// Seconds of the month that costs are given for: 730 hours, as AWS counts.
const MONTH_SECS: f64 = 730.0 * 3600.0;
/// Requests a second beyond which nobody is believed.
const MOST_RATE: f64 = 100_000.0;
/// Tokens of a prompt or an answer beyond which nobody is believed; the model's own limits are checked apart.
const MOST_TOKENS: u64 = 10_000_000;

/// What the traffic is like. [`Figures::default`] is an assumption to be written over.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The model that must be called; `None`: the cheapest that will do.
    pub model: Option<ModelId>,
    /// The region that calls are made from.
    pub region: Region,
    /// Requests a second, the mean of a month.
    pub rate: f64,
    /// Requests a second in the busiest minute.
    pub peak: f64,
    /// Prompt tokens of a request.
    pub input_tokens: u64,
    /// Tokens of its answer.
    pub output_tokens: u64,
    /// The share of each prompt that is the same from its first token on.
    pub repeated: Share,
    /// The share of prompts that need the larger model.
    pub complex: Share,
    /// How long an answer may take.
    pub urgency: Urgency,
    /// Where prompts may be served.
    pub residency: Residency,
    /// Whether a rate of tokens must be nobody else's.
    pub guaranteed: bool,
    /// Whether providers outside Bedrock must answer too.
    pub foreign: bool,
    /// The most a month may cost in tokens.
    pub budget: Option<Usd>,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits: the first token must come within this, in the median.
    FirstToken(Duration),
    /// Hours do not matter.
    Hours,
}

/// Where prompts may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Residency {
    /// In the calling region alone.
    Region,
    /// In regions of the calling region's geography.
    Geography,
    /// Anywhere.
    Anywhere,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            model: None,
            region: Region::from("us-east-1"),
            rate: 5.0,
            peak: 15.0,
            input_tokens: 1_000,
            output_tokens: 300,
            repeated: Share::NONE,
            complex: Share::NONE,
            urgency: Urgency::FirstToken(Duration::from_secs(2)),
            residency: Residency::Geography,
            guaranteed: false,
            foreign: false,
            budget: None,
        }
    }
}

/// A figure that no recommendation can be made from.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FigureProblem {
    /// No such model.
    #[error("model: `{0}` is not in the catalogue: write a bare model identifier, not a profile")]
    UnknownModel(ModelId),
    /// The model is gone.
    #[error("model: `{0}` has reached the end of its life: choose a newer one")]
    EndOfLife(ModelId),
    /// No such region.
    #[error("region: `{0}` is not in the catalogue")]
    UnknownRegion(Region),
    /// Not a rate.
    #[error("{key}: {value} is no rate: requests a second, above 0 and at most {most}")]
    Rate {
        /// `rate` or `peak`.
        key: &'static str,
        /// What was given.
        value: f64,
        /// The most that is taken.
        most: f64,
    },
    /// The busiest minute is quieter than the mean.
    #[error("peak: {peak}/s is less than the mean rate of {rate}/s")]
    PeakBelowMean {
        /// The busiest minute.
        peak: f64,
        /// The mean.
        rate: f64,
    },
    /// Not a number of tokens.
    #[error("{key}: {value} tokens: give 1 to {most}")]
    Tokens {
        /// `input` or `output`.
        key: &'static str,
        /// What was given.
        value: u64,
        /// The most that is taken.
        most: u64,
    },
    /// Longer than the model's window or its longest answer.
    #[error("{key}: {value} tokens are more than {model} takes, {most}")]
    TooLong {
        /// `input` or `output`.
        key: &'static str,
        /// What was given.
        value: u64,
        /// The model.
        model: ModelId,
        /// The most it takes.
        most: u64,
    },
}

impl Figures {
    /// The busiest minute has so many times the mean rate, where only one of the two is known.
    pub const USUAL_PEAK: f64 = 3.0;

    /// Requests in a month.
    pub fn requests_a_month(&self) -> u64 {
        (self.rate * MONTH_SECS).round() as u64
    }

    /// Prompt tokens that repeat in each request.
    pub fn repeated_tokens(&self) -> u64 {
        (self.input_tokens as f64 * self.repeated.get()).round() as u64
    }

    /// Everything that is wrong with the figures themselves; empty if nothing is.
    pub fn problems(&self, catalog: &Catalog) -> Vec<FigureProblem> {
        let mut problems = Vec::new();
        for (key, value) in [("rate", self.rate), ("peak", self.peak)] {
            // The comparison is written so that NaN fails it.
            if !(value > 0.0 && value <= MOST_RATE) {
                let most = MOST_RATE;
                problems.push(FigureProblem::Rate { key, value, most });
            }
        }
        if problems.is_empty() && self.peak < self.rate {
            let (peak, rate) = (self.peak, self.rate);
            problems.push(FigureProblem::PeakBelowMean { peak, rate });
        }
        for (key, value) in [("input", self.input_tokens), ("output", self.output_tokens)] {
            if !(1..=MOST_TOKENS).contains(&value) {
                let most = MOST_TOKENS;
                problems.push(FigureProblem::Tokens { key, value, most });
            }
        }
        if !catalog.regions.contains_key(&self.region) {
            problems.push(FigureProblem::UnknownRegion(self.region.clone()));
        }
        problems.extend(self.model.as_ref().and_then(|id| self.model_problem(id, catalog)));
        problems
    }

    fn model_problem(&self, id: &ModelId, catalog: &Catalog) -> Option<FigureProblem> {
        let Some(model) = catalog.models.get(id) else {
            return Some(FigureProblem::UnknownModel(id.clone()));
        };
        if model.lifecycle == Lifecycle::EndOfLife {
            return Some(FigureProblem::EndOfLife(id.clone()));
        }
        let too_long = |key, value, most| FigureProblem::TooLong {
            key,
            value,
            model: id.clone(),
            most,
        };
        if self.output_tokens > model.max_output {
            return Some(too_long("output", self.output_tokens, model.max_output));
        }
        let room = model.context_window.saturating_sub(self.output_tokens);
        (self.input_tokens > room).then(|| too_long("input", self.input_tokens, room))
    }

    /// The figures with what a leaf takes for granted: whoever answered that prompts repeat has a
    /// repeated share, though the form was never filled in.
    #[must_use]
    pub fn suited_to(&self, leaf: Leaf) -> Self {
        let mut figures = self.clone();
        match leaf {
            Leaf::GuaranteedThroughput => figures.guaranteed = true,
            Leaf::LargeDatasets => figures.urgency = Urgency::Hours,
            Leaf::BurstsRegional => figures.residency = Residency::Geography,
            Leaf::BurstsGlobal => figures.residency = Residency::Anywhere,
            Leaf::OneApi => figures.foreign = true,
            Leaf::RepeatedContexts if figures.repeated == Share::NONE => {
                figures.repeated = Share::clamped(USUAL_REPEATED);
                figures.input_tokens = figures.input_tokens.max(USUAL_DOCUMENT);
            }
            Leaf::QualityAgainstCost if figures.complex == Share::NONE => {
                figures.complex = Share::clamped(USUAL_COMPLEX);
            }
            Leaf::RepeatedContexts | Leaf::QualityAgainstCost | Leaf::CustomRouting => {}
        }
        figures
    }
}

impl Residency {
    /// Its key on the command line and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Geography => "geography",
            Self::Anywhere => "anywhere",
        }
    }
}

/// The repeated share of somebody who only said that most of each prompt repeats.
const USUAL_REPEATED: f64 = 0.9;
/// The complex share of somebody who only said that easy and hard prompts are mixed.
const USUAL_COMPLEX: f64 = 0.3;
/// The prompt of somebody whose prompts repeat: a document of some ten pages.
const USUAL_DOCUMENT: u64 = 8_000;
