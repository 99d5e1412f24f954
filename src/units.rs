//! Quantities that carry their unit: money, tokens, shares.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// US dollars, exact to a millionth of a millionth (a token can cost less than a nano-dollar's tenth).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usd(u64);

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    const PICOS: f64 = 1e12;

    /// So many millionths of a millionth of a dollar.
    pub const fn from_picos(picos: u64) -> Self {
        Self(picos)
    }

    /// So many dollars; negative and non-finite amounts become zero, huge ones the largest amount.
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * Self::PICOS).round() as u64)
    }

    /// Millionths of a millionth of a dollar.
    pub const fn picos(self) -> u64 {
        self.0
    }

    /// Dollars, rounded to what a float holds.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / Self::PICOS
    }

    /// The amount times a whole number.
    #[must_use]
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Saturates at zero: money spent is never negative.
impl Sub for Usd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${:.6}", self.dollars())
    }
}

/// The price of a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PerMillion(Usd);

impl PerMillion {
    /// A price in dollars for a million tokens.
    pub fn from_dollars(dollars: f64) -> Self {
        Self(Usd::from_dollars(dollars))
    }

    /// Dollars for a million tokens.
    pub fn dollars(self) -> f64 {
        self.0.dollars()
    }

    /// What `tokens` tokens cost.
    pub fn cost(self, tokens: u64) -> Usd {
        // 128 bits: a dear model times a long run would overflow 64.
        let picos = u128::from(self.0.picos()) * u128::from(tokens) / 1_000_000;
        Usd::from_picos(u64::try_from(picos).unwrap_or(u64::MAX))
    }
}

/// What one call used, as the service reports it.
///
/// `input` holds only the uncached part; the whole prompt is `input + cache_read + cache_write`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUsage {
    /// Prompt tokens neither read from nor written to the cache.
    pub input: u64,
    /// Generated tokens.
    pub output: u64,
    /// Prompt tokens served from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the cache.
    pub cache_write: u64,
    /// Of those, the ones written for an hour, which are dearer.
    #[serde(default)]
    pub cache_write_1h: u64,
}

impl TokenUsage {
    /// All tokens, as the service's `totalTokens` counts them.
    pub const fn total(self) -> u64 {
        self.input + self.output + self.cache_read + self.cache_write
    }

    /// The whole prompt.
    pub const fn prompt(self) -> u64 {
        self.input + self.cache_read + self.cache_write
    }
}

impl Add for TokenUsage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            output: self.output + other.output,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
            cache_write_1h: self.cache_write_1h + other.cache_write_1h,
        }
    }
}

impl AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A share of a whole, always within `0.0..=1.0`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(f64);

impl Share {
    /// None of it.
    pub const NONE: Self = Self(0.0);
    /// All of it.
    pub const ALL: Self = Self(1.0);

    /// The share, or `None` if it lies outside `0.0..=1.0`.
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// The nearest share.
    pub fn clamped(share: f64) -> Self {
        if share.is_nan() {
            Self::NONE
        } else {
            Self(share.clamp(0.0, 1.0))
        }
    }

    /// The share as a number within `0.0..=1.0`.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A count with its thousands apart: `1,170,000`.
pub fn grouped(count: f64) -> String {
    let digits = format!("{count:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cheap_token_is_priced_exactly() {
        assert_eq!(PerMillion::from_dollars(0.00875).cost(3), Usd::from_picos(26_250));
    }

    #[test]
    fn a_share_outside_its_range_is_refused() {
        assert!(Share::new(1.01).is_none());
        assert!(Share::new(f64::NAN).is_none());
        assert_eq!(Share::new(1.0), Some(Share::ALL));
    }

    #[test]
    fn thousands_stand_apart() {
        let shown = [0.0, 999.0, 1_000.0, 1_170_000.4].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,170,000"]);
    }
}
