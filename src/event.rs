//! Facts, in the past tense: what happened in a run.
//!
//! Everything that is measured, logged, recorded or drawn is derived from these. They flow one
//! way: from the engine, the patterns and the drill into the fold and the recorder. A fact never
//! changes once told.

pub mod dial;
pub mod failure;
pub mod fault;
pub mod phase;
pub mod sighting;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use dial::Turn;
pub use failure::{Failure, FailureKind, Severity};
pub use phase::{CutCause, Phase};
pub use sighting::Sighting;

use crate::clock::Moment;
use crate::event::fault::FaultPlan;
use crate::names::{ModelId, ModelRef, Provider, Region};
use crate::units::{TokenUsage, Usd};

/// A way of calling within a run, by its place in the run's table of arms.
///
/// A pattern has one or more arms (cross-region: on-demand, geographic profile, global profile);
/// each is fed its own traffic and measured apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArmId(pub u16);

impl ArmId {
    /// The arm's place in tables of arms.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One scheduled request: the `index`-th arrival of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ShotId {
    /// The way of calling.
    pub arm: ArmId,
    /// The arrival's number within the arm, from zero.
    pub index: u64,
}

/// How demanding a prompt is; routers and readers of results tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PromptClass {
    /// A lookup or a rewording.
    #[default]
    Simple,
    /// Reasoning over several steps.
    Complex,
}

/// A turn of a conversation that is over: what was asked and what was answered. Never part of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The user's message.
    pub user: String,
    /// The assistant's.
    pub assistant: String,
}

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Route {
    /// The region whose endpoint is called.
    pub region: Region,
    /// What is written as `modelId`: a model, a profile, or an ARN.
    pub target: ModelRef,
    /// The model behind the target.
    pub model: ModelId,
    /// Who makes the model.
    pub provider: Provider,
    /// A short name for a person, `us-east-2` or `Nova Lite`, unlike its neighbours in a chain.
    pub label: Arc<str>,
}

/// How one wire call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttemptEnd {
    /// A whole, well-formed answer.
    Served,
    /// An error, or an answer that broke off.
    Failed(Failure),
}

/// One wire call of a shot: what the transport saw, SDK retries apart from each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Where it went.
    pub route: Arc<Route>,
    /// The place in the pattern's chain, from zero; a failover raises it.
    pub hop: u8,
    /// The SDK's attempt number at this hop, from one.
    pub number: u8,
    /// How long the caller had backed off before this attempt.
    pub backoff: Duration,
    /// When the request was handed to the transport.
    pub sent_at: Moment,
    /// When the first token came, for streams that got so far.
    pub first_token_at: Option<Moment>,
    /// When the answer was whole, or the attempt was given up.
    pub ended_at: Moment,
    /// How it ended.
    pub end: AttemptEnd,
    /// What it used: as the service said, or, for a stream that broke off after its first token,
    /// as near as the text that came tells. `None` where neither is known.
    pub usage: Option<TokenUsage>,
    /// The region that served it. The emulator tells; the real service does not.
    pub served_in: Option<Region>,
    /// Whether the failure was one bedrill injected at the client.
    pub injected: bool,
    /// The model or profile that a prompt router chose, where the service's trace names one.
    pub invoked: Option<ModelRef>,
}

impl Attempt {
    /// The failure, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.end {
            AttemptEnd::Served => None,
            AttemptEnd::Failed(failure) => Some(failure),
        }
    }
}

/// How a shot ended, as its caller would see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShotEnd {
    /// Answered in full.
    Succeeded,
    /// Given up after all attempts the pattern allows.
    Failed(FailureKind),
    /// Never sent: the concurrency cap and its queue were full.
    Shed,
}

/// Everything known of one finished shot, its attempt tree included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShotRecord {
    /// Which shot.
    pub id: ShotId,
    /// How demanding its prompt was.
    pub class: PromptClass,
    /// When the schedule wanted it.
    pub intended_at: Moment,
    /// When its task first ran: the end of schedule lag.
    pub started_at: Moment,
    /// When it left the queue before the concurrency cap and was handed to the pattern.
    pub sent_at: Moment,
    /// When the first token of the answer that counted came.
    pub first_token_at: Option<Moment>,
    /// When it was over.
    pub ended_at: Moment,
    /// How it ended.
    pub end: ShotEnd,
    /// Every wire call, in order. Empty for a shed shot and where a breaker refused every hop.
    pub attempts: Vec<Attempt>,
    /// What the answer that counted used.
    pub usage: TokenUsage,
    /// What all attempts cost together.
    pub cost: Usd,
}

impl ShotRecord {
    /// Whether it was answered in full.
    pub fn succeeded(&self) -> bool {
        self.end == ShotEnd::Succeeded
    }

    /// Latency from the intended time: what a user who pressed the key on schedule waited.
    pub fn latency_from_intended(&self) -> Duration {
        self.ended_at.since(self.intended_at)
    }

    /// Latency from the send: what the service and its retries took.
    pub fn latency_from_send(&self) -> Duration {
        self.ended_at.since(self.sent_at)
    }

