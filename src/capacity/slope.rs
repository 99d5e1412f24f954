//! A robust line through a few minutes: Theil-Sen, with Sen's interval for the slope.
//!
//! Source: Sen (1968), "Estimates of the regression coefficient based on Kendall's tau". The interval
//! uses the normal approximation of Kendall's score, which is fair from about ten points on.

/// A line fitted to points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Units of y for a unit of x.
    pub slope: f64,
    /// The slope's interval, about 90 percent.
    pub between: (f64, f64),
    /// The value at the x that was asked about.
    pub level: f64,
}

/// Fewest points of which a slope is told.
pub const FEWEST: usize = 6;
/// The normal quantile of a two-sided 90 percent interval.
const Z: f64 = 1.645;

/// Fits points and reads the line at `x`. `None`: too few points.
pub fn fit(points: &[(f64, f64)], x: f64) -> Option<Line> {
    if points.len() < FEWEST {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (place, (x0, y0)) in points.iter().enumerate() {
        for (x1, y1) in &points[place + 1..] {
            if (x1 - x0).abs() > f64::EPSILON {
                slopes.push((y1 - y0) / (x1 - x0));
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    let slope = median(&slopes)?;
    let count = points.len() as f64;
    let score = Z * (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let pairs = slopes.len() as f64;
    let at = |rank: f64| slopes[(rank.max(0.0) as usize).min(slopes.len() - 1)];
    let between = (at((pairs - score) / 2.0), at(f64::midpoint(pairs, score) + 1.0));
    let mut offsets: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    offsets.sort_by(f64::total_cmp);
    Some(Line {
        slope,
        between,
        level: median(&offsets)? + slope * x,
    })
}

impl Line {
    /// Whether the interval leaves out no slope at all.
    pub fn rises(&self) -> bool {
        self.between.0 > 0.0
    }
}

/// The middle of sorted values.
fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(middle.checked_sub(1)?)?, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..12).map(|n| (f64::from(n), of(f64::from(n)))).collect()
    }

    #[test]
    fn a_line_is_found_beneath_two_wild_points() {
        let mut ramp = points(|x| 100.0 + 7.0 * x);
        ramp[3].1 = 900.0;
        ramp[8].1 = 0.0;
        let line = fit(&ramp, 11.0).expect("a line");
        assert!((line.slope - 7.0).abs() < 0.5, "{line:?}");
        assert!((line.level - 177.0).abs() < 5.0, "{line:?}");
        assert!(line.rises());
    }

    #[test]
    fn what_only_wobbles_does_not_rise() {
        let flat = points(|x| 100.0 + if (x as u64).is_multiple_of(2) { 6.0 } else { -6.0 });
        assert!(!fit(&flat, 11.0).expect("a line").rises());
        assert_eq!(fit(&flat[..5], 4.0), None);
    }
}
