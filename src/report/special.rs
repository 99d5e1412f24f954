//! What single patterns measure of their own, as lines of a name and a figure.

use super::account::Account;
use super::format::{NONE, count, figure, money, ratio, share};
use crate::event::ArmId;
use crate::event::sighting::JobResult;
use crate::measure::figure::Unit;
use crate::measure::snapshot::SpecialView;
use crate::measure::special::RoutingView;
use crate::measure::special::batch::BatchView;
use crate::measure::special::gateway::GatewayView;
use crate::measure::special::prompt_cache::CacheView;
use crate::measure::special::provisioned::ProvisionedView;
use crate::units::Usd;

/// The figures of one pattern, in rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Special {
    /// The pattern.
    pub(super) pattern: String,
    /// What stands over each column; the first names the rows.
    pub(super) columns: Vec<&'static str>,
    /// A row for each arm, job or model.
    pub(super) rows: Vec<Vec<String>>,
}

/// Every pattern that has figures of its own.
pub(super) fn specials(account: &Account) -> Vec<Special> {
    let patterns = account.last.patterns.iter();
    let told = patterns.filter_map(|pattern| {
        let (columns, rows) = match pattern.special.as_deref()? {
            SpecialView::Gateway(view) => gateway(view, account),
            SpecialView::Batch(view) => batch(view),
            SpecialView::PromptRouting(view) => routing(view, account),
            SpecialView::PromptCache(view) => cache(view, account),
            SpecialView::Provisioned(view) => provisioned(view, account),
        };
        (!rows.is_empty()).then(|| Special {
            pattern: pattern.key.to_string(),
            columns,
            rows,
        })
    });
    told.collect()
}

type Table = (Vec<&'static str>, Vec<Vec<String>>);

fn key(account: &Account, id: ArmId) -> String {
    account
        .arm(id)
        .map_or_else(String::new, |arm| arm.snapshot.key.to_string())
}

fn gateway(view: &GatewayView, account: &Account) -> Table {
    let rows = view.arms.iter().map(|arm| {
        let total = &arm.total;
        vec![
            key(account, arm.arm),
            count(total.client_calls),
            count(total.upstream_calls),
            ratio(total.claimed()),
            ratio(total.seen()),
            count(
                arm.deployments
                    .iter()
                    .map(|deployment| deployment.cooldowns)
                    .sum(),
            ),
            arm.spent.map_or_else(|| NONE.to_owned(), money),
            count(arm.over_budget),
        ]
    });
    let columns = vec![
        "arm",
        "calls of the client",
        "calls upstream",
        "amplification claimed",
        "amplification seen",
        "cool-downs",
        "spent, it says",
        "refused for budget",
    ];
    (columns, rows.collect())
}

fn batch(view: &BatchView) -> Table {
    let rows = view.jobs.iter().map(|job| {
        let seen = &job.seen;
        let result = seen.result.as_ref();
        let result_money = |pick: fn(&JobResult) -> Usd| {
            result.map_or_else(|| NONE.to_owned(), |result| money(pick(result)))
        };
        vec![
            seen.name.clone(),
            seen.state().word().to_owned(),
            count(seen.sent),
            count(seen.counts.processed),
            count(seen.counts.failed),
            result_money(|result| result.cost),
            result_money(|result| result.on_demand),
        ]
    });
    let columns = vec![
        "job",
        "state",
        "records",
        "processed",
        "failed",
        "cost",
        "on demand",
    ];
    (columns, rows.collect())
}

fn routing(view: &RoutingView, account: &Account) -> Table {
    let rows = view.ways.iter().map(|way| {
        let total = &way.total;
        vec![
            key(account, way.arm),
            share(total.simple.small_share()),
            share(total.complex.small_share()),
            count(total.simple.answered() + total.complex.answered()),
            figure(Unit::Dollars, total.simple.cost_per_answer()),
            figure(Unit::Dollars, total.complex.cost_per_answer()),
            share(way.saves_in_all),
        ]
    });
    let columns = vec![
        "arm",
        "simple to the smaller",
        "complex to the smaller",
        "answers",
        "cost, simple",
        "cost, complex",
        "saved against the larger",
    ];
    (columns, rows.collect())
}

fn cache(view: &CacheView, account: &Account) -> Table {
    let rows = view.arms.iter().map(|arm| {
        let total = &arm.total;
        let moved = arm.moved.as_ref();
        vec![
            key(account, arm.arm),
            count(total.shots),
            share(total.hit_ratio()),
            count(total.usage.cache_read),
            count(total.usage.cache_write),
            total.cost_of_a_thousand().map_or_else(|| NONE.to_owned(), money),
            share(moved.and_then(|moved| moved.before)),
            share(moved.and_then(|moved| moved.since.hit_ratio())),
        ]
    });
    let columns = vec![
        "arm",
        "answers",
        "hit ratio",
        "tokens read",
        "tokens written",
        "a thousand cost",
        "hits before the move",
        "hits since",
    ];
    (columns, rows.collect())
}

fn provisioned(view: &ProvisionedView, account: &Account) -> Table {
    let rows = view.track.arms.iter().zip(&view.arms).map(|(track, arm)| {
        let even = arm.break_even.as_ref();
        vec![
            key(account, track.arm),
            count(track.units),
            count(arm.total.served),
            share(arm.total.full_share()),
            share(arm.total.spill_share()),
            money(arm.paid),
            money(arm.worth),
            share(even.map(|even| even.share)),
        ]
    });
    let columns = vec![
        "arm",
        "units",
        "served by units",
        "refused full",
        "spilled over",
        "paid",
        "worth on demand",
        "breaks even at",
    ];
    (columns, rows.collect())
}
