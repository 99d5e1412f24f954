//! The attempt trees of the worst shots: each wire call as a bar on the shot's own axis of time.

use std::sync::Arc;

use serde::Serialize;

use crate::clock::Moment;
use crate::event::{Attempt, ShotEnd, ShotRecord};
use crate::report::account::Account;
use crate::report::format::{at, money, span};

/// A shot.
#[derive(Debug, Serialize)]
pub(super) struct Tree {
    arm: String,
    place: usize,
    number: u64,
    at: String,
    took: String,
    end: String,
    is_lost: bool,
    cost: String,
    rows: Vec<Row>,
}

/// A line of a tree: a wire call, or the wait before the first one. Places are in percent of the
/// shot's time.
#[derive(Debug, Serialize)]
struct Row {
    what: String,
    outcome: String,
    words: String,
    /// `served`, `failed` or `waited`.
    class: &'static str,
    left: String,
    width: String,
    /// How much of the bar lies before the first token.
    first: Option<String>,
    took: String,
}

/// Trees, in the order of the shots.
pub(super) fn trees(shots: &[Arc<ShotRecord>], account: &Account) -> Vec<Tree> {
    shots.iter().map(|shot| Tree::of(shot, account)).collect()
}

impl Tree {
    fn of(shot: &ShotRecord, account: &Account) -> Self {
        let place = account.arm(shot.id.arm).map_or(0, |arm| arm.place);
        let axis = Axis {
            begins: shot.intended_at,
            whole: shot.latency_from_intended().as_secs_f64().max(1e-9),
        };
        let waited = shot.sent_at.since(shot.intended_at);
        let waits = (waited.as_secs_f64() / axis.whole > 0.01).then(|| Row {
            what: "before the send".to_owned(),
            outcome: "schedule lag and queue".to_owned(),
            words: String::new(),
            class: "waited",
            left: axis.left(shot.intended_at),
            width: axis.width(shot.intended_at, shot.sent_at),
            first: None,
            took: span(Some(waited)),
        });
        let calls = shot.attempts.iter().map(|attempt| axis.row(attempt));
        Self {
            arm: account.arm_name(shot.id.arm),
            place: place % super::timeline::PALETTE,
            number: shot.id.index,
            at: at(shot.intended_at.as_secs_f64()),
            took: span(Some(shot.latency_from_intended())),
            end: match shot.end {
                ShotEnd::Succeeded => "answered".to_owned(),
                ShotEnd::Shed => "never sent: the concurrency cap and its queue were full".to_owned(),
                ShotEnd::Failed(kind) => format!("lost: {}", kind.key()),
            },
            is_lost: !shot.succeeded(),
            cost: money(shot.cost),
            rows: waits.into_iter().chain(calls).collect(),
        }
    }
}

/// A shot's own time.
struct Axis {
    begins: Moment,
    whole: f64,
}

impl Axis {
    fn left(&self, moment: Moment) -> String {
        percent(moment.since(self.begins).as_secs_f64() / self.whole)
    }

    fn width(&self, from: Moment, to: Moment) -> String {
        percent(to.since(from).as_secs_f64() / self.whole)
    }

    fn row(&self, attempt: &Attempt) -> Row {
        let took = attempt.ended_at.since(attempt.sent_at);
        let whole = took.as_secs_f64().max(1e-9);
        let first = attempt.first_token_at;
        let outcome = match attempt.failure() {
            None => attempt
                .served_in
                .as_ref()
                .map_or_else(|| "served".to_owned(), |region| format!("served in {region}")),
            Some(failure) => {
                let code = failure.code.as_deref().unwrap_or_else(|| failure.kind.key());
                failure
                    .status
                    .map_or_else(|| code.to_owned(), |status| format!("{status} {code}"))
            }
        };
        let injected = if attempt.injected {
            " (injected at the client)"
        } else {
            ""
        };
        let backoff = (!attempt.backoff.is_zero())
            .then(|| format!("after {} of back-off; ", span(Some(attempt.backoff))));
        let message = attempt
            .failure()
            .map(|failure| failure.message.as_str())
            .unwrap_or_default();
        Row {
            what: format!("{} · attempt {}", attempt.route.label, attempt.number),
            outcome: format!("{outcome}{injected}"),
            words: format!("{}{message}", backoff.unwrap_or_default()),
            class: if attempt.failure().is_some() {
                "failed"
            } else {
                "served"
            },
            left: self.left(attempt.sent_at),
            width: self.width(attempt.sent_at, attempt.ended_at),
            first: first.map(|first| percent(first.since(attempt.sent_at).as_secs_f64() / whole)),
            took: span(Some(took)),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share.clamp(0.0, 1.0) * 100.0)
}
