//! A drill: one run of a scenario, from its world and clients to its snapshots.

pub mod command;

pub use command::Command;
