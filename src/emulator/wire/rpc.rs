//! The protocols of services that are called by the name of an operation: rpc-v2-cbor, awsJson and
//! awsQuery.
//!
//! A request in any of them becomes one [`Value`]; an answer is one [`Value`], written in the form
//! the request came in. An operation is read and answered once, whatever the caller speaks. Nothing
//! here knows an operation's members.

mod cbor;
mod json;
mod members;
mod query;
mod value;

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

pub use members::{Malformed, Members};
pub use value::{Value, structure};

/// The form a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Concise binary objects; the operation stands in the path.
    Cbor,
    /// JSON; the operation stands in `x-amz-target`.
    Json,
    /// A form in, XML out; the operation stands in `Action`.
    Query,
}

/// A service, as far as its protocols need to know.
#[derive(Clone, Copy, Debug)]
pub struct RpcService {
    /// Its name in `x-amz-target` and in paths, `GraniteServiceVersion20100801`.
    pub target: &'static str,
    /// The namespace of its error shapes, `com.amazonaws.cloudwatch`.
    pub shapes: &'static str,
    /// The namespace of its XML.
    pub xml: &'static str,
    /// The content type of its JSON, `application/x-amz-json-1.0`.
    pub json: &'static str,
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcCall {
    /// The form it came in, and the answer goes out.
    pub protocol: Protocol,
    /// The operation's name.
    pub operation: String,
    /// Its members.
    pub input: Value,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// The name of its shape, `InvalidParameterValueException`.
    pub shape: &'static str,
    /// Its code in the query protocol, `InvalidParameterValue`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The words.
    pub message: Cow<'static, str>,
}

/// An answer, ready but for the heads that every answer has.
#[derive(Clone, Debug)]
pub struct RpcAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// `content-type` and the protocol's own headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

impl RpcError {
    /// The body cannot be read.
    pub fn unreadable(why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            shape: "SerializationException",
            code: "MalformedInput",
            status: 400,
            message: why.into(),
        }
    }

    /// There is no such operation, or the emulator does not model it.
    pub fn unknown(operation: &str) -> Self {
        let shown: String = operation.chars().take(100).collect();
        let said =
            format!("bedrill does not model the operation {shown:?}; docs/emulator.md lists what it does.");
        Self {
            shape: "UnknownOperationException",
            code: "InvalidAction",
            status: 404,
            message: said.into(),
        }
    }
}

impl RpcService {
    /// The form a request has. What names no operation in path or header is taken for a form.
    pub fn protocol(&self, parts: &Parts) -> Protocol {
        if parts.uri.path().starts_with("/service/") {
            Protocol::Cbor
        } else if parts.headers.contains_key("x-amz-target") {
            Protocol::Json
        } else {
            Protocol::Query
        }
    }

    /// Reads a request, its body no longer compressed.
    ///
    /// # Errors
    ///
    /// The body is not of its form, or the request names no operation of this service.
    pub fn read(&self, parts: &Parts, body: &[u8]) -> Result<RpcCall, RpcError> {
        let protocol = self.protocol(parts);
        let (operation, input) = match protocol {
            Protocol::Cbor => (self.operation_of_path(parts)?, cbor::read(body)?),
            Protocol::Json => (self.operation_of_target(parts)?, json::read(body)?),
            Protocol::Query => {
                let in_line = parts.uri.query().unwrap_or_default();
                let is_get = parts.method == Method::GET;
                query::read(if is_get { in_line.as_bytes() } else { body })?
            }
        };
        Ok(RpcCall {
            protocol,
            operation,
            input,
        })
    }

    /// Writes what an operation answers; `None`: it answers nothing.
    pub fn answer(&self, call: &RpcCall, output: Option<&Value>, request_id: &str) -> RpcAnswer {
        let empty = structure([]);
        let body = match call.protocol {
            Protocol::Cbor => cbor::write(output.unwrap_or(&empty)),
            Protocol::Json => json::write(output.unwrap_or(&empty)),
            Protocol::Query => query::answer(self.xml, &call.operation, output, request_id),
        };
        RpcAnswer {
            status: StatusCode::OK,
            headers: self.headers(call.protocol),
            body,
        }
    }

    /// Writes an error.
    pub fn refuse(&self, protocol: Protocol, error: &RpcError, request_id: &str) -> RpcAnswer {
        let kind = if error.status >= 500 { "Receiver" } else { "Sender" };
        let told = structure([
            ("__type", Value::text(format!("{}#{}", self.shapes, error.shape))),
            ("message", Value::text(error.message.as_ref())),
        ]);
        let body = match protocol {
            Protocol::Cbor => cbor::write(&told),
            Protocol::Json => json::write(&told),
            Protocol::Query => query::refusal(self.xml, error, kind, request_id),
        };
        let mut headers = self.headers(protocol);
        // Services that once spoke the query protocol say its code here to those who asked for it.
        if let Ok(value) = HeaderValue::from_str(&format!("{};{kind}", error.code)) {
            headers.insert(QUERY_ERROR, value);
        }
        RpcAnswer {
            status: StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers,
            body,
        }
    }

    fn operation_of_path(&self, parts: &Parts) -> Result<String, RpcError> {
        let path = parts.uri.path();
        let named = path
            .strip_prefix("/service/")
            .and_then(|rest| rest.split_once("/operation/"));
        match named {
            Some((service, operation)) if service == self.target => Ok(operation.to_owned()),
            _ => Err(RpcError::unknown(path)),
        }
    }

    fn operation_of_target(&self, parts: &Parts) -> Result<String, RpcError> {
        let target = parts
            .headers
            .get("x-amz-target")
            .and_then(|value| value.to_str().ok());
        match target.and_then(|target| target.rsplit_once('.')) {
            // CloudTrail's has a package before it, in some clients and not in others.
            Some((service, operation)) if service.rsplit('.').next() == Some(self.target) => {
                Ok(operation.to_owned())
            }
            _ => Err(RpcError::unknown(target.unwrap_or_default())),
        }
    }

    fn headers(&self, protocol: Protocol) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let kind = match protocol {
            Protocol::Cbor => "application/cbor",
            Protocol::Json => self.json,
            Protocol::Query => "text/xml",
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if protocol == Protocol::Cbor {
            headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
        }
        headers
    }
}

#[cfg(test)]
mod tests;
