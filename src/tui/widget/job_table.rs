//! Batch jobs, a row each: state, progress, speed, what is left; and the same jobs on the time axis.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::time_axis::TimeAxis;
use super::{blocks, pen};
use crate::clock::Moment;
use crate::event::sighting::JobState;
use crate::measure::special::batch::{JobView, PacePoint};
use crate::tui::format;
use crate::tui::theme::{State, Theme};

const NAME: u16 = 6;
const STATE: u16 = 20;
/// Counters stand in full: up to `100000/100000`.
const PROGRESS: u16 = 14;
const FIGURE: u16 = 7;
/// Columns of the whole table but for its bars.
const WIDTH: u16 = NAME + STATE + PROGRESS + 4 * FIGURE;
/// A bar narrower than this says nothing.
const LEAST_BAR: u16 = 8;
/// And a wider one no more.
const MOST_BAR: u16 = 30;

/// How a job's state is to be looked at. A job is complete when all its records were processed, well
/// or not: one with errors is not simply good.
pub fn state(job: &JobView) -> State {
    match job.seen.state() {
        JobState::Preparing
        | JobState::Uploading
        | JobState::Submitted
        | JobState::Validating
        | JobState::Scheduled => State::Idle,
        JobState::InProgress => State::Good,
        JobState::Completed if job.seen.counts.failed == 0 => State::Good,
        JobState::Completed | JobState::PartiallyCompleted | JobState::Stopping | JobState::Stopped => {
            State::Strained
        }
        JobState::Failed | JobState::Refused | JobState::Expired => State::Broken,
    }
}

/// The heads of the columns.
pub fn heads(row: Rect, buf: &mut Buffer, theme: &Theme) {
    let rest = pen::label(buf, row, NAME, "jobs", theme.strong);
    let rest = pen::label(buf, rest, STATE, "state", theme.muted);
    let rest = pen::column(buf, rest, PROGRESS, "processed", theme.muted);
    let rest = pen::gap(rest, bar_width(row.width));
    ["ok", "failed", "rec/s", "left"]
        .into_iter()
        .fold(rest, |rest, head| {
            pen::column(buf, rest, FIGURE, head, theme.muted)
        });
}

/// One job.
pub fn job_row(row: Rect, buf: &mut Buffer, theme: &Theme, job: &JobView) {
    let counts = job.seen.counts;
    let state = state(job);
    let rest = pen::label(buf, row, NAME, &format!("job {}", job.seen.number), theme.text);
    let (place, rest) = pen::cut_left(rest, STATE);
    let place = pen::label(buf, place, 2, state.glyph(), theme.state(state));
    pen::left(buf, place, job.seen.state().word(), theme.state(state));
    // Before it begins the service counts nothing; what was sent is known.
    let whole = if counts.total > 0 {
        counts.total
    } else {
        job.seen.sent
    };
    let progress = format!("{}/{whole}", counts.processed);
    let rest = pen::column(buf, rest, PROGRESS, &progress, theme.text);
    let (bar, rest) = pen::cut_left(rest, bar_width(row.width));
    if whole > 0 {
        let bar = pen::cut_right(pen::gap(bar, 1), 1).0;
        pen::rule(buf, bar, theme.faint);
        blocks::bar(
            bar,
            buf,
            counts.processed as f64 / whole as f64,
            theme.state(state),
        );
    }
    let rest = pen::column(buf, rest, FIGURE, &counts.succeeded.to_string(), theme.text);
    let failed = if counts.failed > 0 {
        theme.state(State::Broken)
    } else {
        theme.muted
    };
    let rest = pen::column(buf, rest, FIGURE, &counts.failed.to_string(), failed);
    let rate = job.rate.map_or_else(|| format::NONE.to_owned(), format::rate);
    let rest = pen::column(buf, rest, FIGURE, rate.trim_end_matches("/s"), theme.text);
    let left = job
        .left
        .map_or_else(|| format::NONE.to_owned(), format::countdown);
    pen::column(buf, rest, FIGURE, &left, theme.text);
}

/// The bars get what the figures leave.
fn bar_width(width: u16) -> u16 {
    let spare = width.saturating_sub(WIDTH);
    if spare < LEAST_BAR { 0 } else { spare.min(MOST_BAR) }
}

/// A job's states over time: `░` it waits, `▓` it is in progress, its end as a glyph.
pub fn job_strip(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    job: &JobView,
    (axis, now): (&TimeAxis, Moment),
) {
    let history = &job.seen.history;
    for (place, (from, state)) in history.iter().enumerate() {
        let until = history.get(place + 1).map_or(now, |(next, _)| *next);
        if state.is_over() {
            if let Some(column) = axis.column(*from) {
                let end = self::state(job);
                pen::glyph(buf, row.x + column, row.y, end.glyph(), theme.state(end));
            }
            continue;
        }
        if axis.column(until).is_none() {
            continue;
        }
        let (symbol, style) = match state {
            JobState::InProgress => ("▓", theme.state(State::Good)),
            JobState::Stopping => ("▒", theme.state(State::Strained)),
            _ => ("░", theme.muted),
        };
        for column in axis.column_or_edge(*from)..=axis.column_or_edge(until) {
            pen::glyph(buf, row.x + column, row.y, symbol, style);
        }
    }
}

/// Records a second over time, as high as the fastest column on the axis.
pub fn pace_strip(row: Rect, buf: &mut Buffer, theme: &Theme, pace: &[PacePoint], axis: &TimeAxis) {
    let mut columns: Vec<(u64, u64)> = vec![(0, 0); axis.columns.into()];
    for point in pace.iter().rev() {
        let (from, to) = (
            Moment::from_secs(point.second),
            Moment::from_secs(point.second + 1),
        );
        let Some(last) = axis.column(to).or_else(|| axis.column(from)) else {
            if axis.column_or_edge(to) == 0 {
                break;
            }
            continue;
        };
        // A second wider than a column fills all it covers; a column of many seconds has their mean.
        for column in axis.column_or_edge(from)..=last {
            let (records, seconds) = &mut columns[usize::from(column)];
            *records += point.records;
            *seconds += 1;
        }
    }
    let rates: Vec<f64> = columns
        .into_iter()
        .map(|(records, seconds)| records as f64 / seconds.max(1) as f64)
        .collect();
    let most = rates.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return;
    }
    for (column, rate) in rates.into_iter().enumerate() {
        pen::glyph(
            buf,
            row.x + column as u16,
            row.y,
            blocks::level(rate / most),
            theme.fill,
        );
    }
}
