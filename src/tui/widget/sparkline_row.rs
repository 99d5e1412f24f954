//! Small charts in a row of a table: how many succeeded, how long it took.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::blocks;
use super::braille::Canvas;
use super::pen;
use super::scale::Scale;
use super::time_axis::Bucket;
use crate::tui::theme::{State, Theme};

/// The share of successes, filled from below. `buckets` hold two for each column. Full height is
/// only for a good second; where shots were made and none succeeded a line at the bottom stays.
pub fn success(area: Rect, buf: &mut Buffer, theme: &Theme, buckets: &[Bucket]) {
    let mut canvas = Canvas::new(area);
    let most = most_dots(&canvas);
    for (x, bucket) in buckets.iter().enumerate() {
        let Some(share) = bucket.availability() else {
            continue;
        };
        let state = State::of_share(Some(share));
        let dots = if state == State::Good {
            most
        } else {
            ((share * f64::from(most)) as u16).min(most.saturating_sub(1))
        };
        fill(&mut canvas, x, dots, layer(state));
    }
    let styles = [State::Good, State::Strained, State::Broken].map(|state| theme.area(state));
    canvas.paint(area, buf, &styles);
}

/// The 99th percentile, filled from below on a scale.
pub fn latency(area: Rect, buf: &mut Buffer, theme: &Theme, buckets: &[Bucket], scale: &Scale) {
    let mut canvas = Canvas::new(area);
    let most = f64::from(most_dots(&canvas));
    for (x, bucket) in buckets.iter().enumerate() {
        if let Some(millis) = bucket.p99_ms {
            let dots = (scale.fraction(f64::from(millis)) * most).round() as u16;
            fill(&mut canvas, x, dots, 0);
        }
    }
    canvas.paint(area, buf, &[theme.fill]);
}

/// A share over time in one row of eighth blocks, one value for each column.
pub fn share_strip(row: Rect, buf: &mut Buffer, shares: impl Iterator<Item = Option<f64>>, style: Style) {
    for (column, share) in shares.take(row.width.into()).enumerate() {
        if let Some(share) = share {
            pen::glyph(buf, row.x + column as u16, row.y, blocks::level(share), style);
        }
    }
}

/// The topmost dot stays free, so that one row's area is told from the next.
fn most_dots(canvas: &Canvas) -> u16 {
    canvas.dots_down().saturating_sub(1).max(1)
}

/// At least one dot, from the bottom.
fn fill(canvas: &mut Canvas, x: usize, dots: u16, layer: u8) {
    let bottom = canvas.dots_down().saturating_sub(1);
    canvas.upright(x as u16, bottom.saturating_sub(dots.max(1) - 1), bottom, layer);
}

const fn layer(state: State) -> u8 {
    match state {
        State::Idle | State::Good => 0,
        State::Strained => 1,
        State::Broken => 2,
    }
}
