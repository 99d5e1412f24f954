//! Whole drills in virtual time through the real SDK: the split at a full unit, calm under pressure,
//! and the panel's figures against the emulator's books.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::LocalSet;

use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::drill::conductor::Conductor;
use crate::drill::rig::{Place, Rig};
use crate::drill::{COMMANDS, DrillPlan, runtime};
use crate::emulator::service::WorldControl;
use crate::measure::Snapshot;
use crate::measure::special::SpecialView;
use crate::measure::special::provisioned::ProvisionedView;
use crate::scenario::Scenario;
use crate::units::TokenUsage;

/// The snapshots of a drill, each with what `look` saw of the world at the same moment.
fn run<T>(text: &str, look: impl Fn(&WorldControl) -> T) -> Vec<(Arc<Snapshot>, T)> {
    let catalog = Catalog::builtin();
    let scenario = Scenario::parse("drill.toml", text, &catalog).unwrap_or_else(|wrong| panic!("{wrong}"));
    let plan = DrillPlan {
        catalog,
        lanes: 1,
        interrupt: Arc::new(AtomicBool::new(false)),
        recording: None,
        pass: None,
    };
    let runtime = runtime(true).expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let (rig, feed) = Rig::new(scenario, &plan, Clock::virtual_time(), Place::InProcess).expect("a rig");
        let world = rig.world.clone();
        let (commands, received) = mpsc::channel(COMMANDS);
        let (conductor, mut snapshots) = Conductor::new(&rig, feed, received, &plan).expect("a conductor");
        let stop = conductor.stop();
        tokio::task::spawn_local(async move { rig.lane(0, 1, stop).await });
        let watching = async {
            let mut seen = Vec::new();
            while snapshots.changed().await.is_ok() {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                seen.push((snapshot, look(&world)));
            }
            seen
        };
        let ((), seen) = tokio::join!(conductor.conduct(), watching);
        drop(commands);
        seen
    })
}

fn view(snapshot: &Snapshot) -> &ProvisionedView {
    match snapshot.patterns[0].special.as_deref() {
        Some(SpecialView::Provisioned(view)) => view,
        other => panic!("another view: {other:?}"),
    }
}

fn scenario(background: &str, stages: &str) -> String {
    format!(
        r#"
description = "Units beside on demand."
duration = "200s"
[world]
background = {{ mean = "{background}", swing = "0%" }}
replies = {{ median_tokens = 200, sigma = 0.3 }}
[[world.quota]]
model = "amazon.nova-pro-v1:0"
requests_per_minute = "none"
tokens_per_minute = 100_000_000
[[pattern]]
kind = "provisioned"
model = "amazon.nova-pro-v1:0"
region = "us-east-1"
spacing = "constant"
stages = [{stages}]
[pattern.workload]
prompt_tokens = 900
prompt_sigma = 0.3
max_tokens = 900
stream = 0.0
[pattern.policy]
attempt_timeout = "29s"
"#
    )
}

/// Calls a second of each arm that fill a unit: the one figure that is measured, not assumed.
fn full_rate(seen: &ProvisionedView) -> f64 {
    let even = seen.arms[1].break_even.expect("calls were served");
    even.per_second / even.share
}

/// Served tokens and calls, by the purchase's ARN, as the emulator wrote them down.
fn books(world: &WorldControl) -> Vec<(String, u64, u64, TokenUsage)> {
    let ledger = world.ledger();
    let units = ledger.units();
    units
        .map(|(arn, tally)| (arn.to_owned(), tally.served, tally.throttled(), tally.usage))
        .collect()
}

#[test]
fn below_a_full_unit_it_is_calm_and_beyond_it_a_third_spills_whatever_presses_the_region() {
    let light = scenario("55%", "{ hold = \"6/s\", lasts = \"200s\" }");
    let light = run(&light, |_| ());
    let idle = &light.last().expect("a snapshot").0;
    let full = full_rate(view(idle));
    let stages = format!(
        "{{ hold = \"{:.3}/s\", lasts = \"45s\" }}, {{ hold = \"{:.3}/s\", lasts = \"155s\" }}",
        full * 3.0 * 0.9,
        full * 3.0 * 1.5
    );
    let pressed = run(&scenario("88%", &stages), |_| ());
    let at = |secs: u64| {
        let found = pressed
            .iter()
            .find(|(snapshot, ())| snapshot.at >= Moment::from_secs(secs));
        &*found.expect("so long").0
    };

    // At 90 percent: nothing is turned away, and the pace is that of an idle unit in a calm region.
    let busy = at(44);
    for arm in &view(busy).arms {
        assert_eq!((arm.total.full, arm.total.spilled), (0, 0));
        assert!(arm.utilisation().is_some_and(|share| (0.8..1.0).contains(&share)));
    }
    let p50 = |snapshot: &Snapshot, arm: usize| {
        let arm = &snapshot.patterns[0].arms[arm];
        arm.overall.sent.p50.expect("answers").as_secs_f64()
    };
    let ratio = p50(busy, 1) / p50(idle, 1);
    assert!((0.9..=1.1).contains(&ratio), "units: {ratio}");
    let ratio = p50(busy, 2) / p50(idle, 2);
    assert!(ratio > 1.5, "on demand feels the region: {ratio}");

    // At 150 percent, once the lent window is gone. A shot that spills is counted when it is over.
    let (from, to) = (view(at(115)), view(at(199)));
    let carried = view(idle).track.arms[0].rates.input_tokens_per_minute as f64 / 60.0 * 84.0;
    for (arm, (from, to)) in from.arms.iter().zip(&to.arms).enumerate() {
        let (from, to) = (&from.total, &to.total);
        let calls = (to.calls - from.calls) as f64;
        let share = (to.full - from.full) as f64 / calls;
        // The input rate fills first: what it carried, over the mean prompt, is what is served.
        let prompt = (to.usage.input - from.usage.input) as f64 / (to.served - from.served) as f64;
        let expected = 1.0 - carried / prompt / calls;
        assert!(
            (share - expected).abs() < 0.02,
            "arm {arm}: {share}, {expected} of {calls}"
        );
        assert!((0.30..0.37).contains(&share), "arm {arm}: about a third, {share}");
        let spilled = to.spilled - from.spilled;
        let expected = if arm == 0 { to.full - from.full } else { 0 };
        assert!(spilled.abs_diff(expected) <= 2, "arm {arm}: {spilled} spilled");
    }
    assert!(to.arms[0].total.spill_cost > from.arms[0].total.spill_cost);
    let arms = &at(199).patterns[0].arms;
    assert!(arms[0].recent.availability() > arms[1].recent.availability());
}

