//! A drill: one run of a scenario, from its world and clients to its snapshots.
//!
//! In real time ([`spawn`]) the emulator, each lane of traffic and the conductor have a thread of
//! their own. In virtual time ([`run_virtual`]) all of it shares one paused runtime, and time jumps
//! to the next timer whenever nothing is runnable.
//!
//! Shutdown: the conductor owns the run. It ends when the scenario's time is up, on
//! [`Command::Stop`], when the process is interrupted, or when the last command sender is gone. It
//! then tells the lanes to stop; each lets what is in flight end within the drain time and closes
//! its sink; when all sinks are closed the conductor lifts every fault, checks that they are
//! lifted, publishes the last snapshot (`finished`) and stops the emulator.

mod batch;
#[cfg(test)]
mod cache_ledger;
#[cfg(test)]
mod capped;
pub mod command;
mod conductor;
mod dial;
pub mod expectation;
pub mod fault_desk;
#[cfg(test)]
pub(crate) mod fixture;
pub mod gateway;
pub mod measured;
mod neighbours;
pub mod permit;
pub mod phase;
pub mod recorded;
mod rig;
mod special;
#[cfg(test)]
pub mod steered;
pub mod stopping;
mod tape;
#[cfg(test)]
mod tests;
pub mod verdict;
pub mod wording;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::emulator::server::ServeError;
use crate::measure::Snapshot;
use crate::recording::{self, RecorderError};
use crate::scenario::{Scenario, TargetPlan};
use conductor::Conductor;
use fault_desk::FaultRefusal;
use rig::{Place, Rig};

pub use crate::scenario::JudgePlan;
pub use command::Command;
pub use verdict::{Outcome, Verdict};

/// Commands that wait for the conductor. It takes them within a tenth of a second; a sender that
/// finds no room has been typing faster than anybody can.
const COMMANDS: usize = 64;

/// What a drill runs on.
#[derive(Clone, Debug)]
pub struct DrillPlan {
    /// Models, prices, quotas.
    pub catalog: Arc<Catalog>,
    /// Lanes of traffic in real time, each with a runtime and a thread; at least one. Virtual time
    /// always has one.
    pub lanes: usize,
    /// Raised when the process is asked to end; looked at ten times a second.
    pub interrupt: Arc<AtomicBool>,
    /// Whether the run is recorded, and where.
    pub recording: Option<recording::Plan>,
    /// Leave to be sent to a target that is not embedded.
    pub pass: Option<permit::Pass>,
}

impl DrillPlan {
    /// One lane for each core, never interrupted, not recorded.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self {
            catalog,
            lanes: thread::available_parallelism().map_or(1, usize::from),
            interrupt: Arc::default(),
            recording: None,
            pass: None,
        }
    }
}

