//! From what the SDK says to a kind of failure: one table.
//!
//! The error's code decides; where there is none (an HTML page of a load balancer, an empty body)
//! the HTTP status does. The client's fault injector writes its answers from the same rows.

use std::error::Error as StdError;

use aws_sdk_bedrockruntime::error::ProvideErrorMetadata;
use aws_sdk_bedrockruntime::operation::converse::ConverseError;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_smithy_runtime_api::client::interceptors::context::Error as OperationError;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::event_stream::RawMessage;

use super::spend::SpendRefused;
use crate::event::{Failure, FailureKind};

/// An error of the service.
#[derive(Clone, Copy, Debug)]
pub struct ErrorRow {
    /// Its code, as in the `x-amzn-errortype` header.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// The kind it is.
    pub kind: FailureKind,
    /// The service's words where it is known to say them, else words like its own.
    pub message: &'static str,
}

const fn row(code: &'static str, status: u16, kind: FailureKind, message: &'static str) -> ErrorRow {
    ErrorRow {
        code,
        status,
        kind,
        message,
    }
}

/// The errors of the runtime API, and those that any AWS service answers with when it does not
/// take the credentials. The first row of a kind is the one that is injected.
pub const TABLE: &[ErrorRow] = &[
    row(
        "ThrottlingException",
        429,
        FailureKind::Throttled,
        "Too many requests, please wait before trying again.",
    ),
    row(
        "ModelNotReadyException",
        429,
        FailureKind::NotReady,
        "The model is not ready to serve inference requests.",
    ),
    row(
        "ServiceUnavailableException",
        503,
        FailureKind::Unavailable,
        "Bedrock is unable to process your request.",
    ),
    row(
        "InternalServerException",
        500,
        FailureKind::Internal,
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    row(
        "ModelTimeoutException",
        408,
        FailureKind::ModelTimeout,
        "Model has timed out in processing the request. Try your request again.",
    ),
    row(
        "ModelErrorException",
        424,
        FailureKind::ModelError,
        "The request failed due to an error while processing the model.",
    ),
    row(
        "ModelStreamErrorException",
        424,
        FailureKind::ModelError,
        "An error occurred while streaming the response. Retry your request.",
    ),
    row(
        "AccessDeniedException",
        403,
        FailureKind::Denied,
        "You don't have access to the model with the specified model ID.",
    ),
    row(
        "UnrecognizedClientException",
        403,
        FailureKind::Denied,
        "The security token included in the request is invalid.",
    ),
    row(
        "ExpiredTokenException",
        403,
        FailureKind::Denied,
        "The security token included in the request is expired",
    ),
    row(
        "InvalidSignatureException",
        403,
        FailureKind::Denied,
        "The request signature we calculated does not match the signature you provided.",
    ),
    row(
        "ValidationException",
        400,
        FailureKind::Validation,
        "The provided model identifier is invalid.",
    ),
    row(
        "ResourceNotFoundException",
        404,
        FailureKind::NotFound,
        "This model version has reached the end of its life.",
    ),
    row(
        "ServiceQuotaExceededException",
        400,
        FailureKind::QuotaExceeded,
        "Your request exceeds the service quota for your account.",
    ),
];

/// The row that a kind is injected by; `None` for kinds that no single answer stands for.
pub fn injected(kind: FailureKind) -> Option<&'static ErrorRow> {
    TABLE.iter().find(|row| row.kind == kind)
}

/// The kind of an error answer, by its code or else its status.
pub fn kind_of(code: Option<&str>, status: Option<u16>) -> FailureKind {
    if let Some(row) = code.and_then(|code| TABLE.iter().find(|row| row.code == code)) {
        return row.kind;
    }
    match status {
        Some(400) => FailureKind::Validation,
        Some(401 | 403) => FailureKind::Denied,
        Some(404) => FailureKind::NotFound,
        Some(408) => FailureKind::ModelTimeout,
        Some(424) => FailureKind::ModelError,
        Some(429) => FailureKind::Throttled,
        Some(500) => FailureKind::Internal,
        Some(502..=504) => FailureKind::Unavailable,
        _ => FailureKind::Other,
    }
}

