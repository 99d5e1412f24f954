//! What a verdict is made from: counts by phase, the figures that the scenario asks for, pairs, and
//! whether all of it may be believed.
//!
//! Bounded: a tally for each arm and judged phase, a histogram of schedule lag for each phase, and
//! for each figure that is asked for a few sums or one histogram. A shot is counted in the phase in
//! which it was intended, however long it took.

mod figures;
mod phases;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use self::figures::FigureFold;
use self::phases::PhaseLine;
use super::figure::{Figure, FigurePlan};
use super::latency::Latencies;
use super::pairing::{Pair, PairFold, PairPlan};
use super::snapshot::{Counts, Scorecard};
use super::tally::Tally;
use crate::clock::Moment;
use crate::event::{ArmId, CutCause, Phase, ShotRecord};
use crate::seed::Seed;

/// What is to be found out beside what every run shows.
#[derive(Clone, Debug, Default)]
pub struct EvidencePlan {
    /// Figures, in any order; [`Evidence::figures`] has the same.
    pub figures: Vec<FigurePlan>,
    /// Pairs of ways of calling; [`Evidence::pairs`] has the same.
    pub pairs: Vec<PairPlan>,
}

/// What a verdict is made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Evidence {
    /// The figures asked for, in the order of the plan.
    pub figures: Vec<Figure>,
    /// The pairs asked for, in the order of the plan.
    pub pairs: Vec<Pair>,
    /// Shots of each arm by the phase in which they were intended; phases without shots are left out.
    pub phases: Vec<PhaseCounts>,
    /// Schedule lag in each phase that had shots.
    pub lags: Vec<PhaseLag>,
    /// When each phase began, oldest first; bounded.
    pub course: Vec<(Moment, Phase)>,
    /// Why the run ended before its time, if it did.
    pub cut: Option<(CutCause, String)>,
    /// Faults whose end could not be verified.
    pub unverified: u64,
    /// Attempts that failed by a fault injected at the client.
    pub injected: u64,
}

/// One arm in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseCounts {
    /// The arm.
    pub arm: ArmId,
    /// The phase.
    pub phase: Phase,
    /// Its counts. Failovers are not told apart by phase.
    pub counts: Counts,
}

/// Schedule lag in one phase, over all arms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PhaseLag {
    /// The phase.
    pub phase: Phase,
    /// Shots.
    pub shots: u64,
    /// The 99th percentile.
    pub p99: Duration,
}

/// Phases whose shots are counted.
const JUDGED: usize = Phase::JUDGED.len();

/// Gathers evidence.
#[derive(Debug)]
pub(super) struct EvidenceFold {
    line: PhaseLine,
    figures: Vec<FigureFold>,
    /// The places of each arm's figures.
    by_arm: Vec<Vec<usize>>,
    pairs: Vec<PairFold>,
    tallies: Vec<[Tally; JUDGED]>,
    lags: [Latencies; JUDGED],
    cut: Option<(CutCause, String)>,
    unverified: u64,
    injected: u64,
    view: Arc<Evidence>,
}

impl EvidenceFold {
    pub(super) fn new(plan: &EvidencePlan, arms: usize) -> Self {
        let of_arm = |arm: usize| {
            let figures = plan.figures.iter().enumerate();
            figures
                .filter(move |(_, figure)| figure.arm.index() == arm)
                .map(|(place, _)| place)
                .collect()
        };
        let mut fold = Self {
            line: PhaseLine::default(),
            figures: plan.figures.iter().copied().map(FigureFold::new).collect(),
            by_arm: (0..arms).map(of_arm).collect(),
            pairs: plan.pairs.iter().copied().map(PairFold::new).collect(),
            tallies: (0..arms).map(|_| <[Tally; JUDGED]>::default()).collect(),
            lags: <[Latencies; JUDGED]>::default(),
            cut: None,
            unverified: 0,
            injected: 0,
            view: Arc::default(),
        };
        fold.refresh(&[]);
        fold
    }

    /// A phase began.
    pub(super) fn phase_began(&mut self, at: Moment, phase: Phase) {
        self.line.began(at, phase);
    }

    /// The phase at a moment; `None` before any was told.
    pub(super) fn phase_at(&self, at: Moment) -> Option<Phase> {
        self.line.phase_at(at)
    }

    /// The run ends before its time; the first reason counts.
    pub(super) fn cut_short(&mut self, cause: CutCause, reason: String) {
        self.cut.get_or_insert((cause, reason));
    }

    /// A fault ended.
    pub(super) fn fault_ended(&mut self, verified: bool) {
        self.unverified += u64::from(!verified);
    }

    /// Counts a finished shot.
    pub(super) fn shot(&mut self, record: &ShotRecord) {
        let injected = record.attempts.iter().filter(|attempt| attempt.injected);
        self.injected += injected.count() as u64;
        let Some(phase) = self.line.phase_at(record.intended_at) else {
            return;
        };
        let Some(place) = phase.place() else { return };
        let arm = record.id.arm.index();
        if let Some(tallies) = self.tallies.get_mut(arm) {
            tallies[place].count(record);
        }
        self.lags[place].record(record.started_at.since(record.intended_at));
        for &figure in self.by_arm.get(arm).into_iter().flatten() {
            self.figures[figure].shot(phase, record);
        }
        for pair in &mut self.pairs {
            pair.shot(phase, record);
        }
    }

    /// Brings the figures up to date; `cards` are the marks of every fault so far. Pairs get their
    /// means, but no interval yet.
    pub(super) fn refresh(&mut self, cards: &[Arc<Scorecard>]) {
        self.view = Arc::new(self.made(cards, PairFold::so_far));
    }

    /// The same at the end of a run: pairs get their intervals, drawn from the seed.
    pub(super) fn conclude(&mut self, cards: &[Arc<Scorecard>], seed: Seed) {
        let seed = seed.derive("pairing");
        self.view = Arc::new(self.made(cards, |pair| pair.concluded(seed)));
    }

    pub(super) fn view(&self) -> Arc<Evidence> {
        Arc::clone(&self.view)
    }

    fn made(&self, cards: &[Arc<Scorecard>], pair: impl Fn(&PairFold) -> Pair) -> Evidence {
        let by_phase = |(arm, tallies): (usize, &[Tally; JUDGED])| {
            let arm = ArmId(u16::try_from(arm).unwrap_or(u16::MAX));
            let counted: Vec<PhaseCounts> = Phase::JUDGED
                .into_iter()
                .zip(tallies)
                .filter(|(_, tally)| tally.intended > 0)
                .map(|(phase, tally)| PhaseCounts {
                    arm,
                    phase,
                    counts: tally.counts(),
                })
                .collect();
            counted
        };
        let lags = Phase::JUDGED.into_iter().zip(&self.lags);
        Evidence {
            figures: self.figures.iter().map(|figure| figure.figure(cards)).collect(),
            pairs: self.pairs.iter().map(pair).collect(),
            phases: self.tallies.iter().enumerate().flat_map(by_phase).collect(),
            lags: lags
                .filter_map(|(phase, lags)| {
                    Some(PhaseLag {
                        phase,
                        shots: lags.count(),
                        p99: lags.quantile(0.99)?,
                    })
                })
                .collect(),
            course: self.line.edges().to_vec(),
            cut: self.cut.clone(),
            unverified: self.unverified,
            injected: self.injected,
        }
    }
}

#[cfg(test)]
mod tests;
