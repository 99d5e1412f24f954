//! A call in service, and the guard that settles it however it ends.

use std::sync::Arc;

use super::Inner;
use crate::clock::Moment;
use crate::emulator::wire::answer::{Ending, Stop};
use crate::emulator::wire::ask::Ask;
use crate::emulator::wire::script::{Says, Script, Shape};
use crate::emulator::world::reply::Reply;
use crate::emulator::world::{Serving, Settlement};
use crate::units::TokenUsage;

/// What a reply says, and where a stop sequence ends it.
#[derive(Debug)]
pub(super) struct Speech {
    reply: Reply,
    /// Tokens generated.
    pub tokens: u64,
    /// Bytes of text, where a stop sequence cut it.
    end: Option<usize>,
    /// Why it stops.
    pub stop: Stop,
    /// Where its parts meet.
    pub shape: Shape,
}

impl Speech {
    /// The speech of a call, ending at the first of the stop sequences.
    pub fn new(serving: &Serving, ask: &Ask) -> Self {
        let said = (serving.text_seed, serving.usage.output);
        let width = serving.model.chars_per_token;
        Self::saying(said, width, serving.hits_max_tokens, ask)
    }

    /// The speech of a seed, in so many tokens of `width` characters.
    pub fn saying(said: (u64, u64), width: f64, is_cut: bool, ask: &Ask) -> Self {
        let stop_sequences = ask.stop_sequences.as_slice();
        match &ask.script {
            script if *script == Script::default() => Self::prose(said, width, is_cut, stop_sequences),
            Script {
                thinks,
                says: Says::Prose,
            } => {
                let mut speech = Self::prose(said, width, is_cut, &[]);
                if *thinks {
                    speech.shape.reasoning = speech.thought_end();
                }
                speech.stopped(stop_sequences)
            }
            script => Self::scripted(said, width, is_cut, script),
        }
    }

    /// Reasoning, where there is some, and what the script says; cut where its tokens end.
    fn scripted((seed, tokens): (u64, u64), width: f64, is_cut: bool, script: &Script) -> Self {
        let (said, tool) = match &script.says {
            Says::Prose => ("", None),
            Says::Words(words) => (words.as_str(), None),
            Says::Tool { name, input } => (input.as_str(), Some(Arc::clone(name))),
        };
        let mut text = if script.thinks {
            Reply::new(seed, Script::THOUGHT_TOKENS, width).text()
        } else {
            String::new()
        };
        let reasoning = text.len();
        text.push_str(said);
        if is_cut {
            let whole = script.tokens(width).unwrap_or(tokens).max(1);
            let share = u128::from(tokens) * text.len() as u128 / u128::from(whole);
            let end = usize::try_from(share).unwrap_or(text.len());
            text.truncate(text.floor_char_boundary(end));
        }
        let stop = match (is_cut, &tool) {
            (true, _) => Stop::MaxTokens,
            (false, Some(_)) => Stop::ToolUse,
            (false, None) => Stop::EndTurn,
        };
        // Of arguments that were cut before they began there is nothing to tell.
        let tool = tool.filter(|_| text.len() > reasoning || !is_cut);
        Self {
            reply: Reply::given(text, tokens),
            tokens,
            end: None,
            stop,
            shape: Shape { reasoning, tool },
        }
    }

    /// The end of the sentence that reaches a third of the text: so much of it is reasoning.
    fn thought_end(&self) -> usize {
        let text = self.reply.text();
        let third = text.floor_char_boundary(text.len() / 3);
        let sentence = text[third..].find(". ").map(|at| third + at + 2);
        sentence.filter(|end| *end < text.len()).unwrap_or(third)
    }

    fn prose((seed, tokens): (u64, u64), width: f64, is_cut: bool, stop_sequences: &[String]) -> Self {
        let reply = if is_cut {
            Reply::cut_short(seed, tokens, width)
        } else {
            Reply::new(seed, tokens, width)
        };
        let stop = if is_cut { Stop::MaxTokens } else { Stop::EndTurn };
        let speech = Self {
            reply,
            tokens,
            end: None,
            stop,
            shape: Shape::default(),
        };
        if stop_sequences.is_empty() {
            speech
        } else {
            speech.stopped(stop_sequences)
        }
    }

