//! The whole screen as a function of what is looked at, a snapshot, a theme and an area.
//!
//! Header, one page, the event log, a hint, the footer. Holds no state and never waits.

pub mod footer;
mod gauges;
mod header;
pub mod strip;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

pub use footer::FooterItem;

use crate::clock::Moment;
use crate::event::ArmId;
use crate::measure::snapshot::Snapshot;
use crate::tui::panel::{self, Scene};
use crate::tui::theme::Theme;
use crate::tui::viewing::{Page, Viewing};
use crate::tui::widget::time_axis::TimeAxis;
use crate::tui::widget::{event_log, pen, readout};

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
    /// An answer or a row of the form on the Decide page, by its place.
    Choice(usize),
}

/// The places of a drawn screen that a mouse can hit, and how far its page scrolls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions {
    places: Vec<(Rect, Hit)>,
    charts: Vec<(Rect, TimeAxis)>,
    scroll_end: u16,
}

impl Regions {
    /// Makes a place hittable.
    pub fn add(&mut self, area: Rect, hit: Hit) {
        if !area.is_empty() {
            self.places.push((area, hit));
        }
    }

    /// What lies under a cell; the place added last wins.
    pub fn at(&self, cell: Position) -> Option<Hit> {
        let found = self.places.iter().rev().find(|(area, _)| area.contains(cell));
        found.map(|(_, hit)| *hit)
    }

    /// Says that a time chart stands there.
    pub fn chart(&mut self, area: Rect, axis: TimeAxis) {
        self.charts.push((area, axis));
    }

    /// The moment under a cell of a time chart.
    pub fn moment_at(&self, cell: Position) -> Option<Moment> {
        let (area, axis) = self.charts.iter().find(|(area, _)| area.contains(cell))?;
        Some(axis.moment(cell.x - area.x))
    }

    /// Says that the page can be scrolled by so many lines.
    pub fn scrolls_to(&mut self, end: u16) {
        self.scroll_end = end;
    }

    /// How far the page can be scrolled, in lines.
    pub const fn scroll_end(&self) -> u16 {
        self.scroll_end
    }

    /// All places, in the order they were drawn.
    pub fn iter(&self) -> impl Iterator<Item = &(Rect, Hit)> {
        self.places.iter()
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

/// Draws the whole screen and says what can be clicked where.
pub fn view(
    area: Rect,
    buf: &mut Buffer,
    viewing: &Viewing,
    snapshot: &Snapshot,
    theme: &Theme,
    footer: &[FooterItem],
) -> Regions {
    let mut regions = Regions::default();
    let area = area.intersection(buf.area);
    if !fits(area) {
        too_small(area, buf, theme);
        return regions;
    }
    let scene = Scene {
        viewing,
        snapshot,
        theme,
    };
    let (head, below) = pen::cut_top(area, header::ROWS);
    header::draw(head, buf, scene, &mut regions);
    let (below, foot) = pen::cut_bottom(below, 1);
    let (below, told) = pen::cut_bottom(below, strip_rows(viewing));
    if let Some(narration) = &viewing.tour {
        strip::draw(told, buf, theme, narration);
    }
    let height = area.height - strip_rows(viewing);
    // On a tall screen the keys stand apart from the log.
    let below = pen::cut_bottom(below, u16::from(height >= 30)).0;
    footer::draw(foot, buf, theme, footer, &mut regions);
    if matches!(viewing.page, Page::Decide | Page::Capacity) {
        // Answers need the room; what is said to the person keeps its line.
        let (page, line) = pen::cut_bottom(below, 1);
        panel::draw(page, buf, scene, &mut regions);
        pen::rule(buf, line, theme.faint);
        hint(line, buf, scene);
        return regions;
    }
    let (page, log) = pen::cut_bottom(below, log_rows(height));
    panel::draw(page, buf, scene, &mut regions);
    events(log, buf, scene, &mut regions);
    regions
}

/// Rows that a guided tour takes.
pub const fn strip_rows(viewing: &Viewing) -> u16 {
    if viewing.tour.is_some() { strip::ROWS } else { 0 }
}

/// Rows of the event log, its title included: three events on a small screen, a third of a tall one.
const fn log_rows(height: u16) -> u16 {
    match height {
        0..20 => 3,
        20..30 => 4,
        30..50 => 7,
        _ => height / 3,
    }
}

/// The event log; the hint stands in the rule that names it.
fn events(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let (title, lines) = pen::cut_top(area, 1);
    let has_charts = matches!(scene.viewing.page, Page::Overview | Page::Pattern(_));
    if let Some(at) = scene.viewing.cursor.filter(|_| has_charts) {
        // What is read stands in the place of the log, so that it hides no chart.
        readout::title(title, buf, scene, at);
        readout::rows(lines, buf, scene, at);
        return;
    }
    let rest = event_log::title(title, buf, scene.theme, &scene.viewing.log);
    hint(rest, buf, scene);
    let log = (scene.snapshot.log.as_slice(), &scene.viewing.log);
    event_log::lines(lines, buf, scene.theme, log, regions);
}

/// The line that suggests the next key or answers the last one, at the right of a rule.
fn hint(row: Rect, buf: &mut Buffer, scene: Scene<'_>) {
    if let Some(hint) = &scene.viewing.hint {
        let rest = pen::cut_right(row, 1).0;
        let text = format!(" {hint} ");
        let (_, place) = pen::cut_right(rest, pen::width(&text));
        let quiet = scene.theme.accent.remove_modifier(Modifier::BOLD);
        pen::left(buf, place, &text, quiet);
    }
}

fn too_small(area: Rect, buf: &mut Buffer, theme: &Theme) {
    let words = format!(
        "bedrill needs {MIN_WIDTH}x{MIN_HEIGHT}, this is {}x{}",
        area.width, area.height
    );
    let (_, middle) = pen::cut_top(area, area.height / 2);
    let indent = area.width.saturating_sub(pen::width(&words)) / 2;
    pen::left(buf, pen::gap(pen::row(middle, 0), indent), &words, theme.text);
}

#[cfg(test)]
pub(in crate::tui) mod tests;
