//! Vertical lines through every time chart: what happened when.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen;
use super::time_axis::TimeAxis;
use crate::event::ArmId;
use crate::measure::snapshot::{Marker, MarkerKind};
use crate::tui::theme::{Theme, marker_glyph};

/// Columns below which a name is not worth cutting.
const LEAST_NAME: u16 = 14;

/// The markers of one chart or group of charts, by column, and the times of faults.
#[derive(Clone, Debug, Default)]
pub struct Lines<'a> {
    at: BTreeMap<u16, &'a Marker>,
    bands: Vec<(u16, u16)>,
}

impl<'a> Lines<'a> {
    /// The markers of the whole run and of the arms for which `shows` holds.
    pub fn new(markers: &'a [Marker], axis: &TimeAxis, shows: impl Fn(ArmId) -> bool) -> Self {
        let mut at: BTreeMap<u16, &Marker> = BTreeMap::new();
        let visible = markers.iter().filter(|marker| marker.arm.is_none_or(&shows));
        for marker in visible {
            let Some(column) = axis.column(marker.at) else {
                continue;
            };
            let weightier = at
                .get(&column)
                .is_none_or(|there| weight(there.kind) <= weight(marker.kind));
            if weightier {
                at.insert(column, marker);
            }
        }
        Self {
            at,
            bands: bands(markers, axis),
        }
    }

    /// Shades the time in which a fault was in force.
    pub fn shade(&self, chart: Rect, buf: &mut Buffer, theme: &Theme) {
        for (from, to) in &self.bands {
            let band = Rect {
                x: chart.x.saturating_add(*from),
                width: to - from + 1,
                ..chart
            };
            buf.set_style(band.intersection(chart).intersection(buf.area), theme.fault_band);
        }
    }

    /// Draws the lines through a chart. Data keep their cells; a line of a fault goes through
    /// filled sparklines too when `through` is set.
    pub fn draw(&self, chart: Rect, buf: &mut Buffer, theme: &Theme, through: bool) {
        let inside = chart.intersection(buf.area);
        for (column, marker) in &self.at {
            let x = chart.x.saturating_add(*column);
            let (symbol, style) = stroke(marker.kind, theme);
            for y in inside.top()..inside.bottom() {
                let Some(cell) = buf.cell_mut((x, y)).filter(|_| x < inside.right()) else {
                    continue;
                };
                if cell.symbol() == " " || through && is_fault(marker.kind) {
                    cell.set_symbol(symbol).set_style(style);
                }
            }
        }
    }

    /// Draws the heads of the lines, and names beside them where there is room, the newest first.
    pub fn heads(&self, row: Rect, buf: &mut Buffer, theme: &Theme) {
        for (column, marker) in &self.at {
            let place = pen::cut_left(row, *column).1;
            let head = Rect {
                width: place.width.min(1),
                ..place
            };
            pen::left(buf, head, marker_glyph(marker.kind), theme.marker(marker.kind));
        }
        let mut right_edge = row.width;
        for group in self.groups().iter().rev() {
            let behind = group.last + 2;
            let wide = pen::width(&group.marker.label) + 1;
            let style = theme.marker(group.marker.kind);
            if behind + wide <= right_edge {
                pen::left(buf, pen::cut_left(row, behind).1, &group.marker.label, style);
            } else if right_edge == row.width {
                let whole = wide;
                let wide = whole.min(self.room_before(group.first)).min(group.first);
                let place = pen::cut_left(row, group.first - wide).1;
                let text = format!("{} ", pen::fit(&group.marker.label, wide.saturating_sub(1)));
                if wide == whole || wide > LEAST_NAME {
                    pen::left(buf, pen::cut_left(place, wide).0, &text, style);
                }
                right_edge = group.first.saturating_sub(wide + 1);
                continue;
            }
            right_edge = group.first.saturating_sub(1);
        }
    }

    /// Columns before the newest head in which its name may stand: what matters less gives way, the
    /// head of a fault does not.
    fn room_before(&self, column: u16) -> u16 {
        let mut faults = self
            .at
            .range(..column)
            .rev()
            .filter(|(_, marker)| is_fault(marker.kind));
        faults
            .next()
            .map_or(column, |(last, _)| (column - last).saturating_sub(2))
    }

