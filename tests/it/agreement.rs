//! A run in real time on loopback and the same run in virtual time say the same.
//!
//! Every draw is named by its shot (or, in the emulator, by the request), so both runs are dealt the
//! same luck; what is left between them is what sockets and timers really take.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::clock::Moment;
use bedrill::drill::{self, DrillPlan};
use bedrill::headless;
use bedrill::load::Arrivals;
use bedrill::measure::{Fold, Snapshot};
use bedrill::scenario::{Scenario, library};
use bedrill::seed::Seed;

/// One way of calling.
#[derive(Debug)]
struct Seen {
    intended: u64,
    succeeded: u64,
    /// From the fault's first millisecond to the first attempt on another route.
    fail_over: Option<Duration>,
}

impl Seen {
    fn availability(&self) -> f64 {
        self.succeeded as f64 / self.intended as f64
    }
}

/// The first seed from the scenario's own on with no shot wanted in the ten milliseconds before an edge
/// of the outage: that is as late as a shot may be sent, and one that is wanted so close to an edge falls
/// on either side of it. (Seed 7 has one 1.1 ms before the outage: in virtual time it is still answered,
/// in real time it is the first to fail, and its failover is over before the next shot is wanted.)
fn clear_of_the_edges(mut scenario: Scenario) -> Scenario {
    let straddles = |scenario: &Scenario| {
        let edges = scenario
            .faults
            .iter()
            .flat_map(|fault| [fault.begins_at, fault.ends_at()]);
        let edges: Vec<Moment> = edges.collect();
        scenario.patterns.iter().any(|traffic| {
            let seed = scenario.seed.derive(traffic.plan.key.as_str()).derive("arrivals");
            let load = Arc::new(traffic.load.clone());
            let mut arrivals = Arrivals::new(load, traffic.plan.arms.len(), seed);
            let end = Moment::ZERO + scenario.duration.unwrap_or_default();
            std::iter::from_fn(|| arrivals.next_due(end)).any(|arrival| {
                let at = arrival.intended_at;
                edges.iter().any(|edge| at <= *edge && *edge < at + Fold::ON_TIME)
            })
        })
    };
    while straddles(&scenario) {
        scenario.seed = Seed::new(scenario.seed.number() + 1);
    }
    scenario
}

fn region_outage(catalog: &Catalog, duration: u64) -> Scenario {
    let text = library::text("region-outage").expect("shipped");
    let mut scenario = Scenario::parse("region-outage", text, catalog).expect("valid");
    scenario.duration = Some(Duration::from_secs(duration));
    scenario
}

fn seen(last: &Snapshot) -> BTreeMap<String, Seen> {
    let card = last.scorecard.as_ref().expect("a fault");
    let arms = last.patterns.iter().flat_map(|pattern| {
        pattern.arms.iter().map(|arm| {
            let score = card.rows.iter().find(|score| score.arm == arm.id).expect("a row");
            let seen = Seen {
                intended: arm.total.intended,
                succeeded: arm.total.succeeded,
                fail_over: score
                    .detect
                    .zip(score.switch)
                    .map(|(detect, switch)| detect + switch),
            };
            (format!("{}/{}", pattern.key, arm.key), seen)
        })
    });
    arms.collect()
}

/// The same scenario in real and in virtual time.
fn both(scenario: &Scenario, catalog: &Arc<Catalog>) -> [BTreeMap<String, Seen>; 2] {
    let plan = DrillPlan::new(Arc::clone(catalog));
    let in_virtual = drill::run_virtual(scenario.clone(), &plan, headless::last).expect("it starts");
    let drill = drill::spawn(scenario.clone(), &plan).expect("it starts");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let in_real = runtime.block_on(headless::last(drill.snapshots()));
    drill.finish();
    [seen(&in_real), seen(&in_virtual)]
}

/// Holds each way of calling to half a point of availability (or one shot, where a shot is more), and
/// its time to fail over to 100 ms or a tenth.
fn assert_they_agree([real, simulated]: &[BTreeMap<String, Seen>; 2]) {
    assert_eq!(real.len(), simulated.len());
    for (arm, real) in real {
        let other = &simulated[arm];
        writeln!(std::io::stderr(), "{arm}: real {real:?}, virtual {other:?}").ok();
        assert_eq!(real.intended, other.intended, "{arm}: the same arrivals");
        let apart = (real.availability() - other.availability()).abs();
        let allowed = f64::max(0.005, 1.0 / real.intended as f64) + 1e-9;
        assert!(apart <= allowed, "{arm}: {real:?} and {other:?}");
        match (real.fail_over, other.fail_over) {
            (Some(real), Some(other)) => {
                let allowed = Duration::from_millis(100).max(other / 10);
                assert!(real.abs_diff(other) <= allowed, "{arm}: {real:?} and {other:?}");
            }
            (real, other) => assert_eq!(real, other, "{arm}"),
        }
    }
}

#[test]
fn a_short_outage_is_the_same_in_real_and_in_virtual_time() {
    let catalog = Catalog::builtin();
    let mut scenario = region_outage(&catalog, 16);
    // Everything of the time line within a quarter of a minute.
    scenario.judging = bedrill::scenario::JudgePlan::default();
    scenario.faults[0].begins_at = Moment::from_secs(4);
    scenario.faults[0].lasts = Duration::from_secs(6);
    assert_they_agree(&both(&clear_of_the_edges(scenario), &catalog));
}

#[test]
#[ignore = "takes 90 s of wall time; .ci/run asks for it"]
fn ninety_seconds_of_region_outage_are_the_same_in_real_and_in_virtual_time() {
    let catalog = Catalog::builtin();
    let scenario = clear_of_the_edges(region_outage(&catalog, 90));
    writeln!(std::io::stderr(), "seed {}", scenario.seed).ok();
    assert_they_agree(&both(&scenario, &catalog));
}
