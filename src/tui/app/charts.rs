//! The time axis of all charts together: how much of the run it covers, where it ends, and the
//! cursor on it.

use std::time::Duration;

use super::App;
use crate::clock::Moment;
use crate::tui::effect::Effect;
use crate::tui::format;

/// What the time charts may cover by keys, in seconds.
const SPANS: [u64; 8] = [10, 20, 30, 60, 120, 300, 600, 900];
/// Steps of the cursor across the charts.
const CURSOR_STEPS: u32 = 60;
/// Steps of a whole move of the charts.
const PAN_STEPS: u32 = 4;
/// The least that a drag may zoom to.
const LEAST_SPAN: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

impl App {
    /// Less time on the charts, or more. With a cursor, around it.
    pub(super) fn span(&mut self, step: i8) -> Vec<Effect> {
        let now = self.viewing.span.as_secs();
        let next = if step > 0 {
            SPANS.into_iter().find(|span| *span > now)
        } else {
            SPANS.into_iter().rfind(|span| *span < now)
        };
        let span = Duration::from_secs(next.unwrap_or(now));
        if let Some(cursor) = self.viewing.cursor {
            let right = cursor + span / 2;
            self.viewing.behind = self.bounded(self.shown().at.since(right), span);
        }
        self.viewing.span = span;
        self.viewing.behind = self.bounded(self.viewing.behind, span);
        self.say(format!("charts cover {}", words(span)))
    }

    /// Moves the charts by a quarter of what they show: back for a negative step.
    pub(super) fn pan(&mut self, step: i8) -> Vec<Effect> {
        let quarter = self.viewing.span / PAN_STEPS;
        let by = quarter * u32::from(step.unsigned_abs());
        let behind = if step < 0 {
            self.viewing.behind + by
        } else {
            self.viewing.behind.saturating_sub(by)
        };
        self.viewing.behind = self.bounded(behind, self.viewing.span);
        if self.viewing.behind.is_zero() {
            return self.say("charts end at the present");
        }
        self.say(format!(
            "charts end {} ago",
            format::countdown(self.viewing.behind)
        ))
    }

    /// The cursor appears in the middle of the charts, or goes and the charts end at the present again.
    pub(super) fn toggle_cursor(&mut self) -> Vec<Effect> {
        if self.viewing.cursor.take().is_some() {
            self.viewing.behind = Duration::ZERO;
            return self.say("no cursor");
        }
        let newest = self.shown().at - self.viewing.behind;
        let reach = self.viewing.span / 4;
        self.point_at(newest - reach.min(newest.since(Moment::ZERO) / 2));
        self.say("← → move the cursor, Shift by ten; i or Esc puts it away")
    }

    /// Moves the cursor by steps, left for negative ones; at the edge the charts move with it.
    pub(super) fn move_cursor_by(&mut self, steps: i8) -> Vec<Effect> {
        let Some(cursor) = self.viewing.cursor else {
            return Vec::new();
        };
        let step = (self.viewing.span / CURSOR_STEPS).max(SECOND);
        let by = Duration::from_secs(step.as_secs()) * u32::from(steps.unsigned_abs());
        self.point_at(if steps < 0 { cursor - by } else { cursor + by });
        Vec::new()
    }

    /// Puts the cursor at a moment, and moves the charts as far as it takes to show it.
    pub(super) fn point_at(&mut self, at: Moment) {
        let now = self.shown().at;
        // The second that has begun is not over: it cannot be read yet.
        let newest = now - SECOND;
        let at = at.min(newest);
        let right = now - self.viewing.behind;
        let left = right - self.viewing.span;
        if at > right {
            self.viewing.behind = now.since(at);
        } else if at < left {
            self.viewing.behind = self.bounded(now.since(at + self.viewing.span), self.viewing.span);
        }
        self.viewing.cursor = Some(at);
    }

    /// A part of the charts, chosen with the mouse, fills them.
    pub(super) fn zoom_to(&mut self, one: Moment, other: Moment) -> Vec<Effect> {
        let (from, to) = (one.min(other), one.max(other));
        let now = self.shown().at;
        self.viewing.span = to.since(from).max(LEAST_SPAN);
        self.viewing.behind = self.bounded(now.since(to), self.viewing.span);
        self.say(format!(
            "charts cover {}; Esc shows the present",
            words(self.viewing.span)
        ))
    }

    /// Whether the charts were moved or hold a cursor; then they are as they were at first.
    pub(super) fn leaves_charts(&mut self) -> bool {
        let moved = self.viewing.cursor.take().is_some() || !self.viewing.behind.is_zero();
        self.viewing.behind = Duration::ZERO;
        moved
    }

    /// How far behind the charts may end: the run's begin stays at their left edge at most.
    fn bounded(&self, behind: Duration, span: Duration) -> Duration {
        let whole = self.shown().at.since(Moment::ZERO);
        behind.min(whole.saturating_sub(span))
    }
}

fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < 60 || !seconds.is_multiple_of(60) {
        format!("{seconds}s")
    } else {
        format!("{}min", seconds / 60)
    }
}
