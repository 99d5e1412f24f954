//! Faults injected at the client, beneath the SDK's retries: they work on any target, and a
//! request they strike never leaves the process.

pub(super) mod frames;
mod tap;

use std::sync::Arc;

use arc_swap::ArcSwap;

pub(super) use tap::Tap;

use crate::event::FaultId;
use crate::fault::{FaultPlan, FaultSet};

/// The faults at the client, shared by the clients of all runtimes. Cheap to clone; every clone
/// changes the same set.
#[derive(Clone, Debug, Default)]
pub struct ClientFaults {
    set: Arc<ArcSwap<FaultSet>>,
}

impl ClientFaults {
    /// Adds a fault; calls meet it from its beginning on.
    pub fn inject(&self, plan: &FaultPlan) {
        self.set.rcu(|set| {
            let mut set = FaultSet::clone(set);
            set.insert(plan.clone());
            set
        });
    }

    /// Takes a fault out; whether there was one of that number.
    pub fn lift(&self, id: FaultId) -> bool {
        let before = self.set.rcu(|set| {
            let mut set = FaultSet::clone(set);
            set.remove(id);
            set
        });
        holds(&before, id)
    }

    /// Takes all faults out.
    pub fn lift_all(&self) {
        self.set.store(Arc::default());
    }

    /// Whether a fault is there, in force or not.
    pub fn has(&self, id: FaultId) -> bool {
        holds(&self.set.load(), id)
    }
}

fn holds(set: &FaultSet, id: FaultId) -> bool {
    set.plans().iter().any(|plan| plan.id == id)
}
