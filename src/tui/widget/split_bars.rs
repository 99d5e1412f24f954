//! Where a request's time goes: the mean latency of the last window, part by part.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{blocks, pen};
use crate::measure::snapshot::SplitView;
use crate::tui::format;
use crate::tui::theme::{State, Theme};

/// Rows it takes in full: a title and a row for each part.
pub const ROWS: u16 = 7;

/// A part of the latency: its name, its time, whether it is a sign of trouble.
type Part = (&'static str, Duration, bool);

fn parts(split: &SplitView) -> [Part; 6] {
    [
        ("lag", split.lag, true),
        ("queue", split.queue, true),
        ("attempts", split.attempts, true),
        ("backoff", split.backoff, true),
        ("first token", split.first_token, false),
        ("stream", split.stream, false),
    ]
}

/// Draws a row for each part. Time that is not spent on the answer itself is amber once it takes
/// a tenth of the whole.
pub fn split_bars(area: Rect, buf: &mut Buffer, theme: &Theme, split: &SplitView) {
    let parts = parts(split);
    let whole = parts
        .iter()
        .fold(Duration::ZERO, |whole, (_, time, _)| whole.saturating_add(*time));
    let head = pen::row(area, 0);
    let rest = pen::left(buf, head, "where a request's time goes", theme.strong);
    let mean = if whole.is_zero() {
        format::NONE.to_owned()
    } else {
        format::duration(whole)
    };
    pen::left(buf, rest, ", mean", theme.muted);
    pen::right(buf, head, &mean, theme.text);
    for (n, (name, time, trouble)) in parts.into_iter().enumerate() {
        let row = pen::row(area, n as u16 + 1);
        if row.is_empty() {
            break;
        }
        let share = if whole.is_zero() {
            0.0
        } else {
            time.as_secs_f64() / whole.as_secs_f64()
        };
        let style = if trouble && share >= 0.1 {
            theme.state(State::Strained)
        } else {
            theme.part(if trouble { 5 } else { n % 2 })
        };
        let text = if whole.is_zero() {
            format::NONE.to_owned()
        } else {
            format::duration(time)
        };
        let rest = pen::label(buf, row, 12, name, theme.muted);
        let rest = pen::column(buf, rest, 7, &text, theme.text);
        blocks::bar(pen::gap(rest, 2), buf, share, style);
    }
}
