//! When shots are wanted: the intended times of one arm, computed, never drawn from a clock.
//!
//! Arrivals are points in operational time, the integral of the rate: whole numbers for even
//! spacing, sums of unit exponentials for a Poisson process. The intended time is where the
//! integral reaches the point. So a turned dial moves the times after it and nothing else, and every
//! lane, given the same plan, seed and turns, computes the same stream. Arms of one pattern share
//! the seed: their shots are wanted at the same moments, a paired comparison.
//!
//! Each arm gets the pattern's rate divided by its arms. The first shot is wanted at once.

use std::collections::VecDeque;
use std::sync::Arc;

use super::course::Piece;
use super::dials::Turn;
use super::plan::{LoadPlan, Spacing};
use crate::clock::Moment;
use crate::seed::{Seed, Stream};

/// One shot that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its number within the arm, from zero.
    pub index: u64,
    /// When it is wanted.
    pub intended_at: Moment,
}

/// The arrivals of one arm, in order.
#[derive(Clone, Debug)]
pub struct Arrivals {
    plan: Arc<LoadPlan>,
    /// Over how many arms the plan is.
    planned_for: u32,
    /// Over how many arms a rate set by hand is.
    arms: u32,
    draws: Stream,
    /// The next arrival of the stages, in operational time.
    target: f64,
    base: Cursor,
    turns: VecDeque<Turn>,
    index: u64,
    last_at: Moment,
    ahead: Option<Ahead>,
}

/// How far the integral has been followed. Never moved for an arrival, so no rounding adds up.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    at: Moment,
    /// Operational time at `at`.
    work: f64,
    /// A rate set by hand, over all arms.
    rate: Option<f64>,
    running: bool,
    /// Turns applied, of those in the queue.
    turned: usize,
    /// The burst that was last come upon: when, and which of the plan.
    burst: Option<(Moment, usize)>,
    /// Shots of that burst still to come.
    burst_left: u32,
}

/// The next arrival and where its finding led.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    at: Moment,
    after: Cursor,
    of_burst: bool,
}

impl Arrivals {
    /// The stream of one of `arms` arms (at least one), by a plan over all of them. `seed` is the
    /// pattern's.
    pub fn new(plan: Arc<LoadPlan>, arms: usize, seed: Seed) -> Self {
        let arms = u32::try_from(arms).unwrap_or(u32::MAX).max(1);
        Self {
            planned_for: arms,
            ..Self::of_each(plan, arms as usize, seed)
        }
    }

    /// The same by a plan of each arm, so that arms of patterns with more and fewer of them agree to
    /// the nanosecond. A rate set by hand is still over all `arms` of the pattern.
    pub fn of_each(plan: Arc<LoadPlan>, arms: usize, seed: Seed) -> Self {
        Self {
            plan,
            planned_for: 1,
            arms: u32::try_from(arms).unwrap_or(u32::MAX).max(1),
            draws: seed.derive("arrivals").stream(),
            target: 0.0,
            base: Cursor {
                at: Moment::ZERO,
                work: 0.0,
                rate: None,
                running: true,
                turned: 0,
                burst: None,
                burst_left: 0,
            },
            turns: VecDeque::new(),
            index: 0,
            last_at: Moment::ZERO,
            ahead: None,
        }
    }

    /// Takes a turned dial into account. It must lie ahead of all arrivals already taken; one that
    /// comes late holds from the last of them on.
    pub fn turn(&mut self, turn: Turn) {
        self.turns.push_back(turn);
        self.ahead = None;
    }

    /// Takes the next arrival if it is wanted at `now` or before.
    pub fn next_due(&mut self, now: Moment) -> Option<Arrival> {
        if self.next_at(now, now)? > now {
            return None;
        }
        let ahead = self.ahead.take()?;
        self.settle(ahead.after);
        if !ahead.of_burst {
            self.target += match self.plan.spacing {
                Spacing::Constant => 1.0,
                Spacing::Poisson => self.draws.exponential(),
            };
        }
        // A turn that came late must not turn time back.
        self.last_at = self.last_at.max(ahead.at);
        let arrival = Arrival {
            index: self.index,
            intended_at: self.last_at,
        };
        self.index += 1;
        Some(arrival)
    }

    /// When the next arrival is wanted; `None` if none is found up to `limit`. `now` says up to
    /// where no turn can come any more.
    pub fn next_at(&mut self, now: Moment, limit: Moment) -> Option<Moment> {
        if self.ahead.is_none() {
            self.ahead = self.look(now, limit);
        }
        self.ahead.map(|ahead| ahead.at)
    }

