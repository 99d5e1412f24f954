//! The service's errors: one table of names and statuses, and the shape they take on the wire.
//!
//! The name travels in `x-amzn-errortype`, followed by the namespace of the framework or of the
//! service that raised it; the body is `{"message": ...}` without `__type` (recorded exchanges).

use std::borrow::Cow;
use std::fmt;

use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::event::FailureKind;

/// Defines the errors and their table in one place.
macro_rules! exceptions {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $status:literal, $space:literal;)*) => {
        /// An error the service can answer with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Exception {
            $($(#[$doc])* $variant,)*
        }

        impl Exception {
            /// Every error.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The value of `x-amzn-errortype`.
            pub const fn header(self) -> HeaderValue {
                match self {
                    $(Self::$variant => HeaderValue::from_static(concat!(
                        $name, ":http://internal.amazon.com/coral/", $space, "/"
                    )),)*
                }
            }
        }
    };
}

exceptions! {
    /// A request that breaks a rule of the shape, the model or the account.
    Validation, "ValidationException", 400, "com.amazon.bedrock";
    /// A quota or the shared pool is used up.
    Throttling, "ThrottlingException", 429, "com.amazon.bedrock";
    /// The model is cold.
    ModelNotReady, "ModelNotReadyException", 429, "com.amazon.bedrock";
    /// The service cannot serve now; no quota.
    ServiceUnavailable, "ServiceUnavailableException", 503, "com.amazon.bedrock";
    /// Something broke within.
    InternalServer, "InternalServerException", 500, "com.amazon.bedrock";
    /// The model took longer than it may.
    ModelTimeout, "ModelTimeoutException", 408, "com.amazon.bedrock";
    /// The model failed.
    ModelError, "ModelErrorException", 424, "com.amazon.bedrock";
    /// No permission.
    AccessDenied, "AccessDeniedException", 403, "com.amazon.bedrock";
    /// No such thing, or no longer.
    ResourceNotFound, "ResourceNotFoundException", 404, "com.amazon.bedrock";
    /// A name or a token that is in use, or a thing in the wrong state.
    Conflict, "ConflictException", 400, "com.amazon.bedrock";
    /// A quota on things, not on rates.
    ServiceQuotaExceeded, "ServiceQuotaExceededException", 400, "com.amazon.bedrock";
    /// More tags than a thing may have.
    TooManyTags, "TooManyTagsException", 400, "com.amazon.bedrock";
    /// The body is no JSON, or a member has the wrong type.
    Serialization, "SerializationException", 400, "com.amazon.coral.service";
    /// No such operation.
    UnknownOperation, "UnknownOperationException", 404, "com.amazon.coral.service";
    /// The request carries no credentials at all.
    MissingAuthenticationToken, "MissingAuthenticationTokenException", 403, "com.amazon.coral.service";
    /// The credentials cannot be read.
    IncompleteSignature, "IncompleteSignatureException", 403, "com.amazon.coral.service";
    /// The credentials are for another service or region.
    InvalidSignature, "InvalidSignatureException", 403, "com.amazon.coral.service";
    /// The credentials were of a session that is over.
    ExpiredToken, "ExpiredTokenException", 403, "com.amazon.coral.service";
    /// The session token is none that fits its key.
    UnrecognizedClient, "UnrecognizedClientException", 403, "com.amazon.coral.service";
    /// The body did not come in time.
    RequestTimeout, "RequestTimeoutException", 408, "com.amazon.coral.service";
}

