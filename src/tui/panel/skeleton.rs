//! What every pattern's panel has in common, so that the eye learns it once.
//!
//! Top: the ways of calling with their figures. Left: the latency histogram and where the time
//! goes. Right: percentile lines, successes, and below them what is special, all on one time axis
//! with the markers through them. Bottom: the scorecard.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::State;
use crate::tui::view::{Hit, Regions};
use crate::tui::widget::arm_table::{self, FIGURES, NAME_WIDTH, Quantile};
use crate::tui::widget::latency_histogram::latency_histogram;
use crate::tui::widget::markers::Lines;
use crate::tui::widget::percentile_lines::{self, LineStyles, percentile_lines};
use crate::tui::widget::scorecard::{self, LEAST_BESIDE, score_line};
use crate::tui::widget::split_bars::{self, split_bars};
use crate::tui::widget::time_axis::TimeAxis;
use crate::tui::widget::tune_dials::tune_dials;
use crate::tui::widget::{columns, pen, readout, sparkline_row};

/// Columns at the left of every time chart: names, figures, ticks.
pub const GUTTER: u16 = 22;
/// Width from which histogram and split stand at the left.
const WIDE: u16 = 100;
/// Rows a chart of latency over time has at least: heads, lines beside the three of the legend, axis.
const LEAST_CHART: u16 = 5;
/// Rows it keeps before every way of calling is told of below it.
const ROOMY_CHART: u16 = 10;

/// Where the special part of a panel goes, and the time axis it shares.
pub struct Rooms<'a> {
    /// The rows under the charts, their gutter included.
    pub special: Rect,
    /// The time axis of the page.
    pub axis: TimeAxis,
    /// The markers of the page.
    pub lines: Lines<'a>,
}

/// The rows that the special part of a panel asks for.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// With these it tells of every way of calling.
    pub full: u16,
    /// With these it tells of the selected one.
    pub least: u16,
}

/// Draws a panel but for its special part.
pub fn draw<'a>(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'a>,
    (row, pattern): (&PatternRow, &'a PatternSnapshot),
    (wanted, regions): (Wanted, &mut Regions),
) -> Option<Rooms<'a>> {
    let arm = scene.selected(pattern)?;
    let area = pen::cut_right(pen::gap(area, 1), 1).0;
    title(pen::row(area, 0), buf, scene, (row, pattern), arm);
    let (_, below) = pen::cut_top(area, 1);
    let below = arms(below, buf, scene, (pattern, arm), regions);
    let body = score(below, buf, scene, (pattern, arm));
    let time = if area.width >= WIDE {
        let (left, right) = pen::cut_left(body, left_width(area.width));
        details(left, buf, scene, (pattern, arm));
        pen::gap(right, 2)
    } else {
        body
    };
    Some(charts(time, buf, scene, (pattern, arm), (wanted, regions)))
}

fn left_width(width: u16) -> u16 {
    (width * 2 / 5).clamp(48, 72)
}

fn title(
    row: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (pattern_row, pattern): (&PatternRow, &PatternSnapshot),
    arm: &ArmSnapshot,
) {
    let theme = scene.theme;
    let hue = theme.pattern(&pattern.key);
    let rest = pen::left(buf, row, &format!("{} ", pattern_row.number), hue);
    let rest = pen::left(buf, rest, pattern_row.title, theme.pattern_title(&pattern.key));
    let rest = if pattern.on {
        rest
    } else {
        pen::left(buf, pen::gap(rest, 2), "off", theme.state(State::Strained))
    };
    let rest = tune_dials(pen::gap(rest, 2), buf, theme, &pattern.tunes, scene.viewing.tune);
    let rest = pen::gap(rest, 3);
    pen::right(
        buf,
        pen::cut_right(rest, pen::width(&arm.about).min(rest.width)).1,
        &arm.about,
        theme.muted,
    );
}

