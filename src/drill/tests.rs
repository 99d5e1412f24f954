//! What the panels show is what the emulator's ledger holds, for every second of whole runs: steady,
//! faulted and recovered.

use std::collections::BTreeSet;

use super::fixture::{Booked, Sight, Watched, edited, shipped, span_of};
use crate::clock::Moment;
use crate::emulator::world::Ledger;
use crate::emulator::world::ledger::Line;
use crate::event::{Route, ShotRecord};
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, Point, SpecialView};
use crate::measure::special::WayView;
use crate::names::Region;
use crate::units::{TokenUsage, Usd};

fn pattern<'s>(snapshot: &'s Snapshot, key: &str) -> &'s PatternSnapshot {
    let mut patterns = snapshot.patterns.iter();
    patterns.find(|pattern| pattern.key == *key).expect("a pattern")
}

fn arms(snapshot: &Snapshot) -> impl Iterator<Item = &ArmSnapshot> {
    snapshot.patterns.iter().flat_map(|pattern| &pattern.arms)
}

/// What the ended calls of some lines used, and what they cost.
fn billed(ledger: &Ledger, keep: impl Fn(&Line<'_>) -> bool) -> (TokenUsage, Usd) {
    let (mut usage, mut cost) = (TokenUsage::default(), Usd::ZERO);
    for line in ledger.lines().filter(keep) {
        usage += line.tally.usage;
        cost += line.tally.cost;
    }
    (usage, cost)
}

fn calls(route: &Route) -> impl Fn(&Line<'_>) -> bool {
    |line| *line.region == route.region && line.target == route.target.as_str()
}

/// What was served, region by region, and the totals of ways of calling that have one route each.
fn cross_region_agrees(run: &Watched, sight: &Sight) {
    for arm in &pattern(&sight.snapshot, "cross-region").arms {
        let route = &arm.chain[0].route;
        let mut regions: BTreeSet<&str> = arm.served_in.keys().map(Region::as_str).collect();
        regions.extend(
            (sight.upto.lines().filter(calls(route))).filter_map(|line| Some(line.served_in?.as_str())),
        );
        let newest = arm.timeline.points().next_back().expect("a point for the second");
        assert_eq!(newest.second, sight.second - 1);
        for region in regions {
            let served_there =
                |line: &Line<'_>| calls(route)(line) && line.served_in.is_some_and(|served| served == region);
            let shown = arm.served_in.get(region).copied().unwrap_or(0);
            let booked = run.booked(sight.second, served_there).served;
            assert_eq!(shown, booked, "{} {region} at {}s", arm.key, sight.second);
            let before = sight
                .second
                .checked_sub(2)
                .map(|place| &run.sights[place as usize].before);
            let of_second = Booked::of(&sight.before, served_there).since(
                before
                    .map(|ledger| Booked::of(ledger, served_there))
                    .unwrap_or_default(),
            );
            let place = arm.regions.iter().position(|known| known == region);
            // A world has more regions than a point counts; the window above counts them all.
            let Some(place) = place.filter(|place| *place < Point::REGIONS) else {
                assert!(arm.regions.len() >= Point::REGIONS || of_second.served == 0);
                continue;
            };
            assert_eq!(
                u64::from(newest.served[place]),
                of_second.served,
                "{} {region} in second {}",
                arm.key,
                sight.second
            );
        }
        let all = Booked::of(&sight.upto, calls(route));
        assert_eq!(
            arm.total.succeeded, all.served,
            "{} at {}s",
            arm.key, sight.second
        );
        assert_eq!(all.broken_off, 0, "its usage would be known to the service alone");
        assert_eq!(
            (arm.total.usage, arm.total.cost),
            billed(&sight.upto, calls(route))
        );
    }
}

/// What each route was asked and what it served: over all ways of calling that use it.
fn hops_agree(run: &Watched, sight: &Sight) {
    let span = span_of(sight.second);
    let mut routes: Vec<&Route> = Vec::new();
    for hop in arms(&sight.snapshot).flat_map(|arm| &arm.chain) {
        let is_new = |known: &&Route| known.region == hop.route.region && known.target == hop.route.target;
        if !routes.iter().any(is_new) {
            routes.push(&hop.route);
        }
    }
    for route in routes {
        let same = |other: &Route| other.region == route.region && other.target == route.target;
        let of_route = |_: &ShotRecord, other: &Route| same(other);
        let (mut tried, mut served, mut failed) = (0, 0, 0);
        for hop in arms(&sight.snapshot)
            .flat_map(|arm| &arm.chain)
            .filter(|hop| same(&hop.route))
        {
            tried += hop.attempts;
            served += hop.served;
            failed += hop.failed;
        }
        let booked = run.booked(sight.second, calls(route));
        assert_eq!(served, booked.served, "{} at {}s", route.label, sight.second);
        let expected = run.shifted(booked, &span, of_route);
        let dead = run.dead(&span, of_route);
        assert_eq!(
            (tried, failed),
            (
                expected.served + expected.refused + expected.broken_off + dead,
                expected.refused + expected.broken_off + dead
            ),
            "{} at {}s",
            route.label,
            sight.second
        );
    }
}

/// Succeeded and throttled since the run began, over all arms.
fn totals_agree(run: &Watched, sight: &Sight) {
    let so_far = Moment::ZERO..Moment::from_millis(sight.second * 1_000 + 1);
    let all = Booked::of(&sight.upto, |_| true);
    let shown = run.shifted(all, &so_far, |_, _| true);
    let dead = run.dead(&so_far, |_, _| true);
    let (mut succeeded, mut attempts) = (0, 0);
    for arm in arms(&sight.snapshot) {
        succeeded += arm.total.succeeded;
        attempts += arm.total.attempts;
    }
    assert_eq!(succeeded, all.served, "at {}s", sight.second);
    assert_eq!(
        attempts,
        shown.served + shown.refused + shown.broken_off + dead,
        "at {}s",
        sight.second
    );
}

#[test]
fn regions_and_hops_show_the_ledgers_figures_at_every_second_of_an_outage() {
    for name in ["capacity-outage", "region-outage"] {
        let run = shipped(name);
        assert_eq!(run.sights.len(), 149);
        for sight in &run.sights {
            cross_region_agrees(&run, sight);
            hops_agree(&run, sight);
            totals_agree(&run, sight);
        }
        let refused = Booked::of(&run.ledger, |_| true).refused;
        let dead = run.dead(&(Moment::ZERO..Moment::FAR), |_, _| true);
        // Each outage has its own way of failing, and both were met.
        let (met, not_met) = if name == "capacity-outage" {
            (refused, dead)
        } else {
            (dead, 0)
        };
        assert!(
            met > 100 && not_met == 0,
            "{name}: {refused} refused, {dead} dead"
        );
    }
}

fn way<'a>(pattern: &'a PatternSnapshot, key: &str) -> (&'a WayView, &'a ArmSnapshot) {
    let Some(SpecialView::PromptRouting(view)) = pattern.special.as_deref() else {
        panic!("another view");
    };
    let arm = pattern.arms.iter().find(|arm| arm.key == *key).expect("an arm");
    let way = view.ways.iter().find(|way| way.arm == arm.id).expect("a way");
    (way, arm)
}

