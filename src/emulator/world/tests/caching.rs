//! The prompt cache within the world: quota, latency, bill, and regions that each have their own.

use super::*;
use crate::catalog::{CacheRule, CacheTtl, Catalog, Model};
use crate::emulator::world::cache::PrefixBlock;
use crate::units::Usd;

const SWIFT: &str = "acme.swift-v1:0";

/// A document of 19,000 tokens with a checkpoint behind it, and a question of 40.
fn asked(key: u64, target: &str, ttl: CacheTtl) -> Call {
    let block = |hash, tokens, point| PrefixBlock { hash, tokens, point };
    Call {
        input_tokens: 19_040,
        prefix: vec![block(1, 19_000, Some(ttl)), block(key + 2, 19_040, None)],
        max_tokens: Some(100),
        reply_tokens: Some(60),
        ..call(key, target)
    }
}

/// The fixture's catalogue, whose models cache.
fn caching() -> Arc<Catalog> {
    let mut catalog = Catalog::clone(&fixture::catalog());
    for model in catalog.models.values_mut() {
        *model = Arc::new(Model {
            cache: Some(CacheRule {
                min_tokens: 1_024,
                max_tokens: None,
                max_checkpoints: 4,
                one_hour: true,
                tools: true,
            }),
            ..Model::clone(model)
        });
    }
    Arc::new(catalog)
}

fn quiet() -> WorldPlan {
    WorldPlan {
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        ..WorldPlan::default()
    }
}

fn ask(world: &mut World, at: Moment, call: &Call) -> Serving {
    match world.decide(at, call) {
        Decision::Serve(serving) => {
            let end = Settlement {
                usage: serving.usage,
                at: at + serving.finished_after(),
                completed: true,
            };
            world.settle(serving.ticket, end);
            *serving
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_read_is_free_of_quota_sooner_and_billed_as_the_catalogue_says() {
    let mut world = World::new(caching(), quiet(), Seed::new(1));
    let write = ask(&mut world, Moment::ZERO, &asked(0, SWIFT, CacheTtl::FiveMinutes));
    let after_write = *world.ledger().lines().next().expect("a line").tally;
    let read = ask(
        &mut world,
        Moment::from_secs(60),
        &asked(1, SWIFT, CacheTtl::FiveMinutes),
    );
    let total = *world.ledger().lines().next().expect("a line").tally;
    assert_eq!((write.usage.input, write.usage.cache_write), (40, 19_000));
    assert_eq!((read.usage.input, read.usage.cache_read), (40, 19_000));
    // At the median 250 ms and 60 ms for each thousand of 19,040 tokens, against 40.
    assert!(
        write.first_token > read.first_token * 2,
        "{:?} {:?}",
        write.first_token,
        read.first_token
    );
    assert_eq!(after_write.quota_tokens, 19_040 + 60);
    assert_eq!(total.quota_tokens - after_write.quota_tokens, 40 + 60);
    // By hand, dollars a million: input 1, output 5, read 0.1, write 1.25.
    // Write: 40 + 60 x 5 + 19,000 x 1.25 = 24,090 millionths. Read: 40 + 300 + 1,900 = 2,240.
    assert_eq!(after_write.cost, Usd::from_picos(24_090_000_000));
    assert_eq!(total.cost - after_write.cost, Usd::from_picos(2_240_000_000));
}

#[test]
fn an_hour_is_billed_at_its_own_price() {
    let sonnet = &Catalog::builtin().models["anthropic.claude-sonnet-4-6"];
    let usage = TokenUsage {
        input: 40,
        output: 60,
        cache_read: 0,
        cache_write: 19_000,
        cache_write_1h: 10_000,
    };
    // 40 x 3 + 60 x 15 + 9,000 x 3.75 + 10,000 x 6 = 94,770 millionths of a dollar.
    let cost = sonnet.cost(QuotaFamily::OnDemand, usage);
    assert_eq!(cost, Usd::from_picos(94_770_000_000));
}

#[test]
fn a_hit_at_4_59_lives_and_at_5_01_after_the_last_misses() {
    let mut world = World::new(caching(), quiet(), Seed::new(1));
    let mut read_at = |secs, key| {
        let call = asked(key, SWIFT, CacheTtl::FiveMinutes);
        ask(&mut world, Moment::from_secs(secs), &call).usage.cache_read
    };
    assert_eq!(read_at(0, 0), 0);
    assert_eq!(read_at(299, 1), 19_000);
    assert_eq!(read_at(299 + 299, 2), 19_000);
    assert_eq!(read_at(299 + 299 + 301, 3), 0);
}

#[test]
fn a_quota_that_a_warm_cache_fits_in_is_too_small_for_a_cold_one() {
    let mut world = World::new(caching(), quiet(), Seed::new(1));
    let other = Call {
        region: Region::from("us-west-2"),
        ..asked(0, SWIFT, CacheTtl::FiveMinutes)
    };
    // 4 million a minute hold 209 cold prompts of 19,140; reading, the same quota holds thousands.
    let minute = |n: u64| Moment::from_millis(2_000 + n * 10);
    ask(&mut world, Moment::ZERO, &asked(0, SWIFT, CacheTtl::FiveMinutes));
    for n in 1..1_000 {
        ask(&mut world, minute(n), &asked(n, SWIFT, CacheTtl::FiveMinutes));
    }
    let uncached = |n| Call {
        prefix: Vec::new(),
        key: n,
        ..other.clone()
    };
    let refused =
        (0..1_000).filter(|n| matches!(world.decide(minute(*n), &uncached(*n)), Decision::Refuse(_)));
    assert!(refused.count() > 700);
}

#[test]
fn each_region_that_serves_a_profile_has_its_own_cache() {
    let mut world = World::new(caching(), quiet(), Seed::new(1));
    let mut wrote = std::collections::BTreeSet::new();
    for n in 0..60 {
        let at = Moment::from_secs(n * 5);
        let serving = ask(
            &mut world,
            at,
            &asked(n, "us.acme.swift-v1:0", CacheTtl::FiveMinutes),
        );
        let is_first = wrote.insert(serving.region.clone());
        assert_eq!(serving.usage.cache_write > 0, is_first, "in {}", serving.region);
    }
    assert_eq!(wrote.len(), 3, "{wrote:?}");
}
