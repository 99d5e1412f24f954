//! The keys that only `kind = "gateway"` has.

use std::time::Duration;

use super::super::{DAY, NameBook, SEC, duration_of};
use super::read_policy;
use crate::bedrock::http::{HttpCaller, is_loopback};
use crate::gateway::Strategy;
use crate::gateway::plan::CooldownPlan;
use crate::names::{ModelId, Region};
use crate::patterns::compile::{EmbeddedSpec, Front, GatewaySpec};
use crate::patterns::plan::{CallPolicy, OutsideGateway};
use crate::toml::{Item, Table};

const MILLI: Duration = Duration::from_millis(1);
const MOST_BUDGET: f64 = 1_000_000.0;
/// Keys of the embedded gateway alone.
const EMBEDDED: [&str; 6] = [
    "strategies",
    "weights",
    "retries",
    "cooldown",
    "gateway_budget",
    "timeout",
];
/// Keys of a gateway at a URL alone.
const OUTSIDE: [&str; 5] = ["key", "alias", "ids", "seen_as", "may_spend"];

/// Reads the pattern's own keys.
pub fn read(
    table: &Table<'_>,
    names: NameBook<'_>,
    start: Option<(ModelId, Region)>,
    policy: Option<&Item<'_>>,
) -> Option<GatewaySpec> {
    let other_regions = table.take("other_regions").map(|item| names.regions(&item));
    let other_models = table.take("other_models").map(|item| names.models(&item));
    let foreign = table.take("foreign").map(|item| {
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| names.foreign(item)).collect()
    });
    // One call for each shot: the gateway is the retry layer.
    let usual = CallPolicy {
        sdk_attempts: 1,
        attempt_timeout: Duration::from_secs(15),
        ..CallPolicy::default()
    };
    let policy = read_policy(policy, &usual);
    let url = table.take("url");
    let (wrong, hint) = if url.is_some() {
        (&EMBEDDED[..], "it is set at the gateway itself; take it out")
    } else {
        (&OUTSIDE[..], "it is for a gateway at a `url`")
    };
    for key in wrong.iter().copied().filter(|key| table.has(key)) {
        table.reject_key(key, "says nothing here", Some(hint.to_owned()));
        // It is known; else it would be refused twice.
        let _ = table.take(key);
    }
    let front = match url {
        Some(url) => read_outside(table, &url).map(Front::Outside),
        None => Some(Front::Embedded(read_embedded(table))),
    };
    let (model, region) = start?;
    Some(GatewaySpec {
        model,
        region,
        other_regions,
        other_models: other_models.unwrap_or_default(),
        foreign,
        policy: policy?,
        front: front?,
    })
}

fn read_embedded(table: &Table<'_>) -> EmbeddedSpec {
    let usual = EmbeddedSpec::default();
    let strategies = table.take("strategies").map(|item| {
        let choices = Strategy::ALL.map(|strategy| (strategy.key(), strategy));
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| item.choice(&choices)).collect()
    });
    let small = |item: &Item<'_>, most| {
        item.integer(0..=most)
            .and_then(|number| u32::try_from(number).ok())
    };
    let weights = table.take("weights").map(|item| {
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| small(item, 1_000)).collect()
    });
    let retries = table.take("retries").and_then(|item| small(&item, 10));
    let cooldown = table.take("cooldown").and_then(|item| {
        let table = item.table()?;
        let allowed_fails = table.take("allowed_fails").and_then(|item| small(&item, 1_000));
        let lasts = duration_of(&table, "lasts", MILLI..=DAY);
        table.finish();
        let usual = CooldownPlan::default();
        Some(CooldownPlan {
            allowed_fails: allowed_fails.unwrap_or(usual.allowed_fails),
            lasts: lasts.unwrap_or(usual.lasts),
        })
    });
    let budget = table
        .take("gateway_budget")
        .and_then(|item| item.money(MOST_BUDGET));
    let timeout = duration_of(table, "timeout", MILLI..=600 * SEC);
    EmbeddedSpec {
        strategies: strategies.unwrap_or(usual.strategies),
        weights: weights.unwrap_or_default(),
        retries: retries.unwrap_or(usual.retries),
        cooldown: cooldown.unwrap_or(usual.cooldown),
        budget,
        timeout: timeout.unwrap_or(usual.timeout),
    }
}

/// A gateway may spend wherever it is; one beyond this machine only runs with a word for it.
fn read_outside(table: &Table<'_>, item: &Item<'_>) -> Option<OutsideGateway> {
    let alias = table.need("alias").and_then(|item| item.name());
    let key = table.take("key").and_then(|item| item.name());
    let ids = table.take("ids").map(|item| {
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(Item::name).map(Into::into).collect()
    });
    let seen_as = table.take("seen_as").and_then(|item| item.name());
    let may_spend = table.take("may_spend").and_then(|item| item.flag());
    let url = item.text()?;
    if let Err(bad) = HttpCaller::to_url(url) {
        item.reject(bad, None);
        return None;
    }
    if !is_loopback(url) && may_spend != Some(true) {
        let hint = "a gateway beyond this machine spends real money on every call, and this version cannot \
                    bound it: if that is meant, add may_spend = true";
        item.reject("is not on this machine", Some(hint.to_owned()));
        return None;
    }
    Some(OutsideGateway {
        url: url.to_owned(),
        key: key.unwrap_or("none").into(),
        alias: alias?.to_owned(),
        ids: ids.unwrap_or_default(),
        seen_as: seen_as.unwrap_or("litellm").into(),
    })
}
