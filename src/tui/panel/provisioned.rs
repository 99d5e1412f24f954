//! Provisioned throughput: special is how full each rate of the units is, what spills over, what
//! the hours cost against the tokens they served, and the units as the service lists them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::skeleton::{self, GUTTER, Rooms, Wanted};
use crate::clock::Moment;
use crate::event::sighting::provisioned::UnitSeen;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, SpecialView};
use crate::measure::special::provisioned::{ProvisionedView, UnitPoint, UnitView};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::overlay::prose::wrapped;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::time_axis::TimeAxis;
use crate::tui::widget::{blocks, pen};

/// Rows of one arm: a head and the two rates.
const ARM_ROWS: u16 = 3;
/// Rows of money: what was paid, and where it breaks even.
const MONEY_ROWS: u16 = 2;
/// Rows of what is sold at all, and of what takes its place.
const OFFER_ROWS: u16 = 4;
/// Units listed at most.
const MOST_UNITS: usize = 6;
/// From this share on a rate is as good as full.
const FULL: f64 = 0.97;

/// One of the two rates of a second.
type Reading = fn(&UnitPoint) -> f32;

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let Some(view) = view_of(pattern) else {
        return;
    };
    let listed = view.units.len().clamp(1, MOST_UNITS) as u16 + 1;
    let arms = view.arms.len() as u16;
    let wanted = Wanted {
        full: (arms * ARM_ROWS) + MONEY_ROWS + listed + OFFER_ROWS,
        least: (ARM_ROWS + MONEY_ROWS) * arms.min(1) + listed.min(4) + OFFER_ROWS,
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    let all = rooms.special.height >= wanted.full;
    let shown = shown_arm(scene, pattern, view);
    let mut room = rooms.special;
    for (place, unit) in view.arms.iter().enumerate() {
        if all || place == shown {
            let (rows, below) = pen::cut_top(room, ARM_ROWS);
            arm_rates(rows, buf, scene, (view, place, unit), (pattern, &rooms));
            room = below;
        }
    }
    if let Some(unit) = view.arms.get(shown) {
        let (rows, below) = pen::cut_top(room, MONEY_ROWS);
        money(rows, buf, scene.theme, view, unit);
        room = below;
    }
    // Where there is little room, what is sold at all goes before a long list.
    let spare = room.height.saturating_sub(OFFER_ROWS).max(2);
    let (rows, below) = pen::cut_top(room, listed.min(spare));
    unit_list(rows, buf, scene.theme, view, scene.snapshot.at);
    offers(below, buf, scene.theme, view);
}

/// The view of a pattern that has one of this kind.
fn view_of(pattern: &PatternSnapshot) -> Option<&ProvisionedView> {
    match pattern.special.as_deref() {
        Some(SpecialView::Provisioned(view)) => Some(view),
        _ => None,
    }
}

/// The place of the selected arm's units, else of the first.
fn shown_arm(scene: Scene<'_>, pattern: &PatternSnapshot, view: &ProvisionedView) -> usize {
    let selected = scene.selected(pattern).map(|arm| arm.id);
    let arms = &view.track.arms;
    let found = arms.iter().position(|track| Some(track.arm) == selected);
    found.unwrap_or_default()
}

/// A head, and the two rates over time.
fn arm_rates(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (view, place, unit): (&ProvisionedView, usize, &UnitView),
    (pattern, rooms): (&PatternSnapshot, &Rooms<'_>),
) {
    let theme = scene.theme;
    let Some(track) = view.track.arms.get(place) else {
        return;
    };
    let name = pattern.arms.iter().find(|arm| arm.id == track.arm);
    let name = name.map_or("", |arm| arm.key.as_str());
    let rest = pen::left(buf, pen::row(area, 0), "units", theme.strong);
    let rest = pen::left(buf, pen::gap(rest, 1), name, theme.muted);
    turned_away(pen::gap(rest, 3), buf, theme, unit);
    let rates = track.rates;
    let lines: [(&str, u64, Option<f64>, Reading); 2] = [
        ("in", rates.input_tokens_per_minute, unit.input_share, |point| {
            point.input
        }),
        (
            "out",
            rates.output_tokens_per_minute,
            unit.output_share,
            |point| point.output,
        ),
    ];
    for (n, (name, per_minute, share, of)) in lines.into_iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        if row.is_empty() {
            return;
        }
        let (gutter, plot) = pen::cut_left(row, GUTTER);
        let carried = format!("{name:<4}{}/min", format::count(per_minute));
        let rest = pen::label(buf, gutter, 15, &carried, theme.muted);
        pen::column(buf, rest, 6, &utilisation(share), style_of(theme, share));
        strip(plot, buf, theme, (&unit.history, of), &rooms.axis);
    }
    let plot = pen::cut_left(area, GUTTER).1;
    rooms.lines.shade(plot, buf, theme);
    rooms.lines.draw(pen::cut_top(plot, 1).1, buf, theme, true);
}

