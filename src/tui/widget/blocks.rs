//! Bars of eighth blocks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen;

/// Blocks that grow upwards, by eighths.
pub const UP: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Blocks that grow to the right, by eighths.
pub const ACROSS: [&str; 9] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// Draws a bar from the left: `share` of the row's width. A share above nothing always shows.
pub fn bar(row: Rect, buf: &mut Buffer, share: f64, style: Style) {
    let whole = usize::from(row.width) * 8;
    let mut eighths = eighths(share, whole);
    if share > 0.0 && eighths == 0 && whole > 0 {
        eighths = 1;
    }
    for column in 0..usize::from(row.width) {
        let here = eighths.saturating_sub(column * 8).min(8);
        if here == 0 {
            break;
        }
        pen::glyph(buf, row.x + column as u16, row.y, ACROSS[here], style);
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