/// The ways of calling, a row each; on wide screens with their marks. Returns what is below.
fn arms(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (pattern, shown): (&PatternSnapshot, &ArmSnapshot),
    regions: &mut Regions,
) -> Rect {
    let theme = scene.theme;
    let chosen = columns::fitting(&FIGURES, area.width.saturating_sub(NAME_WIDTH));
    columns::heads(&chosen, pen::gap(pen::row(area, 0), NAME_WIDTH), buf, theme);
    for (n, arm) in pattern.arms.iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        let selected = arm.id == shown.id;
        if selected && theme.has_colour() {
            // Without colour it would be reversed, and hide the glyphs of the states.
            buf.set_style(row.intersection(buf.area), theme.selected);
        }
        let rest = arm_table::name(row, buf, theme, arm, selected);
        columns::cells(&chosen, arm, rest, buf, theme);
        regions.add(row, Hit::Arm(arm.id));
    }
    let height = pattern.arms.len() as u16 + 1;
    let air = u16::from(area.height >= height + 14);
    if has_marks_beside(area.width) {
        let marks = pen::gap(pen::cut_top(area, height + air).0, TABLE_WIDTH);
        let card = scene.snapshot.scorecard.as_deref();
        let arms: Vec<&ArmSnapshot> = pattern.arms.iter().collect();
        scorecard::beside(marks, buf, theme, card, &arms);
    }
    // Where the fault's name stands in the air below, there is air below that.
    let air = air * (1 + u16::from(has_marks_beside(area.width)));
    pen::cut_top(area, height + air).1
}

/// Columns of the figures with all of them shown, and a gap.
const TABLE_WIDTH: u16 = 102;

/// Whether the marks of the scorecard stand at the right of the figures instead of at the bottom.
const fn has_marks_beside(width: u16) -> bool {
    width >= TABLE_WIDTH + LEAST_BESIDE
}

/// The scorecard at the bottom, as much of it as there is room for. Returns what is above.
fn score(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (pattern, arm): (&PatternSnapshot, &ArmSnapshot),
) -> Rect {
    let card = scene.snapshot.scorecard.as_deref();
    let full = pattern.arms.len() as u16 + 1;
    // A line of its own for the fault's name, where no chart misses it.
    let full = full + u16::from(area.height >= 22 + full);
    if has_marks_beside(area.width) {
        pen::cut_bottom(area, 1).0
    } else if area.height >= 16 + full {
        let (rest, place) = pen::cut_bottom(area, full);
        let arms: Vec<&ArmSnapshot> = pattern.arms.iter().collect();
        scorecard::scorecard(place, buf, scene.theme, card, &arms);
        pen::cut_bottom(rest, 1).0
    } else if area.height >= 12 {
        let (rest, place) = pen::cut_bottom(area, 1);
        score_line(place, buf, scene.theme, card, arm);
        rest
    } else {
        area
    }
}

/// The left column: the histogram, and where the time goes.
fn details(area: Rect, buf: &mut Buffer, scene: Scene<'_>, (pattern, arm): (&PatternSnapshot, &ArmSnapshot)) {
    let hue = scene.theme.pattern(&pattern.key);
    let (above, below) = if area.height >= split_bars::ROWS + 9 {
        let (above, below) = pen::cut_bottom(area, split_bars::ROWS);
        (pen::cut_bottom(above, 1).0, below)
    } else {
        (area, Rect { height: 0, ..area })
    };
    latency_histogram(above, buf, scene.theme, arm, hue);
    split_bars(below, buf, scene.theme, &arm.split);
}

/// The right column, all on one time axis.
fn charts<'a>(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'a>,
    (pattern, arm): (&'a PatternSnapshot, &ArmSnapshot),
    (wanted, regions): (Wanted, &mut Regions),
) -> Rooms<'a> {
    let plot = pen::cut_left(area, GUTTER).1;
    let axis = scene.axis(plot.width);
    let lines = Lines::new(&scene.snapshot.markers, &axis, |id| id == arm.id);
    let arms = pattern.arms.len() as u16;
    let spare = area.height.saturating_sub(LEAST_CHART);
    let special = if area.height >= ROOMY_CHART + arms + 1 + wanted.full {
        wanted.full
    } else {
        wanted.least.min(spare)
    };
    let strips = if spare > special + arms { arms + 1 } else { 0 };
    let (above, special) = pen::cut_bottom(area, special);
    let (chart, strips) = pen::cut_bottom(above, strips);
    lines.shade(
        pen::cut_bottom(
            Rect {
                height: above.height,
                ..plot
            },
            0,
        )
        .0,
        buf,
        scene.theme,
    );
    latency(chart, buf, scene, (pattern, arm), (&axis, &lines));
    if !strips.is_empty() {
        let head = pen::left(buf, pen::row(strips, 0), "success", scene.theme.strong);
        pen::left(buf, head, " over time", scene.theme.muted);
        lines.draw(
            pen::cut_left(pen::row(strips, 0), GUTTER).1,
            buf,
            scene.theme,
            true,
        );
        for (n, other) in pattern.arms.iter().enumerate() {
            success_strip(pen::row(strips, n as u16 + 1), buf, scene, other, (&axis, &lines));
        }
    }
    let upper = pen::cut_left(above, GUTTER).1;
    readout::line(upper, buf, scene.theme, (&axis, scene.viewing.cursor));
    regions.chart(plot, axis);
    Rooms { special, axis, lines }
}

