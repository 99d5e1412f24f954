//! Drills in virtual time that a test watches and steers from within.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::command::Command;
use super::conductor::Conductor;
use super::rig::{Place, Rig};
use super::{COMMANDS, DrillPlan, runtime};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::emulator::service::WorldControl;
use crate::measure::Snapshot;
use crate::scenario::Scenario;

/// Runs a scenario in virtual time; `watch` sees each snapshot and may send a command.
pub fn run(
    scenario: Scenario,
    watch: impl FnMut(&Snapshot, &WorldControl) -> Option<Command>,
) -> Arc<Snapshot> {
    run_as_planned(scenario, &DrillPlan::new(Catalog::builtin()), watch)
}

/// The same with a plan of its own, such as one that records.
pub fn run_as_planned(
    scenario: Scenario,
    plan: &DrillPlan,
    mut watch: impl FnMut(&Snapshot, &WorldControl) -> Option<Command>,
) -> Arc<Snapshot> {
    let runtime = runtime(true).expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (rig, feed) = Rig::new(scenario, plan, Clock::virtual_time(), Place::InProcess).expect("a rig");
        let world = rig.world.clone();
        let (commands, received) = mpsc::channel(COMMANDS);
        let (conductor, mut snapshots) = Conductor::new(&rig, feed, received, plan).expect("a conductor");
        let stop = conductor.stop();
        let lane = tokio::task::spawn_local(async move { rig.lane(0, 1, stop).await });
        let watching = async {
            while snapshots.changed().await.is_ok() {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                if let Some(command) = watch(&snapshot, &world) {
                    commands.send(command).await.expect("the conductor listens");
                }
            }
            Arc::clone(&snapshots.borrow())
        };
        let ((), last) = tokio::join!(conductor.conduct(), watching);
        drop(lane);
        last
    })
}
