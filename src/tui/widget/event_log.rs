//! The event log: one fact a line, the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen;
use crate::measure::snapshot::LogEntry;
use crate::patterns::row as pattern_row;
use crate::tui::format;
use crate::tui::theme::{Theme, log_glyph};
use crate::tui::view::{Hit, Regions};
use crate::tui::viewing::LogView;

/// Whether a line passes the filter, letter case aside.
pub fn passes(entry: &LogEntry, filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    let wanted = filter.to_lowercase();
    let pattern = entry.pattern.as_ref().map_or("", |key| key.as_str());
    entry.text.to_lowercase().contains(&wanted) || pattern.contains(&wanted)
}

/// The lines that are shown in so many rows: the newest, or those around the cursor.
pub fn visible<'a>(log: &'a [LogEntry], view: &LogView, rows: usize) -> Vec<&'a LogEntry> {
    let passing = log.iter().filter(|entry| passes(entry, &view.filter));
    let Some(cursor) = view.cursor else {
        let mut newest: Vec<&LogEntry> = passing.rev().take(rows).collect();
        newest.reverse();
        return newest;
    };
    let passing: Vec<&LogEntry> = passing.collect();
    let at = passing.partition_point(|entry| entry.number < cursor);
    let end = (at + rows.div_ceil(2)).max(rows).min(passing.len());
    passing[end.saturating_sub(rows)..end].to_vec()
}

/// Draws the rule that names the log; what is filtered and whether it follows stands in it.
pub fn title(row: Rect, buf: &mut Buffer, theme: &Theme, view: &LogView) -> Rect {
    pen::rule(buf, row, theme.faint);
    let rest = pen::gap(row, 1);
    let rest = pen::left(buf, rest, " events ", theme.strong);
    let rest = if view.cursor.is_some() {
        pen::left(buf, rest, "held ", theme.accent)
    } else {
        rest
    };
    if view.filter.is_empty() && !view.editing {
        return rest;
    }
    let caret = if view.editing { "▏" } else { "" };
    let rest = pen::left(buf, rest, " /", theme.muted);
    pen::left(buf, rest, &format!("{}{caret} ", view.filter), theme.accent)
}

/// Draws the lines and makes them hittable.
pub fn lines(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (log, view): (&[LogEntry], &LogView),
    regions: &mut Regions,
) {
    let shown = visible(log, view, area.height.into());
    if shown.is_empty() {
        let words = if view.filter.is_empty() {
            "nothing yet"
        } else {
            "nothing passes the filter"
        };
        pen::left(buf, pen::gap(pen::row(area, 0), 1), words, theme.muted);
    }
    for (n, entry) in shown.iter().enumerate() {
        let row = pen::row(area, n as u16);
        line(row, buf, theme, entry);
        if view.cursor == Some(entry.number) {
            buf.set_style(row.intersection(buf.area), theme.selected);
            pen::left(buf, row, "▸", theme.accent);
        }
        regions.add(row, Hit::LogLine(entry.number));
    }
}

fn line(row: Rect, buf: &mut Buffer, theme: &Theme, entry: &LogEntry) {
    let style = theme.log(entry.kind);
    let rest = pen::column(buf, row, 9, &format::log_time(entry.at), theme.muted);
    let rest = pen::gap(rest, 2);
    let mut rest = pen::label(buf, rest, 2, log_glyph(entry.kind), style);
    if row.width >= 100 {
        let name = entry.pattern.as_ref().and_then(|key| pattern_row(key.as_str()));
        let (before, place) = pen::cut_right(rest, 18);
        if let (Some(pattern), Some(key)) = (name, &entry.pattern) {
            pen::left(buf, pen::gap(place, 2), pattern.short, theme.pattern(key));
        }
        rest = before;
    }
    let (before, mark) = pen::cut_right(rest, 8);
    let times = if entry.times > 1 {
        format!("×{}", format::count(entry.times))
    } else {
        String::new()
    };
    let place = pen::column(buf, mark, 6, &times, theme.muted);
    if entry.record.is_some() {
        pen::right(buf, place, "⏎", theme.muted);
    }
    pen::left(buf, before, &entry.text, theme.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn the_cursor_is_always_among_the_visible_lines() {
        let log = fixture::faulted().log;
        for cursor in log.iter().map(|entry| entry.number) {
            for rows in 1..30 {
                let view = LogView {
                    cursor: Some(cursor),
                    ..LogView::default()
                };
                let shown = visible(&log, &view, rows);
                assert!(shown.len() <= rows);
                assert!(
                    shown.iter().any(|entry| entry.number == cursor),
                    "{cursor} in {rows} rows"
                );
            }
        }
    }

    #[test]
    fn the_filter_looks_past_letter_case_and_at_the_pattern() {
        let log = fixture::faulted().log;
        let count = |filter: &str| log.iter().filter(|entry| passes(entry, filter)).count();
        assert_eq!(count("BREAKER"), 4);
        assert!(count("fallback") > 4);
        assert_eq!(count("no such words"), 0);
    }
}
