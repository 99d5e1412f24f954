//! What is expected and the verdict, on the page and opened up, as pictures.

use std::fmt::Write as _;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::drill::{JudgePlan, verdict};
use crate::event::ArmId;
use crate::event::Phase;
use crate::measure::Snapshot;
use crate::measure::evidence::Evidence;
use crate::measure::figure::{Figure, FigurePlan, LatencyClock, Metric};
use crate::measure::interval::{Interval, wilson};
use crate::measure::pairing::{Pair, PairMetric, PairPlan};
use crate::scenario::judging::{Bound, Comparison, Expectation};
use crate::tui::fixture;
use crate::tui::overlay::{Overlay, VerdictSheet};
use crate::tui::theme::{Theme, ThemeName};
use crate::tui::view::tests::{draw, text, viewing};
use crate::tui::viewing::{Page, Viewing};
use crate::units::Usd;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn expectation(of: &str, arm: u16, phase: Option<Phase>, metric: Metric, bound: Bound) -> Expectation {
    Expectation {
        of: of.to_owned(),
        figure: FigurePlan {
            arm: ArmId(arm),
            phase,
            metric,
        },
        bound,
    }
}

/// Four expectations and a comparison of the fixture's run.
fn judging() -> JudgePlan {
    let fault = Some(Phase::Fault);
    let p99 = Metric::Latency {
        clock: LatencyClock::Intended,
        percentile: 99.0,
    };
    let regions = "fallback/other regions";
    JudgePlan {
        expectations: vec![
            expectation(regions, 3, fault, Metric::Availability, Bound::AtLeast(0.95)),
            expectation(
                "fallback/other models",
                4,
                fault,
                Metric::Availability,
                Bound::AtLeast(0.95),
            ),
            expectation(regions, 3, fault, p99, Bound::AtMost(2.5)),
            expectation(
                regions,
                3,
                Some(Phase::Recovery),
                Metric::Availability,
                Bound::AtLeast(0.99),
            ),
        ],
        comparisons: vec![Comparison {
            first: regions.to_owned(),
            second: "fallback/other models".to_owned(),
            pair: pair_plan(),
        }],
        ..JudgePlan::default()
    }
}

const fn pair_plan() -> PairPlan {
    PairPlan {
        first: ArmId(3),
        second: ArmId(4),
        phase: None,
        metric: PairMetric::Availability,
    }
}

/// The fixture's run with figures for what is expected: one holds, one is broken, one is unsure and
/// one is still to come, unless the run is over.
fn judged(finished: bool) -> (Snapshot, Viewing) {
    let judging = judging();
    let share = |hits, samples| (samples, Some(hits as f64 / samples as f64), wilson(hits, samples));
    let latency = Interval {
        low: Some(1.21),
        high: None,
    };
    let recovery = if finished {
        share(598, 598)
    } else {
        (0, None, Interval::default())
    };
    let found = [
        share(297, 300),
        share(184, 300),
        (297, Some(1.64), latency),
        recovery,
    ];
    let figures = judging.expectations.iter().zip(found);
    let figures = figures.map(|(expectation, (samples, value, interval))| Figure {
        plan: expectation.figure,
        samples,
        value,
        interval,
        gap: None,
    });
    let evidence = Evidence {
        figures: figures.collect(),
        pairs: vec![Pair {
            plan: pair_plan(),
            pairs: 1_204,
            left_out: 3,
            first: Some(0.9967),
            second: Some(0.8912),
            difference: Some(0.1055),
            interval: Interval {
                low: Some(0.0871),
                high: Some(0.1239),
            },
            block_secs: 5,
            costs: (Usd::from_dollars(0.42), Usd::from_dollars(0.40)),
        }],
        injected: 212,
        ..Evidence::default()
    };
    let mut snapshot = fixture::faulted();
    snapshot.evidence = Arc::new(evidence);
    snapshot.finished = finished;
    let viewing = Viewing {
        verdict: Some(Arc::new(verdict::judge(&judging, &snapshot))),
        hint: None,
        ..viewing(Page::Overview)
    };
    (snapshot, viewing)
}

#[test]
fn the_overview_says_how_what_is_expected_stands() {
    for (state, finished) in [("so_far", false), ("ended", true)] {
        let (snapshot, viewing) = judged(finished);
        for (width, height) in SIZES {
            let screen = text(&draw((width, height), &viewing, &snapshot, ThemeName::Dark));
            insta::assert_snapshot!(format!("expected_{state}_{width}x{height}"), screen);
        }
        // No fact is in the colour alone.
        let foot = |theme| {
            let screen = text(&draw((120, 40), &viewing, &snapshot, theme));
            let lines = screen
                .lines()
                .filter(|line| line.contains("fallback/") || line.contains("all of it"));
            lines.map(str::to_owned).collect::<Vec<String>>()
        };
        assert_eq!(foot(ThemeName::Plain), foot(ThemeName::Dark));
        assert_eq!(foot(ThemeName::Plain).len(), 5);
    }
}

#[test]
fn the_verdict_opens_with_reasons_figures_comparisons_and_caveats() {
    for (state, finished) in [("so_far", false), ("ended", true)] {
        let (snapshot, viewing) = judged(finished);
        let verdict = viewing.verdict.expect("it is judged");
        let sheet = Overlay::Verdict(VerdictSheet::new(verdict));
        for (width, height) in SIZES {
            let area = Rect::new(0, 0, width, height);
            let mut buffer = Buffer::empty(area);
            sheet.draw(area, &mut buffer, &snapshot, &Theme::named(ThemeName::Dark));
            let mut screen = String::new();
            let _ = write!(screen, "{}", text(&buffer));
            insta::assert_snapshot!(format!("verdict_{state}_{width}x{height}"), screen);
        }
    }
}
