//! When a run is broken off, and when its recovery is over. Pure: a snapshot goes in.
//!
//! Both look at whole seconds, by the second in which shots ended, so that they see what is
//! happening and not what was intended long ago.

use super::wording::amount;
use crate::measure::Snapshot;
use crate::measure::figure::Unit;
use crate::measure::interval::wilson;
use crate::measure::snapshot::ArmSnapshot;
use crate::scenario::judging::{RecoveryPlan, StopPlan};

/// Why the run must be broken off now, with the figures; `None`: it goes on.
///
/// Availability and burn rate count when the whole 95 percent interval lies beyond the bound: three
/// lost shots at the start of a run are no reason.
pub fn reason_to_stop(plan: &StopPlan, snapshot: &Snapshot) -> Option<String> {
    let spent = snapshot.spend.spent;
    if let Some(cap) = snapshot.spend.cap.filter(|cap| spent >= *cap) {
        return Some(format!("the budget of {} is spent", dollars(cap.dollars())));
    }
    if let Some(most) = plan.spend.filter(|most| spent > *most) {
        let (spent, most) = (dollars(spent.dollars()), dollars(most.dollars()));
        return Some(format!("{spent} is spent, more than the {most} of [stop]"));
    }
    if plan.availability.is_none() && plan.burn.is_none() {
        return None;
    }
    let arms = arms(snapshot).filter(|arm| plan.arms.is_empty() || plan.arms.contains(&arm.id));
    let (intended, succeeded) = arms
        .map(|arm| newest(arm, plan.over))
        .fold((0, 0), |sum, arm| (sum.0 + arm.0, sum.1 + arm.1));
    let share = succeeded as f64 / intended.max(1) as f64;
    let upper = wilson(succeeded, intended).high?;
    let facts = || {
        let of = if plan.of.is_empty() { "all traffic" } else { &plan.of };
        let kept = amount(Unit::Share, share);
        format!("{of} kept {kept} of {intended} shots in the last {}s", plan.over)
    };
    if let Some(floor) = plan.availability.filter(|floor| upper < floor.get()) {
        let floor = amount(Unit::Share, floor.get());
        return Some(format!("{}, below the floor of {floor}", facts()));
    }
    let burn = plan.burn?;
    let allowed = 1.0 - burn.objective;
    ((1.0 - upper) / allowed > burn.rate).then(|| {
        let (rate, objective) = ((1.0 - share) / allowed, amount(Unit::Share, burn.objective));
        format!(
            "{}: the error budget of {objective} burns at {rate:.1} times, more than {}",
            facts(),
            burn.rate
        )
    })
}

/// Whether every way of calling that is on has come back.
pub fn has_recovered(plan: &RecoveryPlan, snapshot: &Snapshot) -> bool {
    let on = snapshot.patterns.iter().filter(|pattern| pattern.on);
    let mut arms = on.flat_map(|pattern| &pattern.arms);
    arms.all(|arm| {
        let (intended, succeeded) = newest(arm, plan.holds.as_secs());
        intended > 0 && succeeded as f64 >= plan.availability.get() * intended as f64
    })
}

fn arms(snapshot: &Snapshot) -> impl Iterator<Item = &ArmSnapshot> {
    snapshot.patterns.iter().flat_map(|pattern| &pattern.arms)
}

/// Shots that ended in the newest whole seconds, and those of them that succeeded.
fn newest(arm: &ArmSnapshot, seconds: u64) -> (u64, u64) {
    let Some(last) = arm.timeline.points().next_back().map(|point| point.second) else {
        return (0, 0);
    };
    arm.timeline
        .points()
        .rev()
        .take_while(|point| point.second + seconds > last)
        .fold((0, 0), |(intended, succeeded), point| {
            (
                intended + u64::from(point.intended),
                succeeded + u64::from(point.succeeded),
            )
        })
}

fn dollars(amount: f64) -> String {
    super::wording::amount(Unit::Dollars, amount)
}
