//! Where a replay should stand. Pure: orders and the time of the clock in, a goal out.

use std::fmt;
use std::time::Duration;

use crate::clock::Moment;

/// Markers closer than this to the present one are passed over on the way back: it is them that one
/// has just jumped to.
const AT_MARKER: Duration = Duration::from_millis(500);

/// What a person may ask of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Play or pause; at the end: from the start.
    Toggle,
    /// The next faster speed.
    Faster,
    /// The next slower speed.
    Slower,
    /// So many seconds forth, back if negative.
    By(i16),
    /// To the next marker.
    NextMarker,
    /// To the marker before.
    PreviousMarker,
    /// To the start.
    Start,
    /// To the end.
    End,
}

/// How fast a replay plays.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Speed {
    /// So many times as fast as the run.
    Times(f64),
    /// As fast as it can be folded.
    Most,
}

impl Speed {
    /// Every speed, the slowest first.
    pub const ALL: [Self; 10] = [
        Self::Times(0.25),
        Self::Times(0.5),
        Self::Times(1.0),
        Self::Times(2.0),
        Self::Times(4.0),
        Self::Times(8.0),
        Self::Times(16.0),
        Self::Times(32.0),
        Self::Times(64.0),
        Self::Most,
    ];

    fn step(self, up: bool) -> Self {
        let place = Self::ALL.iter().position(|speed| *speed == self).unwrap_or(2);
        let next = if up { place + 1 } else { place.saturating_sub(1) };
        Self::ALL.get(next).copied().unwrap_or(self)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "{times}x"),
            Self::Most => f.write_str("full speed"),
        }
    }
}

/// Where the fold should be brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To this moment of the run.
    To(Moment),
    /// To the first marker after this moment.
    MarkerAfter(Moment),
}

/// The state of a replay.
#[derive(Clone, Debug)]
pub struct Deck {
    end: Moment,
    speed: Speed,
    plays: bool,
    /// What a jump leads to, until it is reached.
    jump: Option<Goal>,
    /// The moment of the run at which it stood, and when on the clock.
    anchor: (Moment, Moment),
}

impl Deck {
    /// A replay that begins to play at the start.
    pub const fn new(end: Moment, now: Moment) -> Self {
        Self {
            end,
            speed: Speed::Times(1.0),
            plays: true,
            jump: None,
            anchor: (Moment::ZERO, now),
        }
    }

    /// Where the recording ends.
    pub const fn end(&self) -> Moment {
        self.end
    }

    /// The recording turns out to be shorter.
    pub const fn ends_at(&mut self, end: Moment) {
        self.end = end;
    }

    /// How fast it plays, or would.
    pub const fn speed(&self) -> Speed {
        self.speed
    }

    /// Whether it plays.
    pub const fn plays(&self) -> bool {
        self.plays
    }

    /// Whether a jump has not yet arrived.
    pub const fn jumps(&self) -> bool {
        self.jump.is_some()
    }

    /// Takes an order while the fold stands at a moment; `marks` are the markers up to there, in
    /// order.
    pub fn obey(&mut self, order: Order, at: Moment, marks: &[Moment], now: Moment) {
        let from = match self.jump {
            // Orders add up, however long the first jump takes.
            Some(Goal::To(target)) => target,
            _ => at,
        };
        match order {
            Order::Toggle if !self.plays && at >= self.end => {
                self.plays = true;
                self.jump = Some(Goal::To(Moment::ZERO));
            }
            Order::Toggle => self.plays = !self.plays,
            Order::Faster => self.speed = self.speed.step(true),
            Order::Slower => self.speed = self.speed.step(false),
            Order::By(seconds) => {
                let span = Duration::from_secs(u64::from(seconds.unsigned_abs()));
                let target = if seconds < 0 { from - span } else { from + span };
                self.jump = Some(Goal::To(target.min(self.end)));
            }
            Order::NextMarker => self.jump = Some(Goal::MarkerAfter(from)),
            Order::PreviousMarker => {
                let before = marks.iter().rfind(|mark| **mark + AT_MARKER < from);
                self.jump = Some(Goal::To(before.copied().unwrap_or(Moment::ZERO)));
            }
            Order::Start => self.jump = Some(Goal::To(Moment::ZERO)),
            Order::End => {
                self.plays = false;
                self.jump = Some(Goal::To(self.end));
            }
        }
        self.anchor = (at, now);
    }

