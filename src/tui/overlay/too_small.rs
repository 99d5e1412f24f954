//! What a screen too small for a page shows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::theme::Theme;
use crate::tui::view::{MIN_HEIGHT, MIN_WIDTH};

/// One line that says what is wrong; cut where even that does not fit.
pub fn too_small(area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    let text = format!(
        "bedrill needs {MIN_WIDTH}x{MIN_HEIGHT}; this is {}x{}",
        area.width, area.height
    );
    let width = text.len().min(usize::from(area.width)) as u16;
    let x = area.x + (area.width - width) / 2;
    let y = area.y + area.height / 2;
    buf.set_stringn(x, y, text, usize::from(area.width), theme.text);
}
