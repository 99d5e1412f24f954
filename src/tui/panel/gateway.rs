//! Multi-provider gateway: special is who answered and who was asked, what the gateway claims beside
//! what was seen, who is left out, and the budget.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::skeleton::{self, GUTTER, Wanted};
use crate::clock::Moment;
use crate::event::{ArmId, BreakerState};
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, SpecialView};
use crate::measure::special::gateway::{DeploymentView, GatewayArmView, GatewayCounts, GatewayView};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::{blocks, pen};

/// The columns of the table, with their widths.
const COLUMNS: [(&str, u16); 3] = [("answers", 7), ("asked", 6), ("failed", 7)];
/// Columns for `● out 12s, 34 times`.
const BADGE: u16 = 20;
/// Most columns of a bar.
const BAR: u16 = 30;
/// From this far on the headers are said to claim too little.
const SHORT: f64 = 0.005;

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let (Some(shown), Some(view)) = (scene.selected(pattern), view_of(pattern)) else {
        return;
    };
    let check = u16::from(!view.check.is_empty());
    let wanted = Wanted {
        full: pattern.arms.iter().map(height).sum::<u16>() + check,
        least: height(shown) + check,
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    let mut room = rooms.special;
    if check > 0 {
        steps(pen::row(room, 0), buf, scene.theme, view);
        room = pen::cut_top(room, 1).1;
    }
    // The selected way stands first: it is what the charts show.
    let others = pattern.arms.iter().filter(|arm| arm.id != shown.id);
    for arm in std::iter::once(shown).chain(others) {
        let Some(of_arm) = view.arms.iter().find(|of_arm| of_arm.arm == arm.id) else {
            continue;
        };
        if room.height < 2 {
            break;
        }
        let (place, below) = pen::cut_top(room, height(arm));
        table(place, buf, scene.theme, (arm, of_arm), scene.snapshot.at);
        room = below;
    }
}

/// The Overview's line: `1.36x asked 1.14x claimed` and who answered. Whether the arm is a
/// gateway's.
pub fn line(row: Rect, buf: &mut Buffer, theme: &Theme, view: &GatewayView, arm: ArmId) -> bool {
    let Some(of_arm) = view.arms.iter().find(|of_arm| of_arm.arm == arm) else {
        return false;
    };
    let rest = claimed_and_seen(row, buf, theme, &of_arm.recent);
    let mut rest = pen::gap(rest, 2);
    for row in &of_arm.deployments {
        let share = share(row, &of_arm.recent);
        if share.is_none_or(|share| share <= 0.0) {
            continue;
        }
        let text = format!("{} {}", row.label, format::maybe_share(share));
        if pen::width(&text) > rest.width {
            break;
        }
        rest = pen::gap(pen::left(buf, rest, &text, theme.text), 2);
    }
    true
}

fn view_of(pattern: &PatternSnapshot) -> Option<&GatewayView> {
    match pattern.special.as_deref()? {
        SpecialView::Gateway(view) => Some(view),
        #[allow(unreachable_patterns, reason = "other patterns have views of their own")]
        _ => None,
    }
}

/// Rows of an arm: a head, its deployments.
fn height(arm: &ArmSnapshot) -> u16 {
    1 + arm.chain.len() as u16
}

fn share(row: &DeploymentView, counts: &GatewayCounts) -> Option<f64> {
    (counts.answers > 0).then(|| row.answers as f64 / counts.answers as f64)
}

/// What the check found, step by step.
fn steps(row: Rect, buf: &mut Buffer, theme: &Theme, view: &GatewayView) {
    let mut rest = pen::label(buf, row, GUTTER, "check, safe order", theme.strong);
    for step in &view.check {
        let (glyph, state) = if step.well {
            ("✓", State::Good)
        } else {
            ("✗", State::Broken)
        };
        rest = pen::left(buf, rest, &format!("{glyph} "), theme.state(state));
        rest = pen::gap(pen::left(buf, rest, &step.what, theme.muted), 2);
    }
}

