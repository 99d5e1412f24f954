//! What is changed by hand while the world goes on.

use super::plan::QuotaOverride;
use super::*;
use crate::names::ModelId;

const SWIFT: &str = "acme.swift-v1:0";

fn is_served(decision: &Decision) -> bool {
    matches!(decision, Decision::Serve(_))
}

#[test]
fn a_quota_set_by_hand_ends_with_its_lease() {
    let mut world = world(exact(Duration::from_millis(10)));
    assert!(is_served(&world.decide(Moment::ZERO, &call(1, SWIFT))));
    let none = QuotaOverride {
        model: ModelId::from(SWIFT),
        family: None,
        region: None,
        requests_per_minute: Some(Some(0)),
        tokens_per_minute: None,
        tokens_per_day: None,
    };
    let lease = Duration::from_secs(10);
    let set = world.set_quota(Moment::ZERO, none, lease).expect("room");
    assert_eq!(set.ends_at, Moment::from_secs(10));
    assert!(!is_served(&world.decide(Moment::from_secs(9), &call(2, SWIFT))));
    assert!(
        is_served(&world.decide(Moment::from_secs(10), &call(3, SWIFT))),
        "the lease is over"
    );
    assert_eq!(world.quotas_by_hand(Moment::from_secs(10)), []);
}

#[test]
fn a_reset_leaves_books_that_fit_what_is_still_in_service() {
    let mut world = world(exact(Duration::from_millis(10)));
    assert!(is_served(&world.decide(Moment::ZERO, &call(1, SWIFT))));
    world.reset();
    let total = world.ledger().total();
    assert_eq!((total.calls, total.in_service()), (1, 1));
}
