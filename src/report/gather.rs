//! From the facts of a run to its [`Account`], in one pass.

use std::sync::Arc;

use super::account::{Account, Source};
use crate::clock::Moment;
use crate::event::Event;
use crate::measure::{Fold, FoldPlan, Gauges, Snapshot};
use crate::scenario::JudgePlan;

/// Takes the facts and gauges of a run in the order in which the run's own fold was told them.
#[derive(Debug)]
pub struct Gatherer {
    fold: Fold,
    last: Snapshot,
    gauges: Gauges,
}

impl Gatherer {
    /// Of a run that is measured so: [`crate::drill::measured::fold_plan`].
    pub fn new(plan: FoldPlan) -> Self {
        let mut fold = Fold::new(plan).with_detail();
        let gauges = Gauges::default();
        Self {
            last: fold.snapshot(Moment::ZERO, &gauges),
            fold,
            gauges,
        }
    }

    /// Takes a fact.
    pub fn event(&mut self, event: Event) {
        self.fold.take(event);
    }

    /// A snapshot was taken here.
    pub fn tick(&mut self, at: Moment, gauges: Gauges) {
        self.last = self.fold.snapshot(at, &gauges);
        self.gauges = gauges;
    }

    /// The evidence was asked for here: this too brings figures up to date.
    pub fn evidence(&mut self, at: Moment) {
        self.fold.evidence(at);
    }

    /// That was all. A run that never said it was finished is brought to an end where it broke off.
    pub fn finish(mut self, mut source: Source, plan: &JudgePlan) -> Account {
        if !self.last.finished {
            let at = self.last.at;
            self.gauges.finished = true;
            self.last = self.fold.snapshot(at, &self.gauges);
            source.broken_off.get_or_insert_with(|| {
                format!(
                    "the recording ends after {:.1?}, before the run did",
                    at.since_start()
                )
            });
        }
        Account::new(source, Arc::new(self.last), plan, self.fold.into_detail())
    }
}
