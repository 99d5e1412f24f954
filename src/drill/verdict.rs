//! The verdict on a run: what its scenario expected, held against what was measured. Pure.
//!
//! A drill that flatters itself is worse than none. So a run whose figures cannot be believed is
//! inconclusive whatever they say, and one that was broken off is stopped whatever it had shown.

mod trust;

use serde::Serialize;

use super::expectation::{Judged, Standing};
use super::stopping;
use super::wording::sentence;
use crate::clock::Moment;
use crate::event::{CutCause, Phase};
use crate::measure::Snapshot;
use crate::measure::evidence::Evidence;
use crate::measure::pairing::Pair;
use crate::scenario::JudgePlan;
use crate::scenario::judging::{Comparison, RecoveryPlan};

pub use trust::doubts;

/// How a run is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything that was expected holds.
    Pass,
    /// Something that was expected does not hold.
    Fail,
    /// Nobody can say.
    Inconclusive,
    /// Broken off by a stop condition or the budget.
    Stopped,
}

impl Outcome {
    /// Its place in the precedence of the exit codes: the greater one decides over several runs.
    pub const fn gravity(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Inconclusive => 2,
            Self::Stopped => 3,
        }
    }

    /// As it is written for programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Stopped => "stopped",
        }
    }

    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Stopped => "STOPPED",
        }
    }
}

/// A run, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How.
    pub outcome: Outcome,
    /// Why, in words; for a pass, what it rests on.
    pub reasons: Vec<String>,
    /// Each expectation.
    pub expectations: Vec<Judged>,
    /// The steady state's hypothesis; empty where the run never came to judge it.
    pub steady: Vec<Judged>,
    /// Each comparison.
    pub comparisons: Vec<Compared>,
    /// What the reader must know to take it for what it is.
    pub caveats: Vec<String>,
}

/// A comparison and what a person would say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What was asked.
    pub comparison: Comparison,
    /// What was found.
    pub pair: Pair,
    /// In words.
    pub sentence: String,
}

impl Verdict {
    /// Takes note that the run is not known to its end: what it had shown till then stays, but
    /// unless it was stopped nobody can say how it would have ended.
    pub fn break_off(&mut self, why: &str) {
        if self.outcome != Outcome::Stopped {
            if self.outcome == Outcome::Pass {
                self.reasons.clear();
            }
            self.outcome = Outcome::Inconclusive;
        }
        self.reasons.insert(0, why.to_owned());
    }
}

/// Judges a finished run.
pub fn judge(plan: &JudgePlan, last: &Snapshot) -> Verdict {
    let evidence = &*last.evidence;
    let (expectations, steady) = judged(plan, evidence);
    let recovery = plan
        .recovery
        .as_ref()
        .map(|recovery| recovered(recovery, evidence))
        .unwrap_or_default();
    let mut reasons = Reasons::default();
    match &evidence.cut {
        Some((CutCause::Stopped, why)) => reasons.stopped.push(why.clone()),
        Some((CutCause::Unsteady, why)) => reasons.unsure.push(why.clone()),
        Some((CutCause::Asked, why)) => reasons.unsure.push(format!("ended before its time: {why}")),
        // What was still in flight at the end may have spent the rest.
        None => reasons.stopped.extend(stopping::overspent(&plan.stop, last)),
    }
    reasons.unsure.extend(doubts(last));
    // What was never tried is the consequence of the cut, not a reason of its own.
    let tried = |judged: &&Judged| evidence.cut.is_none() || judged.figure.samples > 0;
    for judged in expectations.iter().filter(tried) {
        reasons.add(judged);
    }
    // The hypothesis of a run without faults is judged here; else it was, before the first one.
    if evidence.cut.is_none() {
        reasons.doubt(&steady);
    }
    reasons.broken.extend(recovery.broken);
    reasons.unsure.extend(recovery.unsure);
    let nothing_asked = plan.expectations.is_empty() && plan.recovery.is_none();
    let (outcome, reasons) = reasons.into_outcome(nothing_asked, expectations.len());
    Verdict {
        outcome,
        reasons,
        expectations,
        steady,
        comparisons: compared(plan, evidence),
        caveats: caveats(evidence),
    }
}

/// The steady state's hypothesis, before anything is broken: why it does not hold, if so.
pub fn unsteady(plan: &JudgePlan, evidence: &Evidence) -> Option<String> {
    let (_, steady) = judged(plan, evidence);
    let mut failing = steady
        .iter()
        .filter(|judged| judged.standing != Standing::Held)
        .map(line);
    let first = failing.next()?;
    let others = match failing.count() {
        0 => String::new(),
        more => format!("; and {more} more like it"),
    };
    Some(format!(
        "the steady state did not hold, so nothing was broken: {first}{others}"
    ))
}

