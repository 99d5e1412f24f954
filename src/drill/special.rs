//! What single patterns need of a drill beside their arms: a fold of their own, and somebody who
//! asks after what lives in the service (jobs, units, routers).

mod gateway_watch;
mod provisioned;
mod routers;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle, spawn_local};

use self::gateway_watch::GatewayWatch;
use self::routers::Steward;
use super::batch::{self, BatchParts};
use super::gateway;
use super::rig::Rig;
use crate::bedrock::Clients;
use crate::clock::Clock;
use crate::emulator::world::prompt_router::predict;
use crate::event::ArmId;
use crate::load::Workload;
use crate::measure::EventSink;
use crate::measure::special::batch::BatchFold;
use crate::measure::special::prompt_cache::CacheFold;
use crate::measure::special::provisioned::ProvisionedFold;
use crate::measure::special::{RoutingFold, SpecialFold};
use crate::names::PatternKey;
use crate::patterns::batch::BatchPlan;
use crate::patterns::plan::{PatternPlan, SpecialPlan};

/// At the end of a run, those who ask have so long to stop and clean up what the run made.
const LEAVE: Duration = Duration::from_secs(10);

/// What folds a pattern's own measure; `None` for a pattern without one.
pub fn fold(plan: &PatternPlan) -> Option<Box<dyn SpecialFold>> {
    match &plan.special {
        SpecialPlan::None => None,
        SpecialPlan::Batch(_) => Some(Box::new(BatchFold::default())),
        SpecialPlan::Gateway(special) => Some(Box::new(gateway::fold(&plan.arms, special))),
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

/// What the emulator assumes for a pattern beside what the catalogue says of its models.
pub fn assumptions(plan: &SpecialPlan, time_scale: f64) -> Vec<String> {
    match plan {
        SpecialPlan::None
        | SpecialPlan::Gateway(_)
        | SpecialPlan::PromptCache(_)
        | SpecialPlan::Provisioned(_) => Vec::new(),
        SpecialPlan::Batch(_) => {
            let mut lines = vec![
                "Batch jobs: how long their steps and their records take is assumed; they slow no online call."
                    .to_owned(),
            ];
            if time_scale > 1.0 {
                lines.push(format!(
                    "Batch jobs go on {time_scale} times as fast as in life; latencies and quotas do not."
                ));
            }
            lines
        }
        SpecialPlan::PromptRouting(_) => vec![predict::ASSUMPTION.to_owned()],
    }
}

/// Those who ask; they end with it.
#[derive(Debug, Default)]
pub struct PollerGuard {
    tasks: Vec<AbortHandle>,
    /// Those that have something to clean up when the run ends.
    leaving: Vec<JoinHandle<()>>,
    /// Whether the run ends; holds the last value.
    ending: watch::Sender<bool>,
    gateway: Option<GatewayWatch>,
}

impl PollerGuard {
    /// Tells them that the traffic is over: those clean up that must, for ten seconds at most, and
    /// a gateway is looked at once more.
    pub async fn finish(mut self, clock: &Clock, sink: &EventSink) {
        self.ending.send_replace(true);
        let deadline = clock.now() + LEAVE;
        for task in &mut self.leaving {
            if clock.until(deadline, task).await.is_none() {
                tracing::warn!("a pattern's own task did not end in time; what it made may be left");
            }
        }
        if let Some(watch) = &self.gateway {
            watch.look(sink);
        }
        sink.finish().await;
    }

    fn watch_gateway(&mut self, rig: &Rig, pattern: PatternKey, sink: &EventSink) {
        let Some(watch) = GatewayWatch::new(rig, pattern, sink) else {
            return;
        };
        let looking = watch.clone().every_second(sink.clone());
        self.tasks.push(spawn_local(looking).abort_handle());
        self.gateway = Some(watch);
    }
}

impl Drop for PollerGuard {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for task in &self.leaving {
            task.abort();
        }
    }
}

/// Starts to ask, on the runtime and `LocalSet` of the caller. What is seen is told as
/// [`crate::event::Fact::Seen`].
pub fn ask(rig: &Rig, clients: &Clients, sink: &EventSink) -> PollerGuard {
    let mut guard = PollerGuard::default();
    for place in 0..rig.scenario.patterns.len() {
        match &rig.scenario.patterns[place].plan.special {
            SpecialPlan::None | SpecialPlan::PromptCache(_) => {}
            // Only the embedded emulator's books tell what the outside world saw.
            SpecialPlan::Gateway(_) if rig.pass.is_some() => {}
            SpecialPlan::Gateway(_) => {
                let pattern = rig.scenario.patterns[place].plan.key.clone();
                guard.watch_gateway(rig, pattern, sink);
            }
            SpecialPlan::Batch(plan) => {
                let jobs = batch::conduct(
                    batch_parts(rig, place, plan, clients, sink),
                    guard.ending.subscribe(),
                );
                guard.leaving.push(spawn_local(jobs));
            }
            SpecialPlan::PromptRouting(plan) => {
                let steward = Steward::new(rig, place, plan, (clients, sink));
                let steward = steward.run(guard.ending.subscribe());
                guard.leaving.push(spawn_local(steward));
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

fn batch_parts(rig: &Rig, place: usize, plan: &BatchPlan, clients: &Clients, sink: &EventSink) -> BatchParts {
    let scenario = &rig.scenario;
    let traffic = &scenario.patterns[place];
    let seed = scenario.seed.derive(traffic.plan.key.as_str());
    let run = batch::run_name(&rig.clock, scenario.seed);
    BatchParts {
        pattern: traffic.plan.key.clone(),
        tunes: rig.tunes[place].clone(),
        workload: Workload::new(traffic.workload.clone(), seed.derive("workload")),
        control: clients.control(&plan.region),
        bucket: clients.bucket(&plan.region, plan.job.bucket.as_deref().unwrap_or(&run)),
        run,
        time_scale: scenario.world.time_scale,
        clock: rig.clock.clone(),
        sink: sink.clone(),
        spend: rig.spend.clone(),
        plan: plan.clone(),
    }
}
