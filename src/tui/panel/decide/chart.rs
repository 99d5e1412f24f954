//! The flowchart: the way taken, the question to be answered, and where it can end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::decide::leaf::Leaf;
use crate::decide::question::{Answer, Next, Question};
use crate::patterns::row as pattern_row;
use crate::tui::deciding::Deciding;
use crate::tui::overlay::prose::wrapped;
use crate::tui::theme::Theme;
use crate::tui::view::{Hit, Regions};
use crate::tui::widget::pen;

/// Rows of the whole flowchart.
pub const ROWS: u16 = 21;
/// Rows of the list of leaves, its heading included.
const ENDS_ROWS: u16 = 9;
/// Columns of a leaf's name.
const LEAF: u16 = 26;
/// Columns of a pattern's short name, which has sixteen letters at most.
const SHORT: u16 = 18;
const NOT_NATIVE: &str = "not native";

/// Draws the whole flowchart, the way taken in it.
pub fn whole(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) {
    let questions = all();
    let spread = u16::from(area.height >= ROWS + questions.len() as u16 - 1);
    let mut below = area;
    for (place, question) in questions.iter().enumerate() {
        let (line, rest) = pen::cut_top(below, 1);
        let style = question_style(question, theme, deciding);
        pen::left(buf, line, question.text, style);
        let next = questions.get(place + 1).copied();
        below = answers(rest, buf, theme, (question, next), deciding, regions);
        below = pen::cut_top(below, spread).1;
    }
}

/// Draws the answers given, a line each, and the question to be answered with its answers. Returns
/// what is below.
pub fn way(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) -> Rect {
    let mut below = area;
    for step in deciding.flow.taken() {
        let (line, rest) = pen::cut_top(below, 1);
        let room = pen::cut_right(line, pen::width(step.answer.text).min(32) + 2).0;
        let asked = pen::left(buf, room, step.question.text, theme.muted);
        let place = Rect {
            width: line.right() - asked.x,
            ..asked
        };
        pen::left(buf, pen::gap(place, 2), step.answer.text, theme.text);
        below = rest;
    }
    let Some(question) = deciding.question() else {
        return below;
    };
    below = pen::cut_top(below, u16::from(!deciding.flow.taken().is_empty())).1;
    let (line, rest) = pen::cut_top(below, 1);
    pen::left(buf, line, question.text, theme.strong);
    below = rest;
    let hinted = hint(pen::gap(below, 2), buf, theme, deciding);
    below = pen::cut_bottom(below, hinted.height).1;
    answers(below, buf, theme, (question, None), deciding, regions)
}

/// Draws what to think of when the present question is answered. Returns what is below.
pub fn hint(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding) -> Rect {
    let mut below = area;
    let words = deciding.question().map_or("", |question| question.hint);
    for text in wrapped(words, usize::from(area.width), 0) {
        let (line, rest) = pen::cut_top(below, 1);
        pen::left(buf, line, &text, theme.muted);
        below = rest;
    }
    below
}

/// Draws the answers given, on a line or two. Returns what is below.
pub fn crumbs(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding) -> Rect {
    let given: Vec<String> = deciding
        .flow
        .taken()
        .iter()
        .map(|step| format!("{} {}", step.question.key, step.answer.key))
        .collect();
    let mut below = area;
    for text in wrapped(&given.join(" › "), usize::from(area.width), 0) {
        let (line, rest) = pen::cut_top(below, 1);
        pen::left(buf, line, &text, theme.muted);
        below = rest;
    }
    below
}

/// Draws the leaves that can still be reached; with room enough the others too.
pub fn ends(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding) {
    let reachable = Deciding::reachable(deciding.flow.at());
    let question = deciding.question();
    let chosen = question.and_then(|question| question.answers.get(deciding.choice));
    let then = chosen.map_or_else(Vec::new, |answer| Deciding::reachable(answer.next));
    let heading = pen::left(buf, pen::row(area, 0), "where it can end", theme.strong);
    pen::left(buf, heading, "   ▸ by this answer", theme.muted);
    let shown = Leaf::ALL
        .into_iter()
        .filter(|leaf| area.height >= ENDS_ROWS || reachable.contains(leaf));
    for (leaf, n) in shown.zip(1..) {
        let (glyph, style) = if then.contains(&leaf) {
            ("▸", theme.text)
        } else if reachable.contains(&leaf) {
            ("·", theme.muted)
        } else {
            (" ", theme.faint)
        };
        let line = pen::label(buf, pen::row(area, n), 2, glyph, theme.accent);
        let rest = pen::label(buf, line, LEAF, leaf.title(), style);
        let rest = pen::label(buf, rest, SHORT, pattern_short(leaf), style);
        if !leaf.is_native() && rest.width >= pen::width(NOT_NATIVE) {
            pen::left(buf, rest, NOT_NATIVE, theme.faint);
        }
    }
}

