//! The cache by its own rules: lengths, lifetimes, look-back, room.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::catalog::CacheRule;
use crate::emulator::world::index::Index;
use crate::emulator::world::quota::Quotas;

const MIN: u64 = 1_024;

/// A prompt in the making: each block says something and has a length.
#[derive(Clone, Debug)]
struct Said(Vec<PrefixBlock>);

impl Said {
    fn nothing() -> Self {
        Self(Vec::new())
    }

    fn then(mut self, what: u64, tokens: u64) -> Self {
        let (hash, before) = self.0.last().map_or((0, 0), |last| (last.hash, last.tokens));
        self.0.push(PrefixBlock {
            hash: hash.wrapping_mul(31).wrapping_add(what),
            tokens: before + tokens,
            point: None,
        });
        self
    }

    fn point(mut self, ttl: CacheTtl) -> Self {
        self.0.last_mut().expect("a block").point = Some(ttl);
        self
    }

    fn unpointed(mut self) -> Self {
        for block in &mut self.0 {
            block.point = None;
        }
        self
    }
}

struct Bench {
    cache: PromptCache,
    model: Arc<Model>,
    shelf: Shelf,
}

impl Bench {
    fn new(family: Family) -> Self {
        let catalog = crate::emulator::world::fixture::catalog();
        let mut model = Model::clone(&catalog.models["acme.swift-v1:0"]);
        model.family = family;
        model.cache = Some(CacheRule {
            min_tokens: MIN,
            max_tokens: (family == Family::Nova).then_some(20_000),
            max_checkpoints: 4,
            one_hour: true,
            tools: true,
        });
        let index = Index::new(&catalog);
        let shelf = Shelf {
            account: Quotas::default().account(&"123456789012".into()),
            region: index.region_number(&"us-east-1".into()).expect("a region"),
            model: ModelNo(0),
        };
        Self {
            cache: PromptCache::new(false),
            model: Arc::new(model),
            shelf,
        }
    }

    /// Input, read, written of a call; what it writes can be read a moment later.
    fn call(&mut self, at: Moment, said: &Said) -> (u64, u64, u64) {
        let usage = self.usage(at, said);
        (usage.input, usage.cache_read, usage.cache_write)
    }

    fn usage(&mut self, at: Moment, said: &Said) -> TokenUsage {
        let prompt = Prompt {
            shelf: self.shelf,
            model: &self.model,
            blocks: &said.0,
        };
        let found = self.cache.look(at, prompt);
        self.cache.keep(at, at + Duration::from_millis(1), prompt, &found);
        found.usage(said.0.last().map_or(0, |last| last.tokens), 0)
    }
}

const SHORT: CacheTtl = CacheTtl::FiveMinutes;
const LONG: CacheTtl = CacheTtl::OneHour;

fn at(secs: u64) -> Moment {
    Moment::from_secs(secs)
}

#[test]
fn write_read_extend_is_the_recorded_sequence() {
    let mut bench = Bench::new(Family::Claude);
    let first = Said::nothing().then(1, 2_000).then(2, 77).point(SHORT);
    assert_eq!(bench.call(at(0), &first), (3, 0, 2_074));
    // The conversation goes on, and its checkpoint moves with it: Claude looks back.
    let longer = first.unpointed().then(3, 120).then(4, 177).point(SHORT);
    assert_eq!(bench.call(at(10), &longer), (3, 2_074, 297));
    assert_eq!(bench.call(at(20), &longer), (3, 2_371, 0));
}

#[test]
fn below_the_minimum_nothing_is_kept_and_nothing_is_said() {
    let mut bench = Bench::new(Family::Nova);
    let short = Said::nothing().then(1, MIN - 1).point(SHORT).then(2, 500);
    for second in 0..3 {
        assert_eq!(bench.call(at(second), &short), (MIN + 499, 0, 0));
    }
    // The minimum is cumulative: a second checkpoint lies above it.
    let long = short.then(3, 100).point(SHORT);
    assert_eq!(bench.call(at(4), &long), (0, 0, MIN + 599));
    assert_eq!(bench.call(at(5), &long), (0, MIN + 599, 0));
}

