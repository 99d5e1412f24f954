use std::sync::Arc;
use std::time::Duration;

use super::super::World;
use super::*;
use crate::emulator::world::plan::{BackgroundPlan, LatencyPlan, ReplyPlan, WorldPlan};
use crate::emulator::world::{Call, Decision, Serving, Settlement};
use crate::event::{FailureKind, FaultId};
use crate::fault::{FaultKind, FaultPlan, FaultShape, Scope};
use crate::units::{Share, Usd};

const NOVA_PRO: &str = "amazon.nova-pro-v1:0";
const DAY: u64 = 86_400;

fn account() -> Arc<str> {
    "123456789012".into()
}

fn world(plan: WorldPlan) -> World {
    World::new(Catalog::builtin(), plan, Seed::new(7))
}

fn granted(quota: u64) -> WorldPlan {
    WorldPlan {
        units: UnitsPlan {
            quota,
            ..UnitsPlan::default()
        },
        ..WorldPlan::default()
    }
}

fn order(name: &str, commitment: Option<Commitment>) -> UnitOrder {
    UnitOrder {
        account: account(),
        region: Region::from("us-east-1"),
        name: name.to_owned(),
        model: format!("{NOVA_PRO}:24k"),
        units: 1,
        commitment,
        token: None,
    }
}

fn call(key: u64, target: &str, input_tokens: u64) -> Call {
    Call {
        key,
        account: account(),
        region: Region::from("us-east-1"),
        target: target.to_owned(),
        input_tokens,
        max_tokens: Some(2_000),
        stream: false,
        reply_tokens: None,
        prefix: Vec::new(),
        routed: false,
        through: None,
    }
}

/// With the default world's standing unit.
fn standing() -> String {
    standing_arn(
        &Region::from("us-east-1"),
        &account(),
        &UnitsPlan::default().standing[0].name,
    )
}

/// What became of evenly spaced calls of a target.
#[derive(Default)]
struct Fate {
    served: Vec<Serving>,
    full: u64,
    other: u64,
}

/// Calls a target for so many seconds, each call settled when it is due. Those before `from_secs`
/// are not counted.
fn fire(world: &mut World, target: &str, per_second: f64, (from_secs, secs): (f64, f64)) -> Fate {
    let mut fate = Fate::default();
    let mut open: Vec<(Moment, Serving)> = Vec::new();
    let mut prompts = Seed::new(5).stream();
    for number in 0..(secs * per_second) as u64 {
        let at = number as f64 / per_second;
        let now = Moment::ZERO + Duration::from_secs_f64(at);
        open.retain(|(due, serving)| {
            if *due <= now {
                settle(world, serving, *due);
            }
            *due > now
        });
        let input = prompts.log_normal(900.0, 0.4) as u64;
        let decision = world.decide(now, &call(number, target, input));
        if let Decision::Serve(serving) = &decision {
            open.push((now + serving.finished_after(), Serving::clone(serving)));
        }
        if at < from_secs {
            continue;
        }
        match decision {
            Decision::Serve(serving) => fate.served.push(*serving),
            Decision::Refuse(refusal) if refusal.kind == FailureKind::Throttled => fate.full += 1,
            _ => fate.other += 1,
        }
    }
    for (due, serving) in open {
        settle(world, &serving, due);
    }
    fate
}

fn settle(world: &mut World, serving: &Serving, at: Moment) {
    let end = Settlement {
        usage: serving.usage,
        at,
        completed: true,
    };
    world.settle(serving.ticket, end);
}

fn median(served: &[Serving]) -> Duration {
    let mut took: Vec<Duration> = served.iter().map(Serving::finished_after).collect();
    took.sort_unstable();
    took[took.len() / 2]
}

/// Calls a second that fill the unit, at the mix of [`fire`].
fn full_rate(replies: ReplyPlan) -> f64 {
    let mut world = world(WorldPlan {
        replies,
        ..WorldPlan::default()
    });
    let fate = fire(&mut world, &standing(), 1.0, (0.0, 4_000.0));
    let rates = Catalog::builtin().offers.units[NOVA_PRO].rates;
    let mean =
        |of: fn(&Serving) -> u64| fate.served.iter().map(of).sum::<u64>() as f64 / fate.served.len() as f64;
    let input = rates.input_tokens_per_minute as f64 / 60.0 / mean(|serving| serving.usage.input);
    let output = rates.output_tokens_per_minute as f64 / 60.0 / mean(|serving| serving.usage.output);
    input.min(output)
}

const LONG: ReplyPlan = ReplyPlan {
    median_tokens: 340.0,
    sigma: 0.4,
};
const SHORT: ReplyPlan = ReplyPlan {
    median_tokens: 40.0,
    sigma: 0.4,
};

