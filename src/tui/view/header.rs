//! The header, the same on every page: what runs where, what is broken, and whether the figures
//! may be believed. Parts drop by width, the least important first; the target never does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Hit, Regions};
use crate::measure::snapshot::{FaultStatus, MarkerKind, Snapshot};
use crate::patterns::row as pattern_row;
use crate::tui::format;
use crate::tui::panel::Scene;
use crate::tui::theme::{State, Theme, marker_glyph};
use crate::tui::viewing::Page;
use crate::tui::widget::{blocks, pen};

/// Rows of the header, the rule under it included.
pub const ROWS: u16 = 3;

/// Draws the header.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let inset = |n: u16| pen::cut_right(pen::gap(pen::row(area, n), 1), 1).0;
    run(inset(0), buf, scene);
    let rest = tabs(inset(1), buf, scene, regions);
    gauges(rest, buf, scene);
    pen::rule(buf, pen::row(area, 2), scene.theme.faint);
}

/// The first line: the run at the left, the fault and the clock at the right.
fn run(row: Rect, buf: &mut Buffer, scene: Scene<'_>) {
    let (theme, snapshot) = (scene.theme, scene.snapshot);
    let info = &snapshot.run;
    let rest = pen::right(buf, row, &format::clock(snapshot.at), theme.text);
    let rest = badges(rest, buf, scene);
    let rest = fault(rest, buf, theme, &snapshot.faults);
    let real = info.target.starts_with("local");
    let target = if real {
        theme.text
    } else {
        theme.state(State::Strained)
    };
    let seed = format!("seed {}", info.seed);
    let parts = [
        (4, "bedrill", theme.accent),
        (2, info.scenario.as_str(), theme.strong),
        (1, info.target.as_str(), target),
        (3, seed.as_str(), theme.muted),
    ];
    let mut room = rest.width;
    let mut kept = [false; 4];
    for rank in 1..=4 {
        let (n, (_, text, _)) = parts
            .iter()
            .enumerate()
            .find(|(_, part)| part.0 == rank)
            .unwrap_or((0, &parts[0]));
        let wide = pen::width(text) + 3;
        if wide > room && rank > 1 {
            break;
        }
        room = room.saturating_sub(wide);
        kept[n] = true;
    }
    let mut rest = rest;
    for ((_, text, style), _) in parts.into_iter().zip(kept).filter(|(_, kept)| *kept) {
        rest = pen::gap(pen::left(buf, rest, text, style), 3);
    }
}

/// What changes how everything else is to be read: frozen, paused, virtual, done.
fn badges(row: Rect, buf: &mut Buffer, scene: Scene<'_>) -> Rect {
    let (theme, snapshot) = (scene.theme, scene.snapshot);
    let frozen = scene
        .viewing
        .frozen
        .map(|behind| format!("❚❚ frozen, {} ago", format::countdown(behind)));
    let badges = [
        (snapshot.run.virtual_time, "virtual time", theme.muted),
        (snapshot.finished, "done", theme.accent),
        (snapshot.paused, "traffic paused", theme.state(State::Strained)),
        (
            frozen.is_some(),
            frozen.as_deref().unwrap_or_default(),
            theme.accent,
        ),
    ];
    let mut rest = pen::cut_right(row, 3).0;
    for (shown, text, style) in badges {
        if shown {
            rest = pen::cut_right(pen::right(buf, rest, text, style), 3).0;
        }
    }
    rest
}

/// The newest fault in force, its time left as a figure and as a bar that empties.
fn fault(row: Rect, buf: &mut Buffer, theme: &Theme, faults: &[FaultStatus]) -> Rect {
    const BAR: u16 = 8;
    let active = faults.iter().filter(|fault| fault.active);
    let Some(newest) = active
        .clone()
        .max_by_key(|fault| (fault.plan.begins_at, fault.id()))
    else {
        return row;
    };
    let style = theme.marker(MarkerKind::FaultBegan);
    let others = match active.count() {
        0 | 1 => String::new(),
        several => format!(" +{}", several - 1),
    };
    let text = format!(
        "{} {}{others}",
        marker_glyph(MarkerKind::FaultBegan),
        newest.label
    );
    let left = format!("{:>4} left", format::countdown(newest.remaining));
    let rest = pen::right(buf, row, &left, style);
    let rest = if row.width >= 80 {
        let (rest, bar) = pen::cut_right(rest, BAR + 1);
        let whole = newest.plan.lasts.as_secs_f64().max(1e-9);
        let bar = pen::cut_left(bar, BAR).0;
        buf.set_style(bar.intersection(buf.area), theme.fault_band);
        blocks::bar(bar, buf, newest.remaining.as_secs_f64() / whole, style);
        pen::cut_right(rest, 1).0
    } else {
        pen::cut_right(rest, 1).0
    };
    // Beside a long label the target must keep its place.
    let room = rest.width.saturating_sub(18);
    let (_, place) = pen::cut_right(rest, pen::width(&text).min(room));
    pen::left(buf, place, &text, style);
    pen::cut_right(rest, place.width + 3).0
}

