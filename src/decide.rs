//! The decision framework: answers or figures in; a pattern, its reasons, costs and needs, and a
//! ready scenario out.
//!
//! Pure. A model is only ever taken from what the catalogue says it offers today ([`offer`]);
//! nothing here calls, buys or runs anything. Native patterns come first: where two serve alike,
//! the one that the service itself provides is recommended.

pub mod costs;
pub mod figures;
pub mod leaf;
pub mod needs;
pub mod offer;
pub mod question;
pub mod refusal;
mod script;

use std::sync::Arc;

use thiserror::Error;

use self::costs::Costs;
use self::figures::{FigureProblem, Figures, Urgency};
use self::leaf::{Combination, Leaf};
use self::needs::{Needs, demand, is_held};
use self::offer::{Adds, Offer, Way};
use self::question::{Answer, Next, Question};
use self::refusal::{Reason, Refusal};
use crate::catalog::{Catalog, Lifecycle, Model, QuotaFamily};
use crate::names::ModelId;

/// A saving below this share of the plain cost is none.
const WORTH_SAVING: f64 = 0.05;

/// The way through the questions so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    taken: Vec<Step>,
}

/// An answered question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The question.
    pub question: &'static Question,
    /// Its answer.
    pub answer: &'static Answer,
}

/// An answer that cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlowError {
    /// The question has no such answer.
    #[error("`{question}` has no answer `{answer}`: one of {}", offered.join(", "))]
    NoSuchAnswer {
        /// The question's key.
        question: &'static str,
        /// What was answered.
        answer: String,
        /// The keys of its answers.
        offered: Vec<&'static str>,
    },
    /// A leaf is reached.
    #[error("the questions have ended at `{}`: go back to answer otherwise", .0.key())]
    Over(Leaf),
}

impl Flow {
    /// Before the first question.
    pub fn new() -> Self {
        Self::default()
    }

    /// The question to ask now, or the leaf that was reached.
    pub fn at(&self) -> Next {
        self.taken
            .last()
            .map_or(Next::Ask(Question::FIRST), |step| step.answer.next)
    }

    /// What was answered so far, first to last.
    pub fn taken(&self) -> &[Step] {
        &self.taken
    }

    /// Answers the present question by an answer's key.
    pub fn answer(&mut self, key: &str) -> Result<Next, FlowError> {
        match self.at() {
            Next::Arrive(leaf) => Err(FlowError::Over(leaf)),
            Next::Ask(question) => {
                let answer = question.answer(key).ok_or_else(|| FlowError::NoSuchAnswer {
                    question: question.key,
                    answer: key.to_owned(),
                    offered: question.answers.iter().map(|answer| answer.key).collect(),
                })?;
                self.taken.push(Step { question, answer });
                Ok(answer.next)
            }
        }
    }

    /// Takes the last answer back; `false` before the first.
    pub fn back(&mut self) -> bool {
        self.taken.pop().is_some()
    }

    /// The recommendation of the leaf; `None` while there are questions. What was answered goes
    /// before what the figures say.
    pub fn recommend(&self, figures: &Figures, catalog: &Catalog) -> Option<Result<Recommendation, Refusal>> {
        let Next::Arrive(leaf) = self.at() else {
            return None;
        };
        let answers = self
            .taken
            .iter()
            .map(|step| format!("{} {}", step.question.text, step.answer.text));
        let recommended = Recommendation::of(leaf, &figures.suited_to(leaf), catalog);
        Some(recommended.map(|mut recommendation| {
            recommendation.why.splice(0..0, answers);
            recommendation
        }))
    }
}

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
    advice
        .ranked
        .sort_by_key(|it| (it.fit, !it.leaf.is_native(), it.costs.monthly.is_none(), it.costs.monthly));
    Ok(advice)
}

