//! Snapshots to draw in tests: an empty run, a steady one, one in the middle of a fault.
//!
//! A small story is played second by second from a seed: six arms, an endpoint outage that is over,
//! a loss of capacity that is not. The figures are made up for tests and never leave them.

mod arms;
pub mod gateway;
mod parts;
pub mod prompt_cache;
pub mod routing;
mod told;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Moment;
use crate::event::{ArmId, FaultId};
use crate::fault::{FaultKind, FaultPlan, FaultShape, Scope};
use crate::measure::snapshot::{FaultStatus, Honesty, PatternSnapshot, Recording, RunInfo, Snapshot, Spend};
use crate::names::{PatternKey, Region};
use crate::units::{Share, Usd};

use arms::Story;
use parts::PARTS;

/// The seconds the story takes.
const LENGTH: u64 = 181;
/// The endpoint outage, long over: from, to.
const ENDPOINT: (u64, u64) = (75, 105);
/// The loss of capacity, still on at the end.
const CAPACITY: (u64, u64) = (151, 191);

/// A run that has just been started: arms, and not one shot.
pub fn empty() -> Snapshot {
    snapshot(0, Story::Calm)
}

/// A run in its steady state.
pub fn steady() -> Snapshot {
    snapshot(LENGTH, Story::Calm)
}

/// A run in the middle of a regional loss of capacity, an endpoint outage behind it.
pub fn faulted() -> Snapshot {
    snapshot(LENGTH, Story::Broken)
}

/// The same run with provisioned units in the place of all other patterns.
pub fn provisioned(snapshot: Snapshot, pressed: bool) -> Snapshot {
    let story = if pressed { Story::Broken } else { Story::Calm };
    arms::provisioned::in_place_of_all(snapshot, story)
}

fn snapshot(length: u64, story: Story) -> Snapshot {
    let begun = length > 0;
    let broken = story == Story::Broken;
    let mut patterns: Vec<PatternSnapshot> = Vec::new();
    for (index, part) in PARTS.iter().enumerate() {
        let arm = arms::arm(ArmId(index as u16), part, length, story);
        let key = PatternKey::from(part.pattern);
        match patterns.iter_mut().find(|pattern| pattern.key == key) {
            Some(pattern) => pattern.arms.push(arm),
            None => patterns.push(PatternSnapshot {
                key,
                on: true,
                arms: vec![arm],
                tunes: Vec::new(),
                special: None,
            }),
        }
    }
    Snapshot {
        at: Moment::from_millis(length * 1000),
        wall: Timestamp::UNIX_EPOCH + Duration::from_secs(1_767_603_600 + length),
        run: Arc::new(run_info()),
        phase: if !begun {
            "warm-up"
        } else if broken {
            "fault"
        } else {
            "steady"
        }
        .to_owned(),
        paused: false,
        finished: false,
        asked_rate: 60.0,
        achieved_rate: if begun { 59.8 } else { 0.0 },
        in_flight: if begun { 37 } else { 0 },
        queued: 0,
        concurrency_cap: 256,
        recording: Recording::Off,
        spend: Spend {
            spent: Usd::from_dollars(if begun { 0.421 } else { 0.0 }),
            reserved: Usd::ZERO,
            cap: Some(Usd::from_dollars(5.0)),
        },
        honesty: Honesty {
            lag_p50: Duration::from_micros(if begun { 120 } else { 0 }),
            lag_p99: Duration::from_micros(if begun { 1_400 } else { 0 }),
            lost_events: 0,
            on_time: true,
        },
        patterns,
        faults: if broken && begun {
            vec![capacity_fault()]
        } else {
            Vec::new()
        },
        markers: Arc::new(if broken { told::markers() } else { Vec::new() }),
        log: Arc::new(if broken {
            told::log()
        } else {
            told::calm_log(begun)
        }),
        survival: Arc::new(told::survival(broken)),
        scorecard: broken.then(|| Arc::new(told::scorecard())),
        evidence: Arc::default(),
    }
}

fn run_info() -> RunInfo {
    RunInfo {
        scenario: "quickstart".to_owned(),
        description: "Two patterns, one region to break.".to_owned(),
        target: "local emulator".to_owned(),
        seed: 7,
        virtual_time: false,
        duration: None,
        assumptions: vec!["Quotas refill evenly over the minute.".to_owned()],
    }
}

fn capacity_fault() -> FaultStatus {
    let plan = FaultPlan {
        id: FaultId(2),
        kind: FaultKind::CapacityOutage,
        scope: Scope {
            region: Some(Region::from("us-east-1")),
            ..Scope::default()
        },
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::from_secs(CAPACITY.0),
        lasts: Duration::from_secs(CAPACITY.1 - CAPACITY.0),
        at_client: false,
    };
    FaultStatus {
        label: plan.label(),
        remaining: Duration::from_secs(CAPACITY.1 - LENGTH),
        strength: 1.0,
        active: true,
        plan,
    }
}
