use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::load::dials::Dials;
use crate::load::plan::{Burst, Course, Stage};

const SEED: Seed = Seed::new(7);

fn plan(spacing: Spacing, stages: Vec<Stage>) -> LoadPlan {
    LoadPlan {
        spacing,
        stages,
        bursts: Vec::new(),
    }
}

fn hold(rate: f64, secs: u64) -> Stage {
    Stage::hold(rate, Duration::from_secs(secs))
}

fn stream(plan: LoadPlan, arms: usize) -> Arrivals {
    Arrivals::new(Arc::new(plan), arms, SEED)
}

/// All arrivals up to and including a moment, asked for in steps.
fn until(arrivals: &mut Arrivals, end: Moment, step: Duration) -> Vec<Arrival> {
    let mut taken = Vec::new();
    let mut now = Moment::ZERO;
    loop {
        while let Some(arrival) = arrivals.next_due(now) {
            taken.push(arrival);
        }
        if now >= end {
            return taken;
        }
        now = end.min(now + step);
    }
}

#[test]
fn arms_of_patterns_of_any_size_draw_one_shared_stream_to_the_nanosecond() {
    let mut each = plan(
        Spacing::Poisson,
        vec![
            Stage {
                lasts: Duration::from_secs(20),
                course: Course::Ramp { from: 1.0, to: 7.0 },
            },
            hold(6.1, 30),
        ],
    );
    each.bursts.push(Burst {
        at: Moment::from_secs(3),
        shots: 5,
        every: Some(Duration::from_secs(7)),
    });
    let end = Moment::from_secs(50);
    let taken = |arms| {
        let mut arrivals = Arrivals::of_each(Arc::new(each.clone()), arms, SEED);
        until(&mut arrivals, end, Duration::from_millis(70))
    };
    let alone = taken(1);
    assert!(alone.len() > 200, "{}", alone.len());
    assert_eq!(taken(3), alone);
    // A pattern of three arms is offered three times as much, and its dial starts there.
    let mut three = stream(each.times(3), 3);
    assert_eq!(until(&mut three, end, Duration::from_secs(1)).len(), alone.len());
}

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let rate = 0.0..200.0;
    let millis = |range: std::ops::Range<u64>| range.prop_map(Duration::from_millis);
    let course =
        prop_oneof![
            rate.clone().prop_map(Course::Hold),
            (rate.clone(), rate.clone()).prop_map(|(from, to)| Course::Ramp { from, to }),
            (rate.clone(), rate, millis(1..900), millis(1..900))
                .prop_map(|(high, low, on, off)| Course::Pulse { high, low, on, off }),
        ];
    let stage = (millis(1..4_000), course).prop_map(|(lasts, course)| Stage { lasts, course });
    prop::collection::vec(stage, 1..5)
}

/// The integral of a plan's rate by brute force.
fn integral(plan: &LoadPlan, end: Moment) -> f64 {
    let step = Duration::from_micros(100);
    let steps = end.as_nanos() / 100_000;
    (0..steps)
        .map(|n| plan.rate_at(Moment::from_nanos(n * 100_000) + step / 2) * step.as_secs_f64())
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn evenly_spaced_arrivals_are_the_integral_of_the_rate_within_one(
        stages in stages(), arms in 1_usize..5, end in 1_u64..8_000, step in 1_u64..3_000,
    ) {
        let plan = plan(Spacing::Constant, stages);
        let end = Moment::from_millis(end);
        let wanted = integral(&plan, end) / arms as f64;
        let taken = until(&mut stream(plan, arms), end, Duration::from_millis(step));
        // The first is wanted at once, so there may be one more, and half of one for the brute force.
        prop_assert!((taken.len() as f64 - wanted - 0.5).abs() <= 1.0, "{} for {wanted}", taken.len());
        prop_assert!(taken.windows(2).all(|pair| pair[0].intended_at <= pair[1].intended_at));
        prop_assert!(taken.iter().enumerate().all(|(n, arrival)| arrival.index == n as u64));
    }

    #[test]
    fn every_lane_computes_the_same_stream_however_it_looks_at_it(
        stages in stages(), steps in (1_u64..40, 1_u64..40), turns in prop::collection::vec((60_u64..2_000, 0.0..300.0, any::<bool>()), 0..6),
    ) {
        let run = |step: u64| {
            let mut plan = plan(Spacing::Poisson, stages.clone());
            plan.bursts.push(Burst { at: Moment::from_millis(300), shots: 7, every: Some(Duration::from_millis(500)) });
            let mut arrivals = stream(plan, 2);
            let (mut taken, mut now, mut at) = (Vec::new(), Moment::ZERO, Moment::ZERO);
            let mut coming = turns.iter().map(|&(after, rate, running)| {
                at += Duration::from_millis(after);
                Turn { at, rate: Some(rate), running }
            }).peekable();
            while now < Moment::from_secs(12) {
                // Each lane hears of a turn a little before it holds.
                while let Some(turn) = coming.next_if(|turn| turn.at <= now + Dials::LEAD) {
                    arrivals.turn(turn);
                }
                // Looks ahead, as the engine does before it sleeps.
                arrivals.next_at(now, now + Duration::from_secs(10));
                now += Duration::from_millis(step);
                while let Some(turn) = coming.next_if(|turn| turn.at <= now + Dials::LEAD) {
                    arrivals.turn(turn);
                }
                while let Some(arrival) = arrivals.next_due(now) {
                    taken.push(arrival);
                }
            }
            taken.retain(|arrival| arrival.intended_at < Moment::from_secs(12));
            taken
        };
        prop_assert_eq!(run(steps.0), run(steps.1));
    }
}

