//! What stands under the cursor of the time charts: one second, a row for each way of calling, and
//! the markers there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen;
use super::time_axis::TimeAxis;
use crate::clock::Moment;
use crate::measure::snapshot::{ArmSnapshot, Point};
use crate::tui::format;
use crate::tui::panel::Scene;
use crate::tui::theme::{State, Theme, marker_glyph};
use crate::tui::viewing::Page;

/// Columns of one way of calling.
const COLUMNS: u16 = 78;
/// Columns of its name.
const NAME: u16 = 16;

/// Draws the rule that names the second and its markers; the rest of the rule is free.
pub fn title(row: Rect, buf: &mut Buffer, scene: Scene<'_>, at: Moment) -> Rect {
    let theme = scene.theme;
    pen::rule(buf, row, theme.faint);
    let ago = format::countdown(scene.snapshot.at.since(at));
    let rest = pen::left(buf, pen::gap(row, 1), " cursor ", theme.strong);
    let mut rest = pen::left(
        buf,
        rest,
        &format!("{}, {ago} ago ", format::clock(at)),
        theme.accent,
    );
    let arms: Vec<_> = arms(scene).iter().map(|arm| arm.id).collect();
    let second = at.as_secs();
    let markers = scene.snapshot.markers.iter();
    let found = markers
        .filter(|marker| marker.at.as_secs() == second)
        .filter(|marker| marker.arm.is_none_or(|arm| arms.contains(&arm)));
    for marker in found {
        let style = theme.marker(marker.kind);
        let text = format!(" {} {} ", marker_glyph(marker.kind), marker.label);
        if pen::width(&text) > rest.width {
            break;
        }
        rest = pen::left(buf, rest, &text, style);
    }
    rest
}

/// Draws a row for each way of calling of the page; two beside each other where there is room.
pub fn rows(area: Rect, buf: &mut Buffer, scene: Scene<'_>, at: Moment) {
    let arms = arms(scene);
    let across = (area.width / COLUMNS).max(1);
    let down = usize::from(area.height);
    let room = usize::from(across) * down;
    let shown = if arms.len() > room {
        room.saturating_sub(1)
    } else {
        arms.len()
    };
    for (n, arm) in arms.iter().take(shown).enumerate() {
        row(cell(area, n), buf, scene.theme, arm, at);
    }
    if shown < arms.len() {
        let words = format!("and {} more on their own pages", arms.len() - shown);
        pen::left(buf, cell(area, shown), &words, scene.theme.muted);
    }
}

/// The place of the `n`-th way of calling, column by column.
fn cell(area: Rect, n: usize) -> Rect {
    let down = usize::from(area.height.max(1));
    let column = pen::gap(area, 2 + (n / down) as u16 * COLUMNS);
    let row = pen::row(column, (n % down) as u16);
    pen::cut_left(row, COLUMNS).0
}

fn row(place: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, at: Moment) {
    let rest = pen::label(buf, place, NAME, arm.key.as_str(), theme.text);
    let second = at.as_secs();
    let found = arm.timeline.points().rev().find(|point| point.second <= second);
    let Some(point) = found.filter(|point| point.second == second && point.intended > 0) else {
        pen::left(buf, rest, "no shot ended in this second", theme.muted);
        return;
    };
    let share = f64::from(point.succeeded) / f64::from(point.intended);
    let state = State::of_share(Some(share));
    let rest = pen::label(buf, rest, 2, state.glyph(), theme.state(state));
    let shots = format!("{} of {} ok", point.succeeded, point.intended);
    let mut rest = pen::label(buf, rest, 14, &shots, theme.state(state));
    for (name, text) in figures(point) {
        rest = pen::left(buf, rest, &format!("{name} "), theme.muted);
        rest = pen::gap(pen::left(buf, rest, &text, theme.text), 2);
    }
}

/// The figures of a second; milliseconds as durations.
fn figures(point: &Point) -> Vec<(&'static str, String)> {
    let span = |ms: Option<f32>| {
        format::maybe_duration(ms.map(|ms| std::time::Duration::from_secs_f32(ms.max(0.0) / 1e3)))
    };
    let mut figures = vec![
        ("p50", span(point.p50_ms)),
        ("p99", span(point.p99_ms)),
        ("ttft", span(point.first_token_ms)),
    ];
    let counts = [
        ("throttled", point.throttled),
        ("failovers", point.failovers),
        ("shed", point.shed),
    ];
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        figures.push((name, format::count(count.into())));
    }
    figures
}

/// The ways of calling of the page: those of its pattern, or all.
fn arms(scene: Scene<'_>) -> Vec<&ArmSnapshot> {
    match scene.viewing.page {
        Page::Pattern(number) => scene
            .pattern(number)
            .map_or_else(Vec::new, |(_, pattern)| pattern.arms.iter().collect()),
        _ => scene
            .snapshot
            .patterns
            .iter()
            .flat_map(|pattern| &pattern.arms)
            .collect(),
    }
}

/// The cursor through a chart: where there is no data, so that it hides none.
pub fn line(chart: Rect, buf: &mut Buffer, theme: &Theme, (axis, cursor): (&TimeAxis, Option<Moment>)) {
    let Some(column) = cursor.and_then(|at| axis.column(at)) else {
        return;
    };
    let x = chart.x.saturating_add(column);
    let inside = chart.intersection(buf.area);
    for y in inside.top()..inside.bottom() {
        let Some(cell) = buf.cell_mut((x, y)).filter(|_| x < inside.right()) else {
            continue;
        };
        if matches!(cell.symbol(), " " | "┊" | "│") {
            cell.set_symbol("╎");
        }
        cell.set_style(theme.accent);
    }
}
