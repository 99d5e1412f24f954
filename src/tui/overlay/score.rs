//! The scorecard with all its marks, at every size of the screen: marks down, ways of calling across,
//! a part for each pattern.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use super::prose::cut;
use super::{DialogRoom, opened};
use crate::measure::Snapshot;
use crate::measure::snapshot::{MarkerKind, Score, Scorecard};
use crate::patterns::row as pattern_row;
use crate::tui::theme::{Theme, marker_glyph};
use crate::tui::widget::scorecard::MARKS;

/// Columns of a mark's name, and of a way of calling.
const NAME: usize = 12;
const WAY: usize = 16;
const WIDTH: u16 = 124;

/// What each mark means, in the order of the marks.
const MEANS: [&str; 12] = [
    "until the first failure",
    "from there to the first call elsewhere",
    "until shots succeeded again, lastingly",
    "from the fault's end to the preferred route",
    "routes changed again + breakers opened again",
    "shots lost of those intended since it began",
    "shots billed or served more than once",
    "tokens paid for and thrown away",
    "cost beyond the answers that counted",
    "calls on the wire for each shot",
    "the SDK's retries × the chain's hops",
    "tokens read from the cache, before → since",
];

/// The scorecard of the newest fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScoreSheet {
    offset: u16,
}

impl ScoreSheet {
    /// Scrolls by lines, up for a negative step; `end` is what the last drawing said.
    pub fn scroll(&mut self, step: i8, end: u16) {
        self.offset = self.offset.saturating_add_signed(i16::from(step)).min(end);
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, snapshot: &Snapshot, theme: &Theme) -> DialogRoom {
        let width = area.width.min(WIDTH);
        let lines = lines(snapshot, usize::from(width.saturating_sub(4)), theme);
        let wanted = Size::new(width, (lines.len() as u16 + 2).min(area.height));
        let (frame, room) = opened(area, buf, theme, "Scorecard of the newest fault", wanted);
        let scroll_end = (lines.len() as u16).saturating_sub(room.height);
        let offset = self.offset.min(scroll_end);
        Paragraph::new(lines).scroll((offset, 0)).render(room, buf);
        if offset < scroll_end && frame.width > 16 {
            let y = frame.bottom().saturating_sub(1);
            buf.set_string(frame.right() - 12, y, " ↓ more ", theme.accent);
        }
        DialogRoom { frame, scroll_end }
    }
}

fn lines(snapshot: &Snapshot, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(card) = &snapshot.scorecard else {
        let words = "Nothing has been broken yet: o, O or f break something, and this says how each way came through.";
        return super::prose::wrapped(words, width, 0)
            .into_iter()
            .map(|line| Line::styled(line, theme.text))
            .collect();
    };
    let mut lines = vec![head(card, snapshot, theme)];
    for pattern in &snapshot.patterns {
        let title = pattern_row(pattern.key.as_str()).map_or(pattern.key.as_str(), |row| row.title);
        let ways = pattern.arms.len().max(1);
        let across = (width.saturating_sub(NAME) / WAY).clamp(1, ways);
        for arms in pattern.arms.chunks(across) {
            lines.push(Line::default());
            let mut names = vec![Span::styled(format!("{:<NAME$}", ""), theme.muted)];
            names.extend(
                arms.iter().map(|arm| {
                    Span::styled(format!("{:>WAY$}", cut(arm.key.as_str(), WAY - 2)), theme.strong)
                }),
            );
            lines.push(Line::styled(title.to_owned(), theme.pattern_title(&pattern.key)));
            lines.push(Line::from(names));
            let scores: Vec<Option<&Score>> = arms
                .iter()
                .map(|arm| card.rows.iter().find(|score| score.arm == arm.id))
                .collect();
            lines.extend(MARKS.iter().zip(MEANS).map(|(mark, means)| {
                let mut spans = vec![Span::styled(format!("{:<NAME$}", mark.head), theme.muted)];
                for score in &scores {
                    let (text, style) = score.map_or_else(
                        || ("-".to_owned(), theme.muted),
                        |score| (mark.cell)(score, theme),
                    );
                    spans.push(Span::styled(format!("{text:>WAY$}"), style));
                }
                let left = width.saturating_sub(NAME + WAY * arms.len() + 3);
                if left >= 24 {
                    spans.push(Span::styled(format!("   {}", cut(means, left)), theme.muted));
                }
                Line::from(spans)
            }));
        }
    }
    lines
}

fn head(card: &Arc<Scorecard>, snapshot: &Snapshot, theme: &Theme) -> Line<'static> {
    let kind = if card.active {
        MarkerKind::FaultBegan
    } else {
        MarkerKind::FaultEnded
    };
    let style = theme.marker(kind);
    let since = snapshot.at.since(card.began_at).as_secs();
    let state = if card.active { "in force" } else { "over" };
    Line::from(vec![
        Span::styled(format!("{} {}", marker_glyph(kind), card.label), style),
        Span::styled(format!("   began {since}s ago, {state}"), theme.muted),
    ])
}
