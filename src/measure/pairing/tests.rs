//! The metric of every test is availability, stated here before any of them runs.
//!
//! The noise is synthetic: each way of calling draws its failures from a stream of its own. A drill
//! cannot give it, for the emulator answers equal requests alike, whoever asks: one way of calling
//! against itself would differ in nothing.

use super::*;
use crate::event::{FailureKind, ShotEnd};
use crate::measure::fold::fixture::shot;
use crate::seed::Stream;

const PLAN: PairPlan = PairPlan {
    first: ArmId(0),
    second: ArmId(1),
    metric: PairMetric::Availability,
    phase: None,
};
const SEEDS: u64 = 200;
/// Three minutes at ten a second. With two minutes the power is some 75 percent.
const SECONDS: u64 = 180;
const A_SECOND: u64 = 10;

/// How one way of calling fails: on its own draws, and together within a second.
struct Service {
    /// The share of shots lost on their own.
    lost: f64,
    /// The share of seconds in which half of the shots are lost: noise that neighbours share.
    bad_seconds: f64,
    draws: Stream,
    is_bad: bool,
}

impl Service {
    fn new(seed: u64, name: &str, lost: f64, bad_seconds: f64) -> Self {
        Self {
            lost,
            bad_seconds,
            draws: Seed::new(seed).derive(name).stream(),
            is_bad: false,
        }
    }

    fn second_begins(&mut self) {
        self.is_bad = self.draws.chance(self.bad_seconds);
    }

    /// `hard` is the prompt's: both ways of calling find it hard.
    fn answers(&mut self, hard: bool) -> bool {
        let lost = self.lost + if hard { 0.05 } else { 0.0 } + if self.is_bad { 0.5 } else { 0.0 };
        !self.draws.chance(lost)
    }
}

/// Two services asked the same.
fn paired(seed: u64, first: &mut Service, second: &mut Service) -> Pair {
    let mut prompts = Seed::new(seed).derive("prompts").stream();
    let mut fold = PairFold::new(PLAN);
    let mut index = 0;
    for second_of_run in 0..SECONDS {
        first.second_begins();
        second.second_begins();
        for _ in 0..A_SECOND {
            let hard = prompts.chance(0.3);
            for (is_first, service) in [(true, &mut *first), (false, &mut *second)] {
                let half = Half {
                    is_first,
                    intended_at: Moment::from_secs(second_of_run),
                    value: Some(f64::from(u8::from(service.answers(hard)))),
                    cost: Usd::ZERO,
                };
                fold.half(index, half);
            }
            index += 1;
        }
    }
    fold.concluded(Seed::new(seed))
}

fn missed_zero(lost: f64, lost_by_second: f64, bad_seconds: f64) -> f64 {
    let missed = (0..SEEDS).filter(|&seed| {
        let mut first = Service::new(seed, "first", lost, bad_seconds);
        let mut second = Service::new(seed, "second", lost_by_second, bad_seconds);
        paired(seed, &mut first, &mut second).interval.misses_zero()
    });
    missed.count() as f64 / SEEDS as f64
}

#[test]
fn a_pattern_against_itself_differs_in_one_run_of_twenty() {
    for bad_seconds in [0.0, 0.05] {
        let share = missed_zero(0.02, 0.02, bad_seconds);
        assert!((0.02..=0.08).contains(&share), "{share} at {bad_seconds}");
    }
}

#[test]
fn two_points_of_availability_are_found() {
    let share = missed_zero(0.005, 0.025, 0.0);
    assert!(share >= 0.8, "{share}");
}

#[test]
fn a_handful_of_lost_shots_is_no_difference() {
    // A failure in a thousand: resampling alone takes four against none for a finding.
    let share = (0..SEEDS).filter(|&seed| {
        let mut draws = Seed::new(seed).derive("rare").stream();
        let mut fold = PairFold::new(PLAN);
        for index in 0..2_000 {
            for is_first in [true, false] {
                let half = Half {
                    is_first,
                    intended_at: Moment::from_secs(index / 10),
                    value: Some(f64::from(u8::from(!draws.chance(0.001)))),
                    cost: Usd::ZERO,
                };
                fold.half(index, half);
            }
        }
        fold.concluded(Seed::new(seed)).interval.misses_zero()
    });
    let share = share.count() as f64 / SEEDS as f64;
    assert!(share <= 0.05, "{share}");
}