    /// Where the fold should be.
    pub fn goal(&self, now: Moment) -> Goal {
        if let Some(jump) = self.jump {
            return jump;
        }
        let (at, since) = self.anchor;
        let target = match self.speed {
            _ if !self.plays => at,
            Speed::Times(times) => at + now.since(since).mul_f64(times),
            Speed::Most => self.end,
        };
        Goal::To(target.min(self.end))
    }

    /// The fold stands at a moment; `arrived` if that is the goal, or there is nothing beyond.
    pub fn stands(&mut self, at: Moment, arrived: bool, now: Moment) {
        if arrived && self.jump.take().is_some() {
            self.anchor = (at, now);
        }
        if !arrived {
            // What cannot be folded in time is not made up for: it would never stop.
            self.anchor = (at, now);
        }
        if arrived && self.plays && at >= self.end {
            self.plays = false;
            self.anchor = (at, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Moment = Moment::from_secs(100);

    fn at(secs: u64) -> Moment {
        Moment::from_secs(secs)
    }

    #[test]
    fn it_plays_at_its_speed_and_stands_while_it_is_paused() {
        let mut deck = Deck::new(END, at(0));
        assert_eq!(deck.goal(at(3)), Goal::To(at(3)));
        deck.obey(Order::Faster, at(3), &[], at(3));
        deck.obey(Order::Faster, at(3), &[], at(3));
        assert_eq!(deck.goal(at(5)), Goal::To(at(11)), "four times as fast");
        deck.obey(Order::Toggle, at(11), &[], at(5));
        assert_eq!(deck.goal(at(50)), Goal::To(at(11)));
        deck.obey(Order::Toggle, at(11), &[], at(50));
        assert_eq!(deck.goal(at(90)), Goal::To(END), "and no further than to the end");
        deck.stands(END, true, at(90));
        assert!(!deck.plays());
    }

    #[test]
    fn jumps_add_up_until_they_arrive_and_then_it_plays_on() {
        let mut deck = Deck::new(END, at(0));
        deck.obey(Order::By(-5), at(40), &[], at(40));
        deck.obey(Order::By(-5), at(40), &[], at(40));
        assert_eq!(deck.goal(at(41)), Goal::To(at(30)));
        deck.stands(at(12), false, at(42));
        assert!(deck.jumps());
        deck.stands(at(30), true, at(43));
        assert_eq!(deck.goal(at(45)), Goal::To(at(32)));
        deck.obey(Order::By(-90), at(32), &[], at(45));
        assert_eq!(deck.goal(at(45)), Goal::To(at(0)), "not before the start");
    }

    #[test]
    fn the_way_back_leads_from_marker_to_marker() {
        let mut deck = Deck::new(END, at(0));
        let marks = [at(10), at(20)];
        deck.obey(Order::PreviousMarker, at(20), &marks, at(0));
        assert_eq!(deck.goal(at(0)), Goal::To(at(10)));
        deck.stands(at(10), true, at(0));
        deck.obey(Order::PreviousMarker, at(10), &marks[..1], at(0));
        assert_eq!(
            deck.goal(at(0)),
            Goal::To(at(0)),
            "before the first there is the start"
        );
        deck.obey(Order::NextMarker, at(10), &marks[..1], at(0));
        assert_eq!(deck.goal(at(0)), Goal::MarkerAfter(at(0)));
    }

    #[test]
    fn at_the_end_it_plays_again_from_the_start() {
        let mut deck = Deck::new(END, at(0));
        deck.obey(Order::End, at(5), &[], at(5));
        deck.stands(END, true, at(6));
        assert!(!deck.plays());
        deck.obey(Order::Toggle, END, &[], at(7));
        assert!(deck.plays());
        assert_eq!(deck.goal(at(7)), Goal::To(at(0)));
    }

    #[test]
    fn a_speed_that_cannot_be_kept_is_not_made_up_for() {
        let mut deck = Deck::new(END, at(0));
        deck.stands(at(1), false, at(10));
        assert_eq!(deck.goal(at(11)), Goal::To(at(2)));
    }
}
