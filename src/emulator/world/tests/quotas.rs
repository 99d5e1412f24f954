//! Quotas as a caller meets them, against the arithmetic.

use proptest::prelude::*;

use super::plan::QuotaOverride;
use super::*;
use crate::fault::{FaultKind, FaultShape, Scope};
use crate::names::ModelId;
use crate::units::Share;

const MINUTE: Duration = Duration::from_secs(60);
const SWIFT: &str = "acme.swift-v1:0";
const DEEP: &str = "us.acme.deep-v1:0";

/// A world without noise in which both models may use `tokens` a minute.
fn limited(tokens: u64, requests: Option<u64>, takes: Duration) -> World {
    let row = |model: &str| QuotaOverride {
        model: ModelId::from(model),
        family: None,
        region: None,
        requests_per_minute: Some(requests),
        tokens_per_minute: Some(tokens),
        tokens_per_day: None,
    };
    world(WorldPlan {
        quotas: vec![row(SWIFT), row("acme.deep-v1:0")],
        ..exact(takes)
    })
}

fn asking(target: &str, max_tokens: u64) -> impl Fn(u64) -> Call {
    move |key| Call {
        max_tokens: Some(max_tokens),
        reply_tokens: Some(100),
        ..call(key, target)
    }
}

/// The moment of the first refusal, in seconds.
fn first_429(seen: &[(Moment, Decision)]) -> f64 {
    let (at, decision) = seen
        .iter()
        .find(|(_, decision)| kind(decision).is_some())
        .expect("a refusal");
    assert_eq!(
        message(decision),
        "Too many tokens, please wait before trying again."
    );
    at.as_secs_f64()
}

#[test]
fn at_twice_the_capacity_half_is_throttled() {
    // 60,000 tokens a minute: 1,000 a second.
    let cases = [
        ("exact max_tokens", SWIFT, 100, 200, Duration::from_secs(1)),
        (
            "three times as much, ten seconds",
            SWIFT,
            300,
            200,
            Duration::from_secs(10),
        ),
        (
            "five-fold output",
            DEEP,
            100,
            100 + 5 * 100,
            Duration::from_secs(1),
        ),
        (
            "five-fold output, long and loose",
            DEEP,
            300,
            100 + 5 * 100,
            Duration::from_secs(10),
        ),
    ];
    for (name, target, max_tokens, settled, takes) in cases {
        let mut world = limited(60_000, None, takes);
        let every = Duration::from_secs_f64(f64::from(settled) / 2_000.0);
        let in_secs = |secs: f64| (secs / every.as_secs_f64()).round() as u64;
        let seen = fire(
            &mut world,
            Moment::ZERO,
            every,
            in_secs(180.0),
            asking(target, max_tokens),
        );
        // The credit of the start is spent within the first two minutes.
        let last_minute = &seen[in_secs(120.0) as usize..];
        assert!(
            (lost(last_minute) - 0.5).abs() < 0.02,
            "{name}: {}",
            lost(last_minute)
        );
    }
}

#[test]
fn a_loose_max_tokens_brings_the_first_429_earlier_by_what_it_holds_back() {
    let (input, output, minute, rate, takes) = (100.0, 100.0, 60_000.0, 10.0, 10.0);
    let every = Duration::from_secs_f64(1.0 / rate);
    let first = |max_tokens| {
        let mut world = limited(minute as u64, None, Duration::from_secs_f64(takes));
        first_429(&fire(
            &mut world,
            Moment::ZERO,
            every,
            900,
            asking(SWIFT, max_tokens),
        ))
    };
    // The bucket drains by what is used less what flows back. A loose max_tokens holds back what
    // it exceeds the reply by, for each call in generation: those of the last ten seconds but the
    // one that ends as the next arrives. The first call refused is the one after that moment.
    let drain = rate * (input + output) - minute / 60.0;
    let spent = |max_tokens: f64| {
        let held_back = (rate * takes - 1.0) * (max_tokens - output);
        (minute - held_back - (input + max_tokens)) / drain
    };
    let (exact, loose) = (first(100), first(300));
    for (seen, max_tokens) in [(exact, 100.0), (loose, 300.0)] {
        let late = seen - spent(max_tokens);
        assert!(
            (0.0..=0.101).contains(&late),
            "{seen} s, computed {} s",
            spent(max_tokens)
        );
    }
    // By hand: 99 calls hold 200 tokens each, and the reservation that no longer fits is 200 larger:
    // 20,000 tokens, at a drain of 1,000 a second.
    assert!(
        (exact - loose - 20.0).abs() < 1e-6,
        "earlier by {} s",
        exact - loose
    );
}

#[test]
fn burndown_is_charged_at_the_end_and_may_leave_a_debt() {
    // Exactly one reservation of 200 fits at first; 600 are charged: 400 short of what there was.
    let mut world = limited(200, None, Duration::from_secs(1));
    let make = asking(DEEP, 100);
    let serving = serving(world.decide(Moment::ZERO, &make(0)));
    end(&mut world, Moment::ZERO, &serving);
    // In debt by 400, refilled by 200 a minute: 200 are there again after three minutes.
    let at = |secs| Moment::from_secs(secs);
    assert_eq!(
        kind(&world.decide(at(179), &make(1))),
        Some(FailureKind::Throttled)
    );
    assert_eq!(kind(&world.decide(at(180), &make(2))), None);
    assert_eq!(world.ledger().total().quota_tokens, 600);
}

