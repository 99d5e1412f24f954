//! A guided tour: narrated steps over a run, one after the other, each for its time.
//!
//! Knows which step stands and how long; the app opens its page and presses its keys.

mod script;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;

pub use self::script::{Script, Step};

/// A tour under way.
#[derive(Clone, Debug)]
pub struct Tour {
    script: Arc<Script>,
    place: usize,
    /// When the step began; while it waits: how much of it is over.
    pace: Pace,
    /// The furthest step whose keys were pressed.
    pressed: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pace {
    /// Since a moment of the run.
    Goes(Moment),
    Waits(Duration),
}

/// What the strip shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Narration {
    /// The step.
    pub step: Arc<Step>,
    /// Its place, from one, and how many there are.
    pub place: (usize, usize),
    /// How long it still stands.
    pub left: Duration,
    /// Whether it waits for the viewer.
    pub waits: bool,
}

impl Tour {
    /// A tour that begins with its first step.
    pub const fn new(script: Arc<Script>, now: Moment) -> Self {
        Self {
            script,
            place: 0,
            pace: Pace::Goes(now),
            pressed: None,
        }
    }

    /// The step that stands.
    pub fn step(&self) -> &Arc<Step> {
        &self.script.steps[self.place]
    }

    /// Whether a step is over, so that the next one is due. The last one is never over.
    pub fn is_due(&self, now: Moment) -> bool {
        let over = match self.pace {
            Pace::Goes(since) => now.since(since) >= self.step().lasts,
            Pace::Waits(_) => false,
        };
        over && self.place + 1 < self.script.steps.len()
    }

    /// Goes steps forth or back; whether there was such a step.
    pub fn go(&mut self, steps: i8, now: Moment) -> bool {
        let wanted = self.place.checked_add_signed(steps.into());
        let Some(place) = wanted.filter(|place| *place < self.script.steps.len()) else {
            return false;
        };
        self.place = place;
        self.pace = match self.pace {
            Pace::Goes(_) => Pace::Goes(now),
            Pace::Waits(_) => Pace::Waits(Duration::ZERO),
        };
        true
    }

    /// Waits for the viewer, or goes on; whether it waits now.
    pub fn wait_or_go_on(&mut self, now: Moment) -> bool {
        self.pace = match self.pace {
            Pace::Goes(since) => Pace::Waits(now.since(since)),
            Pace::Waits(over) => Pace::Goes(now - over),
        };
        matches!(self.pace, Pace::Waits(_))
    }

    /// The keys of the step, the first time they are asked for: what was broken once is not broken
    /// again by going back.
    pub fn keys(&mut self) -> Option<String> {
        let is_new = self.pressed.is_none_or(|pressed| pressed < self.place);
        self.pressed = self.pressed.max(Some(self.place));
        self.step().keys.clone().filter(|_| is_new)
    }

    /// What the strip shows.
    pub fn narration(&self, now: Moment) -> Narration {
        let over = match self.pace {
            Pace::Goes(since) => now.since(since),
            Pace::Waits(over) => over,
        };
        Narration {
            step: Arc::clone(self.step()),
            place: (self.place + 1, self.script.steps.len()),
            left: self.step().lasts.saturating_sub(over),
            waits: matches!(self.pace, Pace::Waits(_)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::from_secs(seconds)
    }

    #[test]
    fn a_step_stands_for_its_time_and_waits_when_told() {
        let script = Script::shipped().expect("the shipped tour is sound");
        let lasts = script.steps[0].lasts.as_secs();
        let last = script.steps.len();
        let mut tour = Tour::new(Arc::new(script), at(0));
        assert!(!tour.is_due(at(lasts - 1)) && tour.is_due(at(lasts)));
        assert!(tour.wait_or_go_on(at(5)) && !tour.is_due(at(900)));
        assert_eq!(tour.narration(at(900)).left.as_secs(), lasts - 5);
        assert!(!tour.wait_or_go_on(at(900)) && tour.is_due(at(900 + lasts - 5)));
        assert!(!tour.go(-1, at(901)), "there is nothing before the first");
        while tour.go(1, at(901)) {}
        assert_eq!(tour.narration(at(901)).place, (last, last));
        assert!(!tour.is_due(at(9_000)), "the last step stays");
    }

    #[test]
    fn keys_are_pressed_once() {
        let script = Script::shipped().expect("the shipped tour is sound");
        let mut tour = Tour::new(Arc::new(script), at(0));
        while tour.step().keys.is_none() {
            assert!(tour.go(1, at(1)));
        }
        assert!(tour.keys().is_some() && tour.keys().is_none());
        tour.go(-1, at(2));
        tour.keys();
        tour.go(1, at(3));
        assert!(tour.keys().is_none());
    }
}
