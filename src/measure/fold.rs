//! Facts folded into what there is to see. Pure: one owner, no clock, no channel.
//!
//! Facts of several runtimes arrive a little out of order, so they wait on a desk for
//! [`Fold::GRACE`] and are folded in the order of their moments; what comes later still is counted
//! where it belongs as long as that second is kept. The figures of windows are brought up to date
//! once a second, the rest (totals, breakers, log, markers, matrix, marks) with every snapshot.
//!
//! Memory is bounded for ever: nothing grows with the length of a run except the timeline, up to
//! [`Timeline::MOST`](super::snapshot::Timeline::MOST) points for each arm.

mod plan;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

pub use self::plan::{ArmGauge, FoldPlan, Gauges, PatternTrack};
use super::arm::ArmFold;
use super::chronicle::Chronicle;
use super::detail::Detail;
use super::evidence::{Evidence, EvidenceFold};
use super::latency::Latencies;
use super::scorecard::Scores;
use super::seconds::Seconds;
use super::snapshot::{FaultStatus, Honesty, PatternSnapshot, RunInfo, Scorecard, Snapshot, Spend};
use super::special::SpecialFold;
use super::survival::{self, Survival};
use super::waste::Waste;
use crate::catalog::Catalog;
use crate::clock::Moment;
use crate::event::sighting::Seen;
use crate::event::{Event, Fact, FaultId, Phase, ShotRecord};
use crate::fault::FaultPlan;
use crate::names::PatternKey;
use crate::seed::Seed;
use crate::units::Usd;

/// What is kept of a pattern apart from its arms.
#[derive(Debug)]
struct PatternFold {
    key: PatternKey,
    /// The numbers of its arms.
    arms: Range<usize>,
    special: Option<Box<dyn SpecialFold>>,
}

/// Owns the histograms, and everything else that is known of a run.
#[derive(Debug)]
pub struct Fold {
    run: Arc<RunInfo>,
    budget: Option<Usd>,
    catalog: Arc<Catalog>,
    patterns: Vec<PatternFold>,
    arms: Vec<ArmFold>,
    /// Microseconds of schedule lag of each shot.
    lags: Seconds<Vec<u32>>,
    lag: (Duration, Duration),
    chronicle: Chronicle,
    survival: Survival,
    scores: Scores,
    evidence: Box<EvidenceFold>,
    /// Kept for a report alone.
    detail: Option<Box<Detail>>,
    phase: Phase,
    paused: bool,
    desk: Vec<Event>,
    /// The second up to which the windows were brought up to date.
    refreshed_to: u64,
    /// Shots a second that ended in the window.
    achieved_rate: f64,
    scratch: Latencies,
}

impl Fold {
    /// How long facts wait for others of earlier moments: two flushes of a sink.
    pub const GRACE: Duration = Duration::from_millis(100);
    /// The windows of the snapshot, in whole seconds.
    pub const WINDOW_SECS: u64 = 10;
    /// The schedule is kept while the 99th percentile of its lag is within this:
    /// a few percent of the shortest time to first token there is on Bedrock.
    pub const ON_TIME: Duration = Duration::from_millis(10);
    /// Facts that wait at most. A fuller desk is folded at once, in the order it has.
    const DESK: usize = 65_536;

    /// A fold to which nothing was told yet.
    pub fn new(plan: FoldPlan) -> Self {
        let tracks = || {
            let patterns = plan.patterns.iter();
            patterns.flat_map(|pattern| pattern.arms.iter().map(move |arm| (&pattern.key, arm)))
        };
        let rows = tracks().map(|(pattern, arm)| survival::row(pattern, &arm.key, arm.id));
        let names = tracks().map(|(pattern, arm)| (pattern.clone(), arm.key.clone()));
        let arms: Vec<ArmFold> = tracks().map(|(_, arm)| ArmFold::new(arm.clone())).collect();
        Self {
            survival: Survival::new(rows.collect()),
            chronicle: Chronicle::new(names.collect()),
            scores: Scores::new(arms.len()),
            catalog: plan.catalog,
            evidence: Box::new(EvidenceFold::new(&plan.evidence, arms.len())),
            patterns: pattern_folds(plan.patterns),
            detail: None,
            run: Arc::new(plan.run),
            budget: plan.budget,
            arms,
            lags: Seconds::default(),
            lag: (Duration::ZERO, Duration::ZERO),
            phase: Phase::WarmUp,
            paused: false,
            desk: Vec::new(),
            refreshed_to: 0,
            achieved_rate: 0.0,
            scratch: Latencies::default(),
        }
    }