#[test]
fn a_difference_in_every_pair_is_still_known_no_better_than_its_number_allows() {
    let mut fold = PairFold::new(PLAN);
    for index in 0..150 {
        for is_first in [true, false] {
            let half = Half {
                is_first,
                intended_at: Moment::from_secs(index / 5),
                value: Some(f64::from(u8::from(is_first))),
                cost: Usd::ZERO,
            };
            fold.half(index, half);
        }
    }
    let pair = fold.concluded(Seed::new(1));
    assert_eq!((pair.difference, pair.interval.high), (Some(1.0), Some(1.0)));
    let low = pair.interval.low.expect("an end");
    assert!((0.95..0.98).contains(&low), "{low}");
}

#[test]
fn shots_are_paired_by_their_number_and_by_phase_whatever_order_they_end_in() {
    let mut fold = PairFold::new(PairPlan {
        phase: Some(Phase::Fault),
        ..PLAN
    });
    let lost = ShotEnd::Failed(FailureKind::Unavailable);
    let shots = [
        (Phase::Fault, shot(0, 7, 1_000, 50, ShotEnd::Succeeded)),
        (Phase::Fault, shot(1, 8, 1_500, 50, lost.clone())),
        (Phase::Fault, shot(0, 8, 1_500, 900, ShotEnd::Succeeded)),
        (Phase::Fault, shot(1, 7, 1_000, 2_000, ShotEnd::Succeeded)),
        (Phase::Steady, shot(0, 9, 3_000, 1, lost.clone())),
        (Phase::Fault, shot(2, 9, 3_000, 1, lost.clone())),
        (Phase::Fault, shot(1, 9, 3_000, 1, lost)),
    ];
    for (phase, record) in &shots {
        fold.shot(*phase, record);
    }
    let pair = fold.so_far();
    assert_eq!((pair.pairs, pair.left_out), (2, 1));
    assert_eq!((pair.first, pair.second), (Some(1.0), Some(0.5)));
    assert_eq!(pair.difference, Some(0.5));
    assert_eq!(fold.concluded(Seed::new(1)).interval, Interval::default());
}

#[test]
fn halves_of_different_moments_are_no_pair() {
    let mut fold = PairFold::new(PLAN);
    let ends = |intended_ms| shot(1, intended_ms / 100, intended_ms, 50, ShotEnd::Succeeded);
    for index in 0..20 {
        fold.shot(Phase::Fault, &shot(0, index, index * 100, 50, ShotEnd::Succeeded));
        // The second's rate is turned after a second: its tenth shot comes later than the first's.
        let mut other = ends(index * 100);
        if index >= 10 {
            other.intended_at += Duration::from_millis(30);
        }
        fold.shot(Phase::Fault, &other);
    }
    let pair = fold.so_far();
    assert_eq!((pair.pairs, pair.left_out), (10, 20));
}

#[test]
fn a_run_of_any_length_keeps_its_sums_in_bounded_room() {
    let mut fold = PairFold::new(PLAN);
    for hour in 0..48_u64 {
        for is_first in [true, false] {
            let half = Half {
                is_first,
                intended_at: Moment::from_secs(hour * 3_600),
                value: Some(1.0),
                cost: Usd::from_picos(3),
            };
            fold.half(hour, half);
        }
    }
    assert_eq!(fold.so_far().pairs, 48);
    assert_eq!(fold.so_far().costs.0, Usd::from_picos(144));
    for index in 0..2 * WAITING as u64 {
        let half = Half {
            is_first: true,
            intended_at: Moment::ZERO,
            value: Some(1.0),
            cost: Usd::ZERO,
        };
        fold.half(1_000 + index, half);
    }
    assert_eq!(fold.waiting.len(), WAITING);
    assert_eq!(fold.so_far().left_out, 2 * WAITING as u64);
}