#[test]
fn the_split_of_a_router_is_the_ledgers_at_every_second() {
    let run = shipped("prompt-routing");
    let (lite, pro) = ("amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0");
    let (geo_lite, geo_pro) = ("us.amazon.nova-lite-v1:0", "us.amazon.nova-pro-v1:0");
    let cases = [
        ("router", true, lite, pro),
        ("profile router", true, geo_lite, geo_pro),
        ("always small", false, lite, "none"),
        ("always large", false, "none", pro),
    ];
    let mut lost = 0;
    for sight in &run.sights {
        for (key, routed, small, large) in cases {
            let (way, arm) = way(pattern(&sight.snapshot, "prompt-routing"), key);
            let of =
                |target: &'static str| move |line: &Line<'_>| line.routed == routed && line.target == target;
            let at = format!("{key} at {}s", sight.second);
            let all = way.total.all();
            assert_eq!(all.small, Booked::of(&sight.upto, of(small)).served, "{at}");
            assert_eq!(all.large, Booked::of(&sight.upto, of(large)).served, "{at}");
            let recent = way.recent.all();
            assert_eq!(recent.small, run.booked(sight.second, of(small)).served, "{at}");
            assert_eq!(recent.large, run.booked(sight.second, of(large)).served, "{at}");
            let both = |line: &Line<'_>| of(small)(line) || of(large)(line);
            assert_eq!(Booked::of(&sight.upto, both).broken_off, 0);
            let (usage, cost) = billed(&sight.upto, both);
            assert_eq!(
                (all.cost, arm.total.usage, arm.total.cost),
                (cost, usage, cost),
                "{at}"
            );
            // Simple and complex prompts add up to what the ledger does not tell apart.
            assert_eq!(
                way.recent.simple.small + way.recent.complex.small,
                recent.small,
                "{at}"
            );
            lost += recent.lost;
        }
    }
    assert!(lost > 100, "the outage was met: {lost}");
}

