//! The world as a whole: what callers see of its quotas, its capacity and its faults.

mod caching;
mod faults;
mod hand;
mod quotas;
mod validation;

use std::collections::BTreeMap;

use super::plan::{BackgroundPlan, LatencyPlan};
use super::*;

/// A call of `target` at us-east-1 with the settings most tests want.
fn call(key: u64, target: &str) -> Call {
    Call {
        key,
        account: "123456789012".into(),
        region: Region::from("us-east-1"),
        target: target.to_owned(),
        input_tokens: 100,
        prefix: Vec::new(),
        max_tokens: Some(100),
        stream: true,
        reply_tokens: None,
        routed: false,
        through: None,
    }
}

/// A world without other tenants, in which an answer takes exactly `takes`.
fn exact(takes: Duration) -> WorldPlan {
    WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: takes,
            per_token: Duration::ZERO,
        },
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        ..WorldPlan::default()
    }
}

fn world(plan: WorldPlan) -> World {
    World::new(fixture::catalog(), plan, Seed::new(11))
}

/// Evenly spaced calls, each settled when its answer is whole; no retries.
///
/// `make` gets the number of the call. Returns what became of each, in order.
fn fire(
    world: &mut World,
    from: Moment,
    every: Duration,
    count: u64,
    make: impl Fn(u64) -> Call,
) -> Vec<(Moment, Decision)> {
    let mut ends: BTreeMap<(Moment, Ticket), TokenUsage> = BTreeMap::new();
    let mut seen = Vec::new();
    let mut now = from;
    for number in 0..count {
        settle_until(world, &mut ends, now);
        let decision = world.decide(now, &make(number));
        if let Decision::Serve(serving) = &decision {
            ends.insert((now + serving.finished_after(), serving.ticket), serving.usage);
        }
        seen.push((now, decision));
        now += every;
    }
    settle_until(world, &mut ends, Moment::FAR);
    seen
}

fn settle_until(world: &mut World, ends: &mut BTreeMap<(Moment, Ticket), TokenUsage>, now: Moment) {
    while let Some(first) = ends.first_entry().filter(|entry| entry.key().0 <= now) {
        let ((at, ticket), usage) = first.remove_entry();
        world.settle(
            ticket,
            Settlement {
                usage,
                at,
                completed: true,
            },
        );
    }
}

/// The share of decisions that are no serving.
fn lost(seen: &[(Moment, Decision)]) -> f64 {
    let served = seen
        .iter()
        .filter(|(_, decision)| matches!(decision, Decision::Serve(_)))
        .count();
    1.0 - served as f64 / seen.len() as f64
}

fn kind(decision: &Decision) -> Option<FailureKind> {
    match decision {
        Decision::Refuse(refusal) => Some(refusal.kind),
        Decision::Dead(_) | Decision::Serve(_) => None,
    }
}

fn message(decision: &Decision) -> &str {
    match decision {
        Decision::Refuse(refusal) => &refusal.message,
        Decision::Dead(_) => "dead",
        Decision::Serve(_) => "served",
    }
}

fn serving(decision: Decision) -> Serving {
    match decision {
        Decision::Serve(serving) => *serving,
        other => panic!("not served: {other:?}"),
    }
}

#[test]
fn a_usual_day_looks_healthy() {
    // Two hundred calls a second for ten minutes: one whole swell of the background.
    let mut world = world(WorldPlan {
        quotas: vec![unlimited("acme.swift-v1:0")],
        ..WorldPlan::default()
    });
    let targets = ["acme.swift-v1:0", "us.acme.swift-v1:0", "global.acme.swift-v1:0"];
    let seen = fire(
        &mut world,
        Moment::ZERO,
        Duration::from_millis(5),
        120_000,
        |number| call(number, targets[number as usize % 3]),
    );
    assert!(lost(&seen) < 0.000_5, "{} of the calls were lost", lost(&seen));
}

#[test]
fn a_profile_is_served_in_every_destination_and_mostly_at_home() {
    let mut world = world(WorldPlan::default());
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for number in 0..4_000 {
        let now = Moment::from_secs(number);
        let decision = world.decide(now, &call(number, "us.acme.swift-v1:0"));
        let serving = serving(decision);
        *shares.entry(serving.region.to_string()).or_default() += 1.0 / 4_000.0;
        end(&mut world, now, &serving);
    }
    assert_eq!(shares.len(), 3, "{shares:?}");
    assert!((0.4..0.6).contains(&shares["us-east-1"]), "{shares:?}");
    assert!(shares.values().all(|share| *share > 0.1), "{shares:?}");
}

#[test]
fn a_far_region_answers_later_than_the_one_called() {
    // The same key has the same luck: only where it is served differs.
    let quiet = WorldPlan {
        latency: LatencyPlan::default(),
        ..exact(Duration::ZERO)
    };
    let mut home = None;
    let mut away = None;
    for key in 0..50 {
        let ask = |target| serving(world(quiet.clone()).decide(Moment::ZERO, &call(key, target)));
        let (bare, routed) = (ask("acme.swift-v1:0"), ask("us.acme.swift-v1:0"));
        let later = routed.first_token.saturating_sub(bare.first_token);
        match routed.region.as_str() {
            "us-east-1" => home = home.max(Some(later)),
            "us-west-2" => away = away.max(Some(later)),
            _ => {}
        }
    }
    assert_eq!(home, Some(Duration::ZERO));
    assert!(away > Some(Duration::from_millis(40)), "{away:?}");
}

