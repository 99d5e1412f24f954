//! An embedded gateway: one OpenAI-style endpoint in front of Bedrock and other providers.
//!
//! [`route`] decides, without I/O: whom to ask ([`balance`]), who is left out for a while
//! ([`cooldown`]), whether the budget is spent. `relay` asks and goes on to the next; [`service`]
//! turns an HTTP request into an answer and is shared by [`server`] (a loopback port) and by an
//! in-process transport for virtual time.
//!
//! It behaves, and claims, as LiteLLM 1.106.2 was measured to: a fallback on every class of error,
//! cooldowns without a half-open state, nothing after the first token, and headers that tell of one
//! fallback where there were three. What it did not claim, the emulator's books show. It keeps no
//! such books itself and never sees the emulator.

pub mod balance;
mod body;
pub mod cooldown;
pub mod plan;
mod providers;
mod relay;
pub mod route;
pub mod server;
pub mod service;
mod wire;

pub use plan::{DeploymentPlan, GatewayPlan, GroupPlan, Strategy, Way};
pub use route::GroupView;
pub use service::{Gateway, Upstreams};
