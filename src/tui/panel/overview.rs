//! The Overview: every pattern as a small multiple, its ways of calling side by side.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Scene, survival};
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
use crate::tui::widget::{pen, sparkline_row};

/// Width from which the regions stand at the right.
const WITH_REGIONS: u16 = 140;
const REGIONS_WIDTH: u16 = 40;
/// Least columns of one sparkline.
const LEAST_SPARK: u16 = 14;
/// Rows above the first pattern: heads of the markers, heads of the columns.
const HEAD_ROWS: u16 = 2;

/// Draws the page.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let area = pen::cut_right(pen::gap(area, 1), 1).0;
    let table = if area.width >= WITH_REGIONS {
        let (table, right) = pen::cut_right(area, REGIONS_WIDTH);
        region_list(pen::cut_top(right, 1).1, buf, scene.theme, scene.snapshot);
        pen::cut_right(table, 3).0
    } else {
        area
    };
    let layout = Layout::new(table, scene);
    let below = layout.draw(buf, scene, regions);
    rest(below, buf, scene, regions);
}

/// How the table is laid out: the same for all its rows.
struct Layout<'a> {
    area: Rect,
    figures: Vec<&'static Column<ArmSnapshot>>,
    success: Rect,
    latency: Rect,
    axis: TimeAxis,
    lines: Lines<'a>,
    density: Density,
}

/// How many rows an arm and a pattern take.
#[derive(Clone, Copy, PartialEq)]
enum Density {
    /// Two rows to an arm: its figures, and what is special to it.
    Airy,
    /// One row to an arm, what is special once for each pattern.
    Close,
    /// One row to an arm and nothing else.
    Bare,
}

impl<'a> Layout<'a> {
    fn new(area: Rect, scene: Scene<'a>) -> Self {
        let sparks = (area.width.saturating_sub(NAME_WIDTH) / 3).max(2 * (LEAST_SPARK + 2));
        let figures = columns::fitting(&FIGURES[..8], area.width.saturating_sub(NAME_WIDTH + sparks));
        let right = pen::gap(area, NAME_WIDTH + columns::width(&figures));
        let each = (right.width / 2).saturating_sub(2);
        let (_, success) = pen::cut_left(right, 2);
        let (success, after) = pen::cut_left(success, each);
        let latency = pen::cut_left(pen::gap(after, 2), each).0;
        let axis = TimeAxis::new(scene.snapshot.at, scene.viewing.span, each);
        let lines = Lines::new(&scene.snapshot.markers, &axis, |_| false);
        let density = Density::fitting(area.height, &scene.snapshot.patterns);
        Self {
            area,
            figures,
            success,
            latency,
            axis,
            lines,
            density,
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
                below = pen::cut_top(below, self.density.gap()).1;
            }
            let (group, after) = pen::cut_top(below, self.density.height(pattern));
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
            let (place, after) = pen::cut_top(below, self.density.arm_rows());
            self.arm(place, buf, scene, (arm, buckets), scale);
            regions.add(place, Hit::Arm(arm.id));
            below = after;
        }
        if self.density == Density::Close
            && let Some(arm) = telling(pattern)
        {
            let place = self.left_of_charts(pen::row(below, 0));
            let place = pen::label(buf, pen::gap(place, 4), 16, arm.key.as_str(), scene.theme.muted);
            special(place, buf, scene.theme, arm, scene.snapshot.at);
        }
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
        let mut bold = theme.strong;
        bold.fg = hue.fg;
        let rest = pen::left(buf, rest, title, bold);
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
        (arm, buckets): (&ArmSnapshot, &[Bucket]),
        scale: &Scale,
    ) {
        let theme = scene.theme;
        let row = pen::row(area, 0);
        let selected = scene.viewing.selected == Some(arm.id);
        let rest = arm_table::name(row, buf, theme, arm, selected);
        arm_table::figures(&self.figures, rest, buf, theme, arm);
        let at = |chart: Rect| Rect {
            y: area.y,
            height: area.height,
            ..chart
        };
        sparkline_row::success(at(self.success), buf, theme, buckets);
        sparkline_row::latency(at(self.latency), buf, theme, buckets, scale);
        if area.height > 1 {
            let place = pen::gap(self.left_of_charts(pen::row(area, 1)), 4);
            special(place, buf, theme, arm, scene.snapshot.at);
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

impl Density {
    fn fitting(height: u16, patterns: &[PatternSnapshot]) -> Self {
        let all = [Self::Airy, Self::Close, Self::Bare];
        let fits = |density: &Self| {
            let groups: u16 = patterns.iter().map(|pattern| density.height(pattern)).sum();
            let gaps = density.gap() * (patterns.len() as u16).saturating_sub(1);
            HEAD_ROWS + groups + gaps <= height
        };
        all.into_iter().find(fits).unwrap_or(Self::Bare)
    }

    const fn arm_rows(self) -> u16 {
        match self {
            Self::Airy => 2,
            Self::Close | Self::Bare => 1,
        }
    }

    const fn gap(self) -> u16 {
        match self {
            Self::Airy | Self::Close => 1,
            Self::Bare => 0,
        }
    }

    fn height(self, pattern: &PatternSnapshot) -> u16 {
        let arms = pattern.arms.len() as u16 * self.arm_rows();
        1 + arms + u16::from(self == Self::Close)
    }
}

/// The arm whose special line says most of a pattern: the one that could go most ways.
fn telling(pattern: &PatternSnapshot) -> Option<&ArmSnapshot> {
    let ways = |arm: &&ArmSnapshot| arm.chain.len().max(arm.regions.len());
    pattern.arms.iter().rev().max_by_key(ways)
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
    scorecard(
        place,
        buf,
        scene.theme,
        scene.snapshot.scorecard.as_deref(),
        &arms,
    );
    let (_, below) = pen::cut_top(below, 1);
    if below.height > rows {
        pen::left(buf, pen::row(below, 0), "survival", scene.theme.strong);
        survival::matrix(below, buf, scene.theme, (&scene.snapshot.survival, 1), regions);
    }
}
