//! What is broken on purpose, and who survives it.

use super::*;
use crate::catalog::Lifecycle;
use crate::fault::{FaultKind, FaultShape, Scope};
use crate::units::Share;

const SWIFT: &str = "acme.swift-v1:0";
const EVERY: Duration = Duration::from_millis(30);

/// A fault in us-east-1 from second 10 to second 40.
fn fault(kind: FaultKind) -> FaultPlan {
    FaultPlan {
        id: FaultId(1),
        kind,
        scope: Scope {
            region: Some(Region::from("us-east-1")),
            ..Scope::default()
        },
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::from_secs(10),
        lasts: Duration::from_secs(30),
        at_client: false,
    }
}

/// The share of calls lost while the fault lasts, of `target` called at `region`.
fn lost_during(kind: FaultKind, region: &str, target: &str) -> f64 {
    let mut world = world(WorldPlan::default());
    world.inject(fault(kind));
    let make = |key| Call {
        region: Region::from(region),
        ..call(key, target)
    };
    lost(&fire(&mut world, Moment::from_secs(10), EVERY, 1_000, make))
}

#[test]
fn lost_capacity_fells_the_bare_model_and_no_profile() {
    let kind = FaultKind::CapacityOutage;
    assert!(lost_during(kind, "us-east-1", SWIFT) > 0.99);
    assert!(lost_during(kind, "us-west-2", SWIFT) < 0.01);
    assert!(lost_during(kind, "us-east-1", "us.acme.swift-v1:0") < 0.01);
    assert!(lost_during(kind, "us-east-1", "global.acme.swift-v1:0") < 0.01);
}

#[test]
fn every_shipped_profile_survives_the_loss_of_its_sources_capacity() {
    let catalog = Catalog::builtin();
    let mut fired = 0;
    for profile in catalog.profiles.values() {
        for (source, destinations) in &profile.routes {
            let is_over = catalog.models[&profile.model].lifecycle == Lifecycle::EndOfLife;
            if is_over || destinations.iter().all(|region| region == source) {
                continue;
            }
            let mut world = World::new(Arc::clone(&catalog), WorldPlan::default(), Seed::new(1));
            world.inject(FaultPlan {
                scope: Scope {
                    region: Some(source.clone()),
                    ..Scope::default()
                },
                ..fault(FaultKind::CapacityOutage)
            });
            // Fifty calls in half a minute fit into the smallest default quota.
            let every = Duration::from_millis(600);
            let make = |key| Call {
                region: source.clone(),
                max_tokens: Some(50),
                ..call(key, profile.id.as_str())
            };
            let seen = fire(&mut world, Moment::from_secs(10), every, 50, make);
            assert!(lost(&seen) < 0.01, "{} called in {source}", profile.id);
            let at_home = (seen.into_iter())
                .filter(|(_, decision)| serving(decision.clone()).region == *source)
                .count();
            assert_eq!(at_home, 0, "{} called in {source}", profile.id);
            fired += 1;
        }
    }
    assert!(fired > 100, "only {fired} ways of calling a profile");
}

#[test]
fn a_dead_endpoint_fells_everything_called_there() {
    let kind = FaultKind::EndpointOutage(Outage::Silent);
    for target in [SWIFT, "us.acme.swift-v1:0", "global.acme.swift-v1:0"] {
        assert!(lost_during(kind, "us-east-1", target) > 0.99, "{target}");
        assert!(lost_during(kind, "us-west-2", target) < 0.01, "{target}");
    }
}

#[test]
fn a_region_without_capacity_says_503_and_sometimes_overloaded() {
    let mut world = world(WorldPlan::default());
    world.inject(fault(FaultKind::CapacityOutage));
    let seen = fire(&mut world, Moment::from_secs(10), EVERY, 500, |key| {
        call(key, SWIFT)
    });
    let unavailable = (seen.iter())
        .filter(|(_, decision)| kind(decision) == Some(FailureKind::Unavailable))
        .count();
    let overloaded = (seen.iter())
        .filter(|(_, decision)| {
            message(decision) == "Model acme.swift-v1:0 is currently overloaded. Please try again later."
        })
        .count();
    assert_eq!(unavailable + overloaded, 500);
    assert!(
        (350..450).contains(&unavailable),
        "{unavailable} of 500 were told 503"
    );
    let total = world.ledger().total();
    assert_eq!(
        (total.server_errors, total.throttled_pool),
        (unavailable as u64, overloaded as u64)
    );
}

