//! Whole drills of pattern 2 in virtual time, against the emulator's own ledger.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use super::*;
use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::drill::conductor::Conductor;
use crate::drill::rig::Place;
use crate::drill::{Command, DrillPlan};
use crate::emulator::service::WorldControl;
use crate::emulator::world::Ledger;
use crate::event::Turn;
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, SpecialView};
use crate::measure::special::{RoutingView, WayView};
use crate::scenario::{Scenario, library};
use crate::units::Usd;

/// A drill that is watched and steered from within its runtime.
struct Bench {
    clock: Clock,
    world: WorldControl,
    commands: mpsc::Sender<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl Bench {
    /// Runs the shipped scenario without its fault, and `story` beside it.
    async fn run<W: Future<Output = ()>>(story: impl FnOnce(Self) -> W) {
        let catalog = Catalog::builtin();
        let text = library::text("prompt-routing").expect("it is shipped");
        let mut scenario = Scenario::parse("prompt-routing.toml", text, &catalog).expect("it is sound");
        scenario.faults.clear();
        scenario.duration = Some(Duration::from_secs(90));
        let plan = DrillPlan::new(catalog);
        LocalSet::new()
            .run_until(async {
                let clock = Clock::virtual_time();
                let (rig, feed) =
                    Rig::new(scenario, &plan, clock.clone(), Place::InProcess).expect("a drill");
                let world = rig.world.clone();
                let (commands, received) = mpsc::channel(8);
                let (conductor, snapshots) =
                    Conductor::new(&rig, feed, received, &plan).expect("a conductor");
                let stop = conductor.stop();
                tokio::task::spawn_local(async move { rig.lane(0, 1, stop).await });
                let bench = Self {
                    clock,
                    world,
                    commands,
                    snapshots,
                };
                tokio::join!(conductor.conduct(), story(bench));
            })
            .await;
    }

    /// The snapshot of a second, and the service's ledger at the same moment.
    async fn at(&self, second: u64) -> (Arc<Snapshot>, Ledger) {
        // A little later, so that the conductor has published what belongs to it.
        self.clock
            .sleep_until(Moment::from_secs(second) + Duration::from_millis(1))
            .await;
        (Arc::clone(&self.snapshots.borrow()), self.world.ledger())
    }

    async fn tune(&self, value: f64) {
        let command = Command::Turn(Turn::Own {
            pattern: PatternKey::from("prompt-routing"),
            dial: DIFFERENCE.to_owned(),
            value,
        });
        self.commands.send(command).await.expect("a conductor");
    }

    async fn pause(&self, paused: bool) {
        let command = Command::Turn(Turn::Paused(paused));
        self.commands.send(command).await.expect("a conductor");
    }
}

fn view(snapshot: &Snapshot) -> &RoutingView {
    match snapshot.patterns[0].special.as_deref() {
        Some(SpecialView::PromptRouting(view)) => view,
        other => panic!("another view: {other:?}"),
    }
}

/// A way of calling by its key, and its arm.
fn way<'a>(snapshot: &'a Snapshot, key: &str) -> (&'a WayView, &'a ArmSnapshot) {
    let arms = &snapshot.patterns[0].arms;
    let arm = arms.iter().find(|arm| arm.key == *key).expect("an arm");
    let ways = &view(snapshot).ways;
    let way = ways.iter().find(|way| way.arm == arm.id).expect("a way");
    (way, arm)
}

/// What the ledger holds of some targets: calls served, and their cost.
fn booked(ledger: &Ledger, routed: bool, targets: &[&str]) -> (u64, Usd) {
    let lines = ledger
        .lines()
        .filter(|line| line.routed == routed && targets.contains(&line.target));
    lines.fold((0, Usd::ZERO), |(served, cost), line| {
        (served + line.tally.served, cost + line.tally.cost)
    })
}

#[tokio::test(start_paused = true)]
async fn prompts_split_the_cost_lies_between_and_every_figure_is_the_ledgers() {
    Bench::run(|bench| async move {
        let (snapshot, _) = bench.at(30).await;
        for key in ["router", "profile router"] {
            let recent = way(&snapshot, key).0.recent;
            let (simple, complex) = (recent.simple.large_share(), recent.complex.large_share());
            assert!(simple.expect("simple prompts") < 0.05, "{key}: {recent:?}");
            assert!(complex.expect("complex prompts") > 0.9, "{key}: {recent:?}");
        }
        // Nothing in flight, so that both have booked the same.
        bench.pause(true).await;
        let (snapshot, ledger) = bench.at(40).await;
        assert_eq!(snapshot.in_flight, 0);
        let (lite, pro) = ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0");
        let cases = [
            ("router", true, lite, pro),
            (
                "profile router",
                true,
                "us.amazon.nova-lite-v1:0",
                "us.amazon.nova-pro-v1:0",
            ),
            ("always small", false, lite, "none"),
            ("always large", false, "none", pro),
        ];
        for (key, routed, small, large) in cases {
            let (way, arm) = way(&snapshot, key);
            let all = way.total.all();
            assert_eq!(all.small, booked(&ledger, routed, &[small]).0, "{key}");
            assert_eq!(all.large, booked(&ledger, routed, &[large]).0, "{key}");
            assert_eq!((all.unnamed, all.lost), (0, 0), "{key}");
            let cost = booked(&ledger, routed, &[small, large]).1;
            assert_eq!((all.cost, arm.total.cost), (cost, cost), "{key}");
        }
        let cost = |key| way(&snapshot, key).1.total.cost;
        for router in ["router", "profile router"] {
            assert!(cost("always small") < cost(router) && cost(router) < cost("always large"));
            let saves = way(&snapshot, router).0.saves_in_all.expect("a comparison");
            let by_hand = 1.0 - cost(router).dollars() / cost("always large").dollars();
            assert!(
                (saves - by_hand).abs() < 1e-9,
                "{router}: {saves}, by hand {by_hand}"
            );
        }
        assert!(
            snapshot
                .run
                .assumptions
                .iter()
                .any(|line| line.contains("not published"))
        );
        bench.commands.send(Command::Stop).await.expect("a conductor");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn raising_the_threshold_while_it_runs_moves_prompts_to_the_fallback_model() {
    Bench::run(|bench| async move {
        let mut shares = Vec::new();
        let mut routers = Vec::new();
        for (turn, difference) in [10.0, 25.0, 100.0, 10.0].into_iter().enumerate() {
            bench.tune(difference).await;
            // A window, and the shots that were on their way.
            let (snapshot, _) = bench.at(20 * (turn as u64 + 1)).await;
            let (way, _) = way(&snapshot, "router");
            shares.push(way.recent.all().large_share().expect("answers"));
            let in_use = &view(&snapshot).routers[0];
            assert_eq!(
                in_use.router.difference.total_cmp(&difference),
                std::cmp::Ordering::Equal
            );
            assert_eq!(in_use.fallback, "Nova Lite");
            routers.push(in_use.router.arn.clone());
            assert_eq!(way.recent.all().lost, 0);
        }
        assert!(shares[0] > 0.2, "{shares:?}");
        assert!(shares[1] < 0.7 * shares[0], "{shares:?}");
        assert!(shares[1] > 0.0 && shares[2] <= 0.0, "{shares:?}");
        assert!(shares[3] > 0.2, "{shares:?}");
        assert_eq!(routers[0], routers[3], "a router of before is used again");
        routers.sort_unstable();
        routers.dedup();
        assert_eq!(routers.len(), 3, "a router for each threshold");
        bench.commands.send(Command::Stop).await.expect("a conductor");
    })
    .await;
}
