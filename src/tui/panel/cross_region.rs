//! Cross-region inference: special is where the calls of each way of calling were served, region
//! by region, over time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::skeleton::{self, GUTTER, Rooms, Wanted};
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, Point};
use crate::names::Region;
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::view::Regions;
use crate::tui::widget::{pen, sparkline_row, special};

/// Most regions shown for one arm.
const MOST_REGIONS: usize = 6;

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
    for (n, region) in known.into_iter().take(MOST_REGIONS).enumerate() {
        let row = pen::row(area, n as u16 + 1);
        if row.is_empty() {
            break;
        }
        let (gutter, plot) = pen::cut_left(row, GUTTER);
        let name = pen::label(buf, gutter, 15, region.as_str(), theme.region(region));
        let share = special::served_share(arm, region);
        pen::column(buf, name, 6, &format::maybe_share(share), theme.text);
        if let Some(place) = place(arm, region) {
            let shares = buckets.iter().map(|bucket| bucket.served_share(place));
            sparkline_row::share_strip(plot, buf, shares, theme.region(region));
        }
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
