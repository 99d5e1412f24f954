//! Provisioned throughput: how full the units are, what spills over, what the hours cost against
//! the tokens they served.
//!
//! All of it is counted at the client, from what its own calls used, and set against the rates that
//! the catalogue assumes. The hours are those of the emulator's bill: whole ones, begun with the run.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{SpecialFold, SpecialView};
use crate::catalog::Commitment;
pub use crate::catalog::UnitRates;
use crate::clock::Moment;
use crate::event::sighting::Seen;
use crate::event::sighting::provisioned::UnitSeen;
use crate::event::{ArmId, Attempt, FailureKind, ShotRecord};
use crate::measure::seconds::{Second, Seconds};
use crate::names::{ModelRef, Region};
use crate::units::{PerMillion, TokenUsage, Usd};

/// Seconds of utilisation that are kept: half an hour.
const KEPT: usize = 1_800;
const HOUR_SECS: u64 = 3_600;

/// What stays the same for the whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProvisionedTrack {
    /// The model's name.
    pub model: String,
    /// Where the units stand.
    pub region: Region,
    /// The arms that call units, each its own.
    pub arms: Vec<UnitTrack>,
    /// What is bought of: the model with its largest context variant; empty where none is sold.
    pub variant: String,
    /// What is bought while the drill runs.
    pub buys: Option<BuyPlan>,
    /// What an arm's units cost for an hour, with their term.
    pub hourly: Usd,
    /// The term they were bought for, in words; `None`: none.
    pub commitment: Option<&'static str>,
    /// What the same tokens cost on demand, in and out.
    pub on_demand: (PerMillion, PerMillion),
    /// How many times faster than in life units come into service; never calls or hours.
    pub time_scale: f64,
    /// Models that units are sold of today, by name.
    pub offered: Vec<String>,
    /// Models that have the Reserved tier instead, by name.
    pub reserved: Vec<String>,
    /// The least that can be reserved, input and output tokens a minute.
    pub reserved_least: Option<(u64, u64)>,
}

/// Units that are bought while the drill runs, on the embedded emulator alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BuyPlan {
    /// When, from the start of the run.
    pub at: Duration,
    /// How many model units.
    pub units: u32,
    /// The term.
    pub commitment: Option<Commitment>,
}

/// An arm that calls units of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitTrack {
    /// The arm.
    pub arm: ArmId,
    /// What it calls.
    pub arn: ModelRef,
    /// How many model units.
    pub units: u64,
    /// What they carry together.
    pub rates: UnitRates,
}

/// What there is to see.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProvisionedView {
    /// What stays the same.
    pub track: Arc<ProvisionedTrack>,
    /// One for each arm of [`ProvisionedTrack::arms`].
    pub arms: Vec<UnitView>,
    /// The account's units, as they were listed last.
    pub units: Arc<Vec<UnitSeen>>,
    /// When they were listed; `None`: not yet.
    pub seen_at: Option<Moment>,
    /// Why the newest look failed, if it did.
    pub trouble: Option<String>,
}

/// How one arm's units fare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitView {
    /// The last ten seconds.
    pub recent: UnitCounts,
    /// Since the run began.
    pub total: UnitCounts,
    /// Input tokens of the last ten seconds over what the units carry; `None` before the first
    /// whole second.
    pub input_share: Option<f64>,
    /// Output tokens likewise.
    pub output_share: Option<f64>,
    /// Hours begun since the run began.
    pub hours: u64,
    /// What they cost.
    pub paid: Usd,
    /// What the tokens that units served would have cost on demand.
    pub worth: Usd,
    /// Where unit and on demand cost the same, at the mix served so far; `None` before any.
    pub break_even: Option<BreakEven>,
    /// Utilisation second by second, oldest first; bounded.
    pub history: Arc<Vec<UnitPoint>>,
}

impl UnitView {
    /// The fuller of the two rates: the units' real utilisation.
    pub fn utilisation(&self) -> Option<f64> {
        match (self.input_share, self.output_share) {
            (Some(input), Some(output)) => Some(input.max(output)),
            (input, output) => input.or(output),
        }
    }

