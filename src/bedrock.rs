//! The one seam to AWS: SDK clients, attempts, classification, client-side faults.
//!
//! A [`Clients`] lives on one runtime and owns its connection pool. Of it each hop of a chain gets
//! a [`HopClient`], which makes one call ([`HopClient::converse`]) with the SDK's own retries and
//! tells every wire call beneath them. Nothing of the SDK shows outside this module.
//!
//! ```text
//! HopClient::converse -> SDK (signing, retries) -> faults::Tap -> spend::Metered -> socket | in_process
//!          attempts::CALL <--- Watch (interceptor) ---^
//! ```
//!
//! Never sees the emulator: the drill hands it over as an [`in_process::Handler`] or a URL.

pub mod account;
mod attempts;
pub mod chat;
pub mod classify;
pub mod client;
pub mod control;
pub mod converse;
pub mod destination;
pub mod faults;
pub mod http;
pub mod in_process;
pub mod openai;
pub mod preflight;
pub mod retries;
pub mod s3;
pub mod spend;
pub mod target;

#[cfg(test)]
pub mod fixture;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use client::{ClientPlan, Clients, HopClient, HopPlan};
pub use control::Control;
pub use control::routers::{RouterAsk, RouterFound};
pub use converse::{Answer, Ask, HopCall, HopOutcome, SharedDocument};
pub use faults::ClientFaults;
pub use retries::{Partitions, RetrySpec};
pub use spend::SpendGuard;
pub use target::{AwsAccount, AwsSettings, Target, UrlTarget};
