//! The verdict with all it is made of: reasons, expectations, comparisons, caveats.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use super::prose::wrapped;
use super::{DialogRoom, opened};
use crate::drill::Verdict;
use crate::drill::expectation::Judged;
use crate::measure::Snapshot;
use crate::tui::theme::Theme;
use crate::tui::widget::verdict::{outcome_state, state_of, word};

/// Lines longer than this are hard to read.
const MOST_COLUMNS: u16 = 124;
/// Columns of glyph and word before an expectation.
const STANDING: usize = 10;

/// The verdict, or how it stands so far.
#[derive(Clone, Debug)]
pub struct VerdictSheet {
    verdict: Arc<Verdict>,
    offset: u16,
}

impl VerdictSheet {
    /// The sheet of a verdict, from its top.
    pub const fn new(verdict: Arc<Verdict>) -> Self {
        Self { verdict, offset: 0 }
    }

    /// The same place of the sheet, with newer figures.
    pub fn bring_up_to_date(&mut self, verdict: Arc<Verdict>) {
        self.verdict = verdict;
    }

    /// Scrolls by lines, up for a negative step; `end` is what the last drawing said.
    pub fn scroll(&mut self, step: i8, end: u16) {
        self.offset = self.offset.saturating_add_signed(i16::from(step)).min(end);
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, snapshot: &Snapshot, theme: &Theme) -> DialogRoom {
        let width = area.width.min(MOST_COLUMNS);
        let lines = self.lines(usize::from(width.saturating_sub(4)), snapshot.finished, theme);
        let wanted = Size::new(width, (lines.len() as u16 + 2).min(area.height));
        let title = if snapshot.finished {
            "Verdict"
        } else {
            "Verdict, so far"
        };
        let (frame, room) = opened(area, buf, theme, title, wanted);
        let scroll_end = (lines.len() as u16).saturating_sub(room.height);
        let offset = self.offset.min(scroll_end);
        Paragraph::new(lines).scroll((offset, 0)).render(room, buf);
        if offset < scroll_end && frame.width > 16 {
            let y = frame.bottom().saturating_sub(1);
            buf.set_string(frame.right() - 12, y, " ↓ more ", theme.accent);
        }
        DialogRoom { frame, scroll_end }
    }

    fn lines(&self, width: usize, finished: bool, theme: &Theme) -> Vec<Line<'static>> {
        let verdict = &self.verdict;
        let mut lines = Vec::new();
        if finished {
            let state = outcome_state(verdict.outcome);
            let words = format!("{} {}", state.glyph(), verdict.outcome.word());
            lines.push(Line::styled(words, theme.state(state)));
            lines.extend(sentences(&verdict.reasons, width, theme));
        } else {
            let words = "The run goes on: this is how it stands, and not yet a verdict.";
            lines.extend(
                wrapped(words, width, 0)
                    .into_iter()
                    .map(|line| Line::styled(line, theme.muted)),
            );
        }
        section(
            &mut lines,
            "Expected",
            judged(&verdict.expectations, width, theme),
            theme,
        );
        let steady = judged(&verdict.steady, width, theme);
        section(
            &mut lines,
            "The steady state, before anything is broken",
            steady,
            theme,
        );
        let compared: Vec<String> = verdict
            .comparisons
            .iter()
            .map(|compared| compared.sentence.clone())
            .collect();
        let compared = sentences(&compared, width, theme);
        section(&mut lines, "Compared, shot against shot", compared, theme);
        section(
            &mut lines,
            "To be known",
            sentences(&verdict.caveats, width, theme),
            theme,
        );
        lines
    }
}

fn section(lines: &mut Vec<Line<'static>>, title: &'static str, of: Vec<Line<'static>>, theme: &Theme) {
    if !of.is_empty() {
        lines.extend([Line::default(), Line::styled(title, theme.strong)]);
        lines.extend(of);
    }
}

fn sentences(all: &[String], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let wrapped = all
        .iter()
        .flat_map(|sentence| wrapped(&format!("· {sentence}"), width, 2));
    wrapped.map(|line| Line::styled(line, theme.text)).collect()
}

/// Each expectation in two lines: what was expected, what was found.
fn judged(all: &[Judged], width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let room = width.saturating_sub(STANDING);
    for judged in all {
        let state = state_of(judged);
        let style = theme.state(state);
        let mut words = format!("{} {}", state.glyph(), word(state, judged));
        for line in wrapped(&judged.expected(), room, 2) {
            lines.push(Line::from(vec![
                Span::styled(format!("{words:<STANDING$}"), style),
                Span::styled(line, theme.text),
            ]));
            words.clear();
        }
        let remark = judged.remark.as_ref();
        let remark = remark.map_or_else(String::new, |remark| format!("; {remark}"));
        let found = format!("{}{remark}", judged.found());
        let found = wrapped(&found, room.saturating_sub(2), 0);
        lines.extend(found.into_iter().map(|line| {
            let indented = format!("{:indent$}{line}", "", indent = STANDING + 2);
            Line::styled(indented, style)
        }));
    }
    lines
}
