//! The command palette: everything that can be done here and now, found by a few letters.
//!
//! Knows what there is and which entry is meant; what an entry does is the app's matter.

pub mod catalogue;
mod matching;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::{DialogRoom, opened};
use crate::drill::Command;
use crate::tui::action::Action;
use crate::tui::theme::Theme;
use crate::tui::widget::pen;

pub use self::matching::best;

/// Characters of a query.
const QUERY_MOST: usize = 40;
const WIDTH: u16 = 96;
/// Entries shown at once.
const ROWS: u16 = 14;

/// One thing that can be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is called; what the query is matched with.
    pub name: String,
    /// What it does, in a line.
    pub about: String,
    /// The key that does the same; empty: there is none.
    pub keys: String,
    /// What it does.
    pub deed: Deed,
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// What a key does.
    Act(Action),
    /// An order to the drill, with the answer to the person.
    Order(Command, String),
    /// Another scenario in the place of the run, by its place among the shipped ones.
    Scenario(usize),
}

/// The palette.
#[derive(Clone, Debug)]
pub struct Palette {
    entries: Vec<Entry>,
    query: String,
    cursor: usize,
}

impl Palette {
    /// A palette of entries, in the order they stand in without a query.
    pub const fn new(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            query: String::new(),
            cursor: 0,
        }
    }

    /// A letter more; the best match is chosen.
    pub fn type_in(&mut self, c: char) {
        if !c.is_control() && self.query.chars().count() < QUERY_MOST {
            self.query.push(c);
            self.cursor = 0;
        }
    }

    /// A letter less.
    pub fn erase(&mut self) {
        self.query.pop();
        self.cursor = 0;
    }

    /// Another entry, up for a negative step.
    pub fn select(&mut self, step: i8) {
        let last = best(&self.entries, &self.query).len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(step.into()).min(last);
    }

    /// The entry under the cursor.
    pub fn chosen(&self) -> Option<&Entry> {
        best(&self.entries, &self.query).get(self.cursor).copied()
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) -> DialogRoom {
        let found = best(&self.entries, &self.query);
        let wanted = Size::new(WIDTH.min(area.width), ROWS + 4);
        let (frame, room) = opened(area, buf, theme, "What shall be done?", wanted);
        let (line, rows) = pen::cut_top(room, 2);
        let rest = pen::left(buf, line, "› ", theme.accent);
        let rest = pen::left(buf, pen::row(rest, 0), &format!("{}▏", self.query), theme.strong);
        let count = format!("{} of {}", found.len(), self.entries.len());
        pen::right(buf, rest, &count, theme.muted);
        if found.is_empty() {
            let words = "nothing is called that; Backspace takes a letter back";
            pen::left(buf, pen::row(rows, 0), words, theme.muted);
        }
        let height = usize::from(rows.height);
        let first = (self.cursor + 1).saturating_sub(height);
        for (n, entry) in found.iter().skip(first).take(height).enumerate() {
            self.entry(pen::row(rows, n as u16), buf, theme, (entry, first + n));
        }
        DialogRoom { frame, scroll_end: 0 }
    }

    fn entry(&self, row: Rect, buf: &mut Buffer, theme: &Theme, (entry, place): (&Entry, usize)) {
        let chosen = place == self.cursor;
        if chosen && theme.has_colour() {
            buf.set_style(row.intersection(buf.area), theme.selected);
        }
        let (cursor, style) = if chosen {
            ("▸ ", theme.accent)
        } else {
            ("  ", theme.text)
        };
        let rest = pen::left(buf, row, cursor, theme.accent);
        let rest = pen::right(buf, rest, &format!(" {}", entry.keys), theme.accent);
        let rest = pen::label(buf, rest, 34, &entry.name, style);
        pen::left(buf, rest, &entry.about, theme.muted);
    }
}

#[cfg(test)]
mod tests;
