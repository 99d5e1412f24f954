//! The Decide page: answers, figures, and the run that follows from them.

use super::App;
use crate::drill::Command;
use crate::patterns;
use crate::tui::action::Action;
use crate::tui::deciding::{By, Deciding};
use crate::tui::effect::{Effect, Successor};
use crate::tui::viewing::Page;

impl App {
    pub(super) fn decide(&mut self, action: Action) -> Vec<Effect> {
        let end = self.drawn.scroll_end;
        let Some(deciding) = self.viewing.deciding.as_mut() else {
            return Vec::new();
        };
        match action {
            Action::Field(step) => deciding.step(step, end),
            Action::Scroll(step) => deciding.scroll_by(step, end),
            Action::Turn(step) => deciding.turn(step, &self.catalog),
            Action::Confirm if deciding.by == By::Figures && deciding.field().is_some() => {
                return self.say("← → turn the figure; ↓ goes on to what it leads to");
            }
            Action::Confirm => deciding.confirm(&self.catalog),
            Action::TakeBack => {
                let taken = deciding.take_back();
                return if taken {
                    Vec::new()
                } else {
                    self.say("there is nothing to take back")
                };
            }
            Action::Figures => deciding.switch(),
            Action::RunDecided => return self.run_decided(),
            _ => {}
        }
        Vec::new()
    }

    /// A click on an answer or a row of the form puts the cursor there; a second one takes it.
    pub(super) fn point(&mut self, place: usize) -> Vec<Effect> {
        let deciding = self.viewing.deciding.as_mut();
        if deciding.is_some_and(|deciding| deciding.point(place)) {
            self.decide(Action::Confirm)
        } else {
            Vec::new()
        }
    }

    /// The page that shows what the run is about.
    pub(super) fn page_of_first_pattern(&self) -> Page {
        let first = self.live.patterns.first();
        let row = first.and_then(|pattern| patterns::row(pattern.key.as_str()));
        row.map_or(Page::Overview, |row| Page::Pattern(row.number))
    }

    fn run_decided(&mut self) -> Vec<Effect> {
        let deciding = self.viewing.deciding.as_ref();
        let Some(made) = deciding.and_then(Deciding::recommended) else {
            return self.say("nothing is recommended yet: there is nothing to run");
        };
        if self.viewing.replay.is_some() {
            return self.say("this is a recording: leave it and run `bedrill`, then d and r");
        }
        match patterns::row(made.pattern) {
            Some(row) if row.available => {
                let scenario = made.scenario.clone();
                let name = "decided".to_owned();
                vec![
                    Effect::Send(Command::Stop),
                    Effect::Run(Successor { name, scenario }),
                ]
            }
            row => {
                let title = row.map_or(made.pattern, |row| row.title);
                self.say(format!("this version of bedrill cannot fire {title} yet"))
            }
        }
    }
}