    /// Keeps from now on what a report shows beside the snapshot.
    #[must_use]
    pub fn with_detail(mut self) -> Self {
        self.detail = Some(Box::new(Detail::new(self.arms.len())));
        self
    }

    /// The marks of every fault, oldest first, and the detail, if it was kept.
    pub fn into_detail(mut self) -> (Vec<Arc<Scorecard>>, Detail) {
        let cards = self.scores.cards();
        (cards, self.detail.map(|detail| *detail).unwrap_or_default())
    }

    /// Takes a fact. Cheap: it is put on the desk.
    pub fn take(&mut self, event: Event) {
        self.desk.push(event);
        if self.desk.len() >= Self::DESK {
            self.settle(Moment::FAR);
        }
    }

    /// What there is to see now.
    pub fn snapshot(&mut self, now: Moment, gauges: &Gauges) -> Snapshot {
        self.bring_up_to(now, gauges.finished);
        let gauge = |arm: usize| gauges.arms.get(arm).copied().unwrap_or_default();
        let mut arms = self
            .arms
            .iter()
            .enumerate()
            .map(|(place, arm)| arm.snapshot(gauge(place).asked_rate, gauge(place).in_flight));
        let patterns = self.patterns.iter().enumerate();
        let patterns = patterns
            .map(|(place, pattern)| PatternSnapshot {
                key: pattern.key.clone(),
                on: gauges.patterns_on.get(place).copied().unwrap_or_default(),
                arms: arms.by_ref().take(pattern.arms.len()).collect(),
                tunes: gauges.tunes.get(place).cloned().unwrap_or_default(),
                special: pattern
                    .special
                    .as_ref()
                    .map(|special| Arc::new(special.view(now))),
            })
            .collect();
        Snapshot {
            at: now,
            wall: gauges.wall,
            run: Arc::clone(&self.run),
            phase: self.phase.key().to_owned(),
            paused: self.paused,
            finished: gauges.finished,
            // The sum of no floats is -0, which would be shown.
            asked_rate: gauges.arms.iter().fold(0.0, |sum, arm| sum + arm.asked_rate),
            achieved_rate: self.achieved_rate,
            in_flight: gauges.arms.iter().map(|arm| arm.in_flight).sum(),
            queued: gauges.queued,
            concurrency_cap: gauges.concurrency_cap,
            recording: gauges.recording,
            spend: Spend {
                // The guard books unknown usage at its worst, which no shot can tell.
                spent: self.spent().max(gauges.settled),
                reserved: gauges.reserved,
                cap: self.budget,
            },
            honesty: Honesty {
                lag_p50: self.lag.0,
                lag_p99: self.lag.1,
                lost_events: gauges.lost_events,
                on_time: self.lag.1 <= Self::ON_TIME,
            },
            patterns,
            faults: statuses(&gauges.faults, now),
            markers: self.chronicle.markers(),
            log: self.chronicle.log(),
            survival: self.survival.matrix(),
            scorecard: self.scores.card(),
            evidence: self.evidence.view(),
        }
    }

    /// The evidence up to now, but for what still waits to be ordered.
    pub fn evidence(&mut self, now: Moment) -> Arc<Evidence> {
        self.settle(now - Self::GRACE);
        let cards = self.scores.cards();
        self.evidence.refresh(&cards);
        self.evidence.view()
    }

