//! One request, opened up: every wire call it made, on one time axis.

mod bar;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use self::bar::Axis;
use super::prose::{cut, wrapped};
use super::{DialogRoom, opened};
use crate::event::{Attempt, AttemptEnd, ShotEnd, ShotRecord};
use crate::measure::Snapshot;
use crate::patterns;
use crate::tui::format::{count, duration, log_time, money};
use crate::tui::theme::{State, Theme};

const MOST_COLUMNS: u16 = 120;
/// Lines above the attempts and, with the words of the one under the cursor, below them.
const ABOVE: u16 = 5;
const BELOW: u16 = 4;

/// A request's attempts.
#[derive(Clone, Debug)]
pub struct Attempts {
    line: u64,
    record: Arc<ShotRecord>,
    selected: usize,
}

impl Attempts {
    /// The attempts of the request behind a line of the log.
    pub fn new(line: u64, record: Arc<ShotRecord>) -> Self {
        // The last attempt decided how it ended.
        let selected = record.attempts.len().saturating_sub(1);
        Self {
            line,
            record,
            selected,
        }
    }

    /// The line of the log it was opened from.
    pub fn log_line(&self) -> u64 {
        self.line
    }

    /// Moves to another attempt, up for a negative step; stops at the ends.
    pub fn select(&mut self, step: i8) {
        let last = self.record.attempts.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(isize::from(step)).min(last);
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, snapshot: &Snapshot, theme: &Theme) -> DialogRoom {
        let width = area.width.min(MOST_COLUMNS);
        let height = self.record.attempts.len().max(1) as u16 + ABOVE + BELOW + 2;
        let wanted = Size::new(width, height.min(area.height));
        let (frame, room) = opened(area, buf, theme, &self.title(snapshot), wanted);
        let mut lines = self.summary(theme);
        let rows = usize::from(room.height.saturating_sub(ABOVE + BELOW));
        lines.extend(self.table(rows, usize::from(room.width), theme));
        lines.push(Line::default());
        lines.extend(self.words(usize::from(room.width), theme));
        for (line, y) in lines.into_iter().zip(room.y..room.bottom()) {
            line.render(Rect { y, height: 1, ..room }, buf);
        }
        DialogRoom { frame, scroll_end: 0 }
    }

    /// `Manual fallback · other regions · shot 1234`.
    fn title(&self, snapshot: &Snapshot) -> String {
        let id = self.record.id;
        let way = snapshot.patterns.iter().find_map(|pattern| {
            let arm = pattern.arms.iter().find(|arm| arm.id == id.arm)?;
            let name = patterns::row(pattern.key.as_str()).map_or(pattern.key.as_str(), |row| row.title);
            Some(format!("{name} · {} · ", arm.key))
        });
        format!("{}shot {}", way.unwrap_or_default(), id.index)
    }

    /// How it ended, where its time went, what it used.
    fn summary(&self, theme: &Theme) -> Vec<Line<'static>> {
        let record = &self.record;
        let (state, end) = match &record.end {
            ShotEnd::Succeeded => (State::Good, "answered".to_owned()),
            ShotEnd::Failed(kind) => (State::Broken, format!("failed: {kind}")),
            ShotEnd::Shed => (State::Strained, "shed: cap and queue were full".to_owned()),
        };
        let split = record.split();
        let first_token = record.time_to_first_token().map_or_else(String::new, |first| {
            format!("   first token {} after the send", duration(first))
        });
        vec![
            Line::from(vec![
                Span::styled(format!("{} {end}", state.glyph()), theme.state(state)),
                Span::styled(
                    format!(
                        "   {} from the intended time, {} from the send",
                        duration(record.latency_from_intended()),
                        duration(record.latency_from_send())
                    ),
                    theme.text,
                ),
            ]),
            Line::styled(
                format!(
                    "intended at {}   schedule lag {}   queue {}{first_token}",
                    log_time(record.intended_at),
                    duration(split.lag),
                    duration(split.queue)
                ),
                theme.muted,
            ),
            Line::styled(
                format!(
                    "{} tokens in, {} out   {} for all attempts",
                    count(record.usage.prompt()),
                    count(record.usage.output),
                    money(record.cost)
                ),
                theme.muted,
            ),
            Line::styled("· waited   ━ until the first token   ─ streaming", theme.faint),
        ]
    }

    /// The attempts with their bars; the one under the cursor is always among them.
    fn table(&self, rows: usize, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let attempts = &self.record.attempts;
        if attempts.is_empty() {
            let why = match self.record.end {
                ShotEnd::Shed => "nothing was sent",
                _ => "nothing was sent: every route was refused before a call was made",
            };
            return vec![Line::default(), Line::styled(why, theme.text)];
        }
        let axis = Axis::of(&self.record, width);
        let mut lines = vec![axis.head(theme)];
        let rows = rows.max(1);
        let first = (self.selected + 1).saturating_sub(rows);
        for (place, attempt) in attempts.iter().enumerate().skip(first).take(rows) {
            lines.push(axis.row(attempt, place == self.selected, theme));
        }
        lines
    }

    /// What the attempt under the cursor was told, in the service's own words.
    fn words(&self, width: usize, theme: &Theme) -> Vec<Line<'static>> {
        let Some(attempt) = self.record.attempts.get(self.selected) else {
            return Vec::new();
        };
        let mut lines = vec![Line::styled(cut(&called(attempt), width), theme.muted)];
        let told = match &attempt.end {
            AttemptEnd::Served => "a whole answer".to_owned(),
            AttemptEnd::Failed(failure) => {
                let status = failure
                    .status
                    .map_or_else(String::new, |status| format!("{status} "));
                let code = failure
                    .code
                    .as_ref()
                    .map_or_else(String::new, |code| format!("{code}: "));
                format!("{status}{code}{}", failure.message)
            }
        };
        let told = wrapped(&told, width, 2).into_iter().take(2);
        lines.extend(told.map(|line| Line::styled(line, theme.text)));
        lines
    }
}

/// `called us.amazon.nova-micro-v1:0 at us-east-1, served in us-east-2`.
fn called(attempt: &Attempt) -> String {
    let route = &attempt.route;
    let mut text = format!("called {} at {}", route.target, route.region);
    if let Some(region) = &attempt.served_in {
        text.push_str(", served in ");
        text.push_str(region.as_str());
    }
    if attempt.injected {
        text.push_str("; the failure was injected at the client");
    }
    text
}
