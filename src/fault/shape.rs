//! How a fault's strength moves over its life.

use std::time::Duration;

use super::FaultShape;

impl FaultShape {
    /// The strength, `0.0..=1.0`, `age` into a life of `lasts`.
    pub fn strength(self, age: Duration, lasts: Duration) -> f64 {
        match self {
            Self::Step => 1.0,
            Self::Ramp if lasts.is_zero() => 1.0,
            Self::Ramp => (age.as_secs_f64() / lasts.as_secs_f64()).clamp(0.0, 1.0),
            Self::Pulse { on, off } => {
                let period = (on + off).as_nanos().max(1);
                if age.as_nanos() % period < on.as_nanos() {
                    1.0
                } else {
                    0.0
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: Duration = Duration::from_secs(1);

    #[test]
    fn a_ramp_is_half_way_at_half_time() {
        assert!((FaultShape::Ramp.strength(5 * SEC, 10 * SEC) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_pulse_is_on_first() {
        let pulse = FaultShape::Pulse {
            on: SEC,
            off: 2 * SEC,
        };
        let course: Vec<f64> = (0..6).map(|s| pulse.strength(s * SEC, 10 * SEC)).collect();
        assert_eq!(course, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }
}