#[test]
fn at_ninety_percent_of_a_unit_nothing_is_throttled_and_latency_is_that_of_an_idle_one() {
    for replies in [LONG, SHORT] {
        let plan = WorldPlan {
            replies,
            ..WorldPlan::default()
        };
        let idle = fire(&mut world(plan.clone()), &standing(), 0.5, (0.0, 1_000.0));
        let load = full_rate(replies) * 0.9;
        let busy = fire(&mut world(plan), &standing(), load, (0.0, 600.0));
        assert_eq!((busy.full, busy.other), (0, 0), "{replies:?}");
        let (idle, busy) = (median(&idle.served), median(&busy.served));
        let ratio = busy.as_secs_f64() / idle.as_secs_f64();
        assert!((0.9..=1.1).contains(&ratio), "{busy:?} against {idle:?}");
    }
}

#[test]
fn at_a_hundred_and_fifty_percent_a_third_is_throttled_whichever_rate_is_full() {
    for replies in [LONG, SHORT] {
        let plan = WorldPlan {
            replies,
            ..WorldPlan::default()
        };
        let mut world = world(plan);
        let load = full_rate(replies) * 1.5;
        // The window that was lent is gone after half a minute.
        let fate = fire(&mut world, &standing(), load, (60.0, 660.0));
        let calls = fate.served.len() as u64 + fate.full;
        let share = fate.full as f64 / calls as f64;
        assert!((share - 1.0 / 3.0).abs() < 0.02, "{share} with {replies:?}");
        assert_eq!(fate.other, 0);
    }
}

