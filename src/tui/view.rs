//! The whole screen as a function of what is looked at, a snapshot, a theme and an area.
//!
//! Header, one page, the event log, a hint, the footer. Holds no state and never waits.

pub mod footer;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use footer::FooterItem;

use crate::event::ArmId;
use crate::measure::snapshot::Snapshot;
use crate::tui::theme::Theme;
use crate::tui::viewing::{Page, Viewing};

/// What a place on the screen stands for, to a mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A page's name.
    Page(Page),
    /// A way of calling.
    Arm(ArmId),
    /// A line of the event log, by its number.
    LogLine(u64),
    /// An item of the footer, by its place.
    Footer(usize),
}

/// The places of a drawn screen that a mouse can hit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions(Vec<(Rect, Hit)>);

impl Regions {
    /// Makes a place hittable.
    pub fn add(&mut self, area: Rect, hit: Hit) {
        if !area.is_empty() {
            self.0.push((area, hit));
        }
    }

    /// What lies under a cell; the place added last wins.
    pub fn at(&self, cell: Position) -> Option<Hit> {
        let found = self.0.iter().rev().find(|(area, _)| area.contains(cell));
        found.map(|(_, hit)| *hit)
    }

    /// All places, in the order they were drawn.
    pub fn iter(&self) -> impl Iterator<Item = &(Rect, Hit)> {
        self.0.iter()
    }
}

/// Least width of a screen that is drawn.
pub const MIN_WIDTH: u16 = 60;
/// Least height of a screen that is drawn.
pub const MIN_HEIGHT: u16 = 16;

/// Whether a screen is large enough to be drawn.
pub const fn fits(area: Rect) -> bool {
    area.width >= MIN_WIDTH && area.height >= MIN_HEIGHT
}

/// Draws the whole screen.
pub fn view(
    area: Rect,
    buf: &mut Buffer,
    viewing: &Viewing,
    snapshot: &Snapshot,
    theme: &Theme,
    footer: &[FooterItem],
) -> Regions {
    let _ = (area, buf, viewing, snapshot, theme, footer);
    Regions::default()
}
