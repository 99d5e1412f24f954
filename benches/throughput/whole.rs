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
/// It is an open loop, so its rate is asked for: steps up to what the bare loop did, of which the best
/// counts. The cap holds 64 in flight as the others do; what is shed beyond it is not counted, but
/// what shedding costs is.
pub fn whole_path(span: Duration, bare_per_sec: f64) -> Result<Round, Failure> {
    const STEPS: [f64; 4] = [0.65, 0.75, 0.85, 0.95];
    let mut best = Round::default();
    for step in STEPS {
        let round = drill_at(bare_per_sec * step, span)?;
        if round.per_sec > best.per_sec {
            best = round;
        }
    }
    Ok(best)
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
