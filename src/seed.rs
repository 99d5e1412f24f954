//! The one home of chance.
//!
//! A run has one [`Seed`]. Each consumer draws from a [`Stream`] of its own, named after what it
//! decides, so that adding a draw in one place never shifts the draws of another.
#![allow(clippy::disallowed_methods, reason = "this module is the one home of chance")]

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A seed, from which independent named streams are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// The seed with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number a user writes to repeat the run.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The seed of a named part.
    #[must_use]
    pub fn derive(self, name: &str) -> Self {
        Self(xxh3_64_with_seed(name.as_bytes(), self.0))
    }

    /// The seed of the `key`-th of many alike things (a shot, a request).
    #[must_use]
    pub fn keyed(self, key: u64) -> Self {
        Self(xxh3_64_with_seed(&key.to_le_bytes(), self.0))
    }

    /// The seed that some bytes (a request body) lead to.
    #[must_use]
    pub fn hashed(self, bytes: &[u8]) -> Self {
        Self(xxh3_64_with_seed(bytes, self.0))
    }

    /// The random stream of this seed.
    pub fn stream(self) -> Stream {
        Stream(ChaCha8Rng::seed_from_u64(self.0))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A repeatable stream of random draws.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// Uniform in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        // 53 bits: every value is exact.
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `share`; always for 1 and never for 0.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Normal with mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// Log-normal with the given median and sigma of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_name() {
        let seed = Seed::new(7);
        let draw = |name| seed.derive(name).stream().bits();
        assert_eq!(draw("arrivals"), draw("arrivals"));
        assert_ne!(draw("arrivals"), draw("latency"));
    }

    #[test]
    fn a_draw_is_the_same_on_every_machine() {
        assert_eq!(
            Seed::new(7).derive("arrivals").number(),
            4_279_051_828_261_593_955
        );
    }

    #[test]
    fn log_normal_has_the_median_asked_for() {
        let mut stream = Seed::new(1).stream();
        let mut draws: Vec<f64> = (0..10_001).map(|_| stream.log_normal(0.25, 0.4)).collect();
        draws.sort_by(f64::total_cmp);
        assert!((draws[5_000] - 0.25).abs() < 0.01, "median {}", draws[5_000]);
    }
}
