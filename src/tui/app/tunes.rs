//! Keys for the dials that a pattern has of its own.

use super::App;
use super::dials::Dial;
use crate::drill::Command;
use crate::event::Turn;
use crate::measure::snapshot::TuneView;
use crate::names::PatternKey;
use crate::tui::effect::Effect;
use crate::tui::widget::tune_dials::setting;

const NONE: &str = "this pattern has no dial of its own";

impl App {
    /// Chooses another dial, round and round.
    pub(super) fn choose_tune(&mut self, step: i8) -> Vec<Effect> {
        let Some((_, tunes)) = self.tunes_shown() else {
            return self.say(NONE);
        };
        let count = tunes.len();
        let from = self.viewing.tune.min(count - 1);
        let to = if step < 0 { from + count - 1 } else { from + 1 } % count;
        self.viewing.tune = to;
        self.say(format!("< and > turn the {}", tunes[to].label))
    }

    /// Turns the chosen dial by its step, up to its ends.
    pub(super) fn turn_tune(&mut self, step: i8) -> Vec<Effect> {
        let Some((pattern, tunes)) = self.tunes_shown() else {
            return self.say(NONE);
        };
        let tune = &tunes[self.viewing.tune.min(tunes.len() - 1)];
        let dial = Dial::Tune(pattern.clone(), tune.key.clone());
        let from = self.dials.setting(&dial, &self.live);
        let to = (from + f64::from(step) * tune.step).clamp(tune.least, tune.most);
        if (to - from).abs() < 1e-9 {
            let end = setting(tune, from);
            return self.say(format!("{}: {end} is the end of the dial", tune.label));
        }
        let answer = format!("{}: {} → {}", tune.label, setting(tune, from), setting(tune, to));
        let command = Command::Turn(Turn::Own {
            pattern,
            dial: tune.key.clone().into_owned(),
            value: to,
        });
        self.note(dial, to);
        self.send(command, answer)
    }

    /// The pattern shown and its dials, if it has any.
    fn tunes_shown(&self) -> Option<(PatternKey, Vec<TuneView>)> {
        let pattern = self.pattern_shown()?;
        let has_some = !pattern.tunes.is_empty();
        has_some.then(|| (pattern.key.clone(), pattern.tunes.clone()))
    }
}
