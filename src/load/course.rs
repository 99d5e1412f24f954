//! The course of a planned rate in closed form: which rate holds when, how many arrivals a stretch
//! of it brings, and when the next one is reached.

use std::time::Duration;

use super::plan::{Course, LoadPlan};
use crate::clock::Moment;

/// A stretch, from a moment the asker knows, in which the rate moves in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    /// When it ends.
    pub(super) ends_at: Moment,
    /// Arrivals a second at its beginning.
    pub(super) from: f64,
    /// Arrivals a second at its end.
    pub(super) to: f64,
}

impl Piece {
    /// One rate for ever.
    pub(super) fn held(rate: f64) -> Self {
        let rate = sound(rate);
        Self {
            ends_at: Moment::FAR,
            from: rate,
            to: rate,
        }
    }

    /// The same stretch with its rates times a factor.
    pub(super) fn times(self, factor: f64) -> Self {
        Self {
            from: self.from * factor,
            to: self.to * factor,
            ..self
        }
    }

    /// Arrivals from its beginning until `until`.
    pub(super) fn arrivals(&self, begins_at: Moment, until: Moment) -> f64 {
        let span = seconds(begins_at, until);
        span * (self.from + 0.5 * self.slope(begins_at) * span)
    }

    /// When `wanted` arrivals are reached (at once for none or fewer); `None` if not before
    /// `until`, or if it brings none at all.
    pub(super) fn reach(&self, begins_at: Moment, wanted: f64, until: Moment) -> Option<Moment> {
        if self.from <= 0.0 && self.to <= 0.0 {
            return None;
        }
        let wanted = wanted.max(0.0);
        // The root of wanted = from x + slope/2 x^2 in the form that loses no digits.
        let under = self.from * self.from + 2.0 * self.slope(begins_at) * wanted;
        if under < 0.0 {
            return None;
        }
        let after = if wanted > 0.0 {
            2.0 * wanted / (self.from + under.sqrt())
        } else {
            0.0
        };
        let at = begins_at + nanos(after);
        (at < until).then_some(at)
    }

    fn slope(&self, begins_at: Moment) -> f64 {
        let span = seconds(begins_at, self.ends_at);
        if self.from.total_cmp(&self.to).is_eq() || span <= 0.0 {
            0.0
        } else {
            (self.to - self.from) / span
        }
    }
}

impl LoadPlan {
    /// Shots a second at a moment, over all arms of the pattern, bursts left out.
    pub fn rate_at(&self, at: Moment) -> f64 {
        self.piece_at(at).from
    }

    /// The stretch that begins at `at`.
    pub(super) fn piece_at(&self, at: Moment) -> Piece {
        let mut begins_at = Moment::ZERO;
        for stage in &self.stages {
            let ends_at = begins_at + stage.lasts;
            if at < ends_at {
                return piece(stage.course, begins_at, at, ends_at);
            }
            begins_at = ends_at;
        }
        Piece::held(self.last_rate())
    }

    /// The rate at the end of the last stage.
    fn last_rate(&self) -> f64 {
        match self.stages.last() {
            None => 0.0,
            Some(stage) => match stage.course {
                Course::Hold(rate) | Course::Ramp { to: rate, .. } => rate,
                Course::Pulse { .. } => {
                    let last = Moment::ZERO + stage.lasts - Duration::from_nanos(1);
                    piece(stage.course, Moment::ZERO, last, Moment::FAR).from
                }
            },
        }
    }
}

/// The part of a stage's course from `at` on.
fn piece(course: Course, begins_at: Moment, at: Moment, ends_at: Moment) -> Piece {
    let (from, to, ends_at) = match course {
        Course::Hold(rate) => (rate, rate, ends_at),
        Course::Ramp { from, to } => {
            let whole = seconds(begins_at, ends_at);
            let done = seconds(begins_at, at) / whole.max(f64::MIN_POSITIVE);
            (from + (to - from) * done, to, ends_at)
        }
        Course::Pulse { high, low, on, off } => {
            let period = (on + off).max(Duration::from_nanos(1)).as_nanos();
            let phase =
                Duration::from_nanos(u64::try_from(at.since(begins_at).as_nanos() % period).unwrap_or(0));
            let (rate, left) = if phase < on {
                (high, on.saturating_sub(phase))
            } else {
                (low, (on + off).saturating_sub(phase))
            };
            // Never an empty piece: a plan with no period at all would hold the generator still.
            (rate, rate, ends_at.min(at + left.max(Duration::from_millis(1))))
        }
    };
    Piece {
        ends_at,
        from: sound(from),
        to: sound(to),
    }
}

/// A rate one can count with: negative and non-finite ones are none.
fn sound(rate: f64) -> f64 {
    if rate.is_finite() { rate.max(0.0) } else { 0.0 }
}

fn seconds(from: Moment, to: Moment) -> f64 {
    (to.as_nanos().saturating_sub(from.as_nanos())) as f64 / 1e9
}

/// A span to the nanosecond; what no run lives to see is [`Duration::MAX`].
fn nanos(seconds: f64) -> Duration {
    let nanos = (seconds * 1e9).round();
    if nanos < u64::MAX as f64 {
        Duration::from_nanos(nanos as u64)
    } else {
        Duration::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::{Spacing, Stage};

    #[test]
    fn the_last_rate_stays_after_the_last_stage() {
        let pulse = Course::Pulse {
            high: 9.0,
            low: 2.0,
            on: Duration::from_secs(1),
            off: Duration::from_secs(3),
        };
        for (course, stays) in [
            (Course::Hold(5.0), 5.0),
            (Course::Ramp { from: 1.0, to: 7.0 }, 7.0),
            (pulse, 2.0),
        ] {
            let plan = LoadPlan {
                spacing: Spacing::Constant,
                stages: vec![Stage {
                    lasts: Duration::from_secs(10),
                    course,
                }],
                bursts: Vec::new(),
            };
            assert!(
                (plan.rate_at(Moment::from_secs(11)) - stays).abs() < 1e-12,
                "{course:?}"
            );
        }
    }

    #[test]
    fn a_ramp_brings_the_area_under_it() {
        let ramp = Piece {
            ends_at: Moment::from_secs(10),
            from: 0.0,
            to: 20.0,
        };
        let half_way = Moment::from_secs(5);
        assert!((ramp.arrivals(Moment::ZERO, half_way) - 25.0).abs() < 1e-9);
        assert_eq!(ramp.reach(Moment::ZERO, 25.0, Moment::FAR), Some(half_way));
    }
}