#[test]
fn an_entry_lives_to_the_end_of_its_lifetime_after_its_last_hit() {
    for (ttl, lasts) in [(SHORT, 300), (LONG, 3_600)] {
        let mut bench = Bench::new(Family::Claude);
        let said = Said::nothing().then(1, 5_000).point(ttl).then(2, 10);
        assert_eq!(bench.call(at(0), &said), (10, 0, 5_000));
        assert_eq!(
            bench.call(at(lasts - 1), &said),
            (10, 5_000, 0),
            "4:59 after the write"
        );
        // The hit began the lifetime anew.
        let again = 2 * (lasts - 1);
        assert_eq!(bench.call(at(again), &said), (10, 5_000, 0), "4:59 after the hit");
        assert_eq!(
            bench.call(at(again + lasts + 1), &said),
            (10, 0, 5_000),
            "5:01 after the last"
        );
    }
}

#[test]
fn a_prefix_that_differs_anywhere_is_another() {
    let mut bench = Bench::new(Family::Claude);
    let document = |first| {
        Said::nothing()
            .then(first, 20)
            .then(7, 5_000)
            .point(SHORT)
            .then(9, 5)
    };
    assert_eq!(bench.call(at(0), &document(1)), (5, 0, 5_020));
    assert_eq!(
        bench.call(at(1), &document(2)),
        (5, 0, 5_020),
        "a changed first line"
    );
    bench.shelf.region = RegionNo(0);
    assert_eq!(bench.call(at(2), &document(1)), (5, 0, 5_020), "cold elsewhere");
}

#[test]
fn calls_before_the_first_answer_all_write() {
    let mut bench = Bench::new(Family::Claude);
    let said = Said::nothing().then(1, 5_000).point(SHORT).then(2, 10);
    assert_eq!(bench.call(at(0), &said), (10, 0, 5_000));
    assert_eq!(bench.call(at(0), &said), (10, 0, 5_000));
    assert_eq!(bench.call(Moment::from_millis(1), &said), (10, 5_000, 0));
}

#[test]
fn claude_looks_back_twenty_blocks_and_nova_none() {
    let grown = |turns: u64| (0..turns).fold(Said::nothing().then(1, 5_000), |said, n| said.then(n, 10));
    for (family, turns, read) in [
        (Family::Claude, 20, 5_000),
        (Family::Claude, 21, 0),
        (Family::Nova, 1, 0),
    ] {
        let mut bench = Bench::new(family);
        bench.call(at(0), &grown(0).point(SHORT).then(99, 3));
        let usage = bench.usage(at(1), &grown(turns).point(SHORT).then(99, 3));
        assert_eq!(usage.cache_read, read, "{family:?} over {turns} blocks");
    }
}

#[test]
fn an_hours_part_is_told_apart_from_the_five_minutes() {
    let mut bench = Bench::new(Family::Claude);
    let said = Said::nothing()
        .then(1, 2_000)
        .point(LONG)
        .then(2, 3_000)
        .point(SHORT)
        .then(3, 10);
    let usage = bench.usage(at(0), &said);
    assert_eq!((usage.cache_write, usage.cache_write_1h), (5_000, 2_000));
    // Ten minutes later the longer part is gone, the hour's is not.
    let usage = bench.usage(at(600), &said);
    assert_eq!(
        (usage.cache_read, usage.cache_write, usage.cache_write_1h),
        (2_000, 3_000, 0)
    );
}

#[test]
fn a_prefix_longer_than_nova_caches_is_not_cached() {
    let mut bench = Bench::new(Family::Nova);
    let said = Said::nothing().then(1, 20_001).point(SHORT);
    assert_eq!(bench.call(at(0), &said), (20_001, 0, 0));
}

#[test]
fn implicit_hits_are_an_option() {
    let said = |n| Said::nothing().then(1, 5_000).then(n, 10);
    let mut bench = Bench::new(Family::Nova);
    bench.call(at(0), &said(1));
    assert_eq!(bench.call(at(1), &said(2)), (5_010, 0, 0), "off by default");
    bench.cache = PromptCache::new(true);
    assert_eq!(bench.call(at(2), &said(3)), (5_010, 0, 0), "and free to write");
    assert_eq!(bench.call(at(3), &said(4)), (10, 5_000, 0));
}

#[test]
fn memory_is_bounded() {
    let mut bench = Bench::new(Family::Claude);
    let said = |n| Said::nothing().then(n, 5_000).point(SHORT).then(0, 10);
    for n in 0..PromptCache::MOST as u64 + 100 {
        bench.call(Moment::from_millis(n / 200), &said(n));
    }
    assert_eq!(bench.cache.entries.len(), PromptCache::MOST);
    assert_eq!(bench.cache.deadlines.len(), PromptCache::MOST);
    assert_eq!(bench.call(at(1), &said(0)).1, 0, "the one next to expire went");
    bench.call(at(10_000), &said(1));
    assert_eq!(bench.cache.entries.len(), 1, "what is over is forgotten");
}
