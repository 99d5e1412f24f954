//! What comes before every operation: who calls where, whether that place can be reached, whether the
//! credentials still hold, whether a policy allows it, whether there is too much of it.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::header::{DATE, HeaderName, USER_AGENT};
use http::request::Parts;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::named::QUERY_ERROR;
use super::{Answer, Caller, Inner, ReplyBody, trail};
use crate::clock::Moment;
use crate::emulator::api::{self, Op, ServiceName};
use crate::emulator::principal::{Principal, Session};
use crate::emulator::route::{self, Credentials, Scope};
use crate::emulator::signature::{self, Forged};
use crate::emulator::wire::error::{Exception, WireError};
use crate::emulator::wire::rpc::RpcService;
use crate::emulator::wire::services::{CLOUD_TRAIL, CLOUD_WATCH, Gate, GateError, SERVICE_QUOTAS, STS};
use crate::emulator::world::access::{self, AccessPlan};
use crate::emulator::world::trail::LOOKUPS_PER_SECOND;
use crate::names::Region;

const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const SIGNED_AT: HeaderName = HeaderName::from_static("x-amz-date");
/// What is kept of a user agent, in bytes.
const LONGEST_AGENT: usize = 256;

/// A request that was let in.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub service: ServiceName,
    pub caller: Caller,
    /// The operation, if the table has it.
    pub op: Option<Op>,
    pub access_key: Option<Arc<str>>,
    pub user_agent: Box<str>,
    /// What is called on, decoded.
    pub target: Option<Box<str>>,
    pub arrived: Moment,
}

/// Lets a request in, or answers it here.
pub(super) fn admit(inner: &Inner, parts: &Parts, body: &Bytes) -> Result<Visitor, Box<Answer>> {
    let visitor = read(inner, parts, body)?;
    let access = inner.access();
    if let Some(outage) = access.outage_of(visitor.caller.region.as_str()) {
        return Err(Box::new(Answer::Dead(outage)));
    }
    let refuse = |gate, told| Err(Box::new(refuse(inner, visitor.clone(), parts, (gate, told))));
    let now = inner.clock.wall(visitor.arrived);
    if visitor.access_key.is_some() {
        if access.expired_credentials {
            return refuse(Gate::Expired, String::new());
        }
        if let Some((gate, told)) = forged(parts, body, &visitor, (&access, now)) {
            return refuse(gate, told);
        }
        if let Some(told) = access.skew(signed_at(parts), now) {
            return refuse(Gate::Skewed, told);
        }
    }
    match session(parts, visitor.access_key.as_deref()) {
        Presented::Nothing => {}
        Presented::Session(session) if !session.is_expired(now) => {}
        Presented::Session(_) => return refuse(Gate::Expired, String::new()),
        Presented::OtherKeys => return refuse(Gate::UnknownToken, String::new()),
    }
    let Some(op) = visitor.op else {
        return Ok(visitor);
    };
    let caller = &visitor.caller;
    if !access.allows(op) {
        let place = (caller.region.as_str(), &*caller.account);
        let label = api::bedrock(&parts.method, parts.uri.path()).and_then(|(_, label)| label);
        let resource = api::resource(op, label, place);
        return refuse(
            Gate::Denied,
            access::refusal(&caller.principal.arn, op, resource.as_deref()),
        );
    }
    let limit = match op {
        Op::LookupEvents => Some(access.control_requests_per_second.unwrap_or(LOOKUPS_PER_SECOND)),
        _ if is_control(op) => access.control_requests_per_second,
        _ => None,
    };
    if let Some(limit) = limit {
        let mut throttles = inner.throttles.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (&*caller.account, caller.region.as_str());
        if !throttles.take(visitor.arrived, place, visitor.service, limit) {
            drop(throttles);
            return refuse(Gate::Throttled, String::new());
        }
    }
    Ok(visitor)
}

