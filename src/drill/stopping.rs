//! When a run is broken off, and when its recovery is over. Pure: a snapshot goes in.
//!
//! Both look at whole seconds, by the second in which shots ended, so that they see what is
//! happening and not what was intended long ago.

use super::wording::amount;
use crate::bedrock::spend::SpendView;
use crate::clock::Moment;
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
    if let Some(why) = overspent(plan, snapshot) {
        return Some(why);
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
        let of = if plan.of.is_empty() {
            "all traffic"
        } else {
            &plan.of
        };
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

/// Why no more may be spent. What was in flight at the end counts as well, though it can no longer be
/// stopped.
pub fn overspent(plan: &StopPlan, snapshot: &Snapshot) -> Option<String> {
    let spent = snapshot.spend.spent;
    if let Some(cap) = snapshot.spend.cap.filter(|cap| spent >= *cap) {
        return Some(format!("the budget of {} is spent", dollars(cap.dollars())));
    }
    let most = plan.spend.filter(|most| spent > *most)?;
    let (spent, most) = (dollars(spent.dollars()), dollars(most.dollars()));
    Some(format!("{spent} is spent, more than the {most} of [stop]"))
}

/// Why the spend guard leaves nothing more to do: it has kept a call from being sent that would not fit
/// beneath the cap, however little what is under way turns out to cost.
pub fn capped(books: SpendView) -> Option<String> {
    (books.refused > 0).then(|| {
        format!(
            "the budget of {} leaves no room for another call: {} is spent",
            dollars(books.cap.dollars()),
            dollars(books.settled.dollars())
        )
    })
}

/// Whether every way of calling that is on has come back, by seconds that lie wholly in the
/// recovery, which began at `since`.
pub fn has_recovered(plan: &RecoveryPlan, snapshot: &Snapshot, since: Moment) -> bool {
    let holds = plan.holds.as_secs();
    let first = since.as_secs() + u64::from(since > Moment::from_secs(since.as_secs()));
    let on = snapshot.patterns.iter().filter(|pattern| pattern.on);
    let mut arms = on.flat_map(|pattern| &pattern.arms);
    arms.all(|arm| {
        let newest_second = arm.timeline.points().next_back().map(|point| point.second);
        let is_long_enough = newest_second.is_some_and(|newest| newest + 1 >= first + holds);
        let (intended, succeeded) = newest(arm, holds);
        is_long_enough && intended > 0 && succeeded as f64 >= plan.availability.get() * intended as f64
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

fn dollars(value: f64) -> String {
    amount(Unit::Dollars, value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::{FailureKind, ShotEnd};
    use crate::measure::fold::fixture::{ended, plan, shot};
    use crate::measure::{Fold, Gauges};
    use crate::scenario::judging::BurnPlan;
    use crate::units::{Share, Usd};

    /// A run of ten shots a second, of which so many succeeded in each second.
    fn run(by_second: &[u64]) -> Snapshot {
        let mut fold = Fold::new(plan(1));
        let mut snapshot = None;
        for (second, succeeded) in (0..).zip(by_second) {
            for place in 0..10 {
                let end = if place < *succeeded {
                    ShotEnd::Succeeded
                } else {
                    ShotEnd::Failed(FailureKind::Unavailable)
                };
                fold.take(ended(shot(
                    0,
                    second * 10 + place,
                    second * 1_000 + place,
                    1,
                    end,
                )));
            }
            let gauges = Gauges {
                patterns_on: vec![true],
                ..Gauges::default()
            };
            snapshot = Some(fold.snapshot(Moment::from_millis(second * 1_000 + 1_200), &gauges));
        }
        snapshot.expect("a second")
    }

    #[test]
    fn a_floor_is_fallen_below_when_chance_alone_cannot_be_why() {
        let floor = StopPlan {
            availability: Some(Share::clamped(0.5)),
            over: 10,
            ..StopPlan::default()
        };
        assert_eq!(reason_to_stop(&floor, &run(&[10, 10, 0])), None);
        assert_eq!(reason_to_stop(&floor, &run(&[4])), None, "ten shots are too few");
        let why = reason_to_stop(&floor, &run(&[10, 0, 0, 0, 0])).expect("below the floor");
        assert_eq!(
            why,
            "all traffic kept 20% of 50 shots in the last 10s, below the floor of 50%"
        );
        // What lies further back than it looks is forgotten.
        let recent = StopPlan { over: 2, ..floor };
        assert_eq!(reason_to_stop(&recent, &run(&[0, 0, 0, 10, 10])), None);
    }

    #[test]
    fn a_burn_rate_is_failures_over_what_the_objective_allows() {
        let burn = StopPlan {
            burn: Some(BurnPlan {
                rate: 14.4,
                objective: 0.99,
            }),
            over: 5,
            ..StopPlan::default()
        };
        assert_eq!(reason_to_stop(&burn, &run(&[9; 5])), None);
        let why = reason_to_stop(&burn, &run(&[5; 5])).expect("it burns");
        assert!(
            why.contains("of 99% burns at 50.0 times, more than 14.4"),
            "{why}"
        );
    }

    #[test]
    fn money_stops_a_run_at_its_budget_and_beyond_its_bound() {
        let mut snapshot = run(&[10]);
        assert_eq!(snapshot.spend.spent, Usd::from_picos(10));
        let most = StopPlan {
            spend: Some(Usd::from_picos(10)),
            ..StopPlan::default()
        };
        assert_eq!(reason_to_stop(&most, &snapshot), None);
        snapshot.spend.cap = Some(Usd::from_picos(10));
        assert!(reason_to_stop(&StopPlan::default(), &snapshot).is_some_and(|why| why.contains("budget")));
        snapshot.spend.cap = None;
        snapshot.spend.spent = Usd::from_picos(11);
        assert!(reason_to_stop(&most, &snapshot).is_some_and(|why| why.contains("[stop]")));
    }

    #[test]
    fn a_recovery_is_over_when_whole_seconds_of_it_have_held() {
        let plan = RecoveryPlan {
            availability: Share::clamped(0.95),
            holds: Duration::from_secs(3),
            within: Duration::from_secs(30),
            ends_run: false,
        };
        let since = Moment::from_millis(1_500);
        let over = |by_second: &[u64]| has_recovered(&plan, &run(by_second), since);
        assert!(
            !over(&[10, 10, 10, 10]),
            "the second in which it began does not count"
        );
        assert!(over(&[0, 0, 10, 10, 10]));
        assert!(!over(&[0, 0, 10, 9, 9]));
    }
}
