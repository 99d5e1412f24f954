//! How long to wait before going through a chain once more. Pure.

use std::time::Duration;

use super::plan::Backoff;
use crate::seed::Stream;

impl Backoff {
    /// The longest wait before the `retry`-th retry, from one: doubles from `initial` up to `max`.
    pub fn ceiling(&self, retry: u32) -> Duration {
        let doublings = retry.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.initial.saturating_mul(factor).min(self.max)
    }

    /// The wait before the `retry`-th retry: uniform from zero up to the ceiling ("full jitter"),
    /// so that callers who failed together do not come back together.
    pub fn wait(&self, retry: u32, draws: &mut Stream) -> Duration {
        self.ceiling(retry).mul_f64(draws.unit())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed::Seed;

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let backoff = Backoff {
            initial: Duration::from_millis(100),
            max: Duration::from_millis(500),
        };
        let ceilings: Vec<u128> = [1, 2, 3, 4, 40, u32::MAX]
            .map(|retry| backoff.ceiling(retry).as_millis())
            .into();
        assert_eq!(ceilings, [100, 200, 400, 500, 500, 500]);
    }

    proptest! {
        #[test]
        fn a_wait_never_exceeds_its_ceiling_and_repeats(
            initial in 0_u64..5_000,
            max in 0_u64..60_000,
            retry in 0_u32..100,
            seed: u64,
        ) {
            let backoff = Backoff {
                initial: Duration::from_millis(initial),
                max: Duration::from_millis(max),
            };
            let wait = || backoff.wait(retry, &mut Seed::new(seed).stream());
            prop_assert!(wait() <= backoff.ceiling(retry));
            prop_assert!(backoff.ceiling(retry) <= backoff.max);
            prop_assert_eq!(wait(), wait());
        }
    }
}
