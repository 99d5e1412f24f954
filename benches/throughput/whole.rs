//! bedrill's whole path.

use std::sync::Arc;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::drill::{self, DrillPlan};
use bedrill::headless;
use bedrill::load::plan::LoadPlan;

use crate::machine::{Start, scenario};
use crate::{Failure, Round};

/// bedrill as its users run it: arrivals, gate, pattern, attempts, events, fold, snapshots.
///
/// It is an open loop, so its rate is asked for. The cap holds 64 in flight as the others do, and a
/// short queue is kept full by asking for a little more than can be done; what is shed is not
/// counted.
pub fn whole_path(span: Duration) -> Result<Round, Failure> {
    let warm = drill_at(120_000.0, Duration::from_secs(1))?;
    drill_at(warm.per_sec * 1.3, span)
}

fn drill_at(rate_asked: f64, span: Duration) -> Result<Round, Failure> {
    let catalog = Catalog::builtin();
    let mut scenario = scenario(&catalog)?;
    scenario.duration = Some(span);
    for pattern in &mut scenario.patterns {
        pattern.load = LoadPlan::constant(rate_asked);
    }
    let began = Start::now()?;
    let drill = drill::spawn(scenario, &DrillPlan::new(Arc::clone(&catalog)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let end = runtime.block_on(headless::last(drill.snapshots()));
    let succeeded: u64 = end
        .patterns
        .iter()
        .flat_map(|pattern| &pattern.arms)
        .map(|arm| arm.total.succeeded)
        .sum();
    let lost = end.honesty.lost_events;
    drill.finish();
    if lost > 0 {
        println!("  ({lost} events were lost)");
    }
    began.round(succeeded)
}
