//! The routes of an arm: what each was asked, what it served, its breaker.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::breaker_badge::breaker_badge;
use super::special::share_of_shots;
use super::{blocks, pen};
use crate::clock::Moment;
use crate::measure::snapshot::{ArmSnapshot, HopSnapshot};
use crate::tui::format;
use crate::tui::theme::{State, Theme};

/// Columns for the number and the route.
const NAME_WIDTH: u16 = 22;
/// Most columns of the bar with the failure at its end.
const BAR_WIDTH: u16 = 36;
/// Columns for the breaker, `◐ half-open 12s`.
const BADGE_WIDTH: u16 = 18;

/// Draws a head and a row for each hop.
pub fn chain_table(area: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, now: Moment) {
    let (name, mut figures) = pen::cut_left(pen::row(area, 0), NAME_WIDTH);
    let rest = pen::left(buf, name, "chain", theme.strong);
    pen::left(buf, pen::gap(rest, 1), arm.key.as_str(), theme.muted);
    for (title, width) in [("tried", 7), ("served", 8)] {
        figures = pen::column(buf, figures, width, title, theme.muted);
    }
    for (n, hop) in arm.chain.iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        if row.is_empty() {
            break;
        }
        hop_row(row, buf, theme, (arm, n, hop), now);
    }
}

fn hop_row(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (arm, n, hop): (&ArmSnapshot, usize, &HopSnapshot),
    now: Moment,
) {
    let (name, rest) = pen::cut_left(row, NAME_WIDTH);
    let name = pen::label(buf, name, 2, &(n + 1).to_string(), theme.muted);
    let named_for_region = hop.route.label.as_ref() == hop.route.region.as_str();
    let hue = theme.region(&hop.route.region);
    pen::left(
        buf,
        name,
        &hop.route.label,
        if named_for_region { hue } else { theme.text },
    );
    let rest = pen::column(buf, rest, 7, &format::count(hop.attempts), theme.text);
    let share = (hop.attempts > 0).then(|| hop.served as f64 / hop.attempts as f64);
    let served = theme.state(State::of_share(share));
    let rest = pen::column(buf, rest, 8, &format::count(hop.served), served);
    let (rest, badge) = pen::cut_right(pen::gap(rest, 2), BADGE_WIDTH);
    let (rest, beyond) = pen::cut_left(rest, BAR_WIDTH);
    let badge = Rect {
        x: badge.x - beyond.width,
        ..badge
    };
    let bar = match hop.main_failure {
        Some(kind) => pen::right(buf, rest, kind.label(), theme.severity(kind.row().severity)),
        None => rest,
    };
    let share = share_of_shots(arm, hop.served).unwrap_or(0.0);
    blocks::bar(bar, buf, share, hue);
    if let Some(breaker) = hop.breaker {
        let (glyph, words, style) = breaker_badge(breaker, now, theme);
        let place = pen::label(buf, pen::gap(badge, 2), 2, glyph, style);
        pen::left(buf, place, &words, style);
    }
}