    /// What a million tokens cost so far; `None` before any.
    pub fn paid_per_million(&self) -> Option<Usd> {
        per_million(self.paid, self.total.usage)
    }

    /// What a million of the same tokens cost on demand; `None` before any.
    pub fn worth_per_million(&self) -> Option<Usd> {
        per_million(self.worth, self.total.usage)
    }
}

fn per_million(cost: Usd, usage: TokenUsage) -> Option<Usd> {
    let tokens = usage.total();
    (tokens > 0).then(|| Usd::from_dollars(cost.dollars() / tokens as f64 * 1e6))
}

/// The load at which units and on demand cost the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BreakEven {
    /// Calls a second, day and night.
    pub per_second: f64,
    /// That load over what the units carry at this mix; above 1: they never pay.
    pub share: f64,
}

/// Counts of one arm over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitCounts {
    /// Shots that are over, shed ones left out.
    pub shots: u64,
    /// Calls of the units.
    pub calls: u64,
    /// Calls that units answered in full.
    pub served: u64,
    /// Calls turned away with a throttle.
    pub full: u64,
    /// Shots that went on to on demand.
    pub spilled: u64,
    /// What calls of the units used.
    pub usage: TokenUsage,
    /// What went on to on demand cost there.
    pub spill_cost: Usd,
}

impl UnitCounts {
    /// Shots that spilled over, of all; `None` without shots.
    pub fn spill_share(&self) -> Option<f64> {
        (self.shots > 0).then(|| self.spilled as f64 / self.shots as f64)
    }

    /// Calls that were turned away, of all; `None` without calls.
    pub fn full_share(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.full as f64 / self.calls as f64)
    }

    fn add(&mut self, other: &Self) {
        self.shots += other.shots;
        self.calls += other.calls;
        self.served += other.served;
        self.full += other.full;
        self.spilled += other.spilled;
        self.usage += other.usage;
        self.spill_cost += other.spill_cost;
    }

    fn of(record: &ShotRecord, arn: &ModelRef) -> Self {
        let mut counts = Self::default();
        if record.attempts.is_empty() {
            return counts;
        }
        counts.shots = 1;
        for attempt in &record.attempts {
            if attempt.route.target == *arn {
                counts.call(attempt);
            } else {
                counts.spilled = 1;
            }
        }
        // Calls of units cost nothing by themselves, so all that a shot cost was the spill-over.
        counts.spill_cost = record.cost;
        counts
    }

    fn call(&mut self, attempt: &Attempt) {
        self.calls += 1;
        match attempt.failure() {
            None => self.served += 1,
            Some(failure) => self.full += u64::from(failure.kind == FailureKind::Throttled),
        }
        self.usage += attempt.usage.unwrap_or_default();
    }
}

/// One second of one arm's units: tokens over what a second carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct UnitPoint {
    /// The second, from the start of the run.
    pub second: u64,
    /// Of the input rate.
    pub input: f32,
    /// Of the output rate.
    pub output: f32,
}

impl Second for UnitCounts {
    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Folds what becomes of the arms that call units.
#[derive(Debug)]
pub struct ProvisionedFold {
    track: Arc<ProvisionedTrack>,
    arms: Vec<ArmUnits>,
    units: Arc<Vec<UnitSeen>>,
    seen_at: Option<Moment>,
    trouble: Option<String>,
}

#[derive(Debug, Default)]
struct ArmUnits {
    seconds: Seconds<UnitCounts>,
    total: UnitCounts,
    recent: UnitCounts,
    shares: Option<(f64, f64)>,
    points: VecDeque<UnitPoint>,
    history: Arc<Vec<UnitPoint>>,
    told_to: u64,
}

impl ProvisionedFold {
    /// A fold to which nothing was told yet.
    pub fn new(track: Arc<ProvisionedTrack>) -> Self {
        Self {
            arms: track.arms.iter().map(|_| ArmUnits::default()).collect(),
            track,
            units: Arc::default(),
            seen_at: None,
            trouble: None,
        }
    }
}

impl SpecialFold for ProvisionedFold {
    fn shot(&mut self, record: &ShotRecord) {
        for (track, arm) in self.track.arms.iter().zip(&mut self.arms) {
            if track.arm == record.id.arm {
                let counts = UnitCounts::of(record, &track.arn);
                arm.total.add(&counts);
                let second = record.ended_at.as_secs();
                arm.seconds.advance(second, |_, _| {});
                if let Some(sum) = arm.seconds.get_mut(second) {
                    sum.add(&counts);
                }
            }
        }
    }

