//! The Capacity page: findings, gauges of each quota pool with three hours behind them, and tiles.

#[cfg(test)]
mod tests;
mod tiles;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use crate::capacity::{Capacity, Finding, Metric, PoolReport, RateKind, Source, Urgency, Use};
use crate::tui::format;
use crate::tui::overlay::prose::wrapped;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::{blocks, pen};

/// From this width on the gauges stand beside the findings.
const BESIDE: u16 = 160;
/// Rows that tiles take on a large and on a small screen.
const TILES: u16 = 5;
const TILES_SMALL: u16 = 3;
/// Seconds of the sparkline: three hours.
const SPARK: i64 = 3 * 3_600;

/// Draws the page.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let theme = scene.theme;
    let area = pen::cut_right(pen::gap(area, 1), 1).0;
    let Some(capacity) = &scene.viewing.capacity else {
        return nothing(
            area,
            buf,
            theme,
            "nobody polls an account here: `bedrill capacity` does",
        );
    };
    if capacity.regions.is_empty() {
        return nothing(area, buf, theme, "reading quotas and metrics…");
    }
    title(pen::row(area, 0), buf, theme, capacity);
    let body = pen::cut_top(area, 2).1;
    let rows = if body.height >= 24 { TILES } else { TILES_SMALL };
    let (body, foot) = pen::cut_bottom(body, rows + 1);
    tiles::draw(foot, buf, theme, capacity);
    if body.width >= BESIDE {
        let (left, right) = pen::cut_left(body, body.width * 2 / 5);
        findings(left, buf, scene, capacity, regions);
        gauges(pen::gap(right, 4), buf, theme, capacity);
        return;
    }
    let gauges_take = gauge_rows(capacity).min(body.height / 2);
    let (upper, lower) = pen::cut_bottom(body, gauges_take);
    findings(pen::cut_bottom(upper, 1).0, buf, scene, capacity, regions);
    gauges(lower, buf, theme, capacity);
}

fn nothing(area: Rect, buf: &mut Buffer, theme: &Theme, words: &str) {
    let rest = pen::left(buf, pen::row(area, 0), "capacity", theme.strong);
    pen::left(
        buf,
        rest,
        ", which quota burns, since when, what to do",
        theme.muted,
    );
    pen::left(buf, pen::row(area, 2), words, theme.muted);
}

/// The account, how fresh its regions are, and what the reading cost.
fn title(row: Rect, buf: &mut Buffer, theme: &Theme, capacity: &Capacity) {
    let cost = format!(
        "{} requests, ${:.4}",
        format::count(capacity.calls.count()),
        capacity.calls.dollars()
    );
    let row = pen::cut_right(pen::right(buf, row, &cost, theme.muted), 2).0;
    let rest = pen::left(buf, row, "capacity", theme.strong);
    let mut rest = pen::left(
        buf,
        rest,
        &format!(", {}", capacity.masked_account()),
        theme.muted,
    );
    for line in &capacity.regions {
        let (mark, style) = match (&line.trouble, &line.metrics.trouble, &line.metrics.as_of) {
            (Some(_), ..) => ("✗", theme.state(State::Broken)),
            (None, Some(_), _) => ("!", theme.state(State::Strained)),
            (None, None, None) => ("…", theme.muted),
            (None, None, Some(_)) => ("●", theme.state(State::Good)),
        };
        let age = line.metrics.age(capacity.at);
        let age = age.map_or_else(|| "not read".to_owned(), |age| format!("{} ago", seconds(age)));
        rest = pen::left(buf, pen::gap(rest, 2), mark, style);
        rest = pen::left(
            buf,
            pen::gap(rest, 1),
            line.region.as_str(),
            theme.region(&line.region),
        );
        rest = pen::left(buf, pen::gap(rest, 1), &age, theme.muted);
    }
}

