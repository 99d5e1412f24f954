//! What becomes of the records of a job: decided when they are read, told as they are processed.

use std::borrow::Cow;

use crate::catalog::Model;
use crate::emulator::world::plan::ReplyPlan;
use crate::emulator::world::refused::Refused;
use crate::emulator::world::reply::Length;
use crate::emulator::world::{Call, validation};
use crate::event::FailureKind;
use crate::seed::Seed;
use crate::units::TokenUsage;

/// What becomes of one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is answered.
    Answer {
        /// What it uses.
        usage: TokenUsage,
        /// Tokens of the reply before a stop sequence cuts it.
        drawn: u64,
        /// Whether the reply is cut short by its limit.
        hits_max_tokens: bool,
        /// Seed of the reply's text.
        text_seed: u64,
    },
    /// It is not: `errorCode` and `errorMessage` of its output line.
    Error {
        /// The code, an HTTP status.
        code: u16,
        /// The message.
        message: Cow<'static, str>,
    },
}

/// Counts of processed records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Answered.
    pub succeeded: u64,
    /// Not.
    pub failed: u64,
    /// What the answered ones used.
    pub usage: TokenUsage,
}

impl Totals {
    /// Both together.
    pub const fn processed(self) -> u64 {
        self.succeeded + self.failed
    }
}

/// The records of a job, in the order in which they are processed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    count: u64,
    outcomes: Vec<Outcome>,
    /// The totals after each record; once the job is over, its own alone.
    sums: Vec<Totals>,
}

impl Records {
    /// Records with these outcomes.
    pub fn new(outcomes: Vec<Outcome>) -> Self {
        let mut total = Totals::default();
        let sums = outcomes.iter().map(|outcome| {
            match outcome {
                Outcome::Answer { usage, .. } => {
                    total.succeeded += 1;
                    total.usage += *usage;
                }
                Outcome::Error { .. } => total.failed += 1,
            }
            total
        });
        Self {
            count: outcomes.len() as u64,
            sums: sums.collect(),
            outcomes,
        }
    }

    /// What is left to know of them once `processed` are done and no more will be.
    #[must_use]
    pub fn sealed(&self, processed: u64) -> Self {
        Self {
            count: self.count,
            outcomes: Vec::new(),
            sums: vec![self.totals(processed)],
        }
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// What becomes of each.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The totals once the first `processed` are done.
    pub fn totals(&self, processed: u64) -> Totals {
        if processed > 0 && self.outcomes.is_empty() {
            return self.sums.last().copied().unwrap_or_default();
        }
        let place = usize::try_from(processed)
            .unwrap_or(usize::MAX)
            .min(self.sums.len());
        match place.checked_sub(1) {
            None => Totals::default(),
            Some(last) => self.sums[last],
        }
    }
}

/// What a `modelInput` that can be read leads to. `seed` is the record's own.
pub fn outcome(model: &Model, call: &Call, replies: ReplyPlan, seed: Seed) -> Outcome {
    if let Err(refused) = validation::check_lengths(model, call) {
        return error(&refused);
    }
    let wanted = Length::wanted(replies, &mut seed.derive("length").stream());
    let length = Length::within(validation::reply_limit(model, call), wanted);
    Outcome::Answer {
        usage: TokenUsage {
            input: call.input_tokens,
            output: length.tokens,
            ..TokenUsage::default()
        },
        drawn: length.tokens,
        hits_max_tokens: length.is_cut,
        text_seed: seed.derive("text").number(),
    }
}

fn error(refused: &Refused) -> Outcome {
    let code = match refused.kind {
        FailureKind::Validation => 400,
        FailureKind::Denied => 403,
        FailureKind::NotFound => 404,
        _ => 500,
    };
    Outcome::Error {
        code,
        message: refused.message.clone(),
    }
}
