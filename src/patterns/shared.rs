//! What the lanes of an arm share: breakers and the retry budget, behind locks.
//!
//! The decisions are [`super::breaker`]'s and [`super::budget`]'s; here is only who may touch them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::breaker::{Admission, Breaker, CallEnd, Moved};
use super::budget::RetryBudget;
use super::plan::ArmPlan;
use crate::clock::Moment;
use crate::event::BreakerState;

/// The shared state of an arm. One value for all runtimes, in an `Arc`.
#[derive(Debug)]
pub struct ArmShared {
    /// One for each route of the chain; empty if the policy has none.
    breakers: Vec<Mutex<Breaker>>,
    budget: Option<Mutex<RetryBudget>>,
}

/// Leave to call a route; must come back to [`ArmShared::record`].
#[derive(Clone, Copy, Debug)]
pub enum Leave {
    /// The arm has no breakers.
    Free,
    /// A breaker let it through.
    Admitted(Admission),
}

impl ArmShared {
    /// Closed breakers and a full budget, as the arm's policy wants them.
    pub fn new(arm: &ArmPlan) -> Self {
        let breakers = arm.policy.breaker.iter().flat_map(|plan| {
            let one = || Mutex::new(Breaker::new(*plan));
            arm.chain.iter().map(move |_| one())
        });
        Self {
            breakers: breakers.collect(),
            budget: arm.policy.retry_budget.map(RetryBudget::new).map(Mutex::new),
        }
    }

    /// The state of the breaker of a route; `None` if there is none.
    pub fn breaker(&self, hop: usize) -> Option<BreakerState> {
        self.breakers.get(hop).map(|breaker| lock(breaker).state())
    }

    /// Asks to call a route. `None`: its breaker refuses.
    pub fn admit(&self, hop: usize, now: Moment) -> (Option<Leave>, Option<Moved>) {
        match self.breakers.get(hop) {
            None => (Some(Leave::Free), None),
            Some(breaker) => {
                let (admission, moved) = lock(breaker).admit(now);
                (admission.map(Leave::Admitted), moved)
            }
        }
    }

    /// Gives leave back with how the call ended.
    pub fn record(&self, hop: usize, now: Moment, leave: Leave, end: CallEnd) -> Option<Moved> {
        match (self.breakers.get(hop), leave) {
            (Some(breaker), Leave::Admitted(admission)) => lock(breaker).record(now, admission, end),
            _ => None,
        }
    }

    /// A shot was fired: its share goes into the retry budget.
    pub fn earn(&self) {
        if let Some(budget) = &self.budget {
            lock(budget).earn();
        }
    }

    /// Takes one attempt beyond the first out of the retry budget; `false` if it is empty.
    pub fn spend(&self) -> bool {
        self.budget.as_ref().is_none_or(|budget| lock(budget).spend())
    }
}

/// A panic of another lane leaves the counts as they were: still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