    fn look(&mut self, now: Moment, limit: Moment) -> Option<Ahead> {
        let mut cursor = self.base;
        loop {
            if cursor.burst_left > 0 {
                cursor.burst_left -= 1;
                return Some(Ahead {
                    at: cursor.at.max(self.last_at),
                    after: cursor,
                    of_burst: true,
                });
            }
            let piece = self.piece(&cursor);
            let turn_at = self
                .turns
                .get(cursor.turned)
                .map_or(Moment::FAR, |turn| turn.at.max(cursor.at));
            let burst = self.burst_after(cursor.burst);
            let burst_at = burst.map_or(Moment::FAR, |(at, _, _)| at.max(cursor.at));
            let stop = piece.ends_at.min(turn_at).min(burst_at);
            if let Some(at) = piece.reach(cursor.at, self.target - cursor.work, stop) {
                return Some(Ahead {
                    at: at.max(self.last_at),
                    after: cursor,
                    of_burst: false,
                });
            }
            if stop > limit || stop == Moment::FAR {
                return None;
            }
            cursor.work += piece.arrivals(cursor.at, stop);
            cursor.at = stop;
            if turn_at == stop {
                let turn = self.turns[cursor.turned];
                cursor.rate = turn.rate;
                cursor.running = turn.running;
                cursor.turned += 1;
            } else if let Some((at, which, shots)) = burst.filter(|_| burst_at == stop) {
                cursor.burst = Some((at, which));
                cursor.burst_left = if cursor.running { shots } else { 0 };
            }
            if stop <= now {
                self.settle(cursor);
                cursor = self.base;
            }
        }
    }

    /// Makes a cursor the one to go on from, and forgets the turns it has passed.
    fn settle(&mut self, cursor: Cursor) {
        self.turns.drain(..cursor.turned);
        self.base = Cursor { turned: 0, ..cursor };
    }

    /// The rate of this arm from the cursor on.
    fn piece(&self, cursor: &Cursor) -> Piece {
        if !cursor.running {
            return Piece::held(0.0);
        }
        match cursor.rate {
            Some(rate) => Piece::held(rate).times(1.0 / f64::from(self.arms)),
            None => self
                .plan
                .piece_at(cursor.at)
                .times(1.0 / f64::from(self.planned_for)),
        }
    }

    /// The burst that follows another (or is the first): when, which, and this arm's part of it.
    fn burst_after(&self, last: Option<(Moment, usize)>) -> Option<(Moment, usize, u32)> {
        let bursts = self.plan.bursts.iter().enumerate();
        let next = bursts.filter_map(|(which, burst)| {
            let repeat = self.repeat_after(which, last)?;
            let every = burst.every.map_or(0, |every| every.as_nanos());
            let after = u64::try_from(every * u128::from(repeat)).ok()?;
            let at = burst.at.as_nanos().checked_add(after)?;
            Some((Moment::from_nanos(at), which, self.part(burst.shots, repeat)))
        });
        next.min_by_key(|(at, which, _)| (*at, *which))
    }

    /// Which repetition of a burst is the first to come after another burst.
    fn repeat_after(&self, which: usize, last: Option<(Moment, usize)>) -> Option<u64> {
        let burst = self.plan.bursts[which];
        let Some((last_at, last_which)) = last else {
            return Some(0);
        };
        let passed = |at: Moment| (at, which) <= (last_at, last_which);
        if !passed(burst.at) {
            return Some(0);
        }
        let every = u64::try_from(burst.every?.as_nanos())
            .ok()
            .filter(|every| *every > 0)?;
        let whole = (last_at.as_nanos() - burst.at.as_nanos()) / every;
        let at = Moment::from_nanos(burst.at.as_nanos() + whole * every);
        Some(if passed(at) { whole + 1 } else { whole })
    }

    /// This arm's part of the `repeat`-th of alike bursts. The parts are the same for every arm, and
    /// over many repetitions lose nothing to rounding.
    fn part(&self, shots: u32, repeat: u64) -> u32 {
        let (shots, arms) = (u64::from(shots), u64::from(self.planned_for));
        let up_to = |n: u64| (2 * n.saturating_mul(shots) + arms) / (2 * arms);
        u32::try_from(up_to(repeat.saturating_add(1)) - up_to(repeat)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
