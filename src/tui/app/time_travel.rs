//! A view that stands still, and is moved back and forth in time, while traffic goes on.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use crate::clock::Moment;
use crate::measure::Snapshot;
use crate::tui::effect::Effect;

impl App {
    /// Freezes a live view at the present, thaws a frozen one.
    pub(super) fn freeze(&mut self) -> Vec<Effect> {
        if self.frozen.take().is_some() {
            self.pinned = None;
            return self.say("live again");
        }
        self.frozen = Some(Arc::clone(&self.live));
        self.pinned = Some(Arc::clone(&self.live));
        self.say("frozen while traffic goes on: ← → move in time, z goes live")
    }

    pub(super) fn scrub_back(&mut self, seconds: u16) -> Vec<Effect> {
        let shown = self.shown().at;
        let target = shown - Duration::from_secs(u64::from(seconds));
        if self.history.oldest().is_none_or(|oldest| oldest >= shown) {
            return self.say("this is the oldest second that is kept");
        }
        self.travel(target)
    }

    pub(super) fn scrub_forth(&mut self, seconds: u16) -> Vec<Effect> {
        let target = self.shown().at + Duration::from_secs(u64::from(seconds));
        if target >= self.live.at {
            self.frozen = Some(Arc::clone(&self.live));
            self.pinned = Some(Arc::clone(&self.live));
            return self.say("this is the present; z goes live");
        }
        self.travel(target)
    }

    fn travel(&mut self, target: Moment) -> Vec<Effect> {
        let frame = self.history.at(target, self.source(target));
        if frame.is_some() {
            self.frozen = frame;
            self.answer = None;
        }
        Vec::new()
    }

    /// Where the log and the timelines of a frame are read from: the snapshot of the freeze has
    /// lost the least of what is older than it.
    fn source(&self, target: Moment) -> &Snapshot {
        self.pinned
            .as_deref()
            .filter(|pinned| pinned.at >= target)
            .unwrap_or(&self.live)
    }
}
