//! A circuit breaker: stops calling a route that fails, and finds out with a few probes when it is
//! well again. Pure: every step takes `now`; the lock is in [`super::shared`].

use std::collections::VecDeque;

use super::plan::BreakerPlan;
use crate::clock::Moment;
use crate::event::BreakerState;

/// The breaker of one route.
#[derive(Clone, Debug)]
pub struct Breaker {
    plan: BreakerPlan,
    state: State,
    /// Raised by each opening and closing. A call admitted in an earlier era says nothing about
    /// this one.
    era: u32,
}

#[derive(Clone, Debug)]
enum State {
    /// How the newest calls ended, the oldest first: `true` is failed.
    Closed {
        ended: VecDeque<bool>,
        failed: u32,
    },
    Open {
        until: Moment,
    },
    HalfOpen {
        probing: u32,
        succeeded: u32,
    },
}

/// A call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    era: u32,
}

/// How an admitted call ended, as far as the route is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It was served.
    Served,
    /// The route failed.
    Failed,
    /// It says nothing about the route: the request was wrong, or the caller gave up.
    Moot,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The state left.
    pub from: BreakerState,
    /// The state taken.
    pub to: BreakerState,
    /// Why, in words.
    pub reason: String,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(plan: BreakerPlan) -> Self {
        Self {
            plan,
            state: State::closed(),
            era: 0,
        }
    }

    /// The state it is in. An open breaker whose time is up is still open until a call asks.
    pub const fn state(&self) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Asks whether a call may pass. `None`: refused. Each admission must come back to
    /// [`Breaker::record`].
    pub fn admit(&mut self, now: Moment) -> (Option<Admission>, Option<Moved>) {
        let era = self.era;
        match &mut self.state {
            State::Closed { .. } => (Some(Admission { era }), None),
            State::Open { until } if now < *until => (None, None),
            State::Open { .. } => {
                self.state = State::HalfOpen {
                    probing: 1,
                    succeeded: 0,
                };
                let secs = self.plan.open_for.as_secs_f64();
                let moved = moved(
                    BreakerState::Open,
                    BreakerState::HalfOpen,
                    format!("{secs} s have passed: up to {} probes", self.plan.probes),
                );
                (Some(Admission { era }), Some(moved))
            }
            // Probes that wait for their answer count: no more than are needed to close.
            State::HalfOpen { probing, succeeded } if *probing + *succeeded < self.plan.probes => {
                *probing += 1;
                (Some(Admission { era }), None)
            }
            State::HalfOpen { .. } => (None, None),
        }
    }

    /// Takes an admission back with how the call ended.
    pub fn record(&mut self, now: Moment, admission: Admission, end: CallEnd) -> Option<Moved> {
        if admission.era != self.era {
            return None;
        }
        let plan = self.plan;
        match &mut self.state {
            State::Closed { ended, failed } => {
                let did_fail = match end {
                    CallEnd::Moot => return None,
                    CallEnd::Failed => true,
                    CallEnd::Served => false,
                };
                if ended.len() as u32 >= plan.window && ended.pop_front() == Some(true) {
                    *failed -= 1;
                }
                ended.push_back(did_fail);
                *failed += u32::from(did_fail);
                let made = ended.len() as u32;
                let enough = made >= plan.min_calls.max(1);
                let share = f64::from(*failed) / f64::from(made);
                if !did_fail || !enough || share < plan.failure_share {
                    return None;
                }
                let reason = format!("{failed} of the last {made} failed");
                Some(self.open(now, BreakerState::Closed, reason))
            }
            // Nothing is admitted while open, and what was admitted before is of another era.
            State::Open { .. } => None,
            State::HalfOpen { probing, succeeded } => {
                *probing = probing.saturating_sub(1);
                match end {
                    CallEnd::Moot => None,
                    CallEnd::Failed => {
                        Some(self.open(now, BreakerState::HalfOpen, "a probe failed".to_owned()))
                    }
                    CallEnd::Served => {
                        *succeeded += 1;
                        let enough = *succeeded >= plan.probes;
                        enough.then(|| {
                            self.close(format!("{} of {} probes succeeded", plan.probes, plan.probes))
                        })
                    }
                }
            }
        }
    }

    fn open(&mut self, now: Moment, from: BreakerState, reason: String) -> Moved {
        self.state = State::Open {
            until: now + self.plan.open_for,
        };
        // Probes still out belong to a half-open time that is over.
        self.era = self.era.wrapping_add(1);
        moved(from, BreakerState::Open, reason)
    }

    fn close(&mut self, reason: String) -> Moved {
        self.state = State::closed();
        self.era = self.era.wrapping_add(1);
        moved(BreakerState::HalfOpen, BreakerState::Closed, reason)
    }
}

impl State {
    const fn closed() -> Self {
        Self::Closed {
            ended: VecDeque::new(),
            failed: 0,
        }
    }
}

const fn moved(from: BreakerState, to: BreakerState, reason: String) -> Moved {
    Moved { from, to, reason }
}

#[cfg(test)]
mod tests;