    fn stopped(mut self, stop_sequences: &[String]) -> Self {
        let text = self.reply.text();
        let found = stop_sequences
            .iter()
            .filter(|sequence| !sequence.is_empty())
            .filter_map(|sequence| {
                let found = text[self.shape.reasoning..].find(sequence.as_str());
                found.map(|at| (at + self.shape.reasoning, sequence))
            })
            .min_by_key(|(at, _)| *at);
        if let Some((at, sequence)) = found {
            let spoken = at + sequence.len();
            let place = |token: u64| self.reply.chunk(0, token).len();
            let (mut low, mut high) = (1, self.tokens.max(1));
            while low < high {
                let middle = low + (high - low) / 2;
                if place(middle) < spoken {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            self.tokens = low;
            self.end = Some(at);
            self.stop = Stop::Sequence(sequence.clone());
        }
        self
    }

    /// Ends at a byte of the text, because of what a guardrail found there.
    pub fn break_at(&mut self, at: usize) {
        self.end = Some(self.end.map_or(at, |end| end.min(at)));
        self.stop = Stop::Guardrail;
    }

    /// Says something else, because a guardrail wants it so; its tokens were generated all the same.
    pub fn say_instead(&mut self, words: &str) {
        self.mask(words.to_owned());
        self.stop = Stop::Guardrail;
    }

    /// Says the same with parts of it masked.
    pub fn mask(&mut self, text: String) {
        self.reply = Reply::given(text, self.tokens);
        self.end = None;
        self.shape = Shape::default();
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = self.reply.text();
        if let Some(end) = self.end {
            text.truncate(end);
        }
        text
    }

    /// The text of the tokens `from..to`.
    pub fn chunk(&self, from: u64, to: u64) -> String {
        let mut chunk = self.reply.chunk(from, to);
        if let Some(end) = self.end {
            let before = self.reply.chunk(0, from).len();
            chunk.truncate(end.saturating_sub(before));
        }
        chunk
    }
}

/// A call in service. Dropped before it is finished, the caller has hung up: what was generated by
/// then is billed.
#[derive(Debug)]
pub(super) struct Work {
    inner: Arc<Inner>,
    pub serving: Box<Serving>,
    pub speech: Speech,
    /// When the call arrived.
    pub arrived: Moment,
    /// Tokens that will be generated: fewer than the speech where the stream is cut.
    pub last_token: u64,
    is_open: bool,
}

impl Work {
    /// A call that was just admitted.
    pub fn new(inner: Arc<Inner>, serving: Box<Serving>, speech: Speech, arrived: Moment) -> Self {
        let last_token = match serving.cut {
            Some((after, _)) => after.min(speech.tokens),
            None => speech.tokens,
        };
        Self {
            inner,
            serving,
            speech,
            arrived,
            last_token,
            is_open: true,
        }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    /// When the `n`-th token is due, from one.
    pub fn due(&self, token: u64) -> Moment {
        self.arrived + self.serving.token_due(token)
    }

    /// Settles a whole answer and tells what it took.
    pub fn finish(&mut self) -> Ending {
        let now = self.now();
        let usage = self.used(self.speech.tokens);
        self.settle(now, usage, true);
        Ending {
            stop: self.speech.stop.clone(),
            usage,
            latency_ms: now.since(self.arrived).as_millis() as u64,
            first_byte_ms: self.serving.first_token.as_millis() as u64,
        }
    }

    /// Settles an answer that the service broke off.
    pub fn break_off(&mut self) {
        let usage = self.used(self.last_token);
        self.settle(self.now(), usage, false);
    }

    /// A future that ends at a moment, independent of this call's life.
    pub fn sleep_until(&self, at: Moment) -> impl Future<Output = ()> + Send + Sync + use<> {
        let clock = self.inner.clock.clone();
        async move { clock.sleep_until(at).await }
    }

    fn used(&self, output: u64) -> TokenUsage {
        TokenUsage {
            output,
            ..self.serving.usage
        }
    }

    fn settle(&mut self, at: Moment, usage: TokenUsage, completed: bool) {
        if std::mem::take(&mut self.is_open) {
            let end = Settlement { usage, at, completed };
            self.inner.world().settle(self.serving.ticket, end);
        }
    }

    /// Tokens generated by a moment.
    fn generated_by(&self, now: Moment) -> u64 {
        let since = now.since(self.arrived);
        let Some(streaming) = since.checked_sub(self.serving.first_token) else {
            return 0;
        };
        let step = self.serving.per_token.as_nanos();
        let more = streaming
            .as_nanos()
            .checked_div(step)
            .unwrap_or(u128::from(u64::MAX));
        u64::try_from(more)
            .unwrap_or(u64::MAX)
            .saturating_add(1)
            .min(self.last_token)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.is_open {
            let now = self.now();
            let usage = self.used(self.generated_by(now));
            self.settle(now, usage, false);
        }
    }
}
