//! One second of one arm, in detail.

use crate::measure::latency::Latencies;
use crate::measure::seconds::Second;
use crate::measure::snapshot::Point;
use crate::measure::tally::{HopTally, SplitSum, Tally};

/// The three clocks.
pub(super) const INTENDED: usize = 0;
pub(super) const SENT: usize = 1;
pub(super) const FIRST_TOKEN: usize = 2;

/// One second of one arm. What is kept for each shot is one number per clock, so that a window can
/// be made of any seconds without walking a histogram for each.
#[derive(Debug, Default)]
pub(super) struct ArmSecond {
    pub(super) tally: Tally,
    /// Microseconds of each success, by clock.
    pub(super) latencies: [Vec<u32>; 3],
    pub(super) split: SplitSum,
    pub(super) hops: Vec<HopTally>,
    pub(super) served: Vec<u64>,
    /// Whether something was told since its point was made.
    pub(super) is_news: bool,
}

impl Second for ArmSecond {
    fn clear(&mut self) {
        self.tally = Tally::default();
        for latencies in &mut self.latencies {
            latencies.clear();
        }
        self.split = SplitSum::default();
        self.hops.clear();
        self.served.clear();
        self.is_news = false;
    }
}

impl ArmSecond {
    /// Puts the latencies by one clock into a histogram, beside what is in it.
    pub(super) fn pour(&self, clock: usize, into: &mut Latencies) {
        for &micros in &self.latencies[clock] {
            into.record_micros(micros);
        }
    }

    /// The second as it is shown on the timeline.
    pub(super) fn point(&self, number: u64, scratch: &mut Latencies) -> Point {
        let mut quantiles = |clock: usize, shares: [f64; 2]| {
            scratch.clear();
            self.pour(clock, scratch);
            shares.map(|share| scratch.quantile(share).map(|span| span.as_secs_f32() * 1_000.0))
        };
        let [p50_ms, p99_ms] = quantiles(INTENDED, [0.5, 0.99]);
        let [first_token_ms, _] = quantiles(FIRST_TOKEN, [0.5, 0.5]);
        let mut served = [0; Point::REGIONS];
        for (shown, count) in served.iter_mut().zip(&self.served) {
            *shown = u16::try_from(*count).unwrap_or(u16::MAX);
        }
        Point {
            second: number,
            intended: saturated(self.tally.intended),
            succeeded: saturated(self.tally.succeeded),
            shed: saturated(self.tally.shed),
            throttled: saturated(self.tally.throttled_attempts),
            attempts: saturated(self.tally.attempts),
            failovers: saturated(self.tally.failovers),
            p50_ms,
            p99_ms,
            first_token_ms,
            cache_read: saturated(self.tally.usage.cache_read),
            cache_write: saturated(self.tally.usage.cache_write),
            prompt: saturated(self.tally.usage.prompt()),
            served,
        }
    }
}

fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