/// The pages by name; on narrow screens only the one shown, the others by number.
fn tabs(row: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) -> Rect {
    let theme = scene.theme;
    let numbered = scene
        .snapshot
        .patterns
        .iter()
        .filter_map(|pattern| pattern_row(pattern.key.as_str()));
    let pages = std::iter::once((Page::Overview, String::new(), "Overview"))
        .chain(numbered.map(|row| (Page::Pattern(row.number), row.number.to_string(), row.short)))
        .chain(std::iter::once((Page::Survival, String::new(), "Survival")));
    let mut rest = row;
    for (page, number, name) in pages {
        let shown = page == scene.viewing.page;
        let text = match (number.as_str(), shown || row.width >= 118) {
            ("", _) => name.to_owned(),
            (number, true) => format!("{number} {name}"),
            (number, false) => number.to_owned(),
        };
        let style = if shown {
            theme.accent.patch(underline())
        } else {
            theme.muted
        };
        let place = pen::cut_left(rest, pen::width(&text)).0;
        pen::left(buf, place, &text, style);
        regions.add(place, Hit::Page(page));
        rest = pen::gap(rest, place.width + 3);
    }
    rest
}

fn underline() -> Style {
    Style::new().add_modifier(ratatui::style::Modifier::UNDERLINED)
}

/// A figure of the run in a place of fixed width.
struct Gauge {
    /// Which go first when room is short: the highest.
    rank: u8,
    width: u16,
    text: String,
    style: Style,
}

/// The second line's right half: figures of the run, each in its fixed place.
fn gauges(row: Rect, buf: &mut Buffer, scene: Scene<'_>) {
    let gauges = figures(scene.snapshot, scene.theme);
    let mut room = row.width;
    let mut kept = [false; 6];
    for rank in 0..6 {
        if let Some(n) = gauges.iter().position(|gauge| gauge.rank == rank) {
            if gauges[n].width > room {
                break;
            }
            room -= gauges[n].width;
            kept[n] = true;
        }
    }
    let shown: Vec<&Gauge> = gauges
        .iter()
        .zip(kept)
        .filter_map(|(gauge, kept)| kept.then_some(gauge))
        .collect();
    let whole: u16 = shown.iter().map(|gauge| gauge.width).sum();
    let mut rest = pen::cut_right(row, whole).1;
    for gauge in shown {
        rest = pen::column(buf, rest, gauge.width, &gauge.text, gauge.style);
    }
}

fn figures(snapshot: &Snapshot, theme: &Theme) -> [Gauge; 6] {
    let gauge = |rank: u8, width: u16, text: String, style: Style| Gauge {
        rank,
        width,
        text,
        style,
    };
    let struck = snapshot.faults.iter().any(|fault| fault.active);
    let phase = if struck {
        theme.state(State::Broken)
    } else {
        theme.muted
    };
    let behind =
        snapshot.achieved_rate < snapshot.asked_rate * 0.9 && snapshot.at.as_secs() > 10 && !snapshot.paused;
    let rate = format!(
        "{} of {}",
        format::rate(snapshot.achieved_rate),
        format::rate(snapshot.asked_rate)
    );
    let full = snapshot.in_flight >= snapshot.concurrency_cap;
    let queue = if snapshot.queued > 0 {
        theme.state(State::Strained)
    } else {
        theme.muted
    };
    [
        gauge(4, 12, snapshot.phase.clone(), phase),
        gauge(
            0,
            20,
            rate,
            if behind {
                theme.state(State::Strained)
            } else {
                theme.text
            },
        ),
        gauge(
            3,
            18,
            format!("in flight {:>5}", format::count(snapshot.in_flight)),
            if full {
                theme.state(State::Strained)
            } else {
                theme.text
            },
        ),
        gauge(
            5,
            13,
            format!("queued {:>3}", format::count(snapshot.queued)),
            queue,
        ),
        gauge(2, 21, spend(snapshot), spend_style(snapshot, theme)),
        honesty(snapshot, theme),
    ]
}

fn spend(snapshot: &Snapshot) -> String {
    let spent = format::money(snapshot.spend.spent);
    match snapshot.spend.cap {
        Some(cap) => format!("{spent} of {}", format::money(cap)),
        None => format!("{spent} spent"),
    }
}

fn spend_style(snapshot: &Snapshot, theme: &Theme) -> Style {
    let used = snapshot.spend.cap.map_or(0.0, |cap| {
        snapshot.spend.spent.dollars() / cap.dollars().max(1e-12)
    });
    match used {
        used if used >= 1.0 => theme.state(State::Broken),
        used if used >= 0.8 => theme.state(State::Strained),
        _ => theme.text,
    }
}

/// Quiet while the schedule is kept and nothing is lost, amber else.
fn honesty(snapshot: &Snapshot, theme: &Theme) -> Gauge {
    let honesty = &snapshot.honesty;
    let (text, style) = if honesty.lost_events > 0 {
        (
            format!("{} events lost", format::count(honesty.lost_events)),
            theme.state(State::Strained),
        )
    } else if honesty.on_time {
        ("on time".to_owned(), theme.muted)
    } else {
        (
            format!("late by {}", format::duration(honesty.lag_p99)),
            theme.state(State::Strained),
        )
    };
    Gauge {
        rank: 1,
        width: 20,
        text,
        style,
    }
}
