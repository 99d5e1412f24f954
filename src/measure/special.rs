//! What single patterns show beside what all show: one fold and one view for each.
//!
//! A fold lives with the histograms under the same owner and obeys the same rules: facts in, a view
//! out, memory bounded for ever.

pub mod batch;
pub mod gateway;
pub mod outside;
pub mod prompt_cache;
pub mod provisioned;
mod routing;

use std::fmt;

use serde::Serialize;

pub use routing::{ModelTrack, RoutingFold, RoutingTrack, RoutingView, Split, Way, WayView};

use crate::clock::Moment;
use crate::event::ShotRecord;
use crate::event::sighting::Seen;
use crate::units::Usd;

pub use batch::BatchView;

/// What one pattern's panel shows of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum SpecialView {
    /// The gateway's.
    Gateway(gateway::GatewayView),
    /// Batch jobs.
    Batch(BatchView),
    /// Prompt routing.
    PromptRouting(RoutingView),
    /// Prompt caching.
    PromptCache(prompt_cache::CacheView),
    /// Provisioned throughput.
    Provisioned(provisioned::ProvisionedView),
    /// Traffic from outside.
    Outside(outside::OutsideView),
}

/// Folds the facts of one pattern.
pub trait SpecialFold: fmt::Debug + Send {
    /// A shot of one of its arms is over.
    fn shot(&mut self, record: &ShotRecord);

    /// The service, a job or a gateway was asked.
    fn seen(&mut self, at: Moment, seen: &Seen);

    /// Brings windows up to date: the whole seconds `from..end` are the newest ten. Called once a
    /// second.
    fn refresh(&mut self, from: u64, end: u64);

    /// What there is to see. Called for every snapshot: cheap.
    fn view(&self, now: Moment) -> SpecialView;

    /// What was spent beside the shots.
    fn spent(&self) -> Usd {
        Usd::ZERO
    }
}
