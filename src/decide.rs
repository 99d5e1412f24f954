//! The decision framework: answers or figures in; a pattern, its reasons, costs and needs, and a
//! ready scenario out.
//!
//! Pure. A model is only ever taken from what the catalogue says it offers today ([`offer`]);
//! nothing here calls, buys or runs anything. Native patterns come first: where two serve alike,
//! the one that the service itself provides is recommended.

pub mod costs;
pub mod document;
pub mod figures;
pub mod flow;
mod judge;
pub mod leaf;
pub mod needs;
pub mod offer;
pub mod question;
pub mod refusal;
mod script;

use self::costs::Costs;
use self::figures::{FigureProblem, Figures};
use self::leaf::{Combination, Leaf};
use self::needs::Needs;
use self::refusal::Refusal;
use crate::catalog::Catalog;
use crate::names::ModelId;

pub use document::Document;
pub use flow::{Flow, FlowError, Step};

/// How well a pattern fits the figures; the better, the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The figures ask for exactly this.
    Asked,
    /// It saves money, or holds a busy minute that would not be held without it.
    Helps,
    /// It works, and adds nothing that these figures show.
    Works,
}

impl Fit {
    /// Its key in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Helps => "helps",
            Self::Works => "works",
        }
    }
}

/// A pattern for a use, with everything that is needed to try it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// The use case.
    pub leaf: Leaf,
    /// The pattern's key in the pattern table.
    pub pattern: &'static str,
    /// How well it fits.
    pub fit: Fit,
    /// The model, by its bare identifier.
    pub model: ModelId,
    /// What is written as `modelId`, where that is known before anything is made.
    pub target: Option<String>,
    /// The reasons, the strongest first.
    pub why: Vec<String>,
    /// What a month costs.
    pub costs: Costs,
    /// What must be there first.
    pub needs: Needs,
    /// Patterns that go well with it.
    pub combines_with: &'static [Combination],
    /// A scenario file written from the figures.
    pub scenario: String,
}

/// What the figures lead to: every leaf stands in one of the two lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What is recommended, the best first.
    pub ranked: Vec<Recommendation>,
    /// What is not, each with its reason.
    pub refused: Vec<Refusal>,
}

/// Judges all eight leaves by figures. Fails with everything that is wrong with the figures.
pub fn advise(figures: &Figures, catalog: &Catalog) -> Result<Advice, Vec<FigureProblem>> {
    let problems = figures.problems(catalog);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut advice = Advice {
        ranked: Vec::new(),
        refused: Vec::new(),
    };
    for leaf in Leaf::ALL {
        match Recommendation::of(leaf, figures, catalog) {
            Ok(recommendation) => advice.ranked.push(recommendation),
            Err(refusal) => advice.refused.push(refusal),
        }
    }
    // A stable sort: what ties keeps the order of the leaves.
    advice.ranked.sort_by_key(|it| {
        (
            it.fit,
            !it.leaf.is_native(),
            it.costs.monthly.is_none(),
            it.costs.monthly,
        )
    });
    Ok(advice)
}

impl Recommendation {
    /// What a leaf comes to under figures that [`Figures::problems`] has nothing against.
    pub fn of(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<Self, Refusal> {
        judge::judge(leaf, figures, catalog).map_err(|reason| Refusal { leaf, reason })
    }
}

#[cfg(test)]
mod tests;
