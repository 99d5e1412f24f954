//! The strip of a guided tour, below everything else: it takes rows of its own and hides nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::format;
use crate::tui::overlay::prose::wrapped;
use crate::tui::theme::{State, Theme};
use crate::tui::tour::Narration;
use crate::tui::widget::pen;

/// Rows of the strip, its rule included.
pub const ROWS: u16 = 1 + TEXT_ROWS as u16;
/// Rows of text: what is said, then what to look for.
pub const TEXT_ROWS: usize = 3;
/// Columns of the text on the smallest screen the tour is written for.
pub const TEXT_WIDTH: usize = 78;

/// Draws it.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, told: &Narration) {
    let (rule, text) = pen::cut_top(area, 1);
    pen::rule(buf, rule, theme.accent);
    let (place, of) = told.place;
    let rest = pen::left(
        buf,
        pen::gap(rule, 1),
        &format!(" tour {place} of {of} "),
        theme.accent,
    );
    let title = format!("{} ", told.step.title);
    let rest = pen::left(buf, rest, &title, theme.strong);
    let left = if told.waits {
        " waits ".to_owned()
    } else {
        format!(" {} ", format::countdown(told.left))
    };
    let style = if told.waits {
        theme.state(State::Strained)
    } else {
        theme.muted
    };
    pen::right(buf, pen::cut_right(rest, 1).0, &left, style);
    let text = pen::cut_right(pen::gap(text, 1), 1).0;
    let said = wrapped(&told.step.says, text.width.into(), 0);
    let lines = said.len().min(TEXT_ROWS - 1) as u16;
    for (n, line) in said.iter().take(TEXT_ROWS - 1).enumerate() {
        pen::left(buf, pen::row(text, n as u16), line, theme.text);
    }
    // On a wide screen what is said takes one line, and what to do has one of its own.
    let rest = pen::left(buf, pen::row(text, lines), "look: ", theme.muted);
    let rest = pen::left(buf, rest, &told.step.look, theme.accent);
    if let Some(ask) = &told.step.ask {
        let place = if lines + 1 < TEXT_ROWS as u16 {
            pen::row(text, lines + 1)
        } else {
            pen::gap(rest, 3)
        };
        if pen::width(ask) + 5 <= place.width {
            let rest = pen::left(buf, place, "try: ", theme.muted);
            pen::left(buf, rest, ask, theme.text);
        }
    }
}
