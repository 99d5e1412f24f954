//! How each way of calling came through the newest fault.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::arm_table::NAME_WIDTH;
use super::columns::{self, Column};
use super::pen;
use crate::event::ArmId;
use crate::measure::snapshot::MarkerKind;
use crate::measure::snapshot::{ArmSnapshot, Score, Scorecard};
use crate::tui::format;
use crate::tui::theme::{State, Theme, marker_glyph};

/// The marks, the important ones with the lowest rank.
pub static MARKS: [Column<Score>; 12] = [
    Column {
        head: "detect",
        width: 8,
        rank: 2,
        cell: |score, theme| span(score.detect, theme),
    },
    Column {
        head: "switch",
        width: 8,
        rank: 3,
        cell: |score, theme| span(score.switch, theme),
    },
    Column {
        head: "recover",
        width: 9,
        rank: 1,
        cell: |score, theme| span(score.recover, theme),
    },
    Column {
        head: "back",
        width: 8,
        rank: 5,
        cell: |score, theme| span(score.fail_back, theme),
    },
    Column {
        head: "flaps",
        width: 7,
        rank: 10,
        cell: flaps,
    },
    Column {
        head: "lost",
        width: 14,
        rank: 0,
        cell: lost,
    },
    Column {
        head: "twice",
        width: 7,
        rank: 9,
        cell: |score, theme| (format::count(score.served_twice), theme.text),
    },
    Column {
        head: "wasted",
        width: 10,
        rank: 7,
        cell: |score, theme| (format!("{} tok", format::count(score.wasted_tokens)), theme.text),
    },
    Column {
        head: "extra",
        width: 9,
        rank: 6,
        cell: |score, theme| (format::money(score.extra_cost), theme.text),
    },
    Column {
        head: "calls/shot",
        width: 12,
        rank: 4,
        cell: |score, theme| (format::factor(score.amplification), theme.text),
    },
    Column {
        head: "sdk × hops",
        width: 14,
        rank: 11,
        cell: layers,
    },
    Column {
        head: "from cache",
        width: 14,
        rank: 8,
        cell: cache,
    },
];

/// The width of the marks that stand even where there is no room for the fault's name.
const CHIEF_MARKS: u16 = 51;
/// Before the fault's name, its glyph included.
const NAME_GAP: u16 = 5;

/// Least columns in which marks stand beside the figures of the arms.
pub const LEAST_BESIDE: u16 = 42;

/// Draws a head line and a row for each arm that is asked for. Before the first fault it says so.
/// With a row to spare the fault's name stands in it, and all the room is the marks'.
pub fn scorecard(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    card: Option<&Scorecard>,
    arms: &[&ArmSnapshot],
) {
    let named = area.height > arms.len() as u16 + 1;
    let (title, area) = pen::cut_top(area, u16::from(named));
    if named {
        let rest = pen::left(buf, title, "scorecard", theme.strong);
        fault(pen::gap(rest, 3), buf, theme, card);
    }
    let (name, marks) = pen::cut_left(area, NAME_WIDTH);
    if !named {
        pen::left(buf, pen::row(name, 0), "scorecard", theme.strong);
    }
    for (n, arm) in arms.iter().enumerate() {
        let row = pen::gap(pen::row(name, n as u16 + 1), 4);
        pen::left(buf, row, arm.key.as_str(), theme.text);
    }
    let marks = pen::cut_top(marks, arms.len() as u16 + 1).0;
    table(marks, buf, theme, card, (arms, named));
}

/// The same without the names, for rows that already have them. With a row to spare the fault's
/// name stands below.
pub fn beside(area: Rect, buf: &mut Buffer, theme: &Theme, card: Option<&Scorecard>, arms: &[&ArmSnapshot]) {
    let rows = arms.len() as u16 + 1;
    let named = area.height > rows;
    if named {
        let place = pen::row(area, rows);
        let wide = pen::width(card.map_or(NOTHING, |card| card.label.as_str())) + 2;
        let indent = area.width.saturating_sub(wide);
        fault(pen::gap(place, indent), buf, theme, card);
    }
    table(pen::cut_top(area, rows).0, buf, theme, card, (arms, named));
}

const NOTHING: &str = "nothing broken yet";

