//! The routes of an arm: what each was asked, what it served, its breaker.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::breaker_badge::breaker_badge;
use super::{blocks, pen};
use crate::clock::Moment;
use crate::measure::snapshot::{ArmSnapshot, HopSnapshot};
use crate::tui::format;
use crate::tui::theme::{State, Theme};

/// Draws a head and a row for each hop.
pub fn chain_table(area: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, now: Moment) {
    let head = pen::row(area, 0);
    let rest = pen::left(buf, head, "chain", theme.strong);
    let rest = pen::left(buf, rest, ", last 10 s  ", theme.muted);
    let (_, tail) = pen::cut_left(head, name_width(head.width));
    let mut tail = tail;
    for (title, width) in [("tried", 7), ("served", 8)] {
        tail = pen::column(buf, tail, width, title, theme.muted);
    }
    let room = tail.x.saturating_sub(rest.x).saturating_sub(16);
    pen::left(buf, pen::cut_left(rest, room).0, arm.key.as_str(), theme.accent);
    let whole: u64 = arm.chain.iter().map(|hop| hop.served).sum();
    for (n, hop) in arm.chain.iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        if row.is_empty() {
            break;
        }
        hop_row(row, buf, theme, (n, hop), (whole, now));
    }
}

/// Columns for the number, the route and its model.
fn name_width(width: u16) -> u16 {
    if width >= 64 { 28 } else { 20 }
}

fn hop_row(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (n, hop): (usize, &HopSnapshot),
    (whole, now): (u64, Moment),
) {
    let (name, rest) = pen::cut_left(row, name_width(row.width));
    let name = pen::label(buf, name, 2, &(n + 1).to_string(), theme.muted);
    let same = hop.route.label.as_ref() == hop.route.region.as_str();
    let style = if same {
        theme.region(&hop.route.region)
    } else {
        theme.text
    };
    pen::left(buf, name, &hop.route.label, style);
    let rest = pen::column(buf, rest, 7, &format::count(hop.attempts), theme.text);
    let share = (hop.attempts > 0).then(|| hop.served as f64 / hop.attempts as f64);
    let rest = pen::column(
        buf,
        rest,
        8,
        &format::count(hop.served),
        theme.state(State::of_share(share)),
    );
    let (rest, badge) = pen::cut_right(rest, 16);
    let rest = pen::gap(rest, 2);
    let (failure, bar) = pen::cut_left(rest, 12);
    if let Some(kind) = hop.main_failure {
        pen::left(buf, failure, kind.label(), theme.severity(kind.row().severity));
    }
    let share = if whole == 0 {
        0.0
    } else {
        hop.served as f64 / whole as f64
    };
    blocks::bar(bar, buf, share, theme.region(&hop.route.region));
    if let Some(breaker) = hop.breaker {
        let (glyph, words, style) = breaker_badge(breaker, now, theme);
        let place = pen::label(buf, pen::gap(badge, 1), 2, glyph, style);
        pen::left(buf, place, &words, style);
    }
}
