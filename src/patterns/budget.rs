//! A budget for attempts beyond the first: retries must not multiply the load on a service that is
//! already failing. Pure; shared by all shots of an arm.

use super::plan::RetryBudgetPlan;

/// A token bucket that shots fill and retries empty. Starts full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    plan: RetryBudgetPlan,
    saved: f64,
}

impl RetryBudget {
    /// A full budget.
    pub const fn new(plan: RetryBudgetPlan) -> Self {
        Self {
            plan,
            saved: plan.burst,
        }
    }

    /// A shot was fired.
    pub fn earn(&mut self) {
        self.saved = (self.saved + self.plan.per_shot).min(self.plan.burst);
    }

    /// Takes one retry out; `false` if there is none.
    pub fn spend(&mut self) -> bool {
        let can = self.saved >= 1.0;
        if can {
            self.saved -= 1.0;
        }
        can
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_spent_budget_is_earned_back_by_shots() {
        let mut budget = RetryBudget::new(RetryBudgetPlan {
            per_shot: 0.25,
            burst: 2.0,
        });
        assert!(budget.spend() && budget.spend() && !budget.spend());
        (0..3).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend() && !budget.spend());
    }

    proptest! {
        #[test]
        fn retries_never_exceed_the_burst_and_the_share_of_shots(shots in proptest::collection::vec(0_u8..4, 0..400)) {
            let plan = RetryBudgetPlan { per_shot: 0.5, burst: 10.0 };
            let mut budget = RetryBudget::new(plan);
            let mut retries = 0_u32;
            for wanted in &shots {
                budget.earn();
                retries += (0..*wanted).map(|_| u32::from(budget.spend())).sum::<u32>();
            }
            prop_assert!(f64::from(retries) <= plan.burst + plan.per_shot * shots.len() as f64);
        }
    }
}
