use std::sync::Arc;

use proptest::prelude::*;
use tokio::task::LocalSet;

use super::*;
use crate::load::plan::{CapPlan, LoadPlan, Spacing, Stage, WorkloadPlan};
use crate::load::{DialPlan, Dials};
use crate::measure::Snapshot;
use crate::measure::fold::fixture::{attempt, follow};
use crate::seed::Seed;

/// A service that takes a time drawn from the shot's number, and fails some shots.
struct Fake {
    clock: Clock,
    least: Duration,
    spread: Duration,
    failing: f64,
    seed: Seed,
}

impl Fire for Fake {
    async fn fire(&self, shot: Shot) -> Fired {
        let mut draws = self.seed.keyed(shot.id.index).stream();
        self.clock
            .sleep(self.least + self.spread.mul_f64(draws.unit()))
            .await;
        let failure = draws.chance(self.failing).then_some(FailureKind::Unavailable);
        Fired {
            end: failure.map_or(ShotEnd::Succeeded, ShotEnd::Failed),
            attempts: vec![attempt(0, shot.sent_at, self.clock.now(), failure)],
            first_token_at: None,
            usage: TokenUsage::default(),
            cost: Usd::ZERO,
        }
    }
}

/// Sleeps through once: the lane it paces is stalled.
struct Stalling {
    clock: Clock,
    at: Moment,
    stall: Duration,
}

impl Pacer for Stalling {
    async fn wait_until(&mut self, at: Moment) {
        if at >= self.at {
            self.at = Moment::FAR;
            self.clock.sleep_until(at + self.stall).await;
        } else {
            self.clock.sleep_until(at).await;
        }
    }
}

/// What a test of the whole way from arrivals to the snapshot varies.
#[derive(Clone, Debug)]
struct Drill {
    load: LoadPlan,
    secs: u64,
    arms: u16,
    lanes: u64,
    cap: CapPlan,
    least: Duration,
    spread: Duration,
    failing: f64,
    drain: Duration,
    stall: Option<(Moment, Duration)>,
}

impl Default for Drill {
    fn default() -> Self {
        Self {
            load: LoadPlan::constant(100.0),
            secs: 30,
            arms: 1,
            lanes: 1,
            cap: CapPlan::default(),
            least: Duration::from_millis(5),
            spread: Duration::ZERO,
            failing: 0.0,
            drain: Duration::from_secs(10),
            stall: None,
        }
    }
}

struct Outcome {
    snapshot: Snapshot,
    report: LaneReport,
    gate: Gate,
}

impl Drill {
    fn run(&self) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(LocalSet::new().run_until(self.flow()))
    }

    async fn flow(&self) -> Outcome {
        let clock = Clock::virtual_time();
        let (tap, feed) = crate::measure::sink::channel(&clock);
        let gate = Gate::new(self.cap, usize::from(self.arms));
        let load = Arc::new(self.load.clone());
        let dials = Dials::new(vec![DialPlan {
            load: Arc::clone(&load),
            on: true,
        }]);
        let (_go_on, stop) = watch::channel(false);
        let lanes: Vec<_> = (0..self.lanes)
            .map(|lane| {
                let (at, stall) = self.stall.unwrap_or((Moment::FAR, Duration::ZERO));
                let pacer = Stalling {
                    clock: clock.clone(),
                    at,
                    stall,
                };
                let plan = LanePlan {
                    lane,
                    lanes: self.lanes,
                    clock: clock.clone(),
                    pacer,
                    gate: gate.clone(),
                    dials: dials.reader(),
                    sink: tap.sink(),
                    until: Moment::from_secs(self.secs),
                    drain: self.drain,
                };
                let sources = (0..self.arms).map(|arm| self.source(arm, &load, &clock));
                spawn_local(run(plan, sources.collect(), stop.clone()))
            })
            .collect();
        drop(tap);
        let snapshot = follow(feed, clock, self.arms).await;
        let mut report = LaneReport::default();
        for lane in lanes {
            let done = lane.await.expect("a lane ends");
            report.intended += done.intended;
            report.cut += done.cut;
        }
        Outcome {
            snapshot,
            report,
            gate,
        }
    }

    fn source(&self, arm: u16, load: &Arc<LoadPlan>, clock: &Clock) -> Source<Fake> {
        let seed = Seed::new(7);
        Source {
            arm: ArmId(arm),
            pattern: 0,
            arrivals: Arrivals::new(Arc::clone(load), usize::from(self.arms), seed),
            workload: Rc::new(Workload::new(WorkloadPlan::default(), seed)),
            fire: Rc::new(Fake {
                clock: clock.clone(),
                least: self.least,
                spread: self.spread,
                failing: self.failing,
                seed,
            }),
        }
    }

    /// How many shots the schedule has, counted apart from the engine.
    fn scheduled(&self) -> u64 {
        let arms = usize::from(self.arms);
        let mut arrivals = Arrivals::new(Arc::new(self.load.clone()), arms, Seed::new(7));
        let last = Moment::from_secs(self.secs) - Duration::from_nanos(1);
        let mut count = 0;
        while arrivals.next_due(last).is_some() {
            count += u64::from(self.arms);
        }
        count
    }
}

