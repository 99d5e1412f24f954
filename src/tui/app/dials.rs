//! The dials as the person at the screen last turned them.
//!
//! The drill answers in a later snapshot. Until then a second press must start from the first
//! press's setting, not from the old one; afterwards the snapshot alone counts.

use std::borrow::Cow;
use std::time::Duration;

use crate::clock::Moment;
use crate::measure::Snapshot;
use crate::measure::snapshot::PatternSnapshot;
use crate::names::PatternKey;

/// Mantissas of the rates that a dial stops at.
const RATE_STOPS: [f64; 10] = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
/// The lowest rate of a dial, shots a second; below that there is the pause.
pub const RATE_MIN: f64 = 1.0;
/// The highest rate of a dial, shots a second.
pub const RATE_MAX: f64 = 10_000.0;
/// The highest cap of a dial, shots in flight.
pub const CAP_MAX: u64 = 16_384;
/// How long a turn counts more than what the drill says.
const SETTLES_IN: Duration = Duration::from_millis(800);

/// What was turned and is not yet to be seen in a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Dials {
    turns: Vec<Turn>,
}

#[derive(Clone, Debug)]
struct Turn {
    dial: Dial,
    to: f64,
    at: Moment,
}

/// A dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dial {
    /// Shots a second of one pattern, or of all.
    Rate(Option<PatternKey>),
    /// Shots in flight.
    Cap,
    /// Whether arrivals are stopped, 0 or 1.
    Paused,
    /// Whether a pattern fires, 0 or 1.
    On(PatternKey),
    /// A dial of a pattern's own, by its key.
    Tune(PatternKey, Cow<'static, str>),
}

impl Dials {
    /// Where a dial stands.
    pub fn setting(&self, dial: &Dial, live: &Snapshot) -> f64 {
        self.turns
            .iter()
            .find(|turn| turn.dial == *dial && live.at.since(turn.at) < SETTLES_IN)
            .map_or_else(|| reported(dial, live), |turn| turn.to)
    }

    /// Whether a dial stands anywhere but at zero.
    pub fn is_on(&self, dial: &Dial, live: &Snapshot) -> bool {
        self.setting(dial, live) > 0.0
    }

    /// Notes that a dial was turned.
    pub fn turn(&mut self, dial: Dial, to: f64, now: Moment) {
        // The rate of all patterns and that of one move each other.
        let is_rate = matches!(dial, Dial::Rate(_));
        self.turns.retain(|turn| {
            now.since(turn.at) < SETTLES_IN
                && turn.dial != dial
                && !(is_rate && matches!(turn.dial, Dial::Rate(_)))
        });
        self.turns.push(Turn { dial, to, at: now });
    }

    /// Forgets the turns: the drill did not take an order.
    pub fn forget(&mut self) {
        self.turns.clear();
    }
}

/// Shots a second asked of a pattern, over all its arms.
fn rate_of(pattern: &PatternSnapshot) -> f64 {
    pattern.arms.iter().map(|arm| arm.asked_rate).sum()
}

fn reported(dial: &Dial, live: &Snapshot) -> f64 {
    let find = |key: &PatternKey| live.patterns.iter().find(|pattern| pattern.key == *key);
    match dial {
        Dial::Rate(None) => live.asked_rate,
        Dial::Rate(Some(key)) => find(key).map_or(0.0, rate_of),
        Dial::Cap => live.concurrency_cap as f64,
        Dial::Paused => f64::from(u8::from(live.paused)),
        Dial::Tune(key, dial) => find(key)
            .and_then(|pattern| pattern.tunes.iter().find(|tune| tune.key == *dial))
            .map_or(0.0, |tune| tune.value),
        Dial::On(key) => f64::from(u8::from(find(key).is_some_and(|pattern| pattern.on))),
    }
}

/// The next stop of a rate dial; the rate itself at the dial's end and beyond.
pub fn rate_step(rate: f64, up: bool) -> f64 {
    let mut stops = (0..=4_i32)
        .flat_map(|decade| RATE_STOPS.map(|stop| stop * 10_f64.powi(decade)))
        .filter(|stop| (RATE_MIN..=RATE_MAX).contains(stop));
    // A rate within a thousandth of a stop stands at it.
    let next = if up {
        stops.find(|stop| *stop > rate * 1.001)
    } else {
        stops.rev().find(|stop| *stop < rate * 0.999)
    };
    next.unwrap_or(rate)
}

/// The next stop of the concurrency dial, powers of two; the cap itself at the dial's end and beyond.
pub fn cap_step(cap: u64, up: bool) -> u64 {
    match up {
        true if cap < CAP_MAX => (cap + 1).next_power_of_two(),
        false if cap > 1 => cap.div_ceil(2).next_power_of_two(),
        _ => cap,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_stop_at_round_numbers() {
        let walk = |rates: &[f64], up| {
            for pair in rates.windows(2) {
                assert!((rate_step(pair[0], up) - pair[1]).abs() < 1e-6, "{pair:?}");
            }
        };
        walk(&[8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0], true);
        walk(&[120.0, 100.0, 80.0, 60.0], false);
        walk(&[0.0, 1.0], true);
        walk(&[1.0, 1.0], false);
        walk(&[8_000.0, 10_000.0, 10_000.0], true);
        walk(&[20_000.0, 20_000.0], true);
        walk(&[0.5, 0.5], false);
        walk(&[21.7, 25.0], true);
    }

    #[test]
    fn caps_stop_at_powers_of_two() {
        let steps = [
            (0, 1, 0),
            (1, 2, 1),
            (100, 128, 64),
            (128, 256, 64),
            (20_000, 20_000, 16_384),
        ];
        for (cap, up, down) in steps {
            assert_eq!(
                (cap_step(cap, true), cap_step(cap, false)),
                (up, down),
                "from {cap}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_step_moves_the_way_it_was_turned(rate in 0.0_f64..100_000.0, cap in 0..=2 * CAP_MAX) {
            prop_assert!(rate_step(rate, true) >= rate * 0.999 && rate_step(rate, false) <= rate * 1.001);
            prop_assert!(cap_step(cap, true) >= cap && cap_step(cap, false) <= cap);
        }
    }
}
