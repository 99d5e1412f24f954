//! The heart of the matter: which way of calling survives which outage, by shipped scenario, in
//! virtual time, over several seeds.

use std::sync::Arc;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::drill::{self, DrillPlan, Outcome, verdict};
use bedrill::event::BreakerState;
use bedrill::headless;
use bedrill::measure::Snapshot;
use bedrill::measure::snapshot::{ArmSnapshot, MarkerKind, Score};
use bedrill::scenario::{Scenario, library};
use bedrill::seed::Seed;

const SEEDS: [u64; 3] = [7, 8, 9];

/// The last snapshot of a shipped scenario.
fn ran(name: &str, seed: u64) -> Arc<Snapshot> {
    let catalog = Catalog::builtin();
    let text = library::text(name).expect("a shipped scenario");
    let mut scenario = Scenario::parse(name, text, &catalog).expect("a valid scenario");
    scenario.seed = Seed::new(seed);
    drill::run_virtual(scenario, &DrillPlan::new(catalog), headless::last).expect("it starts")
}

fn arm<'s>(snapshot: &'s Snapshot, key: &str) -> &'s ArmSnapshot {
    let mut arms = snapshot.patterns.iter().flat_map(|pattern| &pattern.arms);
    arms.find(|arm| arm.key == key).expect("an arm of the scenario")
}

/// The share of shots intended while the fault lasted, from its first millisecond on, that succeeded.
fn survived(snapshot: &Snapshot, key: &str) -> f64 {
    let row = snapshot
        .survival
        .rows
        .iter()
        .find(|row| row.arm == key)
        .expect("a row");
    let cell = row.cells.first().expect("the scenario's fault");
    assert!(cell.intended >= 80, "{key}: {} shots say little", cell.intended);
    cell.share().expect("shots")
}

fn score(snapshot: &Snapshot, key: &str) -> Score {
    let card = snapshot.scorecard.as_ref().expect("a scorecard");
    let id = arm(snapshot, key).id;
    *card.rows.iter().find(|score| score.arm == id).expect("a row")
}

#[test]
fn lost_capacity_hits_who_calls_one_region_alone() {
    for seed in SEEDS {
        let last = ran("capacity-outage", seed);
        assert!(survived(&last, "on-demand") < 0.05, "seed {seed}");
        for key in ["geo profile", "global profile", "other regions"] {
            let share = survived(&last, key);
            assert!(share >= 0.99, "seed {seed}: {key} kept {share}");
        }
        // Other models and providers of the same region go down with it.
        assert!(survived(&last, "other models") < 0.05, "seed {seed}");
    }
}

#[test]
fn a_dead_endpoint_takes_its_profiles_along_and_only_other_endpoints_live() {
    for seed in SEEDS {
        let last = ran("region-outage", seed);
        for key in [
            "on-demand",
            "geo profile",
            "global profile",
            "other models",
            "other providers",
        ] {
            assert!(
                survived(&last, key) < 0.05,
                "seed {seed}: {key} kept {}",
                survived(&last, key)
            );
        }
        let share = survived(&last, "other regions");
        assert!(share >= 0.98, "seed {seed}: the fallback kept {share}");
        let score = score(&last, "other regions");
        let (detect, switch) = (
            score.detect.expect("it met the outage"),
            score.switch.expect("it switched"),
        );
        assert!(
            detect + switch <= Duration::from_secs(2),
            "seed {seed}: {detect:?} and {switch:?}"
        );
    }
}

#[test]
fn an_outage_leaves_its_marks_and_the_breakers_lead_the_traffic_back() {
    let last = ran("region-outage", 7);
    let kinds: Vec<MarkerKind> = last.markers.iter().map(|marker| marker.kind).collect();
    for kind in [
        MarkerKind::FaultBegan,
        MarkerKind::FaultEnded,
        MarkerKind::FailedOver,
        MarkerKind::BreakerOpened,
        MarkerKind::BreakerHalfOpened,
        MarkerKind::BreakerClosed,
    ] {
        assert!(kinds.contains(&kind), "no {kind:?} among the markers");
    }
    let preferred = &arm(&last, "other regions").chain[0];
    assert_eq!(preferred.breaker.expect("it has one").state, BreakerState::Closed);
    assert!(preferred.served > 0, "the preferred region serves again");
    assert!(last.faults.is_empty(), "nothing is left broken");
    assert!(
        last.log
            .iter()
            .any(|entry| entry.text.contains("⇄") || entry.text.contains("fail"))
    );
}

#[test]
fn the_shipped_outages_keep_what_their_stories_promise() {
    let catalog = Catalog::builtin();
    for name in ["region-outage", "capacity-outage"] {
        let text = library::text(name).expect("a shipped scenario");
        let judging = Scenario::parse(name, text, &catalog)
            .expect("a valid scenario")
            .judging;
        for seed in SEEDS {
            let verdict = verdict::judge(&judging, &ran(name, seed));
            assert_eq!(
                verdict.outcome,
                Outcome::Pass,
                "{name}, seed {seed}: {verdict:#?}"
            );
            assert!(verdict.expectations.len() >= 5, "{name} expects little");
        }
    }
}

#[test]
fn what_the_arms_cost_is_what_the_run_spent() {
    let last = ran("capacity-outage", 7);
    let cost: f64 = last
        .patterns
        .iter()
        .flat_map(|pattern| &pattern.arms)
        .map(|arm| arm.total.cost.dollars())
        .sum();
    assert!((cost - last.spend.spent.dollars()).abs() < 1e-9);
    assert_eq!(last.honesty.lost_events, 0);
    assert!(last.honesty.on_time);
}
