//! The one box of the dashboard: the border of an overlay.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::{Block, BorderType, Clear, Padding, Widget};

use crate::tui::theme::Theme;

/// Clears a box of `size` (its border included, cut to the area) in the middle of `area`, draws its
/// border and title, and returns the room within.
pub fn dialog(area: Rect, buf: &mut Buffer, theme: &Theme, title: &str, size: Size) -> Rect {
    let width = size.width.min(area.width);
    let height = size.height.min(area.height);
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
    .intersection(buf.area);
    if frame.is_empty() {
        return Rect {
            width: 0,
            height: 0,
            ..frame
        };
    }
    Clear.render(frame, buf);
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.muted)
        .title(format!(" {title} "))
        .title_style(theme.strong)
        .padding(Padding::horizontal(1));
    let inner = block.inner(frame);
    block.render(frame, buf);
    inner
}
