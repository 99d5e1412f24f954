//! What is broken on purpose: which kind, where, how much, and until when.
//!
//! One vocabulary for scenario files, the keyboard, the emulator and the client's injector. Pure:
//! a [`FaultSet`] is asked with a moment and the facts of a call and answers what that call must
//! meet. Who does the refusing, delaying or cutting is somebody else's matter.

pub mod injector;
pub mod shape;

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::event::FaultId;
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::units::Share;

pub use injector::{CallFacts, Effects, FaultSet};
pub use shape::FaultShape;

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

impl FaultKind {
    /// Every kind with its usual strength, in the order the inject overlay lists them.
    pub const ALL: [Self; 14] = [
        Self::Throttle,
        Self::LoweredQuota,
        Self::Unavailable,
        Self::Internal,
        Self::ModelTimeout,
        Self::NotReady,
        Self::Latency {
            added: Duration::from_millis(800),
            sigma: 0.3,
        },
        Self::SlowStream { factor: 5.0 },
        Self::CutStream {
            after_tokens: 10,
            how: Cut::Exception,
        },
        Self::EndpointOutage(Outage::Refused),
        Self::CapacityOutage,
        Self::Denied,
        Self::InvalidModel,
        Self::Poisoned,
    ];

    /// The key in scenarios, JSON and the survival matrix.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::LoweredQuota => "lowered-quota",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
            Self::ModelTimeout => "model-timeout",
            Self::NotReady => "not-ready",
            Self::Latency { .. } => "latency",
            Self::SlowStream { .. } => "slow-stream",
            Self::CutStream { .. } => "cut-stream",
            Self::EndpointOutage(_) => "endpoint-outage",
            Self::CapacityOutage => "capacity-outage",
            Self::Denied => "denied",
            Self::InvalidModel => "invalid-model",
            Self::Poisoned => "poisoned",
        }
    }

    /// Whether a client can cause it by itself. A loss of capacity behind a profile, a lowered quota
    /// or the answers of a provider behind a gateway only the emulator can.
    pub const fn client_can(&self) -> bool {
        !matches!(self, Self::CapacityOutage | Self::LoweredQuota | Self::Poisoned)
    }
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

impl FaultPlan {
    /// When it ends by itself.
    pub fn ends_at(&self) -> Moment {
        self.begins_at + self.lasts
    }

    /// The share that is struck at a moment: zero before it begins and after it ends.
    pub fn strength_at(&self, now: Moment) -> f64 {
        if now < self.begins_at || now >= self.ends_at() {
            return 0.0;
        }
        self.shape.strength(now.since(self.begins_at), self.lasts) * self.share.get()
    }

    /// The fault in a few words: `us-east-1 capacity-outage`, `Anthropic throttle 30%`.
    pub fn label(&self) -> String {
        let scope = &self.scope;
        let parts = [
            scope.pattern.as_ref().map(PatternKey::as_str),
            scope.region.as_ref().map(Region::as_str),
            scope.provider.as_ref().map(Provider::as_str),
            scope.target.as_ref().map(ModelRef::as_str),
            scope.model.as_ref().map(ModelId::as_str),
        ];
        let mut label: String = parts.iter().flatten().flat_map(|part| [part, " "]).collect();
        label.push_str(match self.kind {
            FaultKind::CapacityOutage => "capacity",
            FaultKind::EndpointOutage(_) => "endpoint",
            _ => self.kind.key(),
        });
        if self.share < Share::ALL {
            let _ = write!(label, " {:.0}%", self.share.get() * 100.0);
        }
        label
    }
}
