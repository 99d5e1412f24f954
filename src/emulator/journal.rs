//! What was asked of the emulator, call by call: the request log, the callers, and a feed for one
//! listener.
//!
//! Holds facts of the wire alone: who called what where, how it ended, what it used. Never a prompt
//! or a reply: of a body only its hash. Everything is bounded: the log is a ring, callers beyond a
//! number are counted together, and the feed loses (and counts) what its listener has no room for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Serialize;
use tokio::sync::mpsc;

use crate::clock::Moment;
use crate::event::FailureKind;
use crate::fault::Outage;
use crate::names::{ModelId, Provider, Region};
use crate::units::{TokenUsage, Usd};

/// Who called, as far as the wire tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CallerId {
    /// What it calls itself: `x-bedrill-caller`, else the application's name (`app/...`) or the product
    /// in the user agent.
    pub name: Arc<str>,
    /// The identifier of its access key; `None`: a bearer key.
    pub access_key: Option<Arc<str>>,
}

/// A call that has come in.
#[derive(Clone, Debug, PartialEq)]
pub struct CallHead {
    /// Its number, from one, in the order of arrival.
    pub number: u64,
    /// When it arrived.
    pub arrived: Moment,
    /// Who called.
    pub caller: CallerId,
    /// The user agent, cut to 256 bytes.
    pub user_agent: Box<str>,
    /// The operation: `ConverseStream`.
    pub operation: &'static str,
    /// The region whose endpoint was called.
    pub region: Region,
    /// `modelId`, decoded.
    pub target: Box<str>,
    /// `amz-sdk-invocation-id`: the same for all attempts of one operation of an SDK.
    pub invocation: Option<Box<str>>,
    /// The attempt's number within its invocation, from one.
    pub attempt: u64,
    /// A hash of the body: equal bodies have equal ones.
    pub body: u64,
}

/// How a call ended, as the server saw it.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEnd {
    /// Answered in full.
    Served,
    /// Answered with an error.
    Refused {
        /// Its kind.
        kind: FailureKind,
        /// The HTTP status.
        status: u16,
        /// The exception's name.
        code: &'static str,
        /// What was said.
        message: Box<str>,
    },
    /// Never answered: the endpoint was out.
    Dead(Outage),
    /// The stream broke off, because a fault said so.
    BrokenOff,
    /// The caller left before the answer was whole.
    HungUp,
}

impl CallEnd {
    /// The kind of failure that it is for its caller; `None`: it was answered in full.
    pub const fn failure(&self) -> Option<FailureKind> {
        match self {
            Self::Served => None,
            Self::Refused { kind, .. } => Some(*kind),
            Self::Dead(Outage::Refused) => Some(FailureKind::Connection),
            // A caller that leaves has waited for as long as it would.
            Self::Dead(Outage::Silent) | Self::HungUp => Some(FailureKind::Timeout),
            Self::BrokenOff => Some(FailureKind::StreamCut),
        }
    }

    /// A word for the request log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Refused { .. } => "refused",
            Self::Dead(_) => "dead",
            Self::BrokenOff => "broken-off",
            Self::HungUp => "hung-up",
        }
    }

    /// The HTTP status that was answered; `None`: there was no answer.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Served | Self::BrokenOff => Some(200),
            Self::Refused { status, .. } => Some(*status),
            Self::Dead(_) | Self::HungUp => None,
        }
    }
}

/// What was begun to be served of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct ServedPart {
    /// The region that served.
    pub region: Region,
    /// When the first token came, if it did.
    pub first_token_at: Option<Moment>,
    /// What was used up to the end.
    pub usage: TokenUsage,
    /// What that cost.
    pub cost: Usd,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// The call.
    pub head: Arc<CallHead>,
    /// The model behind the target and who makes it, where they are known.
    pub model: Option<(ModelId, Provider)>,
    /// When it was over.
    pub ended_at: Moment,
    /// How it ended.
    pub end: CallEnd,
    /// What was served of it.
    pub served: Option<ServedPart>,
}

/// Something the listener is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A call came in.
    Began(Arc<CallHead>),
    /// A call is over.
    Ended(Arc<CallRecord>),
}