/// What is wrong with a signature, where they are verified. Bearer keys are taken as they are.
fn forged(
    parts: &Parts,
    body: &Bytes,
    visitor: &Visitor,
    (access, now): (&AccessPlan, Timestamp),
) -> Option<(Gate, String)> {
    let access_key = visitor
        .access_key
        .as_deref()
        .filter(|_| !access.signing_keys.is_empty())?;
    let of_session = match session(parts, Some(access_key)) {
        Presented::Session(_) => Some(Session::secret_of(access_key)),
        Presented::Nothing | Presented::OtherKeys => None,
    };
    let Some(secret) = of_session.or_else(|| access.signing_keys.secret(access_key).map(str::to_owned))
    else {
        return Some((Gate::UnknownKey, String::new()));
    };
    let ahead = access.clock_skew.unwrap_or_default();
    let now = now.checked_add(ahead).unwrap_or(now);
    match signature::verify(parts, body, &secret, now) {
        Ok(()) => None,
        Err(Forged::Stale(told)) => Some((Gate::Skewed, told)),
        Err(Forged::Mismatch | Forged::Body) => Some((Gate::Forged, String::new())),
    }
}

/// Whether an operation is one of the control plane: everything but inference and objects.
fn is_control(op: Op) -> bool {
    let is_runtime = matches!(
        op,
        Op::Converse
            | Op::ConverseStream
            | Op::InvokeModel
            | Op::InvokeModelWithResponseStream
            | Op::CountTokens
            | Op::ApplyGuardrail
    );
    !is_runtime && op.service() != ServiceName::S3
}

/// Reads who calls where.
fn read(inner: &Inner, parts: &Parts, body: &Bytes) -> Result<Visitor, Box<Answer>> {
    let refuse = |error: &WireError| Box::new(Answer::Response(inner.refuse(error)));
    let query = parts.uri.query().unwrap_or_default();
    let (service, scope) = match route::credentials(&parts.headers, query) {
        Ok(Credentials::Bearer) => (ServiceName::Bedrock, None),
        Ok(Credentials::Signed(scope)) => {
            let wrong = || {
                let said = "Credential should be scoped to correct service: 'bedrock'.";
                refuse(&WireError::new(Exception::InvalidSignature, said))
            };
            let service = ServiceName::of_signing(scope.service).ok_or_else(wrong)?;
            (service, Some(scope))
        }
        // The one call that comes without a signature: it brings its own proof.
        Err(_) if Op::of(ServiceName::Sts, parts, body) == Some(Op::AssumeRoleWithWebIdentity) => {
            (ServiceName::Sts, None)
        }
        Err(error) => return Err(refuse(&error)),
    };
    let caller = caller(inner, service, scope, parts).map_err(|error| refuse(&error))?;
    let agent = parts
        .headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let agent = agent.unwrap_or_default();
    let label = match service {
        ServiceName::Bedrock => api::bedrock(&parts.method, parts.uri.path()).and_then(|(_, label)| label),
        _ => None,
    };
    Ok(Visitor {
        service,
        op: Op::of(service, parts, body),
        access_key: scope.map(|scope| scope.access_key.into()),
        user_agent: agent.get(..LONGEST_AGENT).unwrap_or(agent).into(),
        target: label.map(|label| percent_decode_str(label).decode_utf8_lossy().into()),
        arrived: inner.clock.now(),
        caller,
    })
}

fn caller(
    inner: &Inner,
    service: ServiceName,
    scope: Option<Scope<'_>>,
    parts: &Parts,
) -> Result<Caller, WireError> {
    let Some(scope) = scope else {
        return Ok(Caller {
            account: Arc::clone(&inner.usual_account),
            region: inner.default_region.clone(),
            principal: Arc::clone(&inner.usual_principal),
        });
    };
    let region = match inner.catalog.regions.get_key_value(scope.region) {
        Some((region, _)) => region.clone(),
        None if service == ServiceName::Bedrock => {
            let said = "Credential should be scoped to a valid region.";
            return Err(WireError::new(Exception::InvalidSignature, said));
        }
        None => Region::from(scope.region),
    };
    if let Presented::Session(session) = session(parts, Some(scope.access_key)) {
        return Ok(Caller {
            account: Arc::clone(&session.principal.account),
            region,
            principal: Arc::new(session.principal),
        });
    }
    let account = route::account_of(scope.access_key);
    Ok(match account {
        Some(account) => Caller {
            principal: Arc::new(Principal::user(&account)),
            account,
            region,
        },
        None => Caller {
            account: Arc::clone(&inner.usual_account),
            region,
            principal: Arc::clone(&inner.usual_principal),
        },
    })
}

