//! The tables of the page: totals, money, marks of faults, survival.

use serde::Serialize;

use crate::measure::figure::Unit;
use crate::measure::snapshot::Scorecard;
use crate::report::account::{Account, ArmAccount};
use crate::report::format::{at, count, figure, money, ratio, share, span};
use crate::report::html::timeline::PALETTE;

#[derive(Debug, Serialize)]
pub(super) struct Totals {
    name: String,
    place: usize,
    figures: Vec<String>,
    money: Vec<String>,
    failures: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Card {
    label: String,
    at: String,
    rows: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Survival {
    faults: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
}

#[derive(Debug, Serialize)]
pub(super) struct Cell {
    share: String,
    of: String,
    /// `good`, `strained`, `broken` or `untried`.
    class: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) title: String,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Totals {
    pub(super) fn of(arm: ArmAccount<'_>) -> Self {
        let (total, overall) = (&arm.snapshot.total, &arm.snapshot.overall);
        let latency = &overall.intended.percentiles;
        let usage = total.usage;
        let sent = total.intended - total.shed;
        let each = (sent > 0).then(|| total.cost.dollars() / sent as f64);
        let answered = (total.succeeded > 0).then(|| total.cost.dollars() / total.succeeded as f64);
        let dollars = |each| figure(Unit::Dollars, each);
        let failures: Vec<String> = total
            .failures
            .iter()
            .map(|(kind, number)| format!("{} {}", count(*number), kind.key()))
            .chain((total.shed > 0).then(|| format!("{} shed", count(total.shed))))
            .collect();
        Self {
            name: arm.name(),
            place: arm.place % PALETTE,
            figures: vec![
                count(total.intended),
                share(total.availability()),
                span(latency.p50),
                span(latency.p90),
                span(latency.p99),
                span(latency.p999),
                span(latency.max),
                span(overall.sent.p50),
                span(overall.sent.p99),
                span(overall.first_token.p50),
                share(total.throttle_share()),
                ratio(total.amplification()),
                count(total.failovers),
            ],
            money: vec![
                money(total.cost),
                dollars(each),
                dollars(answered),
                count(usage.input),
                count(usage.output),
                count(usage.cache_read),
                count(usage.cache_write),
            ],
            failures: failures.join(", "),
        }
    }
}

impl Card {
    pub(super) fn of(card: &Scorecard, account: &Account) -> Self {
        let rows = card.rows.iter().filter(|score| score.intended > 0).map(|score| {
            let figures = vec![
                span(score.detect),
                span(score.switch),
                span(score.recover),
                span(score.fail_back),
                count(score.flaps),
                count(score.lost),
                count(score.intended),
                count(score.served_twice),
                count(score.wasted_tokens),
                money(score.extra_cost),
                ratio(score.amplification),
                ratio(score.sdk_amplification),
                ratio(score.chain_amplification),
                share(score.cache_before),
                share(score.cache_since),
            ];
            (account.arm_name(score.arm), figures)
        });
        Self {
            label: card.label.clone(),
            at: at(card.began_at.as_secs_f64()),
            rows: rows.collect(),
        }
    }
}

impl Survival {
    pub(super) fn of(account: &Account) -> Self {
        let matrix = &account.last.survival;
        let rows = matrix.rows.iter().map(|row| {
            let cells = row.cells.iter().map(|cell| Cell {
                share: share(cell.share()),
                of: format!("{} of {}", count(cell.succeeded), count(cell.intended)),
                class: survived(cell.share()),
            });
            (format!("{}/{}", row.pattern, row.arm), cells.collect())
        });
        Self {
            faults: matrix.faults.clone(),
            rows: rows.collect(),
        }
    }
}

/// As on the dashboard: good from 99 percent, strained from 90.
fn survived(share: Option<f64>) -> &'static str {
    match share {
        None => "untried",
        Some(share) if share >= 0.99 => "good",
        Some(share) if share >= 0.9 => "strained",
        Some(_) => "broken",
    }
}
