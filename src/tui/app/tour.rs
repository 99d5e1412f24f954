//! The guided tour: its steps open pages and press keys, as a person would.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::App;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::keymap::{self, Meaning};

impl App {
    /// What the tour does now that the run is so far.
    pub(super) fn tour_goes_on(&mut self) -> Vec<Effect> {
        let now = self.live.at;
        match &mut self.tour {
            Some(tour) if tour.is_due(now) => {
                tour.go(1, now);
                self.enter_step()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn in_tour(&mut self, action: Action) -> Vec<Effect> {
        let now = self.live.at;
        let Some(tour) = &mut self.tour else {
            return Vec::new();
        };
        match action {
            Action::TourStep(steps) if tour.go(steps, now) => self.enter_step(),
            Action::TourStep(steps) if steps > 0 => {
                self.say("this is the last step: E ends the tour, q leaves")
            }
            Action::TourStep(_) => self.say("this is the first step"),
            Action::TourWait => {
                let waits = tour.wait_or_go_on(now);
                self.say(if waits {
                    "the tour waits: w goes on"
                } else {
                    "the tour goes on"
                })
            }
            _ => {
                self.tour = None;
                self.say("the tour is over, the run goes on: ? explains each page")
            }
        }
    }

    /// Opens the page of the step that stands and presses its keys.
    pub(super) fn enter_step(&mut self) -> Vec<Effect> {
        let Some(tour) = &mut self.tour else {
            return Vec::new();
        };
        let page = tour.step().page;
        let keys = tour.keys().unwrap_or_default();
        self.overlay = None;
        self.viewing.log.editing = false;
        let mut effects = self.open(page);
        for c in keys.chars() {
            let event = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            if let Meaning::Act(action) = keymap::meaning(&event, self.mode()) {
                effects.extend(self.act(action));
            }
        }
        effects
    }
}
