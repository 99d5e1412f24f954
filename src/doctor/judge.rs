//! The judges: what was seen in, a verdict out. Pure.

pub mod account;
pub mod machine;
pub mod model;

use super::report::{State, Verdict};

/// A judge was shown what is not its own: a fault of the driver, told as one.
fn not_mine() -> Verdict {
    Verdict::new(
        State::Unknown,
        "not looked at: this is a fault of bedrill",
        "please report it",
    )
}
