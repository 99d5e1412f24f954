//! A whole run in virtual time: what the panel shows is what the emulator's books hold.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::LocalSet;

use super::*;
use crate::clock::Moment;
use crate::drill::DrillPlan;
use crate::drill::conductor::Conductor;
use crate::drill::rig::{Place, Rig};
use crate::measure::Snapshot;
use crate::measure::snapshot::SpecialView;
use crate::measure::special::gateway::{GatewayArmView, GatewayView};
use crate::scenario::{Scenario, library};

fn gateway_of(snapshot: &Snapshot) -> &GatewayView {
    let special = snapshot.patterns[0].special.as_deref().expect("a special view");
    #[allow(
        clippy::match_wildcard_for_single_variants,
        reason = "other patterns have views too"
    )]
    match special {
        SpecialView::Gateway(view) => view,
        #[allow(unreachable_patterns, reason = "as long as it is the only one")]
        other => panic!("{other:?}"),
    }
}

fn calls(view: &GatewayArmView) -> u64 {
    view.deployments.iter().map(|row| row.total_calls).sum()
}

/// Upstream calls of each group that the emulator saw.
fn books(world: &WorldControl) -> BTreeMap<String, u64> {
    let mut books = BTreeMap::new();
    for line in world.callers() {
        *books.entry(line.caller.to_string()).or_default() += line.tally.calls;
    }
    books
}

struct Ran {
    snapshots: Vec<Arc<Snapshot>>,
    world: WorldControl,
    gateway: Gateway,
    /// The books a millisecond before and after each second.
    around: BTreeMap<u64, [BTreeMap<String, u64>; 2]>,
}

/// Plays the shipped scenario, and reads the emulator's books beside it.
fn run() -> Ran {
    let catalog = Catalog::builtin();
    let text = library::text("gateway").expect("shipped");
    let scenario = Scenario::parse("gateway", text, &catalog).expect("sound");
    let plan = DrillPlan::new(catalog);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let clock = Clock::virtual_time();
        let (rig, feed) = Rig::new(scenario, &plan, clock.clone(), Place::InProcess).expect("a rig");
        let world = rig.world.clone();
        let gateway = rig.gateway.as_ref().and_then(|rig| rig.embedded.clone());
        let (commands, received) = mpsc::channel(1);
        let (conductor, mut seen) = Conductor::new(&rig, feed, received, &plan).expect("a conductor");
        let stop = conductor.stop();
        let lane = tokio::task::spawn_local(async move { rig.lane(0, 1, stop).await });
        let around = Mutex::new(BTreeMap::new());
        let reading = async {
            for second in 1.. {
                clock.sleep_until(Moment::from_millis(second * 1_000 - 1)).await;
                let before = books(&world);
                clock.sleep_until(Moment::from_millis(second * 1_000 + 1)).await;
                around
                    .lock()
                    .expect("the list")
                    .insert(second, [before, books(&world)]);
            }
        };
        let watching = async {
            let mut snapshots = Vec::new();
            while seen.changed().await.is_ok() {
                snapshots.push(seen.borrow_and_update().clone());
            }
            snapshots
        };
        let snapshots = tokio::select! {
            biased;
            ((), snapshots) = async { tokio::join!(conductor.conduct(), watching) } => snapshots,
            () = reading => unreachable!("it reads for ever"),
        };
        drop((commands, lane));
        Ran {
            snapshots,
            world,
            gateway: gateway.expect("the embedded gateway"),
            around: around.into_inner().expect("the list"),
        }
    })
}

#[test]
fn the_panel_shows_what_the_books_hold_and_the_headers_claim_less() {
    let ran = run();
    let mut compared = 0;
    for snapshot in &ran.snapshots {
        let view = gateway_of(snapshot);
        let Some(second) = view.seen_at.map(Moment::as_secs).filter(|_| !snapshot.finished) else {
            continue;
        };
        let Some([before, after]) = ran.around.get(&second) else {
            continue;
        };
        for (arm, key) in view.arms.iter().zip(["ordered", "weighted", "least-latency"]) {
            let of =
                |books: &BTreeMap<String, u64>| books.get(&format!("gateway/{key}")).copied().unwrap_or(0);
            let shown = calls(arm);
            assert!(
                (of(before)..=of(after)).contains(&shown),
                "{key} at {second}s: {shown} shown, {} to {} in the books",
                of(before),
                of(after)
            );
            compared += 1;
        }
    }
    assert!(compared > 3_000, "{compared}");

    let last = ran.snapshots.last().expect("snapshots");
    assert!(last.finished);
    let books = books(&ran.world);
    let groups = ran.gateway.view();
    for (arm, group) in gateway_of(last).arms.iter().zip(&groups) {
        let seen = books[&format!("gateway/{}", group.name)];
        assert_eq!(
            (calls(arm), arm.total.upstream_calls),
            (seen, seen),
            "{}",
            group.name
        );
        assert_eq!(arm.spent, Some(group.spent), "{}", group.name);
    }
    let arms = &gateway_of(last).arms;
    // The money is in the books of Bedrock and of the other providers.
    let reckoned: f64 = groups.iter().map(|group| group.spent.dollars()).sum();
    let billed = ran.world.ledger().total().cost.dollars() + ran.world.foreign_cost().dollars();
    // A call given up at the timeout is billed upstream and not reckoned.
    assert!(reckoned <= billed * (1.0 + 1e-9), "{reckoned} of {billed}");
    assert!(reckoned > billed * 0.98, "{reckoned} of {billed}");

    // With both regions out a request visits three targets, and one fallback is claimed.
    let ordered = arms[0].total;
    let extra = ordered.upstream_calls - ordered.client_calls;
    assert!(ordered.fallbacks > 0 && extra > ordered.fallbacks, "{ordered:?}");
    for arm in &last.patterns[0].arms {
        let share = arm.total.availability().expect("shots");
        assert!(share > 0.97, "{}: {share}", arm.key);
    }
}

#[test]
fn a_quiet_minute_asks_once_a_call_and_in_the_order_or_by_the_weights() {
    let ran = run();
    let quiet = ran
        .snapshots
        .iter()
        .rfind(|snapshot| snapshot.at < Moment::from_secs(39));
    let view = gateway_of(quiet.expect("a snapshot"));
    let share = |arm: &GatewayArmView, place: usize| {
        arm.deployments[place].answers as f64 / arm.recent.answers as f64
    };
    let [ordered, weighted, fastest] = &view.arms[..] else {
        panic!("three ways")
    };
    assert!(share(ordered, 0) > 0.99, "{ordered:?}");
    for (place, wanted) in [0.5, 0.3, 0.1, 0.1].into_iter().enumerate() {
        let share = share(weighted, place);
        assert!((share - wanted).abs() < 0.25, "{place}: {share}");
    }
    assert!(
        fastest.deployments.iter().all(|row| row.total_calls > 0),
        "each is known"
    );
    // Between a call's end and its last look at most a handful are under way.
    for arm in &view.arms {
        let seen = arm.recent.seen().expect("calls");
        assert!((0.9..1.15).contains(&seen), "{seen}: {arm:?}");
    }
    let out = ran.snapshots.iter().find(|snapshot| {
        let first = &gateway_of(snapshot).arms[0].deployments[0];
        first
            .out_until
            .is_some_and(|until| until.since(snapshot.at) > Duration::from_secs(3))
    });
    let at = out.expect("a cooldown is shown").at;
    assert!(
        at >= Moment::from_secs(40) && at < Moment::from_secs(75),
        "{at:?}"
    );
}
