//! Why a leaf is not recommended, named.

use std::time::Duration;

use thiserror::Error;

use super::leaf::Leaf;
use crate::names::ModelId;
use crate::units::Usd;

/// A leaf that is not recommended, and why.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{leaf}: {reason}")]
pub struct Refusal {
    /// The leaf.
    pub leaf: Leaf,
    /// Why not.
    pub reason: Reason,
}

/// Why a leaf is not recommended.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Reason {
    /// The figures give no occasion for it.
    #[error("{0}")]
    NoOccasion(&'static str),
    /// Fewer requests than a batch job takes.
    #[error("{requests} requests a month are fewer than a batch job takes, {least}")]
    TooFew {
        /// Requests in a month.
        requests: u64,
        /// The fewest records of a job.
        least: u64,
    },
    /// The repeated beginning is too short.
    #[error("{repeated} repeated tokens are fewer than {model} caches, {least}")]
    TooShortToCache {
        /// The model.
        model: ModelId,
        /// Tokens that repeat.
        repeated: u64,
        /// The model's least.
        least: u64,
    },
    /// The model that must be called does not offer it.
    #[error("the catalogue lists for {model} no {}{}", what.trim_start_matches("a "), suggestion(instead))]
    NotOffered {
        /// The model.
        model: ModelId,
        /// What it lacks.
        what: &'static str,
        /// Models that have it.
        instead: Vec<ModelId>,
    },
    /// No model offers it under these figures.
    #[error("no model of the catalogue offers it under these figures; the nearest: {0}")]
    NobodyOffers(Box<Reason>),
    /// The first token comes too late.
    #[error("{model} gives its first token after about {takes:.0?} in the median, later than {within:.0?}")]
    TooSlow {
        /// The model.
        model: ModelId,
        /// How long it takes.
        takes: Duration,
        /// How long somebody waits.
        within: Duration,
    },
    /// The pattern would save nothing.
    #[error("it would cost ${:.2} a month against ${:.2} without it", with.dollars(), without.dollars())]
    SavesNothing {
        /// A month with the pattern.
        with: Usd,
        /// A month without it.
        without: Usd,
    },
    /// Dearer than allowed.
    #[error("tokens would cost about ${:.2} a month with {model}, above the budget of ${:.2}", cost.dollars(), budget.dollars())]
    OverBudget {
        /// The model.
        model: ModelId,
        /// A month's tokens.
        cost: Usd,
        /// The budget.
        budget: Usd,
    },
}

/// Models that a reader may try in place of the one named, at most three.
fn suggestion(instead: &[ModelId]) -> String {
    if instead.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = instead.iter().take(3).map(ModelId::as_str).collect();
    format!("; offered today: {}", names.join(", "))
}
