//! The event log's cursor and filter, and the attempt tree behind a line.

use std::sync::Arc;

use super::App;
use crate::measure::snapshot::LogEntry;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::{Attempts, Overlay};
use crate::tui::widget::event_log;

/// Characters of a filter.
const FILTER_MOST: usize = 40;

impl App {
    pub(super) fn in_log(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Filter => self.viewing.log.editing = true,
            Action::FilterKeep => self.viewing.log.editing = false,
            Action::FilterDrop => {
                self.viewing.log.editing = false;
                self.viewing.log.filter.clear();
            }
            Action::FilterErase => {
                self.viewing.log.filter.pop();
            }
            Action::LogLines(step) => self.move_cursor(step),
            Action::LogOldest => {
                self.viewing.log.cursor = self.lines().first().map(|entry| entry.number);
            }
            Action::LogNewest => self.viewing.log.cursor = None,
            Action::Attempts => return self.open_attempts(),
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn type_in(&mut self, c: char) -> Vec<Effect> {
        if let Some(Overlay::Palette(palette)) = &mut self.overlay {
            palette.type_in(c);
            return Vec::new();
        }
        let filter = &mut self.viewing.log.filter;
        if !c.is_control() && filter.chars().count() < FILTER_MOST {
            filter.push(c);
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if self.mode().typing {
            for c in text.chars().take(FILTER_MOST) {
                self.type_in(c);
            }
        }
        Vec::new()
    }

    /// The lines on the screen's log, oldest first.
    pub(super) fn lines(&self) -> Vec<&LogEntry> {
        let filter = &self.viewing.log.filter;
        self.shown()
            .log
            .iter()
            .filter(|entry| event_log::passes(entry, filter))
            .collect()
    }

    fn move_cursor(&mut self, step: i8) {
        let lines = self.lines();
        let newest = lines.len().saturating_sub(1);
        // A cursor on a line that is gone stands before the next one that is left.
        let place = self.viewing.log.cursor.map_or(lines.len(), |cursor| {
            lines.partition_point(|entry| entry.number < cursor)
        });
        let wanted = place.saturating_add_signed(isize::from(step));
        let past_the_end = step > 0 && wanted > newest;
        let cursor = lines.get(wanted.min(newest)).map(|entry| entry.number);
        self.viewing.log.cursor = if past_the_end { None } else { cursor };
    }

    fn open_attempts(&mut self) -> Vec<Effect> {
        let entry = match self.viewing.log.cursor {
            Some(cursor) => self.lines().into_iter().find(|entry| entry.number == cursor),
            None => self.lines().into_iter().rfind(|entry| entry.record.is_some()),
        };
        let opened = entry.and_then(attempts_of);
        match opened {
            Some(attempts) => self.show(Overlay::Attempts(attempts)),
            None if self.viewing.log.cursor.is_some() => {
                self.say("no finished request stands behind this event: ↑ ↓ pick another")
            }
            None => self.say("no event with a finished request behind it yet"),
        }
    }

    /// The attempts of the next request in the log, older for a negative step.
    pub(super) fn other_request(&mut self, step: i8) -> Vec<Effect> {
        let Some(Overlay::Attempts(open)) = &self.overlay else {
            return Vec::new();
        };
        let number = open.log_line();
        let lines = self.lines();
        let mut others = lines.into_iter().filter(|entry| entry.record.is_some());
        let next = if step < 0 {
            others.rfind(|entry| entry.number < number)
        } else {
            others.find(|entry| entry.number > number)
        };
        if let Some((number, attempts)) = next.and_then(|entry| Some((entry.number, attempts_of(entry)?))) {
            self.viewing.log.cursor = Some(number);
            self.overlay = Some(Overlay::Attempts(attempts));
        }
        Vec::new()
    }
}

fn attempts_of(entry: &LogEntry) -> Option<Attempts> {
    let record = entry.record.as_ref()?;
    Some(Attempts::new(entry.number, Arc::clone(record)))
}