fn table(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (arm, view): (&ArmSnapshot, &GatewayArmView),
    now: Moment,
) {
    let mut rest = pen::label(buf, pen::row(area, 0), GUTTER, arm.key.as_str(), theme.strong);
    for (title, width) in COLUMNS {
        rest = pen::column(buf, rest, width, title, theme.muted);
    }
    summary(pen::gap(rest, 3), buf, theme, view);
    for (n, row) in view.deployments.iter().enumerate() {
        let place = pen::row(area, n as u16 + 1);
        if place.is_empty() {
            break;
        }
        deployment(place, buf, theme, (n, row, &view.recent), now);
    }
}

/// Amplification, fallbacks and the budget, as far as there is room.
fn summary(row: Rect, buf: &mut Buffer, theme: &Theme, view: &GatewayArmView) {
    let rest = claimed_and_seen(row, buf, theme, &view.recent);
    let more = view
        .recent
        .upstream_calls
        .saturating_sub(view.recent.client_calls);
    let fallbacks = format!(
        "{} more calls, {} fallbacks claimed",
        format::count(more),
        format::count(view.recent.fallbacks)
    );
    let budget = match (view.spent, view.budget) {
        (Some(spent), Some(budget)) => format!("{} of {}", format::money(spent), format::money(budget)),
        (Some(spent), None) => format!("{} spent", format::money(spent)),
        (None, _) => format!("{} spent", format::NONE),
    };
    let style = if view.over_budget > 0 {
        theme.state(State::Broken)
    } else {
        theme.text
    };
    let mut rest = pen::gap(rest, 2);
    if pen::width(&budget) <= rest.width {
        rest = pen::gap(pen::left(buf, rest, &budget, style), 2);
    }
    if pen::width(&fallbacks) <= rest.width {
        pen::left(buf, rest, &fallbacks, theme.muted);
    }
}

/// `1.36x asked 1.14x claimed`: calls upstream for each of the client's. Amber where less is
/// claimed than was seen.
fn claimed_and_seen(row: Rect, buf: &mut Buffer, theme: &Theme, counts: &GatewayCounts) -> Rect {
    let (claimed, seen) = (counts.claimed(), counts.seen());
    let short = claimed
        .zip(seen)
        .is_some_and(|(claimed, seen)| seen - claimed > SHORT);
    let style = if short {
        theme.state(State::Strained)
    } else {
        theme.text
    };
    let rest = pen::left(buf, row, &format::factor(seen), style);
    let rest = pen::left(buf, rest, " asked ", theme.muted);
    let rest = pen::left(buf, rest, &format::factor(claimed), theme.text);
    pen::left(buf, rest, " claimed", theme.muted)
}

fn deployment(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (n, of_row, counts): (usize, &DeploymentView, &GatewayCounts),
    now: Moment,
) {
    let (name, rest) = pen::cut_left(row, GUTTER);
    let name = pen::label(buf, name, 2, &(n + 1).to_string(), theme.muted);
    pen::left(buf, name, &of_row.label, theme.text);
    let share = share(of_row, counts);
    let rest = pen::column(buf, rest, COLUMNS[0].1, &format::maybe_share(share), theme.text);
    let rest = pen::column(buf, rest, COLUMNS[1].1, &format::count(of_row.calls), theme.text);
    let failed = if of_row.failed > 0 {
        theme.state(State::Broken)
    } else {
        theme.muted
    };
    let rest = pen::column(buf, rest, COLUMNS[2].1, &format::count(of_row.failed), failed);
    let rest = pen::gap(rest, 2);
    let (rest, badge) = if rest.width > BADGE + 8 {
        let (bar, rest) = pen::cut_left(rest, BAR.min(rest.width - BADGE));
        (bar, pen::gap(rest, 2))
    } else {
        (Rect { width: 0, ..rest }, rest)
    };
    blocks::bar(rest, buf, share.unwrap_or(0.0), theme.part(n));
    if let Some(until) = of_row.out_until {
        let text = format!("● out {}", format::countdown(until.since(now)));
        let rest = pen::left(buf, badge, &text, theme.breaker(BreakerState::Open));
        let times = format!(", {} times", format::count(of_row.cooldowns));
        pen::left(buf, rest, &times, theme.muted);
    } else if of_row.cooldowns > 0 {
        let times = format!("○ was out {} times", format::count(of_row.cooldowns));
        pen::left(buf, badge, &times, theme.muted);
    }
}

#[cfg(test)]
mod tests;
