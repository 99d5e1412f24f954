//! Measuring: events in, one [`Snapshot`] out, ten times a second.
//!
//! Knows facts, never the service: nothing here imports the SDK, the emulator or a pattern.

mod arm;
mod bootstrap;
mod by_second;
mod chronicle;
pub mod detail;
pub mod evidence;
pub mod figure;
pub mod fold;
pub mod interval;
pub mod latency;
mod log;
pub mod pairing;
mod ratio;
pub mod resample;
mod scorecard;
mod seconds;
pub mod sink;
pub mod snapshot;
pub mod special;
mod survival;
mod tally;
mod timeline;
mod waste;

pub use arm::ArmTrack;
pub use fold::{ArmGauge, Fold, FoldPlan, Gauges, PatternTrack};
pub use sink::{EventFeed, EventSink, EventTap};
pub use snapshot::Snapshot;
