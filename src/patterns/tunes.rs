//! A pattern's own dials while it runs: set by the conductor, read by every lane.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::plan::TunePlan;

/// The dials of one pattern. Clones are the same dials.
#[derive(Clone, Debug, Default)]
pub struct Tunes {
    dials: Arc<[Dial]>,
}

#[derive(Debug)]
struct Dial {
    plan: TunePlan,
    /// The bits of an `f64`.
    value: AtomicU64,
}

impl Tunes {
    /// Every dial where its plan starts it.
    pub fn new(plans: &[TunePlan]) -> Self {
        let dial = |plan: &TunePlan| Dial {
            plan: *plan,
            value: AtomicU64::new(plan.start.to_bits()),
        };
        Self {
            dials: plans.iter().map(dial).collect(),
        }
    }

    /// Where a dial stands; `None` for a key the pattern has not.
    pub fn get(&self, key: &str) -> Option<f64> {
        let dial = self.dials.iter().find(|dial| dial.plan.key == key)?;
        Some(f64::from_bits(dial.value.load(Ordering::Relaxed)))
    }

    /// Sets a dial, to the nearest end if the value is out of range; gives where it stood and
    /// stands. `None` for a key the pattern has not, or a value that is no number.
    pub fn set(&self, key: &str, value: f64) -> Option<(f64, f64)> {
        let dial = self.dials.iter().find(|dial| dial.plan.key == key)?;
        if value.is_nan() {
            return None;
        }
        let value = value.clamp(dial.plan.least, dial.plan.most);
        let was = dial.value.swap(value.to_bits(), Ordering::Relaxed);
        Some((f64::from_bits(was), value))
    }

    /// Each dial's plan and where it stands.
    pub fn all(&self) -> impl Iterator<Item = (TunePlan, f64)> {
        self.dials
            .iter()
            .map(|dial| (dial.plan, f64::from_bits(dial.value.load(Ordering::Relaxed))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dial_stops_at_its_ends_and_clones_are_the_same() {
        let tunes = Tunes::new(&[TunePlan {
            key: "quality",
            label: "quality difference",
            unit: "%",
            least: 0.0,
            most: 100.0,
            step: 5.0,
            start: 10.0,
        }]);
        let other = tunes.clone();
        assert_eq!(tunes.set("quality", 250.0), Some((10.0, 100.0)));
        assert_eq!(other.get("quality"), Some(100.0));
        assert_eq!(tunes.set("quality", f64::NAN), None);
        assert_eq!(tunes.set("speed", 1.0), None);
    }
}
