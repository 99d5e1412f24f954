//! One way of calling over time: what became of its shots, its throttles, its latency.

use std::time::Duration;

use super::axis::{Log, Shape, Time};
use super::course::class;
use crate::measure::detail::Steps;
use crate::measure::snapshot::MarkerKind;
use crate::report::account::{Account, ArmAccount};
use crate::report::columns::{Column, columns};
use crate::report::format::{self, at, share, span};
use crate::report::html::svg::{Anchor, Svg, band, steps};

/// Where the parts stand, from the top.
const SIGNS: f64 = 14.0;
const SHARE: f64 = 46.0;
const THROTTLES: f64 = 26.0;
const LATENCY: f64 = 118.0;
const GAP: f64 = 10.0;
/// Signs closer than this to the one before are left out: the table has all of them.
const APART: f64 = 9.0;

/// What all lanes have in common, so that they can be compared.
#[derive(Clone, Copy, Debug)]
pub(in crate::report::html) struct Scale {
    latency: Option<Log>,
    /// The most throttles in a column; zero: nobody was throttled, and the part is left out.
    throttles: f64,
}

impl Scale {
    /// Around the columns of every arm.
    pub(in crate::report::html) fn of(account: &Account, shape: Shape) -> Self {
        let all: Vec<Column> = account
            .arms()
            .flat_map(|arm| columns(arm.detail, shape.columns(), account.seconds()))
            .collect();
        let latencies = all.iter().flat_map(|column| {
            let steps = &column.of.from_intended;
            let first_token = column.of.first_token.quantile(0.5);
            [steps.quantile(0.5), steps.quantile(0.99), first_token]
        });
        let throttles = all.iter().map(per_second).fold(0.0, f64::max);
        Self {
            latency: Log::around(latencies.flatten().map(millis)),
            throttles,
        }
    }
}

/// Throttles of a column, for each second of it.
fn per_second(column: &Column) -> f64 {
    column.of.throttled as f64 / (column.to - column.from)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// A drawing in the making.
struct Lane<'a> {
    time: Time,
    scale: Scale,
    columns: &'a [Column],
    svg: Svg,
}

/// The drawing of one arm.
pub(in crate::report::html) fn lane(
    account: &Account,
    arm: ArmAccount<'_>,
    shape: Shape,
    scale: Scale,
) -> String {
    let columns = columns(arm.detail, shape.columns(), account.seconds());
    let has_throttles = scale.throttles > 0.0;
    let shares = (SIGNS, SIGNS + SHARE);
    let throttles = (
        shares.1 + GAP,
        shares.1 + GAP + if has_throttles { THROTTLES } else { -GAP },
    );
    let latency = (throttles.1 + GAP, throttles.1 + GAP + LATENCY);
    let mut lane = Lane {
        time: Time::of(account, shape),
        scale,
        columns: &columns,
        svg: Svg::new(shape.width(), latency.1 + 22.0),
    };
    lane.time.phases(account, &mut lane.svg, (SIGNS, latency.1));
    lane.time.ticks(&mut lane.svg, (SIGNS, latency.1));
    lane.shares(shares);
    if has_throttles {
        lane.throttles(throttles);
    }
    lane.latency(latency, arm.place);
    lane.marks(account, arm, latency.1);
    if shape == Shape::Wide {
        lane.hints(latency.1);
    }
    let total = &arm.snapshot.total;
    let latencies = &arm.snapshot.overall.intended.percentiles;
    let label = format!(
        "{}: {} of {} shots answered, median {}, 99th percentile {}",
        arm.name(),
        total.succeeded,
        total.intended,
        span(latencies.p50),
        span(latencies.p99)
    );
    lane.svg.finish(shape.class(), &label)
}

