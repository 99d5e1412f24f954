//! What is expected and how it stands; at the end the verdict. A glyph and a word beside every colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen;
use crate::drill::expectation::{Judged, Standing};
use crate::drill::{Outcome, Verdict};
use crate::tui::theme::{State, Theme};

/// Columns of glyph and word before an expectation.
const STANDING: u16 = 10;
/// Columns that are kept for what was found: the figure and its number of samples.
const LEAST_FOUND: u16 = 24;
/// Most expectations that are drawn below the summary.
const MOST: usize = 5;

/// Rows that the block wants on a page of this height.
pub fn rows(verdict: &Verdict, height: u16) -> u16 {
    // A small page keeps its rows for the patterns.
    let most = if height < 22 { 0 } else { MOST };
    1 + verdict.expectations.len().min(most) as u16
}

/// The state that an expectation's standing is drawn as.
pub fn state_of(judged: &Judged) -> State {
    match judged.standing {
        Standing::Held => State::Good,
        Standing::Broken => State::Broken,
        Standing::Unsure if judged.figure.samples == 0 => State::Idle,
        Standing::Unsure => State::Strained,
    }
}

/// The state that a verdict is drawn as.
pub const fn outcome_state(outcome: Outcome) -> State {
    match outcome {
        Outcome::Pass => State::Good,
        Outcome::Inconclusive => State::Strained,
        Outcome::Fail | Outcome::Stopped => State::Broken,
    }
}

/// How an expectation stands, in a word.
pub const fn word(state: State, judged: &Judged) -> &'static str {
    match state {
        State::Idle => "to come",
        _ => judged.standing.word(),
    }
}

/// Draws the summary, and below it as many expectations as there are rows.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, verdict: &Verdict, finished: bool) {
    let (top, below) = pen::cut_top(area, 1);
    if finished {
        outcome(top, buf, theme, verdict);
    } else {
        so_far(top, buf, theme, verdict);
    }
    let shown = chosen(verdict, below.height.into());
    let widest = shown.iter().map(|judged| pen::width(&judged.expected())).max();
    // A bound that cannot be read says nothing; of what was found the figure stands first.
    let most = below.width.saturating_sub(STANDING + LEAST_FOUND);
    let column = widest.unwrap_or(0).min(most);
    for (n, judged) in shown.into_iter().enumerate() {
        expectation(pen::row(below, n as u16), buf, theme, (judged, column));
    }
}

/// Those of the file that fit, in its order; if not all do, the broken ones for certain.
fn chosen(verdict: &Verdict, rows: usize) -> Vec<&Judged> {
    let all = &verdict.expectations;
    if all.len() <= rows {
        return all.iter().collect();
    }
    let (broken, other): (Vec<_>, Vec<_>) =
        all.iter().partition(|judged| judged.standing == Standing::Broken);
    broken.into_iter().chain(other).take(rows).collect()
}

/// The word of the verdict and the first of its reasons.
fn outcome(row: Rect, buf: &mut Buffer, theme: &Theme, verdict: &Verdict) {
    let state = outcome_state(verdict.outcome);
    let style = theme.state(state);
    let rest = pen::right(buf, row, "v all of it", theme.muted);
    let rest = pen::cut_right(rest, 2).0;
    let rest = pen::left(buf, rest, "verdict ", theme.strong);
    let rest = pen::left(buf, rest, &format!("{} ", state.glyph()), style);
    let rest = pen::left(buf, rest, verdict.outcome.word(), style);
    let others = verdict.reasons.len().saturating_sub(1);
    let more = if others > 0 {
        format!(" (+{others})")
    } else {
        String::new()
    };
    if let Some(reason) = verdict.reasons.first() {
        let (rest, place) = pen::cut_right(pen::gap(rest, 2), pen::width(&more));
        let after = pen::left(buf, rest, reason, theme.text);
        let place = Rect {
            x: place.x - after.width,
            ..place
        };
        pen::left(buf, place, &more, theme.muted);
    }
}

/// How many stand how.
fn so_far(row: Rect, buf: &mut Buffer, theme: &Theme, verdict: &Verdict) {
    let is_narrow = row.width < 100;
    let (note, gap) = if is_narrow {
        ("v all", 2)
    } else {
        ("v all of it", 3)
    };
    let rest = pen::right(buf, row, note, theme.muted);
    let mut rest = pen::left(buf, rest, "expected, so far", theme.strong);
    let count = |state| {
        let all = verdict.expectations.iter();
        all.filter(|judged| state_of(judged) == state).count()
    };
    let words = [
        (State::Good, "hold"),
        (State::Broken, "BROKEN"),
        (State::Strained, "unsure"),
        (State::Idle, "to come"),
    ];
    for (state, word) in words {
        let number = count(state);
        let style = if number > 0 {
            theme.state(state)
        } else {
            theme.faint
        };
        let text = format!("{} {number:>2} {word}", state.glyph());
        rest = pen::left(buf, pen::gap(rest, gap), &text, style);
    }
}

/// One expectation: how it stands, what was expected, what was found.
fn expectation(row: Rect, buf: &mut Buffer, theme: &Theme, (judged, column): (&Judged, u16)) {
    let state = state_of(judged);
    let style = theme.state(state);
    let words = format!("{} {}", state.glyph(), word(state, judged));
    let rest = pen::label(buf, row, STANDING, &words, style);
    let rest = pen::label(buf, rest, column, &judged.expected(), theme.text);
    pen::left(buf, pen::gap(rest, 2), &judged.found(), style);
}