#[test]
fn a_stalled_sender_shows_in_latency_from_the_intended_time_and_not_from_the_send() {
    let outcome = Drill {
        stall: Some((Moment::from_secs(10), Duration::from_millis(1_400))),
        ..Drill::default()
    }
    .run();
    let arm = &outcome.snapshot.patterns[0].arms[0];
    assert_eq!(arm.total.succeeded, 3_000, "late, but not one left out");
    let intended = arm.overall.intended.percentiles.p99.expect("a p99");
    let sent = arm.overall.sent.p99.expect("a p99");
    assert!(
        intended > Duration::from_secs(1),
        "from the intended time {intended:?}"
    );
    assert!(sent < Duration::from_millis(20), "from the send {sent:?}");
}

#[test]
fn the_stall_shows_as_schedule_lag_while_it_is_in_the_window() {
    let outcome = Drill {
        secs: 13,
        stall: Some((Moment::from_secs(10), Duration::from_millis(1_400))),
        ..Drill::default()
    }
    .run();
    let honesty = outcome.snapshot.honesty;
    assert!(
        honesty.lag_p99 > Duration::from_secs(1) && !honesty.on_time,
        "{honesty:?}"
    );
    let split = outcome.snapshot.patterns[0].arms[0].split;
    assert!(
        split.lag > Duration::from_millis(50) && split.queue.is_zero(),
        "{split:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_intended_shot_succeeds_fails_or_is_shed(
        (in_flight, queue) in (0_u64..12, 0_u64..12),
        (arms, lanes) in (1_u16..4, 1_u64..4),
        (rate, spread, drain) in (1.0..300.0, 0_u64..900, 0_u64..1_200),
        (failing, poisson) in (0.0..0.5, any::<bool>()),
    ) {
        let drill = Drill {
            load: LoadPlan {
                spacing: if poisson { Spacing::Poisson } else { Spacing::Constant },
                stages: vec![Stage::hold(rate, Duration::MAX)],
                bursts: Vec::new(),
            },
            secs: 4,
            arms,
            lanes,
            cap: CapPlan { in_flight, queue },
            spread: Duration::from_millis(spread),
            failing,
            drain: Duration::from_millis(drain),
            ..Drill::default()
        };
        let outcome = drill.run();
        let (mut intended, mut ends, mut deadlines) = (0, 0, 0);
        for arm in &outcome.snapshot.patterns[0].arms {
            let total = &arm.total;
            intended += total.intended;
            ends += total.succeeded + total.failed + total.shed;
            deadlines += total.failures.get(&FailureKind::Deadline).copied().unwrap_or(0);
        }
        prop_assert_eq!(intended, drill.scheduled());
        prop_assert_eq!(intended, outcome.report.intended);
        prop_assert_eq!(intended, ends);
        prop_assert_eq!(deadlines, outcome.report.cut);
        prop_assert_eq!(outcome.snapshot.honesty.lost_events, 0);
        let left = outcome.gate.counts();
        prop_assert_eq!((left.in_flight, left.queued), (0, 0), "every place is given back");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let drill = Drill {
        load: LoadPlan {
            spacing: Spacing::Poisson,
            ..LoadPlan::constant(150.0)
        },
        arms: 3,
        lanes: 2,
        cap: CapPlan {
            in_flight: 12,
            queue: 6,
        },
        spread: Duration::from_millis(300),
        failing: 0.1,
        ..Drill::default()
    };
    let json = || serde_json::to_string(&drill.run().snapshot).expect("JSON");
    let first = json();
    assert!(first.contains("\"shed\":"), "something is shown");
    assert!(first == json(), "two runs differ");
}

#[tokio::test(start_paused = true)]
async fn dials_and_stop_reach_a_lane_that_sleeps() {
    let work = async {
        let clock = Clock::virtual_time();
        let (tap, feed) = crate::measure::sink::channel(&clock);
        let load = Arc::new(LoadPlan::constant(0.001));
        let dials = Dials::new(vec![DialPlan {
            load: Arc::clone(&load),
            on: true,
        }]);
        let (halt, stop) = watch::channel(false);
        let plan = LanePlan {
            lane: 0,
            lanes: 1,
            clock: clock.clone(),
            pacer: ClockPacer(clock.clone()),
            gate: Gate::new(CapPlan::default(), 1),
            dials: dials.reader(),
            sink: tap.sink(),
            until: Moment::FAR,
            drain: Duration::from_secs(1),
        };
        drop(tap);
        let source = Drill::default().source(0, &load, &clock);
        let lane = spawn_local(run(plan, vec![source], stop));
        let seen = spawn_local(follow(feed, clock.clone(), 1));
        clock.sleep_until(Moment::from_millis(2_500)).await;
        dials.set_rate(0, 10.0, clock.now());
        clock.sleep_until(Moment::from_millis(4_545)).await;
        dials.set_paused(true, clock.now());
        clock.sleep_until(Moment::from_secs(60)).await;
        halt.send_replace(true);
        assert_eq!(lane.await.expect("a lane ends").cut, 0);
        assert_eq!(
            clock.now(),
            Moment::from_secs(60),
            "a lane without shots ends at once"
        );
        seen.await.expect("a snapshot")
    };
    let snapshot = LocalSet::new().run_until(work).await;
    let arm = &snapshot.patterns[0].arms[0];
    // One at once; then, from 2.55 s to 4.595 s, ten a second.
    assert_eq!(arm.total.succeeded, 1 + 20);
}
