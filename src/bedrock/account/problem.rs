//! Why an account could not be looked at: what went wrong, in one line, with what to do.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_bedrock::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use thiserror::Error;

use super::read_only::NotARead;
use super::reads::Read;
use crate::names::Region;

/// A call that only reads and was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{operation} in {region}: {trouble}{}", detail(.message))]
pub struct ReadProblem {
    /// The operation.
    pub operation: &'static str,
    /// The IAM action it needs.
    pub action: &'static str,
    /// Where it was asked.
    pub region: Region,
    /// What went wrong, and what to do.
    pub trouble: Trouble,
    /// The service's words, or the network's. Never holds a secret: the SDK redacts them.
    pub message: String,
}

fn detail(message: &str) -> String {
    if message.is_empty() {
        return String::new();
    }
    format!(" ({message})")
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Trouble {
    /// A policy does not allow it.
    #[error("not allowed: the policy needs {0}")]
    Denied(&'static str),
    /// The credentials are too old.
    #[error("the credentials have expired: sign in again (aws sso login, or new keys)")]
    Expired,
    /// The service does not know the credentials.
    #[error("the credentials are not taken: check profile and keys")]
    Unknown,
    /// There are none.
    #[error("no credentials were found: give --profile, sign in, or set AWS_ACCESS_KEY_ID")]
    NoCredentials,
    /// This machine's clock is off.
    #[error("this machine's clock is off by more than five minutes: set it")]
    ClockSkew,
    /// Asked too often.
    #[error("the service throttles these questions: it will be asked again more slowly")]
    Throttled,
    /// The name of its host does not resolve.
    #[error("its host name does not resolve: check DNS, region and endpoint URL")]
    NoSuchHost,
    /// Nobody listens there, or the connection broke.
    #[error("it cannot be reached: check network, proxy and endpoint")]
    Unreachable,
    /// No answer in time.
    #[error("no answer in time")]
    Late,
    /// It would not have been a read.
    #[error("it was held back, as it is no read")]
    HeldBack,
    /// The service answered with another error, by its code.
    #[error("the service answered {0}")]
    Service(String),
    /// Anything else.
    #[error("it failed")]
    Other,
}

impl ReadProblem {
    /// The problem of a call, from what its SDK says.
    pub(in crate::bedrock) fn of<E>(
        read: &'static Read,
        region: &Region,
        problem: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let (trouble, message) = match problem {
            SdkError::ServiceError(answered) => {
                let error = answered.err();
                let trouble = answered_with(error.code(), answered.raw().status().as_u16(), read.action);
                (trouble, error.message().unwrap_or_default().to_owned())
            }
            SdkError::TimeoutError(_) => (Trouble::Late, String::new()),
            SdkError::DispatchFailure(failed) => {
                let mut trouble = failed
                    .as_connector_error()
                    .map_or(Trouble::Other, |error| unanswered(error, failed.is_timeout()));
                // A connection that broke before an answer: no error of the system stands beneath it.
                if trouble == Trouble::Other && failed.is_io() {
                    trouble = Trouble::Unreachable;
                }
                let innermost = failed.as_connector_error().map(innermost);
                (trouble, innermost.unwrap_or_default())
            }
            other => (Trouble::Other, DisplayErrorContext(other).to_string()),
        };
        Self {
            operation: read.operation,
            action: read.action,
            region: region.clone(),
            trouble,
            message,
        }
    }
}

/// By the code of an answer, or else its status. Names as the services have them.
fn answered_with(code: Option<&str>, status: u16, action: &'static str) -> Trouble {
    let Some(code) = code else {
        return match status {
            401 | 403 => Trouble::Denied(action),
            429 => Trouble::Throttled,
            status => Trouble::Service(status.to_string()),
        };
    };
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "Forbidden" => Trouble::Denied(action),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
            Trouble::Expired
        }
        "RequestTimeTooSkewed" | "RequestInTheFuture" => Trouble::ClockSkew,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => Trouble::Unknown,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => Trouble::Throttled,
        other => Trouble::Service(other.to_owned()),
    }
}

/// By what the network said.
fn unanswered(error: &(dyn StdError + 'static), late: bool) -> Trouble {
    let mut cause = Some(error);
    let mut trouble = if late { Trouble::Late } else { Trouble::Other };
    while let Some(error) = cause {
        if error.downcast_ref::<NotARead>().is_some() {
            return Trouble::HeldBack;
        }
        if error.downcast_ref::<CredentialsError>().is_some() {
            return Trouble::NoCredentials;
        }
        let words = error.to_string();
        if words.contains("dns error") || words.contains("failed to lookup address") {
            return Trouble::NoSuchHost;
        }
        if words.contains("connection closed before message completed") {
            trouble = Trouble::Unreachable;
        }
        if words.contains("credentials provider") || words.contains("no providers in chain") {
            return Trouble::NoCredentials;
        }
        if error.downcast_ref::<std::io::Error>().is_some() && trouble == Trouble::Other {
            trouble = Trouble::Unreachable;
        }
        cause = error.source();
    }
    trouble
}

fn innermost(error: &aws_smithy_runtime_api::client::result::ConnectorError) -> String {
    let mut error: &dyn StdError = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
