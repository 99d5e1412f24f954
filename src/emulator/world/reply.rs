//! Replies: how long they are, and what they say.
//!
//! The text is pleasant to read, honest about being emulated, and the same for the same seed. It
//! never pretends to answer the prompt.

use std::fmt;

use super::plan::ReplyPlan;
use crate::seed::{Seed, Stream};

/// How long one reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// Tokens.
    pub tokens: u64,
    /// Whether it would have been longer.
    pub is_cut: bool,
}

impl Length {
    /// The length of a reply that wants `wanted` tokens and may have `limit`.
    pub fn within(limit: u64, wanted: u64) -> Self {
        Self {
            tokens: wanted.min(limit),
            is_cut: wanted > limit,
        }
    }

    /// Tokens a reply wants: log-normal, at least one.
    pub fn wanted(plan: ReplyPlan, luck: &mut Stream) -> u64 {
        (luck.log_normal(plan.median_tokens, plan.sigma).round() as u64).max(1)
    }
}

/// The text of a reply, in tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    text: String,
    tokens: u64,
}

impl Reply {
    /// No text is longer, whatever its tokens: four million characters.
    const MOST_CHARS: usize = 1 << 22;

    /// A reply that ends with a full stop. `chars_per_token` is what a token stands for on average.
    pub fn new(text_seed: u64, tokens: u64, chars_per_token: f64) -> Self {
        let mut reply = Self::cut_short(text_seed, tokens, chars_per_token);
        end_well(&mut reply.text);
        reply
    }

    /// A reply that breaks off where its tokens end, as one does that met `maxTokens`.
    pub fn cut_short(text_seed: u64, tokens: u64, chars_per_token: f64) -> Self {
        let width = if chars_per_token.is_nan() {
            4.0
        } else {
            chars_per_token.clamp(1.0, 16.0)
        };
        let chars = ((tokens as f64 * width) as usize).min(Self::MOST_CHARS);
        Self {
            text: ramble(Seed::new(text_seed).stream(), chars),
            tokens,
        }
    }

    /// These words, in so many tokens.
    pub const fn given(text: String, tokens: u64) -> Self {
        Self { text, tokens }
    }

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it says nothing.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.text.clone()
    }

    /// The text of the tokens `from..to`, counted from zero. Chunks that meet make the whole text.
    pub fn chunk(&self, from_token: u64, to_token: u64) -> String {
        let start = self.place(from_token);
        let end = self.place(to_token).max(start);
        self.text[start..end].to_owned()
    }

    /// Where a token begins: within a given text, at the character before.
    fn place(&self, token: u64) -> usize {
        if token >= self.tokens {
            return self.text.len();
        }
        let share = u128::from(token) * self.text.len() as u128 / u128::from(self.tokens);
        let share = usize::try_from(share).unwrap_or(self.text.len());
        self.text.floor_char_boundary(share)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({} tokens, {} characters)", self.tokens, self.text.len())
    }
}

/// What every reply opens with.
const OPENING: &str = "This is an emulated answer: no model was asked.";

/// What replies go on with, in an order that the seed draws.
const SENTENCES: [&str; 24] = [
    "A region is a place, and places have bad days.",
    "Ask twice, wait a little longer each time, and leave the wait to chance.",
    "A breaker that opens early keeps a queue short.",
    "What is retried at once by everybody fails at once for everybody.",
    "The slowest hundredth of the answers is what people remember.",
    "A quota counts what you reserve before it counts what you use.",
    "Capacity is shared, and the neighbours are busy too.",
    "A profile knows more than one road to the same model.",
    "A client that can leave a region survives the loss of its door.",
    "Measure from the moment the request was meant to go out.",
    "Silence is an answer too, once a timeout has said so.",
    "The best failover is the one that was tried last week.",
    "A smaller model that answers is better than a larger one that does not.",
    "Every retry is a request that somebody else could have made.",
    "Probe gently before you trust a route again.",
    "Deadlines belong to the caller and are passed down whole.",
    "An error that arrives quickly is worth more than a late success.",
    "Load comes in waves, and averages hide them.",
    "Spare room looks like waste until the day it is needed.",
    "A stream that stops in the middle was not an answer.",
    "Write down what you expect, then break something and look.",
    "Two regions are no help if one budget pays for both.",
    "Numbers without a source are stories.",
    "These words were drawn from a seed, and the same seed draws them again.",
];

