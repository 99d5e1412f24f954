//! The rule of a router, and the rules of making one.

use proptest::prelude::*;

use super::*;
use crate::emulator::world::plan::WorldPlan;

const LITE: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
const PRO: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0";
const PRO_PROFILE: &str = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0";
const LITE_PROFILE: &str =
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0";
const MICRO: &str = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0";
const LLAMA: &str = "arn:aws:bedrock:us-west-2::foundation-model/meta.llama3-1-8b-instruct-v1:0";

fn world(plan: WorldPlan) -> World {
    World::new(Catalog::builtin(), plan, Seed::new(7))
}

fn here(region: &Region) -> Desk<'_> {
    Desk {
        account: "123456789012",
        region,
    }
}

fn wish(name: &str, fallback: &str, other: &str, difference: f64) -> RouterWish {
    RouterWish {
        name: name.to_owned(),
        description: None,
        models: vec![fallback.to_owned(), other.to_owned()],
        fallback: fallback.to_owned(),
        difference,
        token: None,
    }
}

fn any_traits() -> impl Strategy<Value = PromptTraits> {
    (0_u64..40_000, 0_u32..40, 0_u32..60).prop_map(|(chars, reasoning, structure)| PromptTraits {
        chars,
        reasoning,
        structure,
    })
}

proptest! {
    /// The rule of section 5 of the fact sheet: the other model only if it is better by more than
    /// the difference; so a larger difference never takes a prompt away from the fallback model, and a more
    /// demanding prompt never goes to a smaller model than a less demanding one.
    #[test]
    fn the_other_model_is_taken_only_if_it_is_better_by_the_difference(
        traits in any_traits(),
        more in any_traits(),
        differences in prop::array::uniform2(0.0_f64..=100.0),
        large_falls_back: bool,
        over_profiles: bool,
    ) {
        let region = Region::from("us-east-1");
        let mut world = world(WorldPlan::default());
        let (small, large) = if over_profiles { (LITE_PROFILE, PRO_PROFILE) } else { (LITE, PRO) };
        let (fallback, other) = if large_falls_back { (large, small) } else { (small, large) };
        let lead = if large_falls_back { -traits.gain() } else { traits.gain() };
        let [low, high] = if differences[0] <= differences[1] { differences } else { [differences[1], differences[0]] };
        let mut chosen = Vec::new();
        for (name, difference) in [("low", low), ("high", high)] {
            let made = world
                .create_router(Moment::ZERO, here(&region), wish(name, fallback, other, difference))
                .expect("a sound wish");
            let routed = world.route(here(&region), &made.arn, traits).expect("it is there");
            let expected = if lead > difference { other } else { fallback };
            prop_assert_eq!(&*routed.arn, expected);
            prop_assert!(expected.ends_with(&*routed.target));
            // More of every trait.
            let sum = PromptTraits {
                chars: traits.chars + more.chars,
                reasoning: traits.reasoning + more.reasoning,
                structure: traits.structure + more.structure,
            };
            let harder = world.route(here(&region), &made.arn, sum).expect("it is there");
            prop_assert!(*routed.arn != *large || *harder.arn == *large, "a harder prompt went to the smaller model");
            chosen.push(routed.arn);
        }
        prop_assert!(*chosen[0] != *fallback || *chosen[1] == *fallback, "raising took a prompt from the fallback");
    }
}

