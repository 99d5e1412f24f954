//! The driver of services that are called by the name of an operation: Service Quotas, STS, CloudTrail.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Response};

use super::{Answer, Caller, Inner, ReplyBody, trail};
use crate::emulator::api::Op;
use crate::emulator::wire::cloudtrail::{self, Lookup};
use crate::emulator::wire::rpc::{Members, RpcAnswer, RpcCall, RpcError, RpcService, Value};
use crate::emulator::wire::service_quotas::{self as quotas, Ledger, Told};
use crate::emulator::wire::services::malformed;
use crate::emulator::wire::sts::Counter;
use crate::emulator::world::service_quotas::increases::IncreaseAsk;
use crate::emulator::world::trail::Place;

/// What CloudWatch alone says of its errors.
pub(super) const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// Answers a call of one of them.
pub(super) fn answer(
    inner: &Inner,
    caller: &Caller,
    service: RpcService,
    (parts, body): (&Parts, &Bytes),
) -> Answer {
    let id = inner.heads.request_id();
    let refuse = |error: &RpcError| {
        let mut answer = service.refuse(service.protocol(parts), error, &id);
        // Of a service that never spoke the query protocol in its JSON.
        answer.headers.remove(QUERY_ERROR);
        inner.of_rpc(answer, &id, Some((error.shape, &error.message)))
    };
    let call = match service.read(parts, body) {
        Ok(call) => call,
        Err(error) => return Answer::Response(refuse(&error)),
    };
    Answer::Response(match output(inner, caller, &call, &id) {
        Ok(output) => inner.of_rpc(service.answer(&call, Some(&output), &id), &id, None),
        Err(error) => refuse(&error),
    })
}

fn output(inner: &Inner, caller: &Caller, call: &RpcCall, request_id: &str) -> Result<Value, RpcError> {
    let op = Op::ALL.iter().find(|op| op.name() == call.operation);
    match op {
        Some(Op::LookupEvents) => lookup(inner, caller, call),
        Some(
            Op::GetCallerIdentity | Op::AssumeRole | Op::AssumeRoleWithWebIdentity | Op::GetSessionToken,
        ) => {
            let counter = Counter {
                caller: &caller.principal,
                now: inner.clock.wall(inner.clock.now()),
                seed: inner.sessions.derive(request_id),
            };
            counter.answer(call)
        }
        Some(op) => service_quotas(inner, caller, *op, call),
        None => Err(RpcError::unknown(&call.operation)),
    }
}

fn lookup(inner: &Inner, caller: &Caller, call: &RpcCall) -> Result<Value, RpcError> {
    let members = Members::of(&call.input).map_err(malformed)?;
    let lookup = Lookup::read(&members)?;
    let (now, clock) = (inner.clock.now(), &inner.clock);
    let place = Place {
        account: Arc::clone(&caller.account),
        region: caller.region.clone(),
    };
    let trail = inner.trail.lock().unwrap_or_else(PoisonError::into_inner);
    let found = trail
        .shown(now, &place, lookup.below)
        .filter_map(|(spot, event)| {
            let id = cloudtrail::event_id(event);
            lookup.wants(event, &id, clock).then_some((spot, event, id))
        });
    // One more than the page holds tells whether there is another.
    let mut found: Vec<_> = found.take(lookup.size + 1).collect();
    let has_more = found.len() > lookup.size;
    found.truncate(lookup.size);
    let token = found
        .last()
        .filter(|_| has_more)
        .map(|(spot, ..)| lookup.token(*spot));
    let events = found
        .iter()
        .map(|(_, event, id)| cloudtrail::event(event, id, clock));
    let mut answer = vec![("Events".into(), Value::List(events.collect()))];
    if let Some(token) = token {
        answer.push(("NextToken".into(), Value::text(token)));
    }
    Ok(Value::Structure(answer))
}

