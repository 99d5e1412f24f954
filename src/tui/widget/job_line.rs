//! Batch in one row, for the Overview.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{job_table, pen};
use crate::measure::special::batch::BatchView;
use crate::tui::format;
use crate::tui::theme::Theme;

/// The line of the Overview: the newest job that goes on, else the newest.
pub fn job_line(row: Rect, buf: &mut Buffer, theme: &Theme, view: &BatchView) {
    let open = view.jobs.iter().rev().find(|job| !job.seen.state().is_over());
    let Some(job) = open.or(view.jobs.last()) else {
        pen::left(buf, row, "no job yet", theme.muted);
        return;
    };
    let state = job_table::state(job);
    let counts = job.seen.counts;
    let rest = pen::left(buf, row, &format!("job {} ", job.seen.number), theme.muted);
    let words = format!("{} {}", state.glyph(), job.seen.state().word());
    let rest = pen::left(buf, rest, &words, theme.state(state));
    let whole = if counts.total > 0 {
        counts.total
    } else {
        job.seen.sent
    };
    let mut words = format!("  {}/{whole}", counts.processed);
    // Writing to a String cannot fail.
    if counts.failed > 0 {
        let _ = write!(words, ", {} failed", counts.failed);
    }
    if let Some(rate) = job.rate {
        let _ = write!(words, ", {}", format::rate(rate));
    }
    if view.time_scale > 1.0 {
        let _ = write!(words, ", time ×{}", view.time_scale.round());
    }
    pen::left(buf, rest, &pen::fit(&words, rest.width), theme.text);
}
