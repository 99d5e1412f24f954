//! How long the prompts and answers of a pattern are: measured on the prompts themselves.

use super::flow::{Shots, WIDE};
use crate::event::{ArmId, ShotId};
use crate::load::Workload;
use crate::scenario::{PatternLoad, Scenario};

/// Prompts that are made and measured, at most.
const SAMPLE: u64 = 2_000;
/// Answers that are drawn.
const ANSWERS: u32 = 2_000;

/// Lengths of prompts and answers. Characters of prompts, tokens of answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sizes {
    /// The text that prompts share, on average.
    pub shared: f64,
    /// How many different shared texts there are.
    pub distinct: f64,
    /// Everything else of a prompt, on average.
    pub own: f64,
    /// The same, at most, averaged over a run.
    pub own_most: f64,
    /// The longest prompt of the sample, all of it.
    pub longest: u64,
    /// `max_tokens` on average; `None` where a prompt leaves it to the service.
    pub limit: Option<f64>,
    /// Answers before any limit, on a normal day.
    answers: Vec<f64>,
}

impl Sizes {
    /// Measures the prompts of a run.
    pub fn of(pattern: &PatternLoad, scenario: &Scenario, shots: Shots) -> Self {
        let seed = scenario.seed.derive(pattern.plan.key.as_str());
        // As the run makes them.
        let workload = Workload::new(pattern.workload.clone(), seed.derive("workload"));
        let mut draws = scenario.seed.derive("forecast").stream();
        let shots = shots.most.max(1.0) as u64;
        let is_whole = shots <= SAMPLE;
        let count = shots.min(SAMPLE);
        let (mut sums, mut squares, mut limits, mut longest) = ((0.0, 0.0), 0.0, Some(0.0), 0);
        for place in 0..count {
            let index = if is_whole {
                place
            } else {
                draws.below(shots as usize) as u64
            };
            let prompt = workload.prompt(ShotId { arm: ArmId(0), index });
            let (shared, own) = prompt.chars();
            longest = longest.max(shared + own);
            sums = (sums.0 + shared as f64, sums.1 + own as f64);
            squares += (own as f64).powi(2);
            limits = limits.zip(prompt.max_tokens).map(|(sum, most)| sum + most as f64);
        }
        let count = count as f64;
        let (shared, own) = (sums.0 / count, sums.1 / count);
        let spread = (squares / count - own * own).max(0.0).sqrt();
        let doubt = if is_whole {
            0.0
        } else {
            WIDE * spread / count.sqrt()
        };
        let replies = &scenario.world.replies;
        let answers = (0..ANSWERS).map(|_| draws.log_normal(replies.median_tokens, replies.sigma));
        Self {
            shared,
            distinct: pattern
                .workload
                .prefixes
                .as_ref()
                .map_or(1.0, |prefixes| prefixes.distinct() as f64),
            own,
            own_most: own + doubt,
            longest,
            limit: limits.map(|sum| sum / count),
            answers: answers.collect(),
        }
    }

    /// The mean answer under a limit, in tokens: as the emulator answers.
    pub fn answer(&self, limit: f64) -> f64 {
        let cut: f64 = self.answers.iter().map(|tokens| tokens.min(limit)).sum();
        cut / self.answers.len().max(1) as f64
    }
}