#[test]
fn a_fault_ends_by_itself_and_can_be_lifted() {
    let mut world = world(WorldPlan::default());
    let ask = |world: &mut World, secs| {
        let decision = world.decide(Moment::from_secs(secs), &call(secs, SWIFT));
        kind(&decision)
    };
    world.inject(fault(FaultKind::Internal));
    let course = [0, 9, 10, 39, 40].map(|secs| ask(&mut world, secs));
    let internal = Some(FailureKind::Internal);
    assert_eq!(course, [None, None, internal, internal, None]);
    assert!(world.faults().plans().is_empty(), "forgotten once it is over");
    world.inject(FaultPlan {
        begins_at: Moment::from_secs(50),
        ..fault(FaultKind::Internal)
    });
    assert_eq!(ask(&mut world, 50), internal);
    assert!(world.lift(FaultId(1)) && !world.lift(FaultId(1)));
    assert_eq!(ask(&mut world, 51), None);
}

#[test]
fn each_refusal_has_the_right_kind() {
    let cases = [
        (FaultKind::Throttle, FailureKind::Throttled),
        (FaultKind::Unavailable, FailureKind::Unavailable),
        (FaultKind::Internal, FailureKind::Internal),
        (FaultKind::ModelTimeout, FailureKind::ModelTimeout),
        (FaultKind::NotReady, FailureKind::NotReady),
        (FaultKind::Denied, FailureKind::Denied),
        (FaultKind::InvalidModel, FailureKind::Validation),
    ];
    for (broken, expected) in cases {
        let mut world = world(WorldPlan::default());
        world.inject(fault(broken));
        let decision = world.decide(Moment::from_secs(10), &call(1, SWIFT));
        assert_eq!(kind(&decision), Some(expected));
    }
}

#[test]
fn a_share_of_the_calls_is_struck_by_luck_that_repeats() {
    let struck = || {
        let mut world = world(WorldPlan::default());
        world.inject(FaultPlan {
            share: Share::clamped(0.3),
            ..fault(FaultKind::Throttle)
        });
        let seen = fire(&mut world, Moment::from_secs(10), EVERY, 1_000, |key| {
            call(key, SWIFT)
        });
        lost(&seen)
    };
    assert!((0.26..0.34).contains(&struck()), "{}", struck());
    assert!((struck() - struck()).abs() < f64::EPSILON);
}

#[test]
fn answers_are_delayed_slowed_and_cut() {
    let plan = || exact(Duration::from_millis(200));
    let answer = |broken: Option<FaultKind>| {
        let mut world = world(WorldPlan {
            latency: LatencyPlan::Fixed {
                first_token: Duration::from_millis(200),
                per_token: Duration::from_millis(10),
            },
            ..plan()
        });
        if let Some(kind) = broken {
            world.inject(fault(kind));
        }
        serving(world.decide(Moment::from_secs(10), &call(1, SWIFT)))
    };
    let sound = answer(None);
    assert_eq!(
        (sound.first_token, sound.per_token),
        (Duration::from_millis(200), Duration::from_millis(10))
    );
    assert_eq!(sound.token_due(3), Duration::from_millis(220));
    let late = answer(Some(FaultKind::Latency {
        added: Duration::from_millis(800),
        sigma: 0.0,
    }));
    assert_eq!(late.first_token, Duration::from_secs(1));
    let slow = answer(Some(FaultKind::SlowStream { factor: 5.0 }));
    assert_eq!(slow.per_token, Duration::from_millis(50));
    let how = Cut::Reset;
    let cut = answer(Some(FaultKind::CutStream { after_tokens: 7, how }));
    assert_eq!(cut.cut, Some((7, how)));
}