/// The fault that the marks are of.
fn fault(row: Rect, buf: &mut Buffer, theme: &Theme, card: Option<&Scorecard>) {
    let Some(card) = card else {
        pen::left(buf, row, NOTHING, theme.muted);
        return;
    };
    let kind = if card.active {
        MarkerKind::FaultBegan
    } else {
        MarkerKind::FaultEnded
    };
    let place = pen::left(buf, row, marker_glyph(kind), theme.marker(kind));
    pen::left(buf, pen::gap(place, 1), &card.label, theme.marker(kind));
}

fn table(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    card: Option<&Scorecard>,
    (arms, named): (&[&ArmSnapshot], bool),
) {
    // The fault's name is worth more than the marks of the higher ranks.
    let name = match card {
        Some(card) if !named => pen::width(&card.label) + NAME_GAP,
        _ => 0,
    };
    let room = area.width.saturating_sub(name).max(area.width.min(CHIEF_MARKS));
    let chosen = columns::fitting(marks(card), room);
    let after = columns::heads(&chosen, pen::row(area, 0), buf, theme);
    if !named {
        fault(pen::gap(after, 3), buf, theme, card);
    }
    for (n, arm) in arms.iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        if let Some(card) = card {
            if let Some(score) = of(card, arm.id) {
                columns::cells(&chosen, score, row, buf, theme);
            }
            continue;
        }
        let mut rest = row;
        for column in &chosen {
            rest = pen::column(buf, rest, column.width, format::NONE, theme.muted);
        }
    }
}

/// The marks that can say something: those of a cache only where something was cached.
fn marks(card: Option<&Scorecard>) -> &'static [Column<Score>] {
    let cached = |score: &Score| score.cache_before.is_some() || score.cache_since.is_some();
    if card.is_some_and(|card| card.rows.iter().any(cached)) {
        &MARKS
    } else {
        &MARKS[..MARKS.len() - 1]
    }
}

/// The marks of one arm in a line.
pub fn score_line(row: Rect, buf: &mut Buffer, theme: &Theme, card: Option<&Scorecard>, arm: &ArmSnapshot) {
    let rest = pen::label(buf, row, 11, "scorecard", theme.strong);
    let Some((card, score)) = card.and_then(|card| Some((card, of(card, arm.id)?))) else {
        pen::left(buf, rest, "nothing has been broken yet", theme.muted);
        return;
    };
    let mut rest = rest;
    let figures = [
        ("detect", span(score.detect, theme)),
        ("switch", span(score.switch, theme)),
        ("recover", span(score.recover, theme)),
        ("lost", lost(score, theme)),
    ];
    for (name, (text, style)) in figures {
        rest = pen::left(buf, rest, name, theme.muted);
        rest = pen::left(buf, pen::gap(rest, 1), &text, style);
        rest = pen::gap(rest, 2);
    }
    pen::left(buf, rest, &card.label, theme.muted);
}

fn of(card: &Scorecard, arm: ArmId) -> Option<&Score> {
    card.rows.iter().find(|score| score.arm == arm)
}

fn span(span: Option<Duration>, theme: &Theme) -> (String, Style) {
    let style = if span.is_some() { theme.text } else { theme.muted };
    (format::maybe_duration(span), style)
}

/// Changes of the route, and breakers that opened again.
fn flaps(score: &Score, theme: &Theme) -> (String, Style) {
    let style = if score.flaps > 0 {
        theme.state(State::Strained)
    } else {
        theme.text
    };
    (format!("{}+{}", score.flaps, score.reopenings), style)
}

/// What the SDK's retries and the chain's hops multiply to.
fn layers(score: &Score, theme: &Theme) -> (String, Style) {
    let (sdk, hops) = (score.sdk_amplification, score.chain_amplification);
    (
        format!("{} × {}", format::factor(sdk), format::factor(hops)),
        theme.text,
    )
}

/// Before the fault and since.
fn cache(score: &Score, theme: &Theme) -> (String, Style) {
    match (score.cache_before, score.cache_since) {
        (None, None) => (format::NONE.to_owned(), theme.muted),
        (before, since) => {
            let (before, since) = (format::maybe_share(before), format::maybe_share(since));
            (format!("{before} → {since}"), theme.text)
        }
    }
}

fn lost(score: &Score, theme: &Theme) -> (String, Style) {
    let kept = (score.intended > 0)
        .then(|| (score.intended.saturating_sub(score.lost)) as f64 / score.intended as f64);
    let text = format!(
        "{} of {}",
        format::count(score.lost),
        format::count(score.intended)
    );
    (text, theme.state(State::of_share(kept)))
}
