//! Remote control of a service's world, for the drill and for tests.

use std::sync::{Arc, PoisonError};

use super::{Inner, batch};
use crate::clock::Moment;
use crate::emulator::world::Ledger;
use crate::emulator::world::access::AccessPlan;
use crate::emulator::world::batch::{JobLine, StateChange};
use crate::emulator::world::callers::CallerLine;
use crate::emulator::world::hand::QuotaLevel;
use crate::emulator::world::units::Unit;
use crate::event::FaultId;
use crate::fault::FaultPlan;
use crate::units::Usd;

/// Injects and lifts faults, and reads the ledger. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WorldControl {
    inner: Arc<Inner>,
}

impl WorldControl {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// Adds a fault; one with the same number is replaced. It ends by itself.
    pub fn inject(&self, plan: FaultPlan) {
        self.inner.world().inject(plan);
    }

    /// Takes a fault out; whether there was one of that number.
    pub fn lift(&self, id: FaultId) -> bool {
        self.inner.world().lift(id)
    }

    /// Takes all faults out.
    pub fn lift_all(&self) {
        self.inner.world().lift_all();
    }

    /// Whether a fault is listed and its time is not over.
    pub fn has(&self, id: FaultId) -> bool {
        let now = self.inner.clock.now();
        let world = self.inner.world();
        world
            .faults()
            .plans()
            .iter()
            .any(|plan| plan.id == id && plan.ends_at() > now)
    }

    /// Who called what so far: the truth beside what a gateway claims.
    pub fn callers(&self) -> Vec<CallerLine> {
        self.inner.world().callers().lines()
    }

    /// What the providers beside Bedrock billed so far.
    pub fn foreign_cost(&self) -> Usd {
        let ledger = self.inner.world().foreign_ledger();
        ledger.iter().map(|(_, tally)| tally.cost).sum()
    }

    /// Every batch job there is, as it stands now: the ledger of batch.
    pub fn jobs(&self) -> Vec<JobLine> {
        self.jobs_at(self.inner.clock.now())
    }

    /// The same as it stood at a moment. Of a job that is over only its end is still known.
    pub fn jobs_at(&self, at: Moment) -> Vec<JobLine> {
        let desk = batch::up_to_date(&self.inner);
        desk.batch.jobs().map(|job| JobLine::of(&job.view(at))).collect()
    }

    /// The state changes of batch jobs from a number on, as EventBridge would tell them.
    pub fn job_changes(&self, from: u64) -> Vec<StateChange> {
        batch::up_to_date(&self.inner)
            .batch
            .changes(from)
            .cloned()
            .collect()
    }

    /// Who may do what, and how well the services are reached, from now on.
    pub fn set_access(&self, access: AccessPlan) {
        let mut kept = self.inner.access.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Arc::new(access);
    }

    /// Events that CloudTrail's history has no room for.
    pub fn trail_lost(&self) -> u64 {
        self.inner
            .trail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .lost()
    }

    /// What the service saw and billed so far.
    pub fn ledger(&self) -> Ledger {
        self.inner.world().ledger().clone()
    }

    /// How full each quota is that was drawn on.
    pub fn quota_levels(&self) -> Vec<QuotaLevel> {
        let now = self.inner.clock.now();
        self.inner.world().quota_levels(now)
    }

    /// The faults, those to come and those in force.
    pub fn faults(&self) -> Vec<FaultPlan> {
        let mut world = self.inner.world();
        world.expire(self.inner.clock.now());
        world.faults().plans().to_vec()
    }

    /// Every purchase of model units, the oldest first.
    pub fn units(&self) -> Vec<Unit> {
        self.inner.world().units().all().cloned().collect()
    }
}