/// Why a drill could not run.
#[derive(Debug, Error)]
pub enum DrillError {
    /// It is to be sent somewhere that nobody has permitted.
    #[error("target \"{0}\" may cost money, and nobody has permitted the drill to be sent there")]
    NotPermitted(TargetPlan),
    /// Time cannot be virtual for what is not embedded.
    #[error("target \"{0}\" runs in real time: leave --virtual out, or use target = \"local\"")]
    OutsideTime(TargetPlan),
    /// No port for the embedded emulator.
    #[error("the embedded emulator could not be started")]
    Emulator(#[from] ServeError),
    /// No thread or runtime.
    #[error("the operating system gave no thread or timer")]
    Thread(#[from] io::Error),
    /// The gateway of the scenario could not be had.
    #[error("no gateway")]
    Gateway(#[from] gateway::GatewayProblem),
    /// The file that the run was to be recorded in cannot be had.
    #[error("the run cannot be recorded")]
    Recording(#[from] RecorderError),
    /// A fault of the scenario cannot be injected on this target.
    #[error("fault {number} of the scenario")]
    Fault {
        /// Its place in the file, from one.
        number: usize,
        /// Why.
        source: FaultRefusal,
    },
}

/// A running drill, in real time.
#[derive(Debug)]
pub struct DrillHandle {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    commands: mpsc::Sender<Command>,
    conductor: thread::JoinHandle<()>,
}

impl DrillHandle {
    /// What there is to see, ten times a second.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Where commands go.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// Waits for the end of a run that has ended by itself; ends one that has not, without waiting
    /// for what is in flight. Every fault is lifted when it returns.
    ///
    /// The senders from [`DrillHandle::commands`] must be gone by then.
    pub fn finish(self) {
        drop(self.commands);
        if self.conductor.join().is_err() {
            tracing::error!("the drill's conductor has panicked; its report stands above");
        }
    }
}

/// Starts a drill in real time, on the embedded emulator behind a loopback port.
pub fn spawn(scenario: Scenario, plan: &DrillPlan) -> Result<DrillHandle, DrillError> {
    let place = place(&scenario, plan)?;
    let lanes = plan.lanes.max(1);
    let runtime = runtime(false)?;
    let clock = within(&runtime, Clock::real);
    let (mut rig, feed) = Rig::new(scenario, plan, clock, place)?;
    runtime.block_on(rig.check_gateway())?;
    let rig = Arc::new(rig);
    let (commands, received) = mpsc::channel(COMMANDS);
    let (conductor, snapshots) = Conductor::new(&rig, feed, received, plan)?;
    for lane in 0..lanes {
        let (rig, runtime, stop) = (Arc::clone(&rig), self::runtime(false)?, conductor.stop());
        thread::Builder::new()
            .name(format!("bedrill-lane-{lane}"))
            .spawn(move || {
                let report = LocalSet::new().block_on(&runtime, rig.lane(lane as u64, lanes as u64, stop));
                tracing::debug!(lane, ?report, "lane ended");
            })?;
    }
    // The lanes hold the rig now; the feed closes when the last of them is gone.
    drop(rig);
    let conductor = thread::Builder::new()
        .name("bedrill-drill".to_owned())
        .spawn(move || runtime.block_on(conductor.conduct()))?;
    Ok(DrillHandle {
        snapshots,
        commands,
        conductor,
    })
}

/// Runs a drill in virtual time, to its end, on the calling thread. `observe` gets the snapshots
/// and is polled on the same runtime; what it gives is given back.
pub fn run_virtual<T, W: Future<Output = T>>(
    scenario: Scenario,
    plan: &DrillPlan,
    observe: impl FnOnce(watch::Receiver<Arc<Snapshot>>) -> W,
) -> Result<T, DrillError> {
    if scenario.target != TargetPlan::Local {
        return Err(DrillError::OutsideTime(scenario.target));
    }
    let runtime = runtime(true)?;
    LocalSet::new().block_on(&runtime, async {
        let (rig, feed) = Rig::new(scenario, plan, Clock::virtual_time(), Place::InProcess)?;
        let (commands, received) = mpsc::channel(COMMANDS);
        let (conductor, snapshots) = Conductor::new(&rig, feed, received, plan)?;
        let lane = tokio::task::spawn_local({
            let stop = conductor.stop();
            async move { rig.lane(0, 1, stop).await }
        });
        let ((), seen) = tokio::join!(conductor.conduct(), observe(snapshots));
        drop((commands, lane));
        Ok(seen)
    })
}

/// Where a drill is sent. The embedded emulator needs no leave; everything else does.
fn place(scenario: &Scenario, plan: &DrillPlan) -> Result<Place, DrillError> {
    match (&scenario.target, &plan.pass) {
        (TargetPlan::Local, _) => Ok(Place::Loopback),
        (_, Some(pass)) => Ok(Place::Outside(pass.clone())),
        (other, None) => Err(DrillError::NotPermitted(other.clone())),
    }
}

fn runtime(paused: bool) -> io::Result<Runtime> {
    // A lane looks at its timers and sockets often, so that a shot's dispatch stays sharp.
    let mut builder = Builder::new_current_thread();
    builder.enable_all().event_interval(31).global_queue_interval(31);
    if paused {
        builder.start_paused(true);
    }
    builder.build()
}

fn within<T>(runtime: &Runtime, make: impl FnOnce() -> T) -> T {
    let _inside = runtime.enter();
    make()
}
