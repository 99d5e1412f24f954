//! Every shipped scenario, from its first second to its verdict, in virtual time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use std::{env, thread};

use bedrill::catalog::Catalog;
use bedrill::drill::{self, DrillPlan, Outcome, Verdict, verdict};
use bedrill::headless::{self, HeadlessPlan};
use bedrill::scenario::{Scenario, library};
use bedrill::seed::Seed;

/// How long those are played that would go on until somebody stops them.
const ENDLESS: Duration = Duration::from_secs(30);
/// Kinds that must be among them, by their names.
const NEEDED: [&str; 17] = [
    "region-outage",
    "capacity-outage",
    "prompt-routing",
    "batch",
    "prompt-cache",
    "provisioned",
    "gateway",
    "seven-patterns",
    "throttling-storm",
    "slow-region",
    "cold-cache",
    "retry-storm",
    "retry-budget",
    "stream-cuts",
    "new-account",
    "poisoned-gateway",
    "shared-pool",
];

/// What a run came to: its verdict, and the document in bytes.
fn play(name: &str, seed: Option<u64>, lanes: usize) -> (Verdict, Vec<u8>) {
    let catalog = Catalog::builtin();
    let text = library::text(name).expect("it is shipped");
    let mut scenario = Scenario::parse(name, text, &catalog).unwrap_or_else(|wrong| panic!("{wrong}"));
    scenario.duration.get_or_insert(ENDLESS);
    if let Some(seed) = seed {
        scenario.seed = Seed::new(seed);
    }
    let judging = scenario.judging.clone();
    let plan = DrillPlan {
        lanes,
        ..DrillPlan::new(catalog)
    };
    let last = drill::run_virtual(scenario, &plan, headless::last).expect("it starts");
    let verdict = verdict::judge(&judging, &last);
    let mut document = Vec::new();
    headless::conclude(&last, &verdict, HeadlessPlan { json: true }, &mut document).expect("room");
    (verdict, document)
}

/// Plays scenarios on as many threads as there are cores, the longest first.
fn on_all_cores<T: Send>(
    work: Vec<(&'static str, Option<u64>)>,
    play: impl Fn(&'static str, Option<u64>) -> T + Sync,
) -> Vec<(&'static str, Option<u64>, T)> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (queue, done) = (Mutex::new(work), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("the queue").pop();
                    let Some((name, seed)) = next else { break };
                    let came_to = play(name, seed);
                    done.lock().expect("the results").push((name, seed, came_to));
                }
            });
        }
    });
    done.into_inner().expect("the results")
}

#[test]
fn every_shipped_scenario_keeps_its_promises() {
    let names: Vec<&str> = library::names().collect();
    for needed in NEEDED {
        assert!(names.contains(&needed), "{needed} is not shipped");
    }
    let work = names.iter().map(|name| (*name, None)).collect();
    let came_to = on_all_cores(work, |name, seed| play(name, seed, 1));
    let mut documents = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, _, (verdict, document)) in came_to {
        if verdict.outcome != Outcome::Pass {
            wrong.push(format!(
                "{name}: {} {:#?}",
                verdict.outcome.word(),
                verdict.reasons
            ));
        }
        if verdict.expectations.is_empty() {
            wrong.push(format!("{name} expects nothing"));
        }
        documents.insert(name, document);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Identical bytes for identical seeds: once more, on a thread of its own beside others.
    let again = ["new-account", "poisoned-gateway", "prompt-cache", "batch"];
    let work = again.iter().map(|name| (*name, None)).collect();
    for (name, _, (_, document)) in on_all_cores(work, |name, seed| play(name, seed, 7)) {
        assert!(documents[name] == document, "{name} came out another way");
    }
}

/// Not part of the usual run: `BEDRILL_SEEDS=20 cargo test --release verdicts_hold -- --ignored`.
#[test]
#[ignore = "minutes: the same over many seeds, for whoever changes a scenario"]
fn verdicts_hold_over_other_seeds() {
    let seeds: u64 = env::var("BEDRILL_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok())
        .unwrap_or(20);
    let only = env::var("BEDRILL_SCENARIO").unwrap_or_default();
    let names = library::names().filter(|name| only.is_empty() || only.split(',').any(|word| word == *name));
    let work = names
        .flat_map(|name| (100..100 + seeds).map(move |seed| (name, Some(seed))))
        .collect();
    let mut wrong = Vec::new();
    for (name, seed, (verdict, _)) in on_all_cores(work, |name, seed| play(name, seed, 1)) {
        if verdict.outcome != Outcome::Pass {
            wrong.push(format!(
                "{name}, seed {seed:?}: {} {:#?}",
                verdict.outcome.word(),
                verdict.reasons
            ));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
