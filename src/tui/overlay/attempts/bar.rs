//! Attempts as bars on the axis from a request's intended time to its end.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::clock::Moment;
use crate::event::{Attempt, ShotRecord};
use crate::tui::format::{DURATION_WIDTH, duration};
use crate::tui::overlay::prose::cut;
use crate::tui::theme::{State, Theme};

/// Columns of the route, and of the end beside the bar.
const ROUTE: usize = 18;
const END: usize = 11;
/// Cursor, number, route, wait, took, with the gaps between them.
const BEFORE_BAR: usize = 2 + 4 + ROUTE + 1 + DURATION_WIDTH + 1 + DURATION_WIDTH + 1;

/// The time axis of one request.
pub(super) struct Axis {
    from: Moment,
    spans: Duration,
    columns: usize,
}

impl Axis {
    /// The axis that fits into lines of `width` columns.
    pub(super) fn of(record: &ShotRecord, width: usize) -> Self {
        let last = record.attempts.iter().map(|attempt| attempt.ended_at).max();
        let until = record.ended_at.max(last.unwrap_or_default());
        Self {
            from: record.intended_at,
            spans: until.since(record.intended_at),
            columns: width.saturating_sub(BEFORE_BAR + 1 + END),
        }
    }

    /// The heading, with the axis' ends.
    pub(super) fn head(&self, theme: &Theme) -> Line<'static> {
        let end = duration(self.spans);
        let gap = self.columns.saturating_sub(1 + end.chars().count());
        Line::styled(
            format!(
                "  {:<4}{:<ROUTE$} {:>DURATION_WIDTH$} {:>DURATION_WIDTH$} 0{}{end} end",
                "try",
                "route",
                "waited",
                "took",
                " ".repeat(gap)
            ),
            theme.muted,
        )
    }

    /// An attempt: `▸ 2.1 us-east-2   120ms  412ms      ···━━━───  served`.
    pub(super) fn row(&self, attempt: &Attempt, selected: bool, theme: &Theme) -> Line<'static> {
        let (style, end) = match attempt.failure() {
            None => (theme.state(State::Good), "served"),
            Some(failure) => (theme.severity(failure.kind.row().severity), failure.kind.label()),
        };
        let number = format!("{}.{}", u16::from(attempt.hop) + 1, attempt.number);
        let took = attempt.ended_at.since(attempt.sent_at);
        let facts = format!(
            "{} {number:<4}{:<ROUTE$} {:>DURATION_WIDTH$} {:>DURATION_WIDTH$} ",
            if selected { '▸' } else { ' ' },
            cut(&attempt.route.label, ROUTE),
            duration(attempt.backoff),
            duration(took)
        );
        let text = if selected { theme.strong } else { theme.text };
        let mut spans = vec![Span::styled(facts, text)];
        spans.extend(self.bar(attempt, style, theme));
        spans.push(Span::styled(format!(" {end}"), style));
        Line::from(spans)
    }

    /// Dots while it backed off, heavy until the first token, light while tokens streamed.
    fn bar(&self, attempt: &Attempt, style: Style, theme: &Theme) -> Vec<Span<'static>> {
        let sent = self.column(attempt.sent_at);
        let waited = self.column(attempt.sent_at - attempt.backoff).min(sent);
        // An attempt is never so short that it cannot be seen.
        let ended = self.column(attempt.ended_at).max(sent + 1).min(self.columns);
        let sent = sent.min(ended.saturating_sub(1));
        let first = attempt.first_token_at.map_or(ended, |at| self.column(at));
        let first = first.clamp(sent, ended);
        vec![
            Span::raw(" ".repeat(waited)),
            Span::styled("·".repeat(sent.saturating_sub(waited)), theme.muted),
            Span::styled("━".repeat(first - sent), style),
            Span::styled("─".repeat(ended - first), style),
            Span::raw(" ".repeat(self.columns - ended)),
        ]
    }

    fn column(&self, at: Moment) -> usize {
        if self.spans.is_zero() {
            return 0;
        }
        let part = at.since(self.from).as_secs_f64() / self.spans.as_secs_f64();
        ((part * self.columns as f64) as usize).min(self.columns)
    }
}
