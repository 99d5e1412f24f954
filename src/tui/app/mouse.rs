//! Clicks and the wheel.

use ratatui::layout::Position;

use super::App;
use crate::event::ArmId;
use crate::patterns;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::overlay::Overlay;
use crate::tui::view::Hit;
use crate::tui::viewing::Page;

impl App {
    /// A press on a chart waits for where it is let go: a click, or a part to zoom to.
    pub(super) fn press(&mut self, at: Position) -> Vec<Effect> {
        let on_chart = self.overlay.is_none() && self.drawn.regions.moment_at(at).is_some();
        self.pressed = on_chart.then_some(at);
        if on_chart { Vec::new() } else { self.click(at) }
    }

    pub(super) fn release(&mut self, at: Position) -> Vec<Effect> {
        let Some(pressed) = self.pressed.take() else {
            return Vec::new();
        };
        let row = Position { y: pressed.y, ..at };
        let (one, other) = (
            self.drawn.regions.moment_at(pressed),
            self.drawn.regions.moment_at(row),
        );
        match one.zip(other) {
            Some((one, other)) if pressed.x.abs_diff(at.x) > 1 => self.zoom_to(one, other),
            _ if pressed.x.abs_diff(at.x) > 1 => Vec::new(),
            Some((one, _)) if self.drawn.regions.at(pressed).is_none() => {
                self.point_at(one);
                Vec::new()
            }
            _ => self.click(pressed),
        }
    }

    fn click(&mut self, at: Position) -> Vec<Effect> {
        let hit = self.drawn.regions.at(at);
        if let Some(Hit::Footer(place)) = hit
            && let Some(action) = self.drawn.footer.get(place)
        {
            return self.act(*action);
        }
        if self.overlay.is_some() {
            let outside = self.drawn.dialog.is_some_and(|room| !room.frame.contains(at));
            return if outside { self.back() } else { Vec::new() };
        }
        match hit {
            Some(Hit::Page(Page::Pattern(number))) => self.act(Action::Pattern(number)),
            Some(Hit::Page(page)) => self.open(page),
            Some(Hit::Arm(id)) => self.open_arm(id),
            Some(Hit::LogLine(number)) if self.viewing.log.cursor == Some(number) => {
                self.act(Action::Attempts)
            }
            Some(Hit::LogLine(number)) => {
                self.viewing.log.cursor = Some(number);
                Vec::new()
            }
            Some(Hit::Choice(place)) => self.point(place),
            Some(Hit::Footer(_)) | None => Vec::new(),
        }
    }

    pub(super) fn wheel(&mut self, notches: i8) -> Vec<Effect> {
        let action = match &self.overlay {
            None if self.viewing.page == Page::Decide => Action::Field(notches),
            None if self.viewing.page == Page::Capacity => Action::Scroll(notches),
            None => Action::LogLines(notches),
            Some(Overlay::Inject(_) | Overlay::Palette(_)) => Action::Field(notches),
            Some(Overlay::Help(_) | Overlay::Attempts(_) | Overlay::Score(_) | Overlay::Verdict(_)) => {
                Action::Scroll(notches)
            }
        };
        self.act(action)
    }

    /// Opens the page of a way of calling, with its details.
    fn open_arm(&mut self, id: ArmId) -> Vec<Effect> {
        let mut patterns = self.live.patterns.iter();
        let pattern = patterns.find(|pattern| pattern.arms.iter().any(|arm| arm.id == id));
        let row = pattern.and_then(|pattern| patterns::row(pattern.key.as_str()));
        if let Some(row) = row {
            self.open(Page::Pattern(row.number));
            self.viewing.selected = Some(id);
        }
        Vec::new()
    }
}