/// What the units turned away in the last ten seconds, and where it went.
fn turned_away(row: Rect, buf: &mut Buffer, theme: &Theme, unit: &UnitView) {
    let recent = &unit.recent;
    let full = recent.full_share();
    let state = match full {
        None => State::Idle,
        Some(share) if share <= 0.0 => State::Good,
        Some(_) => State::Strained,
    };
    let rest = pen::left(buf, row, "turned away ", theme.muted);
    let rest = pen::left(buf, rest, &format::maybe_share(full), theme.state(state));
    let rest = pen::left(buf, pen::gap(rest, 2), "spilled ", theme.muted);
    let rest = pen::left(buf, rest, &format::maybe_share(recent.spill_share()), theme.text);
    if unit.total.spilled > 0 {
        let cost = format!("for {}", format::money(unit.total.spill_cost));
        pen::left(buf, pen::gap(rest, 1), &cost, theme.muted);
    }
}

/// One rate over time: as high as it is full, in another colour where it is as good as full.
fn strip(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (history, of): (&[UnitPoint], Reading),
    axis: &TimeAxis,
) {
    let mut columns: Vec<(f64, u32)> = vec![(0.0, 0); row.width.into()];
    for point in history {
        let (begin, end) = (point.second, point.second.saturating_add(1));
        let last = Moment::from_nanos(Moment::from_secs(end).as_nanos().saturating_sub(1));
        let Some(last) = axis.column(last) else {
            continue;
        };
        let first = axis.column_or_edge(Moment::from_secs(begin)).min(last);
        for column in columns.iter_mut().take(usize::from(last) + 1).skip(first.into()) {
            column.0 += f64::from(of(point));
            column.1 += 1;
        }
    }
    for (x, (sum, seconds)) in (row.x..row.right()).zip(columns) {
        if seconds > 0 {
            let share = sum / f64::from(seconds);
            pen::glyph(buf, x, row.y, blocks::level(share), style_of(theme, Some(share)));
        }
    }
}

/// What was paid, and where units and on demand cost the same.
fn money(area: Rect, buf: &mut Buffer, theme: &Theme, view: &ProvisionedView, unit: &UnitView) {
    let row = pen::row(area, 0);
    let rest = pen::left(buf, row, "paid ", theme.muted);
    let paid = format!("{}h {}", unit.hours, format::money(unit.paid));
    let rest = pen::left(buf, rest, &paid, theme.strong);
    let tokens = format::count(unit.total.usage.total());
    let rest = pen::left(buf, rest, &format!(" for {tokens} tokens"), theme.muted);
    if let (Some(here), Some(there)) = (unit.paid_per_million(), unit.worth_per_million()) {
        let rest = pen::left(buf, rest, ", ", theme.muted);
        let rest = pen::left(buf, rest, &format!("{}/M", format::money(here)), theme.text);
        let beside = format!("; on demand {}/M", format::money(there));
        pen::left(buf, rest, &beside, theme.muted);
    }
    let row = pen::row(area, 1);
    let rest = match unit.break_even {
        None => pen::left(buf, row, "breaks even at a load not known yet", theme.muted),
        Some(even) if even.share <= 1.0 => {
            let rest = pen::left(buf, row, "breaks even at ", theme.muted);
            let rest = pen::left(buf, rest, &format::rate(even.per_second), theme.strong);
            let share = format!(", {} of full units, day and night", format::share(even.share));
            pen::left(buf, rest, &share, theme.muted)
        }
        Some(even) => {
            let rest = pen::left(buf, row, "never breaks even at this mix: ", theme.muted);
            let factor = format!("full units cost {}", format::factor(Some(even.share)));
            let rest = pen::left(buf, rest, &factor, theme.strong);
            pen::left(buf, rest, " of on demand", theme.muted)
        }
    };
    let term = view.track.commitment.unwrap_or("no term");
    let hourly = format!("{}/h, {term}", format::money(view.track.hourly));
    // Never into the sentence: the price waits for a wider screen.
    if pen::width(&hourly) + 2 <= rest.width {
        pen::right(buf, rest, &hourly, theme.muted);
    }
}

/// The units as the service lists them.
fn unit_list(area: Rect, buf: &mut Buffer, theme: &Theme, view: &ProvisionedView, now: Moment) {
    let rest = pen::left(buf, pen::row(area, 0), "listed", theme.strong);
    let rest = caveats(pen::gap(rest, 1), buf, theme, view);
    match (view.seen_at, &view.trouble) {
        (_, Some(trouble)) => {
            pen::left(buf, rest, trouble, theme.state(State::Broken));
        }
        (None, None) => {
            pen::left(buf, rest, "not yet", theme.muted);
        }
        (Some(at), None) => {
            let (count, region) = (view.units.len(), &view.track.region);
            let words = format!("{count} in {region}, {} ago", format::countdown(now.since(at)));
            pen::left(buf, rest, &words, theme.muted);
        }
    }
    let room = usize::from(area.height.saturating_sub(1));
    for (n, unit) in view.units.iter().take(room.min(MOST_UNITS)).enumerate() {
        listed(pen::row(area, n as u16 + 1), buf, theme, unit);
    }
}

