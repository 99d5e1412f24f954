//! The last line: what can be pressed here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Hit, Regions};
use crate::tui::theme::Theme;
use crate::tui::widget::pen;

/// A key and what it does, for the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FooterItem {
    /// The key or keys, `space`, `+/-`.
    pub keys: String,
    /// What they do, in a word or two.
    pub label: String,
}

/// Draws the items that fit, whole ones only, the first ones first.
pub fn draw(row: Rect, buf: &mut Buffer, theme: &Theme, items: &[FooterItem], regions: &mut Regions) {
    let mut rest = pen::gap(row, 1);
    for (n, item) in items.iter().enumerate() {
        let wide = pen::width(&item.keys) + 1 + pen::width(&item.label);
        if wide > rest.width {
            break;
        }
        let place = pen::cut_left(rest, wide).0;
        let after = pen::left(buf, place, &item.keys, theme.accent);
        pen::left(buf, pen::gap(after, 1), &item.label, theme.muted);
        regions.add(place, Hit::Footer(n));
        rest = pen::gap(rest, wide + 3);
    }
}
