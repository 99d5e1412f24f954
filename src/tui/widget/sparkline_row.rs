//! Small charts in a row of a table: how many succeeded, how long it took.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    let height = canvas.dots_down();
    for (x, bucket) in buckets.iter().enumerate() {
        let Some(share) = bucket.availability() else {
            continue;
        };
        let state = State::of_share(Some(share));
        let dots = if state == State::Good {
            height
        } else {
            ((share * f64::from(height)) as u16).clamp(1, height.saturating_sub(1).max(1))
        };
        canvas.upright(
            x as u16,
            height.saturating_sub(dots),
            height.saturating_sub(1),
            layer(state),
        );
    }
    let styles = [State::Good, State::Strained, State::Broken].map(|state| theme.state(state));
    canvas.paint(area, buf, &styles);
}

/// The 99th percentile, filled from below on a scale.
pub fn latency(area: Rect, buf: &mut Buffer, theme: &Theme, buckets: &[Bucket], scale: &Scale) {
    let mut canvas = Canvas::new(area);
    let height = canvas.dots_down();
    for (x, bucket) in buckets.iter().enumerate() {
        let Some(millis) = bucket.p99_ms else {
            continue;
        };
        let dots = (scale.fraction(f64::from(millis)) * f64::from(height)).round() as u16;
        let top = height.saturating_sub(dots.max(1));
        canvas.upright(x as u16, top, height.saturating_sub(1), 0);
    }
    canvas.paint(area, buf, &[theme.line]);
}

/// A share over time in one row of eighth blocks, one value for each column.
pub fn share_strip(
    row: Rect,
    buf: &mut Buffer,
    shares: impl Iterator<Item = Option<f64>>,
    style: impl Fn(f64) -> ratatui::style::Style,
) {
    for (column, share) in shares.take(row.width.into()).enumerate() {
        if let Some(share) = share {
            let x = row.x + column as u16;
            pen::glyph(buf, x, row.y, blocks::level(share), style(share));
        }
    }
}

const fn layer(state: State) -> u8 {
    match state {
        State::Idle | State::Good => 0,
        State::Strained => 1,
        State::Broken => 2,
    }
}
