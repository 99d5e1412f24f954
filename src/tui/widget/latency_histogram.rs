//! The latency histogram: logarithmic, bars for the last window, a faint outline for the steady
//! state before the fault, the percentiles ticked and named under it.
//!
//! Drawn from the HdrHistogram's bars, never from samples. Each histogram is scaled to its own
//! whole, so that the shapes can be compared whatever the number of shots.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::arm_table::{Quantile, percentile};
use super::braille::Canvas;
use super::scale::Scale;
use super::{blocks, pen};
use crate::measure::snapshot::{ArmSnapshot, Histogram};
use crate::tui::format;
use crate::tui::theme::{State, Theme};

/// Rows that are not bars: title, axis, names of the percentiles, their values.
const OTHER_ROWS: u16 = 4;

/// Draws the histogram of an arm with bars of a hue.
pub fn latency_histogram(area: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, hue: Style) {
    if area.height < OTHER_ROWS + 1 || area.width < 16 {
        return;
    }
    let window = &arm.window.intended;
    title(pen::row(area, 0), buf, theme, window.percentiles.count);
    let (_, below) = pen::cut_top(area, 1);
    let (bars, foot) = pen::cut_bottom(below, OTHER_ROWS - 1);
    let scale = scale(arm);
    let shape = |histogram: &Histogram| densities(histogram, &scale, bars.width);
    let now = shape(window);
    let before = arm.baseline.as_deref().map(shape);
    let top = now
        .iter()
        .chain(before.iter().flatten())
        .fold(0.0_f64, |top, density| top.max(*density));
    if top > 0.0 {
        if let Some(before) = &before {
            outline(bars, buf, theme, before, top);
        }
        draw_bars(bars, buf, hue, &now, top);
    }
    axis(pen::row(foot, 0), buf, theme, &scale);
    names(pen::row(foot, 1), buf, theme, window, &scale);
    values(pen::row(foot, 2), buf, theme, window);
}

fn title(row: Rect, buf: &mut Buffer, theme: &Theme, count: u64) {
    let rest = pen::left(buf, row, "latency", theme.strong);
    let from = if row.width >= 56 {
        ", last 10 s, from the intended time"
    } else {
        ", last 10 s"
    };
    pen::left(buf, rest, from, theme.muted);
    let few = count > 0 && count < Quantile::P99.least_samples();
    let figure = format!("{}{}", if few { "~" } else { "" }, format::count(count));
    let text = format!("n {figure:>6}");
    let style = if few {
        theme.state(State::Strained)
    } else {
        theme.muted
    };
    pen::right(buf, row, &text, style);
}

/// An axis over all that the arm ever met, so that it moves seldom.
fn scale(arm: &ArmSnapshot) -> Scale {
    let seen = [&arm.overall.intended, &arm.window.intended];
    let ends = seen
        .into_iter()
        .chain(arm.baseline.as_ref())
        .flat_map(|histogram| {
            let first = histogram.bars.iter().position(|bar| *bar > 0);
            let last = histogram.bars.iter().rposition(|bar| *bar > 0);
            [first.map(edge), last.map(|bar| edge(bar + 1))]
        });
    Scale::covering(ends.flatten(), true)
}

/// The left edge of a bar, milliseconds.
fn edge(bar: usize) -> f64 {
    let origin = Histogram::ORIGIN.as_secs_f64() * 1e3;
    origin * 10_f64.powf(bar as f64 / Histogram::BARS_PER_DECADE as f64)
}

/// The share of all values in each column. Bars and columns are of equal width on the logarithmic
/// axis, so a column takes of each bar the part it covers.
fn densities(histogram: &Histogram, scale: &Scale, columns: u16) -> Vec<f64> {
    let whole: u64 = histogram.bars.iter().sum();
    let mut densities = vec![0.0; columns.into()];
    if whole == 0 {
        return densities;
    }
    let columns = f64::from(columns);
    for (bar, count) in histogram.bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = scale.fraction(edge(bar)) * columns;
        let to = scale.fraction(edge(bar + 1)) * columns;
        let share = *count as f64 / whole as f64;
        let wide = (to - from).max(1e-9);
        let last = (to.ceil() as usize).min(densities.len());
        for (column, density) in densities.iter_mut().enumerate().take(last).skip(from as usize) {
            let covered = to.min(column as f64 + 1.0) - from.max(column as f64);
            *density += share * covered.max(0.0) / wide;
        }
    }
    densities
}

