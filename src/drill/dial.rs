//! The dials of a run: turned in one way, whoever asks, and told as a fact.

use crate::clock::Moment;
use crate::event::{Asker, Fact, Turn};
use crate::load::{Dials, Gate};
use crate::names::PatternKey;
use crate::patterns::tunes::Tunes;

/// Everything that can be turned.
#[derive(Clone, Copy, Debug)]
pub struct DialBoard<'a> {
    /// Rates, on and off, paused.
    pub dials: &'a Dials,
    /// The cap on shots in flight.
    pub gate: &'a Gate,
    /// Each pattern's own dials.
    pub tunes: &'a [Tunes],
    /// Each pattern's key and how many arms it has, in the order of the run.
    pub patterns: &'a [(PatternKey, usize)],
}

impl DialBoard<'_> {
    /// Turns a dial from just after `now` on and says what changed; `None` for a pattern or a dial
    /// that the run does not have.
    pub fn turn(&self, turn: &Turn, by: Asker, now: Moment) -> Option<Fact> {
        let (name, from, to) = match turn {
            Turn::Rate { pattern, rate } => {
                let (name, was) = self.set_rate(pattern.as_ref(), *rate, now)?;
                (name, per_second(was), per_second(*rate))
            }
            Turn::Concurrency(cap) => {
                let was = self.gate.counts().cap;
                self.gate.set_cap(*cap);
                ("concurrency".to_owned(), was.to_string(), cap.to_string())
            }
            Turn::On { pattern, on } => {
                let place = self.place(pattern)?;
                let was = self.dials.is_on(place);
                self.dials.set_on(place, *on, now);
                (pattern.to_string(), on_or_off(was), on_or_off(*on))
            }
            Turn::Own { pattern, dial, value } => {
                let (was, is) = self.tunes.get(self.place(pattern)?)?.set(dial, *value)?;
                (format!("{pattern} {dial}"), was.to_string(), is.to_string())
            }
            Turn::Paused(paused) => {
                self.dials.set_paused(*paused, now);
                return Some(Fact::Paused { paused: *paused, by });
            }
        };
        Some(Fact::DialTurned {
            dial: name,
            from,
            to,
            by,
            turn: turn.clone(),
        })
    }

    /// One pattern's rate, or all of them in proportion; gives the dial's name and the rate it had.
    fn set_rate(&self, pattern: Option<&PatternKey>, rate: f64, now: Moment) -> Option<(String, f64)> {
        let Some(pattern) = pattern else {
            let asked = |place| self.dials.asked_rate(place, now);
            let was: f64 = (0..self.patterns.len()).map(asked).sum();
            let factor = if was > 0.0 { rate / was } else { 0.0 };
            for place in 0..self.patterns.len() {
                let asked = asked(place);
                if asked > 0.0 {
                    self.dials.set_rate(place, asked * factor, now);
                }
            }
            return Some(("rate".to_owned(), was));
        };
        let place = self.place(pattern)?;
        let was = self.dials.asked_rate(place, now);
        self.dials.set_rate(place, rate, now);
        Some((format!("{pattern} rate"), was))
    }

    fn place(&self, pattern: &PatternKey) -> Option<usize> {
        self.patterns.iter().position(|(key, _)| key == pattern)
    }
}

fn per_second(rate: f64) -> String {
    format!("{rate:.1}/s")
}

fn on_or_off(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}
