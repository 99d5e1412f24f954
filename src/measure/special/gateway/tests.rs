use super::*;
use crate::event::sighting::gateway::DeploymentSeen;

fn fold() -> GatewayFold {
    GatewayFold::new(vec![GatewayArmPlan {
        arm: ArmId(3),
        labels: vec!["east".into(), "west".into()],
        budget: Some(Usd::from_dollars(1.0)),
    }])
}

fn claim(place: u8, fallbacks: u32) -> Seen {
    Seen::GatewayClaim(GatewayClaim {
        arm: ArmId(3),
        place: Some(place),
        fallbacks,
        retries: 0,
        cost: None,
        spent: Some(Usd::from_dollars(0.25)),
    })
}

fn look(calls: [(u64, u64); 2]) -> Seen {
    Seen::Gateway(GatewaySeen {
        arms: vec![GatewayArmSeen {
            arm: ArmId(3),
            deployments: calls
                .map(|(calls, failed)| DeploymentSeen {
                    calls,
                    admitted: calls - failed,
                    failed,
                    out_until: (failed > 0).then_some(Moment::from_secs(8)),
                    cooldowns: failed,
                })
                .to_vec(),
            elsewhere: 0,
            spent: None,
            budget: None,
            refused: 0,
        }],
    })
}

fn view(fold: &GatewayFold, now: u64) -> GatewayArmView {
    match fold.view(Moment::from_secs(now)) {
        SpecialView::Gateway(view) => view.arms[0].clone(),
        #[allow(unreachable_patterns, reason = "the first special view there is")]
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_claimed_stands_beside_what_was_seen_over_the_same_seconds() {
    let mut fold = fold();
    // A call that three deployments were asked for, of which one fallback is claimed.
    fold.seen(Moment::from_millis(1_500), &claim(1, 1));
    fold.arms[0].count(
        Moment::from_millis(1_500),
        &GatewayCounts {
            client_calls: 1,
            ..GatewayCounts::default()
        },
    );
    fold.seen(Moment::from_secs(2), &look([(2, 2), (1, 0)]));
    fold.refresh(0, 2);
    let view = view(&fold, 3);
    assert_eq!(
        (view.recent.claimed(), view.recent.seen()),
        (Some(2.0), Some(3.0))
    );
    let rows: Vec<_> = (view.deployments.iter())
        .map(|row| (row.answers, row.calls, row.failed, row.cooldowns))
        .collect();
    assert_eq!(rows, [(0, 2, 2, 2), (1, 1, 0, 0)]);
    assert_eq!(view.deployments[0].out_until, Some(Moment::from_secs(8)));
    assert_eq!(view.spent, Some(Usd::from_dollars(0.25)));
}

#[test]
fn a_window_forgets_and_the_total_does_not() {
    let mut fold = fold();
    fold.seen(Moment::from_secs(1), &look([(5, 0), (0, 0)]));
    fold.seen(Moment::from_secs(2), &look([(9, 0), (1, 0)]));
    fold.refresh(1, 11);
    let shown = view(&fold, 11);
    assert_eq!((shown.recent.upstream_calls, shown.total.upstream_calls), (5, 10));
    fold.refresh(20, 30);
    assert_eq!(view(&fold, 30).recent.upstream_calls, 0);
    assert_eq!(view(&fold, 30).deployments[0].total_calls, 9);
}

#[test]
fn memory_is_bounded_for_ever() {
    let mut fold = fold();
    for second in 0..10_000 {
        fold.seen(Moment::from_secs(second), &claim(0, 0));
    }
    assert!(fold.arms[0].seconds.len() <= KEPT);
}
