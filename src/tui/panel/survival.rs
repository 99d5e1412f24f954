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
const CELL_WIDTH: u16 = 24;
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
    let tall = body.height >= 2 + 3 * scene.snapshot.survival.rows.len() as u16;
    matrix(
        body,
        buf,
        theme,
        (&scene.snapshot.survival, if tall { 3 } else { 1 }),
        regions,
    );
    legend(pen::row(foot, 1), buf, theme);
}

/// Draws heads and rows, `pitch` rows to each way of calling.
pub fn matrix(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (survival, pitch): (&SurvivalMatrix, u16),
    regions: &mut Regions,
) {
    let room = usize::from(area.width.saturating_sub(NAME_WIDTH) / CELL_WIDTH);
    let skipped = survival.faults.len().saturating_sub(room);
    let mut head = pen::gap(pen::row(area, 0), NAME_WIDTH);
    for fault in survival.faults.iter().skip(skipped) {
        head = pen::label(buf, head, CELL_WIDTH, fault, theme.muted);
    }
    if survival.faults.is_empty() {
        let words = "nothing has been broken yet; each kind of fault adds a column";
        pen::left(buf, head, words, theme.muted);
    } else if skipped > 0 {
        let place = pen::cut_left(pen::row(area, 0), NAME_WIDTH).0;
        pen::left(buf, place, &format!("{skipped} earlier kinds"), theme.muted);
    }
    let mut next = 1;
    let mut before = None;
    for row in &survival.rows {
        if before.is_some_and(|before| before != &row.pattern) && pitch > 1 {
            next += 1;
        }
        let title = (before != Some(&row.pattern)).then_some(&row.pattern);
        before = Some(&row.pattern);
        if title.is_some() && pitch > 1 {
            let place = pen::row(area, next);
            let name = pattern_row(row.pattern.as_str()).map_or(row.pattern.as_str(), |row| row.title);
            pen::left(buf, place, name, theme.pattern(&row.pattern));
            next += 1;
        }
        let place = pen::row(area, next);
        line(place, buf, theme, row, skipped);
        regions.add(place, Hit::Arm(row.id));
        next += if pitch > 1 { pitch - 1 } else { 1 };
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
