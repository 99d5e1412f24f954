//! Cross-region inference: special is where the calls of each way of calling were served, region
//! by region, over time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::skeleton::{self, GUTTER, Rooms, Wanted};
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, Point};
use crate::names::Region;
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::Theme;
use crate::tui::view::Regions;
use crate::tui::widget::special::{self, MOST_REGIONS};
use crate::tui::widget::{pen, sparkline_row};

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let wanted = Wanted {
        full: pattern.arms.iter().map(height).sum(),
        least: scene.selected(pattern).map_or(0, height),
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    let all = rooms.special.height >= wanted.full;
    let mut room = rooms.special;
    for arm in &pattern.arms {
        let shown = Some(arm.id) == scene.selected(pattern).map(|arm| arm.id);
        if all || shown {
            let (place, below) = pen::cut_top(room, height(arm));
            served_over_time(place, buf, scene, arm, &rooms);
            room = below;
        }
    }
}

/// Rows an arm takes: a title and its regions.
fn height(arm: &ArmSnapshot) -> u16 {
    1 + special::regions(arm).len().clamp(1, MOST_REGIONS) as u16
}

fn served_over_time(area: Rect, buf: &mut Buffer, scene: Scene<'_>, arm: &ArmSnapshot, rooms: &Rooms<'_>) {
    let theme = scene.theme;
    let head = pen::row(area, 0);
    let rest = pen::left(buf, head, "served", theme.strong);
    pen::left(buf, pen::gap(rest, 1), arm.key.as_str(), theme.muted);
    let buckets = rooms.axis.buckets(&arm.timeline, 1);
    let known = special::regions(arm);
    if known.is_empty() {
        pen::left(buf, pen::row(area, 1), "nothing served yet", theme.muted);
    }
    let named = if known.len() > MOST_REGIONS {
        MOST_REGIONS - 1
    } else {
        known.len()
    };
    for (n, region) in known.iter().take(named).enumerate() {
        let buckets = buckets.iter();
        let over_time =
            place(arm, region).map(|place| buckets.map(|bucket| bucket.served_share(place)).collect());
        let strip = Strip {
            name: region.as_str(),
            style: theme.region(region),
            now: special::served_share(arm, region),
            over_time: over_time.unwrap_or_default(),
        };
        strip.draw(pen::row(area, n as u16 + 1), buf, theme);
    }
    if named < known.len() {
        let calls = known[named..]
            .iter()
            .filter_map(|region| arm.served_in.get(*region))
            .sum();
        let strip = Strip {
            name: &format!("{} others", known.len() - named),
            style: theme.text,
            now: special::share_of_shots(arm, calls),
            over_time: buckets.iter().map(|bucket| bucket.served_beyond(named)).collect(),
        };
        strip.draw(pen::row(area, named as u16 + 1), buf, theme);
    }
    let plot = pen::cut_left(area, GUTTER).1;
    rooms.lines.shade(plot, buf, theme);
    rooms.lines.draw(plot, buf, theme, true);
}

/// The region's place in the timeline's counts, if it is counted there.
fn place(arm: &ArmSnapshot, region: &Region) -> Option<usize> {
    arm.regions
        .iter()
        .position(|known| known == region)
        .filter(|place| *place < Point::REGIONS)
}

/// The share that one region, or the rest of them, served over time.
struct Strip<'a> {
    name: &'a str,
    style: Style,
    now: Option<f64>,
    over_time: Vec<Option<f64>>,
}

impl Strip<'_> {
    fn draw(self, row: Rect, buf: &mut Buffer, theme: &Theme) {
        let (gutter, plot) = pen::cut_left(row, GUTTER);
        let rest = pen::label(buf, gutter, 15, self.name, self.style);
        pen::column(buf, rest, 6, &format::maybe_share(self.now), theme.text);
        if !row.is_empty() {
            sparkline_row::share_strip(plot, buf, self.over_time.into_iter(), self.style);
        }
    }
}
