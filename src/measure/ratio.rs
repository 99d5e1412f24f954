//! A quotient of two sums over shots, with its interval: attempts for each shot, cached tokens for
//! each prompt token.

use std::iter::Sum;

use super::bootstrap::{self, Term};
use super::by_second::BySecond;
use super::interval::{Interval, LEAST_FOR_A_MEAN};
use crate::seed::Stream;

/// Seconds kept apart, for each ratio.
const SECONDS: u64 = 4_096;

/// The sums, by the second in which shots were intended.
#[derive(Debug)]
pub(super) struct Ratio(BySecond<Part>);

#[derive(Clone, Copy, Debug, Default)]
struct Part {
    samples: u64,
    term: Term,
}

impl Sum for Part {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            samples: sum.samples + part.samples,
            term: Term {
                over: sum.term.over + part.term.over,
                under: sum.term.under + part.term.under,
            },
        })
    }
}

impl Default for Ratio {
    fn default() -> Self {
        Self(BySecond::at_most(SECONDS))
    }
}

impl Ratio {
    /// Counts so many samples of a second, and what they add above and below the line.
    pub(super) fn count(&mut self, second: u64, samples: u64, (over, under): (f64, f64)) {
        let part = self.0.at(second);
        part.samples += samples;
        part.term.over += over;
        part.term.under += under;
    }

    /// How many samples there are, and the ratio; `None` while there is nothing to divide by.
    pub(super) fn value(&self) -> (u64, Option<f64>) {
        let all: Part = self.0.all().sum();
        let value = (all.term.under > 0.0).then(|| all.term.over / all.term.under);
        (all.samples, value)
    }

    /// Its interval; without ends for fewer than [`LEAST_FOR_A_MEAN`] samples or too few seconds.
    pub(super) fn interval(&self, draws: &mut Stream) -> Interval {
        if self.value().0 < LEAST_FOR_A_MEAN {
            return Interval::default();
        }
        let terms: Vec<Term> = self
            .0
            .all()
            .map(|part| part.term)
            .filter(|term| term.under > 0.0)
            .collect();
        bootstrap::interval(&terms, draws).map_or_else(Interval::default, |found| found.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn the_interval_holds_the_truth_even_where_a_second_strikes_all_its_shots() {
        const RUNS: u64 = 300;
        let mut held = 0;
        for seed in 0..RUNS {
            let mut draws = Seed::new(seed).derive("attempts").stream();
            let mut ratio = Ratio::default();
            // A tenth of the seconds make every shot try three times: 1.2 attempts on average.
            for second in 0..120 {
                let attempts = if draws.chance(0.1) { 3.0 } else { 1.0 };
                for _ in 0..10 {
                    ratio.count(second, 1, (attempts, 1.0));
                }
            }
            let interval = ratio.interval(&mut Seed::new(seed).stream());
            held += u64::from(interval.low < Some(1.2) && interval.high > Some(1.2));
        }
        let share = held as f64 / RUNS as f64;
        assert!((0.9..=0.98).contains(&share), "{share}");
    }

    #[test]
    fn few_shots_or_few_seconds_give_no_interval() {
        let interval = |seconds, each| {
            let mut ratio = Ratio::default();
            for second in 0..seconds {
                ratio.count(second, each, (each as f64, each as f64));
            }
            ratio.interval(&mut Seed::new(1).stream())
        };
        assert_eq!(interval(7, 100), Interval::default());
        assert_eq!(interval(29, 1), Interval::default());
        assert_eq!(interval(30, 1), Interval::exact(1.0));
    }
}
