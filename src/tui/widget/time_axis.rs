//! The one time axis of a page: now at the right edge, the same columns for every chart.
//!
//! Columns are anchored to the run's start, not to the present: a second that has passed stays in
//! its column's company for ever, so a chart scrolls and never shimmers.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::pen;
use crate::clock::Moment;
use crate::measure::snapshot::{Point, Timeline};
use crate::tui::format;
use crate::tui::theme::Theme;

/// Columns of equal time that end at the present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeAxis {
    /// How many columns of cells.
    pub columns: u16,
    /// The time they cover.
    pub span: Duration,
    /// How far behind the present its right edge is.
    behind: Duration,
    nanos_per_column: u64,
    newest: u64,
}

/// What fell into one column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Seconds that fell into it.
    pub seconds: u32,
    /// Shots that ended.
    pub intended: u32,
    /// Of those, answered in full.
    pub succeeded: u32,
    /// Failovers.
    pub failovers: u32,
    /// Mean of the seconds' medians, milliseconds.
    pub p50_ms: Option<f32>,
    /// Worst of the seconds' 99th percentiles, milliseconds.
    pub p99_ms: Option<f32>,
    /// Mean of the seconds' median times to first token, milliseconds.
    pub first_token_ms: Option<f32>,
    /// Prompt tokens read from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the cache.
    pub cache_write: u64,
    /// Prompt tokens in all.
    pub prompt: u64,
    /// Calls served, by the place of the region in the arm's list.
    pub served: [u32; Point::REGIONS],
}

impl Bucket {
    /// Successes over shots; `None` without shots.
    pub fn availability(&self) -> Option<f64> {
        (self.intended > 0).then(|| f64::from(self.succeeded) / f64::from(self.intended))
    }

    /// The share of its shots that a region served; `None` without shots. Below a whole where shots
    /// were lost.
    pub fn served_share(&self, place: usize) -> Option<f64> {
        let served: f64 = self.served.iter().copied().map(f64::from).sum();
        let whole = f64::from(self.intended).max(served);
        (whole > 0.0).then(|| f64::from(self.served[place]) / whole)
    }

    /// The share of its shots that succeeded beyond the first `known` regions.
    pub fn served_beyond(&self, known: usize) -> Option<f64> {
        let counted: f64 = self.served.iter().take(known).copied().map(f64::from).sum();
        let beyond = (f64::from(self.succeeded) - counted).max(0.0);
        (self.intended > 0).then(|| (beyond / f64::from(self.intended)).min(1.0))
    }

    /// Prompt tokens read from the cache over prompt tokens; `None` without any.
    pub fn hit_ratio(&self) -> Option<f64> {
        (self.prompt > 0).then(|| self.cache_read as f64 / self.prompt as f64)
    }

    /// Prompt tokens a second read from the cache or written to it, the greater of the two.
    pub fn cached_rate(&self) -> f64 {
        self.cache_read.max(self.cache_write) as f64 / f64::from(self.seconds.max(1))
    }

    fn add(&mut self, point: &Point) {
        let before = self.seconds as f32;
        let mean = |old: Option<f32>, new: Option<f32>| match (old, new) {
            (Some(old), Some(new)) => Some((old * before + new) / (before + 1.0)),
            (old, new) => new.or(old),
        };
        self.p50_ms = mean(self.p50_ms, point.p50_ms);
        self.first_token_ms = mean(self.first_token_ms, point.first_token_ms);
        self.p99_ms = match (self.p99_ms, point.p99_ms) {
            (Some(old), Some(new)) => Some(old.max(new)),
            (old, new) => new.or(old),
        };
        self.seconds = self.seconds.saturating_add(1);
        self.intended = self.intended.saturating_add(point.intended);
        self.succeeded = self.succeeded.saturating_add(point.succeeded);
        self.failovers = self.failovers.saturating_add(point.failovers);
        self.cache_read += u64::from(point.cache_read);
        self.cache_write += u64::from(point.cache_write);
        self.prompt += u64::from(point.prompt);
        for (sum, served) in self.served.iter_mut().zip(point.served) {
            *sum = sum.saturating_add(served.into());
        }
    }
}

impl TimeAxis {
    /// An axis of so many columns that ends at `now`.
    pub fn new(now: Moment, span: Duration, columns: u16) -> Self {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let nanos_per_column = (nanos / u64::from(columns.max(1))).max(1);
        Self {
            columns,
            span,
            behind: Duration::ZERO,
            nanos_per_column,
            newest: now.as_nanos() / nanos_per_column,
        }
    }

    /// The same, said to end so long before the present.
    #[must_use]
    pub fn ending(self, behind: Duration) -> Self {
        Self { behind, ..self }
    }

    /// The moment at which a column begins.
    pub fn moment(&self, column: u16) -> Moment {
        let back = u64::from(self.columns.saturating_sub(1).saturating_sub(column));
        let place = self.newest.saturating_sub(back);
        Moment::ZERO + Duration::from_nanos(place.saturating_mul(self.nanos_per_column))
    }

