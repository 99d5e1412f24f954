//! The control API over HTTP: faults and quotas on leases, and what the emulator has seen.
//!
//! Under a path that no AWS service uses, beside `/health`. Closed unless somebody opens it with a
//! [`ControlPlan`]; where the port can be reached from other machines the gate asks for a token. It never
//! tells a prompt or a reply: the emulator keeps none. `docs/serve.md` shows every call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::journal::CallRecord;
use super::world::Ledger;
use super::world::hand::QuotaByHand;
use super::world::ledger::Tally;
use super::world::plan::QuotaOverride;
use crate::catalog::QuotaFamily;
use crate::clock::Moment;
use crate::fault::FaultPlan;

/// Every path of the API begins so.
pub const PREFIX: &str = "/_bedrill/v1";
/// Whether the server lives. Asks for no token.
pub const HEALTH: &str = "/health";
/// The lease of a fault or a quota that names none.
pub const USUAL_LEASE: Duration = Duration::from_secs(60);

/// Reads what a caller writes: the vocabulary of scenario files, as JSON.
pub trait Vocabulary: fmt::Debug + Send + Sync {
    /// A fault; its `begins_at` counts from now.
    fn fault(&self, written: &Value) -> Result<FaultPlan, String>;
    /// A quota and its lease.
    fn quota(&self, written: &Value) -> Result<(QuotaOverride, Duration), String>;
    /// A lease alone.
    fn lease(&self, written: &Value) -> Result<Duration, String>;
}

/// How the API is open.
#[derive(Clone, Debug)]
pub struct ControlPlan {
    /// Calls need it as a bearer key; `None`: they need nothing.
    pub token: Option<Arc<str>>,
    /// Reads faults and quotas; `None`: a drill breaks things here, others only look.
    pub vocabulary: Option<Arc<dyn Vocabulary>>,
    /// The seed of the world, for `/health`.
    pub seed: u64,
}

impl ControlPlan {
    /// Whether a bearer key opens it. Takes as long for a wrong one as for the right one.
    pub fn is_open_to(&self, key: Option<&str>) -> bool {
        let Some(token) = &self.token else { return true };
        let key = key.unwrap_or_default().as_bytes();
        let differs = (token.bytes().enumerate())
            .map(|(at, letter)| letter ^ key.get(at).copied().unwrap_or_default())
            .fold(0, |all, difference| all | difference);
        differs == 0 && key.len() == token.len()
    }
}

/// A fault as it is told.
pub fn fault(plan: &FaultPlan, now: Moment) -> Value {
    json!({
        "id": plan.id,
        "label": plan.label(),
        "kind": plan.kind.key(),
        "in_force": plan.strength_at(now) > 0.0,
        "begins_in_secs": plan.begins_at.since(now).as_secs_f64(),
        "ends_in_secs": plan.ends_at().since(now).as_secs_f64(),
        "plan": plan,
    })
}

/// A quota set by hand as it is told.
pub fn quota(set: &QuotaByHand, now: Moment) -> Value {
    let change = &set.change;
    let requests = change
        .requests_per_minute
        .map(|limit| limit.map_or(json!("none"), Value::from));
    json!({
        "id": set.number,
        "model": change.model,
        "family": change.family.map(family),
        "region": change.region,
        "requests_per_minute": requests,
        "tokens_per_minute": change.tokens_per_minute,
        "tokens_per_day": change.tokens_per_day,
        "ends_in_secs": set.ends_at.since(now).as_secs_f64(),
    })
}

const fn family(family: QuotaFamily) -> &'static str {
    match family {
        QuotaFamily::OnDemand => "on-demand",
        QuotaFamily::CrossRegion => "cross-region",
        QuotaFamily::Global => "global",
    }
}

/// A line of the request log: what the wire told of a call, no prompt and no reply.
pub fn request(record: &CallRecord) -> Value {
    let head = &record.head;
    let failure = record.end.failure();
    let served = record.served.as_ref();
    json!({
        "number": head.number,
        "at_secs": head.arrived.as_secs_f64(),
        "took_secs": record.ended_at.since(head.arrived).as_secs_f64(),
        "caller": head.caller.name,
        "access_key": head.caller.access_key,
        "operation": head.operation,
        "region": head.region,
        "target": head.target,
        "model": record.model.as_ref().map(|(model, _)| model),
        "invocation": head.invocation,
        "attempt": head.attempt,
        "body": format!("{:016x}", head.body),
        "end": record.end.word(),
        "status": record.end.status(),
        "failure": failure,
        "served_in": served.map(|part| &part.region),
        "usage": served.map(|part| part.usage),
        "cost_usd": served.map(|part| part.cost.dollars()),
    })
}

