//! A shot with its attempt tree, as it stands in the document. Moments are microseconds of the run.

use serde::Serialize;

use super::micros;
use crate::clock::Moment;
use crate::event::{Attempt, FailureKind, ShotEnd, ShotRecord};
use crate::report::account::Account;

/// One of the worst shots.
#[derive(Debug, Serialize)]
pub(super) struct Shot {
    arm: String,
    index: u64,
    /// `succeeded`, `shed`, or the key of the failure's kind.
    end: &'static str,
    intended_us: u64,
    sent_us: u64,
    ended_us: u64,
    latency_us: u64,
    first_token_us: Option<u64>,
    cost_usd: f64,
    attempts: Vec<Call>,
}

/// One wire call.
#[derive(Debug, Serialize)]
struct Call {
    hop: u8,
    number: u8,
    route: String,
    region: String,
    target: String,
    backoff_us: u64,
    sent_us: u64,
    first_token_us: Option<u64>,
    ended_us: u64,
    failure: Option<Refusal>,
    served_in: Option<String>,
    injected: bool,
}

/// Why a call failed.
#[derive(Debug, Serialize)]
struct Refusal {
    kind: FailureKind,
    status: Option<u16>,
    code: Option<String>,
    message: String,
}

impl Shot {
    pub(super) fn of(record: &ShotRecord, account: &Account) -> Self {
        Self {
            arm: account.arm_name(record.id.arm),
            index: record.id.index,
            end: match record.end {
                ShotEnd::Succeeded => "succeeded",
                ShotEnd::Shed => "shed",
                ShotEnd::Failed(kind) => kind.key(),
            },
            intended_us: moment(record.intended_at),
            sent_us: moment(record.sent_at),
            ended_us: moment(record.ended_at),
            latency_us: micros(record.latency_from_intended()),
            first_token_us: record.first_token_at.map(moment),
            cost_usd: (record.cost.dollars() * 1e9).round() / 1e9,
            attempts: record.attempts.iter().map(Call::of).collect(),
        }
    }
}

impl Call {
    fn of(attempt: &Attempt) -> Self {
        Self {
            hop: attempt.hop,
            number: attempt.number,
            route: attempt.route.label.to_string(),
            region: attempt.route.region.to_string(),
            target: attempt.route.target.to_string(),
            backoff_us: micros(attempt.backoff),
            sent_us: moment(attempt.sent_at),
            first_token_us: attempt.first_token_at.map(moment),
            ended_us: moment(attempt.ended_at),
            failure: attempt.failure().map(|failure| Refusal {
                kind: failure.kind,
                status: failure.status,
                code: failure.code.clone(),
                message: failure.message.clone(),
            }),
            served_in: attempt.served_in.as_ref().map(ToString::to_string),
            injected: attempt.injected,
        }
    }
}

fn moment(at: Moment) -> u64 {
    micros(at.since_start())
}
