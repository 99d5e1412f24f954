//! What a failure says about the route it happened on, and whether another one can help. Pure.

use crate::event::{Failure, FailureKind};

/// What a failure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The route is at fault: its breaker counts it, the chain goes on.
    Route,
    /// The request is at fault: it would fail everywhere alike. The chain ends, the breaker hears
    /// nothing.
    Request,
    /// The shot ran out of time or retries: the chain ends.
    Shot,
}

/// Words of a `ValidationException` that are about the model called and not about the request:
/// another route has another model identifier.
const ABOUT_THE_MODEL: [&str; 3] = ["model identifier", "on-demand throughput", "model ID"];

/// The verdict on a failure.
///
/// A wrong request (400) fails on every route. Missing access (403), a model that is gone (404) and
/// a quota of the account for one model (400) are matters of that model or region, so another route
/// can help, and so can one if the service does not know the model identifier.
pub fn verdict(failure: &Failure) -> Verdict {
    match failure.kind {
        FailureKind::Validation => {
            let about_model = ABOUT_THE_MODEL
                .iter()
                .any(|words| failure.message.contains(words));
            if about_model {
                Verdict::Route
            } else {
                Verdict::Request
            }
        }
        FailureKind::Deadline
        | FailureKind::BreakerOpen
        | FailureKind::BudgetEmpty
        | FailureKind::SpendCap => Verdict::Shot,
        FailureKind::Throttled
        | FailureKind::NotReady
        | FailureKind::Unavailable
        | FailureKind::Internal
        | FailureKind::ModelTimeout
        | FailureKind::ModelError
        | FailureKind::Connection
        | FailureKind::Timeout
        | FailureKind::StreamCut
        | FailureKind::StreamIdle
        | FailureKind::Denied
        | FailureKind::NotFound
        | FailureKind::QuotaExceeded
        | FailureKind::Other => Verdict::Route,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_request_ends_the_chain_and_a_wrong_model_does_not() {
        let said = |message| verdict(&Failure::local(FailureKind::Validation, message));
        assert_eq!(said("The provided model identifier is invalid."), Verdict::Route);
        assert_eq!(
            said("Invocation of model ID x with on-demand throughput isn’t supported."),
            Verdict::Route
        );
        assert_eq!(
            said("The maximum tokens you requested exceed the model limit of 5000."),
            Verdict::Request
        );
    }

    #[test]
    fn every_transient_failure_but_the_shots_own_is_the_routes() {
        for row in FailureKind::TABLE.iter().filter(|row| row.transient) {
            let wanted = match row.kind {
                FailureKind::BreakerOpen => Verdict::Shot,
                _ => Verdict::Route,
            };
            assert_eq!(verdict(&Failure::local(row.kind, "")), wanted, "{}", row.key);
        }
    }
}
