//! One purchase of model units, and what it is at a moment.

use std::sync::Arc;
use std::time::Duration;

use super::rate::Rate;
use crate::catalog::{Commitment, Model, UnitRates};
use crate::clock::Moment;
use crate::names::{ModelId, Region};
use crate::units::Usd;

const DAY: Duration = Duration::from_secs(86_400);
const HOUR_NANOS: u64 = 3_600_000_000_000;

/// What the service says of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Bought, and not yet there.
    Creating,
    /// It takes calls.
    InService,
    /// It takes calls and gets another name.
    Updating,
    /// It never came to be.
    Failed,
}

impl Status {
    /// As the service writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::InService => "InService",
            Self::Updating => "Updating",
            Self::Failed => "Failed",
        }
    }

    /// Every status.
    pub const ALL: [Self; 4] = [Self::Creating, Self::InService, Self::Updating, Self::Failed];
}

/// A purchase of model units.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its ARN, which is called as `modelId`.
    pub arn: Arc<str>,
    /// Its name, unlike its neighbours'.
    pub name: String,
    /// The account it belongs to.
    pub account: Arc<str>,
    /// Where it stands.
    pub region: Region,
    /// The bare identifier of its model.
    pub model: ModelId,
    /// What was bought: the identifier with its context variant.
    pub variant: String,
    /// The model, its window cut to the variant's.
    pub serves: Arc<Model>,
    /// How many model units.
    pub units: u64,
    /// The term they were bought for.
    pub commitment: Option<Commitment>,
    /// What they carry together.
    pub rates: UnitRates,
    /// What they cost together for an hour.
    pub hourly: Usd,
    /// When they were bought.
    pub created_at: Moment,
    /// When something of them was changed last.
    pub modified_at: Moment,
    pub(super) ready_at: Moment,
    pub(super) updated_at: Moment,
    pub(super) fails: bool,
    /// Whether it was there from the start: then it counts against no quota.
    pub(super) is_standing: bool,
    pub(super) token: Option<String>,
    pub(super) input: Rate,
    pub(super) output: Rate,
    /// Tokens of an answer, the newest weighing most.
    pub(super) answers: f64,
}

impl Unit {
    /// What it is.
    pub fn status(&self, now: Moment) -> Status {
        if now < self.ready_at {
            Status::Creating
        } else if self.fails {
            Status::Failed
        } else if now < self.updated_at {
            Status::Updating
        } else {
            Status::InService
        }
    }

    /// Why it failed, if it did.
    pub fn failure(&self, now: Moment) -> Option<&'static str> {
        (self.status(now) == Status::Failed)
            .then_some("There is not enough capacity to provision the model units you asked for.")
    }

    /// When its (first) term is over.
    pub fn committed_until(&self) -> Option<Moment> {
        let days = match self.commitment? {
            Commitment::OneMonth => 30,
            Commitment::SixMonths => 180,
        };
        Some(self.created_at + DAY * days)
    }

    /// Whether the term it was bought for keeps it alive. A term renews by itself until somebody
    /// deletes the unit; after the first one it may be deleted at any time (an assumption, the
    /// guide leaves open what a renewed term binds to).
    pub fn is_bound(&self, now: Moment) -> bool {
        self.status(now) != Status::Failed && self.committed_until().is_some_and(|until| now < until)
    }

    /// What it has cost by now: whole hours from the moment it was in service. A failed one is free.
    pub fn bill(&self, now: Moment) -> Usd {
        if self.fails || now < self.ready_at {
            return Usd::ZERO;
        }
        let hours = now.as_nanos().saturating_sub(self.ready_at.as_nanos()) / HOUR_NANOS + 1;
        self.hourly.times(hours)
    }
}
