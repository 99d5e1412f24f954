//! A view that stands still, and is moved back and forth in time, while traffic goes on.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use crate::clock::Moment;
use crate::measure::Snapshot;
use crate::tui::effect::Effect;

/// A view that stands still.
#[derive(Clone, Debug)]
pub(super) struct Frozen {
    /// What is on the screen.
    pub(super) shown: Arc<Snapshot>,
    /// The snapshot of the freeze. Of what is older it has lost less than any later one.
    pinned: Arc<Snapshot>,
}

impl App {
    /// Freezes a live view at the present, thaws a frozen one.
    pub(super) fn freeze(&mut self) -> Vec<Effect> {
        if self.frozen.take().is_some() {
            return self.say("live again");
        }
        self.freeze_at_present();
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
            self.freeze_at_present();
            return self.say("this is the present; z goes live");
        }
        self.travel(target)
    }

    fn freeze_at_present(&mut self) {
        self.frozen = Some(Frozen {
            shown: Arc::clone(&self.live),
            pinned: Arc::clone(&self.live),
        });
    }

    fn travel(&mut self, target: Moment) -> Vec<Effect> {
        let Some(frozen) = &mut self.frozen else {
            return Vec::new();
        };
        let source = if frozen.pinned.at >= target {
            &frozen.pinned
        } else {
            &self.live
        };
        if let Some(frame) = self.history.at(target, source) {
            frozen.shown = frame;
            self.answer = None;
        }
        Vec::new()
    }
}
