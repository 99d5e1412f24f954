//! How far a figure may be from the truth: 95 percent intervals, pure arithmetic.
//!
//! Which interval is used for what, and why, stands in `docs/measurement.md`.

use serde::Serialize;

/// The two-sided 95 percent point of the normal distribution.
pub const Z: f64 = 1.959_964;
/// Means of fewer values than this get no interval: the normal approximation would flatter.
pub const LEAST_FOR_A_MEAN: u64 = 30;

/// A 95 percent interval. An end that is missing could lie anywhere: too few samples reach there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

impl Interval {
    /// Both ends known.
    pub const fn between(low: f64, high: f64) -> Self {
        Self {
            low: Some(low),
            high: Some(high),
        }
    }

    /// What was counted in full is what it is.
    pub const fn exact(value: f64) -> Self {
        Self::between(value, value)
    }

    /// From the lower of the low ends to the higher of the high ends.
    #[must_use]
    pub fn or_wider(self, other: Self) -> Self {
        let ends = |one: Option<f64>, two: Option<f64>, pick: fn(f64, f64) -> f64| Some(pick(one?, two?));
        Self {
            low: ends(self.low, other.low, f64::min),
            high: ends(self.high, other.high, f64::max),
        }
    }

    /// Without what lies beyond two ends that no figure can pass.
    #[must_use]
    pub fn within(self, least: f64, most: f64) -> Self {
        Self {
            low: self.low.map(|low| low.clamp(least, most)),
            high: self.high.map(|high| high.clamp(least, most)),
        }
    }

    /// Whether zero lies outside.
    pub fn misses_zero(&self) -> bool {
        self.low.is_some_and(|low| low > 0.0) || self.high.is_some_and(|high| high < 0.0)
    }
}