fn draw_bars(area: Rect, buf: &mut Buffer, hue: Style, densities: &[f64], top: f64) {
    let whole = usize::from(area.height) * 8;
    for (column, density) in densities.iter().enumerate() {
        let mut eighths = blocks::eighths(density / top, whole);
        if *density > 0.0 {
            eighths = eighths.max(1);
        }
        for level in 0..area.height {
            let here = eighths.saturating_sub(usize::from(level) * 8).min(8);
            if here == 0 {
                break;
            }
            let y = area.bottom() - 1 - level;
            pen::glyph(buf, area.x + column as u16, y, blocks::UP[here], hue);
        }
    }
}

/// The outline of the steady state, in dots.
fn outline(area: Rect, buf: &mut Buffer, theme: &Theme, densities: &[f64], top: f64) {
    let mut canvas = Canvas::new(area);
    let height = canvas.dots_down();
    let mut before = 0;
    for (column, density) in densities.iter().enumerate() {
        let dots = (density / top * f64::from(height)).round() as u16;
        let x = column as u16 * 2;
        let y = |dots: u16| height - dots.clamp(1, height);
        if dots > 0 || before > 0 {
            canvas.upright(x, y(before), y(dots), 0);
        }
        if dots > 0 {
            canvas.dot(x + 1, y(dots), 0);
        }
        before = dots;
    }
    canvas.paint(area, buf, &[theme.muted]);
}

/// The axis with its round values in it, as many as have room.
fn axis(row: Rect, buf: &mut Buffer, theme: &Theme, scale: &Scale) {
    pen::rule(buf, row, theme.faint);
    let mut free_from = 0;
    for tick in scale.ticks() {
        let text = format::tick(tick);
        let wide = pen::width(&text);
        let middle = column_of(tick, scale, row.width);
        let from = middle
            .saturating_sub(wide / 2)
            .min(row.width.saturating_sub(wide));
        if from < free_from {
            continue;
        }
        pen::left(buf, pen::cut_left(row, from).1, &text, theme.muted);
        free_from = from + wide + 2;
    }
}

/// The percentiles' names where they lie; p50 and p99 first where room is short.
fn names(row: Rect, buf: &mut Buffer, theme: &Theme, window: &Histogram, scale: &Scale) {
    let mut taken: Vec<(u16, u16)> = Vec::new();
    for quantile in [Quantile::P50, Quantile::P99, Quantile::P90, Quantile::P999] {
        let Some(value) = quantile.of(&window.percentiles) else {
            continue;
        };
        let text = format!("╵{}", quantile.name());
        let wide = pen::width(&text);
        let from = column_of(value, scale, row.width);
        let free = taken
            .iter()
            .all(|(first, end)| from >= *end || from + wide <= *first);
        if free && from + wide <= row.width {
            pen::left(buf, pen::cut_left(row, from).1, &text, theme.text);
            taken.push((from, from + wide));
        }
    }
}

fn values(row: Rect, buf: &mut Buffer, theme: &Theme, window: &Histogram) {
    let mut rest = row;
    for quantile in Quantile::ALL {
        let (text, style) = percentile(&window.percentiles, quantile, theme);
        rest = pen::left(buf, rest, quantile.name(), theme.muted);
        let room = if quantile.least_samples() < 100 { 7 } else { 8 };
        rest = pen::label(buf, pen::gap(rest, 1), room, &text, style);
    }
}

fn column_of(value: Duration, scale: &Scale, columns: u16) -> u16 {
    let at = scale.fraction(value.as_secs_f64() * 1e3) * f64::from(columns);
    (at as u16).min(columns.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_lost_or_doubled_on_the_way_to_the_columns() {
        let histogram = Histogram {
            bars: (0..70).map(|bar| u64::from(bar > 40) * bar).collect(),
            ..Histogram::default()
        };
        let scale = Scale::covering([edge(41), edge(70)].into_iter(), true);
        for columns in [7, 44, 133] {
            let sum: f64 = densities(&histogram, &scale, columns).iter().sum();
            assert!((sum - 1.0).abs() < 1e-6, "{sum} in {columns} columns");
        }
    }
}
