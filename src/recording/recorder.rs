//! The near end of a recording: takes steps from the run's loop and never holds it up.
//!
//! The channel to the writer holds [`BATCHES`] batches of at most [`BATCH`] steps. In real time a
//! batch that finds it full is dropped and its steps are counted: the recording is then incomplete
//! and says so. In virtual time nobody is hurried by waiting, so it waits.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::{fs, io};

use thiserror::Error;

use super::header::{Header, Judgement};
use super::place::{NoPlace, Place};
use super::step::Step;
use super::writer::{self, Message, Work};
use crate::clock::Moment;
use crate::event::Event;
use crate::measure::Gauges;
use crate::measure::snapshot;

/// Steps in a full batch.
const BATCH: usize = 256;
/// Batches the channel holds.
const BATCHES: usize = 256;

/// That a run is to be recorded, and where.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Where.
    pub place: Place,
    /// The text that was laid over the built-in catalogue, without which it cannot be read again.
    pub overlay: Option<String>,
    /// The most pages of 4 KiB that the file may have; `None`: as many as the disk holds.
    pub most_pages: Option<u32>,
    written: Arc<OnceLock<PathBuf>>,
}

impl Plan {
    /// A recording at a place.
    pub fn at(place: Place) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }

    /// The same for a run that follows: in the folder, for a file takes one run.
    #[must_use]
    pub fn for_another(&self) -> Self {
        Self {
            place: Place::Runs,
            written: Arc::default(),
            ..self.clone()
        }
    }

    /// The file, once the run has begun.
    pub fn path(&self) -> Option<&Path> {
        self.written.get().map(PathBuf::as_path)
    }
}

/// Why a recording could not be begun.
#[derive(Debug, Error)]
pub enum RecorderError {
    /// No file.
    #[error(transparent)]
    Place(#[from] NoPlace),
    /// No thread.
    #[error("the operating system gave no thread for the recording")]
    Thread(#[from] io::Error),
}

/// What the two ends share.
#[derive(Debug, Default)]
pub struct Shared {
    lost: AtomicU64,
    /// Why it stopped before the run.
    stopped: OnceLock<String>,
}

impl Shared {
    /// Steps lost so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Counts lost steps.
    pub fn lose(&self, steps: u64) {
        self.lost.fetch_add(steps, Ordering::Relaxed);
    }
}

/// Records a run.
#[derive(Debug)]
pub struct Recorder {
    messages: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    waits: bool,
    batch: Vec<Step>,
    /// The number of the next step.
    next: i64,
    told_lost: bool,
    told_stopped: bool,
}

impl Recorder {
    /// Makes the file and starts the writer.
    pub fn begin(plan: &Plan, header: Header) -> Result<Self, RecorderError> {
        let path = plan.place.make(header.started, &header.scenario, header.seed)?;
        // The first run of a plan is the only one that has a file of its own to tell of.
        let _ = plan.written.set(path.clone());
        let waits = header.virtual_time;
        let work = Work {
            header,
            most_pages: plan.most_pages,
        };
        let shared = Arc::new(Shared::default());
        let (messages, received) = sync_channel(BATCHES);
        let thread = thread::Builder::new().name("bedrill-recorder".to_owned()).spawn({
            let (shared, path) = (Arc::clone(&shared), path.clone());
            move || {
                if let Err(problem) = writer::write(&path, &work, &received, &shared) {
                    tracing::warn!(%problem, path = %path.display(), "recording stopped");
                    let _ = shared.stopped.set(problem.to_string());
                }
            }
        });
        let thread = match thread {
            Ok(thread) => thread,
            Err(problem) => {
                // Nothing stands in it.
                let _ = fs::remove_file(&path);
                return Err(problem.into());
            }
        };
        Ok(Self {
            messages: Some(messages),
            thread: Some(thread),
            shared,
            waits,
            batch: Vec::new(),
            next: 1,
            told_lost: false,
            told_stopped: false,
        })
    }

    /// Records that the fold takes an event.
    pub fn event(&mut self, event: &Event) {
        if self.messages.is_some() {
            self.take(Step::Event(event.clone()));
        }
    }

    /// Records that the fold is asked for its evidence.
    pub fn evidence(&mut self, at: Moment) {
        self.take(Step::Evidence { at });
    }

    /// Records that a snapshot is taken.
    pub fn tick(&mut self, at: Moment, gauges: &Gauges) {
        if self.messages.is_some() {
            self.take(Step::Tick {
                at,
                gauges: Box::new(gauges.clone()),
            });
            self.send();
        }
    }

    /// How it goes.
    pub fn state(&self) -> snapshot::Recording {
        if self.messages.is_none() || self.shared.stopped.get().is_some() {
            snapshot::Recording::Stopped
        } else if self.shared.lost() > 0 {
            snapshot::Recording::Incomplete
        } else {
            snapshot::Recording::On
        }
    }

    /// What a person should be told, each thing once.
    pub fn news(&mut self) -> Option<String> {
        if self.state() == snapshot::Recording::Stopped && !self.told_stopped {
            self.told_stopped = true;
            let why = self
                .shared
                .stopped
                .get()
                .map_or("its thread has ended", String::as_str);
            return Some(format!("recording stopped: {why}; the run goes on without it"));
        }
        if self.shared.lost() > 0 && !self.told_lost {
            self.told_lost = true;
            return Some("the recording is incomplete: the disk does not keep up with the run".to_owned());
        }
        None
    }

    /// Ends the recording with its run and waits until the file is closed.
    pub fn finish(mut self, verdict: Option<Judgement>) {
        self.send();
        if let Some(messages) = self.messages.take() {
            // The run is over: nobody is held up any more. A writer that has ended says why itself.
            let _ = messages.send(Message::Finish(verdict));
        }
        self.join();
    }

    fn take(&mut self, step: Step) {
        if self.messages.is_none() {
            return;
        }
        self.batch.push(step);
        if self.batch.len() >= BATCH {
            self.send();
        }
    }

    fn send(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let steps = std::mem::take(&mut self.batch);
        let (first, count) = (self.next, steps.len());
        self.next += (count as u64).cast_signed();
        let Some(messages) = &self.messages else { return };
        let message = Message::Steps { first, steps };
        let sent = if self.waits {
            messages.send(message).map_err(|_| TrySendError::Disconnected(()))
        } else {
            messages.try_send(message).map_err(|refused| match refused {
                TrySendError::Full(_) => TrySendError::Full(()),
                TrySendError::Disconnected(_) => TrySendError::Disconnected(()),
            })
        };
        match sent {
            Ok(()) => {}
            Err(TrySendError::Full(())) => self.shared.lose(count as u64),
            // The writer has ended, and `news` tells why.
            Err(TrySendError::Disconnected(())) => self.messages = None,
        }
    }

    fn join(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the recorder has panicked; its report stands above");
        }
    }
}

/// A run that ends in an error closes its recording too.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.join();
    }
}
