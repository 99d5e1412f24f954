//! Every kind of caller the engine fires, in one type.

use super::chain::Chain;
use super::gateway::GatewayCaller;
use super::routing::RouterCaller;
use crate::load::{Fire, Fired, Shot};

/// Fires the shots of one arm on one runtime.
#[derive(Debug)]
pub enum Caller {
    /// Down a chain of routes through the SDK.
    Chain(Chain),
    /// Through a gateway.
    Gateway(GatewayCaller),
    /// Through a prompt router.
    Router(RouterCaller),
}

impl Fire for Caller {
    async fn fire(&self, shot: Shot) -> Fired {
        match self {
            Self::Chain(chain) => chain.fire(shot).await,
            Self::Gateway(gateway) => gateway.fire(shot).await,
            Self::Router(caller) => caller.fire(shot).await,
        }
    }
}
