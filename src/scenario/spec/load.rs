//! Arrivals, and the cap on what is in flight.

use std::time::Duration;

use super::{DAY, duration_of};
use crate::clock::Moment;
use crate::load::plan::{Burst, CapPlan, Course, LoadPlan, Spacing, Stage};
use crate::toml::{Item, Table};

const SPACINGS: [(&str, Spacing); 2] = [("constant", Spacing::Constant), ("poisson", Spacing::Poisson)];
/// Shots a second of one pattern.
pub(super) const MOST_RATE: f64 = 100_000.0;
/// Shots in flight at once.
pub(super) const MOST_IN_FLIGHT: u64 = 1_000_000;
const MILLI: Duration = Duration::from_millis(1);

/// Reads `[load]`: the cap.
pub fn read_cap(table: &Table<'_>) -> CapPlan {
    let usual = CapPlan::default();
    let in_flight = table
        .take("in_flight")
        .and_then(|item| item.integer(1..=MOST_IN_FLIGHT));
    let queue = table.take("queue").and_then(|item| item.integer(0..=1_000_000));
    table.finish();
    CapPlan {
        in_flight: in_flight.unwrap_or(usual.in_flight),
        queue: queue.unwrap_or(usual.queue),
    }
}

/// Reads a pattern's arrivals: `rate` or `stages`, `spacing`, `bursts`.
pub fn read_load(table: &Table<'_>) -> Option<LoadPlan> {
    let rate = table.take("rate");
    let stages = table.take("stages");
    let spacing = table
        .take("spacing")
        .and_then(|spacing| spacing.choice(&SPACINGS));
    let bursts = table.take("bursts").and_then(|bursts| bursts.list());
    let bursts = bursts.unwrap_or_default();
    let bursts = bursts.iter().filter_map(read_burst).collect();
    let stages = match (rate, stages) {
        (Some(_), Some(stages)) => {
            stages.reject(
                "`stages` stands beside `rate`",
                Some("keep one of the two".to_owned()),
            );
            return None;
        }
        (None, None) => {
            let hint = "as in rate = \"20/s\"; or give `stages`".to_owned();
            table.reject_key("rate", "is missing", Some(hint));
            return None;
        }
        (Some(rate), None) => vec![Stage::hold(rate.rate(0.0..=MOST_RATE)?, Duration::MAX)],
        (None, Some(stages)) => read_stages(&stages)?,
    };
    Some(LoadPlan {
        spacing: spacing.unwrap_or_default(),
        stages,
        bursts,
    })
}

fn read_stages(item: &Item<'_>) -> Option<Vec<Stage>> {
    let items = item.list()?;
    if items.is_empty() {
        item.reject("at least one stage is needed", None);
        return None;
    }
    // All are read before one that is wrong ends it.
    let stages: Vec<Option<Stage>> = items.iter().map(read_stage).collect();
    stages.into_iter().collect()
}

/// `{ hold = "5/s", lasts = "30s" }`, `{ ramp = { from = .., to = .. }, lasts = .. }` or
/// `{ pulse = { high = .., low = .., on = .., off = .. }, lasts = .. }`.
fn read_stage(item: &Item<'_>) -> Option<Stage> {
    let table = item.table()?;
    let lasts = table.need("lasts").and_then(|lasts| lasts.duration(MILLI..=DAY));
    let courses = [table.take("hold"), table.take("ramp"), table.take("pulse")];
    table.finish();
    let course = match courses {
        [Some(hold), None, None] => hold.rate(0.0..=MOST_RATE).map(Course::Hold),
        [None, Some(ramp), None] => read_ramp(&ramp),
        [None, None, Some(pulse)] => read_pulse(&pulse),
        _ => {
            let hint = "as in { hold = \"5/s\", lasts = \"30s\" }".to_owned();
            item.reject("a stage has one of `hold`, `ramp` and `pulse`", Some(hint));
            None
        }
    };
    Some(Stage {
        lasts: lasts?,
        course: course?,
    })
}

fn read_ramp(item: &Item<'_>) -> Option<Course> {
    let table = item.table()?;
    let rate = |key| table.need(key).and_then(|rate| rate.rate(0.0..=MOST_RATE));
    let (from, to) = (rate("from"), rate("to"));
    table.finish();
    Some(Course::Ramp { from: from?, to: to? })
}

fn read_pulse(item: &Item<'_>) -> Option<Course> {
    let table = item.table()?;
    let rate = |key| table.need(key).and_then(|rate| rate.rate(0.0..=MOST_RATE));
    let (high, low) = (rate("high"), rate("low"));
    let span = |key| table.need(key).and_then(|span| span.duration(MILLI..=DAY));
    let (on, off) = (span("on"), span("off"));
    table.finish();
    Some(Course::Pulse {
        high: high?,
        low: low?,
        on: on?,
        off: off?,
    })
}

fn read_burst(item: &Item<'_>) -> Option<Burst> {
    let table = item.table()?;
    let at = table.need("at").and_then(|at| at.duration(Duration::ZERO..=DAY));
    let shots = table.need("shots").and_then(|shots| shots.integer(1..=100_000));
    let every = duration_of(&table, "every", 100 * MILLI..=DAY);
    table.finish();
    Some(Burst {
        at: Moment::ZERO + at?,
        shots: u32::try_from(shots?).ok()?,
        every,
    })
}
