//! What is asked: readable prompts, unlike every other shot's, repeatable from the seed.
//!
//! Pure: the same plan, seed and shot give the same prompt. The arm plays no part, so the arms of a
//! pattern, which share a seed, ask the same thing for the same index: a paired comparison.

use std::fmt::Write as _;
use std::sync::Arc;

use super::plan::WorkloadPlan;
use crate::event::ShotId;
use crate::seed::{Seed, Stream};

pub use crate::event::PromptClass;

/// One request's content and limits.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// A text before everything else, the same for every shot.
    pub document: Option<Arc<str>>,
    /// The system prompt.
    pub system: Option<Arc<str>>,
    /// The user's message. Unlike every other shot's, so that replies are drawn per request.
    pub text: String,
    /// How demanding it is.
    pub class: PromptClass,
    /// `maxTokens`; `None` leaves it to the service (the model's maximum).
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// The prompts of one pattern.
#[derive(Clone, Debug)]
pub struct Workload {
    plan: WorkloadPlan,
    seed: Seed,
}

impl Workload {
    /// Characters that stand for a token when a length is planned.
    pub const CHARS_PER_TOKEN: f64 = 4.0;
    /// No message is planned longer, however wide its lengths are spread.
    pub const MOST_TOKENS: f64 = 200_000.0;

    /// The prompts of the pattern with this seed.
    pub fn new(plan: WorkloadPlan, seed: Seed) -> Self {
        Self {
            plan,
            seed: seed.derive("workload"),
        }
    }

    /// What a shot asks.
    pub fn prompt(&self, shot: ShotId) -> Prompt {
        let mut draws = self.seed.keyed(shot.index).stream();
        let class = if draws.chance(self.plan.complex.get()) {
            PromptClass::Complex
        } else {
            PromptClass::Simple
        };
        let stream = draws.chance(self.plan.stream.get());
        if let Some(document) = &self.plan.document {
            let question = document.question(class, draws.unit());
            return Prompt {
                document: Some(Arc::clone(&document.text)),
                system: self.plan.system.clone(),
                text: format!("Question {}: {}", shot.index + 1, question.text),
                class: question.class,
                max_tokens: self.plan.max_tokens,
                stream,
            };
        }
        let tokens = draws.log_normal(self.plan.prompt_tokens, self.plan.prompt_sigma);
        let chars = (tokens.clamp(1.0, Self::MOST_TOKENS) * Self::CHARS_PER_TOKEN) as usize;
        Prompt {
            document: None,
            system: self.plan.system.clone(),
            text: text(shot.index, class, chars, &mut draws),
            class,
            max_tokens: self.plan.max_tokens,
            stream,
        }
    }
}

const TASKS: [&str; 6] = [
    "explain in one sentence what is meant by",
    "name three words that describe",
    "give a short title for a page about",
    "say whether a newcomer should know",
    "reword for a customer the notice on",
    "list the two most common questions on",
];
const PROBLEMS: [&str; 6] = [
    "work through, step by step, what happens when we change",
    "weigh two ways to fix, and choose one with reasons,",
    "find the weak point in our plan for",
    "estimate the cost, showing each step, of",
    "plan a week of work for three people on",
    "compare the risks, before and after a failover, of",
];
const TOPICS: [&str; 10] = [
    "the refund policy",
    "the night shift's hand-over",
    "the search index",
    "the delivery window",
    "the loyalty card",
    "the invoice archive",
    "the sign-up form",
    "the price list",
    "the returns desk",
    "the weekly report",
];
const NOTES: [&str; 8] = [
    "Orders rose by a fifth last week.",
    "The old system is still in use in two branches.",
    "Customers write mostly in the evening.",
    "The team has asked for shorter texts.",
    "A new supplier starts on Monday.",
    "The figures are checked once a month.",
    "Two of the five steps are done by hand.",
    "The last change took nine days.",
];

/// A message of about `chars` characters. It begins with the shot's own number, so that none is
/// like another; below some twenty characters nothing else fits.
fn text(index: u64, class: PromptClass, chars: usize, draws: &mut Stream) -> String {
    let (head, tasks) = match class {
        PromptClass::Simple => ("Question", TASKS),
        PromptClass::Complex => ("Task", PROBLEMS),
    };
    let mut text = String::with_capacity(chars + 64);
    // Writing to a String cannot fail.
    let _ = write!(text, "{head} {}:", index + 1);
    let least = text.len();
    let _ = write!(text, " {} {}.", pick(&tasks, draws), pick(&TOPICS, draws));
    while text.len() < chars {
        text.push(' ');
        text.push_str(pick(&NOTES, draws));
    }
    if text.len() > chars {
        // ASCII all through: every index is a boundary.
        let cut = text[..chars.max(least)].rfind(' ').unwrap_or(least);
        text.truncate(cut.max(least));
    }
    text
}

fn pick<'a>(from: &[&'a str], draws: &mut Stream) -> &'a str {
    from[draws.below(from.len())]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::event::ArmId;
    use crate::units::Share;

    fn shot(arm: u16, index: u64) -> ShotId {
        ShotId {
            arm: ArmId(arm),
            index,
        }
    }

    #[test]
    fn arms_ask_the_same_and_no_two_shots_do() {
        let workload = Workload::new(WorkloadPlan::default(), Seed::new(7));
        let texts: BTreeSet<String> = (0..2_000).map(|n| workload.prompt(shot(0, n)).text).collect();
        assert_eq!(texts.len(), 2_000);
        for n in 0..50 {
            assert_eq!(workload.prompt(shot(0, n)).text, workload.prompt(shot(3, n)).text);
        }
    }

    #[test]
    fn lengths_and_kinds_are_as_planned() {
        let plan = WorkloadPlan {
            prompt_tokens: 200.0,
            complex: Share::clamped(0.25),
            stream: Share::NONE,
            ..WorkloadPlan::default()
        };
        let workload = Workload::new(plan, Seed::new(1));
        let prompts: Vec<Prompt> = (0..4_000).map(|n| workload.prompt(shot(0, n))).collect();
        let mut lengths: Vec<usize> = prompts.iter().map(|prompt| prompt.text.len()).collect();
        lengths.sort_unstable();
        let median = lengths[2_000] as f64 / Workload::CHARS_PER_TOKEN;
        assert!((190.0..205.0).contains(&median), "median {median} tokens");
        let complex = prompts
            .iter()
            .filter(|prompt| prompt.class == PromptClass::Complex)
            .count();
        assert!((900..1_100).contains(&complex), "{complex} of 4,000 complex");
        assert!(prompts.iter().all(|prompt| !prompt.stream));
    }

    #[test]
    fn the_shortest_prompt_still_names_its_shot() {
        let plan = WorkloadPlan {
            prompt_tokens: 1.0,
            prompt_sigma: 0.0,
            ..WorkloadPlan::default()
        };
        let text = Workload::new(plan, Seed::new(1)).prompt(shot(0, 41)).text;
        assert!(text.ends_with("42:"), "{text}");
    }
}
