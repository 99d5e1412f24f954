//! Rows, columns and text on them. Text is cut to its row with an ellipsis, never wrapped, never
//! out of bounds.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The `n`-th row of an area; empty below its end.
pub fn row(area: Rect, n: u16) -> Rect {
    let (_, below) = cut_top(area, n);
    cut_top(below, 1).0
}

/// The upper `height` rows, and the rest.
pub fn cut_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let rest = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (Rect { height, ..area }, rest)
}

/// The rest, and the lower `height` rows.
pub fn cut_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    cut_top(area, area.height.saturating_sub(height))
}

/// The `width` columns at the left, and the rest.
pub fn cut_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let rest = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (Rect { width, ..area }, rest)
}

/// The rest, and the `width` columns at the right.
pub fn cut_right(area: Rect, width: u16) -> (Rect, Rect) {
    cut_left(area, area.width.saturating_sub(width))
}

/// Writes at the left of a row and returns what is left of it.
pub fn left(buf: &mut Buffer, row: Rect, text: &str, style: Style) -> Rect {
    let room = row.intersection(buf.area);
    if room.is_empty() {
        return Rect { width: 0, ..row };
    }
    let fitted = fit(text, room.width);
    // Text over a rule must not take on the rule's modifiers.
    let style = style.remove_modifier(Modifier::all().difference(style.add_modifier));
    let (x, _) = buf.set_stringn(room.x, room.y, &fitted, room.width.into(), style);
    cut_left(room, x - room.x).1
}

/// Writes at the right of a row and returns what is left of it.
pub fn right(buf: &mut Buffer, row: Rect, text: &str, style: Style) -> Rect {
    let (rest, place) = cut_right(row, width(text));
    left(buf, place, text, style);
    rest
}

/// Writes right-aligned in the next `columns` of a row and returns the rest of the row.
pub fn column(buf: &mut Buffer, row: Rect, columns: u16, text: &str, style: Style) -> Rect {
    let (place, rest) = cut_left(row, columns);
    right(buf, place, text, style);
    rest
}

/// Writes left-aligned in the next `columns` of a row and returns the rest of the row.
pub fn label(buf: &mut Buffer, row: Rect, columns: u16, text: &str, style: Style) -> Rect {
    let (place, rest) = cut_left(row, columns);
    left(buf, place, text, style);
    rest
}

/// Leaves columns free.
pub fn gap(row: Rect, columns: u16) -> Rect {
    cut_left(row, columns).1
}

/// Puts one glyph on a cell; outside the buffer nothing happens.
pub fn glyph(buf: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

/// Draws a horizontal rule over a row.
pub fn rule(buf: &mut Buffer, row: Rect, style: Style) {
    for x in row.left()..row.right() {
        glyph(buf, x, row.y, "─", style);
    }
}

/// The text, cut with an ellipsis to so many columns.
pub fn fit(text: &str, columns: u16) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut taken = 0;
    let mut cut = String::new();
    for letter in text.chars() {
        let wide = letter.width().unwrap_or(0) as u16;
        if taken + wide + 1 > columns {
            break;
        }
        taken += wide;
        cut.push(letter);
    }
    if columns > 0 {
        cut.push('…');
    }
    Cow::Owned(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_with_an_ellipsis() {
        assert_eq!(fit("us-east-1", 9), "us-east-1");
        assert_eq!(fit("us-east-1", 5), "us-e…");
        assert_eq!(fit("us-east-1", 1), "…");
        assert_eq!(fit("us-east-1", 0), "");
    }

    #[test]
    fn writing_returns_what_is_left_of_the_row() {
        let area = Rect::new(0, 0, 10, 1);
        let mut buf = Buffer::empty(area);
        let rest = left(&mut buf, area, "ab", Style::new());
        let rest = right(&mut buf, rest, "yz", Style::new());
        assert_eq!(rest, Rect::new(2, 0, 6, 1));
        assert_eq!(buf, Buffer::with_lines(["ab      yz"]));
    }

    #[test]
    fn rows_outside_an_area_are_empty() {
        assert!(row(Rect::new(0, 0, 5, 2), 2).is_empty());
        let mut buf = Buffer::empty(Rect::new(0, 0, 5, 2));
        left(&mut buf, Rect::new(3, 7, 5, 1), "gone", Style::new());
        assert_eq!(buf, Buffer::empty(Rect::new(0, 0, 5, 2)));
    }
}
