//! Answers of the control API: who asks, what for, and what the world says to it.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Inner};
use crate::emulator::control::{self, ControlPlan, HEALTH, LogFilter, PREFIX, Vocabulary};
use crate::event::FaultId;
use crate::fault::FaultPlan;

/// The largest body, in bytes.
const MOST_BYTES: usize = 64 * 1024;
/// Faults that may stand at one time.
const MOST_FAULTS: usize = 64;

/// The numbers of faults that come over the API.
#[derive(Debug, Default)]
pub(super) struct Numbers(AtomicU32);

/// What a caller is told, and with which status.
type Told = Result<(StatusCode, Value), (StatusCode, String)>;

/// Answers a request for the API; `None`: it is none, or the API is closed.
pub(super) fn answer(inner: &Inner, parts: &Parts, body: &Bytes) -> Option<Answer> {
    let gate = inner.gate.get()?;
    let path = parts.uri.path().trim_end_matches('/');
    let signed = parts.headers.contains_key(AUTHORIZATION);
    let told = if path == HEALTH && !signed {
        Ok((StatusCode::OK, health(inner, gate)))
    } else {
        let path = path.strip_prefix(PREFIX)?;
        admit(gate, parts).and_then(|()| reply(inner, gate, (&parts.method, path), (parts, body)))
    };
    let (status, body) = told.unwrap_or_else(|(status, words)| (status, json!({ "error": words })));
    let mut text = serde_json::to_vec_pretty(&body).unwrap_or_default();
    text.push(b'\n');
    let mut response = inner.json(text);
    *response.status_mut() = status;
    Some(Answer::Response(response))
}

fn admit(gate: &ControlPlan, parts: &Parts) -> Result<(), (StatusCode, String)> {
    let header = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = header.and_then(|value| value.strip_prefix("Bearer "));
    if gate.is_open_to(key) {
        return Ok(());
    }
    let words = "the control API needs the token that `bedrill serve` printed: Authorization: Bearer TOKEN";
    Err((StatusCode::UNAUTHORIZED, words.to_owned()))
}

fn reply(
    inner: &Inner,
    gate: &ControlPlan,
    (method, path): (&Method, &str),
    (parts, body): (&Parts, &Bytes),
) -> Told {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let ok = |value| Ok((StatusCode::OK, value));
    match (method.as_str(), steps.as_slice()) {
        ("GET", ["health"]) => ok(health(inner, gate)),
        ("GET", ["faults"]) => ok(json!({ "faults": faults(inner) })),
        ("POST", ["faults"]) => inject(inner, writer(gate)?, &read(body)?),
        ("DELETE", ["faults"]) => {
            writer(gate)?;
            let lifted = faults(inner).len();
            inner.world().lift_all();
            ok(json!({ "lifted": lifted }))
        }
        ("DELETE", ["faults", id]) => {
            writer(gate)?;
            let found = inner.world().lift(FaultId(number(id)?));
            found
                .then_some((StatusCode::OK, json!({ "lifted": 1 })))
                .ok_or_else(|| gone("fault", id))
        }
        ("POST", ["faults", id, "renew"]) => {
            let lasts = writer(gate)?.lease(&read(body)?).map_err(wrong)?;
            let now = inner.clock.now();
            let renewed = inner.world().renew(now, FaultId(number(id)?), lasts);
            let plan = renewed.ok_or_else(|| gone("fault", id))?;
            ok(control::fault(&plan, now))
        }
        ("GET", ["quotas"]) => {
            let now = inner.clock.now();
            let mut world = inner.world();
            let set = world
                .quotas_by_hand(now)
                .iter()
                .map(|set| control::quota(set, now));
            ok(json!({ "quotas": set.collect::<Vec<_>>() }))
        }
        ("POST", ["quotas"]) => {
            let (change, lasts) = writer(gate)?.quota(&read(body)?).map_err(wrong)?;
            let now = inner.clock.now();
            let set = inner.world().set_quota(now, change, lasts);
            let set = set.ok_or_else(|| (StatusCode::CONFLICT, "64 quotas are set already".to_owned()))?;
            Ok((StatusCode::CREATED, control::quota(&set, now)))
        }
        ("DELETE", ["quotas", id]) => {
            writer(gate)?;
            let found = inner.world().unset_quota(number(id)?);
            found
                .then_some((StatusCode::OK, json!({ "unset": 1 })))
                .ok_or_else(|| gone("quota", id))
        }
        ("GET", ["ledger"]) => ok(control::ledger(inner.world().ledger())),
        ("GET", ["callers"]) => {
            ok(json!({ "callers": inner.journal.get().map(|journal| journal.callers()) }))
        }
        ("GET", ["requests"]) => requests(inner, parts.uri.query().unwrap_or_default()),
        ("POST", ["reset"]) => {
            writer(gate)?;
            inner.world().reset();
            if let Some(journal) = inner.journal.get() {
                journal.forget();
            }
            ok(json!({ "reset": true }))
        }
        _ => Err((
            StatusCode::NOT_FOUND,
            format!("the control API has no {method} {PREFIX}{path}; docs/serve.md lists what it has"),
        )),
    }
}

