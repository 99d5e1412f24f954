//! Every kind of caller the engine fires, in one type.

use super::chain::Chain;
use crate::load::{Fire, Fired, Shot};

/// Fires the shots of one arm on one runtime.
#[derive(Debug)]
pub enum Caller {
    /// Down a chain of routes through the SDK.
    Chain(Chain),
}

impl Fire for Caller {
    async fn fire(&self, shot: Shot) -> Fired {
        match self {
            Self::Chain(chain) => chain.fire(shot).await,
        }
    }
}