fn service_quotas(inner: &Inner, caller: &Caller, op: Op, call: &RpcCall) -> Result<Value, RpcError> {
    let members = Members::of(&call.input).map_err(malformed)?;
    let now = inner.clock.now();
    let ledger = Ledger {
        account: &caller.account,
        region: &caller.region,
        clock: &inner.clock,
    };
    let owner = caller.owner();
    let mut world = inner.world();
    world.apply_increases(now);
    match op {
        Op::ListServices => quotas::page(("Services", "services"), &members, quotas::services()),
        Op::ListServiceQuotas | Op::ListAWSDefaultServiceQuotas => {
            let told = told(op);
            let mut lines = match quotas::service(&members)? {
                Some(()) => world.quota_lines(owner),
                None => Vec::new(),
            };
            if let Some(code) = members.text("QuotaCode").map_err(malformed)? {
                lines.retain(|line| line.code == code);
            }
            let entries = lines.iter().map(|line| ledger.quota(line, told)).collect();
            quotas::page(("Quotas", op.name()), &members, entries)
        }
        Op::GetServiceQuota | Op::GetAWSDefaultServiceQuota => {
            quotas::service(&members)?.ok_or_else(quotas::no_quota)?;
            let code = quotas::quota_code(&members)?;
            let line = world
                .quota_lines(owner)
                .into_iter()
                .find(|line| line.code == code);
            let line = line.ok_or_else(quotas::no_quota)?;
            Ok(one("Quota", ledger.quota(&line, told(op))))
        }
        Op::RequestServiceQuotaIncrease => {
            quotas::service(&members)?.ok_or_else(quotas::no_quota)?;
            let ask = IncreaseAsk {
                code: quotas::quota_code(&members)?.to_owned(),
                desired: quotas::desired(&members)?,
                requester: Arc::clone(&caller.principal.arn),
            };
            let made = world.ask_for_increase(now, owner, ask);
            let made = made.map_err(|problem| quotas::refused(&problem))?;
            Ok(one("RequestedQuota", ledger.increase(&made, now)))
        }
        Op::GetRequestedServiceQuotaChange => {
            let id = members.need_text("RequestId").map_err(malformed)?;
            let made = world.increases(owner).find(|made| made.id == id);
            let made = made.ok_or_else(quotas::no_request)?;
            Ok(one("RequestedQuota", ledger.increase(made, now)))
        }
        Op::ListRequestedServiceQuotaChangeHistory | Op::ListRequestedServiceQuotaChangeHistoryByQuota => {
            let by_quota = op == Op::ListRequestedServiceQuotaChangeHistoryByQuota;
            let code = if by_quota {
                Some(quotas::quota_code(&members)?)
            } else {
                None
            };
            // Of the history alone the service may be left out.
            let is_of_bedrock = if by_quota || members.has("ServiceCode") {
                quotas::service(&members)?.is_some()
            } else {
                true
            };
            let status = quotas::status(&members)?;
            let entries = world
                .increases(owner)
                .filter(|made| is_of_bedrock && code.is_none_or(|code| made.line.code == code))
                .filter(|made| status.is_none_or(|status| made.status(now) == status))
                .map(|made| ledger.increase(made, now))
                .collect();
            quotas::page(("RequestedQuotas", op.name()), &members, entries)
        }
        Op::ListServiceQuotaIncreaseRequestsInTemplate => quotas::page(
            ("ServiceQuotaIncreaseRequestInTemplateList", op.name()),
            &members,
            Vec::new(),
        ),
        _ => Err(RpcError::unknown(&call.operation)),
    }
}

const fn told(op: Op) -> Told {
    match op {
        Op::ListAWSDefaultServiceQuotas | Op::GetAWSDefaultServiceQuota => Told::Default,
        _ => Told::Applied,
    }
}

fn one(name: &'static str, value: Value) -> Value {
    Value::Structure(vec![(name.into(), value)])
}

impl Inner {
    /// An answer of such a service with the heads that every answer has. `error`: its name and words.
    pub(super) fn of_rpc(
        &self,
        answer: RpcAnswer,
        id: &str,
        error: Option<(&'static str, &str)>,
    ) -> Response<ReplyBody> {
        let mut response = self.head(answer.status, "application/json", id);
        response.headers_mut().extend(answer.headers);
        if let Some((name, message)) = error {
            response.extensions_mut().insert(trail::Said::new(name, message));
        }
        *response.body_mut() = ReplyBody::whole(answer.body);
        response
    }
}
