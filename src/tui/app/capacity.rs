//! The Capacity page: scrolling, and the incident summary.

use super::App;
use crate::capacity;
use crate::tui::effect::Effect;
use crate::tui::viewing::Page;

impl App {
    /// Shows the Capacity page and no other: there is no run.
    pub fn stay_at_capacity(&mut self) {
        self.viewing.alone = true;
        self.viewing.page = Page::Capacity;
        self.came_from = Page::Capacity;
    }

    pub(super) fn scroll_capacity(&mut self, step: i8) -> Vec<Effect> {
        let end = self.drawn.scroll_end;
        let scrolled = self.viewing.scrolled.saturating_add_signed(i16::from(step));
        self.viewing.scrolled = scrolled.min(end);
        Vec::new()
    }

    /// What is known now, as an incident's account.
    pub(super) fn incident(&mut self) -> Vec<Effect> {
        match &self.viewing.capacity {
            Some(known) => vec![Effect::Write(capacity::markdown(known))],
            None => self.say("nothing is known of the account yet: there is nothing to write"),
        }
    }
}