impl Lane<'_> {
    fn left(&self) -> f64 {
        self.time.shape.left()
    }

    /// Edges of each column.
    fn edges(&self) -> impl Iterator<Item = (f64, f64, &Column)> {
        let columns = self.columns.iter();
        columns.map(|column| (self.time.x(column.from), self.time.x(column.to), column))
    }

    /// The share of shots that were answered from below, of those lost from above.
    fn shares(&mut self, (top, bottom): (f64, f64)) {
        let height = bottom - top;
        let answered = |column: &Column| column.of.availability().map(|share| bottom - share * height);
        let kept = band(self.edges().map(|(from, to, column)| {
            let between = answered(column).map(|y| (y, bottom));
            (from, to, between)
        }));
        let lost = band(self.edges().map(|(from, to, column)| {
            let between = answered(column).map(|y| (top, y));
            (from, to, between)
        }));
        self.svg.path(&kept, "answered");
        self.svg.path(&lost, "lost");
        let x = self.left() - 6.0;
        self.svg.text((x, top + 9.0), Anchor::End, "tick", "100%");
        self.svg.text((x, bottom), Anchor::End, "tick", "0%");
        self.svg
            .line((self.left(), bottom), (self.time.shape.right(), bottom), "axis");
    }

    fn throttles(&mut self, (top, bottom): (f64, f64)) {
        let (most, height) = (self.scale.throttles, bottom - top);
        let bars = band(self.edges().map(|(from, to, column)| {
            let rate = per_second(column);
            (
                from,
                to,
                (rate > 0.0).then(|| (bottom - (rate / most * height).max(1.0), bottom)),
            )
        }));
        self.svg.path(&bars, "throttles");
        let x = self.left() - 6.0;
        self.svg.text((x, top + 9.0), Anchor::End, "tick", &rate(most));
        self.svg.text((x, bottom), Anchor::End, "tick", "0/s");
        self.svg
            .line((self.left(), bottom), (self.time.shape.right(), bottom), "axis");
    }

    fn latency(&mut self, (top, bottom): (f64, f64), place: usize) {
        let Some(log) = self.scale.latency else {
            self.svg.text(
                (self.left() + 8.0, bottom - 8.0),
                Anchor::Start,
                "tick",
                "no answer",
            );
            return;
        };
        let height = bottom - top;
        let y = |millis: f64| bottom - log.share(millis) * height;
        for tick in log.ticks(8) {
            self.svg
                .line((self.left(), y(tick)), (self.time.shape.right(), y(tick)), "grid");
            let baseline = (y(tick) + 3.5).clamp(top + 8.0, bottom);
            self.svg.text(
                (self.left() - 6.0, baseline),
                Anchor::End,
                "tick",
                &Log::label(tick),
            );
        }
        let at = |steps: &Steps, share: f64| steps.quantile(share).map(|span| y(millis(span)));
        let body = band(self.edges().map(|(from, to, column)| {
            let steps = &column.of.from_intended;
            (from, to, at(steps, 0.99).zip(at(steps, 0.5)))
        }));
        self.svg.path(&body, &format!("spread arm-{}", place % PALETTE));
        for (share, line) in [(0.99, "p99"), (0.9, "p90"), (0.5, "p50")] {
            let course = steps(
                self.edges()
                    .map(|(from, to, column)| (from, to, at(&column.of.from_intended, share))),
            );
            self.svg
                .path(&course, &format!("line {line} arm-{}", place % PALETTE));
        }
        let course = steps(
            self.edges()
                .map(|(from, to, column)| (from, to, at(&column.of.first_token, 0.5))),
        );
        self.svg.path(&course, "line first-token");
    }

    /// Faults and dials go through; an arm's own breakers and failovers stand above.
    fn marks(&mut self, account: &Account, arm: ArmAccount<'_>, bottom: f64) {
        let mut last = f64::MIN;
        for marker in account.markers() {
            let x = self.time.x(marker.at.as_secs_f64());
            if marker.arm.is_none() {
                self.svg
                    .line((x, SIGNS), (x, bottom), &format!("mark {}", class(marker.kind)));
                continue;
            }
            if marker.arm != Some(arm.snapshot.id) || x - last < APART {
                continue;
            }
            last = x;
            let class = if marker.kind == MarkerKind::BreakerOpened {
                "sign open"
            } else {
                "sign"
            };
            self.svg.text(
                (x, SIGNS - 3.0),
                Anchor::Middle,
                class,
                format::glyph(marker.kind),
            );
        }
    }

    /// What a column shows, in words, under the pointer.
    fn hints(&mut self, bottom: f64) {
        let hints: Vec<(f64, f64, String)> = self
            .edges()
            .filter(|(_, _, column)| column.of.intended > 0)
            .map(|(from, to, column)| (from, to, words(column)))
            .collect();
        for (from, to, words) in hints {
            self.svg.hint((from, SIGNS), (to - from, bottom - SIGNS), &words);
        }
    }
}

/// Colours there are for arms; the style names them.
pub(in crate::report::html) const PALETTE: usize = 8;

fn words(column: &Column) -> String {
    let stretch = &column.of;
    let latency = |share| span(stretch.from_intended.quantile(share));
    let throttled = match stretch.throttled {
        0 => String::new(),
        some => format!(", {some} throttles"),
    };
    format!(
        "{}  {} shots, {} answered ({}){throttled}, p50 {}, p90 {}, p99 {}",
        at(column.from),
        stretch.intended,
        stretch.succeeded,
        share(stretch.availability()),
        latency(0.5),
        latency(0.9),
        latency(0.99)
    )
}

/// `12/s`, `0.3/s`.
fn rate(per_second: f64) -> String {
    if per_second >= 10.0 {
        format!("{per_second:.0}/s")
    } else {
        format!("{per_second:.1}/s")
    }
}
