//! Conversations: which shot is which turn of which session, and the long texts that prompts share.
//!
//! Pure arithmetic over shot numbers: lanes need not speak to each other, and a shot's place never
//! depends on when another was answered.

use std::sync::Arc;

use super::words;
use super::workload::Workload;
use crate::seed::Seed;

/// Conversations whose history grows: each turn carries the turns before.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionPlan {
    /// Turns of each, at least one.
    pub turns: u32,
    /// Conversations that go on beside each other, at least one: so many shots lie between two turns.
    pub concurrent: u32,
    /// Median length of the answers that earlier turns carry, in tokens.
    pub reply_tokens: f64,
}

impl Default for SessionPlan {
    fn default() -> Self {
        Self {
            turns: 4,
            concurrent: 10,
            reply_tokens: 60.0,
        }
    }
}

/// A shot's place among the conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPlace {
    /// The conversation, from zero.
    pub session: u64,
    /// Its turn, from zero.
    pub turn: u64,
    first: u64,
    step: u64,
}

impl SessionPlan {
    /// The place of the `index`-th shot.
    pub fn place(&self, index: u64) -> SessionPlace {
        let (turns, step) = (u64::from(self.turns.max(1)), u64::from(self.concurrent.max(1)));
        let (round, within) = (index / (turns * step), index % (turns * step));
        let slot = within % step;
        SessionPlace {
            session: round * step + slot,
            turn: within / step,
            first: round * turns * step + slot,
            step,
        }
    }
}

impl SessionPlace {
    /// The shots of the turns before, the first turn first.
    pub fn earlier(self) -> impl Iterator<Item = u64> {
        (0..self.turn).map(move |turn| self.first + turn * self.step)
    }
}

/// Long texts that many prompts begin with, such as instructions and examples.
#[derive(Clone, Debug, PartialEq)]
pub struct PrefixPlan {
    texts: Arc<[Arc<str>]>,
}

impl PrefixPlan {
    /// So many different texts of so many tokens. They are the same in every run: what a cache makes
    /// of them is the service's matter.
    pub fn new(tokens: u64, distinct: u32) -> Self {
        let chars = (tokens as f64 * Workload::CHARS_PER_TOKEN) as usize;
        let text = |number: u32| -> Arc<str> {
            let mut draws = Seed::new(0).derive("prefix").keyed(u64::from(number)).stream();
            let head = format!("Shared text {}. ", number + 1);
            let rest = words::prose(chars.saturating_sub(head.len()), &mut draws);
            (head + &rest).into()
        };
        Self {
            texts: (0..distinct.max(1)).map(text).collect(),
        }
    }

    /// One of the texts, for a draw in `0.0..1.0`.
    pub fn text(&self, draw: f64) -> Arc<str> {
        let place = (draw * self.texts.len() as f64) as usize;
        Arc::clone(&self.texts[place.min(self.texts.len() - 1)])
    }

    /// How many texts there are.
    pub fn distinct(&self) -> usize {
        self.texts.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::event::{ArmId, ShotId};
    use crate::load::plan::WorkloadPlan;

    #[test]
    fn every_session_has_its_turns_in_order_and_each_carries_those_before() {
        let plan = SessionPlan {
            turns: 3,
            concurrent: 4,
            ..SessionPlan::default()
        };
        let mut turns: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for index in 0..24 {
            let place = plan.place(index);
            assert_eq!(place.turn as usize, turns.entry(place.session).or_default().len());
            let earlier: Vec<u64> = place.earlier().collect();
            assert_eq!(&earlier, &turns[&place.session]);
            turns.entry(place.session).or_default().push(index);
        }
        assert_eq!(turns.len(), 8);
    }

    #[test]
    fn the_history_of_a_session_grows_and_repeats_what_was_asked() {
        let plan = WorkloadPlan {
            sessions: Some(SessionPlan::default()),
            prefixes: Some(PrefixPlan::new(500, 3)),
            ..WorkloadPlan::default()
        };
        let workload = Workload::new(plan, Seed::new(7));
        let prompt = |index| workload.prompt(ShotId { arm: ArmId(0), index });
        let (first, third) = (prompt(3), prompt(23));
        assert!(first.history.is_empty());
        assert_eq!(third.history.len(), 2);
        assert_eq!(third.history[0].user, first.text);
        assert_eq!(third.document, first.document);
        assert!(third.chars().1 > first.chars().1);
        let shared = third.chars().0;
        assert!((1_990..=2_000).contains(&shared), "{shared} characters");
    }
}
