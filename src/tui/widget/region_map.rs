//! The regions of the run on a map: where calls enter, where they are served, and what is broken.
//!
//! A line runs from the region that a way of calling prefers to each region that served it in the
//! last ten seconds; the more calls, the heavier. A region is a dot in its hue, a broken one the
//! glyph of a fault. Labels give way to each other and never overlap. Lines are braille dots, or
//! letters where the terminal knows no more.

mod labels;
mod projection;
mod strokes;

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use self::labels::Labels;
use self::projection::Projection;
use self::strokes::{Weight, arrow, strokes};
use super::pen;
use crate::measure::snapshot::{MarkerKind, Snapshot};
use crate::names::Region;
use crate::tui::atlas::Atlas;
use crate::tui::format;
use crate::tui::theme::{Theme, marker_glyph, region_code};

/// Rows and columns below which a map says nothing.
const LEAST: (u16, u16) = (24, 6);

/// With more regions than this on the map, those that serve less than `TOLD` of all calls are small
/// dots: no line, no name.
const MOST_TOLD: usize = 10;
const TOLD: f64 = 0.02;

/// Calls that entered in one region first and were served in one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flow {
    from: Region,
    to: Region,
    calls: u64,
}

/// Draws a title and the map. Draws nothing where there is no room or no region with a place.
pub fn region_map(area: Rect, buf: &mut Buffer, theme: &Theme, (snapshot, atlas): (&Snapshot, &Atlas)) {
    let (title, map) = pen::cut_top(area, 1);
    if map.width < LEAST.0 || map.height < LEAST.1 {
        return;
    }
    let flows = flows(snapshot);
    let regions = regions(snapshot, &flows, atlas);
    let Some(projection) = Projection::fit(map, regions.iter().filter_map(|region| atlas.place(region)))
    else {
        return;
    };
    let rest = pen::left(buf, title, "map", theme.strong);
    pen::left(buf, rest, ", entered → served in", theme.muted);
    let mut taken: BTreeSet<(u16, u16)> = BTreeSet::new();
    let mut dots: BTreeMap<&Region, Position> = BTreeMap::new();
    for region in &regions {
        if let Some(place) = atlas.place(region) {
            dots.insert(region, projection.free_cell(place, &mut taken));
        }
    }
    draw_flows(map, buf, theme, (&flows, &dots));
    draw_regions(map, buf, theme, (snapshot, &flows, &dots));
}

/// Lightest first, so that heavy lines lie above.
fn draw_flows(
    map: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (flows, dots): (&[Flow], &BTreeMap<&Region, Position>),
) {
    let whole: u64 = flows.iter().map(|flow| flow.calls).sum();
    let mut lines: Vec<(Position, Position, Weight, Style)> = Vec::new();
    for flow in flows.iter().filter(|flow| flow.from != flow.to) {
        let share = flow.calls as f64 / whole as f64;
        if dots.len() > MOST_TOLD && share < TOLD {
            continue;
        }
        if let (Some(from), Some(to)) = (dots.get(&flow.from), dots.get(&flow.to)) {
            let weight = Weight::of(share);
            lines.push((*from, *to, weight, theme.region(&flow.to)));
        }
    }
    lines.sort_by_key(|(_, _, weight, _)| *weight);
    strokes(map, buf, &lines, theme.ascii);
    for (from, to, _, style) in &lines {
        if let Some((cell, symbol)) = arrow(*from, *to) {
            pen::glyph(buf, cell.x, cell.y, symbol, *style);
        }
    }
}

/// Dots first, for a label must not hide one; then the labels, the busiest regions' first.
fn draw_regions(
    map: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (snapshot, flows, dots): (&Snapshot, &[Flow], &BTreeMap<&Region, Position>),
) {
    let whole: u64 = flows.iter().map(|flow| flow.calls).sum();
    let mut served: BTreeMap<&Region, u64> = BTreeMap::new();
    for flow in flows {
        *served.entry(&flow.to).or_default() += flow.calls;
    }
    let mut labels = Labels::new(map, dots.values().copied());
    let mut order: Vec<(&Region, Position, bool, u64)> = Vec::new();
    for (region, cell) in dots {
        let broken = is_broken(snapshot, region);
        let calls = served.get(*region).copied().unwrap_or(0);
        if !broken && dots.len() > MOST_TOLD && (calls as f64) < TOLD * whole as f64 {
            pen::glyph(buf, cell.x, cell.y, "·", theme.region(region));
            continue;
        }
        let (symbol, style) = if broken {
            (
                marker_glyph(MarkerKind::FaultBegan),
                theme.marker(MarkerKind::FaultBegan),
            )
        } else {
            ("●", theme.region(region))
        };
        pen::glyph(buf, cell.x, cell.y, symbol, style);
        order.push((region, *cell, broken, calls));
    }
    order.sort_by_key(|(region, _, broken, calls)| (!*broken, std::cmp::Reverse(*calls), *region));
    for (region, cell, broken, calls) in order {
        let share = (whole > 0).then(|| calls as f64 / whole as f64);
        let code = region_code(region);
        let share = format::maybe_share(share);
        let texts = [format!("{region} {share}"), format!("{code} {share}"), code];
        let style = if broken {
            theme.marker(MarkerKind::FaultBegan)
        } else {
            theme.region(region)
        };
        if let Some((place, text)) = labels.find(cell, &texts) {
            // A line that runs into a letter reads as one.
            for x in [place.x.saturating_sub(1), place.right()] {
                let beside = buf.cell_mut((x, place.y)).filter(|_| x < map.right());
                if let Some(cell) = beside.filter(|cell| strokes::is_stroke(cell.symbol())) {
                    cell.set_symbol(" ");
                }
            }
            pen::left(buf, place, text, style);
        }
    }
}

fn is_broken(snapshot: &Snapshot, region: &Region) -> bool {
    snapshot
        .faults
        .iter()
        .any(|fault| fault.active && fault.plan.scope.region.as_ref() == Some(region))
}

/// Calls of the last ten seconds, from the region preferred to the one that served.
fn flows(snapshot: &Snapshot) -> Vec<Flow> {
    let mut sums: BTreeMap<(&Region, &Region), u64> = BTreeMap::new();
    for arm in snapshot.patterns.iter().flat_map(|pattern| &pattern.arms) {
        let Some(first) = arm.chain.first() else {
            continue;
        };
        for (region, calls) in &arm.served_in {
            *sums.entry((&first.route.region, region)).or_default() += calls;
        }
    }
    sums.into_iter()
        .map(|((from, to), calls)| Flow {
            from: from.clone(),
            to: to.clone(),
            calls,
        })
        .collect()
}

/// Regions that are called, that served, or that are broken; those without a place are left out.
fn regions(snapshot: &Snapshot, flows: &[Flow], atlas: &Atlas) -> Vec<Region> {
    let arms = snapshot.patterns.iter().flat_map(|pattern| &pattern.arms);
    let called = arms.flat_map(|arm| arm.chain.iter().map(|hop| hop.route.region.clone()));
    let served = flows.iter().map(|flow| flow.to.clone());
    let broken = snapshot
        .faults
        .iter()
        .filter_map(|fault| fault.plan.scope.region.clone());
    let all: BTreeSet<Region> = called.chain(served).chain(broken).collect();
    all.into_iter()
        .filter(|region| atlas.place(region).is_some())
        .collect()
}

#[cfg(test)]
mod tests;
