//! Who calls, where, and what: read from the request line and the credentials.
//!
//! One port serves every service and region: a signed request names both in its credential scope
//! (`AKID/20260105/us-east-1/bedrock/aws4_request`). A bearer key names no region, so such a call
//! goes to the world's default region. Signatures are not looked at here.

use std::sync::Arc;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::api::{self, Op};
use super::wire::control::provisioned::ProvisionedOperation;
use super::wire::error::{Exception, WireError};

/// The account of credentials that name none.
pub const USUAL_ACCOUNT: &str = "123456789012";

/// The longest `modelId` the service takes, in bytes.
const LONGEST_ID: usize = 2048;

/// What the credentials of a request say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials<'a> {
    /// Signed.
    Signed(Scope<'a>),
    /// A bearer key: Bedrock, in the default region.
    Bearer,
}

/// The scope of signed credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The access key's identifier.
    pub access_key: &'a str,
    /// The region.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
}

/// Reads the credentials from the `Authorization` header, or from a presigned query.
pub fn credentials<'a>(headers: &'a HeaderMap, query: &'a str) -> Result<Credentials<'a>, WireError> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return presigned(query);
    };
    let value = value.to_str().map_err(|_| incomplete())?;
    if let Some(token) = value.strip_prefix("Bearer ") {
        return if token.trim().is_empty() {
            Err(missing())
        } else {
            Ok(Credentials::Bearer)
        };
    }
    let parameters = value.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(incomplete)?;
    let mut credential = None;
    let mut complete = (false, false);
    for parameter in parameters.split(',') {
        match parameter.trim().split_once('=') {
            Some(("Credential", scope)) => credential = Some(scope),
            Some(("SignedHeaders", names)) => complete.0 = !names.is_empty(),
            Some(("Signature", signature)) => complete.1 = !signature.is_empty(),
            _ => {}
        }
    }
    match (credential, complete) {
        (Some(credential), (true, true)) => scope(credential).map(Credentials::Signed),
        _ => Err(incomplete()),
    }
}

fn presigned(query: &str) -> Result<Credentials<'_>, WireError> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    match pairs.into_iter().find(|(key, _)| *key == "X-Amz-Credential") {
        None => Err(missing()),
        Some((_, value)) => scope(value).map(Credentials::Signed),
    }
}

/// Splits a credential; its slashes may be percent-encoded, as in a query.
fn scope(credential: &str) -> Result<Scope<'_>, WireError> {
    let mut parts = credential.split('/').flat_map(|part| part.split("%2F"));
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (Some(access_key), Some(_date), Some(region), Some(service), Some("aws4_request"), None) =
        (next(), next(), next(), next(), next(), next())
    else {
        return Err(incomplete());
    };
    Ok(Scope {
        access_key,
        region,
        service,
    })
}

fn missing() -> WireError {
    WireError::new(
        Exception::MissingAuthenticationToken,
        "Missing Authentication Token",
    )
}

fn incomplete() -> WireError {
    WireError::new(
        Exception::IncompleteSignature,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
         parameter. Authorization header requires 'SignedHeaders' parameter.",
    )
}

/// The account an access key belongs to. The service's own keys carry it in their letters (base32,
/// after the prefix); any other key is of no account.
pub fn account_of(access_key: &str) -> Option<Arc<str>> {
    let letters = access_key.as_bytes();
    if letters.len() != 20 || !matches!(&letters[..4], b"AKIA" | b"ASIA") {
        return None;
    }
    let bits = letters[4..14].iter().try_fold(0_u64, |bits, letter| {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        Some((bits << 5) | u64::from(value))
    })?;
    // Ten letters are 50 bits: one of padding, 40 of the account, and what follows it.
    Some(format!("{:012}", (bits >> 9) & ((1 << 40) - 1)).into())
}

/// An operation on a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// Converse.
    Converse,
    /// ConverseStream.
    ConverseStream,
    /// InvokeModel.
    Invoke,
    /// InvokeModelWithResponseStream.
    InvokeStream,
    /// CountTokens.
    CountTokens,
}

impl Runtime {
    /// Whether the answer is streamed.
    pub const fn streams(self) -> bool {
        matches!(self, Self::ConverseStream | Self::InvokeStream)
    }

    /// The operation's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Converse => "Converse",
            Self::ConverseStream => "ConverseStream",
            Self::Invoke => "InvokeModel",
            Self::InvokeStream => "InvokeModelWithResponseStream",
            Self::CountTokens => "CountTokens",
        }
    }
}

/// What a Bedrock request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An operation on a model, `modelId` percent-decoded.
    Runtime(Runtime, String),
    /// ListFoundationModels.
    ListModels,
    /// GetFoundationModel.
    GetModel(String),
    /// ListInferenceProfiles.
    ListProfiles,
    /// GetInferenceProfile.
    GetProfile(String),
    /// About batch jobs; the body of a Create is filled in by the service.
    Job(JobCall),
    /// An operation on prompt routers.
    Router(RouterOperation),
    /// An operation on provisioned throughput.
    Provisioned(ProvisionedOperation),
    /// Another one on what an account has, with its label.
    Account(Op, Option<String>),
}

