//! The rate of a unit: so many tokens a minute, evenly.
//!
//! Assumption (the service publishes nothing of it): a call is let in while the rate is not in debt,
//! whatever its size, and what it took is paid back before the next one is let in. Bursts of
//! [`WINDOW_SECS`] seconds' worth are lent. What an answer will take is not known at its start: what
//! the unit's answers took lately is taken, and put right at the end. So in the long run exactly the rate is served, and small
//! calls have no advantage over large ones.

use crate::clock::Moment;

/// A unit that was idle has so many seconds' worth of tokens to give at once.
pub const WINDOW_SECS: u64 = 15;

/// A level that rises evenly up to a window's worth, and falls with every token.
///
/// Kept in sixty-thousand-millionths of a token, so that a rate of `n` a minute gains exactly `n`
/// units a nanosecond.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    level: i128,
    at: Moment,
}

impl Rate {
    const TOKEN: i128 = 60_000_000_000;

    /// A rate that has rested long enough.
    pub fn rested(now: Moment, per_minute: u64) -> Self {
        Self {
            level: most(per_minute),
            at: now,
        }
    }

    /// Whether a call is let in now.
    pub fn is_open(&mut self, now: Moment, per_minute: u64) -> bool {
        let elapsed = now.as_nanos().saturating_sub(self.at.as_nanos());
        self.at = self.at.max(now);
        let gained = i128::from(per_minute).saturating_mul(i128::from(elapsed));
        self.level = self.level.saturating_add(gained).min(most(per_minute));
        self.level > 0
    }

    /// Puts tokens back that were taken and not used.
    pub fn give(&mut self, tokens: u64) {
        self.level = self.level.saturating_add(i128::from(tokens) * Self::TOKEN);
    }

    /// Takes tokens, there or not.
    pub fn take(&mut self, tokens: u64) {
        self.level = self.level.saturating_sub(i128::from(tokens) * Self::TOKEN);
    }
}

fn most(per_minute: u64) -> i128 {
    i128::from(per_minute) * i128::from(WINDOW_SECS) * 1_000_000_000
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rested_rate_lends_its_window_and_then_gives_as_it_gains() {
        let mut rate = Rate::rested(Moment::ZERO, 600);
        rate.take(150);
        assert!(!rate.is_open(Moment::ZERO, 600), "fifteen seconds' worth is gone");
        assert!(rate.is_open(Moment::from_millis(1), 600));
        rate.take(10);
        assert!(!rate.is_open(Moment::from_millis(900), 600), "the debt stands");
        assert!(rate.is_open(Moment::from_millis(1_100), 600));
    }

    proptest! {
        /// Over any stretch no more is let in than was lent and gained, but for the last call.
        #[test]
        fn a_rate_never_gives_more_than_it_lends_and_gains(
            per_minute in 60_u64..1_000_000,
            calls in prop::collection::vec((0_u64..2_000, 1_u64..5_000), 1..80),
        ) {
            let mut rate = Rate::rested(Moment::ZERO, per_minute);
            let (mut now, mut given, mut last) = (Moment::ZERO, 0_u128, 0);
            for (millis, tokens) in calls {
                now += Duration::from_millis(millis);
                if rate.is_open(now, per_minute) {
                    rate.take(tokens);
                    given += u128::from(tokens);
                    last = tokens;
                }
                let gained = u128::from(per_minute) * u128::from(now.as_nanos()) / 60_000_000_000;
                let lent = u128::from(per_minute) * u128::from(WINDOW_SECS) / 60;
                prop_assert!(given <= lent + gained + u128::from(last) + 1);
            }
        }
    }
}
