//! What single patterns need of a drill beside their arms: a fold of their own, and somebody who
//! asks after what lives in the service (jobs, units, routers).

mod provisioned;

use std::sync::Arc;

use tokio::task::AbortHandle;

use super::rig::Rig;
use crate::bedrock::Clients;
use crate::measure::EventSink;
use crate::measure::special::SpecialFold;
use crate::measure::special::provisioned::ProvisionedFold;
use crate::patterns::plan::SpecialPlan;

/// What folds a pattern's own measure; `None` for a pattern without one.
pub fn fold(plan: &SpecialPlan) -> Option<Box<dyn SpecialFold>> {
    match plan {
        SpecialPlan::None => None,
        SpecialPlan::Provisioned(track) => Some(Box::new(ProvisionedFold::new(Arc::clone(track)))),
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
    for traffic in &rig.scenario.patterns {
        match &traffic.plan.special {
            SpecialPlan::None => {}
            SpecialPlan::Provisioned(track) => {
                guard
                    .tasks
                    .extend(provisioned::ask(track, &rig.clock, clients, sink));
            }
        }
    }
    guard
}
