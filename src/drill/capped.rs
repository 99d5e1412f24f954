//! Whole drills on the embedded emulator beneath a cap: its own bill is the judge.

use std::cell::Cell;
use std::sync::Arc;

use super::steered::run;
use super::verdict::{self, Outcome};
use crate::catalog::Catalog;
use crate::measure::Snapshot;
use crate::scenario::{Override, Scenario, library};
use crate::units::Usd;

/// Plays a shipped scenario beneath a cap; gives the last snapshot, the emulator's bill and its jobs.
fn play(name: &str, budget: &str, more: &[&str]) -> (Arc<Snapshot>, Outcome, Usd, usize) {
    let text = library::text(name).expect("it is shipped");
    let set = |words: &str| Override::parse(words).expect("an override");
    let overrides: Vec<Override> = more
        .iter()
        .map(|words| set(words))
        .chain([set(&format!("budget={budget}"))])
        .collect();
    let scenario = Scenario::load((name, text), &overrides, &Catalog::builtin()).expect("it is sound");
    let judging = scenario.judging.clone();
    let (billed, jobs) = (Cell::new(Usd::ZERO), Cell::new(0));
    let last = run(scenario, |_, world| {
        billed.set(world.ledger().total().cost + world.foreign_cost());
        jobs.set(world.jobs().len());
        None
    });
    let outcome = verdict::judge(&judging, &last).outcome;
    (last, outcome, billed.get(), jobs.get())
}

#[test]
fn a_drill_ends_at_its_cap_and_the_emulators_bill_never_passes_it() {
    // Retries upon retries; a gateway whose own clients pay, other providers among them; streams that are cut.
    for (name, budget) in [("retry-storm", 0.003), ("gateway", 0.005), ("stream-cuts", 0.01)] {
        let (last, outcome, billed, _) = play(name, &budget.to_string(), &[]);
        let cap = Usd::from_dollars(budget);
        assert_eq!(outcome, Outcome::Stopped, "{name}");
        assert!(billed <= cap, "{name}: {billed} of {cap}");
        let used = billed.dollars() / budget;
        assert!(
            used > 0.5,
            "{name}: a cap that stops too early is none: {used:.3} is used"
        );
        assert!(
            last.spend.spent + last.spend.reserved <= cap,
            "{name}: {:?}",
            last.spend
        );
        assert_eq!(last.spend.cap, Some(cap), "{name}");
        let (_, why) = last.evidence.cut.clone().expect("it was cut short");
        assert!(why.contains("leaves no room for another call"), "{name}: {why}");
    }
}

#[test]
fn a_batch_job_that_does_not_fit_whole_is_never_created() {
    let (last, outcome, _, jobs) = play("batch", "0.0001", &[]);
    assert_eq!((outcome, jobs), (Outcome::Stopped, 0));
    assert!(last.finished);
    let (last, _, _, jobs) = play("batch", "50", &[]);
    assert!(jobs > 0, "beneath a cap with room the jobs go");
    assert!(last.spend.spent > Usd::ZERO);
}
