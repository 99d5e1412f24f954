//! Leaving out what fails, for a while. Pure.
//!
//! No half-open state: when the time is over the deployment is simply back, and the next request of
//! a user finds out whether it is well.

use std::collections::VecDeque;

use super::plan::CooldownPlan;
use crate::clock::Moment;

/// The cooldown of one deployment.
#[derive(Clone, Debug)]
pub struct Cooldown {
    plan: CooldownPlan,
    fails: VecDeque<Moment>,
    out_until: Option<Moment>,
    times: u64,
}

impl Cooldown {
    /// A deployment that never failed.
    pub const fn new(plan: CooldownPlan) -> Self {
        Self {
            plan,
            fails: VecDeque::new(),
            out_until: None,
            times: 0,
        }
    }

    /// It failed. An upstream's `retry-after` is not heeded (LiteLLM does).
    pub fn failed(&mut self, now: Moment) {
        let window = self.plan.lasts;
        self.fails.push_back(now);
        while self.fails.front().is_some_and(|at| *at + window < now) {
            self.fails.pop_front();
        }
        if self.fails.len() > self.plan.allowed_fails as usize {
            self.fails.clear();
            if self.out_until(now).is_none() {
                self.times += 1;
            }
            self.out_until = Some(now + window);
        }
    }

    /// Until when it is left out; `None`: it may be asked.
    pub fn out_until(&self, now: Moment) -> Option<Moment> {
        self.out_until.filter(|until| *until > now)
    }

    /// How often it was left out.
    pub const fn times(&self) -> u64 {
        self.times
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn plan(allowed_fails: u32) -> CooldownPlan {
        CooldownPlan {
            allowed_fails,
            lasts: Duration::from_secs(5),
        }
    }

    #[test]
    fn one_failure_more_than_is_allowed_puts_it_out_and_time_alone_brings_it_back() {
        let mut cooldown = Cooldown::new(plan(2));
        for millis in [0, 100] {
            cooldown.failed(Moment::from_millis(millis));
        }
        assert_eq!(cooldown.out_until(Moment::from_millis(100)), None);
        cooldown.failed(Moment::from_millis(200));
        let back = Moment::from_millis(5_200);
        assert_eq!(cooldown.out_until(Moment::from_millis(200)), Some(back));
        assert_eq!(cooldown.out_until(back), None);
        assert_eq!(cooldown.times(), 1);
    }

    proptest! {
        #[test]
        fn failures_further_apart_than_the_window_never_put_it_out(allowed in 1_u32..5, gaps in prop::collection::vec(5_001_u64..60_000, 1..40)) {
            let mut cooldown = Cooldown::new(plan(allowed));
            let mut at = 0;
            for gap in gaps {
                at += gap;
                cooldown.failed(Moment::from_millis(at));
                prop_assert_eq!(cooldown.out_until(Moment::from_millis(at)), None);
            }
        }

        #[test]
        fn it_is_out_for_exactly_its_time(fails in prop::collection::vec(0_u64..600_000, 1..60)) {
            let mut cooldown = Cooldown::new(plan(0));
            let mut fails = fails;
            fails.sort_unstable();
            for millis in fails {
                let now = Moment::from_millis(millis);
                cooldown.failed(now);
                prop_assert_eq!(cooldown.out_until(now), Some(now + Duration::from_secs(5)));
            }
        }
    }
}
