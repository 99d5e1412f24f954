//! The block bootstrap of a mean difference.
//!
//! Circular moving blocks: a resample is made of runs of neighbouring seconds, drawn with their
//! place until it is as long as the phase was, and its figure is the sum of the differences over
//! the number of pairs, so that busy seconds weigh more. A run is as long as the cube root of the
//! number of seconds (shorter where that would leave fewer than eight of them), the order at which the error is least (P. Hall, J. Horowitz, B.-Y. Jing,
//! Biometrika 82 (1995), 561).
//!
//! The percentiles of few blocks are too narrow. They are drawn out about the estimate by what
//! Student's t with as many degrees as there are blocks needs more than the normal distribution
//! (T. C. Hesterberg, The American Statistician 69 (2015), 371: expanded percentiles).

use std::iter::Sum;

use crate::measure::interval::Interval;
use crate::measure::resample;
use crate::seed::Stream;

/// Resamples.
const RESAMPLES: usize = 2_000;

/// Sums over a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Block {
    /// Pairs.
    pub(super) pairs: u64,
    /// Of the first.
    pub(super) first: f64,
    /// Of the second.
    pub(super) second: f64,
}

impl Block {
    pub(super) fn count(&mut self, first: f64, second: f64) {
        self.pairs += 1;
        self.first += first;
        self.second += second;
    }
}

impl Sum for Block {
    fn sum<I: Iterator<Item = Self>>(blocks: I) -> Self {
        blocks.fold(Self::default(), |sum, block| Self {
            pairs: sum.pairs + block.pairs,
            first: sum.first + block.first,
            second: sum.second + block.second,
        })
    }
}

/// An interval, and how many blocks a run had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) interval: Interval,
    pub(super) length: usize,
}

/// The interval of the mean difference; `None` for too few blocks. Every block must have pairs.
pub(super) fn interval(blocks: &[Block], draws: &mut Stream) -> Option<Found> {
    let n = blocks.len();
    let length = resample::run_length(n)?;
    let sums = Running::over(blocks, length);
    let (difference, pairs) = sums.between(0, n);
    let mean = difference / pairs;
    let means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut difference, mut pairs) = (0.0, 0.0);
            let mut left = n;
            while left > 0 {
                let run = length.min(left);
                let taken = sums.between(draws.below(n), run);
                difference += taken.0;
                pairs += taken.1;
                left -= run;
            }
            difference / pairs
        })
        .collect();
    Some(Found {
        interval: resample::interval(mean, means, n),
        length,
    })
}

/// Running sums around the circle, so that any run of blocks costs two look-ups.
struct Running(Vec<(f64, f64)>);

impl Running {
    /// Reaches `beyond` blocks over the end, where the circle begins again.
    fn over(blocks: &[Block], beyond: usize) -> Self {
        let mut sums = Vec::with_capacity(blocks.len() + beyond + 1);
        let mut sum = (0.0, 0.0);
        sums.push(sum);
        for block in blocks.iter().cycle().take(blocks.len() + beyond) {
            sum.0 += block.first - block.second;
            sum.1 += block.pairs as f64;
            sums.push(sum);
        }
        Self(sums)
    }

    /// The differences and the pairs of so many blocks from a place on.
    fn between(&self, from: usize, number: usize) -> (f64, f64) {
        let (begin, end) = (self.0[from], self.0[from + number]);
        (end.0 - begin.0, end.1 - begin.1)
    }
}
