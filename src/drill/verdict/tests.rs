use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::event::ArmId;
use crate::measure::evidence::PhaseLag;
use crate::measure::figure::{Figure, FigurePlan, Metric};
use crate::measure::interval::wilson;
use crate::measure::{Fold, Gauges};
use crate::scenario::judging::{Bound, Expectation, SteadyPlan};
use crate::units::Share;

const PLAN: FigurePlan = FigurePlan {
    arm: ArmId(0),
    phase: Some(Phase::Fault),
    metric: Metric::Availability,
};

fn expecting() -> JudgePlan {
    JudgePlan {
        expectations: vec![Expectation {
            of: "fallback/other regions".to_owned(),
            figure: PLAN,
            bound: Bound::AtLeast(0.9),
        }],
        ..JudgePlan::default()
    }
}

/// A finished run in which so many of a hundred shots succeeded.
fn run(succeeded: u64) -> (Snapshot, Evidence) {
    let mut fold = Fold::new(crate::measure::fold::fixture::plan(1));
    let snapshot = fold.snapshot(Moment::from_secs(60), &Gauges::default());
    let figure = Figure {
        plan: PLAN,
        samples: 100,
        value: Some(succeeded as f64 / 100.0),
        interval: wilson(succeeded, 100),
        gap: None,
    };
    let evidence = Evidence {
        figures: vec![figure],
        ..Evidence::default()
    };
    (snapshot, evidence)
}

fn judged_with(succeeded: u64, change: impl FnOnce(&mut Snapshot, &mut Evidence)) -> Verdict {
    let (mut snapshot, mut evidence) = run(succeeded);
    change(&mut snapshot, &mut evidence);
    snapshot.evidence = Arc::new(evidence);
    judge(&expecting(), &snapshot)
}

#[test]
fn the_graver_reason_decides() {
    let stopped = Some((CutCause::Stopped, "too dear".to_owned()));
    let late = PhaseLag {
        phase: Phase::Fault,
        shots: 100,
        p99: Duration::from_millis(11),
    };
    let plain = |succeeded| judged_with(succeeded, |_, _| {}).outcome;
    assert_eq!(plain(100), Outcome::Pass);
    assert_eq!(plain(50), Outcome::Fail);
    assert_eq!(
        plain(92),
        Outcome::Inconclusive,
        "the interval straddles the bound"
    );
    let verdict = judged_with(50, |_, evidence| evidence.lags.push(late));
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    assert!(
        verdict.reasons[0].contains("missed its schedule in fault"),
        "{verdict:?}"
    );
    assert!(
        verdict.reasons[1].contains("found 50% of 100 shots"),
        "{verdict:?}"
    );
    let verdict = judged_with(50, |_, evidence| {
        evidence.lags.push(late);
        evidence.cut = stopped;
    });
    assert_eq!(verdict.outcome, Outcome::Stopped);
    assert_eq!(verdict.reasons[0], "too dear");
}

#[test]
fn figures_that_cannot_be_believed_never_pass() {
    let doubtful: [fn(&mut Snapshot, &mut Evidence); 4] = [
        |snapshot, _| snapshot.honesty.lost_events = 1,
        |_, evidence| evidence.unverified = 1,
        |_, evidence| evidence.cut = Some((CutCause::Unsteady, "steady".to_owned())),
        |_, evidence| evidence.cut = Some((CutCause::Asked, "interrupted".to_owned())),
    ];
    for doubt in doubtful {
        let verdict = judged_with(100, doubt);
        assert_eq!(verdict.outcome, Outcome::Inconclusive, "{verdict:?}");
    }
}

#[test]
fn a_budget_that_the_last_answers_spent_is_spent() {
    let verdict = judged_with(100, |snapshot, _| {
        snapshot.spend.cap = Some(crate::units::Usd::from_dollars(1.0));
        snapshot.spend.spent = crate::units::Usd::from_dollars(1.1);
    });
    assert_eq!(verdict.outcome, Outcome::Stopped, "{verdict:?}");
}

#[test]
fn a_verdict_on_faults_injected_at_the_client_says_so() {
    let verdict = judged_with(100, |_, evidence| evidence.injected = 3);
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert!(verdict.caveats[0].contains("not about AWS"), "{verdict:?}");
}

#[test]
fn a_recovery_is_judged_by_how_long_it_took() {
    let plan = JudgePlan {
        recovery: Some(RecoveryPlan {
            availability: Share::clamped(0.95),
            holds: Duration::from_secs(5),
            within: Duration::from_secs(20),
            ends_run: false,
        }),
        ..JudgePlan::default()
    };
    let outcome = |course: &[(u64, Phase)]| {
        let (mut snapshot, mut evidence) = run(100);
        evidence.figures.clear();
        let edges = course.iter();
        evidence.course = edges
            .map(|(secs, phase)| (Moment::from_secs(*secs), *phase))
            .collect();
        snapshot.evidence = Arc::new(evidence);
        judge(&plan, &snapshot).outcome
    };
    let then = |next| outcome(&[(10, Phase::Fault), (20, Phase::Recovery), next]);
    assert_eq!(then((32, Phase::Recovered)), Outcome::Pass);
    assert_eq!(then((41, Phase::Recovered)), Outcome::Fail);
    assert_eq!(then((80, Phase::Drain)), Outcome::Fail);
    assert_eq!(then((30, Phase::Drain)), Outcome::Inconclusive);
}

#[test]
fn an_unsteady_state_is_told_with_its_figure() {
    let mut plan = expecting();
    plan.steady = SteadyPlan {
        warm_up: Duration::ZERO,
        hypothesis: std::mem::take(&mut plan.expectations),
    };
    assert_eq!(unsteady(&plan, &run(100).1), None);
    let why = unsteady(&plan, &run(40).1).expect("it does not hold");
    assert!(why.contains("at least 90%, found 40% of 100 shots"), "{why}");
}
