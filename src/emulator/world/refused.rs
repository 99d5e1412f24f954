//! Why a call is not served, in the service's own words.
//!
//! The texts are those that users of the real service reported; `docs/emulator-physics.md` lists
//! where. One without a report is marked as an assumption.

use std::borrow::Cow;

use crate::event::FailureKind;
use crate::names::ModelId;

/// What a throttled call ran into. The service's answer does not always tell; its ledger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Requests per minute of the account.
    Requests,
    /// Tokens per minute of the account.
    Tokens,
    /// The pool shared with other tenants.
    SharedPool,
    /// A fault that was injected.
    Fault,
}

/// An error, before it is known when it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The kind.
    pub kind: FailureKind,
    /// For a throttle: by what.
    pub limit: Option<Limit>,
    /// The words.
    pub message: Cow<'static, str>,
}

const TOO_MANY_REQUESTS: &str = "Too many requests, please wait before trying again.";
const TOO_MANY_TOKENS: &str = "Too many tokens, please wait before trying again.";
const TOO_MANY_TOKENS_A_DAY: &str = "Too many tokens per day, please wait before trying again.";
const INVALID_IDENTIFIER: &str = "The provided model identifier is invalid.";
const NO_ACCESS: &str = "You don't have access to the model with the specified model ID.";
const UNEXPECTED: &str =
    "The system encountered an unexpected error during processing. Try your request again.";

/// The three texts of a 503, none of which is about quotas.
const UNAVAILABLE: [&str; 3] = [
    "Service temporarily unavailable, please try again.",
    "Bedrock is unable to process your request.",
    "Too many connections, please wait before trying again.",
];

impl Refused {
    /// The account's requests per minute are spent.
    pub const fn requests() -> Self {
        Self::throttled(Limit::Requests, Cow::Borrowed(TOO_MANY_REQUESTS))
    }

    /// The account's tokens per minute are spent.
    pub const fn tokens() -> Self {
        Self::throttled(Limit::Tokens, Cow::Borrowed(TOO_MANY_TOKENS))
    }

    /// The account's tokens of the day are spent.
    pub const fn tokens_of_the_day() -> Self {
        Self::throttled(Limit::Tokens, Cow::Borrowed(TOO_MANY_TOKENS_A_DAY))
    }

    /// The pool shared with other tenants is full.
    pub fn overloaded(model: &ModelId) -> Self {
        let message = format!("Model {model} is currently overloaded. Please try again later.");
        Self::throttled(Limit::SharedPool, Cow::Owned(message))
    }

    /// There is no capacity; `draw` (any number) picks among the texts.
    pub const fn unavailable(draw: usize) -> Self {
        Self::because(FailureKind::Unavailable, UNAVAILABLE[draw % UNAVAILABLE.len()])
    }

    /// Nothing is called that here.
    pub const fn invalid_identifier() -> Self {
        Self::because(FailureKind::Validation, INVALID_IDENTIFIER)
    }

    /// No units of that ARN in this account. Assumption: no report of the real text was found.
    pub const fn no_unit() -> Self {
        Self::because(
            FailureKind::NotFound,
            "The provisioned model you specified was not found.",
        )
    }

    /// The units are not in service. Assumption: no report of the real text was found.
    pub fn unit_not_ready(status: &str) -> Self {
        Self {
            kind: FailureKind::NotReady,
            limit: None,
            message: Cow::Owned(format!(
                "The provisioned model is not ready for inference: its status is {status}."
            )),
        }
    }

    /// The account may not call the model.
    pub const fn no_access() -> Self {
        Self::because(FailureKind::Denied, NO_ACCESS)
    }

    /// A model that only a profile reaches was called by its bare identifier.
    pub fn profile_only(target: &str) -> Self {
        Self::invalid(format!(
            "Invocation of model ID {target} with on-demand throughput isn’t supported. Retry your request \
             with the ID or ARN of an inference profile that contains this model."
        ))
    }

    /// `maxTokens` lies above the model's limit.
    pub fn max_tokens_over(limit: u64) -> Self {
        Self::invalid(format!(
            "The maximum tokens you requested exceed the model limit of {limit}. Try again with a maximum \
             tokens value lower than {limit}."
        ))
    }

    /// `maxTokens` is zero.
    pub fn max_tokens_zero() -> Self {
        Self::because(
            FailureKind::Validation,
            "1 validation error detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy \
             constraint: Member must have value greater than or equal to 1",
        )
    }

    /// The prompt alone fills the context window.
    pub const fn input_too_long() -> Self {
        Self::because(FailureKind::Validation, "Input is too long for requested model.")
    }

    /// Prompt and `maxTokens` together do not fit; Claude models say so instead of stopping early.
    pub fn context_overflow(input: u64, max_tokens: u64, window: u64) -> Self {
        Self::invalid(format!(
            "input length and `max_tokens` exceed context limit: {input} + {max_tokens} > {window}, decrease \
             input length or `max_tokens` and try again"
        ))
    }

    /// The model has no streaming operations.
    pub const fn no_streaming() -> Self {
        Self::because(FailureKind::Validation, "The model is unsupported for streaming.")
    }

    /// The model's life is over.
    pub const fn end_of_life() -> Self {
        Self::because(
            FailureKind::NotFound,
            "This model version has reached the end of its life.",
        )
    }

    /// What a fault that was injected makes the service say.
    pub fn injected(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Throttled => Self::throttled(Limit::Fault, Cow::Borrowed(TOO_MANY_REQUESTS)),
            FailureKind::Unavailable => Self::unavailable(0),
            FailureKind::Denied => Self::no_access(),
            FailureKind::Validation => Self::invalid_identifier(),
            FailureKind::ModelTimeout => Self::because(
                kind,
                "Model has timed out in processing the request. Try your request again.",
            ),
            // Assumption: no report of the real text was found.
            FailureKind::NotReady => Self::because(
                kind,
                "The model is not ready for inference. Wait and try your request again.",
            ),
            _ => Self::because(kind, UNEXPECTED),
        }
    }

    const fn throttled(limit: Limit, message: Cow<'static, str>) -> Self {
        Self {
            kind: FailureKind::Throttled,
            limit: Some(limit),
            message,
        }
    }

    const fn because(kind: FailureKind, message: &'static str) -> Self {
        Self {
            kind,
            limit: None,
            message: Cow::Borrowed(message),
        }
    }

    const fn invalid(message: String) -> Self {
        Self {
            kind: FailureKind::Validation,
            limit: None,
            message: Cow::Owned(message),
        }
    }
}