#[test]
fn the_same_key_has_the_same_luck_in_any_order() {
    let decide = |keys: &[u64]| -> BTreeMap<u64, (TokenUsage, Duration, Duration, u64)> {
        let mut world = world(WorldPlan::default());
        (keys.iter())
            .map(|key| {
                let serving = serving(world.decide(Moment::ZERO, &call(*key, "acme.swift-v1:0")));
                end(&mut world, Moment::ZERO, &serving);
                let drawn = (
                    serving.usage,
                    serving.first_token,
                    serving.per_token,
                    serving.text_seed,
                );
                (*key, drawn)
            })
            .collect()
    };
    assert_eq!(decide(&[1, 2, 3, 4]), decide(&[4, 2, 1, 3]));
}

#[test]
fn own_load_makes_answers_slower_until_it_is_gone() {
    let mut world = world(WorldPlan {
        quotas: vec![unlimited("acme.swift-v1:0")],
        ..WorldPlan::default()
    });
    let target = "acme.swift-v1:0";
    let idle = serving(world.decide(Moment::ZERO, &call(0, target))).first_token;
    let open: Vec<Serving> = (1..3_500)
        .filter_map(|key| match world.decide(Moment::ZERO, &call(key, target)) {
            Decision::Serve(serving) => Some(*serving),
            Decision::Dead(_) | Decision::Refuse(_) => None,
        })
        .collect();
    let busy = serving(world.decide(Moment::ZERO, &call(0, target))).first_token;
    assert!(busy > idle.mul_f64(1.2), "{idle:?} idle, {busy:?} busy");
    for serving in &open {
        end(&mut world, Moment::ZERO, serving);
    }
    let again = serving(world.decide(Moment::ZERO, &call(0, target))).first_token;
    assert!(
        again < idle.mul_f64(1.01),
        "{idle:?} idle, {again:?} when idle again"
    );
}

#[test]
fn the_ledger_says_what_was_served_and_what_it_cost() {
    let mut world = world(exact(Duration::from_secs(1)));
    let target = "us.acme.swift-v1:0";
    let make = |key| Call {
        reply_tokens: Some(50),
        ..call(key, target)
    };
    fire(&mut world, Moment::ZERO, Duration::from_secs(1), 10, make);
    world.decide(Moment::ZERO, &call(10, "acme.deep-v1:0"));
    world.decide(Moment::ZERO, &call(11, "nobody"));
    let ledger = world.ledger().clone();
    let mut sum = 0;
    for line in ledger.lines().filter(|line| line.served_in.is_some()) {
        assert_eq!((line.target, line.family), (target, QuotaFamily::CrossRegion));
        assert_eq!(line.region, &Region::from("us-east-1"));
        sum += line.tally.served;
    }
    let total = ledger.total();
    assert_eq!(
        (sum, total.served, total.calls, total.client_errors),
        (10, 10, 12, 2)
    );
    assert_eq!(
        (total.usage.input, total.usage.output, total.quota_tokens),
        (1_000, 500, 1_500)
    );
    // 1,000 at a dollar and 500 at five dollars the million, a tenth more through the profile.
    assert!(
        (total.cost.dollars() - 1.1 * 0.003_5).abs() < 1e-12,
        "{}",
        total.cost
    );
    assert_eq!((total.in_service(), ledger.strangers().calls), (0, 1));
}

#[test]
fn a_reply_never_exceeds_max_tokens_and_says_when_it_would() {
    let mut world = world(WorldPlan::default());
    let mut cut = 0;
    for key in 0..500 {
        let asked = Call {
            max_tokens: Some(60),
            ..call(key, "acme.swift-v1:0")
        };
        let serving = serving(world.decide(Moment::ZERO, &asked));
        assert!((1..=60).contains(&serving.usage.output));
        assert!(!serving.hits_max_tokens || serving.usage.output == 60);
        cut += u32::from(serving.hits_max_tokens);
        end(&mut world, Moment::ZERO, &serving);
    }
    // The median wants 60 tokens: about half want more.
    assert!((200..300).contains(&cut), "{cut} of 500 were cut");
}

#[test]
fn settling_twice_changes_nothing() {
    let mut world = world(WorldPlan::default());
    let serving = serving(world.decide(Moment::ZERO, &call(1, "acme.swift-v1:0")));
    end(&mut world, Moment::ZERO, &serving);
    let before = world.ledger().total();
    end(&mut world, Moment::ZERO, &serving);
    assert_eq!(world.ledger().total(), before);
}

fn end(world: &mut World, now: Moment, serving: &Serving) {
    world.settle(
        serving.ticket,
        Settlement {
            usage: serving.usage,
            at: now,
            completed: true,
        },
    );
}

/// Quotas so large that only capacity limits.
fn unlimited(model: &str) -> plan::QuotaOverride {
    plan::QuotaOverride {
        model: crate::names::ModelId::from(model),
        family: None,
        region: None,
        requests_per_minute: Some(None),
        tokens_per_minute: Some(u64::from(u32::MAX)),
        tokens_per_day: None,
    }
}
