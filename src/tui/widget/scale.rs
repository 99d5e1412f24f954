//! A latency axis that ends on round values: 1, 2 or 5 times a power of ten.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The milliseconds that can be meant: a Duration has an end.
const SANE: RangeInclusive<f64> = 1e-3..=1e12;

/// An axis over latencies in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// The axis that covers some latencies, those that are not positive left out. A logarithmic one
    /// spans at least a factor of ten, a linear one begins at zero.
    pub fn covering(millis: impl Iterator<Item = f64>, logarithmic: bool) -> Self {
        let usable = millis.filter(|value| SANE.contains(value));
        let (low, high) = usable.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if high <= 0.0 {
            return Self {
                low: 10.0,
                high: 1_000.0,
                logarithmic,
            };
        }
        if !logarithmic {
            return Self {
                low: 0.0,
                high: round_up(high),
                logarithmic,
            };
        }
        let (low, mut high) = (round_down(low), round_up(high));
        while high < low * 9.9 {
            high = round_up(high * 1.01);
        }
        Self {
            low,
            high,
            logarithmic,
        }
    }

    /// Where a latency lies, 0 at the low end, 1 at the high end; beyond them at the ends.
    pub fn fraction(&self, millis: f64) -> f64 {
        let fraction = if self.logarithmic {
            (millis.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (millis - self.low) / (self.high - self.low)
        };
        if fraction.is_nan() {
            0.0
        } else {
            fraction.clamp(0.0, 1.0)
        }
    }

    /// The latency at a fraction of the axis, milliseconds.
    pub fn at(&self, fraction: f64) -> f64 {
        if self.logarithmic {
            self.low * (self.high / self.low).powf(fraction)
        } else {
            self.low + (self.high - self.low) * fraction
        }
    }

    /// Its upper end.
    pub fn top(&self) -> Duration {
        Duration::from_secs_f64(self.high / 1e3)
    }

    /// Round values along it, both ends included.
    pub fn ticks(&self) -> Vec<Duration> {
        let span = |millis: f64| Duration::from_secs_f64(millis / 1e3);
        if !self.logarithmic {
            return [0.0, 0.25, 0.5, 0.75, 1.0]
                .map(|part| span(self.at(part)))
                .to_vec();
        }
        let mut ticks = Vec::new();
        let mut value = self.low;
        while value < self.high * 1.001 && ticks.len() < 64 {
            ticks.push(span(value));
            value = round_up(value * 1.01);
        }
        ticks
    }
}

fn round_up(value: f64) -> f64 {
    let power = power_of_ten(value);
    let steps = [1.0, 2.0, 5.0, 10.0];
    let found = steps.iter().find(|step| **step * power >= value * 0.999_999);
    found.map_or(10.0 * power, |step| step * power)
}

fn round_down(value: f64) -> f64 {
    let power = power_of_ten(value);
    let steps = [5.0, 2.0, 1.0];
    let found = steps.iter().find(|step| **step * power <= value * 1.000_001);
    found.map_or(power, |step| step * power)
}

fn power_of_ten(value: f64) -> f64 {
    10_f64.powf(value.max(1e-3).log10().floor())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_axis_ends_on_round_values() {
        let scale = Scale::covering([120.0, 2_300.0].into_iter(), true);
        let ticks: Vec<u128> = scale.ticks().iter().map(Duration::as_millis).collect();
        assert_eq!(ticks, [100, 200, 500, 1_000, 2_000, 5_000]);
        assert!((scale.fraction(100.0) - 0.0).abs() < 1e-9);
        assert!((scale.fraction(5_000.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_linear_axis_begins_at_zero() {
        let scale = Scale::covering([120.0, 380.0].into_iter(), false);
        assert_eq!(scale.top(), Duration::from_millis(500));
        assert!((scale.fraction(250.0) - 0.5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn fractions_stay_on_the_axis(values in prop::collection::vec(0.0..1e9_f64, 0..5), log: bool, probe in any::<f64>()) {
            let scale = Scale::covering(values.into_iter(), log);
            prop_assert!((0.0..=1.0).contains(&scale.fraction(probe)));
            prop_assert!(scale.ticks().len() <= 64);
        }
    }
}