fn health(inner: &Inner, gate: &ControlPlan) -> Value {
    let now = inner.clock.now();
    let in_force: Vec<String> = {
        let mut world = inner.world();
        world.expire(now);
        let plans = world.faults().plans().iter();
        plans
            .filter(|plan| plan.begins_at <= now)
            .map(FaultPlan::label)
            .collect()
    };
    json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": gate.seed,
        "up_secs": now.as_secs_f64(),
        "faults": in_force,
    })
}

fn faults(inner: &Inner) -> Vec<Value> {
    let now = inner.clock.now();
    let mut world = inner.world();
    world.expire(now);
    world
        .faults()
        .plans()
        .iter()
        .map(|plan| control::fault(plan, now))
        .collect()
}

fn inject(inner: &Inner, vocabulary: &dyn Vocabulary, written: &Value) -> Told {
    let mut plan = vocabulary.fault(written).map_err(wrong)?;
    let now = inner.clock.now();
    plan.begins_at = now + plan.begins_at.since_start();
    let mut world = inner.world();
    world.expire(now);
    if world.faults().plans().len() >= MOST_FAULTS {
        return Err((
            StatusCode::CONFLICT,
            format!("{MOST_FAULTS} faults stand already: lift one"),
        ));
    }
    plan.id = FaultId(inner.fault_numbers.0.fetch_add(1, Ordering::Relaxed) + 1);
    world.inject(plan.clone());
    Ok((StatusCode::CREATED, control::fault(&plan, now)))
}

fn requests(inner: &Inner, query: &str) -> Told {
    let filter = LogFilter::read(query).map_err(wrong)?;
    let log = inner
        .journal
        .get()
        .map(|journal| journal.log())
        .unwrap_or_default();
    let mut found: Vec<Value> = (log.iter().rev())
        .filter(|record| filter.fits(record))
        .take(filter.limit)
        .map(|record| control::request(record))
        .collect();
    found.reverse();
    Ok((StatusCode::OK, json!({ "requests": found })))
}

/// Who reads what is written; a drill alone breaks things where it runs.
fn writer(gate: &ControlPlan) -> Result<&dyn Vocabulary, (StatusCode, String)> {
    gate.vocabulary.as_deref().ok_or_else(|| {
        let words = "a drill runs here: its scenario and its dashboard break things, this API only looks";
        (StatusCode::CONFLICT, words.to_owned())
    })
}

fn read(body: &Bytes) -> Result<Value, (StatusCode, String)> {
    if body.len() > MOST_BYTES {
        return Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a body has at most {MOST_BYTES} bytes"),
        ));
    }
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|problem| wrong(format!("the body is no JSON: {problem}")))
}

fn number(written: &str) -> Result<u32, (StatusCode, String)> {
    written
        .parse()
        .map_err(|_| wrong(format!("`{written}` is no number")))
}

fn wrong(words: String) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, words)
}

fn gone(what: &str, id: &str) -> (StatusCode, String) {
    (
        StatusCode::NOT_FOUND,
        format!("there is no {what} {id}: its lease may be over"),
    )
}