#[test]
fn ten_hours_bring_no_drift() {
    let rate = 7.3;
    let ten_hours = Moment::from_secs(36_000);
    let taken = until(
        &mut stream(LoadPlan::constant(rate), 1),
        ten_hours,
        Duration::from_secs(60),
    );
    assert_eq!(taken.len(), 262_801);
    for arrival in &taken {
        let exact = arrival.index as f64 / rate * 1e9;
        let off = (arrival.intended_at.as_nanos() as f64 - exact).abs();
        assert!(off <= 1.0, "shot {} is {off} ns off", arrival.index);
    }
}

#[test]
fn poisson_counts_have_the_mean_and_the_variance_of_their_rate() {
    let plan = plan(Spacing::Poisson, vec![hold(40.0, 10_000)]);
    let taken = until(
        &mut stream(plan, 2),
        Moment::from_secs(4_000),
        Duration::from_secs(1),
    );
    assert_eq!(taken[0].intended_at, Moment::ZERO, "the first shot at once");
    let mut counts = vec![0.0_f64; 4_001];
    for arrival in &taken {
        counts[arrival.intended_at.as_secs() as usize] += 1.0;
    }
    let counts = &counts[..4_000];
    let mean = counts.iter().sum::<f64>() / 4_000.0;
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 4_000.0;
    // Both are 20 within four standard errors.
    assert!((mean - 20.0).abs() < 0.3, "mean {mean}");
    assert!((variance - 20.0).abs() < 1.9, "variance {variance}");
}

#[test]
fn bursts_come_on_top_in_equal_parts_for_each_arm() {
    let mut plan = plan(Spacing::Constant, vec![hold(1.0, 1_000)]);
    plan.bursts = vec![
        Burst {
            at: Moment::from_secs(2),
            shots: 100,
            every: None,
        },
        Burst {
            at: Moment::from_millis(3_500),
            shots: 10,
            every: Some(Duration::from_secs(5)),
        },
    ];
    let taken = until(
        &mut stream(plan, 4),
        Moment::from_secs(40),
        Duration::from_secs(7),
    );
    let at = |millis| {
        let moment = Moment::from_millis(millis);
        taken
            .iter()
            .filter(|arrival| arrival.intended_at == moment)
            .count()
    };
    assert_eq!(at(2_000), 25);
    let repeated: Vec<usize> = (0..8).map(|n| at(3_500 + 5_000 * n)).collect();
    assert_eq!(repeated.iter().sum::<usize>(), 20, "2.5 each time: {repeated:?}");
    assert_eq!(
        taken.len(),
        25 + 20 + 11,
        "and a quarter of a shot a second beside them"
    );
}

#[test]
fn a_turned_dial_holds_from_its_moment_on() {
    let mut arrivals = stream(LoadPlan::constant(10.0), 1);
    let turn = |at, rate, running| Turn {
        at: Moment::from_secs(at),
        rate,
        running,
    };
    // Looked ahead before it hears of the turn.
    assert_eq!(
        until(&mut arrivals, Moment::from_millis(950), Duration::from_millis(10)).len(),
        10
    );
    arrivals.next_at(Moment::from_millis(950), Moment::from_secs(10));
    arrivals.turn(turn(1, Some(100.0), true));
    arrivals.turn(turn(3, Some(100.0), false));
    arrivals.turn(turn(5, None, true));
    let mut by_second = [0; 7];
    while let Some(arrival) = arrivals.next_due(Moment::from_millis(6_999)) {
        by_second[arrival.intended_at.as_secs() as usize] += 1;
    }
    assert_eq!(by_second, [0, 100, 100, 0, 0, 10, 10]);
}

#[test]
fn a_pattern_that_is_off_begins_with_a_shot_at_once_when_it_is_turned_on() {
    let mut arrivals = stream(plan(Spacing::Poisson, vec![hold(5.0, 1_000)]), 1);
    arrivals.turn(Turn {
        at: Moment::ZERO,
        rate: None,
        running: false,
    });
    assert_eq!(arrivals.next_due(Moment::from_secs(60)), None);
    let at = Moment::from_secs(61);
    arrivals.turn(Turn {
        at,
        rate: None,
        running: true,
    });
    let first = arrivals.next_due(Moment::from_secs(62)).expect("a shot");
    assert_eq!((first.index, first.intended_at), (0, at));
}

#[test]
fn a_schedule_of_nothing_is_never_searched_for_ever() {
    let nothing = Course::Pulse {
        high: 0.0,
        low: 0.0,
        on: Duration::ZERO,
        off: Duration::ZERO,
    };
    let stage = Stage {
        lasts: Duration::MAX,
        course: nothing,
    };
    let mut arrivals = stream(plan(Spacing::Poisson, vec![stage]), 1);
    for second in 0..20 {
        let now = Moment::from_secs(second);
        assert_eq!(arrivals.next_at(now, now + Duration::from_secs(1)), None);
    }
}
