//! Help for a page: what is to be seen, what to try, what it would cost on AWS, and the keys.

mod cost;
mod lesson;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use self::lesson::Lesson;
pub use self::lesson::Subject;
use super::prose::wrapped;
use super::{DialogRoom, opened};
use crate::measure::Snapshot;
use crate::tui::action::{Group, Mode, Row};
use crate::tui::keymap;
use crate::tui::theme::Theme;
use crate::tui::viewing::Page;

/// From this width on the keys stand beside the text.
const TWO_COLUMNS: u16 = 108;
/// Lines longer than this are hard to read.
const MOST_COLUMNS: u16 = 132;
/// The column of the keys' explanations.
const KEY_COLUMN: usize = 11;

/// The help of a page.
#[derive(Clone, Debug)]
pub struct Help {
    subject: Subject,
    replay: bool,
    offset: u16,
}

impl Help {
    /// Help for a page, from its top.
    pub fn new(page: Page) -> Self {
        Self::of(Subject::Page(page))
    }

    /// Help for a page or a dialog, from its top.
    pub fn of(subject: Subject) -> Self {
        Self {
            subject,
            replay: false,
            offset: 0,
        }
    }

    /// The same with the keys of a replay.
    #[must_use]
    pub fn of_replay(self, replay: bool) -> Self {
        Self { replay, ..self }
    }

    /// Scrolls by lines, up for a negative step; `end` is what the last drawing said.
    pub fn scroll(&mut self, step: i8, end: u16) {
        self.offset = self.offset.saturating_add_signed(i16::from(step)).min(end);
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, snapshot: &Snapshot, theme: &Theme) -> DialogRoom {
        let lesson = lesson::of(self.subject, self.replay, snapshot);
        let width = area.width.min(MOST_COLUMNS);
        let inner = usize::from(width.saturating_sub(4));
        let (left, right) = if area.width >= TWO_COLUMNS {
            let half = (inner - 3) / 2;
            (text(&lesson, half, theme), self.keys(half, theme))
        } else {
            let mut all = text(&lesson, inner, theme);
            all.push(Line::default());
            all.extend(self.keys(inner, theme));
            (all, Vec::new())
        };
        let lines = left.len().max(right.len()) as u16;
        let wanted = Size::new(width, (lines + 2).min(area.height));
        let (frame, room) = opened(area, buf, theme, &lesson.title, wanted);
        let scroll_end = lines.saturating_sub(room.height);
        let offset = self.offset.min(scroll_end);
        let half = if right.is_empty() {
            room.width
        } else {
            (room.width - 3) / 2
        };
        column(left, offset, Rect { width: half, ..room }, buf);
        if !right.is_empty() {
            let beside = Rect {
                x: room.x + half + 3,
                width: half,
                ..room
            };
            column(right, offset, beside, buf);
        }
        if offset < scroll_end && frame.width > 16 {
            let y = frame.bottom().saturating_sub(1);
            buf.set_string(frame.right() - 12, y, " ↓ more ", theme.accent);
        }
        DialogRoom { frame, scroll_end }
    }

    /// The keys that hold on the page, by section.
    fn keys(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let (page, dialog) = match self.subject {
            Subject::Page(page) => (page, None),
            Subject::Dialog(kind) => (Page::Overview, Some(kind)),
        };
        let mode = Mode {
            page,
            dialog,
            // The keys of a frozen view are worth knowing before it is frozen.
            frozen: true,
            cursor: false,
            typing: false,
            replay: self.replay,
            tour: false,
        };
        let mut lines: Vec<Line<'static>> = Vec::new();
        for group in Group::ALL {
            let rows: Vec<&Row> = keymap::rows(mode).filter(|row| row.group == group).collect();
            if rows.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(group.title(), theme.strong));
            for row in rows {
                lines.extend(key_lines(row, width, theme.accent, theme.text));
            }
        }
        lines
    }
}

fn text(lesson: &Lesson, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut section = |title: &'static str, sentences: &[String]| {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(title, theme.strong));
        for sentence in sentences {
            lines.extend(
                wrapped(&format!("· {sentence}"), width, 2)
                    .into_iter()
                    .map(|line| Line::styled(line, theme.text)),
            );
        }
    };
    section("What you see", &lesson.see);
    section("What to try", &lesson.attempt);
    section("What it would cost on AWS", &lesson.cost);
    if !lesson.assumptions.is_empty() {
        section("Assumed", &lesson.assumptions);
    }
    lines
}

fn key_lines(row: &Row, width: usize, key: Style, text: Style) -> Vec<Line<'static>> {
    let explained = wrapped(row.help, width.saturating_sub(KEY_COLUMN).max(8), 0);
    let mut keys = row.keys();
    let mut lines = Vec::new();
    for line in explained {
        lines.push(Line::from(vec![
            Span::styled(format!("{keys:<KEY_COLUMN$}"), key),
            Span::styled(line, text),
        ]));
        keys.clear();
    }
    lines
}

fn column(lines: Vec<Line<'static>>, offset: u16, area: Rect, buf: &mut Buffer) {
    Paragraph::new(lines).scroll((offset, 0)).render(area, buf);
}
