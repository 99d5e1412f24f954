//! The survival matrix: ways of calling against kinds of fault, the share of shots that succeeded
//! of those intended while such a fault was in force.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use crate::measure::snapshot::{SurvivalCell, SurvivalMatrix, SurvivalRow};
use crate::patterns::row as pattern_row;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::view::{Hit, Regions};
use crate::tui::widget::{blocks, pen};

/// Columns of a way of calling's name.
const NAME_WIDTH: u16 = 24;
/// Columns of a cell, the gap included.
pub const CELL_WIDTH: u16 = 24;
/// What a kind of fault does, by its key; short enough for 80 columns.
const WORDS: [(&str, &str); 14] = [
    (
        "throttle",
        "429 for a share of calls: another quota or region helps",
    ),
    (
        "lowered-quota",
        "a quota shrinks: what draws on another one goes on",
    ),
    (
        "unavailable",
        "503 for a share of calls: a retry or a route helps",
    ),
    ("internal", "500 for a share of calls: a retry or a route helps"),
    ("model-timeout", "408, late: a deadline and another route help"),
    ("not-ready", "a cold model: a retry or another model helps"),
    ("latency", "answers come later: a deadline and a route help"),
    (
        "slow-stream",
        "tokens come slower: the first in time, the last not",
    ),
    (
        "cut-stream",
        "streams break off: what came is lost and paid again",
    ),
    (
        "endpoint-outage",
        "all that enters a region fails, profiles included",
    ),
    (
        "capacity-outage",
        "a region serves nothing: profiles route around it",
    ),
    ("denied", "calls are refused by right: no retry helps"),
    ("invalid-model", "the model version is wrong: no retry helps"),
    ("poisoned", "200 with an error inside: who reads it goes on"),
];
/// Shots below which a share says little.
const FEW: u64 = 100;

/// Draws the page.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let theme = scene.theme;
    let area = pen::gap(area, 1);
    let rest = pen::left(buf, pen::row(area, 0), "survival", theme.strong);
    pen::left(
        buf,
        rest,
        ", share of the shots intended while a fault was in force that succeeded",
        theme.muted,
    );
    let (body, foot) = pen::cut_bottom(pen::cut_top(area, 2).1, 2);
    let survival = &scene.snapshot.survival;
    let below = matrix(body, buf, theme, (survival, true), regions);
    explain(pen::cut_top(below, 1).1, buf, theme, survival);
    legend(pen::row(foot, 1), buf, theme);
}

/// What each kind of fault that was tried does.
fn explain(area: Rect, buf: &mut Buffer, theme: &Theme, survival: &SurvivalMatrix) {
    for (n, fault) in survival.faults.iter().enumerate() {
        let row = pen::row(area, n as u16);
        let rest = pen::label(buf, row, NAME_WIDTH, fault, theme.muted);
        let words = WORDS
            .iter()
            .find(|(key, _)| key == fault)
            .map_or("", |(_, words)| words);
        pen::left(buf, rest, words, theme.text);
    }
}

/// Draws heads and a row for each way of calling, under the names of their patterns if these are
/// asked for. Returns what is below.
pub fn matrix(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (survival, titled): (&SurvivalMatrix, bool),
    regions: &mut Regions,
) -> Rect {
    let room = usize::from(area.width.saturating_sub(NAME_WIDTH) / CELL_WIDTH);
    let skipped = survival.faults.len().saturating_sub(room);
    heads(pen::row(area, 0), buf, theme, survival, skipped);
    let mut below = pen::cut_top(area, 1).1;
    let mut before = None;
    let mut patterns: Vec<_> = survival.rows.iter().map(|arm| &arm.pattern).collect();
    patterns.dedup();
    // A small screen drops the air, then the titles, then rows, and says how many.
    let arms = survival.rows.len();
    let height = usize::from(below.height);
    let airy = height + 1 >= arms + 2 * patterns.len();
    let titled = titled && height >= arms + patterns.len();
    for (n, arm) in survival.rows.iter().enumerate() {
        if below.height == 1 && n + 1 < arms {
            let words = format!("  and {} more ways on a taller screen", arms - n);
            pen::left(buf, pen::row(below, 0), &words, theme.muted);
            return pen::cut_top(below, 1).1;
        }
        if titled && before != Some(&arm.pattern) {
            let air = before.is_some() && airy;
            let (_, rest) = pen::cut_top(below, u16::from(air));
            let row = pattern_row(arm.pattern.as_str());
            let name = row.map_or(arm.pattern.as_str(), |row| row.title);
            pen::left(buf, pen::row(rest, 0), name, theme.pattern_title(&arm.pattern));
            below = pen::cut_top(rest, 1).1;
        }
        before = Some(&arm.pattern);
        let (place, rest) = pen::cut_top(below, 1);
        line(place, buf, theme, arm, skipped);
        if !titled && let Some(row) = pattern_row(arm.pattern.as_str()) {
            pen::left(buf, place, &row.number.to_string(), theme.pattern(&arm.pattern));
        }
        regions.add(place, Hit::Arm(arm.id));
        below = rest;
    }
    below
}

