//! What single patterns need of a drill beside their arms: a fold of their own, and somebody who
//! asks after what lives in the service (jobs, units, routers).

mod provisioned;
mod routers;

use std::sync::Arc;

use tokio::task::{AbortHandle, spawn_local};

use self::routers::Steward;
use super::rig::Rig;
use crate::bedrock::Clients;
use crate::emulator::world::prompt_router::predict;
use crate::event::ArmId;
use crate::measure::EventSink;
use crate::measure::special::prompt_cache::CacheFold;
use crate::measure::special::provisioned::ProvisionedFold;
use crate::measure::special::{RoutingFold, SpecialFold};
use crate::patterns::plan::SpecialPlan;

/// What folds a pattern's own measure; `None` for a pattern without one.
pub fn fold(plan: &SpecialPlan) -> Option<Box<dyn SpecialFold>> {
    match plan {
        SpecialPlan::None => None,
        SpecialPlan::PromptRouting(plan) => Some(Box::new(RoutingFold::new(routers::track(plan)))),
        SpecialPlan::PromptCache(track) => Some(Box::new(CacheFold::new(track.clone()))),
        SpecialPlan::Provisioned(track) => Some(Box::new(ProvisionedFold::new(Arc::clone(track)))),
    }
}

/// Whether an arm calls through a router that is made while it runs.
pub fn calls_router(plan: &SpecialPlan, arm: ArmId) -> bool {
    let SpecialPlan::PromptRouting(plan) = plan else {
        return false;
    };
    plan.routers.iter().any(|router| router.arm == arm)
}

/// What a pattern's figures stand on beside the catalogue.
pub const fn assumption(plan: &SpecialPlan) -> Option<&'static str> {
    match plan {
        SpecialPlan::None | SpecialPlan::PromptCache(_) | SpecialPlan::Provisioned(_) => None,
        SpecialPlan::PromptRouting(_) => Some(predict::ASSUMPTION),
    }
}

/// Those who ask; they end with it.
#[derive(Debug, Default)]
pub struct PollerGuard {
    tasks: Vec<AbortHandle>,
}

impl Drop for PollerGuard {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Starts to ask, on the runtime and `LocalSet` of the caller. What is seen is told as
/// [`crate::event::Fact::Seen`].
pub fn ask(rig: &Rig, clients: &Clients, sink: &EventSink) -> PollerGuard {
    let mut guard = PollerGuard::default();
    for (place, traffic) in rig.scenario.patterns.iter().enumerate() {
        match &traffic.plan.special {
            SpecialPlan::None | SpecialPlan::PromptCache(_) => {}
            SpecialPlan::PromptRouting(plan) => {
                let steward = Steward::new(rig, place, plan, (clients, sink));
                guard.tasks.push(spawn_local(steward.run()).abort_handle());
            }
            SpecialPlan::Provisioned(track) => {
                guard
                    .tasks
                    .extend(provisioned::ask(track, &rig.clock, clients, sink));
            }
        }
    }
    guard
}