/// What of all this is not as in life, at the right. Returns what is left of the row.
fn caveats(row: Rect, buf: &mut Buffer, theme: &Theme, view: &ProvisionedView) -> Rect {
    let mut words = "rates assumed".to_owned();
    if view.track.time_scale > 1.0 {
        let factor = format::factor(Some(view.track.time_scale));
        words = format!("{words}, provisioning {factor}");
    }
    pen::right(buf, row, &words, theme.state(State::Strained))
}

fn listed(row: Rect, buf: &mut Buffer, theme: &Theme, unit: &UnitSeen) {
    let state = match unit.status.as_str() {
        "InService" => State::Good,
        "Failed" => State::Broken,
        _ => State::Strained,
    };
    let status = format!("{} {}", state.glyph(), unit.status);
    let rest = pen::label(buf, row, 12, &status, theme.state(state));
    let rest = pen::column(buf, rest, 3, &unit.units.to_string(), theme.text);
    let rest = pen::label(buf, pen::gap(rest, 1), 24, &unit.name, theme.text);
    let term = match (&unit.failure, unit.commitment.as_deref(), &unit.committed_until) {
        (Some(why), ..) => why.clone(),
        (None, Some(term), Some(until)) => format!("{term} until {}", date(until)),
        (None, Some(term), None) => term.to_owned(),
        (None, None, _) => "no term".to_owned(),
    };
    let words = format!("{}, {term}", unit.model);
    pen::left(buf, pen::gap(rest, 1), &words, theme.muted);
}

/// The day of `2026-11-24T09:00:00Z`.
fn date(stamp: &str) -> &str {
    stamp.split('T').next().unwrap_or(stamp)
}

/// What is sold at all, and what takes its place.
fn offers(area: Rect, buf: &mut Buffer, theme: &Theme, view: &ProvisionedView) {
    let track = &view.track;
    let mut lines = Vec::new();
    if track.arms.is_empty() {
        lines.push((
            format!("No units of {} are sold in {}.", track.model, track.region),
            theme.strong,
        ));
    }
    lines.push((
        format!("Units are sold of {}.", track.offered.join(", ")),
        theme.muted,
    ));
    if let Some((input, output)) = track.reserved_least {
        let models = track.reserved.join(", ");
        let least = format!(
            "{} in and {} out a minute",
            format::count(input),
            format::count(output)
        );
        lines.push((
            format!("Reserved tier instead: {models}; {least} at least, by the account team."),
            theme.muted,
        ));
    }
    let mut row = 0;
    for (text, style) in lines {
        for line in wrapped(&text, area.width.into(), 2) {
            pen::left(buf, pen::row(area, row), &line, style);
            row += 1;
        }
    }
}

/// The row of the Overview: how full, what spills, what the service says. `false`: the arm calls no
/// units.
pub fn overview_row(row: Rect, buf: &mut Buffer, scene: Scene<'_>, arm: &ArmSnapshot) -> bool {
    let theme = scene.theme;
    let views = scene.snapshot.patterns.iter().filter_map(view_of);
    let found = views.into_iter().find_map(|view| {
        let place = view.track.arms.iter().position(|track| track.arm == arm.id)?;
        Some((view, view.track.arms.get(place)?, view.arms.get(place)?))
    });
    let Some((view, track, unit)) = found else {
        return false;
    };
    let (words, rest) = pen::cut_left(row, 30);
    let share = unit.utilisation();
    let place = pen::left(buf, words, "unit full ", theme.muted);
    let (figure, bar) = pen::cut_left(place, 6);
    pen::column(buf, figure, 6, &utilisation(share), style_of(theme, share));
    let bar = pen::cut_right(pen::gap(bar, 1), 1).0;
    blocks::bar(bar, buf, share.unwrap_or_default(), style_of(theme, share));
    let rest = pen::left(buf, rest, "turned away ", theme.muted);
    let full = format::maybe_share(unit.recent.full_share());
    let rest = pen::label(buf, rest, 7, &full, theme.text);
    let status = view.units.iter().find(|seen| seen.arn == track.arn);
    let status = status.map_or("", |seen| seen.status.as_str());
    pen::left(buf, rest, status, theme.muted);
    true
}

/// A share of a rate; unlike a share of a whole it can exceed one for a while.
fn utilisation(share: Option<f64>) -> String {
    match share {
        Some(share) if share.is_finite() => format!("{:.0}%", (share * 100.0).clamp(0.0, 999.0)),
        _ => format::NONE.to_owned(),
    }
}

fn style_of(theme: &Theme, share: Option<f64>) -> ratatui::style::Style {
    match share {
        None => theme.muted,
        Some(share) if share >= FULL => theme.state(State::Strained),
        Some(_) => theme.area(State::Good),
    }
}

#[cfg(test)]
mod tests;