    /// The column of a moment; `None` when it lies outside.
    pub fn column(&self, at: Moment) -> Option<u16> {
        let back = self.newest.checked_sub(at.as_nanos() / self.nanos_per_column)?;
        u16::try_from(back)
            .ok()
            .filter(|back| *back < self.columns)
            .map(|back| self.columns - 1 - back)
    }

    /// The column of a moment; what lies before the left edge is at the left edge.
    pub fn column_or_edge(&self, at: Moment) -> u16 {
        let back = self.newest.saturating_sub(at.as_nanos() / self.nanos_per_column);
        let back = u16::try_from(back).unwrap_or(u16::MAX);
        self.columns.saturating_sub(1).saturating_sub(back)
    }

    /// The timeline poured into columns, `parts` (1, or 2 for braille dots) to a cell.
    pub fn buckets(&self, timeline: &Timeline, parts: u16) -> Vec<Bucket> {
        const SECOND: u64 = 1_000_000_000;
        let length = usize::from(self.columns) * usize::from(parts);
        let mut buckets = vec![Bucket::default(); length];
        let width = (self.nanos_per_column / u64::from(parts)).max(1);
        let end = self.newest.saturating_add(1).saturating_mul(u64::from(parts));
        let begin = end.saturating_sub(length as u64);
        // A young run fills the right end alone.
        let offset = (length as u64).saturating_sub(end);
        for point in timeline.points().rev() {
            let from = point.second.saturating_mul(SECOND);
            let first = from / width;
            // A second wider than a column fills all it covers; else it counts in one alone.
            let last = if width >= SECOND {
                first
            } else {
                from.saturating_add(SECOND - 1) / width
            };
            if last < begin {
                break;
            }
            for place in first.max(begin)..=last.min(end.saturating_sub(1)) {
                let index = place - begin + offset;
                if let Some(bucket) = buckets.get_mut(index as usize) {
                    bucket.add(point);
                }
            }
        }
        buckets
    }

    /// Writes the axis under a chart: `2 min ago`, ticks at quarters, `now`.
    pub fn draw(&self, row: Rect, buf: &mut Buffer, theme: &Theme) {
        pen::rule(buf, row, theme.faint);
        for quarter in 1..4 {
            let x = row.x + (u32::from(row.width) * quarter / 4) as u16;
            pen::glyph(buf, x, row.y, "┴", theme.faint);
        }
        let ago = format!("{} ago ", format::round_span(self.span + self.behind));
        pen::left(buf, row, &ago, theme.muted);
        if row.width > 40 {
            let half = format!(" {} ", format::round_span(self.span / 2 + self.behind));
            let (_, from_middle) = pen::cut_left(row, row.width / 2 - pen::width(&half) / 2);
            pen::left(buf, from_middle, &half, theme.muted);
        }
        if self.behind.is_zero() {
            pen::right(buf, row, " now", theme.muted);
        } else {
            let end = format!(" {} ago", format::round_span(self.behind));
            pen::right(buf, row, &end, theme.accent);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn timeline(seconds: u64) -> Timeline {
        let point = |second| Point {
            second,
            intended: 1,
            succeeded: 1,
            p99_ms: Some(second as f32),
            ..Point::default()
        };
        Timeline {
            chunks: Vec::new(),
            open: Arc::new((0..seconds).map(point).collect()),
        }
    }

    #[test]
    fn a_second_stays_with_its_neighbours_while_the_chart_scrolls() {
        let span = Duration::from_secs(120);
        let mut seen: Vec<Vec<f32>> = Vec::new();
        for now in [200_000, 200_700, 201_300, 203_900] {
            let axis = TimeAxis::new(Moment::from_millis(now), span, 50);
            let buckets = axis.buckets(&timeline(200), 1);
            seen.push(buckets.iter().filter_map(|bucket| bucket.p99_ms).collect());
        }
        for later in &seen[1..] {
            let common = seen[0].iter().filter(|value| later.contains(value)).count();
            assert!(common >= 47, "columns were dealt anew: {common} of 50 stayed");
        }
    }

    #[test]
    fn every_second_of_the_span_is_counted_once() {
        let axis = TimeAxis::new(Moment::from_secs(200), Duration::from_secs(120), 60);
        let buckets = axis.buckets(&timeline(200), 2);
        let seconds: u32 = buckets.iter().map(|bucket| bucket.seconds).sum();
        assert_eq!(seconds, 118, "the newest column has just begun");
    }

    #[test]
    fn a_young_run_stands_at_the_right_edge() {
        let axis = TimeAxis::new(Moment::from_secs(10), Duration::from_secs(120), 60);
        let buckets = axis.buckets(&timeline(10), 1);
        let first = buckets.iter().position(|bucket| bucket.seconds > 0);
        assert_eq!(first, Some(54));
        assert_eq!(axis.column(Moment::from_secs(0)), Some(54));
    }

    #[test]
    fn narrow_columns_hold_the_second_they_are_part_of() {
        let axis = TimeAxis::new(Moment::from_secs(30), Duration::from_secs(30), 120);
        let filled = axis
            .buckets(&timeline(30), 1)
            .iter()
            .filter(|bucket| bucket.seconds > 0)
            .count();
        assert!(filled >= 119, "{filled} of 120");
    }
}