#[test]
fn the_figures_of_the_panel_are_those_of_the_emulators_books() {
    let text = scenario("55%", "{ hold = \"30/s\", lasts = \"200s\" }");
    let seen = run(&text, books);
    let count = |books: &[(String, u64, u64, TokenUsage)], arn: &str| {
        let line = books.iter().find(|(named, ..)| named == arn);
        line.map_or((0, 0, 0), |(_, served, full, usage)| {
            (*served, *full, usage.total())
        })
    };
    // What happened in the newest tenths of a second is not folded yet: the figures lie between
    // the books of then and of now.
    for pair in seen.windows(4) {
        let ((_, before), (snapshot, now)) = (&pair[0], &pair[3]);
        for (track, arm) in view(snapshot).track.arms.iter().zip(&view(snapshot).arms) {
            let arn = track.arn.as_str();
            let shown = (arm.total.served, arm.total.full, arm.total.usage.total());
            let (low, high) = (count(before, arn), count(now, arn));
            assert!(
                low.0 <= shown.0 && shown.0 <= high.0,
                "{low:?} {shown:?} {high:?}"
            );
            // A call that spilled over is told when its shot is over.
            let told = arm.total.spilled == 0 && low.1 <= shown.1;
            assert!(
                (told || track.arm.0 == 0) && shown.1 <= high.1,
                "{low:?} {shown:?} {high:?}"
            );
            assert!(
                low.2 <= shown.2 && shown.2 <= high.2,
                "{low:?} {shown:?} {high:?}"
            );
        }
    }
    let (last, books) = seen.last().expect("a snapshot");
    assert!(last.finished);
    let shown = view(last);
    for (track, arm) in shown.track.arms.iter().zip(&shown.arms) {
        let booked = count(books, track.arn.as_str());
        assert_eq!(
            (arm.total.served, arm.total.full, arm.total.usage.total()),
            booked
        );
        assert!(booked.0 > 500 && booked.1 > 100, "{booked:?}");
    }
    // The units were listed within the last two seconds of the run's traffic.
    let age = last.at.since(shown.seen_at.expect("listed"));
    assert!(age < Duration::from_secs(20), "{age:?}");
    let names: Vec<&str> = shown.units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(
        names,
        ["drill-units-only", "drill-with-spill-over", "nova-pro-standing"]
    );
    assert_eq!((shown.arms[0].hours, shown.arms[0].paid), (1, shown.track.hourly));
}

#[test]
fn a_purchase_is_refused_by_the_usual_quota_and_lives_where_it_is_granted() {
    let told = |world: &str, commitment: &str| {
        let text = format!(
            "description = 'Buys.'\nduration = '40s'\n[world]\n{world}\n[[pattern]]\nkind = 'provisioned'\n\
             model = 'amazon.nova-pro-v1:0'\nregion = 'us-east-1'\nrate = '1/s'\n\
             buys = {{ at = '5s', commitment = '{commitment}' }}\n"
        );
        let seen = run(&text, |_| ());
        let statuses = seen.iter().map(|(snapshot, ())| {
            let bought = view(snapshot)
                .units
                .iter()
                .find(|unit| unit.name == "bought-in-the-drill");
            bought.map_or("none", |unit| match unit.status.as_str() {
                "Creating" => "Creating",
                "InService" => "InService",
                _ => "another",
            })
        });
        let mut statuses: Vec<&str> = statuses.collect();
        statuses.dedup();
        let last = &seen.last().expect("a snapshot").0;
        let log: Vec<String> = last.log.iter().map(|entry| entry.text.clone()).collect();
        (statuses.join(" "), log.join("\n"))
    };
    let (statuses, log) = told("", "none");
    assert_eq!(statuses, "none");
    assert!(log.contains("is refused: ServiceQuotaExceededException"), "{log}");

    let granted = "units = { quota = 1 }\ntime_scale = 60";
    let (statuses, log) = told(granted, "one month");
    assert_eq!(statuses, "none Creating InService");
    assert!(log.contains("is refused: ConflictException"), "{log}");

    let (statuses, log) = told(granted, "none");
    assert!(statuses.starts_with("none Creating"), "{statuses}");
    assert!(
        statuses.ends_with("none") && log.contains("is deleted at once"),
        "{statuses}: {log}"
    );
}
