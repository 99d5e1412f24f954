//! Latency by percentile, one drawing for each stage of the run, every arm a line. The axis of
//! percentiles is logarithmic in what lies above them, so that 99, 99.9 and 99.99 are as far apart
//! as 90 and 99: where users are lost.

use std::fmt::Write as _;

use super::svg::{Anchor, N, Svg};
use super::timeline::Log;
use crate::measure::detail::Stage;
use crate::measure::latency::Latencies;
use crate::names::PatternKey;
use crate::report::account::{Account, ArmAccount};

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = WIDTH - 12.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = HEIGHT - 22.0;
/// Points of a line in each factor of ten.
const FINE: f64 = 24.0;
/// Where the axis may end: 99, 99.9, 99.99, 99.999.
const ENDS: [f64; 4] = [2.0, 3.0, 4.0, 5.0];

/// What all stages have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes {
    latency: Log,
    /// How many nines the axis reaches.
    nines: f64,
}

impl Axes {
    /// For every stage; `None`: nobody answered.
    pub(super) fn of(account: &Account) -> Option<Self> {
        let all = || {
            let arms = account.detail.arms.iter();
            let stages = arms.flat_map(|arm| Stage::ALL.into_iter().map(|stage| arm.stage(stage)));
            stages.filter(|latencies| latencies.count() > 0)
        };
        let most = all().map(Latencies::count).max()?;
        let ends = all().flat_map(|latencies| {
            let last = 1.0 - 10_f64.powf(-reach(latencies));
            [0.0, last].map(|share| millis(latencies, share))
        });
        let nines = ENDS.into_iter().find(|end| *end >= (most as f64).log10());
        Some(Self {
            latency: Log::around(ends.flatten())?,
            nines: nines.unwrap_or(ENDS[ENDS.len() - 1]),
        })
    }

    fn x(&self, nines: f64) -> f64 {
        LEFT + (nines / self.nines).clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    fn y(&self, millis: f64) -> f64 {
        BOTTOM - self.latency.share(millis) * (BOTTOM - TOP)
    }

    fn frame(&self, svg: &mut Svg) {
        for tick in self.latency.ticks(8) {
            let y = self.y(tick);
            svg.line((LEFT, y), (RIGHT, y), "grid");
            svg.text((LEFT - 6.0, y + 3.5), Anchor::End, "tick", &Log::label(tick));
        }
        let halves = std::iter::once((0.5_f64, "50"));
        let nines = [0.9, 0.99, 0.999, 0.9999, 0.99999];
        let named = nines.into_iter().zip(["90", "99", "99.9", "99.99", "99.999"]);
        for (share, name) in halves.chain(named) {
            let nines = -(1.0 - share).log10();
            if nines > self.nines + 1e-9 {
                break;
            }
            let x = self.x(nines);
            svg.line((x, TOP), (x, BOTTOM), "grid");
            let anchor = if x > RIGHT - 8.0 {
                Anchor::End
            } else {
                Anchor::Middle
            };
            let x = if anchor == Anchor::End { RIGHT + 10.0 } else { x };
            svg.text((x, BOTTOM + 15.0), anchor, "tick", name);
        }
        svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis");
    }
}

/// The drawing of one stage: of the arms of one pattern, or of all.
pub(super) fn spectrum(account: &Account, stage: Stage, axes: Axes, pattern: Option<&PatternKey>) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT);
    axes.frame(&mut svg);
    let mut told = Vec::new();
    let is_wanted = |arm: &ArmAccount<'_>| pattern.is_none_or(|pattern| arm.pattern.key == *pattern);
    for arm in account.arms().filter(is_wanted) {
        let latencies = arm.detail.stage(stage);
        if latencies.count() == 0 {
            continue;
        }
        let colour = arm.place % super::timeline::PALETTE;
        svg.path(&course(latencies, axes), &format!("line spectrum arm-{colour}"));
        let name = arm.name();
        told.push(format!("{name} {} answers", latencies.count()));
    }
    let label = format!("Latency by percentile, {}: {}", stage.key(), told.join(", "));
    svg.finish("chart", &label)
}

/// The line of one arm, as far as there is one answer above.
fn course(latencies: &Latencies, axes: Axes) -> String {
    let reach = reach(latencies).min(axes.nines);
    let number = (reach * FINE).floor() as u64;
    let nines = (0..=number).map(|place| place as f64 / FINE).chain([reach]);
    let mut course = String::new();
    for nines in nines {
        let Some(millis) = millis(latencies, 1.0 - 10_f64.powf(-nines)) else {
            continue;
        };
        let letter = if course.is_empty() { 'M' } else { 'L' };
        let _ = write!(course, "{letter}{} {}", N(axes.x(nines)), N(axes.y(millis)));
    }
    course
}

/// How many nines so many answers tell of.
fn reach(latencies: &Latencies) -> f64 {
    (latencies.count() as f64).log10()
}

fn millis(latencies: &Latencies, share: f64) -> Option<f64> {
    let span = latencies.quantile(share)?;
    Some(span.as_secs_f64() * 1e3)
}
