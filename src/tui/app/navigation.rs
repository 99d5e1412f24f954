//! Where to look: pages, ways of calling, spans, scales, themes, and the way back out.

use super::App;
use crate::event::ArmId;
use crate::patterns::numbered;
use crate::tui::deciding::Deciding;
use crate::tui::effect::Effect;
use crate::tui::theme::ThemeName;
use crate::tui::viewing::Page;

impl App {
    pub(super) fn open(&mut self, page: Page) -> Vec<Effect> {
        if self.viewing.alone && page != Page::Capacity {
            return self.say("there is no run here: `bedrill` alone has the other pages");
        }
        if page == Page::Decide && self.viewing.deciding.is_none() {
            self.viewing.deciding = Some(Deciding::new(&self.catalog));
        }
        if page != self.viewing.page {
            self.viewing.page = page;
            self.viewing.selected = None;
            self.answer = None;
        }
        Vec::new()
    }

    pub(super) fn open_pattern(&mut self, number: u8) -> Vec<Effect> {
        let Some(row) = numbered(number) else {
            return Vec::new();
        };
        if !self.live.patterns.iter().any(|pattern| pattern.key == row.key) {
            if row.key == "outside" {
                return self.say("8 Traffic from outside: not part of this run; docs/outside.md tells how");
            }
            let scenario = match row.key {
                "cross-region" | "fallback" => "quickstart",
                key => key,
            };
            return self.say(format!(
                "{number} {}: not part of this run; `bedrill {scenario}` has it",
                row.title
            ));
        }
        self.open(Page::Pattern(number))
    }

    /// Opens a page that is looked at in passing, or goes back to where one came from.
    pub(super) fn toggle(&mut self, page: Page) -> Vec<Effect> {
        if self.viewing.page == page && !self.viewing.alone {
            return self.open(self.came_from);
        }
        if !matches!(self.viewing.page, Page::Survival | Page::Decide | Page::Capacity) {
            self.came_from = self.viewing.page;
        }
        self.open(page)
    }

    pub(super) fn back(&mut self) -> Vec<Effect> {
        let log = &mut self.viewing.log;
        if self.overlay.take().is_some() {
        } else if !log.filter.is_empty() {
            log.filter.clear();
        } else if log.cursor.is_some() {
            log.cursor = None;
        } else if self.leaves_charts() {
            return self.say("charts end at the present");
        } else if self.frozen.is_some() {
            return self.freeze();
        } else if self.viewing.page != Page::Overview && !self.viewing.alone {
            return self.open(Page::Overview);
        } else {
            return self.say("q leaves bedrill, ? explains this page");
        }
        Vec::new()
    }

    pub(super) fn log_scale(&mut self) -> Vec<Effect> {
        self.viewing.log_scale = !self.viewing.log_scale;
        let scale = if self.viewing.log_scale {
            "logarithmic"
        } else {
            "linear"
        };
        self.say(format!("latency charts are {scale}"))
    }

    pub(super) fn next_theme(&mut self) -> Vec<Effect> {
        if !self.colour {
            return self.say("NO_COLOR is set: the theme stays plain");
        }
        // The person's own theme stands before the first of the built-in ones.
        if self.wears_own {
            self.wears_own = false;
            self.theme = ThemeName::Dark;
        } else if self.own_theme.is_some() && self.theme.next() == ThemeName::Dark {
            self.wears_own = true;
            return self.say("theme: your own");
        } else {
            self.theme = self.theme.next();
        }
        self.say(format!("theme: {}", self.theme.key()))
    }

    pub(super) fn select_arm(&mut self, step: isize) -> Vec<Effect> {
        let Some(pattern) = self.pattern_shown() else {
            return Vec::new();
        };
        let ids: Vec<ArmId> = pattern.arms.iter().map(|arm| arm.id).collect();
        let selected = self.arm_shown().map(|arm| arm.id);
        let place = ids.iter().position(|id| Some(*id) == selected).unwrap_or(0);
        let next = place.cast_signed() + step;
        let next = next.rem_euclid(ids.len().max(1).cast_signed()).cast_unsigned();
        self.viewing.selected = ids.get(next).copied();
        Vec::new()
    }
}