#[test]
fn requests_and_tokens_are_told_apart() {
    let mut few_requests = limited(1_000_000, Some(2), MINUTE);
    let make = asking(SWIFT, 100);
    let seen = fire(&mut few_requests, Moment::ZERO, Duration::ZERO, 3, &make);
    assert_eq!(
        message(&seen[2].1),
        "Too many requests, please wait before trying again."
    );
    let total = few_requests.ledger().total();
    assert_eq!((total.throttled_requests, total.throttled_tokens), (1, 0));
    // One request flows back after half a minute.
    let decision = few_requests.decide(Moment::from_secs(30), &make(3));
    assert_eq!(kind(&decision), None);
}

#[test]
fn a_quota_of_zero_refuses_at_once() {
    let mut world = limited(0, None, MINUTE);
    let decision = world.decide(Moment::from_secs(600), &asking(SWIFT, 1)(0));
    assert_eq!(
        message(&decision),
        "Too many tokens, please wait before trying again."
    );
}

#[test]
fn accounts_regions_and_families_have_pools_of_their_own() {
    // One call empties a pool of 200.
    let mut world = limited(200, None, MINUTE);
    let base = asking(SWIFT, 100)(0);
    let profile = |id: &str| Call {
        target: id.to_owned(),
        ..base.clone()
    };
    let elsewhere = Call {
        region: Region::from("us-west-2"),
        ..base.clone()
    };
    let other = Call {
        account: "999999999999".into(),
        ..base.clone()
    };
    let calls = [
        base.clone(),
        profile("us.acme.swift-v1:0"),
        profile("global.acme.swift-v1:0"),
        elsewhere,
        other,
    ];
    for asked in &calls {
        assert_eq!(kind(&world.decide(Moment::ZERO, asked)), None, "{asked:?}");
    }
    for asked in &calls {
        let decision = world.decide(Moment::ZERO, asked);
        assert_eq!(kind(&decision), Some(FailureKind::Throttled), "{asked:?}");
    }
}

#[test]
fn an_unset_max_tokens_reserves_the_most_and_admits_the_fewest() {
    let count = |max_tokens| {
        let mut world = limited(100_000, None, MINUTE);
        let make = |key| Call {
            max_tokens,
            ..call(key, SWIFT)
        };
        let seen = fire(&mut world, Moment::ZERO, Duration::ZERO, 1_000, make);
        seen.iter()
            .filter(|(_, decision)| kind(decision).is_none())
            .count()
    };
    assert_eq!(count(Some(100)), 100_000 / 200);
    assert_eq!(count(None), 100_000 / 10_100);
}

#[test]
fn a_lowered_quota_leaves_its_share_and_refills_once_lifted() {
    let mut world = limited(60_000, None, Duration::ZERO);
    let mut served_at = |secs, fault: Option<FaultPlan>, lift: bool| {
        if let Some(plan) = fault {
            world.inject(plan);
        }
        assert!(!lift || world.lift(FaultId(1)));
        let make = asking(SWIFT, 100);
        let seen = fire(&mut world, Moment::from_secs(secs), Duration::ZERO, 1_000, make);
        seen.iter()
            .filter(|(_, decision)| kind(decision).is_none())
            .count()
    };
    let to_a_tenth = FaultPlan {
        id: FaultId(1),
        kind: FaultKind::LoweredQuota,
        scope: Scope::default(),
        share: Share::clamped(0.9),
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(3_600),
        at_client: false,
    };
    // 60,000 in replies of 200 is 300; a full bucket shrinks to a tenth the moment it is asked.
    assert_eq!(served_at(0, None, false), 300);
    assert_eq!(served_at(120, Some(to_a_tenth), false), 30);
    // Empty; six seconds bring a tenth of the full quota, which is 30 again.
    assert_eq!(served_at(126, None, true), 30);
}

proptest! {
    /// However calls overlap and whatever they use, a pool is whole again a while after them.
    #[test]
    fn a_world_forgets_no_reservation(
        calls in prop::collection::vec((1_u64..300, 1_u64..100, 0_u64..5_000), 1..40),
    ) {
        let mut world = limited(1_000_000, None, Duration::from_secs(3));
        let make = |number: u64| {
            let (max_tokens, reply, _) = calls[number as usize];
            Call { max_tokens: Some(max_tokens), reply_tokens: Some(reply), ..call(number, SWIFT) }
        };
        fire(&mut world, Moment::ZERO, Duration::from_millis(100), calls.len() as u64, make);
        prop_assert_eq!(world.ledger().total().in_service(), 0);
        // The whole quota can be reserved in one go: a hundred calls of the largest size.
        let later = Moment::from_secs(3_600);
        let whole = |key| Call { input_tokens: 0, max_tokens: Some(10_000), ..call(key, SWIFT) };
        for key in 0..100 {
            prop_assert_eq!(kind(&world.decide(later, &whole(key))), None);
        }
        prop_assert_eq!(kind(&world.decide(later, &whole(100))), Some(FailureKind::Throttled));
    }
}
