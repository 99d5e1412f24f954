//! The Overview: every pattern as a small multiple, its ways of calling side by side.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Scene, provisioned, survival};
use crate::event::ArmId;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};
use crate::patterns::{PatternRow, row as pattern_row};
use crate::tui::format;
use crate::tui::theme::State;
use crate::tui::view::{Hit, Regions};
use crate::tui::viewing::Page;
use crate::tui::widget::arm_table::{self, FIGURES, NAME_WIDTH};
use crate::tui::widget::columns::{self, Column};
use crate::tui::widget::markers::Lines;
use crate::tui::widget::region_list::region_list;
use crate::tui::widget::scale::Scale;
use crate::tui::widget::scorecard::scorecard;
use crate::tui::widget::special::special;
use crate::tui::widget::time_axis::{Bucket, TimeAxis};
use crate::tui::widget::{pen, sparkline_row, verdict};

/// Width from which the regions stand at the right.
const WITH_REGIONS: u16 = 140;
const REGIONS_WIDTH: u16 = 40;
/// Columns of the scorecard with all its marks and the fault's name.
const SCORES_WIDTH: u16 = 122;
/// Columns of the sparklines together that figures may not take, where there is so much room.
const LEAST_SPARKS: u16 = 32;
/// Rows above the first pattern: heads of the markers, heads of the columns.
const HEAD_ROWS: u16 = 2;

/// Draws the page.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let area = pen::cut_right(pen::gap(area, 1), 1).0;
    let area = expected(area, buf, scene);
    let with_regions = area.width >= WITH_REGIONS;
    let (table, right) = pen::cut_right(area, if with_regions { REGIONS_WIDTH } else { 0 });
    let table = pen::cut_right(table, if with_regions { 3 } else { 0 }).0;
    let below = Layout::new(table, scene).draw(buf, scene, regions);
    let (_, right) = pen::cut_top(right, 1);
    let (right, _) = pen::cut_top(right, below.y.saturating_sub(right.y));
    region_list(right, buf, scene.theme, scene.snapshot);
    let below = Rect {
        width: area.width,
        ..below
    };
    rest(below, buf, scene, regions);
}

/// What is expected, at the foot of the page; gives what is above.
fn expected(area: Rect, buf: &mut Buffer, scene: Scene<'_>) -> Rect {
    let Some(verdict) = &scene.viewing.verdict else {
        return area;
    };
    let (above, place) = pen::cut_bottom(area, verdict::rows(verdict, area.height));
    verdict::draw(place, buf, scene.theme, verdict, scene.snapshot.finished);
    pen::cut_bottom(above, u16::from(area.height >= 22)).0
}

/// How the table is laid out: the same for all its rows.
struct Layout<'a> {
    area: Rect,
    figures: Vec<&'static Column<ArmSnapshot>>,
    success: Rect,
    latency: Rect,
    axis: TimeAxis,
    lines: Lines<'a>,
    special: BTreeSet<ArmId>,
    gap: u16,
}

impl<'a> Layout<'a> {
    fn new(area: Rect, scene: Scene<'a>) -> Self {
        let room = area.width.saturating_sub(NAME_WIDTH);
        let sparks = (room / 3).max((room / 2).min(LEAST_SPARKS));
        let figures = columns::fitting(&FIGURES[..8], area.width.saturating_sub(NAME_WIDTH + sparks));
        let right = pen::gap(area, NAME_WIDTH + columns::width(&figures));
        let each = (right.width / 2).saturating_sub(2);
        let (_, success) = pen::cut_left(right, 2);
        let (success, after) = pen::cut_left(success, each);
        let latency = pen::cut_left(pen::gap(after, 2), each).0;
        let axis = TimeAxis::new(scene.snapshot.at, scene.viewing.span, each);
        let lines = Lines::new(&scene.snapshot.markers, &axis, |_| false);
        let (gap, special) = with_special(area.height, &scene.snapshot.patterns);
        Self {
            area,
            figures,
            success,
            latency,
            axis,
            lines,
            special,
            gap,
        }
    }

