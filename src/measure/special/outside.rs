//! What the panel of traffic from outside shows: retries by layer, hops between regions and models,
//! back-off, what was lost, and who called.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{SpecialFold, SpecialView};
use crate::clock::Moment;
use crate::event::sighting::Seen;
use crate::event::sighting::outside::OutsideSeen;
use crate::event::{Attempt, Route, ShotRecord};
use crate::measure::seconds::{Second, Seconds};

/// Hops told apart; those beyond are counted in the sums alone.
const MOST_HOPS: usize = 32;

/// The view.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OutsideView {
    /// Since the run began.
    pub total: Layers,
    /// Over the last ten seconds, by the moment at which operations were over.
    pub recent: Layers,
    /// Attempts of one operation at another place than the one before, in the order of the first.
    pub hops: Vec<HopLine>,
    /// Who called, and what is open.
    pub seen: Arc<OutsideSeen>,
}

/// Retries, layer by layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Layers {
    /// Operations of the program.
    pub operations: u64,
    /// Of those, answered.
    pub answered: u64,
    /// Of those, answered after a first attempt that failed.
    pub saved: u64,
    /// Calls of the SDK that the program made for them: above `operations` its own loop's repeats.
    pub invocations: u64,
    /// Attempts that the SDK made for those: above `invocations` the SDK's retries.
    pub attempts: u64,
    /// Attempts at another place than the one before.
    pub failovers: u64,
    /// Tokens generated for attempts that did not count.
    pub wasted_tokens: u64,
    /// Back-off before the SDK's retries.
    pub sdk_backoff: Backoff,
    /// Back-off before the loop's repeats.
    pub loop_backoff: Backoff,
}

/// How long was waited between a failure and the next attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backoff {
    /// How often.
    pub count: u64,
    /// In all.
    pub sum: Duration,
    /// The longest.
    pub most: Duration,
}

impl Backoff {
    /// The mean; `None` where nothing was waited for.
    pub fn mean(&self) -> Option<Duration> {
        u32::try_from(self.count)
            .ok()
            .filter(|count| *count > 0)
            .map(|count| self.sum / count)
    }

    fn count(&mut self, waited: Duration) {
        self.count += 1;
        self.sum += waited;
        self.most = self.most.max(waited);
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.most = self.most.max(other.most);
    }
}

impl Layers {
    /// Operations that were lost.
    pub const fn lost(&self) -> u64 {
        self.operations - self.answered
    }

    /// Attempts for each operation; `None` without operations.
    pub fn amplification(&self) -> Option<f64> {
        per(self.attempts, self.operations)
    }

    /// Attempts for each call of the SDK.
    pub fn by_sdk(&self) -> Option<f64> {
        per(self.attempts, self.invocations)
    }

    /// Calls of the SDK for each operation.
    pub fn by_loop(&self) -> Option<f64> {
        per(self.invocations, self.operations)
    }

    fn of(record: &ShotRecord) -> Self {
        let attempts = &record.attempts;
        let mut layers = Self {
            operations: 1,
            answered: u64::from(record.succeeded()),
            saved: u64::from(
                record.succeeded() && attempts.first().is_some_and(|first| first.failure().is_some()),
            ),
            attempts: attempts.len() as u64,
            ..Self::default()
        };
        for (place, attempt) in attempts.iter().enumerate() {
            let is_first = attempt.number == 1;
            layers.invocations += u64::from(is_first);
            if attempt.failure().is_some() {
                layers.wasted_tokens += attempt.usage.map_or(0, |usage| usage.output);
            }
            let Some(before) = place.checked_sub(1).and_then(|before| attempts.get(before)) else {
                continue;
            };
            layers.failovers += u64::from(before.route != attempt.route);
            if is_first {
                layers.loop_backoff.count(attempt.backoff);
            } else {
                layers.sdk_backoff.count(attempt.backoff);
            }
        }
        layers
    }

    fn add(&mut self, other: &Self) {
        self.operations += other.operations;
        self.answered += other.answered;
        self.saved += other.saved;
        self.invocations += other.invocations;
        self.attempts += other.attempts;
        self.failovers += other.failovers;
        self.wasted_tokens += other.wasted_tokens;
        self.sdk_backoff.add(&other.sdk_backoff);
        self.loop_backoff.add(&other.loop_backoff);
    }
}

