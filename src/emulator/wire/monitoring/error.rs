//! CloudWatch's errors: names, codes of the query protocol, and words.

use std::borrow::Cow;

use crate::emulator::wire::rpc::{Malformed, RpcError};

fn error(shape: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) -> RpcError {
    RpcError {
        shape,
        code,
        status: 400,
        message: message.into(),
    }
}

/// A rule of GetMetricData or of alarms is broken; the service's model has no shape for it.
pub fn validation(message: impl Into<Cow<'static, str>>) -> RpcError {
    error("ValidationError", "ValidationError", message)
}

/// A parameter has a value it may not have.
pub fn invalid(message: impl Into<Cow<'static, str>>) -> RpcError {
    error("InvalidParameterValueException", "InvalidParameterValue", message)
}

/// Parameters do not go together.
pub fn combination(message: impl Into<Cow<'static, str>>) -> RpcError {
    error(
        "InvalidParameterCombinationException",
        "InvalidParameterCombination",
        message,
    )
}

/// A parameter is absent.
pub fn missing(path: &str) -> RpcError {
    let message = format!("The parameter {path} is required.");
    error("MissingRequiredParameterException", "MissingParameter", message)
}

/// A token of no page.
pub fn next_token() -> RpcError {
    error(
        "InvalidNextToken",
        "InvalidNextToken",
        "The specified NextToken is invalid.",
    )
}

/// More than an account may have.
pub fn limit(message: impl Into<Cow<'static, str>>) -> RpcError {
    error("LimitExceededFault", "LimitExceeded", message)
}

/// No such alarm.
pub fn no_alarm(name: &str) -> RpcError {
    RpcError {
        status: 404,
        ..error(
            "ResourceNotFound",
            "ResourceNotFound",
            format!("Unknown alarm {name:.255}"),
        )
    }
}

/// A body longer than the service takes.
pub fn too_large() -> RpcError {
    RpcError {
        status: 413,
        ..error(
            "RequestEntityTooLargeException",
            "RequestEntityTooLarge",
            "The request is larger than the service takes",
        )
    }
}

/// A member that cannot be read.
pub fn malformed(problem: Malformed) -> RpcError {
    match problem {
        Malformed::Missing(path) => missing(&path),
        Malformed::Type(said) => RpcError::unreadable(said),
    }
}
