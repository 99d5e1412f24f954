//! What a verdict is made from: counts by phase, the figures that the scenario asks for, pairs, and
//! whether all of it may be believed.
//!
//! Bounded: a tally for each arm and judged phase, a histogram of schedule lag for each phase, and
//! for each figure a few sums, sums by the second, or one histogram. A shot is counted in the phase in
//! which it was intended, however long it took.

mod figures;
mod phases;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use self::figures::FigureFold;
use self::phases::PhaseLine;
use super::figure::{Figure, FigurePlan, Gap, Metric};
use super::latency::Latencies;
use super::pairing::{Pair, PairFold, PairPlan};
use super::snapshot::{Counts, Scorecard};
use super::tally::Tally;
use super::waste::Waste;
use crate::clock::Moment;
use crate::event::sighting::gateway::GatewayClaim;
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
    /// At the end of a run: every figure of every way of calling that has samples, over all judged
    /// phases, and those that are counts of shots and attempts by phase as well.
    pub table: Vec<Figure>,
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
    /// The figures asked for, and those of the table.
    asked: Vec<FigurePlan>,
    table: Vec<FigurePlan>,
    /// What both are made from, for each arm.
    sums: Vec<Vec<FigureFold>>,
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
        let table: Vec<FigurePlan> = (0..arms).flat_map(table_of).collect();
        let mut sums: Vec<Vec<FigureFold>> = (0..arms).map(|_| Vec::new()).collect();
        for figure in plan.figures.iter().chain(&table) {
            if let Some(sums) = sums.get_mut(figure.arm.index())
                && !sums.iter().any(|sum| sum.serves(figure))
            {
                sums.push(FigureFold::new(*figure));
            }
        }
        let mut fold = Self {
            line: PhaseLine::default(),
            asked: plan.figures.clone(),
            table,
            sums,
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
    pub(super) fn shot(&mut self, record: &ShotRecord, waste: &Waste) {
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
        for sum in self.sums.get_mut(arm).into_iter().flatten() {
            sum.shot(phase, record, waste);
        }
        for pair in &mut self.pairs {
            pair.shot(phase, record);
        }
    }

    /// Counts what a gateway claims of an answer, in the phase in which it came.
    pub(super) fn claim(&mut self, at: Moment, claim: &GatewayClaim) {
        let phase = self.line.phase_at(at).filter(|phase| phase.place().is_some());
        if let (Some(phase), Some(sums)) = (phase, self.sums.get_mut(claim.arm.index())) {
            for sum in sums {
                sum.claim(phase, at.as_secs(), claim);
            }
        }
    }

    /// Brings the figures up to date; `cards` are the marks of every fault so far. Pairs get their
    /// means and ratios their values, but no interval yet.
    pub(super) fn refresh(&mut self, cards: &[Arc<Scorecard>]) {
        self.view = Arc::new(self.made(cards, None));
    }

    /// The same at the end of a run: pairs and ratios get their intervals, drawn from the seed, and
    /// the table is made.
    pub(super) fn conclude(&mut self, cards: &[Arc<Scorecard>], seed: Seed) {
        self.view = Arc::new(self.made(cards, Some(seed)));
    }

    pub(super) fn view(&self) -> Arc<Evidence> {
        Arc::clone(&self.view)
    }

    fn figure(&self, plan: &FigurePlan, cards: &[Arc<Scorecard>], seed: Option<Seed>) -> Option<Figure> {
        let sums = self.sums.get(plan.arm.index())?;
        let place = sums.iter().position(|sum| sum.serves(plan))?;
        let own = seed.map(|seed| {
            seed.derive("figures")
                .keyed(u64::from(plan.arm.0))
                .keyed(place as u64)
        });
        Some(sums[place].figure(*plan, cards, own))
    }

    fn made(&self, cards: &[Arc<Scorecard>], seed: Option<Seed>) -> Evidence {
        let pair = |pair: &PairFold| match seed {
            Some(seed) => pair.concluded(seed.derive("pairing")),
            None => pair.so_far(),
        };
        let figures = |plans: &[FigurePlan]| -> Vec<Figure> {
            let plans = plans.iter();
            plans.filter_map(|plan| self.figure(plan, cards, seed)).collect()
        };
        let table = if seed.is_some() {
            figures(&self.table)
        } else {
            Vec::new()
        };
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
            figures: figures(&self.asked),
            table: table.into_iter().filter(says_something).collect(),
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

/// The figures that every run finds out of a way of calling.
fn table_of(arm: usize) -> impl Iterator<Item = FigurePlan> {
    let arm = ArmId(u16::try_from(arm).unwrap_or(u16::MAX));
    let whole = Metric::whole_table().into_iter().map(|metric| (None, metric));
    let by_phase = Phase::JUDGED
        .into_iter()
        .flat_map(|phase| Metric::PHASE_TABLE.map(|metric| (Some(phase), metric)));
    whole
        .chain(by_phase)
        .map(move |(phase, metric)| FigurePlan { arm, phase, metric })
}

/// Whether a figure belongs in the table: what was never tried does not, nor a cache that is not used.
fn says_something(figure: &Figure) -> bool {
    let is_unused = figure.plan.metric == Metric::CacheHits && figure.value == Some(0.0);
    figure.samples > 0 && !is_unused && figure.gap != Some(Gap::Unscathed)
}

#[cfg(test)]
mod tests;
