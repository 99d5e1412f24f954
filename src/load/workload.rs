//! What is asked: readable prompts, unlike every other shot's, repeatable from the seed.
//!
//! Pure: the same plan, seed and shot give the same prompt. The arm plays no part, so the arms of a
//! pattern, which share a seed, ask the same thing for the same index: a paired comparison.
//!
//! Prompts of the user's own are sent as they are, so one that is drawn twice is asked twice.

use std::sync::Arc;

use super::plan::WorkloadPlan;
use super::words;
use crate::event::{Exchange, ShotId};
use crate::seed::Seed;

pub use crate::event::PromptClass;

/// One request's content and limits.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// A text before everything else that other shots begin with too.
    pub document: Option<Arc<str>>,
    /// The system prompt.
    pub system: Option<Arc<str>>,
    /// The turns before, of a conversation.
    pub history: Vec<Exchange>,
    /// The user's message. Unless it is of the user's own, unlike every other shot's, so that replies
    /// are drawn per request.
    pub text: String,
    /// How demanding it is.
    pub class: PromptClass,
    /// `maxTokens`; `None` leaves it to the service (the model's maximum).
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
}

impl Prompt {
    /// The shared text and the system prompt in one, for callers that know no checkpoints.
    pub fn whole_system(&self) -> Option<Arc<str>> {
        match (&self.document, &self.system) {
            (Some(document), Some(system)) => Some(format!("{document}\n\n{system}").into()),
            (one, other) => one.as_ref().or(other.as_ref()).map(Arc::clone),
        }
    }

    /// Its characters: of the shared text alone, and of everything else.
    pub fn chars(&self) -> (u64, u64) {
        let chars = |text: &str| text.chars().count() as u64;
        let earlier = self.history.iter().flat_map(|turn| [&turn.user, &turn.assistant]);
        let own = earlier.map(|text| chars(text)).sum::<u64>()
            + self.system.as_deref().map_or(0, chars)
            + chars(&self.text);
        (self.document.as_deref().map_or(0, chars), own)
    }
}

/// The prompts of one pattern.
#[derive(Clone, Debug)]
pub struct Workload {
    plan: WorkloadPlan,
    seed: Seed,
}

/// What the user says in one turn.
struct Said {
    system: Option<Arc<str>>,
    history: Vec<Exchange>,
    text: String,
    class: PromptClass,
    max_tokens: Option<u64>,
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
        let (said, stream) = self.said(shot.index);
        let session = self
            .plan
            .sessions
            .as_ref()
            .map(|sessions| sessions.place(shot.index));
        let mut history = Vec::new();
        let mut system = said.system;
        for earlier in session.iter().flat_map(|place| place.earlier()) {
            let (before, _) = self.said(earlier);
            if history.is_empty() {
                // A conversation keeps the system prompt it began with.
                system = before.system;
            }
            history.extend(before.history);
            history.push(Exchange {
                user: before.text,
                assistant: self.answer(earlier),
            });
        }
        history.extend(said.history);
        let family = session.map_or(shot.index, |place| place.session);
        let document = match (&self.plan.document, &self.plan.prefixes) {
            (Some(document), _) => Some(Arc::clone(&document.text)),
            (None, Some(prefixes)) => {
                let mut draws = self.seed.derive("prefix").keyed(family).stream();
                Some(prefixes.text(draws.unit()))
            }
            (None, None) => None,
        };
        Prompt {
            document,
            system,
            history,
            text: said.text,
            class: said.class,
            max_tokens: said.max_tokens,
            stream,
        }
    }

    /// What the user says in the turn of this number, and whether its answer is streamed.
    fn said(&self, index: u64) -> (Said, bool) {
        let mut draws = self.seed.keyed(index).stream();
        let class = if draws.chance(self.plan.complex.get()) {
            PromptClass::Complex
        } else {
            PromptClass::Simple
        };
        let stream = draws.chance(self.plan.stream.get());
        let book = self.plan.prompts.as_ref();
        let said = if let Some(own) = book.and_then(|book| book.draw(draws.unit())) {
            Said {
                system: own.system.clone().or_else(|| self.plan.system.clone()),
                history: own.history.to_vec(),
                text: own.text.to_string(),
                class: own.class,
                max_tokens: own.max_tokens.or(self.plan.max_tokens),
            }
        } else if let Some(document) = &self.plan.document {
            let question = document.question(class, draws.unit());
            self.plain(
                format!("Question {}: {}", index + 1, question.text),
                question.class,
            )
        } else {
            let tokens = draws.log_normal(self.plan.prompt_tokens, self.plan.prompt_sigma);
            let chars = (tokens.clamp(1.0, Self::MOST_TOKENS) * Self::CHARS_PER_TOKEN) as usize;
            self.plain(words::message(index, class, chars, &mut draws), class)
        };
        (said, stream)
    }

    fn plain(&self, text: String, class: PromptClass) -> Said {
        Said {
            system: self.plan.system.clone(),
            history: Vec::new(),
            text,
            class,
            max_tokens: self.plan.max_tokens,
        }
    }

    /// What stands for the answer to an earlier turn. Shots wait for nobody's answer, so the real one
    /// may not be there yet: a text of the usual length takes its place.
    fn answer(&self, index: u64) -> String {
        let Some(sessions) = &self.plan.sessions else {
            return String::new();
        };
        let mut draws = self.seed.derive("answers").keyed(index).stream();
        let tokens = draws
            .log_normal(sessions.reply_tokens, 0.3)
            .min(Self::MOST_TOKENS);
        words::prose((tokens * Self::CHARS_PER_TOKEN) as usize, &mut draws)
    }
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
