//! The physics: quotas, capacity, latency, replies. Pure decisions under one owner.
//!
//! No socket, no JSON, no waiting, no clock: every method takes `now`. The driver calls
//! [`World::decide`] when a request has arrived, waits and streams as the decision says, and calls
//! [`World::settle`] when the call is over, however it ended.

pub mod plan;

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::{Model, QuotaFamily};
use crate::clock::Moment;
use crate::event::FailureKind;
use crate::fault::{Cut, Outage};
use crate::names::Region;
use crate::units::TokenUsage;

/// A request for inference, as far as the physics care.
#[derive(Clone, Debug)]
pub struct Call {
    /// Decides this call's draws: the same key in the same world leads to the same reply length
    /// and the same luck. The service makes it from the request's bytes and attempt number.
    pub key: u64,
    /// The account, from the credentials.
    pub account: Arc<str>,
    /// The region whose endpoint was called.
    pub region: Region,
    /// `modelId` as written, percent-decoded.
    pub target: String,
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// `maxTokens`, if the caller set it.
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// A reply of exactly so many tokens, for benches and tests; drawn otherwise.
    pub reply_tokens: Option<u64>,
}

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The endpoint is out: nothing is answered, ever.
    Dead(Outage),
    /// An error answer.
    Refuse(Refusal),
    /// It is served.
    Serve(Box<Serving>),
}

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The kind, which leads to the exception's name and status.
    pub kind: FailureKind,
    /// The service's own words.
    pub message: String,
    /// How long after arrival it is answered.
    pub after: Duration,
}

/// A call that is served.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Names the reservation to settle.
    pub ticket: Ticket,
    /// The model that answers.
    pub model: Arc<Model>,
    /// Where it is served.
    pub region: Region,
    /// Which quota it draws on.
    pub family: QuotaFamily,
    /// Seed of the reply's text.
    pub text_seed: u64,
    /// What it will have used when it ends well.
    pub usage: TokenUsage,
    /// Whether the reply is cut short by `maxTokens`.
    pub hits_max_tokens: bool,
    /// From arrival to the first token.
    pub first_token: Duration,
    /// Between one token and the next.
    pub per_token: Duration,
    /// The stream breaks off after so many tokens.
    pub cut: Option<(u64, Cut)>,
}

impl Serving {
    /// From arrival to the `n`-th token (from one). Absolute, so that a late event does not delay
    /// those after it.
    pub fn token_due(&self, n: u64) -> Duration {
        self.first_token
            + self
                .per_token
                .saturating_mul(u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// From arrival to the whole answer.
    pub fn finished_after(&self) -> Duration {
        self.token_due(self.usage.output)
    }
}

/// Names an admitted call until it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// How an admitted call ended.
#[derive(Clone, Copy, Debug)]
pub struct Settlement {
    /// What was really used: the tokens generated before a cut or a hang-up count.
    pub usage: TokenUsage,
    /// When it ended.
    pub at: Moment,
    /// Whether the answer was whole.
    pub completed: bool,
}