    /// Folds what has waited long enough, and refreshes the windows where a second has passed.
    fn bring_up_to(&mut self, now: Moment, finished: bool) {
        let settled = if finished { Moment::FAR } else { now - Self::GRACE };
        self.settle(settled);
        if finished {
            // The last second counts although it is not whole.
            let end = now.as_secs() + 1;
            let from = end.saturating_sub(Self::WINDOW_SECS);
            self.refresh(from, end, end, now.since(Moment::from_secs(from)));
            let cards = self.scores.cards();
            self.evidence.conclude(&cards, Seed::new(self.run.seed));
            return;
        }
        let end = settled.as_secs();
        if end == 0 {
            // Nothing whole yet: the newcomer sees the first second while it lasts.
            let span = now.since_start().max(Duration::from_millis(100));
            self.refresh(0, 1, 0, span);
        } else if end > self.refreshed_to {
            let from = end.saturating_sub(Self::WINDOW_SECS);
            self.refresh(from, end, end, Duration::from_secs(end - from));
            self.refreshed_to = end;
            let cards = self.scores.cards();
            self.evidence.refresh(&cards);
        }
    }

    fn refresh(&mut self, from: u64, end: u64, publish_to: u64, span: Duration) {
        for arm in &mut self.arms {
            arm.refresh(from, end, publish_to, &mut self.scratch);
        }
        for special in self
            .patterns
            .iter_mut()
            .filter_map(|pattern| pattern.special.as_mut())
        {
            special.refresh(from, end);
        }
        let sent: u64 = self.arms.iter().map(ArmFold::recently_sent).sum();
        self.achieved_rate = sent as f64 / span.as_secs_f64().max(f64::MIN_POSITIVE);
        self.lags.advance(end.saturating_sub(1), |_, _| {});
        self.scratch.clear();
        for (_, lags) in self.lags.range(from, end) {
            for &micros in lags {
                self.scratch.record_micros(micros);
            }
        }
        let lag = |share| self.scratch.quantile(share).unwrap_or_default();
        self.lag = (lag(0.5), lag(0.99));
    }

    /// Folds what is on the desk up to a moment, in order.
    fn settle(&mut self, until: Moment) {
        if self.desk.is_empty() {
            return;
        }
        let mut desk = std::mem::take(&mut self.desk);
        desk.sort_by_key(order);
        let ripe = desk.partition_point(|event| event.at <= until);
        for event in desk.drain(..ripe) {
            self.fold(event);
        }
        self.desk = desk;
    }

    fn fold(&mut self, event: Event) {
        let at = event.at;
        match event.fact {
            Fact::ShotEnded(record) => self.shot_ended(record),
            Fact::FailedOver(failover) => {
                if let Some(arm) = self.arms.get_mut(failover.shot.arm.index()) {
                    arm.failover(at);
                }
                self.chronicle.failed_over(at, &failover);
            }
            Fact::BreakerMoved(moved) => {
                if let Some(arm) = self.arms.get_mut(moved.arm.index()) {
                    arm.breaker(at, &moved);
                }
                self.scores.breaker_moved(at, &moved);
                self.chronicle.breaker_moved(at, &moved);
            }
            Fact::FaultBegan {
                id,
                label,
                kind,
                ends_at,
                ..
            } => {
                self.take_baseline(at);
                self.survival.began(id, &kind, at, ends_at);
                self.scores.began(id, &label, at, ends_at);
                self.chronicle.fault_began(at, &label, ends_at);
            }
            Fact::FaultEnded {
                id,
                label,
                cause,
                verified,
            } => {
                self.fault_ended(id, at);
                self.evidence.fault_ended(verified);
                self.chronicle.fault_ended(at, &label, cause, verified);
            }
            Fact::DialTurned { dial, from, to, .. } => self.chronicle.dial_turned(at, &dial, &from, &to),
            Fact::PhaseBegan(phase) => {
                self.chronicle.phase_began(at, phase.key());
                self.evidence.phase_began(at, phase);
                self.phase = phase;
            }
            Fact::CutShort { cause, reason } => {
                self.chronicle.noted(at, format!("the run ends here: {reason}"));
                self.evidence.cut_short(cause, reason);
            }
            Fact::Paused { paused, .. } => {
                self.paused = paused;
                let text = if paused {
                    "traffic stops"
                } else {
                    "traffic goes on"
                };
                self.chronicle.noted(at, text.to_owned());
            }
            Fact::Seen(sighting) => {
                if let Seen::GatewayClaim(claim) = &sighting.of {
                    self.evidence.claim(at, claim);
                    self.scores.claim(at, claim);
                }
                let pattern = self
                    .patterns
                    .iter_mut()
                    .find(|pattern| pattern.key == sighting.pattern);
                if let Some(special) = pattern.and_then(|pattern| pattern.special.as_mut()) {
                    special.seen(at, &sighting.of);
                }
            }
            Fact::Noted(text) => self.chronicle.noted(at, text),
        }
    }

