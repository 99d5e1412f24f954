//! Service Quotas on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::rpc::{Members, RpcError, Value, structure};
use super::services::{error, invalid, malformed};
use crate::clock::{Clock, Moment};
use crate::emulator::world::service_quotas::QuotaLine;
use crate::emulator::world::service_quotas::increases::{Increase, IncreaseError};
use crate::names::Region;

/// The one service whose quotas are modelled.
const BEDROCK: &str = "bedrock";
/// Services that are listed, by code and name.
const SERVICES: [(&str, &str); 2] = [(BEDROCK, "Amazon Bedrock"), ("monitoring", "Amazon CloudWatch")];
const STATUSES: [&str; 7] = [
    "PENDING",
    "CASE_OPENED",
    "APPROVED",
    "DENIED",
    "CASE_CLOSED",
    "NOT_APPROVED",
    "INVALID_REQUEST",
];

/// Writes quotas of an account in a region.
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'a> {
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a Region,
    /// For dates.
    pub clock: &'a Clock,
}

/// Which of a quota's two values is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What every account starts with.
    Default,
    /// What the account has.
    Applied,
}

/// What is asked for of a service's quotas. Checks the service; `None` for one whose quotas are not
/// modelled.
pub fn service(members: &Members<'_>) -> Result<Option<()>, RpcError> {
    let code = members.need_text("ServiceCode").map_err(malformed)?;
    if code == BEDROCK {
        return Ok(Some(()));
    }
    let is_known = SERVICES.iter().any(|(known, _)| *known == code);
    if is_known { Ok(None) } else { Err(no_service()) }
}

/// The quota's code that is asked for.
pub fn quota_code<'a>(members: &Members<'a>) -> Result<&'a str, RpcError> {
    members.need_text("QuotaCode").map_err(malformed)
}

fn no_service() -> RpcError {
    error(
        "NoSuchResourceException",
        "The request failed because the specified service does not exist.",
    )
}

/// The quota does not exist.
pub fn no_quota() -> RpcError {
    refused(&IncreaseError::NoSuchQuota)
}

/// The request for more does not exist.
pub fn no_request() -> RpcError {
    error(
        "NoSuchResourceException",
        "The request failed because the specified request does not exist.",
    )
}

/// A request for more is refused.
pub fn refused(problem: &IncreaseError) -> RpcError {
    let shape = match problem {
        IncreaseError::NoSuchQuota => "NoSuchResourceException",
        IncreaseError::NotAdjustable(_) | IncreaseError::NotMore => "IllegalArgumentException",
        IncreaseError::AlreadyAsked => "ResourceAlreadyExistsException",
        IncreaseError::TooMany => "QuotaExceededException",
    };
    error(shape, problem.to_string())
}

/// The value wanted: 0 to 10^10, as the service has it.
pub fn desired(members: &Members<'_>) -> Result<f64, RpcError> {
    let desired = members.number("DesiredValue").map_err(malformed)?;
    let desired = desired.ok_or_else(|| malformed(members.missing("DesiredValue")))?;
    if (0.0..=1e10).contains(&desired) {
        return Ok(desired);
    }
    Err(invalid(&format!(
        "1 validation error detected: Value '{desired}' at 'desiredValue' failed to satisfy constraint: Member must \
         have value between 0 and 10000000000"
    )))
}

/// The status a history is limited to.
pub fn status<'a>(members: &Members<'a>) -> Result<Option<&'a str>, RpcError> {
    let status = members.text("Status").map_err(malformed)?;
    match status {
        Some(word) if !STATUSES.contains(&word) => Err(invalid(&format!(
            "1 validation error detected: Value '{word:.50}' at 'status' failed to satisfy constraint: Member must \
             satisfy enum value set: [{}]",
            STATUSES.join(", ")
        ))),
        status => Ok(status),
    }
}

