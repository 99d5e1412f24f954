//! The way through the questions.

use thiserror::Error;

use super::Recommendation;
use super::figures::Figures;
use super::leaf::Leaf;
use super::question::{Answer, Next, Question};
use super::refusal::Refusal;
use crate::catalog::Catalog;

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
