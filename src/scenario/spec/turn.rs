//! The tables `[[turn]]`: dials turned by schedule.

use std::time::Duration;

use super::DAY;
use super::load::{MOST_IN_FLIGHT, MOST_RATE};
use crate::clock::Moment;
use crate::event::Turn;
use crate::names::PatternKey;
use crate::patterns;
use crate::scenario::TurnPlan;
use crate::toml::{Item, Table};

/// A dial turned by schedule.
#[derive(Debug)]
pub struct TurnSpec<'d> {
    /// The turn.
    pub plan: TurnPlan,
    /// Its table, to note problems with it.
    pub table: Table<'d>,
}

/// Reads a turn; `None` if something it cannot be without is wrong.
pub fn read(table: Table<'_>) -> Option<TurnSpec<'_>> {
    let at = table.need("at").and_then(|at| at.duration(Duration::ZERO..=DAY));
    let dial = table.need("dial").and_then(|dial| dial.name());
    let keys = patterns::TABLE.map(|row| (row.key, row.key));
    let named = table.take("pattern");
    let pattern = named
        .as_ref()
        .and_then(|item| item.choice(&keys))
        .map(PatternKey::from);
    let value = table.need("value");
    table.finish();
    // What was named and is not there has had its word.
    if named.is_some() && pattern.is_none() {
        return None;
    }
    let turn = read_turn(&table, dial?, pattern, &value?)?;
    let plan = TurnPlan {
        at: Moment::ZERO + at?,
        turn,
    };
    Some(TurnSpec { plan, table })
}

/// The dial's word decides what form its value has.
fn read_turn(table: &Table<'_>, dial: &str, pattern: Option<PatternKey>, value: &Item<'_>) -> Option<Turn> {
    match dial {
        "rate" => {
            let rate = value.rate(0.0..=MOST_RATE)?;
            Some(Turn::Rate { pattern, rate })
        }
        "concurrency" | "paused" => {
            if pattern.is_some() {
                let hint = "it belongs to the whole run: take `pattern` out".to_owned();
                table.reject_key(
                    "pattern",
                    format!("`{dial}` is no dial of one pattern"),
                    Some(hint),
                );
                return None;
            }
            if dial == "paused" {
                return value.flag().map(Turn::Paused);
            }
            value.integer(1..=MOST_IN_FLIGHT).map(Turn::Concurrency)
        }
        "on" => {
            let on = value.flag()?;
            needed(table, dial, pattern).map(|pattern| Turn::On { pattern, on })
        }
        own => {
            let value = value.number(f64::MIN..=f64::MAX)?;
            needed(table, own, pattern).map(|pattern| Turn::Own {
                pattern,
                dial: own.to_owned(),
                value,
            })
        }
    }
}

fn needed(table: &Table<'_>, dial: &str, pattern: Option<PatternKey>) -> Option<PatternKey> {
    if pattern.is_none() {
        let hint = "the whole run has `rate`, `concurrency` and `paused`".to_owned();
        table.reject_key(
            "pattern",
            format!("is missing: `{dial}` is a dial of one pattern"),
            Some(hint),
        );
    }
    pattern
}
