//! The block bootstrap of a quotient of two sums: a mean difference, or a ratio.
//!
//! Circular moving blocks: a resample is made of runs of neighbouring seconds, drawn with their
//! place until it is as long as the phase was, and its figure is the one sum over the other, so
//! that busy seconds weigh more. A run is as long as the cube root of the number of seconds
//! (shorter where that would leave fewer than eight of them), the order at which the error is least
//! (P. Hall, J. Horowitz, B.-Y. Jing, Biometrika 82 (1995), 561).
//!
//! The percentiles of few blocks are too narrow. They are drawn out about the estimate by what
//! Student's t with as many degrees as there are blocks needs more than the normal distribution
//! (T. C. Hesterberg, The American Statistician 69 (2015), 371: expanded percentiles).

use super::interval::Interval;
use super::resample;
use crate::seed::Stream;

/// Resamples.
const RESAMPLES: usize = 2_000;

/// What is above and below the line in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Term {
    pub(super) over: f64,
    /// Above zero.
    pub(super) under: f64,
}

/// An interval, and how many seconds a run had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) interval: Interval,
    pub(super) length: usize,
}

/// The interval of the quotient; `None` for too few seconds.
pub(super) fn interval(terms: &[Term], draws: &mut Stream) -> Option<Found> {
    let n = terms.len();
    let length = resample::run_length(n)?;
    let sums = Running::over(terms, length);
    let found = sums.between(0, n).quotient();
    let resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let mut sum = Term::default();
            let mut left = n;
            while left > 0 {
                let run = length.min(left);
                sum.add(sums.between(draws.below(n), run));
                left -= run;
            }
            sum.quotient()
        })
        .collect();
    Some(Found {
        interval: resample::interval(found, resampled, n),
        length,
    })
}

impl Term {
    fn add(&mut self, other: Self) {
        self.over += other.over;
        self.under += other.under;
    }

    fn quotient(self) -> f64 {
        self.over / self.under
    }
}

/// Running sums around the circle, so that any run of seconds costs two look-ups.
struct Running(Vec<Term>);

impl Running {
    /// Reaches `beyond` seconds over the end, where the circle begins again.
    fn over(terms: &[Term], beyond: usize) -> Self {
        let mut sums = Vec::with_capacity(terms.len() + beyond + 1);
        let mut sum = Term::default();
        sums.push(sum);
        for term in terms.iter().cycle().take(terms.len() + beyond) {
            sum.add(*term);
            sums.push(sum);
        }
        Self(sums)
    }

    /// The sums of so many seconds from a place on.
    fn between(&self, from: usize, number: usize) -> Term {
        let (begin, end) = (self.0[from], self.0[from + number]);
        Term {
            over: end.over - begin.over,
            under: end.under - begin.under,
        }
    }
}
