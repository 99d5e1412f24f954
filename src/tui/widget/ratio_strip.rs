//! One bar split by share, each part named in itself: where calls were served.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::{blocks, pen};
use crate::tui::format;
use crate::tui::theme::Theme;

/// A part of the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Its name.
    pub name: String,
    /// A shorter name for a narrow part.
    pub code: String,
    /// Its share of the whole. What the shares leave of one stays empty.
    pub share: f64,
    /// Its hue as a ground, with the text colour on it.
    pub ground: Style,
}

/// Draws the strip over a row. Parts border on each other to an eighth of a column where there is
/// colour; else each fills its columns with a texture of its own.
pub fn ratio_strip(row: Rect, buf: &mut Buffer, theme: &Theme, slices: &[Slice]) {
    if slices.is_empty() || row.is_empty() {
        pen::left(buf, row, format::NONE, theme.muted);
        return;
    }
    let mut from = 0.0;
    for (index, slice) in slices.iter().enumerate() {
        let to = (from + slice.share * f64::from(row.width)).min(f64::from(row.width));
        let (first, last) = (from.round() as u16, to.round() as u16);
        let (_, place) = pen::cut_left(row, first);
        let place = pen::cut_left(place, last - first).0;
        fill(place, buf, theme, slice, index);
        name(place, buf, theme, slice);
        if theme.has_colour() && index + 1 < slices.len() {
            seam(row, buf, to, slice.ground, slices[index + 1].ground);
        }
        from = to;
    }
}

fn fill(place: Rect, buf: &mut Buffer, theme: &Theme, slice: &Slice, index: usize) {
    const TEXTURES: [&str; 4] = ["▒", "░", "▓", "·"];
    let symbol = if theme.is_textured() {
        TEXTURES[index % TEXTURES.len()]
    } else {
        " "
    };
    for x in place.left()..place.right() {
        pen::glyph(buf, x, place.y, symbol, slice.ground);
    }
}

/// Writes the longest name that fits, a space at both sides.
fn name(place: Rect, buf: &mut Buffer, theme: &Theme, slice: &Slice) {
    let figure = format::share(slice.share);
    let candidates = [
        format!(" {} {figure} ", slice.name),
        format!(" {} {figure} ", slice.code),
        format!(" {} ", slice.code),
        slice.code.clone(),
    ];
    // Where grounds cannot tell the parts apart, a stroke begins each.
    let textured = theme.is_textured();
    let inner = pen::left(buf, place, if textured { "▏" } else { "" }, slice.ground);
    let mut texts = candidates
        .iter()
        .map(|text| if textured { text.trim_start() } else { text });
    if let Some(text) = texts.find(|text| pen::width(text) <= inner.width) {
        pen::left(buf, inner, text, slice.ground);
    }
}

/// The column in which two parts meet, split to the eighth.
fn seam(row: Rect, buf: &mut Buffer, at: f64, left: Style, right: Style) {
    let column = at.floor();
    let part = blocks::eighths(at - column, 8);
    let x = row.x.saturating_add(column as u16);
    if part == 0 || part == 8 || x >= row.right() {
        return;
    }
    let Some(cell) = buf.cell_mut((x, row.y)) else {
        return;
    };
    if cell.symbol() == " " {
        let colour = |style: Style| style.bg.unwrap_or(Color::Reset);
        cell.set_symbol(blocks::ACROSS[part])
            .set_fg(colour(left))
            .set_bg(colour(right));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    fn slice(name: &str, share: f64) -> Slice {
        Slice {
            name: name.to_owned(),
            code: name[..2].to_owned(),
            share,
            ground: Style::new(),
        }
    }

    #[test]
    fn parts_are_named_and_told_apart_without_colour() {
        let row = Rect::new(0, 0, 40, 1);
        let mut buf = Buffer::empty(row);
        let slices = [slice("east", 0.75), slice("west", 0.2), slice("north", 0.05)];
        ratio_strip(row, &mut buf, &Theme::named(ThemeName::Plain), &slices);
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, "▏east 75.0% ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏we ░░░░▏▓");
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let row = Rect::new(0, 0, 4, 1);
        let mut buf = Buffer::empty(row);
        ratio_strip(row, &mut buf, &Theme::named(ThemeName::Plain), &[]);
        assert_eq!(buf.content()[0].symbol(), format::NONE);
    }
}
