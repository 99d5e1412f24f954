//! Samples by minute, thinned as they age.
//!
//! CloudWatch keeps minutes for 15 days, five minutes for 63 and hours for 455. A run is shorter and
//! its memory smaller: minutes for a day, five minutes for 15 days, then nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{MINUTE, period_start};

const DAY: i64 = 86_400;
const MINUTES_KEPT: i64 = DAY;
const FIVE_MINUTES_KEPT: i64 = 15 * DAY;

/// What can be kept in a series.
pub trait Kept: Default {
    /// Adds another's.
    fn absorb(&mut self, other: Self);
}

impl Kept for super::Samples {
    fn absorb(&mut self, other: Self) {
        self.merge(&other);
    }
}

/// A series.
#[derive(Clone, Debug)]
pub struct Series<T> {
    minutes: BTreeMap<i64, T>,
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self {
            minutes: BTreeMap::new(),
        }
    }
}

impl<T: Kept> Series<T> {
    /// The place of a moment, in seconds.
    pub fn at(&mut self, secs: i64) -> &mut T {
        let minute = period_start(secs, MINUTE);
        if !self.minutes.contains_key(&minute) {
            self.thin(minute);
        }
        self.minutes.entry(minute).or_default()
    }

    /// What lies in the minutes of a span.
    pub fn within(&self, span: Range<i64>) -> impl Iterator<Item = (i64, &T)> {
        let span = if span.is_empty() { 0..0 } else { span };
        self.minutes.range(span).map(|(minute, kept)| (*minute, kept))
    }

    /// The beginning of the last minute that has anything.
    pub fn last(&self) -> Option<i64> {
        self.minutes.keys().next_back().copied()
    }

    /// Merges what is older than a day, drops what is older than 15. Costs nothing while all is
    /// young.
    fn thin(&mut self, newest: i64) {
        while let Some((&oldest, _)) = self.minutes.first_key_value() {
            if newest - oldest <= FIVE_MINUTES_KEPT {
                break;
            }
            self.minutes.remove(&oldest);
        }
        let edge = period_start(newest - MINUTES_KEPT, 300);
        let fine = |minute: &i64| minute % 300 != 0;
        // New minutes cross the edge a few at a time, so looking back an hour finds them all.
        let old: Vec<i64> = self
            .minutes
            .range(edge - 3_600..edge)
            .map(|(minute, _)| *minute)
            .filter(fine)
            .collect();
        for minute in old {
            if let Some(kept) = self.minutes.remove(&minute) {
                self.minutes
                    .entry(period_start(minute, 300))
                    .or_default()
                    .absorb(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::metrics::{Samples, Statistic};

    #[test]
    fn a_month_of_minutes_keeps_its_sums_in_little_memory() {
        let mut series = Series::<Samples>::default();
        let minutes = 30 * 1_440;
        for minute in 0..minutes {
            series.at(minute * 60 + 7).add(1.0, 1.0);
        }
        assert!(
            series.minutes.len() < 1_440 + 70 + 14 * 288 + 300,
            "{}",
            series.minutes.len()
        );
        let newest = (minutes - 1) * 60;
        let week: f64 = series
            .within(period_start(newest - 7 * DAY, 300)..newest)
            .filter_map(|(_, samples)| samples.statistic(Statistic::Sum))
            .sum();
        assert!((week - 7.0 * 1_440.0).abs() <= 5.0, "{week}");
    }
}