/// The ledger: totals, and a line for each target.
pub fn ledger(ledger: &Ledger) -> Value {
    let lines = ledger.lines().map(|line| {
        json!({
            "region": line.region,
            "target": line.target,
            "model": line.model,
            "family": family(line.family),
            "served_in": line.served_in,
            "counts": tally(line.tally),
        })
    });
    let lines: Vec<_> = lines.collect();
    json!({ "total": tally(&ledger.total()), "lines": lines })
}

fn tally(tally: &Tally) -> Value {
    json!({
        "calls": tally.calls,
        "served": tally.served,
        "broken_off": tally.broken_off,
        "throttled": tally.throttled(),
        "client_errors": tally.client_errors,
        "server_errors": tally.server_errors,
        "in_service": tally.in_service(),
        "usage": tally.usage,
        "cost_usd": tally.cost.dollars(),
    })
}

/// Which lines of the request log are asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogFilter {
    /// Of this caller.
    pub caller: Option<String>,
    /// Of this model, or written so as `modelId`.
    pub model: Option<String>,
    /// Of this HTTP status, or an end's word: `dead`.
    pub status: Option<String>,
    /// That ended after so many seconds of the server's life.
    pub since: Option<f64>,
    /// The newest so many.
    pub limit: usize,
}

impl LogFilter {
    /// Lines given unless a caller asks for another number.
    const USUAL: usize = 100;

    /// Reads a query; an unknown word or a wrong number is told.
    pub fn read(query: &str) -> Result<Self, String> {
        let mut filter = Self {
            caller: None,
            model: None,
            status: None,
            since: None,
            limit: Self::USUAL,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_encoding::percent_decode_str(value)
                .decode_utf8_lossy()
                .into_owned();
            let number = || format!("`{key}` is no number: {value}");
            match key {
                "caller" => filter.caller = Some(value),
                "model" => filter.model = Some(value),
                "status" => filter.status = Some(value),
                "since" => filter.since = Some(value.parse().map_err(|_| number())?),
                "limit" => filter.limit = value.parse().map_err(|_| number())?,
                other => {
                    return Err(format!(
                        "unknown filter `{other}`; there are caller, model, status, since, limit"
                    ));
                }
            }
        }
        Ok(filter)
    }

    /// Whether a call is asked for.
    pub fn fits(&self, record: &CallRecord) -> bool {
        let head = &record.head;
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let status = record.end.status().map(|status| status.to_string());
        let model = record.model.as_ref().map_or("", |(model, _)| model.as_str());
        is(&self.caller, &head.caller.name)
            && (is(&self.model, model) || is(&self.model, &head.target))
            && (is(&self.status, record.end.word())
                || is(&self.status, status.as_deref().unwrap_or_default()))
            && self
                .since
                .is_none_or(|since| record.ended_at.as_secs_f64() > since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_with_a_token_opens_to_that_token_alone() {
        let gate = |token: Option<&str>| ControlPlan {
            token: token.map(Arc::from),
            vocabulary: None,
            seed: 7,
        };
        assert!(gate(None).is_open_to(None));
        let locked = gate(Some("abc"));
        for (key, open) in [
            (Some("abc"), true),
            (Some("ab"), false),
            (Some("abcd"), false),
            (None, false),
        ] {
            assert_eq!(locked.is_open_to(key), open, "{key:?}");
        }
    }

    #[test]
    fn a_filter_is_read_or_told_what_is_wrong() {
        let filter = LogFilter::read("caller=my%20shop&status=429&limit=5").expect("a filter");
        assert_eq!((filter.caller.as_deref(), filter.limit), (Some("my shop"), 5));
        let problem = LogFilter::read("colour=red").expect_err("unknown");
        assert!(
            problem.contains("colour") && problem.contains("since"),
            "{problem}"
        );
        assert!(LogFilter::read("since=noon").is_err());
    }
}
