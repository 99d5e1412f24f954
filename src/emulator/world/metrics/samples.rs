//! The samples of one metric in one period, and the statistics over them.

/// Different values that are kept of a period as they are.
const MOST_PAIRS: usize = 128;
/// Buckets that are kept of more.
const MOST_BUCKETS: usize = 512;

/// What was sampled in a period: count, sum, extremes and a distribution of values with how often
/// each came. Few different values are kept as they are; of many, percentiles are within 4 percent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
    /// Values and counts, ascending.
    pairs: Vec<(f64, f64)>,
    /// Whether some samples came as a summary, which has no percentiles.
    is_summary: bool,
}

impl Samples {
    /// A value that came `count` times.
    pub fn repeated(value: f64, count: f64) -> Self {
        let mut samples = Self::default();
        samples.add(value, count);
        samples
    }

    /// A summary: it has no percentiles.
    pub fn summary(count: f64, sum: f64, (min, max): (f64, f64)) -> Self {
        Self {
            count,
            sum,
            min,
            max,
            pairs: Vec::new(),
            // A single sample, or equal ones, are known exactly.
            is_summary: true,
        }
        .known_exactly()
    }

    /// Whether nothing was sampled.
    pub fn is_empty(&self) -> bool {
        self.count <= 0.0
    }

    /// The sum.
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// Adds a value that came `count` times.
    pub fn add(&mut self, value: f64, count: f64) {
        if count <= 0.0 {
            return;
        }
        self.note(count, value * count, (value, value));
        match self.pairs.binary_search_by(|(known, _)| known.total_cmp(&value)) {
            Ok(place) => self.pairs[place].1 += count,
            Err(place) => self.pairs.insert(place, (value, count)),
        }
        // Not at each of many values.
        if self.pairs.len() > MOST_PAIRS && self.pairs.len().is_multiple_of(64) {
            self.compact();
        }
    }

    /// Adds the samples of another period.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.note(other.count, other.sum, (other.min, other.max));
        self.is_summary |= other.is_summary;
        self.pairs.extend_from_slice(&other.pairs);
        self.pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.pairs.dedup_by(|next, kept| {
            let same = next.0.total_cmp(&kept.0).is_eq();
            if same {
                kept.1 += next.1;
            }
            same
        });
        if self.pairs.len() > MOST_PAIRS {
            self.compact();
        }
    }

    /// A statistic; `None`: there is none, as of a summary's percentiles.
    pub fn statistic(&self, wanted: Statistic) -> Option<f64> {
        if self.is_empty() {
            return None;
        }
        match wanted {
            Statistic::SampleCount => Some(self.count),
            Statistic::Sum => Some(self.sum),
            Statistic::Average => Some(self.sum / self.count),
            Statistic::Minimum => Some(self.min),
            Statistic::Maximum => Some(self.max),
            Statistic::Percentile(share) => self.percentile(share),
            Statistic::TrimmedMean(low, high) => self.trimmed_mean(low, high),
        }
    }

    fn percentile(&self, percent: f64) -> Option<f64> {
        if self.is_summary {
            return None;
        }
        let rank = (percent / 100.0 * self.count).max(f64::MIN_POSITIVE);
        let mut passed = 0.0;
        for (value, count) in &self.pairs {
            passed += count;
            // Counts are sums of whole numbers for all but users' own fractions.
            if passed >= rank - 1e-9 {
                return Some(value.clamp(self.min, self.max));
            }
        }
        Some(self.max)
    }

    /// The mean of what lies between two percentiles.
    fn trimmed_mean(&self, low: f64, high: f64) -> Option<f64> {
        if self.is_summary {
            return None;
        }
        let (from, to) = (low / 100.0 * self.count, high / 100.0 * self.count);
        let (mut passed, mut sum, mut kept) = (0.0, 0.0, 0.0);
        for (value, count) in &self.pairs {
            let within = ((passed + count).min(to) - f64::max(passed, from)).max(0.0);
            sum += value * within;
            kept += within;
            passed += count;
        }
        (kept > 0.0).then(|| sum / kept)
    }

    fn note(&mut self, count: f64, sum: f64, (min, max): (f64, f64)) {
        if self.is_empty() {
            (self.min, self.max) = (min, max);
        } else {
            self.min = self.min.min(min);
            self.max = self.max.max(max);
        }
        self.count += count;
        self.sum += sum;
    }

    fn known_exactly(mut self) -> Self {
        if self.min.total_cmp(&self.max).is_eq() && self.count > 0.0 {
            self.pairs = vec![(self.min, self.count)];
            self.is_summary = false;
        }
        self
    }

    /// Gathers values into buckets 4 percent wide (wider ones, should there be too many) and keeps the
    /// mean of each. A mean stays in its bucket, so doing it again changes nothing.
    fn compact(&mut self) {
        let mut width = 0.04;
        loop {
            let bucket = |value: f64| {
                (
                    value.signum(),
                    (value.abs().max(f64::MIN_POSITIVE).ln() / width).floor(),
                )
            };
            self.pairs.dedup_by(|next, kept| {
                let same = bucket(next.0) == bucket(kept.0);
                if same {
                    kept.0 = (kept.0 * kept.1 + next.0 * next.1) / (kept.1 + next.1);
                    kept.1 += next.1;
                }
                same
            });
            if self.pairs.len() <= MOST_BUCKETS {
                return;
            }
            width *= 2.0;
        }
    }
}

