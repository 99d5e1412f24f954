//! The pre-flight: what stands between a user and a drill, each finding with what to do about it.
//!
//! `check` is the table: one row is one check, with what it needs and a pure judge of what was seen.
//! `machine` looks at this machine, `examine` at the account, all at once and each look within
//! [`PATIENCE`]; a look that failed is a finding of its own line, never the end of the others.
//!
//! Must never change or pay for anything: the account is a read-only one. The paid probe is told its
//! price first and is only made when asked for.

pub mod check;
pub mod examine;
mod judge;
pub mod machine;
pub mod probe;
pub mod report;
pub mod uses;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use check::{Check, Scope, TABLE};
pub use examine::{Plan, examine};
pub use report::{Document, Line, Report, State, Verdict};
pub use uses::{BatchUse, Use, Uses};

/// No look takes longer.
pub const PATIENCE: Duration = Duration::from_secs(5);
