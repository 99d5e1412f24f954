//! The flight recorder: a run in one private SQLite file, and that file read again.
//!
//! What the fold is told, in the order in which it is told, and the gauges it is looked at with:
//! folded again, they give the same snapshots to the last bit. [`Recorder`] writes while the run
//! goes on, on a thread of its own, and can never slow it; [`Recording`] reads. Prompts and replies
//! are not in it: no fact holds them. `docs/recordings.md` describes the tables for people.
//!
//! Rows are written in batches, one transaction at least every `writer::COMMIT_EVERY`; each is
//! sealed by a hash over its rows and the seal before it, so a reader hands on only what was
//! written. Never trusts a file: a damaged one gives a shorter run or a named error.

mod dictionary;
mod gauges;
mod header;
pub mod place;
mod reader;
mod recorder;
mod row;
pub mod runs;
mod schema;
mod shot;
mod step;
mod writer;

use std::path::PathBuf;

use thiserror::Error;

use crate::clock::Moment;

pub use header::{Ending, Header, Judgement};
pub use place::{NoPlace, Place, folder};
pub use reader::{Cursor, Recording, Steps};
pub use recorder::{Plan, Recorder, RecorderError};
pub use step::Step;

/// Why a recording cannot be read, or not further.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The operating system does not give it.
    #[error("{}: the recording cannot be opened: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        why: String,
    },
    /// Another sort of file.
    #[error("{}: this is not a recording of bedrill ({why})", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
        /// What tells.
        why: String,
    },
    /// Written by a later bedrill.
    #[error("{}: the recording has format {version} and this bedrill reads up to {}: use a newer one", path.display(), schema::VERSION)]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: i64,
    },
    /// What was written is not what is there.
    #[error("{}: the recording is damaged after {:.1} s: {what}", path.display(), after.as_secs_f64())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The last moment that could be read.
        after: Moment,
        /// What is wrong.
        what: String,
    },
}