/// Steps through the sentences that meet each of the 24 before any comes again.
const STEPS: [usize; 6] = [5, 7, 11, 13, 17, 19];

/// Sentences up to exactly so many characters.
fn ramble(mut luck: Stream, chars: usize) -> String {
    let mut text = String::with_capacity(chars + 80);
    text.push_str(OPENING);
    let (mut next, mut step) = (0, 1);
    let mut said = 0;
    while text.len() < chars {
        if said % SENTENCES.len() == 0 {
            next = luck.below(SENTENCES.len());
            step = STEPS[luck.below(STEPS.len())];
        }
        text.push(' ');
        text.push_str(SENTENCES[next]);
        next = (next + step) % SENTENCES.len();
        said += 1;
    }
    text.truncate(chars);
    text
}

/// Ends a text at its last sentence if that keeps most of it, else at its last word.
fn end_well(text: &mut String) {
    if text.is_empty() || text.ends_with('.') {
        return;
    }
    if let Some(stop) = text.rfind('.')
        && stop * 4 >= text.len() * 3
    {
        text.truncate(stop + 1);
    } else if let Some(gap) = text.rfind(' ') {
        text.truncate(gap);
        text.truncate(text.trim_end_matches([',', ':', '.']).len());
        text.push('.');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reply_says_what_it_is_and_ends_with_a_full_stop() {
        let reply = Reply::new(7, 60, 4.4).text();
        assert!(reply.starts_with(OPENING), "{reply}");
        assert!(reply.ends_with('.'), "{reply}");
        assert!(
            (190..=264).contains(&reply.len()),
            "{} characters: {reply}",
            reply.len()
        );
    }

    #[test]
    fn no_sentence_comes_again_before_all_were_said() {
        for seed in 0..20 {
            let text = Reply::new(seed, 250, 4.4).text();
            let mut said: Vec<&str> = text.split_inclusive('.').map(str::trim).collect();
            let count = said.len();
            assert!(count > 15, "{text}");
            said.sort_unstable();
            said.dedup();
            assert_eq!(said.len(), count, "{text}");
        }
    }

    #[test]
    fn the_same_seed_says_the_same() {
        assert_eq!(Reply::new(7, 60, 4.4), Reply::new(7, 60, 4.4));
        assert_ne!(Reply::new(7, 60, 4.4), Reply::new(8, 60, 4.4));
    }

    #[test]
    fn a_reply_cut_short_breaks_off_where_its_tokens_end() {
        assert_eq!(Reply::cut_short(7, 20, 4.0).text().len(), 80);
    }

    #[test]
    fn the_median_length_is_the_plans() {
        let mut luck = Seed::new(2).stream();
        let mut drawn: Vec<u64> = (0..4_001)
            .map(|_| Length::wanted(ReplyPlan::default(), &mut luck))
            .collect();
        drawn.sort_unstable();
        assert!((58..=62).contains(&drawn[2_000]), "{}", drawn[2_000]);
    }

    proptest! {
        #[test]
        fn chunks_that_meet_make_the_whole_text(
            seed: u64, tokens in 0_u64..400, width in 1.0..6.0_f64, step in 1_u64..20,
        ) {
            let reply = Reply::new(seed, tokens, width);
            let chunks: String = (0..tokens)
                .step_by(step as usize)
                .map(|from| reply.chunk(from, from + step))
                .collect();
            prop_assert_eq!(chunks, reply.text());
        }

        #[test]
        fn a_reply_is_never_longer_than_its_limit(limit in 0_u64..5_000, seed: u64, median in 1.0..9_000.0_f64) {
            let plan = ReplyPlan { median_tokens: median, sigma: 0.8 };
            let wanted = Length::wanted(plan, &mut Seed::new(seed).stream());
            let length = Length::within(limit, wanted);
            prop_assert!(length.tokens <= limit);
            prop_assert_eq!(length.is_cut, wanted > limit);
        }
    }
}
