use super::*;
use crate::event::FaultId;
use crate::event::{FailureKind, ShotEnd};
use crate::measure::figure::LatencyClock;
use crate::measure::fold::fixture::{attempt, plan, shot};
use crate::measure::interval::wilson;
use crate::measure::snapshot::Score;

const LOST: ShotEnd = ShotEnd::Failed(FailureKind::Unavailable);

fn asked(phase: Option<Phase>, metric: Metric) -> FigurePlan {
    FigurePlan {
        arm: ArmId(0),
        phase,
        metric,
    }
}

fn fold(figures: Vec<FigurePlan>) -> EvidenceFold {
    let plan = EvidencePlan {
        figures,
        pairs: Vec::new(),
    };
    let mut fold = EvidenceFold::new(&plan, 2);
    for (at, phase) in [
        (0, Phase::WarmUp),
        (1, Phase::Steady),
        (2, Phase::Fault),
        (3, Phase::Recovery),
        (4, Phase::Drain),
    ] {
        fold.phase_began(Moment::from_secs(at), phase);
    }
    fold
}

fn tell(fold: &mut EvidenceFold, record: &ShotRecord) {
    fold.shot(record, &Waste::of(record, &plan(1).catalog));
}

#[test]
fn a_shot_belongs_to_the_phase_in_which_it_was_intended() {
    let wanted = [
        None,
        Some(Phase::Steady),
        Some(Phase::Fault),
        Some(Phase::Recovery),
    ];
    let mut fold = fold(
        wanted
            .into_iter()
            .map(|phase| asked(phase, Metric::Availability))
            .collect(),
    );
    for (index, (intended_ms, took_ms, end)) in [
        // Warm-up: nothing of it is judged.
        (500, 10, LOST),
        (1_999, 2_500, ShotEnd::Succeeded),
        (2_000, 1, LOST),
        (2_500, 3_000, ShotEnd::Succeeded),
        (3_000, 1, ShotEnd::Shed),
    ]
    .into_iter()
    .enumerate()
    {
        tell(&mut fold, &shot(0, index as u64, intended_ms, took_ms, end));
    }
    // Another arm's.
    tell(&mut fold, &shot(1, 0, 2_000, 1, LOST));
    fold.refresh(&[]);
    let view = fold.view();
    let found: Vec<(u64, Option<f64>)> = view
        .figures
        .iter()
        .map(|figure| (figure.samples, figure.value))
        .collect();
    assert_eq!(
        found,
        [(4, Some(0.5)), (1, Some(1.0)), (2, Some(0.5)), (1, Some(0.0))]
    );
    assert_eq!(view.figures[0].interval, wilson(2, 4));
    let phases: Vec<(u16, Phase, u64)> = view
        .phases
        .iter()
        .map(|row| (row.arm.0, row.phase, row.counts.intended))
        .collect();
    assert_eq!(
        phases,
        [
            (0, Phase::Steady, 1),
            (0, Phase::Fault, 2),
            (0, Phase::Recovery, 1),
            (1, Phase::Fault, 1)
        ]
    );
}

#[test]
fn percentiles_come_with_an_interval_of_samples_and_none_where_they_do_not_reach() {
    let latency = |percentile| Metric::Latency {
        clock: LatencyClock::Intended,
        percentile,
    };
    let mut fold = fold(vec![asked(None, latency(50.0)), asked(None, latency(99.0))]);
    for index in 0..50 {
        tell(
            &mut fold,
            &shot(0, index, 1_500, (index + 1) * 10, ShotEnd::Succeeded),
        );
    }
    // Failures are counted, not timed.
    tell(&mut fold, &shot(0, 50, 1_500, 9_000, LOST));
    fold.refresh(&[]);
    let view = fold.view();
    let near = |found: Option<f64>, wanted: f64| {
        let found = found.expect("a value");
        assert!((found - wanted).abs() < wanted / 500.0, "{found} for {wanted}");
    };
    let [median, high] = &view.figures[..] else {
        panic!("two figures")
    };
    assert_eq!(median.samples, 50);
    near(median.value, 0.25);
    near(median.interval.low, 0.18);
    near(median.interval.high, 0.33);
    near(high.value, 0.5);
    assert_eq!(high.interval.high, None, "50 samples do not reach above p99");
}

#[test]
fn attempts_and_shots_are_told_apart() {
    let metrics = [
        Metric::ThrottledAttempts,
        Metric::ThrottledShots,
        Metric::Amplification,
        Metric::Lost,
        Metric::Cost,
    ];
    let mut fold = fold(metrics.map(|metric| asked(None, metric)).to_vec());
    let mut twice = shot(0, 0, 1_500, 100, ShotEnd::Succeeded);
    let at = twice.intended_at;
    twice
        .attempts
        .insert(0, attempt(0, at, at, Some(FailureKind::Throttled)));
    tell(&mut fold, &twice);
    tell(&mut fold, &shot(0, 1, 1_500, 100, LOST));
    tell(&mut fold, &shot(0, 2, 1_500, 100, ShotEnd::Shed));
    fold.refresh(&[]);
    let view = fold.view();
    let found: Vec<(u64, Option<f64>)> = view
        .figures
        .iter()
        .map(|figure| (figure.samples, figure.value))
        .collect();
    assert_eq!(
        found,
        [
            (3, Some(1.0 / 3.0)),
            (2, Some(0.5)),
            (2, Some(1.5)),
            (3, Some(2.0)),
            (3, Some(3e-12))
        ]
    );
    assert_eq!(
        view.figures[2].interval,
        crate::measure::interval::Interval::default()
    );
}

#[test]
fn the_worst_mark_counts_and_one_that_never_came_is_worse_than_any() {
    let card = |detect_ms: Option<u64>, recover_ms: Option<u64>, lost| {
        Arc::new(Scorecard {
            fault: FaultId(1),
            label: String::new(),
            began_at: Moment::ZERO,
            active: false,
            rows: vec![Score {
                arm: ArmId(0),
                detect: detect_ms.map(Duration::from_millis),
                recover: recover_ms.map(Duration::from_millis),
                lost,
                intended: 10,
                ..Score::default()
            }],
        })
    };
    let plan = [Metric::Detect, Metric::FailOver, Metric::Recover];
    let found = |cards: &[Arc<Scorecard>]| {
        let mut fold = fold(plan.map(|metric| asked(None, metric)).to_vec());
        fold.refresh(cards);
        let view = fold.view();
        let of = |place: usize| {
            (
                view.figures[place].samples,
                view.figures[place].value,
                view.figures[place].gap,
            )
        };
        [of(0), of(1), of(2)]
    };
    assert_eq!(found(&[]), [(0, None, None); 3]);
    assert_eq!(
        found(&[card(Some(200), Some(1_500), 3), card(Some(900), Some(1_000), 1)]),
        [
            (2, Some(0.9), None),
            (2, None, Some(Gap::Never)),
            (2, Some(1.5), None)
        ]
    );
    assert_eq!(
        found(&[card(Some(200), Some(1_500), 3), card(Some(900), None, 1)])[2],
        (2, None, Some(Gap::Never))
    );
    assert_eq!(
        found(&[card(None, None, 0)]),
        [
            (1, None, Some(Gap::Unscathed)),
            (1, None, Some(Gap::Unscathed)),
            (1, Some(0.0), None)
        ]
    );
}
