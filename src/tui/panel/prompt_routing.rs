//! Prompt routing: special is which model answers simple and complex prompts, and what that costs
//! beside the larger and the smaller model for every prompt.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::skeleton::{self, GUTTER, Rooms, Wanted};
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, SpecialView, Timeline};
use crate::measure::special::{RoutingView, Way, WayView};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::columns::{self, Column};
use crate::tui::widget::{pen, sparkline_row};
use crate::units::Usd;

/// Columns of a way's name in the table.
const NAME_WIDTH: u16 = 15;
/// Rows of a router over time: a head and a strip for each kind of prompt.
const STRIPS: u16 = 3;
/// Place of the larger model among the counts of a timeline.
const LARGE: usize = 1;

/// The figures of a way of calling: the last ten seconds, but for what it saves in all.
static FIGURES: [Column<WayView>; 7] = [
    Column {
        head: "simple",
        width: 9,
        rank: 0,
        cell: |way, theme| share(way.recent.simple.large_share(), theme),
    },
    Column {
        head: "complex",
        width: 9,
        rank: 1,
        cell: |way, theme| share(way.recent.complex.large_share(), theme),
    },
    Column {
        head: "of all",
        width: 8,
        rank: 2,
        cell: |way, theme| share(way.recent.all().large_share(), theme),
    },
    Column {
        head: "per 1,000",
        width: 11,
        rank: 4,
        cell: |way, theme| {
            let cost = way.recent.all().cost_per_answer();
            let text = cost.map_or_else(
                || format::NONE.to_owned(),
                |cost| format::money(Usd::from_dollars(cost * 1_000.0)),
            );
            (text, theme.text)
        },
    },
    Column {
        head: "saves",
        width: 8,
        rank: 3,
        cell: |way, theme| saved(way, way.saves, theme),
    },
    Column {
        head: "in all",
        width: 8,
        rank: 5,
        cell: |way, theme| saved(way, way.saves_in_all, theme),
    },
    Column {
        head: "mean",
        width: 8,
        rank: 6,
        cell: |way, theme| {
            let mean = way.recent.all().mean_latency();
            (format::maybe_duration(mean), theme.text)
        },
    },
];

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let Some(SpecialView::PromptRouting(view)) = pattern.special.as_deref() else {
        let nothing = Wanted { full: 0, least: 0 };
        skeleton::draw(area, buf, scene, (row, pattern), (nothing, regions));
        return;
    };
    let figures_rows = 1 + view.ways.len() as u16;
    let table = 1 + figures_rows;
    let routers = || view.ways.iter().filter(|way| way.way == Way::Router);
    let wanted = Wanted {
        full: table + STRIPS * routers().count() as u16,
        least: table,
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    let selected = scene.selected(pattern).map(|arm| arm.id);
    let (mut place, mut room) = pen::cut_top(rooms.special, table);
    // In little room the rule is left out before a way of calling is: its dial stands in the title.
    if place.height > figures_rows {
        in_use(pen::row(place, 0), buf, scene, view);
        place = pen::cut_top(place, 1).1;
    }
    figures(place, buf, scene.theme, (view, pattern));
    // The selected router stands first: it is what the charts show.
    let mut shown: Vec<&WayView> = routers().collect();
    shown.sort_by_key(|way| Some(way.arm) != selected);
    for way in shown {
        if room.height < STRIPS {
            break;
        }
        let (place, below) = pen::cut_top(room, STRIPS);
        over_time(place, buf, scene, (view, way, arm_of(pattern, way)), &rooms);
        room = below;
    }
}

/// The rule in force: the router in use, as the service describes it, or why there is none.
fn in_use(row: Rect, buf: &mut Buffer, scene: Scene<'_>, view: &RoutingView) {
    let theme = scene.theme;
    if let Some(why) = &view.refused {
        pen::left(buf, row, why, theme.state(State::Broken));
        return;
    }
    let Some(newest) = view.routers.iter().max_by_key(|router| router.since) else {
        pen::left(buf, row, "no router yet", theme.muted);
        return;
    };
    let [small, large] = &view.models;
    let other = if newest.fallback == *small { large } else { small };
    let since = format::round_span(scene.snapshot.at.since(newest.since));
    let rest = pen::left(buf, row, &newest.fallback, theme.strong);
    let rule = format!(
        " unless {other} leads by more than {}%, for {since}",
        newest.router.difference
    );
    pen::left(buf, rest, &rule, theme.muted);
}

/// A row for each way of calling: the larger model's share, the cost, what is saved.
fn figures(area: Rect, buf: &mut Buffer, theme: &Theme, (view, pattern): (&RoutingView, &PatternSnapshot)) {
    let chosen = columns::fitting(&FIGURES, area.width.saturating_sub(NAME_WIDTH));
    let head = pen::row(area, 0);
    let title = format!("{} for", view.models[LARGE]);
    let rest = pen::label(buf, head, NAME_WIDTH, &title, theme.strong);
    columns::heads(&chosen, rest, buf, theme);
    for (n, way) in view.ways.iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        let name = arm_of(pattern, way).map_or("", |arm| arm.key.as_str());
        let rest = pen::label(buf, row, NAME_WIDTH, name, theme.muted);
        columns::cells(&chosen, way, rest, buf, theme);
    }
}

/// The larger model's share of each kind of prompt, over time.
fn over_time(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (view, way, arm): (&RoutingView, &WayView, Option<&ArmSnapshot>),
    rooms: &Rooms<'_>,
) {
    let theme = scene.theme;
    let head = pen::row(area, 0);
    let title = format!("{} answers", view.models[LARGE]);
    let rest = pen::left(buf, head, &title, theme.strong);
    let name = arm.map_or("", |arm| arm.key.as_str());
    pen::left(buf, pen::gap(rest, 1), name, theme.muted);
    let kinds: [(&str, &Timeline, Option<f64>, Style); 2] = [
        (
            "simple",
            &way.simple,
            way.recent.simple.large_share(),
            theme.part(0),
        ),
        (
            "complex",
            &way.complex,
            way.recent.complex.large_share(),
            theme.part(1),
        ),
    ];
    for (n, (kind, timeline, share, style)) in kinds.into_iter().enumerate() {
        let (gutter, plot) = pen::cut_left(pen::row(area, n as u16 + 1), GUTTER);
        let rest = pen::label(buf, gutter, 15, kind, style);
        pen::column(buf, rest, 6, &format::maybe_share(share), theme.text);
        let buckets = rooms.axis.buckets(timeline, 1);
        let shares = buckets.iter().map(|bucket| bucket.served_share(LARGE));
        sparkline_row::share_strip(plot, buf, shares, style);
    }
    let plot = pen::cut_left(area, GUTTER).1;
    rooms.lines.shade(plot, buf, theme);
    rooms.lines.draw(plot, buf, theme, true);
}

fn arm_of<'a>(pattern: &'a PatternSnapshot, way: &WayView) -> Option<&'a ArmSnapshot> {
    pattern.arms.iter().find(|arm| arm.id == way.arm)
}

fn share(share: Option<f64>, theme: &Theme) -> (String, Style) {
    (format::maybe_share(share), theme.text)
}

/// What a way saves; that which is compared with saves nothing and says so by a dash.
fn saved(way: &WayView, share: Option<f64>, theme: &Theme) -> (String, Style) {
    match share.filter(|_| way.way != Way::Large) {
        Some(share) if share < 0.0 => (
            format!("-{}", format::share(-share)),
            theme.state(State::Strained),
        ),
        Some(share) => (format::share(share), theme.text),
        None => (format::NONE.to_owned(), theme.muted),
    }
}

#[cfg(test)]
mod tests;
