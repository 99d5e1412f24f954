//! Prompt caching as a whole run: what the panel shows is what the emulator's ledger holds.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::conductor::Conductor;
use super::rig::{Place, Rig};
use super::{COMMANDS, DrillPlan, runtime};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::emulator::world::ledger::{Ledger, Tally};
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, SpecialView};
use crate::measure::special::prompt_cache::CacheArmView;
use crate::scenario::Scenario;
use crate::units::TokenUsage;

/// Runs a scenario in virtual time; its last snapshot, all before, and the ledger at the end.
fn run(text: &str) -> (Vec<Arc<Snapshot>>, Ledger) {
    let catalog = Catalog::builtin();
    let scenario = Scenario::parse("test.toml", text, &catalog).expect("a scenario");
    let plan = DrillPlan::new(catalog);
    let runtime = runtime(true).expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (rig, feed) = Rig::new(scenario, &plan, Clock::virtual_time(), Place::InProcess).expect("a rig");
        let world = rig.world.clone();
        let (commands, received) = mpsc::channel(COMMANDS);
        let (conductor, mut seen) = Conductor::new(&rig, feed, received, &plan).expect("a conductor");
        let stop = conductor.stop();
        let lane = tokio::task::spawn_local(async move { rig.lane(0, 1, stop).await });
        let watch = async {
            let mut all = Vec::new();
            while seen.changed().await.is_ok() {
                all.push(Arc::clone(&seen.borrow_and_update()));
            }
            all
        };
        let ((), all) = tokio::join!(conductor.conduct(), watch);
        drop((commands, lane));
        (all, world.ledger())
    })
}

fn arm<'a>(snapshot: &'a Snapshot, key: &str) -> (&'a ArmSnapshot, &'a CacheArmView) {
    let pattern = &snapshot.patterns[0];
    let arm = pattern
        .arms
        .iter()
        .find(|arm| arm.key.as_str() == key)
        .expect("the arm");
    let special = match pattern.special.as_deref() {
        Some(SpecialView::PromptCache(view)) => view.arm(arm.id),
        _ => None,
    };
    (arm, special.expect("a view"))
}

/// What the ledger holds of some targets.
fn billed(ledger: &Ledger, targets: impl Fn(&str) -> bool) -> Tally {
    let mut sum = Tally::default();
    for line in ledger.lines().filter(|line| targets(line.target)) {
        sum += *line.tally;
    }
    sum
}

const HEAD: &str = r#"
description = "Questions about the handbook."
duration = "60s"
[[pattern]]
kind = "prompt-cache"
model = "anthropic.claude-sonnet-4-6"
region = "us-east-1"
"#;

#[test]
fn every_token_and_every_cent_of_the_panel_stands_in_the_ledger() {
    let text = format!("{HEAD}rate = \"4/s\"\narms = [\"cached\", \"uncached\", \"cached geo\"]");
    let (all, ledger) = run(&text);
    let last = all.last().expect("a snapshot");
    let (mut usage, mut cost) = (TokenUsage::default(), crate::units::Usd::ZERO);
    for key in ["cached", "uncached"] {
        let (arm, special) = arm(last, key);
        assert_eq!(arm.total.usage, special.total.usage);
        assert_eq!(
            arm.total.succeeded, arm.total.intended,
            "{key}: {:?}",
            arm.total.failures
        );
        usage += special.total.usage;
        cost += special.total.cost;
    }
    let bare = billed(&ledger, |target| !target.starts_with("us."));
    assert_eq!((usage, cost), (bare.usage, bare.cost));
    let (_, geo) = arm(last, "cached geo");
    let profile = billed(&ledger, |target| target.starts_with("us."));
    assert_eq!((geo.total.usage, geo.total.cost), (profile.usage, profile.cost));
    // With the cache: one document written (or a few, before the first answer), read ever after.
    let (with, cached) = arm(last, "cached");
    let (without, uncached) = arm(last, "uncached");
    assert!(cached.total.hit_ratio() > Some(0.9), "{:?}", cached.total);
    assert_eq!(uncached.total.hit_ratio(), Some(0.0));
    assert!(cached.total.cost.dollars() < 0.35 * uncached.total.cost.dollars());
    let first = |arm: &ArmSnapshot| arm.overall.first_token.p50.expect("streams");
    assert!(
        first(with) * 2 < first(without),
        "{:?} {:?}",
        first(with),
        first(without)
    );
    // As many entries as destinations, each to be written.
    assert!(geo.leases.len() >= 2, "{:?}", geo.leases);
    assert!(geo.total.usage.cache_write > cached.total.usage.cache_write);
}

#[test]
fn a_failover_meets_a_cold_cache() {
    let text = format!(
        "{HEAD}rate = \"1/s\"\narms = [\"cached fallback\"]\n\
         [[fault]]\nkind = \"endpoint-outage\"\nscope = {{ region = \"us-east-1\" }}\n\
         begins = \"30s\"\nlasts = \"20s\"\n"
    );
    let (all, ledger) = run(&text);
    let last = all.last().expect("a snapshot");
    let (arm, special) = arm(last, "cached fallback");
    assert_eq!(arm.total.succeeded, arm.total.intended);
    assert_eq!(
        special.leases.len(),
        2,
        "written again elsewhere: {:?}",
        special.leases
    );
    let lowest = all
        .iter()
        .filter(|snapshot| (32..45).contains(&snapshot.at.as_secs()))
        .filter_map(|snapshot| self::arm(snapshot, "cached fallback").1.moved.clone())
        .filter_map(|moved| Some((moved.before?, moved.since.hit_ratio()?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let (before, after) = lowest.expect("a move");
    assert!(before > 0.98 && after < 0.5, "{before} then {after}");
    assert_eq!(special.total.usage, billed(&ledger, |_| true).usage);
}

#[test]
fn a_document_below_the_minimum_succeeds_and_is_never_hit() {
    let text = format!("{HEAD}rate = \"2/s\"\narms = [\"cached\"]\ndocument_tokens = 900");
    let (all, _) = run(&text);
    let (arm, special) = arm(all.last().expect("a snapshot"), "cached");
    assert_eq!(arm.total.succeeded, arm.total.intended);
    assert_eq!((special.total.hits, special.total.usage.cache_write), (0, 0));
}