/// Expectations and hypothesis, in the order of [`JudgePlan::evidence`].
fn judged(plan: &JudgePlan, evidence: &Evidence) -> (Vec<Judged>, Vec<Judged>) {
    let mut figures = evidence.figures.iter();
    let mut all = |expectations: &[crate::scenario::judging::Expectation]| {
        let pairs = expectations.iter().zip(figures.by_ref());
        pairs
            .map(|(expectation, figure)| Judged::new(expectation, figure))
            .collect()
    };
    let expectations = all(&plan.expectations);
    (expectations, all(&plan.steady.hypothesis))
}

fn compared(plan: &JudgePlan, evidence: &Evidence) -> Vec<Compared> {
    let pairs = plan.comparisons.iter().zip(&evidence.pairs);
    pairs
        .map(|(comparison, pair)| Compared {
            comparison: comparison.clone(),
            pair: *pair,
            sentence: sentence(comparison, pair),
        })
        .collect()
}

/// An expectation that does not hold, in one line with figure, bound and number of samples.
fn line(judged: &Judged) -> String {
    let remark = judged.remark.as_ref();
    let remark = remark.map_or_else(String::new, |remark| format!("; {remark}"));
    format!("{}, found {}{remark}", judged.expected(), judged.found())
}

/// What speaks for each outcome.
#[derive(Debug, Default)]
struct Reasons {
    stopped: Vec<String>,
    unsure: Vec<String>,
    broken: Vec<String>,
}

impl Reasons {
    fn add(&mut self, judged: &Judged) {
        match judged.standing {
            Standing::Held => {}
            Standing::Broken => self.broken.push(line(judged)),
            Standing::Unsure => self.unsure.push(line(judged)),
        }
    }

    /// A steady state that does not hold is no failure of what was to be tried: it is no trial.
    fn doubt(&mut self, steady: &[Judged]) {
        let failing = steady.iter().filter(|judged| judged.standing != Standing::Held);
        self.unsure
            .extend(failing.map(|judged| format!("the steady state did not hold: {}", line(judged))));
    }

    /// The outcome, and all reasons: the deciding ones first.
    fn into_outcome(self, nothing_asked: bool, expectations: usize) -> (Outcome, Vec<String>) {
        let outcome = if !self.stopped.is_empty() {
            Outcome::Stopped
        } else if !self.unsure.is_empty() {
            Outcome::Inconclusive
        } else if !self.broken.is_empty() {
            Outcome::Fail
        } else {
            Outcome::Pass
        };
        let mut reasons: Vec<String> = [self.stopped, self.unsure, self.broken].concat();
        if outcome == Outcome::Pass {
            reasons.push(if nothing_asked {
                "the scenario expects nothing; nothing was judged but that the figures can be believed"
                    .to_owned()
            } else {
                match expectations {
                    1 => "the one expectation holds".to_owned(),
                    many => format!("all {many} expectations hold"),
                }
            });
        }
        (outcome, reasons)
    }
}

/// Each recovery against its end condition.
fn recovered(plan: &RecoveryPlan, evidence: &Evidence) -> Reasons {
    let mut reasons = Reasons::default();
    let edges = &evidence.course;
    for (place, (began_at, _)) in edges
        .iter()
        .enumerate()
        .filter(|(_, (_, phase))| *phase == Phase::Recovery)
    {
        let next = edges.get(place + 1);
        let took = |ended_at: Moment| ended_at.since(*began_at);
        match next {
            Some((at, Phase::Recovered)) if took(*at) <= plan.within => {}
            Some((at, _)) if took(*at) > plan.within => reasons.broken.push(format!(
                "recovery: {:.0?} was not enough to come back to {:.2}% for {:?} (at most {:?})",
                took(*at),
                plan.availability.get() * 100.0,
                plan.holds,
                plan.within
            )),
            Some((at, phase)) => reasons.unsure.push(format!(
                "recovery: {} began after {:.0?}, before the recovery was over or its {:?} were up",
                phase.key(),
                took(*at),
                plan.within
            )),
            None => reasons.unsure.push("recovery: its end was not seen".to_owned()),
        }
    }
    reasons
}

fn caveats(evidence: &Evidence) -> Vec<String> {
    let injected = (evidence.injected > 0).then(|| {
        format!(
            "{} attempts failed by faults injected at the client: this is evidence about the client's \
             behaviour, not about AWS",
            evidence.injected
        )
    });
    injected.into_iter().collect()
}

#[cfg(test)]
mod tests;