/// A leaf's pattern by its name.
pub fn pattern_title(leaf: Leaf) -> &'static str {
    pattern_row(leaf.pattern()).map_or(leaf.pattern(), |row| row.title)
}

fn pattern_short(leaf: Leaf) -> &'static str {
    pattern_row(leaf.pattern()).map_or(leaf.pattern(), |row| row.short)
}

/// Draws a question's answers; `after` is the question drawn below them. Returns what is below.
fn answers(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (question, after): (&'static Question, Option<&'static Question>),
    deciding: &Deciding,
    regions: &mut Regions,
) -> Rect {
    let asked = deciding.question() == Some(question);
    let taken = deciding
        .flow
        .taken()
        .iter()
        .find(|step| step.question == question);
    let mut below = area;
    for (place, answer) in question.answers.iter().enumerate() {
        let (line, rest) = pen::cut_top(below, 1);
        let under_cursor = asked && place == deciding.choice;
        let (glyph, style) = match taken {
            _ if under_cursor => ("▸", theme.strong),
            _ if asked => (" ", theme.text),
            Some(step) if step.answer == answer => ("✓", theme.text),
            Some(_) => (" ", theme.faint),
            None => (" ", ahead(Next::Ask(question), theme, deciding)),
        };
        let row = pen::label(buf, pen::gap(line, 2), 2, glyph, theme.accent);
        let row = pen::left(buf, row, answer.text, style);
        let leads = leads_to(answer, after);
        let quiet = if asked { theme.muted } else { style };
        pen::left(buf, pen::gap(row, 1), &leads, quiet);
        if under_cursor {
            buf.set_style(line.intersection(buf.area), theme.selected);
        }
        if asked {
            regions.add(line, Hit::Choice(place));
        }
        below = rest;
    }
    below
}

/// Where an answer leads, in words; the question drawn next needs none.
fn leads_to(answer: &Answer, after: Option<&'static Question>) -> String {
    match answer.next {
        Next::Arrive(leaf) => format!("→ {}: {}", leaf.title(), pattern_short(leaf)),
        Next::Ask(next) if after == Some(next) => "↓".to_owned(),
        Next::Ask(next) => format!("→ {}", next.text),
    }
}

fn question_style(question: &'static Question, theme: &Theme, deciding: &Deciding) -> Style {
    if deciding.question() == Some(question) {
        theme.strong
    } else if deciding.flow.taken().iter().any(|step| step.question == question) {
        theme.text
    } else {
        ahead(Next::Ask(question), theme, deciding)
    }
}

/// What may still be asked is muted, what will not be is faint.
fn ahead(step: Next, theme: &Theme, deciding: &Deciding) -> Style {
    let reachable = Deciding::reachable(deciding.flow.at());
    let leaves = Deciding::reachable(step);
    if reachable.len() > leaves.len() && leaves.iter().all(|leaf| reachable.contains(leaf)) {
        theme.muted
    } else {
        theme.faint
    }
}

/// Every question, in the order of the picture in the docs.
fn all() -> Vec<&'static Question> {
    fn visit(question: &'static Question, found: &mut Vec<&'static Question>) {
        found.push(question);
        for answer in question.answers {
            if let Next::Ask(next) = answer.next {
                visit(next, found);
            }
        }
    }
    let mut found = Vec::new();
    visit(Question::FIRST, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_those_of_the_flowchart() {
        let rows: usize = all().iter().map(|question| 1 + question.answers.len()).sum();
        assert_eq!(rows, usize::from(ROWS));
        assert_eq!(Leaf::ALL.len() + 1, usize::from(ENDS_ROWS));
    }
}
