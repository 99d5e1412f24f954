//! Traffic from outside: special is who called, which layer retried, and where attempts went on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::skeleton::{self, GUTTER, Wanted};
use crate::event::sighting::outside::OutsideCaller;
use crate::measure::snapshot::{PatternSnapshot, SpecialView};
use crate::measure::special::outside::{HopLine, Layers, OutsideView};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::pen;

/// Columns of a caller's counts.
const COLUMNS: [(&str, u16); 5] = [
    ("calls", 8),
    ("open", 6),
    ("served", 8),
    ("429", 7),
    ("failed", 8),
];
/// Callers and hops that are always worth a row each.
const LEAST_ROWS: u16 = 2;

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let Some(SpecialView::Outside(view)) = pattern.special.as_deref() else {
        return;
    };
    let (callers, hops) = (view.seen.callers.len() as u16, view.hops.len() as u16);
    let height = |callers: u16, hops: u16| 4 + callers + u16::from(hops > 0) + hops;
    let wanted = Wanted {
        full: height(callers, hops),
        least: height(callers.min(LEAST_ROWS), hops.min(LEAST_ROWS)),
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    let mut room = rooms.special;
    let mut next = || {
        let (row, rest) = pen::cut_top(room, 1);
        room = rest;
        row
    };
    let theme = scene.theme;
    layers(next(), buf, theme, ("last 10s", &view.recent));
    layers(next(), buf, theme, ("whole run", &view.total));
    doubts(next(), buf, theme, view);
    let hops_shown = hops.min(LEAST_ROWS);
    let shown = rooms
        .special
        .height
        .saturating_sub(4 + hops_shown + u16::from(hops > 0));
    heads(next(), buf, theme);
    for line in view.seen.callers.iter().take(shown.max(1).into()) {
        caller(next(), buf, theme, line);
    }
    if hops > 0 {
        pen::label(buf, next(), GUTTER, "went on elsewhere", theme.strong);
        // The latest first: it is what happens now.
        let mut lines: Vec<&HopLine> = view.hops.iter().collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.last_at));
        for line in lines {
            hop(next(), buf, theme, line);
        }
    }
}

/// The Overview's line: `1.42x of it SDK 1.20x loop 1.18x` and hops.
pub fn line(row: Rect, buf: &mut Buffer, theme: &Theme, view: &OutsideView) {
    let rest = amplification(row, buf, theme, &view.recent);
    let hops = format!("{} went elsewhere", format::count(view.recent.failovers));
    pen::left(buf, pen::gap(rest, 2), &hops, theme.muted);
}

fn amplification(row: Rect, buf: &mut Buffer, theme: &Theme, layers: &Layers) -> Rect {
    let style = match layers.amplification() {
        Some(all) if all >= 1.5 => theme.state(State::Strained),
        _ => theme.text,
    };
    let mut rest = pen::left(buf, row, &format::factor(layers.amplification()), style);
    for (name, factor) in [(" SDK ", layers.by_sdk()), (" loop ", layers.by_loop())] {
        rest = pen::left(buf, rest, name, theme.muted);
        rest = pen::left(buf, rest, &format::factor(factor), theme.text);
    }
    rest
}

/// One span: operations, what became of them, and who retried.
fn layers(row: Rect, buf: &mut Buffer, theme: &Theme, (name, layers): (&str, &Layers)) {
    let rest = pen::label(buf, row, GUTTER, name, theme.strong);
    let rest = amplification(rest, buf, theme, layers);
    let lost = layers.lost();
    let style = if lost > 0 {
        theme.state(State::Broken)
    } else {
        theme.muted
    };
    let parts = [
        (
            format!("{} operations", format::count(layers.operations)),
            theme.text,
        ),
        (format!("{} lost", format::count(lost)), style),
        (
            format!("{} saved by a retry", format::count(layers.saved)),
            theme.muted,
        ),
        (
            format!(
                "back-off SDK {} loop {}",
                format::maybe_duration(layers.sdk_backoff.mean()),
                format::maybe_duration(layers.loop_backoff.mean())
            ),
            theme.muted,
        ),
        (
            format!("{} tokens for nothing", format::count(layers.wasted_tokens)),
            theme.muted,
        ),
    ];
    let mut rest = pen::gap(rest, 2);
    for (text, style) in parts {
        if pen::width(&text) > rest.width {
            break;
        }
        rest = pen::gap(pen::left(buf, rest, &text, style), 2);
    }
}

/// How far it can be trusted: what is open, and what could not be told apart.
fn doubts(row: Rect, buf: &mut Buffer, theme: &Theme, view: &OutsideView) {
    let seen = &view.seen;
    let mut rest = pen::label(buf, row, GUTTER, "open", theme.strong);
    let open = format!("{} under way, {} may be repeated", seen.under_way, seen.waiting);
    rest = pen::gap(pen::left(buf, rest, &open, theme.text), 2);
    for (count, words) in [
        (seen.ambiguous, "repeats of several possible"),
        (seen.unheard, "facts lost"),
        (seen.unresolved, "never resolved"),
    ] {
        if count > 0 {
            let text = format!("{} {words}", format::count(count));
            rest = pen::gap(pen::left(buf, rest, &text, theme.state(State::Strained)), 2);
        }
    }
}

fn heads(row: Rect, buf: &mut Buffer, theme: &Theme) {
    let mut rest = pen::label(buf, row, GUTTER, "callers", theme.strong);
    for (title, width) in COLUMNS {
        rest = pen::column(buf, rest, width, title, theme.muted);
    }
}

fn caller(row: Rect, buf: &mut Buffer, theme: &Theme, line: &OutsideCaller) {
    let mut rest = pen::label(buf, row, GUTTER, &line.name, theme.text);
    let counts = [
        line.calls,
        line.in_flight,
        line.served,
        line.throttled,
        line.failed,
    ];
    for ((n, (_, width)), count) in COLUMNS.into_iter().enumerate().zip(counts) {
        let style = match n {
            3 if count > 0 => theme.state(State::Strained),
            4 if count > 0 => theme.state(State::Broken),
            _ => theme.text,
        };
        rest = pen::column(buf, rest, width, &format::count(count), style);
    }
    let key = line.access_key.as_deref().unwrap_or("bearer key");
    pen::left(buf, pen::gap(rest, 2), key, theme.muted);
}

fn hop(row: Rect, buf: &mut Buffer, theme: &Theme, line: &HopLine) {
    let rest = pen::label(buf, row, GUTTER, &format!("  {}", line.from), theme.text);
    let rest = pen::left(buf, rest, "⇄ ", theme.muted);
    let rest = pen::left(buf, rest, &line.to, theme.text);
    let text = format!(
        "{} times, {} answered there, last at {}",
        format::count(line.count),
        format::count(line.answered),
        format::clock(line.last_at)
    );
    pen::left(buf, pen::gap(rest, 2), &text, theme.muted);
}
