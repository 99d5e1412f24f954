//! Lines between dots, by how much goes along them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::tui::widget::braille::Canvas;
use crate::tui::widget::pen;

/// How much of all calls goes along a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Less than a twentieth.
    Light,
    /// Less than a fifth.
    Middle,
    /// More.
    Heavy,
}

impl Weight {
    /// The weight of a share, `0.0..=1.0`.
    pub(super) fn of(share: f64) -> Self {
        match share {
            share if share < 0.05 => Self::Light,
            share if share < 0.20 => Self::Middle,
            _ => Self::Heavy,
        }
    }
}

/// Draws lines from dot to dot, later ones above.
pub(super) fn strokes(
    map: Rect,
    buf: &mut Buffer,
    lines: &[(Position, Position, Weight, Style)],
    letters: bool,
) {
    if letters {
        for (from, to, weight, style) in lines {
            in_letters(buf, (*from, *to), *weight, *style);
        }
        return;
    }
    let mut canvas = Canvas::new(map);
    let styles: Vec<Style> = lines.iter().map(|(_, _, _, style)| *style).collect();
    for (layer, (from, to, weight, _)) in lines.iter().enumerate() {
        let (from, to) = (centre(map, *from), centre(map, *to));
        let is_steep = from.0.abs_diff(to.0) < from.1.abs_diff(to.1);
        for (n, (x, y)) in between(from, to).enumerate() {
            if *weight == Weight::Light && n % 3 != 0 {
                continue;
            }
            canvas.dot(x, y, layer as u8);
            if *weight == Weight::Heavy {
                let (x, y) = if is_steep { (x + 1, y) } else { (x, y + 1) };
                canvas.dot(x, y, layer as u8);
            }
        }
    }
    canvas.paint(map, buf, &styles);
}

/// Whether a cell holds a part of a line, and neither dot nor arrow.
pub(super) fn is_stroke(symbol: &str) -> bool {
    symbol
        .chars()
        .all(|c| matches!(c, '\u{2801}'..='\u{28ff}' | '.' | '=' | '-' | '|' | '/' | '\\'))
}

/// The cell before a line's end and the arrow in it; `None` where the dots are neighbours.
pub(super) fn arrow(from: Position, to: Position) -> Option<(Position, &'static str)> {
    let (across, down) = (to.x.abs_diff(from.x), to.y.abs_diff(from.y));
    // A cell is twice as high as it is wide.
    let lies = across >= 2 * down;
    let symbol = match (lies, to.x >= from.x, to.y >= from.y) {
        (true, true, _) => "▸",
        (true, false, _) => "◂",
        (false, _, true) => "▾",
        (false, _, false) => "▴",
    };
    let cells: Vec<(u16, u16)> = between((from.x, from.y), (to.x, to.y)).collect();
    let before = cells.len().checked_sub(2).filter(|place| *place > 0)?;
    let (x, y) = cells[before];
    Some((Position { x, y }, symbol))
}

fn in_letters(buf: &mut Buffer, (from, to): (Position, Position), weight: Weight, style: Style) {
    let (across, down) = (to.x.abs_diff(from.x), to.y.abs_diff(from.y));
    let rises = (to.x > from.x) != (to.y > from.y);
    let symbol = match weight {
        Weight::Light => ".",
        Weight::Heavy if across >= 2 * down => "=",
        _ if across >= 4 * down => "-",
        _ if across <= down / 2 => "|",
        _ if rises => "/",
        _ => "\\",
    };
    for (x, y) in between((from.x, from.y), (to.x, to.y)) {
        pen::glyph(buf, x, y, symbol, style);
    }
}

/// The middle of a cell, in dots of the map.
const fn centre(map: Rect, cell: Position) -> (u16, u16) {
    ((cell.x - map.x) * 2, (cell.y - map.y) * 4 + 1)
}

/// Every step of a straight way, both ends included.
fn between(from: (u16, u16), to: (u16, u16)) -> impl Iterator<Item = (u16, u16)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
    let at = move |from: u16, to: u16, n: u16| {
        let share = f64::from(n) / f64::from(steps.max(1));
        (f64::from(from) + share * (f64::from(to) - f64::from(from))).round() as u16
    };
    (0..=steps).map(move |n| (at(from.0, to.0, n), at(from.1, to.1, n)))
}
