//! A recording in the place of a run: nothing of it can be changed, all of it can be gone to.

use std::time::Duration;

use super::{ANSWER_STANDS, App};
use crate::replay::{Order, Playing, Speed};
use crate::tui::effect::Effect;

/// As fast as possible is hardly ever faster than this.
const MOST_TIMES: f64 = 2_000.0;

impl App {
    /// The replay says where it stands.
    pub(super) fn plays(&mut self, playing: Playing) -> Vec<Effect> {
        let flaw = playing.flaw.clone();
        let is_new = self.viewing.replay.as_ref().is_some_and(|was| was.flaw != flaw);
        self.viewing.replay = Some(playing);
        match flaw {
            Some(flaw) if is_new => self.say(flaw),
            _ => Vec::new(),
        }
    }

    pub(super) fn play(&mut self, order: Order) -> Vec<Effect> {
        if self.drill_ended {
            return self.say("the recording can be played no further, q leaves");
        }
        self.answer = None;
        vec![Effect::Replay(order)]
    }

    /// How long an answer stands, in the run's time: a person reads no faster in a fast replay.
    pub(super) fn answer_stands(&self) -> Duration {
        let times = match &self.viewing.replay {
            None => 1.0,
            Some(playing) => match playing.speed {
                Speed::Times(times) => times,
                Speed::Most => MOST_TIMES,
            },
        };
        ANSWER_STANDS.mul_f64(times)
    }
}
