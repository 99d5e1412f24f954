//! Batch inference: special are the jobs, their counters and their answers, on the time axis of the
//! online traffic.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::skeleton::{self, GUTTER, Rooms, Wanted};
use crate::event::sighting::JobResult;
use crate::measure::snapshot::{PatternSnapshot, SpecialView};
use crate::measure::special::batch::{BatchView, JobView};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::{job_table, pen};

/// Jobs that are drawn, the newest ones.
const MOST_JOBS: usize = 8;
/// Jobs in the table where there is not much room.
const LEAN_JOBS: u16 = 3;
/// Rows of a page from which every job is told of twice.
const TALL: u16 = 36;
/// Reasons of failure that are named.
const MOST_REASONS: usize = 3;

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let empty = BatchView::default();
    let view = match pattern.special.as_deref() {
        Some(SpecialView::Batch(view)) => view,
        _ => &empty,
    };
    let jobs = shown(view).len() as u16;
    let reasons = reasons(view).len() as u16;
    // Heads, jobs, why some failed, the pace, what came back; on a tall screen each job on the axis.
    let lean = 3 + jobs.clamp(1, LEAN_JOBS) + reasons.min(1);
    let wanted = Wanted {
        full: if area.height >= TALL {
            3 + 2 * jobs.max(1) + reasons
        } else {
            lean
        },
        least: 2 + jobs.clamp(1, LEAN_JOBS),
    };
    if let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) {
        special(buf, scene, view, &rooms);
    }
}

/// The jobs there is room for, oldest first.
fn shown(view: &BatchView) -> &[JobView] {
    &view.jobs[view.jobs.len().saturating_sub(MOST_JOBS)..]
}

fn special(buf: &mut Buffer, scene: Scene<'_>, view: &BatchView, rooms: &Rooms<'_>) {
    let theme = scene.theme;
    let (head, room) = pen::cut_top(rooms.special, 1);
    job_table::heads(head, buf, theme);
    let (room, foot) = pen::cut_bottom(room, 1);
    summary(foot, buf, theme, view);
    let jobs = shown(view);
    if jobs.is_empty() {
        pen::left(buf, pen::row(room, 0), "no job yet", theme.muted);
        return;
    }
    let reasons = reasons(view);
    // On a tall screen all jobs; else the newest, one reason and the pace.
    let beside = (1 + reasons.len().min(1)) as u16;
    let table = jobs.len().min(room.height.saturating_sub(beside).max(1).into());
    for (n, job) in jobs[jobs.len() - table..].iter().enumerate() {
        job_table::job_row(pen::row(room, n as u16), buf, theme, job);
    }
    let (_, mut room) = pen::cut_top(room, table as u16);
    let spare = usize::from(room.height).saturating_sub(1);
    for reason in reasons.iter().take(spare) {
        let (row, below) = pen::cut_top(room, 1);
        let rest = pen::left(buf, row, "✗ ", theme.state(State::Broken));
        pen::left(buf, rest, &pen::fit(reason, rest.width), theme.muted);
        room = below;
    }
    on_the_axis(room, buf, scene, view, rooms);
}

/// Records a second and the jobs' states, beneath the online traffic's charts.
fn on_the_axis(room: Rect, buf: &mut Buffer, scene: Scene<'_>, view: &BatchView, rooms: &Rooms<'_>) {
    if room.is_empty() {
        return;
    }
    let theme = scene.theme;
    let (gutter, plot) = pen::cut_left(pen::row(room, 0), GUTTER);
    let rate: f64 = view.jobs.iter().filter_map(|job| job.rate).sum();
    let rest = pen::label(buf, gutter, 12, "records/s", theme.muted);
    pen::column(buf, rest, 9, &format::rate(rate), theme.text);
    job_table::pace_strip(plot, buf, theme, &view.pace, &rooms.axis);
    let strips = pen::cut_top(room, 1).1;
    let jobs = shown(view);
    let jobs = &jobs[jobs.len().saturating_sub(strips.height.into())..];
    for (n, job) in jobs.iter().enumerate() {
        let (gutter, plot) = pen::cut_left(pen::row(strips, n as u16), GUTTER);
        let rest = pen::label(buf, gutter, 7, &format!("job {}", job.seen.number), theme.muted);
        pen::left(buf, rest, "░ waits ▓ runs", theme.faint);
        job_table::job_strip(plot, buf, theme, job, (&rooms.axis, scene.snapshot.at));
    }
    let height = (jobs.len() as u16 + 1).min(room.height);
    let plot = pen::cut_left(pen::cut_top(room, height).0, GUTTER).1;
    rooms.lines.shade(plot, buf, theme);
    rooms.lines.draw(plot, buf, theme, true);
}

/// Why records or jobs failed, the newest job's first.
fn reasons(view: &BatchView) -> Vec<String> {
    let mut reasons = Vec::new();
    for job in view.jobs.iter().rev() {
        let number = job.seen.number;
        if let Some(message) = &job.seen.message {
            reasons.push(format!("job {number}: {}", without_arn(message)));
        }
        let errors = job.seen.result.iter().flat_map(|result| &result.errors);
        reasons.extend(errors.map(|(reason, times)| format!("job {number}: {times} × {reason}")));
    }
    reasons.truncate(MOST_REASONS);
    reasons
}

/// The service's failure messages begin with an ARN as long as the row.
fn without_arn(message: &str) -> &str {
    message
        .strip_prefix("Batch job arn:")
        .and_then(|rest| rest.split_once(' '))
        .map_or(message, |(_, words)| words)
}

/// What came back and what it cost; how time is compressed; what went wrong with the asking.
fn summary(row: Rect, buf: &mut Buffer, theme: &Theme, view: &BatchView) {
    let mut rest = row;
    if view.time_scale > 1.0 {
        let words = format!("batch time ×{} ", view.time_scale.round());
        rest = pen::left(buf, rest, &words, theme.state(State::Strained));
    }
    if let Some(trouble) = &view.trouble {
        pen::left(
            buf,
            rest,
            &pen::fit(trouble, rest.width),
            theme.state(State::Broken),
        );
        return;
    }
    let (words, state) = returned(view);
    rest = pen::left(buf, rest, &words, theme.state(state));
    let (cost, on_demand) = view.costs();
    if cost.picos() > 0 {
        let words = format!(
            "{}{}, on demand {}",
            if words.is_empty() { "" } else { ", " },
            format::money(cost),
            format::money(on_demand)
        );
        pen::left(buf, rest, &pen::fit(&words, rest.width), theme.text);
    }
}

/// Whether every record came back once. For all jobs whose answers were fetched.
pub fn returned(view: &BatchView) -> (String, State) {
    let results: Vec<&JobResult> = view
        .jobs
        .iter()
        .filter_map(|job| job.seen.result.as_ref())
        .collect();
    if results.is_empty() {
        return (String::new(), State::Idle);
    }
    let sum = |of: fn(&JobResult) -> u64| results.iter().map(|result| of(result)).sum::<u64>();
    let (back, missing) = (sum(|result| result.returned), sum(|result| result.missing));
    let odd = sum(|result| result.repeated) + sum(|result| result.strange);
    let words = match (missing, odd) {
        (0, 0) => format!("{back} back, each once"),
        (missing, 0) => format!("{back} back, {missing} not"),
        (missing, odd) => format!("{back} back, {missing} not, {odd} odd"),
    };
    let state = match (missing, odd) {
        (0, 0) => State::Good,
        (_, 0) => State::Strained,
        _ => State::Broken,
    };
    (words, state)
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
