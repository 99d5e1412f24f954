//! Measuring: events in, one [`Snapshot`] out, ten times a second.
//!
//! Knows facts, never the service: nothing here imports the SDK, the emulator or a pattern.

pub mod sink;
pub mod snapshot;

pub use sink::EventSink;
pub use snapshot::Snapshot;