impl Exception {
    /// The error a kind of failure is answered with.
    pub const fn of(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Throttled => Self::Throttling,
            FailureKind::NotReady => Self::ModelNotReady,
            FailureKind::Unavailable => Self::ServiceUnavailable,
            FailureKind::ModelTimeout => Self::ModelTimeout,
            FailureKind::ModelError | FailureKind::StreamCut => Self::ModelError,
            FailureKind::Validation => Self::Validation,
            FailureKind::Denied => Self::AccessDenied,
            FailureKind::NotFound => Self::ResourceNotFound,
            FailureKind::QuotaExceeded => Self::ServiceQuotaExceeded,
            FailureKind::Internal
            | FailureKind::Connection
            | FailureKind::Timeout
            | FailureKind::StreamIdle
            | FailureKind::Deadline
            | FailureKind::BreakerOpen
            | FailureKind::BudgetEmpty
            | FailureKind::SpendCap
            | FailureKind::Other => Self::InternalServer,
        }
    }

    /// The words the service is known to use where nothing more is said.
    pub const fn usual_words(self) -> &'static str {
        match self {
            Self::Throttling => "Too many requests, please wait before trying again.",
            Self::ModelNotReady => {
                "Model is not ready for inference. Wait and try your request again. Refer to \
                 https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html#handle-model-not-ready-exception."
            }
            Self::ServiceUnavailable => "Bedrock is unable to process your request.",
            Self::ModelTimeout => "Model has timed out in processing the request. Try your request again.",
            Self::AccessDenied => "You don't have access to the model with the specified model ID.",
            Self::ResourceNotFound => "The requested resource is not found.",
            _ => "The system encountered an unexpected error during processing. Try your request again.",
        }
    }
}

/// An error answer, ready but for its request identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Which error.
    pub exception: Exception,
    /// What is said.
    pub message: Cow<'static, str>,
}

impl WireError {
    /// An error with words of its own.
    pub fn new(exception: Exception, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            exception,
            message: message.into(),
        }
    }

    /// `ValidationException` with these words.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Exception::Validation, message)
    }

    /// An error with the words the service is known to use.
    pub const fn usual(exception: Exception) -> Self {
        Self {
            exception,
            message: Cow::Borrowed(exception.usual_words()),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.exception.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body.
    pub fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            original_status_code: Option<u16>,
        }
        let body = Body {
            message: &self.message,
            original_status_code: (self.exception == Exception::ModelError).then_some(500),
        };
        // Two plain members: serializing into memory cannot fail.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// Gathers broken constraints and says them as the service's framework does.
#[derive(Debug, Default)]
pub struct Violations(Vec<String>);

impl Violations {
    /// Notes that the value at `path` breaks a constraint.
    pub fn add(&mut self, shown: impl fmt::Display, path: impl fmt::Display, constraint: impl fmt::Display) {
        self.0.push(format!(
            "Value {shown} at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }

    /// Notes a member that must be there.
    pub fn missing(&mut self, path: impl fmt::Display) {
        self.add("null", path, "Member must not be null");
    }

    /// Notes a word that is none of those allowed.
    pub fn unless_among(&mut self, words: &[&str], word: &str, path: impl fmt::Display) {
        if !words.contains(&word) {
            let constraint = format!("Member must satisfy enum value set: [{}]", words.join(", "));
            // However long the word, the answer is not.
            self.add(format_args!("'{word:.100}'"), path, constraint);
        }
    }

    /// `Err` if anything was noted.
    pub fn into_result(self) -> Result<(), WireError> {
        let count = self.0.len();
        if count == 0 {
            return Ok(());
        }
        let errors = if count == 1 { "error" } else { "errors" };
        Err(WireError::validation(format!(
            "{count} validation {errors} detected: {}",
            self.0.join("; ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_namespace_in_the_header_and_only_a_message_in_the_body() {
        let error = WireError::validation("The provided model identifier is invalid.");
        assert_eq!(
            error.exception.header(),
            "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"
        );
        assert_eq!(
            error.body(),
            br#"{"message":"The provided model identifier is invalid."}"#
        );
    }

    #[test]
    fn every_status_is_an_error_status() {
        for exception in Exception::ALL {
            let status = WireError::usual(*exception).status();
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{exception:?}"
            );
        }
    }

    #[test]
    fn violations_are_counted_and_joined() {
        let mut violations = Violations::default();
        violations.add(
            "'0'",
            "inferenceConfig.maxTokens",
            "Member must have value greater than or equal to 1",
        );
        violations.missing("messages");
        let said = violations.into_result().expect_err("two were noted").message;
        assert_eq!(
            said,
            "2 validation errors detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy \
             constraint: Member must have value greater than or equal to 1; Value null at 'messages' \
             failed to satisfy constraint: Member must not be null"
        );
    }
}
