//! bedrill: a terminal dashboard for live reliability experiments on Amazon Bedrock.
//!
//! The layers, who may import whom, are in `docs/architecture.md`; a test holds them.

pub mod bedrock;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod decide;
pub mod doctor;
pub mod drill;
pub mod emulator;
pub mod event;
pub mod explain;
pub mod fault;
pub mod gateway;
pub mod headless;
pub mod load;
pub mod loopback;
pub mod measure;
pub mod names;
pub mod patterns;
pub mod recording;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod seed;
pub mod telemetry;
pub mod toml;
pub mod tui;
pub mod units;
