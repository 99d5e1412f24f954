//! Bars of eighth blocks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen;

/// Blocks that grow upwards, by eighths.
pub const UP: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Blocks that grow to the right, by eighths.
pub const ACROSS: [&str; 9] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// Draws a thin bar from the left: `share` of the row's width, to the half column. A share above
/// nothing always shows. Thin, so that bars in neighbouring rows stay apart.
pub fn bar(row: Rect, buf: &mut Buffer, share: f64, style: Style) {
    if share.is_nan() || share <= 0.0 {
        return;
    }
    let halves = ((share.min(1.0) * f64::from(row.width) * 2.0).round() as u16).max(1);
    for column in 0..halves.div_ceil(2).min(row.width) {
        let symbol = if column * 2 + 1 == halves { "╸" } else { "━" };
        pen::glyph(buf, row.x + column, row.y, symbol, style);
    }
}

/// The block that shows a share in one row: nothing for nothing, full only for (nearly) all.
pub fn level(share: f64) -> &'static str {
    if share <= 0.0 {
        return UP[0];
    }
    UP[eighths(share, 8).clamp(1, 8)]
}

/// A share of `whole` eighths.
pub fn eighths(share: f64, whole: usize) -> usize {
    if share.is_nan() {
        return 0;
    }
    ((share.clamp(0.0, 1.0) * whole as f64).round() as usize).min(whole)
}
