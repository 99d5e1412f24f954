//! A drill without a screen: progress while it runs, then a summary or one JSON document.
//!
//! Reads snapshots only, like the dashboard. Progress goes to standard error, results to standard
//! output, so that a pipe gets nothing but results.

pub mod document;
mod judgement;
mod progress;
mod repeats;
mod summary;

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;

use tokio::sync::watch;

use crate::drill::Verdict;
use crate::measure::Snapshot;
use progress::Progress;

pub use document::Document;
pub use repeats::Repeats;

/// What is written, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadlessPlan {
    /// One JSON document instead of the summary.
    pub json: bool,
}

/// Follows a drill to its end, writing progress to standard error; gives the last snapshot.
///
/// Ends when the drill says that it is finished, or when its sender is gone.
pub async fn follow(mut snapshots: watch::Receiver<Arc<Snapshot>>) -> io::Result<Arc<Snapshot>> {
    let err = io::stderr();
    let mut progress = Progress::new(err.is_terminal());
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        progress.show(&snapshot, &mut err.lock())?;
        if snapshot.finished {
            break;
        }
        if snapshots.changed().await.is_err() {
            break;
        }
    }
    progress.close(&mut err.lock())?;
    Ok(Arc::clone(&snapshots.borrow()))
}

/// Waits silently for the end of a drill; gives the last snapshot.
pub async fn last(mut snapshots: watch::Receiver<Arc<Snapshot>>) -> Arc<Snapshot> {
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        if snapshot.finished || snapshots.changed().await.is_err() {
            return snapshot;
        }
    }
}

/// Writes the result of a drill.
pub fn conclude(
    last: &Snapshot,
    verdict: &Verdict,
    plan: HeadlessPlan,
    out: &mut impl Write,
) -> io::Result<()> {
    if plan.json {
        serde_json::to_writer_pretty(&mut *out, &Document::of(last, verdict))?;
        writeln!(out)
    } else {
        summary::write(last, out)?;
        judgement::write(verdict, out)
    }
}
