//! The block bootstrap of any figure that is made from seconds: circular moving blocks, as in
//! [`super::pairing`], where the resample is told by how often each second is in it.

use super::interval::{Interval, Z, student};
use crate::seed::Stream;

/// Fewer runs of neighbours than this say nothing about a spread.
const LEAST_RUNS: usize = 8;
/// What lies beyond each end.
const TAIL: f64 = 0.025;

/// How many neighbours a run of a resample has: the cube root of all, at the most an eighth of them;
/// `None`: there are too few for an interval.
pub fn run_length(n: usize) -> Option<usize> {
    (n >= LEAST_RUNS).then(|| ((n as f64).cbrt().round() as usize).clamp(1, n / LEAST_RUNS))
}

/// How often each of `n` neighbours is in one resample.
pub fn resample(n: usize, draws: &mut Stream) -> Vec<u32> {
    let mut times = vec![0; n];
    let length = run_length(n).unwrap_or(1);
    let mut left = n;
    while left > 0 {
        let from = draws.below(n);
        for place in from..from + length.min(left) {
            times[place % n] += 1;
        }
        left -= length.min(left);
    }
    times
}

/// The interval of an estimate from what resamples of `n` neighbours gave: their percentiles, drawn
/// out about the estimate as Student's t with that many runs asks for.
pub fn interval(estimate: f64, mut resampled: Vec<f64>, n: usize) -> Interval {
    let Some(length) = run_length(n).filter(|_| !resampled.is_empty()) else {
        return Interval::default();
    };
    resampled.sort_by(f64::total_cmp);
    let runs = n as f64 / length as f64;
    let expand = expansion(runs);
    let end = |share: f64| {
        let place = (share * (resampled.len() - 1) as f64).round() as usize;
        estimate + expand * (resampled[place] - estimate)
    };
    Interval::between(end(TAIL), end(1.0 - TAIL))
}

/// What percentiles of so many runs are too narrow by.
fn expansion(runs: f64) -> f64 {
    student(runs - 1.0) / Z * (runs / (runs - 1.0)).sqrt()
}
