//! What the traffic on the screen costs at catalogue prices: reckoned, never quoted.

use std::time::Duration;

use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};
use crate::tui::format::{clock, money};
use crate::units::Usd;

/// What `recent` counts of an arm cover.
const RECENT: Duration = Duration::from_secs(10);
const HOUR_SECS: f64 = 3_600.0;

/// The cost of one pattern, way by way, or of the whole run.
pub fn of(pattern: Option<&str>, snapshot: &Snapshot) -> Vec<String> {
    let target = &snapshot.run.target;
    let mut lines = vec![if target.starts_with("local") {
        "Nothing is charged here: these are the catalogue's prices for the tokens that were used.".to_owned()
    } else {
        format!("Reckoned at the catalogue's prices for the tokens that {target} reported.")
    }];
    let shown = |found: &&PatternSnapshot| pattern.is_none_or(|key| found.key == key);
    let arms = || {
        snapshot
            .patterns
            .iter()
            .filter(shown)
            .flat_map(|pattern| &pattern.arms)
    };
    if pattern.is_some() {
        for arm in arms() {
            lines.push(format!(
                "{}: {} so far, {} an hour at this rate.",
                arm.key,
                money(arm.total.cost),
                money(hourly([arm], snapshot))
            ));
        }
    } else {
        lines.push(format!(
            "All patterns: {} in {}, {} an hour at this rate.",
            money(snapshot.spend.spent),
            clock(snapshot.at),
            money(hourly(arms(), snapshot))
        ));
    }
    lines.push(
        "A profile adds no charge of its own; tokens are priced by the region that is called, and a geographic \
         profile of some models costs more than the global one. Failed attempts that generated tokens count too."
            .to_owned(),
    );
    lines
}

/// What an hour like the last ten seconds would cost.
fn hourly<'a>(arms: impl IntoIterator<Item = &'a ArmSnapshot>, snapshot: &Snapshot) -> Usd {
    let recent: Usd = arms.into_iter().map(|arm| arm.recent.cost).sum();
    let covered = RECENT.min(snapshot.at.since_start()).as_secs_f64();
    if covered <= 0.0 {
        return Usd::ZERO;
    }
    Usd::from_dollars(recent.dollars() / covered * HOUR_SECS)
}