fn heads(row: Rect, buf: &mut Buffer, theme: &Theme, survival: &SurvivalMatrix, skipped: usize) {
    let (name, mut rest) = pen::cut_left(row, NAME_WIDTH);
    for fault in survival.faults.iter().skip(skipped) {
        rest = pen::label(buf, rest, CELL_WIDTH, fault, theme.muted);
    }
    if survival.faults.is_empty() {
        let words = "nothing has been broken yet; each kind of fault adds a column";
        let fits = pen::width(words) <= rest.width;
        let words = if fits {
            words
        } else {
            "nothing has been broken yet"
        };
        pen::left(buf, rest, words, theme.muted);
    } else if skipped > 0 {
        pen::right(buf, name, &format!("+{skipped} earlier "), theme.muted);
    }
}

fn line(row: Rect, buf: &mut Buffer, theme: &Theme, arm: &SurvivalRow, skipped: usize) {
    let mut rest = pen::label(
        buf,
        pen::gap(row, 2),
        NAME_WIDTH - 2,
        arm.arm.as_str(),
        theme.text,
    );
    for cell in arm.cells.iter().skip(skipped) {
        let (place, after) = pen::cut_left(rest, CELL_WIDTH);
        draw_cell(place, buf, theme, *cell);
        rest = after;
    }
}

/// Glyph, share, a small bar, and how many shots stand behind it.
fn draw_cell(place: Rect, buf: &mut Buffer, theme: &Theme, cell: SurvivalCell) {
    let state = State::of_share(cell.share());
    let style = theme.state(state);
    let rest = pen::label(buf, place, 2, state.glyph(), style);
    let rest = pen::column(buf, rest, 5, &format::maybe_share(cell.share()), style);
    let (bar, rest) = pen::cut_left(pen::gap(rest, 1), 6);
    blocks::bar(bar, buf, cell.share().unwrap_or(0.0), style);
    if cell.intended > 0 {
        let few = cell.intended < FEW;
        let text = format!("{}{}", if few { "~" } else { "" }, format::count(cell.intended));
        let style = if few {
            theme.state(State::Strained)
        } else {
            theme.muted
        };
        pen::column(buf, rest, 7, &text, style);
    }
}

fn legend(row: Rect, buf: &mut Buffer, theme: &Theme) {
    let entries = [
        (State::Good, "from 99%"),
        (State::Strained, "from 90%"),
        (State::Broken, "below"),
        (State::Idle, "not tried"),
    ];
    let mut rest = row;
    for (state, words) in entries {
        rest = pen::label(buf, rest, 2, state.glyph(), theme.state(state));
        rest = pen::left(buf, rest, words, theme.muted);
        rest = pen::gap(rest, 3);
    }
    let rest = pen::left(buf, rest, "~", theme.state(State::Strained));
    pen::left(buf, pen::gap(rest, 1), "few samples", theme.muted);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    #[test]
    fn every_kind_of_fault_has_its_words() {
        for (kind, (key, words)) in FaultKind::ALL.iter().zip(WORDS) {
            assert_eq!(kind.key(), key);
            assert!(
                pen::width(words) <= 79 - NAME_WIDTH,
                "{words} is cut at 80 columns"
            );
        }
    }
}
