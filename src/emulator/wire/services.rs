//! The services that are called by the name of an operation, and how each refuses what is no matter of
//! the operation itself: no permission, credentials that are over, a clock that is off, too much.

use http::StatusCode;

use super::rpc::{RpcError, RpcService};
use crate::emulator::api::ServiceName;

/// Service Quotas.
pub const SERVICE_QUOTAS: RpcService = RpcService {
    target: "ServiceQuotasV20190624",
    shapes: "com.amazonaws.servicequotas",
    xml: "",
    json: "application/x-amz-json-1.1",
};
/// CloudTrail. Its shapes are told without their namespace.
pub const CLOUD_TRAIL: RpcService = RpcService {
    target: "CloudTrail_20131101",
    shapes: "com.amazonaws.cloudtrail",
    xml: "",
    json: "application/x-amz-json-1.1",
};
/// STS.
pub const STS: RpcService = RpcService {
    target: "AWSSecurityTokenServiceV20110615",
    shapes: "com.amazonaws.sts",
    xml: "https://sts.amazonaws.com/doc/2011-06-15/",
    json: "application/x-amz-json-1.1",
};
/// CloudWatch.
pub const CLOUD_WATCH: RpcService = RpcService {
    target: "GraniteServiceVersion20100801",
    shapes: "com.amazonaws.cloudwatch",
    xml: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    json: "application/x-amz-json-1.0",
};

/// Why a request is refused before its operation is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// No policy allows it.
    Denied,
    /// The session is over.
    Expired,
    /// The session token fits no session.
    UnknownToken,
    /// The signature is another's, or of another request.
    Forged,
    /// The access key is nobody's.
    UnknownKey,
    /// The request's date is too far off.
    Skewed,
    /// Too many requests of the control plane.
    Throttled,
}

/// A refusal at the gate: the error's name in structures, its code in XML, its HTTP status, its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateError {
    /// The name of its shape.
    pub shape: &'static str,
    /// Its code in XML.
    pub code: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// The words.
    pub message: String,
}

impl GateError {
    /// How a service says it. `told` are words of the case: of a denial, of a skew.
    pub fn of(service: ServiceName, gate: Gate, told: String) -> Self {
        let (shape, code) = match (gate, service) {
            (Gate::Denied, _) => ("AccessDeniedException", "AccessDenied"),
            (Gate::Expired, _) => ("ExpiredTokenException", "ExpiredToken"),
            (Gate::UnknownToken, ServiceName::S3) => ("InvalidToken", "InvalidToken"),
            (Gate::UnknownKey, ServiceName::S3) => ("InvalidAccessKeyId", "InvalidAccessKeyId"),
            (Gate::Forged, ServiceName::S3) => ("SignatureDoesNotMatch", "SignatureDoesNotMatch"),
            (Gate::UnknownToken | Gate::UnknownKey, _) => {
                ("UnrecognizedClientException", "InvalidClientTokenId")
            }
            (Gate::Skewed, ServiceName::S3) => ("RequestTimeTooSkewed", "RequestTimeTooSkewed"),
            (Gate::Skewed | Gate::Forged, _) => ("InvalidSignatureException", "SignatureDoesNotMatch"),
            (Gate::Throttled, ServiceName::ServiceQuotas) => ("TooManyRequestsException", "TooManyRequests"),
            (Gate::Throttled, ServiceName::S3) => ("SlowDown", "SlowDown"),
            (Gate::Throttled, _) => ("ThrottlingException", "Throttling"),
        };
        let status = match (gate, service) {
            (Gate::Throttled, ServiceName::Bedrock) => StatusCode::TOO_MANY_REQUESTS,
            (Gate::Throttled, ServiceName::S3) => StatusCode::SERVICE_UNAVAILABLE,
            // Services that speak JSON say everything with a 400.
            (_, ServiceName::ServiceQuotas | ServiceName::CloudTrail)
            | (Gate::Throttled, _)
            | (Gate::Expired | Gate::UnknownToken, ServiceName::S3) => StatusCode::BAD_REQUEST,
            _ => StatusCode::FORBIDDEN,
        };
        let message = match (gate, service) {
            (Gate::Skewed, ServiceName::S3) => {
                "The difference between the request time and the current time is too large.".to_owned()
            }
            (Gate::Denied | Gate::Skewed, _) => told,
            (Gate::Expired, ServiceName::S3) => "The provided token has expired.".to_owned(),
            (Gate::Expired, _) => "The security token included in the request is expired".to_owned(),
            (Gate::UnknownToken, ServiceName::S3) => {
                "The provided token is malformed or otherwise invalid.".to_owned()
            }
            (Gate::UnknownKey, ServiceName::S3) => {
                "The AWS Access Key Id you provided does not exist in our records.".to_owned()
            }
            (Gate::Forged, ServiceName::S3) => "The request signature we calculated does not match the signature you \
                                                provided. Check your key and signing method."
                .to_owned(),
            (Gate::Forged, _) => "The request signature we calculated does not match the signature you provided. Check \
                                  your AWS Secret Access Key and signing method. Consult the service documentation for \
                                  details."
                .to_owned(),
            (Gate::UnknownToken | Gate::UnknownKey, _) => "The security token included in the request is invalid.".to_owned(),
            (Gate::Throttled, ServiceName::S3) => "Please reduce your request rate.".to_owned(),
            (Gate::Throttled, _) => "Rate exceeded".to_owned(),
        };
        Self {
            shape,
            code,
            status,
            message,
        }
    }

    /// The same as an error of a service that is called by the name of an operation.
    pub fn rpc(&self) -> RpcError {
        RpcError {
            shape: self.shape,
            code: self.code,
            status: self.status.as_u16(),
            message: self.message.clone().into(),
        }
    }

    /// The same in the form of S3.
    pub fn xml(&self, request_id: &str) -> String {
        let message = quick_xml::escape::escape(&self.message);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{message}</Message>\
             <RequestId>{request_id}</RequestId></Error>",
            self.code
        )
    }
}

/// A plain error of such a service.
pub fn error(shape: &'static str, message: impl Into<String>) -> RpcError {
    RpcError {
        shape,
        code: shape,
        status: 400,
        message: message.into().into(),
    }
}

/// A member is not what it should be, in the framework's words.
pub fn malformed(problem: super::rpc::Malformed) -> RpcError {
    match problem {
        super::rpc::Malformed::Missing(path) => invalid(&format!(
            "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be \
             null"
        )),
        super::rpc::Malformed::Type(told) => error("SerializationException", told),
    }
}

/// A broken constraint.
pub fn invalid(message: &str) -> RpcError {
    RpcError {
        code: "ValidationError",
        ..error("ValidationException", message)
    }
}
