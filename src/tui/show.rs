//! What the dashboard is given to show: a run that goes on, or a recording.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::capacity::Capacity;
use crate::drill::{Command, DrillHandle, JudgePlan};
use crate::measure::Snapshot;
use crate::replay::Remote;

/// A run or a recording, by the ends of its channels.
#[derive(Debug)]
pub struct Show {
    /// What there is to see.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Where commands go; a recording takes none.
    pub commands: mpsc::Sender<Command>,
    /// What the run is judged by.
    pub judging: JudgePlan,
    /// What a recording is played with; `None`: the run is live.
    pub replay: Option<Remote>,
    /// What is known of the account's quotas; `None`: nobody polls.
    pub capacity: Option<watch::Receiver<Arc<Capacity>>>,
    /// Whether there is no run, only the Capacity page.
    pub alone: bool,
}

impl Show {
    /// A run that goes on.
    pub fn live(drill: &DrillHandle, judging: JudgePlan) -> Self {
        Self {
            snapshots: drill.snapshots(),
            commands: drill.commands(),
            judging,
            replay: None,
            capacity: None,
            alone: false,
        }
    }

    /// A recording.
    pub fn replay(snapshots: watch::Receiver<Arc<Snapshot>>, judging: JudgePlan, remote: Remote) -> Self {
        Self {
            snapshots,
            // Nobody listens, and nothing is sent: the app knows what it shows.
            commands: mpsc::channel(1).0,
            judging,
            replay: Some(remote),
            capacity: None,
            alone: false,
        }
    }
    /// An account, without a run.
    pub fn account(
        snapshots: watch::Receiver<Arc<Snapshot>>,
        capacity: watch::Receiver<Arc<Capacity>>,
    ) -> Self {
        Self {
            snapshots,
            // Nobody listens: there is nothing to order.
            commands: mpsc::channel(1).0,
            judging: JudgePlan::default(),
            replay: None,
            capacity: Some(capacity),
            alone: true,
        }
    }

    /// The same with what is known of the account's quotas beside it.
    #[must_use]
    pub fn beside(self, capacity: Option<watch::Receiver<Arc<Capacity>>>) -> Self {
        Self { capacity, ..self }
    }
}
