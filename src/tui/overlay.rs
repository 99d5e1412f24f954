//! What is drawn over a page: help, the fault dialog, a request's attempts.

mod attempts;
mod help;
mod inject;
pub mod palette;
pub mod prose;
mod score;
#[cfg(test)]
mod tests;
mod verdict;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

pub use self::attempts::Attempts;
pub use self::help::{Help, Subject};
pub use self::inject::Inject;
pub use self::palette::Palette;
pub use self::score::ScoreSheet;
pub use self::verdict::VerdictSheet;
use super::action::DialogKind;
use super::theme::Theme;
use super::widget::dialog::dialog;
use crate::measure::Snapshot;

/// A dialog over a page.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Help for a page.
    Help(Help),
    /// The fault dialog.
    Inject(Box<Inject>),
    /// One request's attempts.
    Attempts(Attempts),
    /// The command palette.
    Palette(Box<Palette>),
    /// The scorecard.
    Score(ScoreSheet),
    /// The verdict.
    Verdict(VerdictSheet),
}

/// What a drawn dialog takes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialogRoom {
    /// The box, its border included.
    pub frame: Rect,
    /// How far its text can be scrolled, in lines.
    pub scroll_end: u16,
}

impl Overlay {
    /// Which dialog it is.
    pub const fn kind(&self) -> DialogKind {
        match self {
            Self::Help(_) => DialogKind::Help,
            Self::Inject(_) => DialogKind::Inject,
            Self::Attempts(_) => DialogKind::Attempts,
            Self::Palette(_) => DialogKind::Palette,
            Self::Score(_) => DialogKind::Score,
            Self::Verdict(_) => DialogKind::Verdict,
        }
    }

    /// Draws it over what is there.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, snapshot: &Snapshot, theme: &Theme) -> DialogRoom {
        match self {
            Self::Help(help) => help.draw(area, buf, snapshot, theme),
            Self::Inject(inject) => inject.draw(area, buf, snapshot, theme),
            Self::Attempts(attempts) => attempts.draw(area, buf, snapshot, theme),
            Self::Palette(palette) => palette.draw(area, buf, theme),
            Self::Score(sheet) => sheet.draw(area, buf, snapshot, theme),
            Self::Verdict(sheet) => sheet.draw(area, buf, snapshot, theme),
        }
    }
}

/// The box and the room within: as large as wanted, as small as the area asks for.
fn opened(area: Rect, buf: &mut Buffer, theme: &Theme, title: &str, wanted: Size) -> (Rect, Rect) {
    let room = dialog(area, buf, theme, title, wanted);
    // The border takes a row above and below, with its padding two columns at each side.
    let frame = Rect {
        x: room.x.saturating_sub(2),
        y: room.y.saturating_sub(1),
        width: room.width + 4,
        height: room.height + 2,
    };
    (frame, room)
}
