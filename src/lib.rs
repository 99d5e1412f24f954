//! bedrill: a terminal dashboard for live reliability experiments on Amazon Bedrock.
//!
//! The layers, who may import whom, are in `docs/architecture.md`; a test holds them.

pub mod catalog;
pub mod clock;
pub mod drill;
pub mod emulator;
pub mod event;
pub mod fault;
pub mod load;
pub mod measure;
pub mod names;
pub mod patterns;
pub mod seed;
pub mod units;