    fn seen(&mut self, at: Moment, seen: &Seen) {
        // What is left are sightings of other patterns.
        if let Seen::Units(seen) = seen {
            self.units = Arc::new(seen.units.clone());
            self.seen_at = Some(at);
            self.trouble = None;
        } else if let Seen::Failed { what, why } = seen {
            self.trouble = Some(format!("{what}: {why}"));
        }
    }

    fn refresh(&mut self, from: u64, end: u64) {
        for (track, arm) in self.track.arms.iter().zip(&mut self.arms) {
            arm.refresh(track.rates, from, end);
        }
    }

    fn view(&self, now: Moment) -> SpecialView {
        let arms = self.track.arms.iter().zip(&self.arms);
        SpecialView::Provisioned(ProvisionedView {
            arms: arms
                .map(|(track, arm)| arm.view(&self.track, track, now))
                .collect(),
            track: Arc::clone(&self.track),
            units: Arc::clone(&self.units),
            seen_at: self.seen_at,
            trouble: self.trouble.clone(),
        })
    }
}

impl ArmUnits {
    fn refresh(&mut self, rates: UnitRates, from: u64, end: u64) {
        self.seconds.advance(end.saturating_sub(1), |_, _| {});
        self.recent = UnitCounts::default();
        for (_, counts) in self.seconds.range(from, end) {
            self.recent.add(counts);
        }
        let seconds = end.saturating_sub(from);
        self.shares = (seconds > 0).then(|| shares(self.recent.usage, rates, seconds));
        for (second, counts) in self.seconds.range(self.told_to.max(from), end) {
            let (input, output) = shares(counts.usage, rates, 1);
            self.points.push_back(UnitPoint {
                second,
                input: input as f32,
                output: output as f32,
            });
        }
        self.told_to = self.told_to.max(end);
        while self.points.len() > KEPT {
            self.points.pop_front();
        }
        self.history = Arc::new(self.points.iter().copied().collect());
    }

    fn view(&self, all: &ProvisionedTrack, track: &UnitTrack, now: Moment) -> UnitView {
        let usage = self.total.usage;
        let (input_price, output_price) = all.on_demand;
        let worth = input_price.cost(usage.prompt()) + output_price.cost(usage.output);
        let hours = now.as_secs() / HOUR_SECS + 1;
        UnitView {
            recent: self.recent,
            total: self.total,
            input_share: self.shares.map(|(input, _)| input),
            output_share: self.shares.map(|(_, output)| output),
            hours,
            paid: all.hourly.times(hours),
            worth,
            break_even: break_even(all.hourly, worth, self.total, track.rates),
            history: Arc::clone(&self.history),
        }
    }
}

/// Tokens of so many seconds over what the rates carry in them.
fn shares(usage: TokenUsage, rates: UnitRates, seconds: u64) -> (f64, f64) {
    let share = |tokens: u64, per_minute: u64| {
        let carried = per_minute as f64 / 60.0 * seconds as f64;
        if carried > 0.0 {
            tokens as f64 / carried
        } else {
            0.0
        }
    };
    (
        share(usage.prompt(), rates.input_tokens_per_minute),
        share(usage.output, rates.output_tokens_per_minute),
    )
}

fn break_even(hourly: Usd, worth: Usd, total: UnitCounts, rates: UnitRates) -> Option<BreakEven> {
    let calls = total.served as f64;
    if total.served == 0 || worth == Usd::ZERO {
        return None;
    }
    let per_second = hourly.dollars() / 3_600.0 / (worth.dollars() / calls);
    let (input, output) = shares(total.usage, rates, 1);
    // One call a second fills this share of the rates.
    let each = input.max(output) / calls;
    Some(BreakEven {
        per_second,
        share: per_second * each,
    })
}

#[cfg(test)]
mod tests;