impl Second for Layers {
    fn clear(&mut self) {
        *self = Self::default();
    }
}

fn per(over: u64, under: u64) -> Option<f64> {
    (under > 0).then(|| over as f64 / under as f64)
}

/// From one place to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HopLine {
    /// The place that failed.
    pub from: Arc<str>,
    /// The place taken instead.
    pub to: Arc<str>,
    /// How often.
    pub count: u64,
    /// Of those, answered there.
    pub answered: u64,
    /// The last time.
    pub last_at: Moment,
}

/// Folds the operations of a program.
#[derive(Debug, Default)]
pub struct OutsideFold {
    total: Layers,
    seconds: Seconds<Layers>,
    recent: Layers,
    hops: Vec<HopLine>,
    seen: Arc<OutsideSeen>,
}

impl OutsideFold {
    fn hop(&mut self, from: &Route, to: &Attempt) {
        let is_same = |line: &&mut HopLine| line.from == from.label && line.to == to.route.label;
        let answered = u64::from(to.failure().is_none());
        if let Some(line) = self.hops.iter_mut().find(is_same) {
            line.count += 1;
            line.answered += answered;
            line.last_at = line.last_at.max(to.sent_at);
        } else if self.hops.len() < MOST_HOPS {
            self.hops.push(HopLine {
                from: Arc::clone(&from.label),
                to: Arc::clone(&to.route.label),
                count: 1,
                answered,
                last_at: to.sent_at,
            });
        }
    }
}

impl SpecialFold for OutsideFold {
    fn shot(&mut self, record: &ShotRecord) {
        let layers = Layers::of(record);
        self.total.add(&layers);
        self.seconds.advance(record.ended_at.as_secs(), |_, _| {});
        if let Some(second) = self.seconds.get_mut(record.ended_at.as_secs()) {
            second.add(&layers);
        }
        for pair in record.attempts.windows(2) {
            if let [before, after] = pair
                && before.route != after.route
            {
                self.hop(&before.route, after);
            }
        }
    }

    fn seen(&mut self, _: Moment, seen: &Seen) {
        if let Seen::Outside(seen) = seen {
            self.seen = Arc::new(OutsideSeen::clone(seen));
        }
    }

    fn refresh(&mut self, from: u64, end: u64) {
        self.seconds.advance(end.saturating_sub(1), |_, _| {});
        self.recent = Layers::default();
        for (_, second) in self.seconds.range(from, end) {
            self.recent.add(second);
        }
    }

    fn view(&self, _: Moment) -> SpecialView {
        SpecialView::Outside(OutsideView {
            total: self.total,
            recent: self.recent,
            hops: self.hops.clone(),
            seen: Arc::clone(&self.seen),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{FailureKind, ShotEnd};
    use crate::measure::fold::fixture::{attempt, shot};

    #[test]
    fn retries_are_counted_by_the_layer_that_makes_them() {
        let at = Moment::from_millis;
        let mut record = shot(0, 0, 0, 900, ShotEnd::Succeeded);
        let tried = |from, to, number, failure| {
            let mut attempt = attempt(0, at(from), at(to), failure);
            attempt.number = number;
            attempt
        };
        let refused = Some(FailureKind::Unavailable);
        // The SDK tries twice, the loop once more.
        record.attempts = vec![
            tried(0, 100, 1, refused),
            tried(200, 300, 2, refused),
            tried(800, 900, 1, None),
        ];
        record.attempts[1].backoff = Duration::from_millis(100);
        record.attempts[2].backoff = Duration::from_millis(500);
        let mut fold = OutsideFold::default();
        fold.shot(&record);
        fold.refresh(0, 10);
        let SpecialView::Outside(view) = fold.view(at(1_000)) else {
            panic!("a view of its own");
        };
        assert_eq!(view.total, view.recent);
        let total = view.total;
        assert_eq!((total.operations, total.invocations, total.attempts), (1, 2, 3));
        assert_eq!((total.saved, total.lost()), (1, 0));
        assert_eq!(total.sdk_backoff.mean(), Some(Duration::from_millis(100)));
        assert_eq!(total.loop_backoff.most, Duration::from_millis(500));
    }
}