    /// Time to the first token, from the send of the shot: back-offs and failed hops count.
    pub fn time_to_first_token(&self) -> Option<Duration> {
        self.first_token_at.map(|at| at.since(self.sent_at))
    }

    /// The split of the latency from the intended time.
    pub fn split(&self) -> LatencySplit {
        let last = self.attempts.last();
        let backoff = self.attempts.iter().map(|attempt| attempt.backoff).sum();
        let failed = self
            .attempts
            .iter()
            .take(self.attempts.len().saturating_sub(1))
            .map(|attempt| attempt.ended_at.since(attempt.sent_at))
            .sum();
        let (first_token, stream) = match last {
            None => (Duration::ZERO, Duration::ZERO),
            Some(last) => {
                let first = last.first_token_at.unwrap_or(last.ended_at);
                (first.since(last.sent_at), last.ended_at.since(first))
            }
        };
        LatencySplit {
            lag: self.started_at.since(self.intended_at),
            queue: self.sent_at.since(self.started_at),
            attempts: failed,
            backoff,
            first_token,
            stream,
        }
    }
}

/// Where the time of a shot went. The parts add up to the latency from the intended time, but for
/// the SDK's own work between attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencySplit {
    /// From the intended time to the first poll of the shot's task.
    pub lag: Duration,
    /// Waiting for a place under the concurrency cap.
    pub queue: Duration,
    /// Attempts that failed, all but the last.
    pub attempts: Duration,
    /// Backing off between attempts.
    pub backoff: Duration,
    /// The last attempt, up to its first token (or its whole answer, if it was no stream).
    pub first_token: Duration,
    /// The last attempt, from its first token to its end.
    pub stream: Duration,
}

/// The route changed between two attempts of one shot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failover {
    /// The shot that moved.
    pub shot: ShotId,
    /// The route given up.
    pub from: Arc<Route>,
    /// The route taken instead.
    pub to: Arc<Route>,
    /// Why.
    pub cause: FailureKind,
    /// From the shot's send to the first attempt on the new route.
    pub took: Duration,
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused without being sent.
    Open,
    /// A few probes pass.
    HalfOpen,
}

/// A breaker changed its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreakerMove {
    /// The way of calling it guards.
    pub arm: ArmId,
    /// The route it guards.
    pub route: Arc<Route>,
    /// The state it left.
    pub from: BreakerState,
    /// The state it took.
    pub to: BreakerState,
    /// Why, in words: `5 of the last 5 failed`.
    pub reason: String,
}

/// A fault of the run, numbered from one in the order they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub u32);

/// Who asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asker {
    /// The scenario's time line.
    Scenario,
    /// A person, while the run went on.
    Hand,
}

/// Why a fault ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultEndCause {
    /// Its time was up.
    Expired,
    /// Somebody lifted it.
    Lifted,
    /// The run ended, and every fault with it.
    RunEnded,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// A shot was over.
    ShotEnded(Box<ShotRecord>),
    /// A shot went on by another route.
    FailedOver(Failover),
    /// A breaker moved.
    BreakerMoved(BreakerMove),
    /// A fault took effect.
    FaultBegan {
        /// Which one.
        id: FaultId,
        /// What, in words: `us-east-1 endpoint refuses`.
        label: String,
        /// The kind's key: the column of the survival matrix.
        kind: String,
        /// When it ends by itself.
        ends_at: Moment,
        /// Who asked for it.
        by: Asker,
        /// All that a repeat needs to know of it.
        plan: Box<FaultPlan>,
    },
    /// A fault stopped having effect.
    FaultEnded {
        /// Which one.
        id: FaultId,
        /// Its label.
        label: String,
        /// Why.
        cause: FaultEndCause,
        /// Whether the injecting side was asked afterwards and no longer had it.
        verified: bool,
    },
    /// A person or the schedule turned a dial.
    DialTurned {
        /// Which: `rate`, `concurrency`, `cross-region`.
        dial: String,
        /// The old setting, as shown.
        from: String,
        /// The new setting, as shown.
        to: String,
        /// Who turned it.
        by: Asker,
        /// The turn, as it can be made again.
        turn: Turn,
    },
    /// A phase of the run began.
    PhaseBegan(Phase),
    /// The run ends before its time; every fault is lifted. Told once.
    CutShort {
        /// What sort of reason.
        cause: CutCause,
        /// The reason, in words, with its figures.
        reason: String,
    },
    /// Traffic stopped arriving by request, or began again.
    Paused {
        /// Whether it stopped.
        paused: bool,
        /// Who asked for it.
        by: Asker,
    },
    /// Something that the service, a job or a gateway told when it was asked, outside the shots.
    Seen(Box<Sighting>),
    /// Anything else a person should read, once.
    Noted(String),
}

/// A fact and when it came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// What.
    pub fact: Fact,
}

impl Event {
    /// The fact, told at a moment.
    pub const fn new(at: Moment, fact: Fact) -> Self {
        Self { at, fact }
    }
}