#[test]
fn tokens_read_and_written_are_the_ledgers_at_every_second() {
    // Patient: what a call given up in the middle used, the service alone knows.
    let run = edited("prompt-cache", |text| {
        text.replace("attempt_timeout = \"8s\"", "attempt_timeout = \"19s\"")
    });
    let mut ratios = Vec::new();
    for sight in &run.sights {
        let pattern = pattern(&sight.snapshot, "prompt-cache");
        let Some(SpecialView::PromptCache(view)) = pattern.special.as_deref() else {
            panic!("another view");
        };
        let is_geo = |arm: &&ArmSnapshot| arm.key == *"cached geo";
        let through_profile = |line: &Line<'_>| line.target.starts_with("us.");
        for geo in [true, false] {
            let keep = |line: &Line<'_>| through_profile(line) == geo;
            let (mut total, mut cost, mut recent) = (TokenUsage::default(), Usd::ZERO, TokenUsage::default());
            for arm in pattern.arms.iter().filter(|arm| is_geo(arm) == geo) {
                let special = view.arm(arm.id).expect("a view");
                total += special.total.usage;
                recent += special.recent.usage;
                cost += special.total.cost;
            }
            let at = format!("geo {geo} at {}s", sight.second);
            assert_eq!(Booked::of(&sight.upto, keep).broken_off, 0, "{at}");
            assert_eq!((total, cost), billed(&sight.upto, keep), "{at}");
            let (_, earlier) = run.window(sight.second);
            let earlier = earlier.map(|ledger| billed(ledger, keep).0).unwrap_or_default();
            let mut summed = recent;
            summed += earlier;
            let now = billed(&sight.before, keep).0;
            assert_eq!(summed, now, "{at}");
            if geo {
                let special = pattern.arms.iter().find(is_geo).and_then(|arm| view.arm(arm.id));
                let shown = special.and_then(|special| special.recent.hit_ratio());
                let prompt = now.prompt() - earlier.prompt();
                let booked =
                    (prompt > 0).then(|| (now.cache_read - earlier.cache_read) as f64 / prompt as f64);
                assert_eq!(shown, booked, "{at}");
                ratios.extend(shown);
            }
        }
    }
    let lowest = ratios.iter().copied().fold(1.0, f64::min);
    let highest = ratios.iter().copied().fold(0.0, f64::max);
    assert!(lowest < 0.5 && highest > 0.95, "{lowest} to {highest}");
}