/// Why an attempt failed, from what the SDK's retries are shown.
pub(super) fn attempt(error: &OrchestratorError<OperationError>, response: Option<&HttpResponse>) -> Failure {
    if let Some(connector) = error.as_connector_error() {
        return connection(connector);
    }
    if error.is_timeout_error() {
        return Failure::local(FailureKind::Timeout, "no answer within the attempt's time");
    }
    let status = response.map(|response| response.status().as_u16());
    if let Some(operation) = error.as_operation_error() {
        let (code, message) = operation
            .downcast_ref::<ConverseError>()
            .map(|error| (error.code(), error.message()))
            .or_else(|| {
                let error = operation.downcast_ref::<ConverseStreamError>()?;
                Some((error.code(), error.message()))
            })
            .unwrap_or_default();
        return answered(code, status, message);
    }
    if error.is_response_error() {
        // The body broke off before it was whole.
        return Failure {
            status,
            ..Failure::local(FailureKind::Connection, innermost(error))
        };
    }
    Failure::local(FailureKind::Other, innermost(error))
}

/// Why a stream broke off after it had begun.
pub(super) fn stream(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> Failure {
    let SdkError::ServiceError(service) = error else {
        // Half a frame, a wrong checksum, a reset: the transport's words.
        return Failure::local(FailureKind::StreamCut, innermost(error));
    };
    let exception = service.err();
    // `code()` is empty for exceptions within a stream: the variant tells.
    let (code, message) = match exception {
        ConverseStreamOutputError::InternalServerException(it) => ("InternalServerException", it.message()),
        ConverseStreamOutputError::ModelStreamErrorException(it) => {
            ("ModelStreamErrorException", it.message())
        }
        ConverseStreamOutputError::ValidationException(it) => ("ValidationException", it.message()),
        ConverseStreamOutputError::ThrottlingException(it) => ("ThrottlingException", it.message()),
        ConverseStreamOutputError::ServiceUnavailableException(it) => {
            ("ServiceUnavailableException", it.message())
        }
        other => {
            let words = other.message().unwrap_or("an exception of an unknown type");
            return Failure::local(FailureKind::StreamCut, words);
        }
    };
    // No status: the stream's own was 200.
    answered(Some(code), None, message)
}

/// Why a call never came to an attempt.
pub(super) fn unsent<E: StdError + 'static, R: std::fmt::Debug>(error: &SdkError<E, R>) -> Failure {
    Failure::local(FailureKind::Other, innermost(error))
}

/// Why an operation of the control plane failed.
pub(super) fn control<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: StdError + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            answered(service.err().code(), Some(status), service.err().message())
        }
        SdkError::DispatchFailure(failure) => failure.as_connector_error().map_or_else(
            || Failure::local(FailureKind::Connection, innermost(error)),
            connection,
        ),
        SdkError::TimeoutError(_) => Failure::local(FailureKind::Timeout, "no answer in time"),
        _ => Failure::local(FailureKind::Other, innermost(error)),
    }
}

pub(super) fn answered(code: Option<&str>, status: Option<u16>, message: Option<&str>) -> Failure {
    let kind = kind_of(code, status);
    Failure {
        kind,
        status,
        code: code.map(str::to_owned),
        message: message.map_or_else(|| "the answer says no more".to_owned(), str::to_owned),
    }
}

pub(super) fn connection(error: &ConnectorError) -> Failure {
    let kind = if error.is_timeout() {
        FailureKind::Timeout
    } else if error.source().is_some_and(<dyn StdError>::is::<SpendRefused>) {
        FailureKind::SpendCap
    } else if error.is_user() {
        FailureKind::Other
    } else {
        FailureKind::Connection
    };
    Failure::local(kind, innermost(error))
}

/// The last of a chain of errors says what happened; those before it only where.
fn innermost(error: &dyn StdError) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
