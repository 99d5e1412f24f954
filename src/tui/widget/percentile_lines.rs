//! Latency over time: p50, p99, and the time to first token dotted. Where colour cannot be relied
//! on, p99 is dashed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::braille::Canvas;
use super::pen;
use super::scale::Scale;
use super::time_axis::Bucket;
use crate::tui::format;
use crate::tui::theme::Theme;

/// How a line is drawn; told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stroke {
    Solid,
    Dashed,
    Dotted,
}

/// What a line shows of a bucket.
type Value = fn(&Bucket) -> Option<f32>;

/// The axis that covers the buckets of a chart.
pub fn scale(buckets: &[Bucket], logarithmic: bool) -> Scale {
    let values = buckets
        .iter()
        .flat_map(|bucket| [bucket.p50_ms, bucket.p99_ms, bucket.first_token_ms]);
    Scale::covering(values.flatten().map(f64::from), logarithmic)
}

/// Draws the three lines; `buckets` hold two for each column of the chart.
pub fn percentile_lines(
    chart: Rect,
    buf: &mut Buffer,
    styles: &LineStyles,
    buckets: &[Bucket],
    scale: &Scale,
) {
    let mut canvas = Canvas::new(chart);
    let p99 = if styles.dashed {
        Stroke::Dashed
    } else {
        Stroke::Solid
    };
    let lines: [(Stroke, Value); 3] = [
        (Stroke::Dotted, |bucket| bucket.first_token_ms),
        (Stroke::Solid, |bucket| bucket.p50_ms),
        (p99, |bucket| bucket.p99_ms),
    ];
    for (layer, (stroke, value)) in lines.into_iter().enumerate() {
        line(&mut canvas, buckets, scale, stroke, (layer as u8, value));
    }
    canvas.paint(chart, buf, &[styles.first_token, styles.p50, styles.p99]);
}

/// The looks of the three lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStyles {
    /// Time to first token.
    pub first_token: Style,
    /// Median.
    pub p50: Style,
    /// 99th percentile.
    pub p99: Style,
    /// Whether p99 is dashed.
    pub dashed: bool,
}

fn line(canvas: &mut Canvas, buckets: &[Bucket], scale: &Scale, stroke: Stroke, (layer, value): (u8, Value)) {
    let bottom = f64::from(canvas.dots_down().saturating_sub(1));
    let mut before: Option<u16> = None;
    for (x, bucket) in buckets.iter().enumerate() {
        let Some(millis) = value(bucket) else {
            before = None;
            continue;
        };
        let y = ((1.0 - scale.fraction(f64::from(millis))) * bottom).round() as u16;
        let x = x as u16;
        let drawn = match stroke {
            Stroke::Solid => true,
            Stroke::Dashed => x % 6 < 4,
            Stroke::Dotted => x.is_multiple_of(2),
        };
        if drawn {
            // A step is joined by an upright, so that a line stays one line.
            let from = match (before, stroke) {
                (Some(before), Stroke::Solid | Stroke::Dashed) if before < y => before + 1,
                (Some(before), Stroke::Solid | Stroke::Dashed) if before > y => before - 1,
                _ => y,
            };
            canvas.upright(x, from, y, layer);
        }
        before = Some(y);
    }
}

/// Writes the ticks of the axis right-aligned in the gutter at a chart's left, as many as leave a
/// row between them free.
pub fn ticks(gutter: Rect, buf: &mut Buffer, theme: &Theme, scale: &Scale) {
    if gutter.height == 0 {
        return;
    }
    let bottom = f64::from(gutter.height - 1);
    let mut last: Option<u16> = None;
    for tick in scale.ticks() {
        let fraction = scale.fraction(tick.as_secs_f64() * 1e3);
        let y = ((1.0 - fraction) * bottom).round() as u16;
        if last.is_some_and(|last| last.abs_diff(y) < 2) {
            continue;
        }
        last = Some(y);
        let row = pen::row(gutter, y);
        let place = pen::right(buf, row, "┤", theme.faint);
        pen::right(buf, place, &format::tick(tick), theme.muted);
    }
}
