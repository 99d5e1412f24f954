//! How a chain is called: deadlines, retries, breaker, budget.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{DAY, SEC, duration_of};
use crate::patterns::plan::{Backoff, BreakerPlan, CallPolicy, RetryBudgetPlan, RetrySpec};
use crate::toml::{Item, Table};
use crate::units::Share;

const RETRY_SPECS: [(&str, RetrySpec); 2] = [("2.0", RetrySpec::V2_0), ("2.1", RetrySpec::V2_1)];
const MILLI: Duration = Duration::from_millis(1);

/// Reads `[pattern.policy]`; what it leaves out is as in `usual`, the pattern's own default.
pub fn read(item: &Item<'_>, usual: &CallPolicy) -> Option<CallPolicy> {
    let table = item.table()?;
    let span = |key| duration_of(&table, key, MILLI..=600 * SEC);
    let (deadline, attempt_timeout) = (span("deadline"), span("attempt_timeout"));
    let idle_timeout = span("idle_timeout");
    let count = |key, most| {
        let number = table.take(key)?.integer(1..=most)?;
        u32::try_from(number).ok()
    };
    let (sdk_attempts, rounds) = (count("sdk_attempts", 10), count("rounds", 100));
    let retry_spec = table
        .take("retry_spec")
        .and_then(|spec| spec.choice(&RETRY_SPECS));
    let backoff = table.take("backoff").and_then(|item| read_backoff(&item));
    let breaker = unless_off(&table, "breaker", usual.breaker, read_breaker);
    let retry_budget = unless_off(&table, "retry_budget", usual.retry_budget, read_budget);
    table.finish();
    let policy = CallPolicy {
        deadline: deadline.unwrap_or(usual.deadline),
        attempt_timeout: attempt_timeout.unwrap_or(usual.attempt_timeout),
        idle_timeout: idle_timeout.unwrap_or(usual.idle_timeout),
        sdk_attempts: sdk_attempts.unwrap_or(usual.sdk_attempts),
        retry_spec: retry_spec.unwrap_or(usual.retry_spec),
        backoff: backoff.unwrap_or(usual.backoff),
        rounds: rounds.unwrap_or(usual.rounds),
        breaker,
        retry_budget,
        cache_point: usual.cache_point,
    };
    if policy.attempt_timeout > policy.deadline {
        let key = if table.has("attempt_timeout") {
            "attempt_timeout"
        } else {
            "deadline"
        };
        let problem = format!(
            "an attempt's timeout of {:?} is longer than the deadline of {:?}",
            policy.attempt_timeout, policy.deadline
        );
        table.reject_key(key, problem, None);
    }
    Some(policy)
}

fn read_backoff(item: &Item<'_>) -> Option<Backoff> {
    let usual = Backoff::default();
    let table = item.table()?;
    let span = |key| duration_of(&table, key, Duration::ZERO..=60 * SEC);
    let (initial, max) = (span("initial"), span("max"));
    table.finish();
    Some(Backoff {
        initial: initial.unwrap_or(usual.initial),
        max: max.unwrap_or(usual.max),
    })
}

/// `false` turns a thing off, a table sets it up, and nothing leaves it as usual.
fn unless_off<T>(
    table: &Table<'_>,
    key: &'static str,
    usual: Option<T>,
    read: impl Fn(&Table<'_>) -> T,
) -> Option<T> {
    let Some(item) = table.take(key) else {
        return usual;
    };
    if item.is_table() {
        return item.table().map(|table| read(&table));
    }
    if item.flag()? {
        let hint = format!("leave `{key}` out for the usual one, or give a table");
        item.reject("only `false` says something here", Some(hint));
    }
    None
}

fn read_breaker(table: &Table<'_>) -> BreakerPlan {
    let usual = BreakerPlan::default();
    let count = |key, range: RangeInclusive<u64>| {
        let number = table.take(key)?.integer(range)?;
        u32::try_from(number).ok()
    };
    let (window, min_calls) = (count("window", 1..=10_000), count("min_calls", 1..=10_000));
    let probes = count("probes", 1..=1_000);
    let failure_share = table.take("failure_share").and_then(|share| share.share());
    let open_for = duration_of(table, "open_for", MILLI..=DAY);
    table.finish();
    BreakerPlan {
        window: window.unwrap_or(usual.window),
        failure_share: failure_share.map_or(usual.failure_share, Share::get),
        min_calls: min_calls.unwrap_or(usual.min_calls),
        open_for: open_for.unwrap_or(usual.open_for),
        probes: probes.unwrap_or(usual.probes),
    }
}

fn read_budget(table: &Table<'_>) -> RetryBudgetPlan {
    let usual = RetryBudgetPlan::default();
    let per_shot = table.take("per_shot").and_then(|share| share.number(0.0..=100.0));
    let burst = table
        .take("burst")
        .and_then(|burst| burst.number(0.0..=1_000_000.0));
    table.finish();
    RetryBudgetPlan {
        per_shot: per_shot.unwrap_or(usual.per_shot),
        burst: burst.unwrap_or(usual.burst),
    }
}