/// A statistic over the samples of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// How many.
    SampleCount,
    /// Their mean.
    Average,
    /// Their sum.
    Sum,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// The value that so many percent do not exceed.
    Percentile(f64),
    /// The mean of what lies between two percentiles.
    TrimmedMean(f64, f64),
}

impl Statistic {
    /// A statistic by its name: the five plain ones, `p99.9`, `tm90`, `TM(10%:90%)`.
    pub fn parse(name: &str) -> Option<Self> {
        let percent = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let number: f64 = plain.then(|| text.parse().ok())??;
            (0.0..=100.0).contains(&number).then_some(number)
        };
        let bound = |text: &str, unset| match text.trim() {
            "" => Some(unset),
            text => percent(text.strip_suffix('%')?),
        };
        Some(match name {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => {
                if let Some(text) = name.strip_prefix("tm") {
                    Self::TrimmedMean(0.0, percent(text)?)
                } else if let Some(text) = name.strip_prefix("TM(") {
                    let (low, high) = text.strip_suffix(')')?.split_once(':')?;
                    let (low, high) = (bound(low, 0.0)?, bound(high, 100.0)?);
                    (low < high).then_some(Self::TrimmedMean(low, high))?
                } else {
                    Self::Percentile(percent(name.strip_prefix('p')?)?)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn statistics_of_a_hundred_values_are_exact() {
        let mut samples = Samples::default();
        for value in (1..=100).rev() {
            samples.add(f64::from(value), 1.0);
        }
        let of = |name: &str| samples.statistic(Statistic::parse(name).expect("a statistic"));
        for (name, expected) in [
            ("SampleCount", 100.0),
            ("Sum", 5_050.0),
            ("Average", 50.5),
            ("Minimum", 1.0),
            ("Maximum", 100.0),
            ("p50", 50.0),
            ("p99", 99.0),
            ("p100", 100.0),
            ("p0", 1.0),
            ("tm90", 45.5),
            ("TM(10%:90%)", 50.5),
        ] {
            assert_eq!(of(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_summary_has_no_percentiles_unless_all_its_samples_are_equal() {
        let spread = Samples::summary(3.0, 6.0, (1.0, 3.0));
        assert_eq!(spread.statistic(Statistic::Percentile(50.0)), None);
        assert_eq!(spread.statistic(Statistic::Average), Some(2.0));
        let equal = Samples::summary(3.0, 6.0, (2.0, 2.0));
        assert_eq!(equal.statistic(Statistic::Percentile(50.0)), Some(2.0));
    }

    #[test]
    fn no_other_name_is_a_statistic() {
        for name in [
            "",
            "p",
            "p101",
            "P50",
            "sum",
            "tm",
            "TM(90%:10%)",
            "p5e1",
            "p-1",
            "pNaN",
        ] {
            assert_eq!(Statistic::parse(name), None, "{name}");
        }
    }

    proptest! {
        /// However many samples, few pairs are kept, counts stay exact, and percentiles are within
        /// 4 percent of the true ones.
        #[test]
        fn a_distribution_stays_small_and_near(values in proptest::collection::vec(1.0..10_000.0_f64, 1..2_000)) {
            let (first, second) = values.split_at(values.len() / 2);
            let gathered = |values: &[f64]| {
                let mut samples = Samples::default();
                for value in values {
                    samples.add(*value, 1.0);
                }
                samples
            };
            let mut samples = gathered(first);
            samples.merge(&gathered(second));
            // Four decades are 231 buckets.
            prop_assert!(samples.pairs.len() <= 231 + 64);
            prop_assert_eq!(samples.count.to_bits(), (values.len() as f64).to_bits());
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            for percent in [1.0, 50.0, 99.0] {
                let rank = (percent / 100.0 * sorted.len() as f64 - 1e-9).ceil() as usize;
                let exact = sorted[rank.clamp(1, sorted.len()) - 1];
                let near = samples.statistic(Statistic::Percentile(percent)).expect("a percentile");
                prop_assert!((near - exact).abs() <= 0.041 * exact, "p{percent}: {near} for {exact}");
            }
        }
    }
}
