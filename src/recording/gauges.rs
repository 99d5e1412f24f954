//! Gauges as ticks store them: what changes all the time in columns, the rest when it changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::fault::FaultPlan;
use crate::measure::snapshot::{Recording, TuneView};
use crate::measure::{ArmGauge, Gauges};
use crate::units::Usd;

/// What has changed since the tick before. Now and then a tick says all.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// Set where it does not follow from the moment and the run's epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    wall: Option<Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<Recording>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<Vec<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tunes: Option<Vec<Vec<TuneView>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    faults: Option<Vec<FaultPlan>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spend: Option<(Usd, Usd)>,
}

impl Change {
    /// What leads from one to the next.
    pub fn between(before: Option<&Gauges>, now: &Gauges, expected_wall: Timestamp) -> Self {
        let rates = |gauges: &Gauges| -> Vec<u64> {
            gauges.arms.iter().map(|arm| arm.asked_rate.to_bits()).collect()
        };
        Self {
            wall: (now.wall != expected_wall).then_some(now.wall),
            finished: now.finished,
            cap: differs(before, now, |gauges| gauges.concurrency_cap),
            lost: differs(before, now, |gauges| gauges.lost_events),
            recording: differs(before, now, |gauges| gauges.recording),
            on: differs(before, now, |gauges| gauges.patterns_on.clone()),
            rates: differs(before, now, rates).map(|bits| bits.into_iter().map(f64::from_bits).collect()),
            tunes: differs(before, now, |gauges| gauges.tunes.clone()),
            faults: differs(before, now, |gauges| gauges.faults.clone()),
            spend: differs(before, now, |gauges| (gauges.settled, gauges.reserved)),
        }
    }

    /// Whether there is nothing to say.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// What it leads to. `in_flight` is left as it was where it is `None`.
    pub fn onto(self, before: &Gauges, in_flight: Option<Vec<u64>>, queued: u64, wall: Timestamp) -> Gauges {
        let mut now = before.clone();
        now.wall = self.wall.unwrap_or(wall);
        now.finished = self.finished;
        now.queued = queued;
        now.concurrency_cap = self.cap.unwrap_or(now.concurrency_cap);
        now.lost_events = self.lost.unwrap_or(now.lost_events);
        now.recording = self.recording.unwrap_or(now.recording);
        now.patterns_on = self.on.unwrap_or(now.patterns_on);
        now.tunes = self.tunes.unwrap_or(now.tunes);
        now.faults = self.faults.unwrap_or(now.faults);
        (now.settled, now.reserved) = self.spend.unwrap_or((now.settled, now.reserved));
        if let Some(rates) = self.rates {
            now.arms = rates
                .into_iter()
                .map(|asked_rate| ArmGauge {
                    asked_rate,
                    in_flight: 0,
                })
                .collect();
            let kept = before.arms.iter().map(|arm| arm.in_flight);
            for (arm, in_flight) in now.arms.iter_mut().zip(kept) {
                arm.in_flight = in_flight;
            }
        }
        for (arm, in_flight) in now.arms.iter_mut().zip(in_flight.into_iter().flatten()) {
            arm.in_flight = in_flight;
        }
        now
    }
}

/// Shots in flight by arm.
pub fn in_flight(gauges: &Gauges) -> Vec<u64> {
    gauges.arms.iter().map(|arm| arm.in_flight).collect()
}

/// The date and time of a moment in a run that began at `epoch`.
pub fn wall(epoch: Timestamp, at: Moment) -> Timestamp {
    epoch.checked_add(at.since_start()).unwrap_or(Timestamp::MAX)
}

fn differs<T: PartialEq>(before: Option<&Gauges>, now: &Gauges, part: impl Fn(&Gauges) -> T) -> Option<T> {
    let is = part(now);
    (before.map(part).as_ref() != Some(&is)).then_some(is)
}
