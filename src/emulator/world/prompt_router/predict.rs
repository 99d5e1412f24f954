//! How much better one model's answer to a prompt would be than another's.
//!
//! An assumption from end to end: the real predictor is not published. This one is simple enough to
//! be worked out by hand. It reads three traits of a prompt (length, words of reasoning, structure)
//! and knows of a model only whether it is the dearer of the two. It never looks at the answer.

/// What a person is told of it.
pub const ASSUMPTION: &str = "Which prompts a router sends to the larger model is decided by the emulator's \
    own rule (length, words of reasoning, structure): the real predictor is not published.";

/// Words that ask for reasoning. Each occurrence counts.
const REASONING: [&str; 34] = [
    "analyse",
    "analyze",
    "argue",
    "calculate",
    "choose",
    "compare",
    "consequences",
    "debug",
    "decide",
    "derive",
    "design",
    "diagnose",
    "estimate",
    "evaluate",
    "flaw",
    "infer",
    "justify",
    "optimise",
    "optimize",
    "plan",
    "prioritise",
    "prioritize",
    "prove",
    "reason",
    "reasons",
    "refactor",
    "risk",
    "risks",
    "step",
    "trade",
    "verify",
    "weak",
    "weigh",
    "why",
];
/// Characters of a prompt at which length has half its weight: some 400 tokens.
const HALF_LENGTH: f64 = 1_600.0;
/// Words of reasoning at which they have half their weight.
const HALF_REASONING: f64 = 2.0;
/// Marks of structure at which they have half their weight.
const HALF_STRUCTURE: f64 = 4.0;
/// The weights of the three; together one.
const WEIGHTS: [f64; 3] = [0.25, 0.55, 0.20];
/// The complexity at which both answers are as good.
const EVEN: f64 = 0.1;
/// Points of quality (of 100) for a complexity of one.
const POINTS: f64 = 100.0;

/// What the predictor reads of a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromptTraits {
    /// Characters of text.
    pub chars: u64,
    /// Words that ask for reasoning.
    pub reasoning: u32,
    /// Lines beyond the first, fenced code and questions beyond the first.
    pub structure: u32,
}

impl PromptTraits {
    /// Adds a text of the prompt.
    pub fn read(&mut self, text: &str) {
        self.chars = self.chars.saturating_add(text.chars().count() as u64);
        let words = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| {
            REASONING
                .iter()
                .any(|reasoning| reasoning.eq_ignore_ascii_case(word))
        });
        self.reasoning = self.reasoning.saturating_add(saturated(words.count()));
        let questions = text.matches('?').count().saturating_sub(1);
        let marks = text.matches('\n').count() + text.matches("```").count() + questions;
        self.structure = self.structure.saturating_add(saturated(marks));
    }

    /// How demanding the prompt is, from 0 up to, but never, 1. Each trait has a weight and counts
    /// less the more of it there is: half of its weight at its half value.
    pub fn complexity(self) -> f64 {
        let parts = [
            (self.chars as f64, HALF_LENGTH),
            (f64::from(self.reasoning), HALF_REASONING),
            (f64::from(self.structure), HALF_STRUCTURE),
        ];
        let weighed = parts.iter().zip(WEIGHTS);
        weighed
            .map(|((amount, half), weight)| weight * amount / (amount + half))
            .sum()
    }

    /// By how many points of 100 the larger model's answer is predicted to be better than the
    /// smaller's. Below zero for the simplest prompts, where the smaller one keeps to the point:
    /// without that, a router whose fallback model is the larger would never choose the smaller.
    pub fn gain(self) -> f64 {
        POINTS * (self.complexity() - EVEN)
    }
}

/// The rule: whether the other model is chosen instead of the fallback model. `lead` is by how many
/// points its answer is predicted to be better than the fallback model's.
pub fn takes_other(lead: f64, difference: f64) -> bool {
    lead > difference
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> PromptTraits {
        let mut traits = PromptTraits::default();
        traits.read(text);
        traits
    }

    #[test]
    fn a_prompt_is_worked_out_by_hand() {
        let traits = of("Weigh both plans, step by step. Why?\nWhat then?");
        // Weigh, step, step, why; `plans` is no word of the list.
        assert_eq!(
            traits,
            PromptTraits {
                chars: 47,
                reasoning: 4,
                structure: 2
            }
        );
        let by_hand = 0.25 * 47.0 / 1_647.0 + 0.55 * 4.0 / 6.0 + 0.20 * 2.0 / 6.0;
        assert!((traits.complexity() - by_hand).abs() < 1e-12);
        assert!(of("Name three rivers.").gain() < 0.0);
        assert!(of("").complexity().abs() < f64::EPSILON);
    }

    #[test]
    fn texts_add_up_whatever_their_order() {
        let (first, second) = ("Compare the two.", "Why?\n```rust\n```");
        let mut forth = of(first);
        forth.read(second);
        let mut back = of(second);
        back.read(first);
        assert_eq!(forth, back);
    }
}