impl Recommendation {
    /// What a leaf comes to under figures that [`Figures::problems`] has nothing against.
    pub fn of(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<Self, Refusal> {
        Self::judge(leaf, figures, catalog).map_err(|reason| Refusal { leaf, reason })
    }

    fn judge(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<Self, Reason> {
        occasion(leaf, figures, catalog)?;
        let offer = choose(leaf, figures, catalog)?;
        let costs = Costs::of(leaf, &offer, figures);
        check_costs(leaf, &offer, &costs, figures)?;
        let fit = fit(leaf, &offer, &costs, figures, catalog);
        let models = offer::offering(leaf, figures, catalog);
        Ok(Self {
            leaf,
            pattern: leaf.pattern(),
            fit,
            model: offer.way.model.id.clone(),
            target: target(&offer),
            why: reasons(leaf, &offer, &costs, figures, catalog),
            needs: Needs::of(leaf, &offer, figures, catalog, models),
            combines_with: leaf.combines_with(),
            scenario: script::scenario(leaf, &offer, figures, catalog),
            costs,
        })
    }
}

/// Whether the figures give an occasion for a leaf at all.
fn occasion(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<(), Reason> {
    use figures::Residency::{Anywhere, Region};
    let missing = match leaf {
        Leaf::LargeDatasets => {
            if figures.urgency != Urgency::Hours {
                return Err(Reason::NoOccasion("somebody waits for the answers"));
            }
            let requests = figures.requests_a_month();
            let least = catalog.offers.batch.map_or(1, |limits| limits.min_records);
            return if requests < least {
                Err(Reason::TooFew { requests, least })
            } else {
                Ok(())
            };
        }
        Leaf::GuaranteedThroughput => (!figures.guaranteed).then_some("no rate must be guaranteed"),
        Leaf::RepeatedContexts => {
            (figures.repeated_tokens() == 0).then_some("no part of the prompts repeats")
        }
        Leaf::QualityAgainstCost if figures.complex.get() <= 0.0 => {
            Some("no prompt needs the larger model: call the smaller one")
        }
        Leaf::QualityAgainstCost => {
            (figures.complex.get() >= 1.0).then_some("every prompt needs the larger model: call it")
        }
        Leaf::BurstsRegional => {
            (figures.residency == Region).then_some("a profile is served in other regions too")
        }
        Leaf::BurstsGlobal => {
            (figures.residency != Anywhere).then_some("a global profile leaves the geography")
        }
        Leaf::OneApi => (!figures.foreign).then_some("no provider outside Bedrock must answer"),
        Leaf::CustomRouting => None,
    };
    missing.map_or(Ok(()), |missing| Err(Reason::NoOccasion(missing)))
}

/// The offer of the model that must be called, or of the cheapest that will do.
fn choose(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<Offer, Reason> {
    let of = |model: &Arc<Model>| {
        let offer = Offer::of(leaf, model, figures, catalog)?;
        offer::is_soon_enough(leaf, &offer.way.model, figures)?;
        Ok(offer)
    };
    if let Some(model) = figures.model.as_ref().and_then(|id| catalog.models.get(id)) {
        return of(model).map_err(|reason: Reason| match reason {
            Reason::NotOffered { model, what, .. } => Reason::NotOffered {
                model,
                what,
                instead: offer::offering(leaf, figures, catalog),
            },
            other => other,
        });
    }
    let mut models: Vec<&Arc<Model>> = catalog
        .models
        .values()
        .filter(|model| offer::is_alive(model) && offer::holds(model, figures))
        .collect();
    // A model whose end is announced comes after all others.
    models.sort_by_key(|model| {
        (
            model.lifecycle != Lifecycle::Active,
            offer::worth(model, figures),
        )
    });
    let mut nearest = None;
    for model in models {
        match of(model) {
            Ok(offer) => return Ok(offer),
            Err(reason) => {
                nearest.get_or_insert(reason);
            }
        }
    }
    Err(nearest.map_or(
        Reason::NoOccasion("no model of the catalogue holds prompts and answers of these lengths"),
        |nearest| Reason::NobodyOffers(Box::new(nearest)),
    ))
}

fn check_costs(leaf: Leaf, offer: &Offer, costs: &Costs, figures: &Figures) -> Result<(), Reason> {
    let saves = matches!(leaf, Leaf::RepeatedContexts | Leaf::QualityAgainstCost);
    if let (true, Some(with), Some(without)) = (saves, costs.monthly, costs.plain)
        && with >= without
    {
        return Err(Reason::SavesNothing { with, without });
    }
    match (costs.monthly, figures.budget) {
        (Some(cost), Some(budget)) if cost > budget => Err(Reason::OverBudget {
            model: offer.way.model.id.clone(),
            cost,
            budget,
        }),
        _ => Ok(()),
    }
}

fn fit(leaf: Leaf, offer: &Offer, costs: &Costs, figures: &Figures, catalog: &Catalog) -> Fit {
    match leaf {
        Leaf::GuaranteedThroughput | Leaf::OneApi | Leaf::LargeDatasets => Fit::Asked,
        Leaf::RepeatedContexts | Leaf::QualityAgainstCost => {
            let saves = costs.saving().is_some_and(|saving| saving >= WORTH_SAVING);
            if saves { Fit::Helps } else { Fit::Works }
        }
        Leaf::BurstsRegional | Leaf::BurstsGlobal => {
            if lesser_way_holds(leaf, offer, figures, catalog) {
                Fit::Works
            } else {
                Fit::Helps
            }
        }
        Leaf::CustomRouting => Fit::Works,
    }
}

/// Whether the busiest minute would be held without going so far: by the bare identifier, or, for
/// a global profile, by the geographic one.
fn lesser_way_holds(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog) -> bool {
    let lesser: &[QuotaFamily] = if leaf == Leaf::BurstsGlobal {
        &[QuotaFamily::OnDemand, QuotaFamily::CrossRegion]
    } else {
        &[QuotaFamily::OnDemand]
    };
    lesser
        .iter()
        .filter_map(|family| Way::through(*family, &offer.way.model, figures, catalog))
        .any(|way| is_held(&way, demand(leaf, &way, figures), figures))
}

fn target(offer: &Offer) -> Option<String> {
    match offer.adds {
        Adds::Smaller(_) | Adds::Units => None,
        Adds::Nothing | Adds::Reserved | Adds::Routes(_) => Some(offer.way.target.clone()),
    }
}

fn reasons(leaf: Leaf, offer: &Offer, costs: &Costs, figures: &Figures, catalog: &Catalog) -> Vec<String> {
    let model = &offer.way.model;
    let mut why = vec![leaf.because().to_owned()];
    if let Some(saving) = costs.saving().filter(|saving| *saving >= WORTH_SAVING) {
        why.push(format!("Tokens cost {:.0}% less than without it.", saving * 100.0));
    }
    match &offer.adds {
        Adds::Smaller(small) => why.push(format!(
            "{} takes the complex {:.0}% of prompts, {} the rest.",
            model.name,
            figures.complex.get() * 100.0,
            small.model.name
        )),
        Adds::Units => why.push(format!(
            "Units of {} are sold in {}.",
            model.name, figures.region
        )),
        Adds::Reserved => why.push(format!(
            "No units of {} are sold in {}; the Reserved tier takes their place.",
            model.name, figures.region
        )),
        Adds::Routes(routes) => {
            let regions = routes.regions.iter().map(|region| region.to_string());
            let others = regions.chain(routes.models.iter().map(|id| id.to_string()));
            why.push(format!(
                "It can go on to {}.",
                others.collect::<Vec<_>>().join(", ")
            ));
        }
        Adds::Nothing => {}
    }
    if matches!(leaf, Leaf::BurstsRegional | Leaf::BurstsGlobal) {
        why.push(if lesser_way_holds(leaf, offer, figures, catalog) {
            "The quota of a lesser way holds the busiest minute already; what remains is the loss of a region's capacity."
                .to_owned()
        } else {
            "No lesser way holds the busiest minute by its default quota.".to_owned()
        });
    }
    if leaf == Leaf::OneApi {
        why.push("Where foreign providers serve is not in the catalogue: ask them, if residency matters.".to_owned());
    }
    if model.lifecycle == Lifecycle::Legacy {
        why.push(format!("The end of {} is announced: plan its successor.", model.name));
    }
    if figures.model.is_none() {
        why.push(format!(
            "{} is the cheapest model that will do; name yours for its own figures.",
            model.name
        ));
    }
    why
}

#[cfg(test)]
mod tests;
