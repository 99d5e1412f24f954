//! The cap on shots in flight, over all lanes, with a bounded first-in-first-out queue before it.
//!
//! A shot that finds the cap reached waits; one that finds the queue full too is shed at once. Both
//! are counted: an open-loop generator must not hide that it could not send.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::plan::CapPlan;
use crate::event::ArmId;

/// The gate of a run. Clones are the same gate, on any thread.
#[derive(Clone, Debug)]
pub struct Gate {
    state: Arc<Mutex<State>>,
}

/// How full a gate is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateCounts {
    /// The cap.
    pub cap: u64,
    /// Shots in flight.
    pub in_flight: u64,
    /// Shots waiting.
    pub queued: u64,
    /// Shots in flight, by arm.
    pub by_arm: Vec<u64>,
}

#[derive(Debug)]
struct State {
    cap: u64,
    room: u64,
    in_flight: u64,
    by_arm: Vec<u64>,
    queue: VecDeque<Waiter>,
    /// The next waiter's number.
    next: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    arm: ArmId,
    grant: oneshot::Sender<Place>,
}

impl Gate {
    /// A gate for `arms` arms. A cap of zero lets nothing pass.
    pub fn new(plan: CapPlan, arms: usize) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                cap: plan.in_flight,
                room: plan.queue,
                in_flight: 0,
                by_arm: vec![0; arms],
                queue: VecDeque::new(),
                next: 0,
            })),
        }
    }

    /// Takes a place under the cap, after waiting in the queue if need be; `None`: shed, because
    /// the queue is full. Dropping the future leaves the queue.
    pub async fn enter(&self, arm: ArmId) -> Option<Place> {
        let (number, granted) = {
            let mut state = self.lock();
            if state.queue.is_empty() && state.in_flight < state.cap {
                state.occupy(arm);
                return Some(self.place(arm));
            }
            if state.queue.len() as u64 >= state.room {
                return None;
            }
            let (grant, granted) = oneshot::channel();
            let number = state.next;
            state.next += 1;
            state.queue.push_back(Waiter { number, arm, grant });
            (number, granted)
        };
        let _leaves = Leaving { gate: self, number };
        // The gate outlives its waiters: they hold it. A grant that never comes is impossible.
        granted.await.ok()
    }

    /// Sets the cap. Raised, it lets waiting shots pass at once; lowered, nothing in flight is
    /// stopped.
    pub fn set_cap(&self, cap: u64) {
        let granted = {
            let mut state = self.lock();
            state.cap = cap;
            state.grant()
        };
        self.hand_out(granted);
    }

    /// How full it is.
    pub fn counts(&self) -> GateCounts {
        let state = self.lock();
        GateCounts {
            cap: state.cap,
            in_flight: state.in_flight,
            queued: state.queue.len() as u64,
            by_arm: state.by_arm.clone(),
        }
    }

    fn release(&self, arm: ArmId) {
        let granted = {
            let mut state = self.lock();
            state.in_flight = state.in_flight.saturating_sub(1);
            if let Some(count) = state.by_arm.get_mut(arm.index()) {
                *count = count.saturating_sub(1);
            }
            state.grant()
        };
        self.hand_out(granted);
    }

    /// Hands places to waiters, outside the lock: a waiter that has gone gives its place back here.
    fn hand_out(&self, granted: Vec<Waiter>) {
        for waiter in granted {
            drop(waiter.grant.send(self.place(waiter.arm)));
        }
    }

    fn place(&self, arm: ArmId) -> Place {
        Place {
            gate: self.clone(),
            arm,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn occupy(&mut self, arm: ArmId) {
        self.in_flight += 1;
        if let Some(count) = self.by_arm.get_mut(arm.index()) {
            *count += 1;
        }
    }

    /// Takes the waiters for whom there is room now, and counts them as in flight.
    fn grant(&mut self) -> Vec<Waiter> {
        let mut granted = Vec::new();
        while self.in_flight < self.cap {
            let Some(waiter) = self.queue.pop_front() else {
                break;
            };
            self.occupy(waiter.arm);
            granted.push(waiter);
        }
        granted
    }
}

/// A place under the cap; given back when dropped.
#[derive(Debug)]
pub struct Place {
    gate: Gate,
    arm: ArmId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.release(self.arm);
    }
}

/// Takes a waiter out of the queue when it goes, served or not.
struct Leaving<'a> {
    gate: &'a Gate,
    number: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        // Waiters stand in the order of their numbers.
        if let Ok(at) = state
            .queue
            .binary_search_by_key(&self.number, |waiter| waiter.number)
        {
            state.queue.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    const ARM: ArmId = ArmId(0);

    fn gate(in_flight: u64, queue: u64) -> Gate {
        Gate::new(CapPlan { in_flight, queue }, 1)
    }

    fn now<T>(work: impl Future<Output = T>) -> Option<T> {
        pin!(work).now_or_never()
    }

    #[test]
    fn first_come_first_served_then_shed() {
        let gate = gate(1, 2);
        let place = now(gate.enter(ARM)).flatten().expect("a free place");
        let mut first = Box::pin(gate.enter(ARM));
        let mut second = Box::pin(gate.enter(ARM));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(now(gate.enter(ARM)).expect("an answer at once").is_none(), "shed");
        drop(place);
        assert!(second.as_mut().now_or_never().is_none(), "not before the first");
        let place = first.as_mut().now_or_never().flatten().expect("its turn");
        assert_eq!((gate.counts().in_flight, gate.counts().queued), (1, 1));
        drop(place);
        assert!(second.as_mut().now_or_never().flatten().is_some());
    }

    #[test]
    fn one_that_gives_up_waiting_takes_no_place() {
        let gate = gate(1, 2);
        let place = now(gate.enter(ARM)).flatten();
        let mut impatient = Box::pin(gate.enter(ARM));
        let mut granted_but_gone = Box::pin(gate.enter(ARM));
        assert!(impatient.as_mut().now_or_never().is_none());
        assert!(granted_but_gone.as_mut().now_or_never().is_none());
        drop(impatient);
        assert_eq!(gate.counts().queued, 1);
        drop(place);
        assert_eq!(gate.counts().in_flight, 1, "granted, not yet polled");
        drop(granted_but_gone);
        assert_eq!(
            gate.counts(),
            GateCounts {
                cap: 1,
                by_arm: vec![0],
                ..GateCounts::default()
            }
        );
    }

    #[test]
    fn the_cap_moves_live() {
        let gate = gate(1, 8);
        let _place = now(gate.enter(ARM)).flatten().expect("a place");
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(gate.enter(ARM))).collect();
        for waiter in &mut waiting {
            assert!(waiter.as_mut().now_or_never().is_none());
        }
        gate.set_cap(3);
        let places: Vec<_> = waiting
            .iter_mut()
            .filter_map(|waiter| waiter.as_mut().now_or_never().flatten())
            .collect();
        assert_eq!(places.len(), 2);
        gate.set_cap(1);
        drop(places);
        assert_eq!(
            (gate.counts().in_flight, gate.counts().queued),
            (1, 1),
            "lowered: nobody follows"
        );
    }
}
