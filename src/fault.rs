//! What is broken on purpose: which kind, where, how much, and until when.
//!
//! One vocabulary for scenario files, the keyboard, the emulator and the client's injector. Pure:
//! a [`FaultSet`] is asked with a moment and the facts of a call and answers what that call must
//! meet. Who does the refusing, delaying or cutting is somebody else's matter.

pub mod injector;
mod shape;

use std::fmt::Write as _;
use std::time::Duration;

use crate::clock::Moment;
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::units::Share;

pub use crate::event::fault::{Cut, FaultKind, FaultPlan, FaultShape, Outage, Scope};
pub use injector::{CallFacts, Effects, FaultSet};

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