#[test]
fn a_pressed_region_slows_on_demand_and_not_the_unit() {
    let pressed = WorldPlan {
        background: BackgroundPlan {
            mean: 0.94,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        ..WorldPlan::default()
    };
    let mut calm = world(WorldPlan::default());
    let mut busy = world(pressed);
    let outage = FaultPlan {
        id: FaultId(1),
        kind: FaultKind::CapacityOutage,
        scope: Scope::default(),
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(3_600),
        at_client: false,
    };
    let took = |world: &mut World, target: &str| median(&fire(world, target, 1.0, (0.0, 100.0)).served);
    let unit = standing();
    assert_eq!(took(&mut calm, &unit), took(&mut busy, &unit));
    assert!(took(&mut busy, NOVA_PRO) > took(&mut calm, NOVA_PRO) * 2);
    busy.inject(outage);
    assert_eq!(fire(&mut busy, &unit, 1.0, (0.0, 50.0)).served.len(), 50);
    assert_eq!(fire(&mut busy, NOVA_PRO, 1.0, (0.0, 50.0)).served.len(), 0);
}

#[test]
fn the_usual_quota_is_zero_and_its_refusal_says_so() {
    let mut world = world(WorldPlan::default());
    let refused = world.buy_units(Moment::ZERO, order("mine", None));
    let words = refused.expect_err("no quota").to_string();
    assert!(words.contains("your account's quota is 0"), "{words}");
    let mut granted = self::world(granted(1));
    assert!(granted.buy_units(Moment::ZERO, order("mine", None)).is_ok());
    let second = granted.buy_units(Moment::ZERO, order("other", None));
    assert!(
        matches!(second, Err(UnitError::Quota { used: 1, .. })),
        "{second:?}"
    );
}

#[test]
fn what_the_catalogue_does_not_sell_cannot_be_bought() {
    let mut world = world(granted(10));
    for model in [
        NOVA_PRO,
        "amazon.nova-pro-v1:0:9k",
        "anthropic.claude-sonnet-4-6:200k",
    ] {
        let wanted = UnitOrder {
            model: model.to_owned(),
            ..order("mine", None)
        };
        let refused = world.buy_units(Moment::ZERO, wanted);
        assert!(matches!(refused, Err(UnitError::NotOffered { .. })), "{model}");
    }
    let elsewhere = UnitOrder {
        region: Region::from("us-west-2"),
        ..order("mine", None)
    };
    assert!(world.buy_units(Moment::ZERO, elsewhere).is_err());
}

#[test]
fn a_unit_is_created_then_in_service_and_a_repeated_order_buys_nothing() {
    let mut plan = granted(2);
    plan.time_scale = 60.0;
    let mut world = world(plan);
    let wanted = UnitOrder {
        token: Some("once".to_owned()),
        ..order("mine", None)
    };
    let arn = world.buy_units(Moment::ZERO, wanted.clone()).expect("granted");
    assert_eq!(world.buy_units(Moment::from_secs(1), wanted).as_ref(), Ok(&arn));
    let (account, region) = (account(), Region::from("us-east-1"));
    let owner = Owner {
        account: &account,
        region: &region,
    };
    let early = world.decide(Moment::from_secs(9), &call(1, &arn, 100));
    assert!(
        matches!(&early, Decision::Refuse(refusal) if refusal.kind == FailureKind::NotReady),
        "{early:?}"
    );
    let status = |world: &mut World, secs| {
        let now = Moment::from_secs(secs);
        world.unit(owner, "mine").expect("there").status(now)
    };
    assert_eq!(status(&mut world, 9), Status::Creating);
    assert_eq!(status(&mut world, 10), Status::InService);
    assert!(matches!(
        world.decide(Moment::from_secs(10), &call(2, &arn, 100)),
        Decision::Serve(_)
    ));
    let renamed = (Some("yours".to_owned()), None);
    world
        .update_unit(Moment::from_secs(11), owner, &arn, renamed)
        .expect("in service");
    let now = Moment::from_secs(11);
    assert_eq!(
        world.unit(owner, "yours").expect("renamed").status(now),
        Status::Updating
    );
    world.delete_unit(now, owner, "yours").expect("no term");
    let gone = world.decide(now, &call(3, &arn, 100));
    assert!(
        matches!(&gone, Decision::Refuse(refusal) if refusal.kind == FailureKind::NotFound),
        "{gone:?}"
    );
}

#[test]
fn a_committed_unit_lives_to_the_end_of_its_term_and_no_compression_shortens_it() {
    let mut plan = granted(2);
    plan.time_scale = 1_000.0;
    let mut world = world(plan);
    let (account, region) = (account(), Region::from("us-east-1"));
    let owner = Owner {
        account: &account,
        region: &region,
    };
    for (name, term, days) in [
        ("month", Commitment::OneMonth, 30),
        ("half-year", Commitment::SixMonths, 180),
    ] {
        world
            .buy_units(Moment::ZERO, order(name, Some(term)))
            .expect("granted");
        let early = world.delete_unit(Moment::from_secs(days * DAY - 1), owner, name);
        assert!(matches!(early, Err(UnitError::Committed { .. })), "{early:?}");
        let late = world.delete_unit(Moment::from_secs(days * DAY), owner, name);
        assert_eq!(late, Ok(()), "{name}");
    }
}

#[test]
fn a_unit_that_fails_says_why_and_binds_nobody() {
    let mut plan = granted(1);
    plan.units.fails = true;
    let mut world = world(plan);
    let bought = world.buy_units(Moment::ZERO, order("mine", Some(Commitment::SixMonths)));
    let arn = bought.expect("granted");
    let (account, region) = (account(), Region::from("us-east-1"));
    let owner = Owner {
        account: &account,
        region: &region,
    };
    let now = Moment::from_secs(700);
    let unit = world.unit(owner, &arn).expect("there");
    assert_eq!((unit.status(now), unit.bill(now)), (Status::Failed, Usd::ZERO));
    assert!(unit.failure(now).is_some());
    assert_eq!(world.delete_unit(now, owner, &arn), Ok(()));
}

#[test]
fn the_ledger_counts_what_units_served_and_charges_hours_not_tokens() {
    let mut world = world(WorldPlan {
        latency: LatencyPlan::default(),
        ..WorldPlan::default()
    });
    let fate = fire(&mut world, &standing(), 2.0, (0.0, 100.0));
    let (arn, tally) = world.ledger().units().next().expect("a line");
    assert_eq!(arn, standing());
    let mut usage = TokenUsage::default();
    for serving in &fate.served {
        usage += serving.usage;
    }
    assert_eq!((tally.served, tally.usage), (200, usage));
    assert_eq!((tally.cost, world.ledger().total().served), (Usd::ZERO, 200));
    let hourly = Catalog::builtin().offers.units[NOVA_PRO].hourly.none;
    let unit = world.units().all().next().expect("the standing unit");
    assert_eq!(unit.bill(Moment::from_secs(100)), hourly);
    assert_eq!(unit.bill(Moment::from_secs(3_600)), hourly.times(2));
}

#[test]
fn every_account_finds_its_own_standing_unit_and_no_other() {
    let mut world = world(WorldPlan::default());
    let region = Region::from("us-east-1");
    let (mine, theirs): (Arc<str>, Arc<str>) = (account(), "210987654321".into());
    for account in [&mine, &theirs] {
        let owner = Owner {
            account,
            region: &region,
        };
        let units = world.units_of(owner);
        let [unit] = units[..] else { panic!("{units:?}") };
        assert!(unit.arn.contains(&**account), "{}", unit.arn);
    }
    let stranger = Call {
        account: theirs,
        ..call(1, &standing(), 100)
    };
    assert!(matches!(
        world.decide(Moment::ZERO, &stranger),
        Decision::Refuse(_)
    ));
}