/// What was presented beside an access key.
enum Presented {
    /// No token, or one from elsewhere: any is as good as another.
    Nothing,
    /// One of ours, of this key.
    Session(Session),
    /// One of ours, of another key.
    OtherKeys,
}

fn session(parts: &Parts, access_key: Option<&str>) -> Presented {
    let in_query = || {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.into_iter().find(|(key, _)| *key == "X-Amz-Security-Token");
        found.map(|(_, token)| token)
    };
    let header = parts.headers.get(TOKEN).and_then(|value| value.to_str().ok());
    let (Some(token), Some(access_key)) = (header.or_else(in_query), access_key) else {
        return Presented::Nothing;
    };
    match Session::read(token, access_key) {
        Some(session) => Presented::Session(session),
        None if Session::is_ours(token) => Presented::OtherKeys,
        None => Presented::Nothing,
    }
}

/// When a request was signed, as it says.
fn signed_at(parts: &Parts) -> Option<Timestamp> {
    let text = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let in_query = || {
        let query = parts.uri.query().unwrap_or_default();
        query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Date="))
    };
    if let Some(written) = text(&SIGNED_AT).or_else(in_query) {
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", written).ok()?;
        return jiff::tz::Offset::UTC.to_timestamp(civil).ok();
    }
    let zoned = jiff::fmt::rfc2822::parse(text(&DATE)?).ok()?;
    Some(zoned.timestamp())
}

/// Answers a request at the gate, in the form of its service.
fn refuse(inner: &Inner, visitor: Visitor, parts: &Parts, (gate, told): (Gate, String)) -> Answer {
    let error = GateError::of(visitor.service, gate, told);
    let answer = match visitor.service {
        ServiceName::Bedrock => {
            let exception = match gate {
                Gate::Denied => Exception::AccessDenied,
                Gate::Expired => Exception::ExpiredToken,
                Gate::UnknownToken | Gate::UnknownKey => Exception::UnrecognizedClient,
                Gate::Skewed | Gate::Forged => Exception::InvalidSignature,
                Gate::Throttled => Exception::Throttling,
            };
            Answer::Response(inner.refuse(&WireError::new(exception, error.message)))
        }
        ServiceName::S3 => {
            let id = inner.heads.request_id();
            let mut response = inner.head(error.status, "application/xml", &id);
            let said = trail::Said::new(error.code, &error.message);
            response.extensions_mut().insert(said);
            *response.body_mut() = ReplyBody::whole(error.xml(&id).into_bytes());
            Answer::Response(response)
        }
        ServiceName::ServiceQuotas => inner.refuse_named(&SERVICE_QUOTAS, parts, &error),
        ServiceName::CloudTrail => inner.refuse_named(&CLOUD_TRAIL, parts, &error),
        ServiceName::Sts => inner.refuse_named(&STS, parts, &error),
        ServiceName::CloudWatch => inner.refuse_named(&CLOUD_WATCH, parts, &error),
    };
    // What is refused for its signature never gets as far as the account's history.
    if matches!(gate, Gate::Denied | Gate::Throttled) {
        trail::note(inner, visitor, &answer);
    }
    answer
}

impl Inner {
    fn refuse_named(&self, service: &RpcService, parts: &Parts, error: &GateError) -> Answer {
        let id = self.heads.request_id();
        let mut answer = service.refuse(service.protocol(parts), &error.rpc(), &id);
        if service.target != CLOUD_WATCH.target {
            answer.headers.remove(QUERY_ERROR);
        }
        Answer::Response(self.of_rpc(answer, &id, Some((error.shape, &error.message))))
    }
}