#[test]
fn every_account_finds_the_default_routers_and_one_of_its_own() {
    let mut world = world(WorldPlan::default());
    let names = |world: &mut World, account: &str, region: &str| {
        let region = Region::from(region);
        let desk = Desk {
            account,
            region: &region,
        };
        let routers = world.routers(desk);
        let names = routers.iter().map(|router| router.arn.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        names(&mut world, "123456789012", "us-east-1"),
        [
            "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/meta.llama:1",
            "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/amazon.nova:1",
            "arn:aws:bedrock:us-east-1:123456789012:prompt-router/bedrill0nova",
        ]
    );
    assert!(
        names(&mut world, "999999999999", "us-east-1")
            .iter()
            .all(|arn| arn.contains(":999999999999:"))
    );
    assert_eq!(names(&mut world, "123456789012", "sa-east-1"), [""; 0]);
}

#[test]
fn a_router_is_of_its_account_and_region_alone() {
    let mut world = world(WorldPlan::default());
    let (east, west) = (Region::from("us-east-1"), Region::from("us-west-2"));
    let arn = "arn:aws:bedrock:us-east-1:123456789012:prompt-router/bedrill0nova";
    let traits = PromptTraits::default();
    assert!(world.route(here(&east), arn, traits).is_some());
    assert_eq!(world.route(here(&west), arn, traits), None);
    let stranger = Desk {
        account: "999999999999",
        region: &east,
    };
    assert_eq!(world.route(stranger, arn, traits), None);
    assert_eq!(world.delete_router(here(&east), arn), Ok(()));
    assert_eq!(world.route(here(&east), arn, traits), None);
    let default = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/amazon.nova:1";
    assert_eq!(
        world.delete_router(here(&east), default),
        Err(RouterRefusal::DefaultStays)
    );
}

#[test]
fn a_wish_that_breaks_a_rule_is_refused_for_that_rule() {
    let mut plan = WorldPlan::default();
    plan.routing.most_custom = 3;
    let mut world = world(plan);
    let region = Region::from("us-east-1");
    let mut ask = |wish| world.create_router(Moment::ZERO, here(&region), wish);
    let three = RouterWish {
        models: [LITE, PRO, PRO_PROFILE].map(str::to_owned).into(),
        ..wish("three", LITE, PRO, 5.0)
    };
    assert_eq!(ask(three), Err(RouterRefusal::NotTwo(3)));
    let once = RouterWish {
        models: vec![LITE.to_owned()],
        ..wish("one", LITE, PRO, 5.0)
    };
    assert_eq!(ask(once), Err(RouterRefusal::NotTwo(1)));
    let same = RouterRefusal::SameModel("amazon.nova-pro-v1:0".into());
    assert_eq!(ask(wish("same", PRO, PRO_PROFILE, 5.0)), Err(same));
    let unsupported = RouterRefusal::Unsupported("amazon.nova-micro-v1:0".into());
    assert_eq!(ask(wish("micro", LITE, MICRO, 5.0)), Err(unsupported));
    let elsewhere = RouterRefusal::UnknownModel(LLAMA.to_owned());
    assert_eq!(ask(wish("llama", LITE, LLAMA, 5.0)), Err(elsewhere));
    let llama = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-1-8b-instruct-v1:0";
    assert_eq!(
        ask(wish("mixed", LITE, llama, 5.0)),
        Err(RouterRefusal::OtherFamily)
    );
    let bare = RouterRefusal::UnknownModel("amazon.nova-pro-v1:0".to_owned());
    assert_eq!(ask(wish("bare", LITE, "amazon.nova-pro-v1:0", 5.0)), Err(bare));
    // One model beside the fallback model is the other way to say two.
    let beside = RouterWish {
        models: vec![PRO.to_owned()],
        token: Some("once".to_owned()),
        ..wish("beside", LITE, PRO, 5.0)
    };
    let made = ask(beside.clone()).expect("a sound wish");
    assert_eq!(ask(beside.clone()), Ok(made));
    let other = RouterWish {
        difference: 6.0,
        ..beside
    };
    assert_eq!(ask(other), Err(RouterRefusal::TokenReused));
    let taken = RouterRefusal::NameTaken("beside".to_owned());
    assert_eq!(ask(wish("beside", PRO, LITE, 5.0)), Err(taken));
    ask(wish("last", PRO, LITE, 5.0)).expect("room for one more beside the standing one");
    assert_eq!(ask(wish("more", PRO, LITE, 5.0)), Err(RouterRefusal::TooMany(3)));
}