    /// What the shots cost, and what patterns spent beside them.
    fn spent(&self) -> Usd {
        let shots: Usd = self.arms.iter().map(|arm| arm.total.cost).sum();
        let specials = self
            .patterns
            .iter()
            .filter_map(|pattern| pattern.special.as_ref());
        shots + specials.map(|special| special.spent()).sum()
    }

    fn shot_ended(&mut self, record: Box<ShotRecord>) {
        let Some(arm) = self.arms.get_mut(record.id.arm.index()) else {
            return;
        };
        arm.shot(&record);
        let second = record.ended_at.as_secs();
        self.lags.advance(second, |_, _| {});
        if let Some(lags) = self.lags.get_mut(second) {
            lags.push(Latencies::micros(record.started_at.since(record.intended_at)));
        }
        self.survival.shot(&record);
        let waste = Waste::of(&record, &self.catalog);
        self.evidence.shot(&record, &waste);
        if let Some(detail) = &mut self.detail {
            detail.shot(self.evidence.phase_at(record.intended_at), &record);
        }
        let place = record.id.arm.index();
        let pattern = self
            .patterns
            .iter_mut()
            .find(|pattern| pattern.arms.contains(&place));
        if let Some(special) = pattern.and_then(|pattern| pattern.special.as_mut()) {
            special.shot(&record);
        }
        self.scores.shot(&record, &waste);
        self.chronicle.shot_ended(record);
    }

    fn fault_ended(&mut self, id: FaultId, at: Moment) {
        self.survival.ended(id, at);
        self.scores.ended(id, at);
    }

    /// Keeps the latencies of the last window as the steady state's, if no fault touched it.
    fn take_baseline(&mut self, at: Moment) {
        let from = at - Duration::from_secs(Self::WINDOW_SECS);
        if !self.survival.touches(from, at) {
            for arm in &mut self.arms {
                arm.set_baseline(from.as_secs(), at.as_secs() + 1, &mut self.scratch);
            }
        }
    }
}

/// The order of folding: by moment; at one moment what frames a shot comes before its end; shots by
/// their numbers, whichever lane told them first.
fn order(event: &Event) -> (Moment, u8, u16, u64) {
    let (rank, arm, index) = match &event.fact {
        Fact::ShotEnded(record) => (3, record.id.arm.0, record.id.index),
        Fact::FailedOver(failover) => (2, failover.shot.arm.0, failover.shot.index),
        Fact::BreakerMoved(moved) => (1, moved.arm.0, 0),
        _ => (0, 0, 0),
    };
    (event.at, rank, arm, index)
}

/// Where each fault stands; those that are over are left out.
fn statuses(plans: &[FaultPlan], now: Moment) -> Vec<FaultStatus> {
    let mut statuses: Vec<FaultStatus> = plans
        .iter()
        .filter(|plan| plan.ends_at() > now)
        .map(|plan| FaultStatus {
            label: plan.label(),
            remaining: plan.ends_at().since(now.max(plan.begins_at)),
            strength: plan.strength_at(now),
            active: plan.begins_at <= now,
            plan: plan.clone(),
        })
        .collect();
    statuses.sort_by_key(FaultStatus::id);
    statuses
}

fn pattern_folds(tracks: Vec<PatternTrack>) -> Vec<PatternFold> {
    let mut first = 0;
    let fold = |track: PatternTrack| {
        let arms = first..first + track.arms.len();
        first = arms.end;
        PatternFold {
            key: track.key,
            arms,
            special: track.special,
        }
    };
    tracks.into_iter().map(fold).collect()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
