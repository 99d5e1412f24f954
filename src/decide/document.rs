//! The JSON document of `bedrill decide`, `bedrill.decide/1`: what scripts read (`docs/decide.md`).
//!
//! Money is in dollars and whole cents, spans of time are in milliseconds.

use serde::Serialize;

use super::figures::{Figures, Urgency};
use super::refusal::Refusal;
use super::{Advice, Flow, Recommendation};
use crate::units::Usd;

/// The name and version of the format.
pub const SCHEMA: &str = "bedrill.decide/1";

/// What was asked and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    schema: &'static str,
    /// Empty where only figures were given.
    answers: Vec<Answered>,
    figures: Given,
    /// The best first.
    recommended: Vec<Recommended>,
    refused: Vec<Refused>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Answered {
    question: &'static str,
    text: &'static str,
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Given {
    model: Option<String>,
    region: String,
    rate_per_second: f64,
    peak_per_second: f64,
    input_tokens: u64,
    output_tokens: u64,
    repeated_share: f64,
    complex_share: f64,
    /// `null`: hours do not matter.
    first_token_ms: Option<u64>,
    residency: &'static str,
    guaranteed: bool,
    foreign: bool,
    budget_usd: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Recommended {
    leaf: &'static str,
    title: &'static str,
    pattern: &'static str,
    native: bool,
    fit: &'static str,
    model: String,
    /// What is written as `modelId`; `null` where it must be made first.
    target: Option<String>,
    why: Vec<String>,
    costs: Costs,
    needs: Needs,
    combines_with: Vec<Combined>,
    scenario: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Costs {
    monthly_usd: Option<f64>,
    without_usd: Option<f64>,
    saving_share: Option<f64>,
    notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Needs {
    iam_policy: serde_json::Value,
    quotas: Vec<String>,
    models: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Combined {
    pattern: &'static str,
    why: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Refused {
    leaf: &'static str,
    reason: String,
}

impl Document {
    /// What answers lead to; `figures` are those that were judged by, what the leaf takes for
    /// granted included.
    pub fn of_answers(flow: &Flow, figures: &Figures, made: &Result<Recommendation, Refusal>) -> Self {
        let answers = flow.taken().iter().map(|step| Answered {
            question: step.question.key,
            text: step.question.text,
            answer: step.answer.key,
        });
        Self {
            schema: SCHEMA,
            answers: answers.collect(),
            figures: Given::of(figures),
            recommended: made.iter().map(Recommended::of).collect(),
            refused: made.as_ref().err().into_iter().map(Refused::of).collect(),
        }
    }

    /// What figures alone lead to.
    pub fn of_figures(figures: &Figures, advice: &Advice) -> Self {
        Self {
            schema: SCHEMA,
            answers: Vec::new(),
            figures: Given::of(figures),
            recommended: advice.ranked.iter().map(Recommended::of).collect(),
            refused: advice.refused.iter().map(Refused::of).collect(),
        }
    }
}

impl Given {
    fn of(figures: &Figures) -> Self {
        Self {
            model: figures.model.as_ref().map(ToString::to_string),
            region: figures.region.to_string(),
            rate_per_second: figures.rate,
            peak_per_second: figures.peak,
            input_tokens: figures.input_tokens,
            output_tokens: figures.output_tokens,
            repeated_share: figures.repeated.get(),
            complex_share: figures.complex.get(),
            first_token_ms: match figures.urgency {
                Urgency::FirstToken(within) => Some(within.as_millis() as u64),
                Urgency::Hours => None,
            },
            residency: figures.residency.key(),
            guaranteed: figures.guaranteed,
            foreign: figures.foreign,
            budget_usd: figures.budget.map(cents),
        }
    }
}

impl Recommended {
    fn of(made: &Recommendation) -> Self {
        Self {
            leaf: made.leaf.key(),
            title: made.leaf.title(),
            pattern: made.pattern,
            native: made.leaf.is_native(),
            fit: made.fit.key(),
            model: made.model.to_string(),
            target: made.target.clone(),
            why: made.why.clone(),
            costs: Costs {
                monthly_usd: made.costs.monthly.map(cents),
                without_usd: made.costs.plain.map(cents),
                saving_share: made.costs.saving().map(|saving| (saving * 1e4).round() / 1e4),
                notes: made.costs.notes.clone(),
            },
            needs: Needs {
                iam_policy: made.needs.policy_document(),
                quotas: made.needs.quotas.clone(),
                models: made.needs.models.iter().map(ToString::to_string).collect(),
            },
            combines_with: made
                .combines_with
                .iter()
                .map(|with| Combined {
                    pattern: with.pattern,
                    why: with.why,
                })
                .collect(),
            scenario: made.scenario.clone(),
        }
    }
}

impl Refused {
    fn of(refusal: &Refusal) -> Self {
        Self {
            leaf: refusal.leaf.key(),
            reason: refusal.reason.to_string(),
        }
    }
}

fn cents(amount: Usd) -> f64 {
    (amount.dollars() * 100.0).round() / 100.0
}
