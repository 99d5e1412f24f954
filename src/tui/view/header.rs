//! The header, the same on every page: what runs where, what is broken, and whether the figures
//! may be believed. Parts drop by width, the least important first; the target never does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Hit, Regions, gauges};
use crate::capacity;
use crate::measure::snapshot::{FaultStatus, MarkerKind, Recording};
use crate::patterns::row as pattern_row;
use crate::replay::Playing;
use crate::tui::format;
use crate::tui::panel::Scene;
use crate::tui::theme::{State, Theme, marker_glyph};
use crate::tui::viewing::Page;
use crate::tui::widget::{blocks, pen};

/// Rows of the header, the rule under it included.
pub const ROWS: u16 = 3;
/// Width from which tabs show the patterns' names.
const NAMED_TABS: u16 = 110;
/// Columns that names leave to the gauges: rate and honesty at least.
const GAUGES: u16 = 34;
/// Columns between two parts.
const GAP: u16 = 3;

/// Draws the header.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let inset = |n: u16| pen::cut_right(pen::gap(pen::row(area, n), 1), 1).0;
    run(inset(0), buf, scene);
    let rest = tabs(inset(1), buf, scene, regions);
    if !scene.viewing.alone {
        gauges::draw(rest, buf, scene.theme, scene.snapshot);
    }
    pen::rule(buf, pen::row(area, 2), scene.theme.faint);
}

/// The first line: the run at the left, the fault and the clock at the right.
fn run(row: Rect, buf: &mut Buffer, scene: Scene<'_>) {
    let (theme, snapshot) = (scene.theme, scene.snapshot);
    let info = &snapshot.run;
    let rest = clock(row, buf, scene);
    let rest = badges(rest, buf, scene);
    let rest = fault(rest, buf, theme, &snapshot.faults);
    let real = info.target.starts_with("local");
    let target = if real {
        theme.text
    } else {
        theme.state(State::Strained)
    };
    let seed = if scene.viewing.alone {
        String::new()
    } else {
        format!("seed {}", info.seed)
    };
    let struck = snapshot.faults.iter().any(|fault| fault.active);
    let phase = if struck {
        theme.state(State::Broken)
    } else {
        theme.muted
    };
    let assumed = match info.assumptions.len() {
        0 => String::new(),
        1 => "1 assumption".to_owned(),
        several => format!("{several} assumptions"),
    };
    // Each with its rank: the lowest stays longest.
    let parts = [
        (3, "bedrill", theme.accent),
        (1, info.scenario.as_str(), theme.strong),
        (0, info.target.as_str(), target),
        (4, seed.as_str(), theme.muted),
        (2, snapshot.phase.as_str(), phase),
        (5, assumed.as_str(), theme.muted),
    ];
    let mut room = rest.width;
    let mut by_rank = parts;
    by_rank.sort_by_key(|(rank, _, _)| *rank);
    let kept = by_rank
        .iter()
        .take_while(|(rank, text, _)| {
            let wide = pen::width(text) + GAP;
            let fits = wide <= room || *rank == 0;
            room = room.saturating_sub(wide);
            fits
        })
        .count();
    let mut rest = rest;
    for (rank, text, style) in parts {
        if rank < kept && !text.is_empty() {
            rest = pen::gap(pen::left(buf, rest, text, style), GAP);
        }
    }
}

/// The moment shown; in a replay also how long the recording is.
fn clock(row: Rect, buf: &mut Buffer, scene: Scene<'_>) -> Rect {
    if let Some(known) = scene.viewing.capacity.as_ref().filter(|_| scene.viewing.alone) {
        return pen::right(buf, row, &capacity::time(known.at), scene.theme.text);
    }
    let at = format::clock(scene.snapshot.at);
    let Some(playing) = &scene.viewing.replay else {
        return pen::right(buf, row, &at, scene.theme.text);
    };
    let of = format!(" of {}", format::clock(playing.end));
    let rest = pen::right(buf, row, &of, scene.theme.muted);
    pen::right(buf, rest, &at, scene.theme.text)
}

/// A replay: whether it plays, of which day, how fast.
fn replay_badge(playing: &Playing, narrow: bool) -> String {
    let sign = match playing {
        Playing { seeks: true, .. } => "»",
        Playing { plays: true, .. } => "▶",
        _ => "❚❚",
    };
    let speed = playing.speed;
    if narrow {
        return format!("{sign} replay {speed}");
    }
    let date = playing.began.strftime("%Y-%m-%d %H:%M");
    format!("{sign} replay {date}, {speed}")
}

/// What changes how everything else is to be read: frozen, paused, virtual, done; and the recording.
fn badges(row: Rect, buf: &mut Buffer, scene: Scene<'_>) -> Rect {
    let (theme, snapshot) = (scene.theme, scene.snapshot);
    let frozen = scene
        .viewing
        .frozen
        .map(|behind| format!("❚❚ frozen, {} ago", format::countdown(behind)));
    let replay = scene.viewing.replay.as_ref();
    let replay = replay.map(|playing| replay_badge(playing, row.width < 96));
    let (tape, tape_style) = match snapshot.recording {
        Recording::On if row.width >= NAMED_TABS && replay.is_none() => ("rec", theme.muted),
        Recording::On | Recording::Off => ("", theme.muted),
        Recording::Incomplete => ("rec incomplete", theme.state(State::Strained)),
        Recording::Stopped => ("rec stopped", theme.state(State::Broken)),
    };
    let badges = [
        (
            replay.is_some(),
            replay.as_deref().unwrap_or_default(),
            theme.accent,
        ),
        (!tape.is_empty(), tape, tape_style),
        (snapshot.run.virtual_time, "virtual time", theme.muted),
        (snapshot.finished && replay.is_none(), "done", theme.accent),
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
    let left = format!("{:>6}", format::countdown(newest.remaining));
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

/// The pages by name; on narrow screens the patterns by number alone.
fn tabs(row: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) -> Rect {
    let theme = scene.theme;
    let named = pages(scene, true);
    let takes: u16 = named.iter().map(|(_, name)| pen::width(name) + 2).sum();
    let pages = if row.width >= NAMED_TABS && takes + GAUGES <= row.width {
        named
    } else {
        pages(scene, false)
    };
    let mut rest = row;
    for (n, (page, name)) in pages.into_iter().enumerate() {
        rest = pen::gap(rest, if n > 0 { 2 } else { 0 });
        let style = if page == scene.viewing.page {
            theme.accent.add_modifier(Modifier::UNDERLINED)
        } else {
            theme.muted
        };
        let place = pen::cut_left(rest, pen::width(&name)).0;
        rest = pen::left(buf, rest, &name, style);
        regions.add(place, Hit::Page(page));
    }
    rest
}

/// Every page of the run, its pattern's name or its number alone.
fn pages(scene: Scene<'_>, named: bool) -> Vec<(Page, String)> {
    if scene.viewing.alone {
        return vec![(Page::Capacity, "Capacity".to_owned())];
    }
    let patterns = scene.snapshot.patterns.iter();
    let numbered = patterns
        .filter_map(|pattern| pattern_row(pattern.key.as_str()))
        .map(|known| {
            let name = if named {
                format!("{} {}", known.number, known.short)
            } else {
                known.number.to_string()
            };
            (Page::Pattern(known.number), name)
        });
    std::iter::once((Page::Overview, "Overview".to_owned()))
        .chain(numbered)
        .chain([
            (Page::Survival, "Survival".to_owned()),
            (Page::Decide, "Decide".to_owned()),
            (Page::Capacity, "Capacity".to_owned()),
        ])
        .collect()
}