/// Wilson's score interval for a share: it keeps within 0 and 1, and says something sensible where
/// none or all of the samples are hits, which is where availability lives.
///
/// E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209.
pub fn wilson(hits: u64, samples: u64) -> Interval {
    if samples == 0 {
        return Interval::default();
    }
    let n = samples as f64;
    let share = hits as f64 / n;
    let spread = Z * ((share * (1.0 - share) + Z * Z / (4.0 * n)) / n).sqrt();
    let (middle, scale) = (share + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    // At the ends rounding must not leave a sliver.
    let low = if hits == 0 { 0.0 } else { (middle - spread) / scale };
    let high = if hits == samples {
        1.0
    } else {
        (middle + spread) / scale
    };
    Interval::between(low, high)
}

/// The interval of a difference of two shares over matched pairs, for independent pairs: Bonett and
/// Price's adjusted Wald interval (J. Educ. Behav. Stat. 37 (2012), 479). `ahead` counts the pairs
/// in which only the first was a hit, and only the second. It says something sensible where the two
/// hardly ever differ, or always do.
pub fn matched_pairs(ahead: (u64, u64), pairs: u64) -> Interval {
    let n = pairs as f64 + 2.0;
    let (first, second) = ((ahead.0 as f64 + 1.0) / n, (ahead.1 as f64 + 1.0) / n);
    let difference = first - second;
    let spread = Z * ((first + second - difference * difference) / n).sqrt();
    Interval::between((difference - spread).max(-1.0), (difference + spread).min(1.0))
}

/// The interval of the difference of two shares of independent samples, the second less the first:
/// Newcombe's, of two of [`wilson`]'s (R. G. Newcombe, Statistics in Medicine 17 (1998), 873, method
/// 10). Each share is told as hits and samples; without samples nothing is known.
pub fn shares_apart(first: (u64, u64), second: (u64, u64)) -> Interval {
    let ends = |(hits, samples): (u64, u64)| {
        let known = wilson(hits, samples);
        Some((hits as f64 / samples as f64, known.low?, known.high?))
    };
    let (Some((a, a_low, a_high)), Some((b, b_low, b_high))) = (ends(first), ends(second)) else {
        return Interval::default();
    };
    let reach = |one: f64, other: f64| one.hypot(other);
    Interval::between(
        b - a - reach(b - b_low, a_high - a),
        b - a + reach(b_high - b, a - a_low),
    )
}

/// How many samples without a miss it takes until the lower end of [`wilson`] reaches a share;
/// `None` for all of them.
pub fn samples_for(share: f64) -> Option<u64> {
    (share < 1.0).then(|| (share * Z * Z / (1.0 - share)).ceil() as u64)
}

/// The ranks, from one, of the ordered samples between which a quantile lies with 95 percent:
/// no assumption about the distribution. An end is missing where the samples do not reach so far.
///
/// The number of samples below the true quantile is binomial; up to `EXACT` samples its sums are
/// taken exactly, beyond that the normal approximation is well within a rank's worth.
/// H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1.
pub fn quantile_ranks(samples: u64, share: f64) -> (Option<u64>, Option<u64>) {
    if samples == 0 {
        return (None, None);
    }
    let (below, upto) = if samples <= EXACT {
        exact_ranks(samples, share)
    } else {
        let mean = samples as f64 * share;
        let spread = Z * (mean * (1.0 - share)).sqrt();
        (
            (mean - spread).floor().max(0.0) as u64,
            (mean + spread).ceil() as u64 + 1,
        )
    };
    ((below >= 1).then_some(below), (upto <= samples).then_some(upto))
}

/// How many samples it takes until the largest lies above a quantile with enough certainty to be
/// the upper end of [`quantile_ranks`].
pub fn samples_above(share: f64) -> u64 {
    (TAIL.ln() / share.ln()).ceil() as u64
}

/// Up to so many samples the binomial sums are taken exactly.
const EXACT: u64 = 2_000;
/// What may lie beyond each end.
const TAIL: f64 = 0.025;

/// The largest rank whose sample lies above the quantile with at most 2.5 percent, and the smallest
/// whose sample lies below it with at most 2.5 percent; zero, or one more than there are: none.
fn exact_ranks(samples: u64, share: f64) -> (u64, u64) {
    let n = samples as f64;
    let odds = (share / (1.0 - share)).ln();
    let mut log_mass = n * (1.0 - share).ln();
    let mut sum = 0.0;
    let mut lower = 0;
    for k in 0..=samples {
        sum += log_mass.exp();
        if sum <= TAIL {
            lower = k + 1;
        }
        if sum >= 1.0 - TAIL {
            return (lower, k + 1);
        }
        log_mass += ((n - k as f64) / (k as f64 + 1.0)).ln() + odds;
    }
    (lower, samples + 1)
}

/// The two-sided 95 percent point of Student's t (Cornish and Fisher's expansion, within 0.001
/// from seven degrees of freedom on, and narrower below).
pub fn student(degrees: f64) -> f64 {
    let z = |power: i32| Z.powi(power);
    let nu = degrees.max(1.0);
    Z + (z(3) + Z) / (4.0 * nu)
        + (5.0 * z(5) + 16.0 * z(3) + 3.0 * Z) / (96.0 * nu * nu)
        + (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * Z) / (384.0 * nu.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn near(found: Option<f64>, wanted: f64, within: f64) {
        let found = found.expect("an end");
        assert!((found - wanted).abs() <= within, "{found} for {wanted}");
    }

    #[test]
    fn wilsons_interval_has_the_published_ends() {
        // R: prop.test(x, n, correct = FALSE)
        for (hits, samples, low, high) in [
            (0, 10, 0.0, 0.277_533),
            (10, 10, 0.722_467, 1.0),
            (81, 263, 0.255_284, 0.366_216),
            (450, 450, 0.991_536, 1.0),
        ] {
            let interval = wilson(hits, samples);
            near(interval.low, low, 2e-4);
            near(interval.high, high, 2e-4);
        }
        assert_eq!(wilson(0, 0), Interval::default());
    }

    #[test]
    fn so_many_samples_without_a_miss_just_reach_a_share() {
        for share in [0.5, 0.9, 0.95, 0.99, 0.999] {
            let enough = samples_for(share).expect("below all");
            assert!(wilson(enough, enough).low >= Some(share), "{share}");
            assert!(wilson(enough - 1, enough - 1).low < Some(share), "{share}");
        }
        assert_eq!(samples_for(1.0), None);
    }

    #[test]
    fn a_high_percentile_of_few_samples_has_no_upper_end() {
        assert_eq!(quantile_ranks(100, 0.99).1, None);
        assert_eq!(quantile_ranks(367, 0.99).1, None);
        assert_eq!(quantile_ranks(368, 0.99).1, Some(368));
        assert_eq!(samples_above(0.99), 368);
        assert_eq!(quantile_ranks(5, 0.5), (None, None));
        assert_eq!(quantile_ranks(6, 0.5), (Some(1), Some(6)));
        // Tables of order statistics: 50 samples, ranks 18 and 33.
        assert_eq!(quantile_ranks(50, 0.5), (Some(18), Some(33)));
        let (exact, normal) = (quantile_ranks(EXACT, 0.99), quantile_ranks(EXACT + 1, 0.99));
        for (exact, normal) in [(exact.0, normal.0), (exact.1, normal.1)] {
            let apart = exact.expect("an end").abs_diff(normal.expect("an end"));
            assert!(apart <= 2, "{exact:?} and {normal:?}");
        }
    }

    #[test]
    fn students_points_are_those_of_the_tables() {
        for (degrees, wanted) in [(7.0, 2.364_62), (10.0, 2.228_14), (30.0, 2.042_27), (1e9, Z)] {
            near(Some(student(degrees)), wanted, 1e-3);
        }
    }

    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        const RUNS: u32 = 400;
        let mut draws = Seed::new(5).derive("coverage").stream();
        let (mut shares, mut quantiles) = (0, 0);
        for _ in 0..RUNS {
            let samples = 300_u64;
            let hits = (0..samples).filter(|_| draws.chance(0.97)).count() as u64;
            let interval = wilson(hits, samples);
            shares += u32::from(interval.low < Some(0.97) && interval.high > Some(0.97));

            let mut times: Vec<f64> = (0..samples).map(|_| draws.exponential()).collect();
            times.sort_by(f64::total_cmp);
            let (low, high) = quantile_ranks(samples, 0.9);
            let at = |rank: Option<u64>| times[rank.expect("an end") as usize - 1];
            let truth = 10.0_f64.ln();
            quantiles += u32::from(at(low) <= truth && truth <= at(high));
        }
        for held in [shares, quantiles] {
            let share = f64::from(held) / f64::from(RUNS);
            assert!((0.92..=0.985).contains(&share), "{share}");
        }
    }
}
