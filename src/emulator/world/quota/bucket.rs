//! The token bucket.

use crate::clock::Moment;

/// A bucket that refills evenly. Exact: no rounding, in any order of calls.
///
/// The level is kept in sixty-thousand-millionths of a token (of a day's bucket: in as many parts as a
/// day has nanoseconds), so that a quota of `n` a minute refills exactly `n` units a nanosecond.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    level: i128,
    at: Moment,
    /// Units of one token: the nanoseconds of the period.
    unit: i128,
}

impl Bucket {
    const MINUTE: i128 = 60_000_000_000;
    const DAY: i128 = 1_440 * Self::MINUTE;

    /// A full bucket, whose limit is of a minute.
    pub fn full(now: Moment, limit: u64) -> Self {
        Self::of(now, limit, Self::MINUTE)
    }

    /// A full bucket, whose limit is of a day.
    pub fn full_of_a_day(now: Moment, limit: u64) -> Self {
        Self::of(now, limit, Self::DAY)
    }

    fn of(now: Moment, limit: u64, unit: i128) -> Self {
        Self {
            level: i128::from(limit) * unit,
            at: now,
            unit,
        }
    }

    /// Whether `amount` can be taken. `limit` is what the bucket holds and refills in its period.
    pub fn has(&mut self, now: Moment, limit: u64, amount: u64) -> bool {
        self.refill(now, limit);
        self.level >= self.units(amount)
    }

    /// Takes `amount`, there or not.
    pub fn take(&mut self, amount: u64) {
        self.level -= self.units(amount);
    }

    /// Swaps a reservation for the real charge.
    pub fn settle(&mut self, now: Moment, limit: u64, reserved: u64, charged: u64) {
        self.refill(now, limit);
        self.level += self.units(reserved) - self.units(charged);
        self.level = self.level.min(self.units(limit));
    }

    /// The share of the limit that is gone, 0 to 1 (above in debt, cut to 1).
    pub fn spent(mut self, now: Moment, limit: u64) -> f64 {
        self.refill(now, limit);
        let whole = self.units(limit).max(1) as f64;
        (1.0 - self.level as f64 / whole).clamp(0.0, 1.0)
    }

    /// A limit that changed meanwhile counts as if it had held since the last look.
    fn refill(&mut self, now: Moment, limit: u64) {
        let elapsed = now.as_nanos().saturating_sub(self.at.as_nanos());
        self.at = self.at.max(now);
        let gained = i128::from(limit).saturating_mul(i128::from(elapsed));
        self.level = self.level.saturating_add(gained).min(self.units(limit));
    }

    fn units(&self, amount: u64) -> i128 {
        i128::from(amount) * self.unit
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// Whole units left; negative: in debt.
    fn level(bucket: &mut Bucket, now: Moment, limit: u64) -> i64 {
        bucket.refill(now, limit);
        i64::try_from(bucket.level.div_euclid(Bucket::MINUTE)).unwrap()
    }

    #[test]
    fn a_minute_refills_it_and_no_more() {
        let mut bucket = Bucket::full(Moment::ZERO, 600);
        bucket.take(600);
        let course = [0, 1, 30, 60, 600].map(|secs| level(&mut bucket, Moment::from_secs(secs), 600));
        assert_eq!(course, [0, 10, 300, 600, 600]);
    }

    proptest! {
    /// Whatever is asked and settled, over any stretch a bucket gives no more than it held and
    /// what flowed back; and it never holds more than its limit.
    #[test]
    fn a_bucket_never_gives_more_than_capacity_and_refill(
        limit in 0_u64..50_000,
        steps in prop::collection::vec((0_u64..3_000_000_000, 1_u64..2_000, 0_u64..4_000), 1..60),
    ) {
        let mut now = Moment::ZERO;
        let mut bucket = Bucket::full(now, limit);
        let mut charged_in_all = 0_u128;
        for (wait, reserve, charge) in steps {
            now += Duration::from_nanos(wait);
            let before = level(&mut bucket, now, limit);
            prop_assert!(before <= i64::try_from(limit).unwrap());
            let fits = bucket.has(now, limit, reserve);
            prop_assert_eq!(fits, before >= i64::try_from(reserve).unwrap());
            if fits {
                bucket.take(reserve);
                bucket.settle(now, limit, reserve, charge);
                charged_in_all += u128::from(charge);
                let flowed = u128::from(limit) * u128::from(now.as_nanos()) / 60_000_000_000;
                let debt = u128::try_from(-level(&mut bucket, now, limit).min(0)).unwrap();
                prop_assert!(charged_in_all <= u128::from(limit) + flowed + debt + 1);
            }
        }
    }

    /// What was reserved and not used is there again at once.
    #[test]
    fn settling_returns_what_was_reserved_and_not_used(
        limit in 10_000_u64..100_000, reserve in 1_u64..10_000, used_share in 0.0..1.0_f64,
    ) {
        let charge = (reserve as f64 * used_share) as u64;
        let mut bucket = Bucket::full(Moment::ZERO, limit);
        bucket.take(reserve);
        bucket.settle(Moment::ZERO, limit, reserve, charge);
        prop_assert_eq!(level(&mut bucket, Moment::ZERO, limit), i64::try_from(limit - charge).unwrap());
    }
    }
}
