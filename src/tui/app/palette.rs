//! What a command of the palette does.

use super::App;
use crate::drill::Command;
use crate::tui::action::{Action, Mode};
use crate::tui::effect::{Effect, Successor};
use crate::tui::overlay::Overlay;
use crate::tui::overlay::palette::{Deed, Entry, Palette, best, catalogue};

impl App {
    pub(super) fn open_palette(&mut self) -> Vec<Effect> {
        let palette = Palette::new(self.entries());
        self.show(Overlay::Palette(Box::new(palette)))
    }

    pub(super) fn in_palette(&mut self, action: Action) -> Vec<Effect> {
        let Some(Overlay::Palette(palette)) = &mut self.overlay else {
            return Vec::new();
        };
        match action {
            Action::Field(step) => palette.select(step),
            Action::FilterErase => palette.erase(),
            Action::Confirm => {
                let Some(deed) = palette.chosen().map(|entry| entry.deed.clone()) else {
                    return Vec::new();
                };
                self.overlay = None;
                return self.perform(deed);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Does what a line of words means best; `None`: nothing is called that.
    pub fn obey(&mut self, words: &str) -> Option<(String, Vec<Effect>)> {
        let entries = self.entries();
        let entry = best(&entries, words).first().copied().cloned()?;
        let effects = self.perform(entry.deed);
        self.refresh();
        Some((entry.name, effects))
    }

    /// Everything that can be done here and now.
    pub fn entries(&self) -> Vec<Entry> {
        let bare = Mode {
            dialog: None,
            typing: false,
            ..self.mode()
        };
        let scenarios: Vec<(String, String)> = self
            .shelf
            .iter()
            .map(|shelved| (shelved.name.clone(), shelved.about.clone()))
            .collect();
        catalogue::entries(bare, &self.live, &scenarios)
    }

    fn perform(&mut self, deed: Deed) -> Vec<Effect> {
        match deed {
            Deed::Act(action) => self.act(action),
            Deed::Order(command, answer) => self.send(command, answer),
            Deed::Scenario(place) => match self.shelf.get(place) {
                Some(shelved) => {
                    let next = Successor {
                        name: shelved.name.clone(),
                        scenario: shelved.text.clone(),
                    };
                    vec![Effect::Send(Command::Stop), Effect::Run(next)]
                }
                None => Vec::new(),
            },
        }
    }
}