/// Counts of one caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CallerCounts {
    /// Calls that came in.
    pub calls: u64,
    /// Of those, not over yet.
    pub in_flight: u64,
    /// Answered in full.
    pub served: u64,
    /// Throttled.
    pub throttled: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// The last arrival, in nanoseconds since the start.
    pub last_at: Moment,
}

/// One caller's line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallerCountsLine {
    /// Who.
    #[serde(flatten)]
    pub caller: CallerId,
    /// The user agent of its newest call.
    pub user_agent: Box<str>,
    /// The counts.
    #[serde(flatten)]
    pub counts: CallerCounts,
}

/// The log, the callers and the feed. One for a service; made when somebody wants to know.
#[derive(Debug, Default)]
pub struct Journal {
    state: Mutex<State>,
    listener: OnceLock<mpsc::Sender<Heard>>,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    log: VecDeque<Arc<CallRecord>>,
    callers: BTreeMap<CallerId, (Box<str>, CallerCounts)>,
}

impl Journal {
    /// Calls that the log keeps; the oldest go first.
    pub const KEPT: usize = 4_096;
    /// Facts that wait for the listener; those that find no room are lost and counted.
    pub const FEED: usize = 16_384;
    /// Callers told apart; those after them are counted together.
    const MOST_CALLERS: usize = 64;
    /// The name of those that are counted together.
    const OTHERS: &'static str = "others";

    /// The feed, for the one listener; `None`: somebody has it already.
    pub fn listen(&self) -> Option<mpsc::Receiver<Heard>> {
        let (tell, heard) = mpsc::channel(Self::FEED);
        self.listener.set(tell).ok().map(|()| heard)
    }

    /// Facts that the listener had no room for.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Notes a call that came in; it gets its number here.
    pub fn begin(&self, mut head: CallHead) -> Arc<CallHead> {
        let mut state = self.state();
        state.next += 1;
        head.number = state.next;
        let (agent, counts) = state.caller(&head.caller);
        agent.clone_from(&head.user_agent);
        counts.calls += 1;
        counts.in_flight += 1;
        counts.last_at = counts.last_at.max(head.arrived);
        let head = Arc::new(head);
        // Told under the lock, so that the listener hears of calls in the order of their numbers.
        self.tell(Heard::Began(Arc::clone(&head)));
        head
    }

    /// Notes that a call is over.
    pub fn end(&self, record: CallRecord) {
        let record = Arc::new(record);
        let mut state = self.state();
        let (_, counts) = state.caller(&record.head.caller);
        counts.in_flight = counts.in_flight.saturating_sub(1);
        *match record.end.failure() {
            None => &mut counts.served,
            Some(FailureKind::Throttled | FailureKind::NotReady) => &mut counts.throttled,
            Some(_) => &mut counts.failed,
        } += 1;
        if state.log.len() >= Self::KEPT {
            state.log.pop_front();
        }
        state.log.push_back(Arc::clone(&record));
        self.tell(Heard::Ended(record));
    }

    /// The calls that are kept, in the order in which they ended.
    pub fn log(&self) -> Vec<Arc<CallRecord>> {
        self.state().log.iter().cloned().collect()
    }

    /// The callers, ordered by name and key.
    pub fn callers(&self) -> Vec<CallerCountsLine> {
        let state = self.state();
        let lines = state
            .callers
            .iter()
            .map(|(caller, (agent, counts))| CallerCountsLine {
                caller: caller.clone(),
                user_agent: agent.clone(),
                counts: *counts,
            });
        lines.collect()
    }

    /// Forgets calls and callers; what is under way is still told when it ends.
    pub fn forget(&self) {
        let mut state = self.state();
        state.log.clear();
        state.callers.clear();
    }

    fn tell(&self, heard: Heard) {
        if let Some(listener) = self.listener.get()
            && listener.try_send(heard).is_err()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn caller(&mut self, caller: &CallerId) -> &mut (Box<str>, CallerCounts) {
        let known = self.callers.contains_key(caller) || self.callers.len() < Journal::MOST_CALLERS;
        let caller = if known {
            caller.clone()
        } else {
            CallerId {
                name: Journal::OTHERS.into(),
                access_key: None,
            }
        };
        self.callers.entry(caller).or_default()
    }
}

#[cfg(test)]
mod tests;