    /// Draws the table and returns what is below.
    fn draw(&self, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) -> Rect {
        let patterns = &scene.snapshot.patterns;
        let buckets: Vec<Vec<Vec<Bucket>>> = patterns
            .iter()
            .map(|pattern| {
                pattern
                    .arms
                    .iter()
                    .map(|arm| self.axis.buckets(&arm.timeline, 2))
                    .collect()
            })
            .collect();
        let worst = buckets
            .iter()
            .flatten()
            .flatten()
            .filter_map(|bucket| bucket.p99_ms);
        let scale = Scale::covering(worst.map(f64::from), scene.viewing.log_scale);
        let (head, mut below) = pen::cut_top(self.area, HEAD_ROWS);
        self.head(head, buf, scene, &scale);
        for (n, (pattern, buckets)) in patterns.iter().zip(&buckets).enumerate() {
            if n > 0 {
                below = pen::cut_top(below, self.gap).1;
            }
            let (group, after) = pen::cut_top(below, self.group_rows(pattern));
            self.shade(group, buf, scene);
            self.group(group, buf, scene, (pattern, buckets), (&scale, regions));
            self.mark(group, buf, scene);
            below = after;
        }
        below
    }

    fn head(&self, area: Rect, buf: &mut Buffer, scene: Scene<'_>, scale: &Scale) {
        let theme = scene.theme;
        let titles = pen::row(area, 1);
        columns::heads(&self.figures, pen::gap(titles, NAME_WIDTH), buf, theme);
        let span = format::round_span(scene.viewing.span);
        let top = format!("to {}", format::tick(scale.top()));
        for (chart, title, note) in [(self.success, "success", ""), (self.latency, "p99", top.as_str())] {
            self.lines.heads(
                Rect {
                    y: area.y,
                    height: 1.min(area.height),
                    ..chart
                },
                buf,
                theme,
            );
            let place = Rect {
                y: titles.y,
                height: titles.height,
                ..chart
            };
            let rest = pen::left(buf, place, &format!("{title}, {span}"), theme.muted);
            if rest.width > pen::width(note) {
                pen::right(buf, rest, note, theme.muted);
            }
        }
    }

    fn group(
        &self,
        area: Rect,
        buf: &mut Buffer,
        scene: Scene<'_>,
        (pattern, buckets): (&PatternSnapshot, &[Vec<Bucket>]),
        (scale, regions): (&Scale, &mut Regions),
    ) {
        let row = pattern_row(pattern.key.as_str());
        self.title(pen::row(area, 0), buf, scene, (row, pattern));
        if let Some(row) = row {
            regions.add(pen::row(area, 0), Hit::Page(Page::Pattern(row.number)));
        }
        let mut below = pen::cut_top(area, 1).1;
        for (arm, buckets) in pattern.arms.iter().zip(buckets) {
            let (place, after) = pen::cut_top(below, self.arm_rows(arm));
            self.arm(place, buf, scene, (pattern, arm, buckets), scale);
            regions.add(place, Hit::Arm(arm.id));
            below = after;
        }
    }

    fn arm_rows(&self, arm: &ArmSnapshot) -> u16 {
        1 + u16::from(self.special.contains(&arm.id))
    }

    fn group_rows(&self, pattern: &PatternSnapshot) -> u16 {
        1 + pattern.arms.iter().map(|arm| self.arm_rows(arm)).sum::<u16>()
    }

    fn title(
        &self,
        row: Rect,
        buf: &mut Buffer,
        scene: Scene<'_>,
        (known, pattern): (Option<&PatternRow>, &PatternSnapshot),
    ) {
        let theme = scene.theme;
        let row = self.left_of_charts(row);
        let (number, title) = known.map_or((0, pattern.key.as_str()), |row| (row.number, row.title));
        let hue = theme.pattern(&pattern.key);
        let rest = pen::left(buf, row, &format!("{number} "), hue);
        let rest = pen::left(buf, rest, title, theme.pattern_title(&pattern.key));
        let rest = pen::gap(rest, 3);
        if !pattern.on {
            pen::left(buf, rest, "off", theme.state(State::Strained));
        } else if let Some(row) = known.filter(|row| pen::width(row.promise) <= rest.width) {
            pen::left(buf, rest, row.promise, theme.muted);
        }
    }

