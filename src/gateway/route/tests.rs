use proptest::prelude::*;

use super::*;
use crate::catalog::Catalog;
use crate::gateway::plan::{CooldownPlan, DeploymentPlan, Strategy, Way};
use crate::seed::Seed;

fn plan(strategy: Strategy, members: usize) -> GroupPlan {
    let catalog = Catalog::builtin();
    let model = catalog.offers.foreign.values().next().expect("a foreign model");
    GroupPlan {
        name: strategy.key().into(),
        strategy,
        deployments: (0..members)
            .map(|place| DeploymentPlan {
                id: format!("d{place}").into(),
                way: Way::Foreign(Arc::clone(model)),
                weight: 1,
            })
            .collect(),
        retries: 0,
        max_fallbacks: 5,
        cooldown: CooldownPlan::default(),
        budget: None,
        timeout: Duration::from_secs(10),
    }
}

#[test]
fn in_order_the_next_is_asked_and_the_first_again_when_its_cooldown_is_over() {
    let mut group = Group::new(&Arc::new(plan(Strategy::Ordered, 3)));
    let mut luck = Seed::new(1).stream();
    let now = Moment::from_secs(1);
    assert_eq!(group.next(now, &[], &mut luck), Ok(0));
    group.failed(0, now, FailureKind::Unavailable);
    assert_eq!(group.next(now, &[0], &mut luck), Ok(1));
    // Another request does not even try the first.
    assert_eq!(group.next(Moment::from_secs(5), &[], &mut luck), Ok(1));
    assert_eq!(group.next(Moment::from_secs(6), &[], &mut luck), Ok(0));
}

#[test]
fn when_all_are_out_nobody_is_asked() {
    let mut group = Group::new(&Arc::new(plan(Strategy::Weighted, 2)));
    let mut luck = Seed::new(1).stream();
    for place in [0, 1] {
        group.failed(place, Moment::ZERO, FailureKind::Throttled);
    }
    assert_eq!(group.next(Moment::ZERO, &[], &mut luck), Err(Nobody::AllOut));
    assert_eq!(
        group.next(Moment::ZERO, &[0, 1], &mut luck),
        Err(Nobody::AllTried)
    );
}

#[test]
fn a_request_that_is_wrong_puts_nobody_out_and_neither_does_the_only_deployment_go() {
    let mut group = Group::new(&Arc::new(plan(Strategy::Ordered, 2)));
    group.failed(0, Moment::ZERO, FailureKind::Validation);
    let mut alone = Group::new(&Arc::new(plan(Strategy::Ordered, 1)));
    alone.failed(0, Moment::ZERO, FailureKind::Throttled);
    let mut luck = Seed::new(1).stream();
    assert_eq!(group.next(Moment::ZERO, &[], &mut luck), Ok(0));
    assert_eq!(alone.next(Moment::ZERO, &[], &mut luck), Ok(0));
}

#[test]
fn a_budget_that_is_spent_lets_nothing_begin() {
    let mut limited = plan(Strategy::Ordered, 1);
    limited.budget = Some(Usd::from_dollars(0.5));
    let mut group = Group::new(&Arc::new(limited));
    assert!(group.may_begin());
    group.charge(Usd::from_dollars(0.6));
    assert!(!group.may_begin());
    let view = group.view(Moment::ZERO);
    assert_eq!((view.spent, view.refused), (Usd::from_dollars(0.6), 1));
}

#[test]
fn least_latency_leaves_the_slow_and_looks_again_after_a_while() {
    let mut group = Group::new(&Arc::new(plan(Strategy::LeastLatency, 2)));
    let mut luck = Seed::new(1).stream();
    group.answered(0, Moment::ZERO, Duration::from_millis(900));
    group.answered(1, Moment::ZERO, Duration::from_millis(200));
    assert_eq!(group.next(Moment::from_secs(1), &[], &mut luck), Ok(1));
    group.answered(1, Moment::from_secs(9), Duration::from_millis(200));
    // Nobody has known the first for ten seconds.
    assert_eq!(group.next(Moment::from_secs(11), &[], &mut luck), Ok(0));
}

proptest! {
    #[test]
    fn a_request_asks_each_at_most_once_and_no_more_than_it_may(
        members in 1_usize..8, max_fallbacks in 0_u32..8, seed: u64,
        strategy in prop::sample::select(Strategy::ALL.to_vec()),
        out in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut plan = plan(strategy, members);
        plan.max_fallbacks = max_fallbacks;
        let mut group = Group::new(&Arc::new(plan));
        for (place, is_out) in out.iter().enumerate() {
            if *is_out {
                group.failed(place, Moment::ZERO, FailureKind::Throttled);
            }
        }
        let mut luck = Seed::new(seed).stream();
        let mut tried = Vec::new();
        while let Ok(place) = group.next(Moment::ZERO, &tried, &mut luck) {
            prop_assert!(!tried.contains(&place) && place < members);
            prop_assert!(!out[place] || members == 1, "one that is out was asked");
            tried.push(place);
        }
        prop_assert!(tried.len() <= max_fallbacks as usize + 1);
        let well = out.iter().take(members).filter(|is_out| !**is_out || members == 1).count();
        prop_assert_eq!(tried.len(), well.min(max_fallbacks as usize + 1));
    }
}
