//! Keys of `[world]` about the account: who may do what, what is reached, how requests for more go.

use std::time::Duration;

use super::super::{DAY, NameBook, duration_of};
use crate::emulator::world::plan::{AccessPlan, IncreaseAnswer, IncreasesPlan};
use crate::fault::Outage;
use crate::toml::{Item, Table};

const ANSWERS: [(&str, IncreaseAnswer); 3] = [
    ("approved", IncreaseAnswer::Approved),
    ("denied", IncreaseAnswer::Denied),
    ("none", IncreaseAnswer::None),
];
const OUTAGES: [(&str, Outage); 2] = [("refused", Outage::Refused), ("silent", Outage::Silent)];
const MOST_REQUESTS_PER_SECOND: f64 = 100_000.0;

/// Reads the keys; what is left out is as in [`AccessPlan::default`].
pub fn read(table: &Table<'_>, names: NameBook<'_>) -> AccessPlan {
    let usual = AccessPlan::default();
    let denied = table.take("denied_actions").map(|item| actions(&item));
    let allowed = table.take("allowed_actions").map(|item| actions(&item));
    let clock_skew = duration_of(table, "clock_skew", Duration::ZERO..=DAY);
    let expired = table.take("expired_credentials").and_then(|item| item.flag());
    let rate = table.take("control_requests_per_second");
    let rate = rate.and_then(|item| item.number(0.0..=MOST_REQUESTS_PER_SECOND));
    let regions = table.take("unreachable_regions").and_then(|item| item.list());
    let outage = table.take("unreachable").and_then(|item| item.choice(&OUTAGES));
    AccessPlan {
        denied_actions: denied.unwrap_or_default(),
        allowed_actions: allowed,
        clock_skew,
        expired_credentials: expired.unwrap_or(usual.expired_credentials),
        control_requests_per_second: rate,
        signing_keys: usual.signing_keys,
        unreachable_regions: (regions.unwrap_or_default().iter())
            .filter_map(|item| names.region(item))
            .collect(),
        outage: outage.unwrap_or(usual.outage),
    }
}

/// IAM actions, `service:Operation`, with `*` and `?`.
fn actions(item: &Item<'_>) -> Vec<String> {
    let action = |item: &Item<'_>| {
        let text = item.name()?;
        if text != "*" && !text.contains(':') {
            let hint = "an action is `service:Operation`, as in \"bedrock:List*\"".to_owned();
            item.reject("this is no IAM action", Some(hint));
            return None;
        }
        Some(text.to_owned())
    };
    let list = item.list().unwrap_or_default();
    list.iter().filter_map(action).collect()
}

/// Reads the table `[world.quota_increases]`.
pub fn read_increases(item: &Item<'_>) -> Option<IncreasesPlan> {
    let usual = IncreasesPlan::default();
    let table = item.table()?;
    let pending = duration_of(&table, "pending", Duration::ZERO..=7 * DAY);
    let review = duration_of(&table, "review", Duration::ZERO..=7 * DAY);
    let answer = table.take("answer").and_then(|item| item.choice(&ANSWERS));
    table.finish();
    Some(IncreasesPlan {
        pending: pending.unwrap_or(usual.pending),
        review: review.unwrap_or(usual.review),
        answer: answer.unwrap_or(usual.answer),
    })
}