    fn arm(
        &self,
        area: Rect,
        buf: &mut Buffer,
        scene: Scene<'_>,
        (pattern, arm, buckets): (&PatternSnapshot, &ArmSnapshot, &[Bucket]),
        scale: &Scale,
    ) {
        let theme = scene.theme;
        let row = pen::row(area, 0);
        let selected = scene.viewing.selected == Some(arm.id);
        let rest = arm_table::name(row, buf, theme, arm, selected);
        columns::cells(&self.figures, arm, rest, buf, theme);
        let at = |chart: Rect| Rect {
            y: area.y,
            height: area.height,
            ..chart
        };
        sparkline_row::success(at(self.success), buf, theme, buckets);
        sparkline_row::latency(at(self.latency), buf, theme, buckets, scale);
        if area.height > 1 {
            let place = pen::gap(self.left_of_charts(pen::row(area, 1)), 4);
            let drawn = super::special_line(place, buf, scene, arm)
                || provisioned::overview_row(place, buf, scene, arm);
            if !drawn {
                special(place, buf, theme, (pattern, arm), scene.snapshot.at);
            }
        }
    }

    fn left_of_charts(&self, row: Rect) -> Rect {
        pen::cut_left(row, self.success.x.saturating_sub(row.x + 2)).0
    }

    fn shade(&self, group: Rect, buf: &mut Buffer, scene: Scene<'_>) {
        for chart in [self.success, self.latency] {
            let chart = Rect {
                y: group.y,
                height: group.height,
                ..chart
            };
            self.lines.shade(chart, buf, scene.theme);
        }
    }

    fn mark(&self, group: Rect, buf: &mut Buffer, scene: Scene<'_>) {
        for chart in [self.success, self.latency] {
            let chart = Rect {
                y: group.y,
                height: group.height,
                ..chart
            };
            self.lines.draw(chart, buf, scene.theme, true);
        }
    }
}

/// The arms that get a second row, for what is special to them: as many as there is room for, those
/// that can go most ways first. Before them the rows between two patterns.
fn with_special(height: u16, patterns: &[PatternSnapshot]) -> (u16, BTreeSet<ArmId>) {
    let arms: u16 = patterns.iter().map(|pattern| pattern.arms.len() as u16).sum();
    let groups = patterns.len() as u16;
    let single = HEAD_ROWS + arms + groups + groups.saturating_sub(1);
    let gap = u16::from(height >= single);
    let spare = height.saturating_sub(single);
    let mut ranked: Vec<(usize, usize, ArmId)> = Vec::new();
    for (place, pattern) in patterns.iter().enumerate() {
        let mut ways: Vec<(usize, ArmId)> = pattern
            .arms
            .iter()
            .map(|arm| (arm.chain.len().max(arm.regions.len()), arm.id))
            .collect();
        ways.sort_by_key(|(ways, id)| (Reverse(*ways), *id));
        ranked.extend(
            ways.into_iter()
                .enumerate()
                .map(|(rank, (_, id))| (rank, place, id)),
        );
    }
    ranked.sort_unstable();
    let chosen = ranked.into_iter().map(|(_, _, id)| id).take(spare.into());
    (gap, chosen.collect())
}

/// Below the table, as room allows: the scorecard of the newest fault, the survival matrix.
fn rest(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let arms: Vec<&ArmSnapshot> = scene
        .snapshot
        .patterns
        .iter()
        .flat_map(|pattern| &pattern.arms)
        .collect();
    let rows = arms.len() as u16 + 1;
    let (_, area) = pen::cut_top(area, 1);
    if area.height < rows {
        return;
    }
    let (place, below) = pen::cut_top(area, rows);
    let (marks, beside) = pen::cut_left(place, SCORES_WIDTH);
    scorecard(
        marks,
        buf,
        scene.theme,
        scene.snapshot.scorecard.as_deref(),
        &arms,
    );
    let below = pen::cut_top(below, 1).1;
    let matrix = if beside.width >= 2 * survival::CELL_WIDTH {
        beside
    } else {
        below
    };
    if matrix.height >= rows {
        pen::left(buf, pen::row(matrix, 0), "survival", scene.theme.strong);
        survival::matrix(
            matrix,
            buf,
            scene.theme,
            (&scene.snapshot.survival, false),
            regions,
        );
    }
}

#[cfg(test)]
mod tests;