/// The lines over time with the heads of the markers above and the axis below.
fn latency(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (pattern, arm): (&PatternSnapshot, &ArmSnapshot),
    (axis, lines): (&TimeAxis, &Lines<'_>),
) {
    let theme = scene.theme;
    let (heads, below) = pen::cut_top(area, 1);
    let (body, foot) = pen::cut_bottom(below, 1);
    let (gutter, chart) = pen::cut_left(body, GUTTER);
    let rest = pen::left(buf, pen::cut_left(heads, GUTTER).0, "latency", theme.strong);
    pen::left(buf, rest, " over time", theme.muted);
    lines.heads(pen::cut_left(heads, GUTTER).1, buf, theme);
    let buckets = axis.buckets(&arm.timeline, 2);
    let scale = percentile_lines::scale(&buckets, scene.viewing.log_scale);
    let styles = LineStyles {
        first_token: theme.muted,
        p50: theme.pattern(&pattern.key),
        p99: theme.line,
        dashed: theme.is_textured(),
    };
    percentile_lines(chart, buf, &styles, &buckets, &scale);
    if buckets.iter().all(|bucket| bucket.p50_ms.is_none()) {
        let middle = pen::gap(pen::row(chart, chart.height / 2), chart.width / 2);
        pen::left(buf, middle, "no answer yet", theme.muted);
    }
    lines.draw(chart, buf, theme, false);
    percentile_lines::ticks(gutter, buf, theme, &scale);
    legend(gutter, buf, scene, (arm, &styles));
    axis.draw(pen::cut_left(foot, GUTTER).1, buf, theme);
}

/// The names of the lines with their newest figures, at the left of the gutter.
fn legend(gutter: Rect, buf: &mut Buffer, scene: Scene<'_>, (arm, styles): (&ArmSnapshot, &LineStyles)) {
    let window = &arm.window.intended.percentiles;
    let p99 = if styles.dashed { "╌ p99" } else { "─ p99" };
    let entries = [
        (p99, Quantile::P99, window, styles.p99),
        ("─ p50", Quantile::P50, window, styles.p50),
        (
            "· ttft",
            Quantile::P50,
            &arm.window.first_token,
            styles.first_token,
        ),
    ];
    for (n, (name, quantile, percentiles, style)) in entries.into_iter().enumerate() {
        let row = pen::cut_left(pen::row(gutter, n as u16), 14).0;
        let rest = pen::label(buf, row, 6, name, style);
        let (text, style) = arm_table::percentile(percentiles, quantile, scene.theme);
        pen::column(buf, rest, 7, &text, style);
    }
}

/// One arm's successes over time.
fn success_strip(
    row: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    arm: &ArmSnapshot,
    (axis, lines): (&TimeAxis, &Lines<'_>),
) {
    let theme = scene.theme;
    let (gutter, plot) = pen::cut_left(row, GUTTER);
    let share = arm.recent.availability();
    let name = pen::label(buf, gutter, 15, arm.key.as_str(), theme.muted);
    pen::column(
        buf,
        name,
        6,
        &format::maybe_share(share),
        theme.state(State::of_share(share)),
    );
    let buckets = axis.buckets(&arm.timeline, 2);
    sparkline_row::success(plot, buf, theme, &buckets);
    lines.draw(plot, buf, theme, true);
}
