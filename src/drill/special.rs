//! What single patterns need of a drill beside their arms: a fold of their own, and somebody who
//! asks after what lives in the service (jobs, units, routers).

use tokio::task::AbortHandle;

use super::rig::Rig;
use crate::bedrock::Clients;
use crate::measure::EventSink;
use crate::measure::special::SpecialFold;
use crate::measure::special::prompt_cache::CacheFold;
use crate::patterns::plan::SpecialPlan;

/// What folds a pattern's own measure; `None` for a pattern without one.
pub fn fold(plan: &SpecialPlan) -> Option<Box<dyn SpecialFold>> {
    match plan {
        SpecialPlan::None => None,
        SpecialPlan::PromptCache(track) => Some(Box::new(CacheFold::new(track.clone()))),
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
pub fn ask(rig: &Rig, _clients: &Clients, _sink: &EventSink) -> PollerGuard {
    let guard = PollerGuard::default();
    for traffic in &rig.scenario.patterns {
        match &traffic.plan.special {
            SpecialPlan::None | SpecialPlan::PromptCache(_) => {}
        }
    }
    guard
}