/// A page of a list: its entries under a name, and the token of the next. `list` is in the token, so that
/// it fits no other list.
pub fn page(
    (name, list): (&'static str, &str),
    members: &Members<'_>,
    entries: Vec<Value>,
) -> Result<Value, RpcError> {
    let size = members.whole("MaxResults").map_err(malformed)?.unwrap_or(100);
    let Ok(size @ 1..=100) = usize::try_from(size) else {
        return Err(invalid(&format!(
            "1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: Member \
                 must have value between 1 and 100"
        )));
    };
    let mark = format!("bedrill:{list}:");
    let from = match members.text("NextToken").map_err(malformed)? {
        None => 0,
        Some(token) => offset(token, &mark).ok_or_else(|| {
            error(
                "InvalidPaginationTokenException",
                "Invalid pagination token was provided.",
            )
        })?,
    };
    let until = from.saturating_add(size).min(entries.len());
    let has_more = until < entries.len();
    let shown = entries.into_iter().skip(from).take(size).collect();
    let mut members = vec![(name.into(), Value::List(shown))];
    if has_more {
        let token = URL_SAFE_NO_PAD.encode(format!("{mark}{until}"));
        members.push(("NextToken".into(), Value::text(token)));
    }
    Ok(Value::Structure(members))
}

fn offset(token: &str, mark: &str) -> Option<usize> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&decoded)
        .ok()?
        .strip_prefix(mark)?
        .parse()
        .ok()
}

/// The entries of ListServices.
pub fn services() -> Vec<Value> {
    let entry = |(code, name): (&str, &str)| {
        structure([
            ("ServiceCode", Value::text(code)),
            ("ServiceName", Value::text(name)),
        ])
    };
    SERVICES.map(entry).into()
}

impl Ledger<'_> {
    /// A quota.
    pub fn quota(self, line: &QuotaLine, told: Told) -> Value {
        let value = match told {
            Told::Default => line.default,
            Told::Applied => line.applied,
        };
        let mut members = vec![
            ("ServiceCode".into(), Value::text(BEDROCK)),
            ("ServiceName".into(), Value::text(SERVICES[0].1)),
            ("QuotaArn".into(), Value::text(self.arn(&line.code, told))),
            ("QuotaCode".into(), Value::text(&line.code)),
            ("QuotaName".into(), Value::text(&line.name)),
            ("Value".into(), Value::Float(value as f64)),
            ("Unit".into(), Value::text("None")),
            ("Adjustable".into(), Value::Bool(line.adjustable)),
            ("GlobalQuota".into(), Value::Bool(false)),
        ];
        if let Some(unit) = line.period() {
            let period = structure([
                ("PeriodValue", Value::Integer(1)),
                ("PeriodUnit", Value::text(unit)),
            ]);
            members.push(("Period".into(), period));
        }
        if told == Told::Applied {
            members.push(("QuotaAppliedAtLevel".into(), Value::text("ACCOUNT")));
        }
        Value::Structure(members)
    }

    /// A request for more.
    pub fn increase(self, made: &Increase, now: Moment) -> Value {
        let time = |at: Moment| Value::Time(self.clock.wall(at).as_second() as f64);
        let mut members = vec![
            ("Id".into(), Value::text(&made.id)),
            ("ServiceCode".into(), Value::text(BEDROCK)),
            ("ServiceName".into(), Value::text(SERVICES[0].1)),
            ("QuotaCode".into(), Value::text(&made.line.code)),
            ("QuotaName".into(), Value::text(&made.line.name)),
            ("DesiredValue".into(), Value::Float(made.desired)),
            ("Status".into(), Value::text(made.status(now))),
            ("Created".into(), time(made.asked_at)),
            ("LastUpdated".into(), time(made.changed_at(now))),
            ("Requester".into(), Value::text(requester(made, self.account))),
            (
                "QuotaArn".into(),
                Value::text(self.arn(&made.line.code, Told::Applied)),
            ),
            ("GlobalQuota".into(), Value::Bool(false)),
            ("Unit".into(), Value::text("None")),
            ("QuotaRequestedAtLevel".into(), Value::text("ACCOUNT")),
        ];
        if let Some(case) = made.case(now) {
            members.push(("CaseId".into(), Value::text(case)));
        }
        Value::Structure(members)
    }

    fn arn(self, code: &str, told: Told) -> String {
        let (region, account) = (self.region, if told == Told::Applied { self.account } else { "" });
        format!("arn:aws:servicequotas:{region}:{account}:{BEDROCK}/{code}")
    }
}

/// As the service writes who asked: a JSON text.
fn requester(made: &Increase, account: &str) -> String {
    serde_json::json!({ "accountId": account, "callerArn": &*made.requester }).to_string()
}
