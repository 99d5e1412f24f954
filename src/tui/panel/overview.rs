//! The Overview: every pattern as a small multiple, its ways of calling side by side.

mod opened;

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
use crate::tui::viewing::{Page, Viewing};
use crate::tui::widget::arm_table::{self, FIGURES, NAME_WIDTH};
use crate::tui::widget::columns::{self, Column};
use crate::tui::widget::markers::Lines;
use crate::tui::widget::region_list::{self, region_list};
use crate::tui::widget::region_map::region_map;
use crate::tui::widget::scale::Scale;
use crate::tui::widget::scorecard::scorecard;
use crate::tui::widget::special::special;
use crate::tui::widget::time_axis::{Bucket, TimeAxis};
use crate::tui::widget::{pen, readout, sparkline_row, verdict};

/// Width from which the regions stand at the right.
const WITH_REGIONS: u16 = 140;
const REGIONS_WIDTH: u16 = 40;
/// Rows of the map for which a long list of regions gives way, down to `LIST_ROWS`.
const MAP_ROWS: u16 = 14;
const LIST_ROWS: u16 = 8;
/// Rows of the map, its title included: at least, at most.
const LEAST_MAP: u16 = 7;
const MOST_MAP: u16 = 20;
/// Columns of the scorecard with the marks of every run.
const SCORES_WIDTH: u16 = 114;
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
    // Where nothing stands beside the scorecard the map has its height too.
    let (right, below) = if area.width >= SCORES_WIDTH + 2 * survival::CELL_WIDTH {
        let height = below.y.saturating_sub(right.y);
        let below = Rect {
            width: area.width,
            ..below
        };
        (pen::cut_top(right, height).0, below)
    } else {
        (right, below)
    };
    regions_of_the_run(right, buf, scene);
    rest(below, buf, scene, regions);
}

/// The list of the regions and the faults, below it the map where it fits; a long list gives way.
fn regions_of_the_run(area: Rect, buf: &mut Buffer, scene: Scene<'_>) {
    let wanted = region_list::rows(scene.snapshot) + 1;
    let list = wanted.min(area.height.saturating_sub(MAP_ROWS).max(LIST_ROWS));
    let list = if area.height >= list + LEAST_MAP {
        list
    } else {
        area.height
    };
    let (list, map) = pen::cut_top(area, list);
    region_list(list, buf, scene.theme, scene.snapshot);
    let map = pen::cut_top(map, MOST_MAP).0;
    region_map(map, buf, scene.theme, (scene.snapshot, &scene.viewing.atlas));
}

/// What is expected, at the foot of the page; gives what is above.
fn expected(area: Rect, buf: &mut Buffer, scene: Scene<'_>) -> Rect {
    let Some(verdict) = &scene.viewing.verdict else {
        return area;
    };
    // The patterns come first: every one of them with all its ways, if that can be had. Then the
    // scorecard, which is asked for as soon as something breaks; single expectations stand under `v` too.
    let patterns = &scene.snapshot.patterns;
    let arms: usize = patterns.iter().map(|pattern| pattern.arms.len()).sum();
    let (rows, card) = (verdict::rows(verdict, area.height), arms as u16 + 2);
    let spare = area.height.saturating_sub(1 + opened::all(patterns));
    let rows = if spare < rows {
        1
    } else if spare > card {
        rows.min(spare - card)
    } else {
        rows
    };
    let (above, place) = pen::cut_bottom(area, rows);
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
    /// Whether each pattern's ways have rows of their own.
    open: Vec<bool>,
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
        let axis = scene.axis(each);
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
            open: opened::those(area.height, &scene.snapshot.patterns),
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
            let (group, after) = pen::cut_top(below, self.group_rows(n, pattern));
            self.shade(group, buf, scene);
            if self.open[n] {
                self.group(group, buf, scene, (pattern, buckets), (&scale, regions));
            } else {
                self.closed(group, buf, scene, (pattern, buckets), (&scale, regions));
            }
            self.mark(group, buf, scene);
            below = after;
        }
        for chart in [self.success, self.latency] {
            let height = below.y.saturating_sub(chart.y);
            regions.chart(Rect { height, ..chart }, self.axis);
        }
        below
    }

    fn head(&self, area: Rect, buf: &mut Buffer, scene: Scene<'_>, scale: &Scale) {
        let theme = scene.theme;
        let titles = pen::row(area, 1);
        if self.open.contains(&false) {
            pen::left(buf, titles, " ×n: worst of n ways", theme.muted);
        }
        columns::heads(&self.figures, pen::gap(titles, NAME_WIDTH), buf, theme);
        let Viewing { span, behind, .. } = *scene.viewing;
        let span = if behind.is_zero() {
            format::round_span(span)
        } else {
            format!(
                "{} to {} ago",
                format::round_span(span),
                format::round_span(behind)
            )
        };
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

    /// A pattern in one row, where there is no room for its ways: the one that fares worst.
    fn closed(
        &self,
        row: Rect,
        buf: &mut Buffer,
        scene: Scene<'_>,
        (pattern, buckets): (&PatternSnapshot, &[Vec<Bucket>]),
        (scale, regions): (&Scale, &mut Regions),
    ) {
        let Some((n, arm)) = opened::worst(pattern) else {
            return;
        };
        let theme = scene.theme;
        let known = pattern_row(pattern.key.as_str());
        let (number, short) = known.map_or((0, pattern.key.as_str()), |row| (row.number, row.short));
        let (name, figures) = pen::cut_left(row, NAME_WIDTH);
        let rest = pen::label(buf, name, 2, &number.to_string(), theme.pattern(&pattern.key));
        let state = State::of_share(arm.recent.availability());
        let rest = pen::label(buf, rest, 2, state.glyph(), theme.state(state));
        let rest = pen::right(buf, rest, &format!(" ×{}", pattern.arms.len()), theme.muted);
        pen::left(buf, rest, short, theme.pattern_title(&pattern.key));
        columns::cells(&self.figures, arm, figures, buf, theme);
        let at = |chart: Rect| Rect {
            y: row.y,
            height: row.height,
            ..chart
        };
        sparkline_row::success(at(self.success), buf, theme, &buckets[n]);
        sparkline_row::latency(at(self.latency), buf, theme, &buckets[n], scale);
        if let Some(known) = known {
            regions.add(row, Hit::Page(Page::Pattern(known.number)));
        }
    }

    fn arm_rows(&self, arm: &ArmSnapshot) -> u16 {
        1 + u16::from(self.special.contains(&arm.id))
    }

    fn group_rows(&self, n: usize, pattern: &PatternSnapshot) -> u16 {
        if !self.open[n] {
            return 1;
        }
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
            readout::line(chart, buf, scene.theme, (&self.axis, scene.viewing.cursor));
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
    // With a row to spare the fault has a line of its own, and no mark gives way to its name.
    let named = u16::from(area.height > rows);
    let (place, below) = pen::cut_top(area, rows + named);
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
        pen::cut_top(beside, named).1
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
