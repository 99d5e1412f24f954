//! What is broken on purpose, in words that a fact can carry: which kind, where, how much, and until
//! when.
//!
//! Only the words. What a fault does to a call, and how strong it is when, is `crate::fault`'s
//! matter.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FaultId;
use crate::clock::Moment;
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::units::Share;

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum FaultKind {
    /// 429 for a share of calls.
    Throttle,
    /// The quotas in scope shrink to the share that is left (emulator only).
    LoweredQuota,
    /// 503 for a share of calls.
    Unavailable,
    /// 500 for a share of calls.
    Internal,
    /// 408 for a share of calls.
    ModelTimeout,
    /// 429 `ModelNotReadyException` for a share of calls.
    NotReady,
    /// Answers come later: a fixed time, or drawn around it.
    Latency {
        /// The (median) time added.
        added: Duration,
        /// Sigma of its logarithm; 0 for a fixed time.
        sigma: f64,
    },
    /// Tokens come this many times slower.
    SlowStream {
        /// At least 1.
        factor: f64,
    },
    /// Streams break off after some tokens.
    CutStream {
        /// Tokens that still come.
        after_tokens: u64,
        /// How it breaks.
        how: Cut,
    },
    /// A region's endpoint is out: everything that enters there fails, profiles included.
    EndpointOutage(Outage),
    /// A region can serve less, or nothing: profiles route around it (emulator only).
    CapacityOutage,
    /// 403 for a share of calls.
    Denied,
    /// 400, the classic wrong model version.
    InvalidModel,
    /// HTTP 200 with an error in the body (emulator only, and only of providers beside Bedrock:
    /// Bedrock never answers so).
    Poisoned,
}

/// How a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// An exception frame inside the stream.
    Exception,
    /// The connection is reset.
    Reset,
}

/// How an endpoint is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outage {
    /// The connection is dropped at once.
    Refused,
    /// Nothing ever answers.
    Silent,
}

/// Where a fault strikes. Every field that is set must match; none set: everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The region: of the endpoint called; for lost capacity, of the serving side.
    pub region: Option<Region>,
    /// The model behind the call.
    pub model: Option<ModelId>,
    /// The identifier as the caller wrote it: one profile and not another.
    pub target: Option<ModelRef>,
    /// The model's maker.
    pub provider: Option<Provider>,
    /// The pattern that calls. Only a client can tell, so such a fault is injected there.
    pub pattern: Option<PatternKey>,
}

/// A fault, wholly specified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// Its number in the run.
    pub id: FaultId,
    /// What breaks.
    pub kind: FaultKind,
    /// Where.
    pub scope: Scope,
    /// How many of the calls in scope, or how much of the capacity or quota.
    pub share: Share,
    /// How the strength moves over its life.
    pub shape: FaultShape,
    /// When it begins.
    pub begins_at: Moment,
    /// How long it lasts; every fault ends by itself.
    pub lasts: Duration,
    /// Whether it is injected at the client instead of the emulator.
    pub at_client: bool,
}

/// The course of a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultShape {
    /// Full strength from the first millisecond to the last.
    #[default]
    Step,
    /// From nothing to full strength over its whole life.
    Ramp,
    /// On and off in turn, on first.
    Pulse {
        /// How long it is on.
        on: Duration,
        /// How long it is off.
        off: Duration,
    },
}