    /// Neighbouring heads, told by the weightiest among them.
    fn groups(&self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for (column, marker) in &self.at {
            match groups.last_mut() {
                Some(group) if *column <= group.last + 2 => {
                    group.last = *column;
                    if weight(marker.kind) > weight(group.marker.kind) {
                        group.marker = marker;
                    }
                }
                _ => groups.push(Group {
                    first: *column,
                    last: *column,
                    marker,
                }),
            }
        }
        groups
    }
}

struct Group<'a> {
    first: u16,
    last: u16,
    marker: &'a Marker,
}

/// The columns in which some fault was in force. Beginnings and ends are paired by their label.
fn bands(markers: &[Marker], axis: &TimeAxis) -> Vec<(u16, u16)> {
    let mut open: Vec<&Marker> = Vec::new();
    let mut bands = Vec::new();
    let newest = axis.columns.saturating_sub(1);
    for marker in markers {
        match marker.kind {
            MarkerKind::FaultBegan => open.push(marker),
            MarkerKind::FaultEnded => {
                let Some(place) = open.iter().position(|began| began.label == marker.label) else {
                    continue;
                };
                let began = open.remove(place);
                if axis.column(marker.at).is_some() {
                    bands.push((axis.column_or_edge(began.at), axis.column_or_edge(marker.at)));
                }
            }
            _ => {}
        }
    }
    bands.extend(open.iter().map(|began| (axis.column_or_edge(began.at), newest)));
    bands
}

const fn is_fault(kind: MarkerKind) -> bool {
    matches!(kind, MarkerKind::FaultBegan | MarkerKind::FaultEnded)
}

/// Which of two markers in one column is shown.
const fn weight(kind: MarkerKind) -> u8 {
    match kind {
        MarkerKind::FaultBegan => 7,
        MarkerKind::FaultEnded => 6,
        MarkerKind::FailedOver => 5,
        MarkerKind::BreakerOpened => 4,
        MarkerKind::BreakerClosed => 3,
        MarkerKind::BreakerHalfOpened => 2,
        MarkerKind::DialTurned => 1,
        MarkerKind::Phase => 0,
    }
}

fn stroke(kind: MarkerKind, theme: &Theme) -> (&'static str, Style) {
    if is_fault(kind) {
        ("│", theme.marker(kind))
    } else {
        ("┊", theme.faint)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Moment;
    use crate::tui::theme::ThemeName;

    fn mark(secs: u64, kind: MarkerKind, label: &str) -> Marker {
        Marker {
            at: Moment::from_secs(secs),
            kind,
            arm: None,
            label: label.to_owned(),
        }
    }

    fn heads(markers: &[Marker]) -> Buffer {
        let axis = TimeAxis::new(Moment::from_secs(59), Duration::from_secs(60), 60);
        let row = Rect::new(0, 0, 60, 1);
        let mut buf = Buffer::empty(row);
        let lines = Lines::new(markers, &axis, |_| true);
        lines.heads(row, &mut buf, &Theme::named(ThemeName::Plain));
        buf
    }

    #[test]
    fn a_fault_outweighs_what_follows_from_it() {
        let buf = heads(&[
            mark(10, MarkerKind::FaultBegan, "capacity"),
            mark(11, MarkerKind::FailedOver, "a to b"),
        ]);
        let mut expected = Buffer::with_lines([format!("{:10}▼⇄ {:47}", "", "capacity")]);
        expected.set_style(expected.area, Style::reset());
        assert_eq!(text(&buf), text(&expected));
    }

    #[test]
    fn a_name_without_room_stands_before_the_newest_head() {
        let buf = heads(&[mark(57, MarkerKind::FaultBegan, "capacity")]);
        assert_eq!(text(&buf).trim(), "capacity ▼");
    }

    fn text(buf: &Buffer) -> String {
        buf.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_fault_in_force_is_shaded_up_to_now() {
        let axis = TimeAxis::new(Moment::from_secs(59), Duration::from_secs(60), 60);
        let past = [
            mark(5, MarkerKind::FaultBegan, "old"),
            mark(9, MarkerKind::FaultEnded, "old"),
            mark(50, MarkerKind::FaultBegan, "new"),
        ];
        assert_eq!(bands(&past, &axis), [(5, 9), (50, 59)]);
    }
}