/// An age in a few letters.
fn seconds(age: i64) -> String {
    format::countdown(std::time::Duration::from_secs(age.unsigned_abs()))
}

/// A line of text, and the glyph before it where a finding begins.
type TextLine = (String, Style, Option<(&'static str, Style)>);

fn findings(area: Rect, buf: &mut Buffer, scene: Scene<'_>, capacity: &Capacity, regions: &mut Regions) {
    let theme = scene.theme;
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<TextLine> = Vec::new();
    for finding in &capacity.findings {
        let state = theme.state(state_of(finding.urgency));
        for (n, line) in wrapped(&finding.title, width, 0).into_iter().enumerate() {
            let glyph = (n == 0).then_some((glyph_of(finding.urgency), state));
            lines.push((line, theme.text, glyph));
        }
        let mut say = |words: &str, style: Style| {
            lines.extend(
                wrapped(words, width, 2)
                    .into_iter()
                    .map(|line| (line, style, None)),
            );
        };
        // On a small screen the quota and the first thing to do must be seen.
        let mut steps = finding.steps.iter().map(|step| format!("→ {}", step.words()));
        if let Some(line) = headline(finding, capacity.at) {
            say(&line, theme.muted);
        }
        if let Some(step) = steps.next() {
            say(&step, theme.accent);
        }
        for line in finding.seen.iter().chain(&finding.would_tell) {
            say(line, theme.muted);
        }
        for step in steps {
            say(&step, theme.muted);
        }
    }
    let end = (lines.len() as u16).saturating_sub(area.height);
    regions.scrolls_to(end);
    let from = usize::from(scene.viewing.scrolled.min(end));
    for (n, (line, style, glyph)) in lines.iter().skip(from).take(area.height.into()).enumerate() {
        let row = pen::row(area, n as u16);
        if let Some((glyph, state)) = glyph {
            pen::left(buf, row, glyph, *state);
        }
        pen::left(buf, pen::gap(row, 2), line, *style);
    }
    if end > from as u16 {
        let last = pen::row(area, area.height.saturating_sub(1));
        pen::right(buf, last, " ↓ more", theme.accent);
    }
}

/// Quota, since when, how much is left.
fn headline(finding: &Finding, now: i64) -> Option<String> {
    let since = finding
        .since
        .map(|since| format!("since {} ago", seconds(now - since)));
    let left = finding
        .left
        .map(|left| format!("{} left", format::count(left as u64)));
    let quota = finding.quota.clone();
    let parts: Vec<String> = [quota, since, left].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

const fn state_of(urgency: Urgency) -> State {
    match urgency {
        Urgency::Burning => State::Broken,
        Urgency::Soon | Urgency::Blind | Urgency::Strained => State::Strained,
        Urgency::Note => State::Idle,
        Urgency::Well => State::Good,
    }
}

const fn glyph_of(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Burning => "✗",
        Urgency::Soon => "▲",
        Urgency::Blind => "?",
        Urgency::Strained => "!",
        Urgency::Note => "·",
        Urgency::Well => "●",
    }
}

fn gauge_rows(capacity: &Capacity) -> u16 {
    let rows: usize = capacity.pools.iter().map(|pool| pool.uses.len().max(1)).sum();
    (rows as u16).saturating_add(1)
}

/// A row for each quota: its pool, the share in use, the figures, three hours of it.
fn gauges(area: Rect, buf: &mut Buffer, theme: &Theme, capacity: &Capacity) {
    const BAR: u16 = 12;
    let wide = area.width >= 100;
    let name_width = if wide { 47 } else { 30 };
    let head = pen::row(area, 0);
    let rest = pen::label(buf, head, name_width, "quota, each minute", theme.muted);
    let rest = pen::column(buf, rest, 5, "used", theme.muted);
    let rest = pen::gap(rest, BAR + 2);
    let rest = pen::column(buf, rest, 7, "now", theme.muted);
    let rest = pen::column(buf, rest, 8, "peak", theme.muted);
    let rest = pen::column(buf, rest, 8, "of", theme.muted);
    pen::left(buf, pen::gap(rest, 2), "last 3 h", theme.muted);
    let rows: usize = capacity.pools.iter().map(|pool| pool.uses.len()).sum();
    // Whole rows only; the last one says that there are more.
    let room = area
        .height
        .saturating_sub(1 + u16::from(rows as u16 + 1 > area.height));
    let mut at = 1;
    'pools: for pool in &capacity.pools {
        for (n, used) in pool.uses.iter().enumerate() {
            if at > room {
                break 'pools;
            }
            let row = pen::row(area, at);
            at += 1;
            let name = if n == 0 { pool.title() } else { String::new() };
            let rest = pen::label(buf, row, name_width - 5, &name, theme.text);
            let rest = pen::label(buf, rest, 5, &format!(" {}", used.rate.short()), theme.muted);
            let style = theme.state(strain(used));
            let share = used.share().map_or_else(
                || "-".to_owned(),
                |share| format!("{:.0}%", share.min(9.99) * 100.0),
            );
            let rest = pen::column(buf, rest, 5, &share, style);
            let (bar, rest) = pen::cut_left(pen::gap(rest, 1), BAR);
            blocks::bar(bar, buf, used.share().unwrap_or(0.0), style);
            let count = |value: Option<f64>| {
                value.map_or_else(|| "-".to_owned(), |value| format::count(value.max(0.0) as u64))
            };
            let rest = pen::column(buf, pen::gap(rest, 1), 7, &count(used.now), theme.text);
            let rest = pen::column(buf, rest, 8, &count(used.peak), theme.muted);
            let mark = if used.source == Source::Applied { "" } else { "?" };
            let rest = pen::column(
                buf,
                rest,
                8,
                &format!("{}{mark}", count(Some(used.limit))),
                theme.text,
            );
            spark(pen::gap(rest, 2), buf, theme, (pool, used));
        }
    }
    let shown = usize::from(at - 1);
    if rows > shown {
        let words = format!("{} more, less used", rows - shown);
        pen::left(buf, pen::row(area, at), &words, theme.muted);
    }
}

fn strain(used: &Use) -> State {
    match used.share() {
        None => State::Idle,
        Some(share) if share >= 0.95 => State::Broken,
        Some(share) if share >= 0.8 || used.forecast.is_some() => State::Strained,
        Some(_) => State::Good,
    }
}

/// Three hours of a quota's use, the peak of each column; throttled columns in red.
fn spark(row: Rect, buf: &mut Buffer, theme: &Theme, (pool, used): (&PoolReport, &Use)) {
    let metric = match used.rate {
        RateKind::Requests => Metric::Invocations,
        RateKind::Tokens => Metric::QuotaUse,
        RateKind::Daily => return,
    };
    let columns = i64::from(row.width.min(60));
    if columns == 0 {
        return;
    }
    let none = crate::capacity::Minutes::new();
    let series = pool.sum.series.get(&metric).unwrap_or(&none);
    let throttles = pool.sum.series.get(&Metric::Throttles).unwrap_or(&none);
    let top = used.limit.min(used.peak.unwrap_or(used.limit) * 1.1).max(1.0);
    let from = pool.last + 60 - SPARK;
    for column in 0..columns {
        let span = from + SPARK * column / columns..from + SPARK * (column + 1) / columns;
        let peak = series
            .range(span.clone())
            .map(|(_, value)| *value)
            .fold(0.0, f64::max);
        let is_throttled = throttles.range(span).any(|(_, count)| *count > 0.0);
        let style = if is_throttled {
            theme.state(State::Broken)
        } else {
            theme.line
        };
        let level = if is_throttled {
            (peak / top).max(0.15)
        } else {
            peak / top
        };
        pen::glyph(buf, row.x + column as u16, row.y, blocks::level(level), style);
    }
}