/// An operation on batch jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobCall {
    /// CreateModelInvocationJob, with its body.
    Create(Bytes),
    /// GetModelInvocationJob.
    Get(String),
    /// ListModelInvocationJobs, with its query.
    List(String),
    /// StopModelInvocationJob.
    Stop(String),
}

/// An operation on prompt routers; ARNs are percent-decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouterOperation {
    /// CreatePromptRouter.
    Create,
    /// ListPromptRouters.
    List,
    /// GetPromptRouter.
    Get(String),
    /// DeletePromptRouter.
    Delete(String),
}

/// Reads a Bedrock request line, by the table of operations. Identifiers come as one percent-encoded
/// label; raw colons and slashes are taken too.
pub fn operation(parts: &Parts) -> Result<Operation, WireError> {
    let path = parts.uri.path();
    let found = api::bedrock(&parts.method, path);
    let (op, label) = found.ok_or_else(|| unknown(&parts.method, path))?;
    let id = || identifier(label.unwrap_or_default());
    let runtime = |runtime| Ok(Operation::Runtime(runtime, id()?));
    Ok(match op {
        Op::Converse => return runtime(Runtime::Converse),
        Op::ConverseStream => return runtime(Runtime::ConverseStream),
        Op::InvokeModel => return runtime(Runtime::Invoke),
        Op::InvokeModelWithResponseStream => return runtime(Runtime::InvokeStream),
        Op::CountTokens => return runtime(Runtime::CountTokens),
        Op::ListFoundationModels => Operation::ListModels,
        Op::GetFoundationModel => Operation::GetModel(id()?),
        Op::ListInferenceProfiles => Operation::ListProfiles,
        Op::GetInferenceProfile => Operation::GetProfile(id()?),
        Op::CreateModelInvocationJob => Operation::Job(JobCall::Create(Bytes::new())),
        Op::GetModelInvocationJob => Operation::Job(JobCall::Get(id()?)),
        Op::ListModelInvocationJobs => {
            let query = parts.uri.query().unwrap_or_default();
            Operation::Job(JobCall::List(query.to_owned()))
        }
        Op::StopModelInvocationJob => Operation::Job(JobCall::Stop(id()?)),
        Op::CreatePromptRouter => Operation::Router(RouterOperation::Create),
        Op::ListPromptRouters => Operation::Router(RouterOperation::List),
        Op::GetPromptRouter => Operation::Router(RouterOperation::Get(id()?)),
        Op::DeletePromptRouter => Operation::Router(RouterOperation::Delete(id()?)),
        Op::CreateProvisionedModelThroughput => Operation::Provisioned(ProvisionedOperation::Create),
        Op::ListProvisionedModelThroughputs => Operation::Provisioned(ProvisionedOperation::List),
        Op::GetProvisionedModelThroughput => Operation::Provisioned(ProvisionedOperation::Get(id()?)),
        Op::UpdateProvisionedModelThroughput => Operation::Provisioned(ProvisionedOperation::Update(id()?)),
        Op::DeleteProvisionedModelThroughput => Operation::Provisioned(ProvisionedOperation::Delete(id()?)),
        other => Operation::Account(other, label.map(identifier).transpose()?),
    })
}

/// The refusal of what the emulator does not model.
pub fn unknown(method: &Method, what: &str) -> WireError {
    let what: String = what.chars().take(200).collect();
    WireError::new(
        Exception::UnknownOperation,
        format!("bedrill does not model {method} {what}; docs/emulator.md lists what it does."),
    )
}

/// An identifier from one percent-encoded label of a path.
pub fn identifier(encoded: &str) -> Result<String, WireError> {
    let invalid = || WireError::validation("The provided model identifier is invalid.");
    if encoded.len() > 3 * LONGEST_ID {
        return Err(invalid());
    }
    let id = percent_decode_str(encoded).decode_utf8().map_err(|_| invalid())?;
    if id.is_empty() || id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(invalid());
    }
    Ok(id.into_owned())
}

/// A private request header: the attempt's number, for callers that retry by themselves.
pub const ATTEMPT: &str = "x-bedrill-attempt";

/// The attempt's number: of `x-bedrill-attempt: 2`, else of `amz-sdk-request: attempt=2; max=3`; 1 if
/// neither is there.
pub fn attempt(headers: &HeaderMap) -> u64 {
    let own = headers.get(ATTEMPT).and_then(|value| value.to_str().ok());
    if let Some(number) = own.and_then(|number| number.parse().ok()) {
        return number;
    }
    headers
        .get("amz-sdk-request")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| {
            value
                .split(';')
                .find_map(|part| part.trim().strip_prefix("attempt="))
        })
        .and_then(|number| number.parse().ok())
        .unwrap_or(1)
}

#[cfg(test)]
mod tests;
