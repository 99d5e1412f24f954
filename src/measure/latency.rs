//! Latencies in an HdrHistogram: percentiles to three significant digits in bounded memory.

use std::sync::LazyLock;
use std::time::Duration;

use super::snapshot::{Histogram, Percentiles};

/// Durations from [`Latencies::LEAST`] to [`Latencies::MOST`], to three significant digits (and
/// never finer than a microsecond). What lies outside is counted at the nearer end. At most 190 kB,
/// however many are recorded.
#[derive(Clone, Debug)]
pub struct Latencies {
    hdr: hdrhistogram::Histogram<u64>,
}

impl Default for Latencies {
    fn default() -> Self {
        let hdr = hdrhistogram::Histogram::new(3).expect("three digits are within the crate's range");
        Self { hdr }
    }
}

impl Latencies {
    /// The shortest duration told apart.
    pub const LEAST: Duration = Duration::from_micros(1);
    /// The longest.
    pub const MOST: Duration = Duration::from_secs(3600);

    /// Whole microseconds within the bounds: what is recorded of a duration.
    pub fn micros(span: Duration) -> u32 {
        let span = span.clamp(Self::LEAST, Self::MOST);
        u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
    }

    /// Records one.
    pub fn record(&mut self, span: Duration) {
        self.record_micros(Self::micros(span));
    }

    /// Records one that is already in [`Latencies::micros`].
    pub fn record_micros(&mut self, micros: u32) {
        // It grows by itself up to the bound that `micros` keeps; it cannot refuse.
        let _ = self.hdr.record(u64::from(micros));
    }

    /// Forgets all, keeps the room.
    pub fn clear(&mut self) {
        if !self.hdr.is_empty() {
            self.hdr.reset();
        }
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.hdr.len()
    }

    /// The value that a share of the recorded ones do not pass; `None` when none was recorded.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        (!self.hdr.is_empty()).then(|| Duration::from_micros(self.hdr.value_at_quantile(share)))
    }

    /// The value of a rank, from one, in their order; `None` beyond the last.
    pub fn ranked(&self, rank: u64) -> Option<Duration> {
        // The middle of the rank's step: no rounding can reach a neighbour.
        let share = (rank as f64 - 0.5) / self.count() as f64;
        (1..=self.count())
            .contains(&rank)
            .then(|| self.quantile(share))
            .flatten()
    }

    /// The percentiles that are shown.
    pub fn percentiles(&self) -> Percentiles {
        if self.hdr.is_empty() {
            return Percentiles::default();
        }
        // One walk for all of them.
        let mut ascending = self.hdr.value_at_quantiles([0.5, 0.9, 0.99, 0.999]);
        let mut next = || ascending.next().map(Duration::from_micros);
        Percentiles {
            count: self.count(),
            p50: next(),
            p90: next(),
            p99: next(),
            p999: next(),
            max: Some(Duration::from_micros(self.hdr.max())),
        }
    }

    /// The percentiles and the bars that are drawn.
    pub fn histogram(&self) -> Histogram {
        Histogram {
            percentiles: self.percentiles(),
            bars: self.bars(),
        }
    }

    /// A recorded bucket belongs to the bar in which it begins: at most a thousandth is off.
    fn bars(&self) -> Vec<u64> {
        if self.hdr.is_empty() {
            return Vec::new();
        }
        let most = self.hdr.max();
        let mut bars = Vec::new();
        let mut begins = 0;
        for &edge in &EDGES[1..] {
            if begins > most {
                break;
            }
            let ends = self.hdr.lowest_equivalent(edge);
            let is_below_all = ends <= self.hdr.lowest_equivalent(self.hdr.min());
            bars.push(if is_below_all {
                0
            } else {
                self.hdr.count_between(begins, ends - 1)
            });
            begins = ends;
        }
        bars
    }
}

/// Left edges of the bars in microseconds, up to the first beyond the longest duration.
static EDGES: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let origin = Histogram::ORIGIN.as_micros() as f64;
    let decades = (Latencies::MOST.as_micros() as f64 / origin).log10();
    let last = (decades * Histogram::BARS_PER_DECADE as f64).floor() as u32 + 1;
    (0..=last)
        .map(|bar| origin * 10_f64.powf(f64::from(bar) / Histogram::BARS_PER_DECADE as f64))
        .map(|edge| edge.round() as u64)
        .collect()
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded(micros: &[u32]) -> Latencies {
        let mut latencies = Latencies::default();
        for &micros in micros {
            latencies.record_micros(micros);
        }
        latencies
    }

    proptest! {
        #[test]
        fn percentiles_agree_with_an_exact_sort(mut raw in prop::collection::vec(1_000_u32..3_600_000_000, 1..2_000)) {
            let percentiles = recorded(&raw).percentiles();
            raw.sort_unstable();
            for (share, found) in [
                (0.5, percentiles.p50),
                (0.9, percentiles.p90),
                (0.99, percentiles.p99),
                (0.999, percentiles.p999),
                (1.0, percentiles.max),
            ] {
                let rank = (share * raw.len() as f64).ceil() as usize;
                let exact = f64::from(raw[rank.max(1) - 1]);
                let found = found.expect("a percentile").as_micros() as f64;
                prop_assert!((found - exact).abs() <= exact / 1_000.0, "{share}: {found} for {exact}");
            }
        }

        #[test]
        fn every_value_stands_in_the_bar_it_belongs_to(raw in prop::collection::vec(1_u32..3_600_000_000, 1..300)) {
            let bars = recorded(&raw).histogram().bars;
            prop_assert_eq!(bars.iter().sum::<u64>(), raw.len() as u64);
            prop_assert!(bars.last().is_some_and(|last| *last > 0), "trailing zero bars are left out");
            let mut exact = vec![0_i64; bars.len() + 1];
            for &value in &raw {
                let bar = (f64::from(value) / 1_000.0).log10() * Histogram::BARS_PER_DECADE as f64;
                exact[(bar.max(0.0) as usize).min(bars.len())] += 1;
            }
            // A value within a thousandth of an edge may stand in the neighbour.
            let mut ahead = 0_i64;
            for (bar, exact) in bars.iter().zip(&exact) {
                ahead += i64::try_from(*bar).expect("a small count") - exact;
                let near_edge = raw.iter().filter(|v| is_near_an_edge(**v)).count();
                prop_assert!(ahead.unsigned_abs() as usize <= near_edge);
            }
        }
    }

    fn is_near_an_edge(micros: u32) -> bool {
        let micros = f64::from(micros);
        EDGES
            .iter()
            .any(|edge| (micros - *edge as f64).abs() <= (*edge as f64 / 900.0).max(1.0))
    }

    #[test]
    fn what_lies_outside_the_bounds_is_counted_at_the_nearer_end() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::ZERO);
        latencies.record(Duration::from_secs(86_400));
        let percentiles = latencies.percentiles();
        assert_eq!(percentiles.p50, Some(Latencies::LEAST));
        let most = percentiles.max.expect("a maximum");
        assert!(most >= Latencies::MOST && most < Latencies::MOST.mul_f64(1.001));
    }
}
