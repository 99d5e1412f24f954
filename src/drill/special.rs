//! What single patterns need of a drill beside their arms: a fold of their own, and somebody who
//! asks after what lives in the service (jobs, units, routers).

mod provisioned;
mod routers;

use std::sync::Arc;

use tokio::task::{AbortHandle, spawn_local};

use self::routers::Steward;
use super::gateway::{self, GatewayRig};
use super::rig::Rig;
use crate::bedrock::Clients;
use crate::clock::{Clock, Moment};
use crate::emulator::service::WorldControl;
use crate::emulator::world::prompt_router::predict;
use crate::event::sighting::Seen;
use crate::event::{ArmId, Event, Fact, Sighting};
use crate::measure::EventSink;
use crate::measure::special::prompt_cache::CacheFold;
use crate::measure::special::provisioned::ProvisionedFold;
use crate::measure::special::{RoutingFold, SpecialFold};
use crate::names::PatternKey;
use crate::patterns::plan::{PatternPlan, SpecialPlan};

/// What folds a pattern's own measure; `None` for a pattern without one.
pub fn fold(plan: &PatternPlan) -> Option<Box<dyn SpecialFold>> {
    match &plan.special {
        SpecialPlan::Gateway(special) => Some(Box::new(gateway::fold(&plan.arms, special))),
        SpecialPlan::None => None,
        SpecialPlan::PromptRouting(routing) => Some(Box::new(RoutingFold::new(routers::track(routing)))),
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
        SpecialPlan::None
        | SpecialPlan::Gateway(_)
        | SpecialPlan::PromptCache(_)
        | SpecialPlan::Provisioned(_) => None,
        SpecialPlan::PromptRouting(_) => Some(predict::ASSUMPTION),
    }
}

/// Those who ask; they end with it.
#[derive(Debug, Default)]
pub struct PollerGuard {
    tasks: Vec<AbortHandle>,
    gateway: Option<GatewayWatch>,
}

impl PollerGuard {
    /// Ends the asking with a last look, once the traffic is over.
    pub async fn close(self, sink: &EventSink) {
        if let Some(watch) = &self.gateway {
            watch.look(sink);
            sink.finish().await;
        }
    }

    fn watch_gateway(&mut self, rig: &Rig, pattern: PatternKey, sink: &EventSink) {
        let Some(gateway) = rig.gateway.clone() else {
            return;
        };
        let watch = GatewayWatch {
            gateway,
            pattern,
            world: rig.world.clone(),
            clock: rig.clock.clone(),
        };
        if let Some(check) = watch.gateway.check.clone() {
            watch.tell(sink, Seen::GatewayCheck(check));
        }
        self.tasks
            .push(spawn_local(watch.clone().every_second(sink.clone())).abort_handle());
        self.gateway = Some(watch);
    }
}

/// Looks at what the outside world saw of a gateway.
#[derive(Clone, Debug)]
struct GatewayWatch {
    gateway: Arc<GatewayRig>,
    pattern: PatternKey,
    world: WorldControl,
    clock: Clock,
}

impl GatewayWatch {
    /// At the end of each whole second, so that what is seen is of that second.
    async fn every_second(self, sink: EventSink) {
        let mut second = self.clock.now().as_secs();
        loop {
            second += 1;
            self.clock.sleep_until(Moment::from_secs(second)).await;
            self.look(&sink);
        }
    }

    fn look(&self, sink: &EventSink) {
        self.tell(sink, Seen::Gateway(self.gateway.look(&self.world)));
    }

    fn tell(&self, sink: &EventSink, of: Seen) {
        let pattern = self.pattern.clone();
        let fact = Fact::Seen(Box::new(Sighting { pattern, of }));
        sink.tell(Event::new(self.clock.now(), fact));
    }
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
            SpecialPlan::Gateway(_) => guard.watch_gateway(rig, traffic.plan.key.clone(), sink),
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
