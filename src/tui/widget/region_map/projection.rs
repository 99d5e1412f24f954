//! From places on the globe to cells: the smallest box around all of them, stretched to the map.

use std::collections::BTreeSet;

use ratatui::layout::{Position, Rect};

use crate::tui::atlas::Place;

/// Cells kept free at each side, for labels and arrows.
const MARGIN: (u16, u16) = (3, 1);
/// Degrees that the box covers at least, so that neighbours are not blown up to a continent.
const LEAST_DEGREES: f64 = 8.0;

/// How places become cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Projection {
    room: Rect,
    area: Rect,
    west: f64,
    north: f64,
    across: f64,
    down: f64,
}

impl Projection {
    /// The projection that shows all places; `None` without any.
    pub(super) fn fit(area: Rect, places: impl Iterator<Item = Place>) -> Option<Self> {
        let (mut west, mut east) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        for place in places {
            west = west.min(place.longitude);
            east = east.max(place.longitude);
            south = south.min(place.latitude);
            north = north.max(place.latitude);
        }
        if !west.is_finite() || !south.is_finite() {
            return None;
        }
        let (across, down) = (
            (east - west).max(LEAST_DEGREES),
            (north - south).max(LEAST_DEGREES),
        );
        let room = Rect {
            x: area.x + MARGIN.0,
            y: area.y + MARGIN.1,
            width: area.width.saturating_sub(2 * MARGIN.0).max(1),
            height: area.height.saturating_sub(2 * MARGIN.1).max(1),
        };
        Some(Self {
            room,
            area,
            west: f64::midpoint(west, east) - across / 2.0,
            north: f64::midpoint(north, south) + down / 2.0,
            across,
            down,
        })
    }

    fn cell(&self, place: Place) -> Position {
        let step = |share: f64, cells: u16| (share * f64::from(cells.saturating_sub(1))).round() as u16;
        Position {
            x: self.room.x + step((place.longitude - self.west) / self.across, self.room.width),
            y: self.room.y + step((self.north - place.latitude) / self.down, self.room.height),
        }
    }

    /// The cell of a place, or the nearest one that has a free neighbour at each side; it is taken then.
    pub(super) fn free_cell(&self, place: Place, taken: &mut BTreeSet<(u16, u16)>) -> Position {
        let wanted = self.cell(place);
        let mut cells: Vec<(u32, u16, u16)> = Vec::new();
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                let (across, down) = (u32::from(x.abs_diff(wanted.x)), u32::from(y.abs_diff(wanted.y)));
                // A cell is twice as high as it is wide.
                cells.push((across * across + 4 * down * down, y, x));
            }
        }
        cells.sort_unstable();
        let is_free = |x: u16, y: u16| (x.saturating_sub(1)..=x + 1).all(|x| !taken.contains(&(x, y)));
        let found = cells.iter().find(|(_, y, x)| is_free(*x, *y));
        let cell = found.map_or(wanted, |(_, y, x)| Position { x: *x, y: *y });
        taken.insert((cell.x, cell.y));
        cell
    }
}
