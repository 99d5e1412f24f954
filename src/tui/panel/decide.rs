//! The Decide page: the flowchart or the form of figures, and what they lead to.

mod chart;
mod form;
#[cfg(test)]
mod tests;
mod verdict;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::Scene;
use crate::tui::deciding::{By, Deciding};
use crate::tui::theme::Theme;
use crate::tui::view::Regions;
use crate::tui::widget::pen;

/// From this width on what is recommended stands beside what led to it.
const BESIDE: u16 = 112;
/// Columns of the flowchart beside a recommendation, and the gap after them.
const CHART: u16 = 66;
/// Columns of the form, with the gap after them.
const FORM: u16 = 43;
const GAP: u16 = 3;

/// Draws the page.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    let Some(deciding) = &scene.viewing.deciding else {
        return;
    };
    let theme = scene.theme;
    let area = pen::cut_right(pen::gap(area, 1), 1).0;
    title(pen::row(area, 0), buf, theme, deciding.by);
    let body = pen::cut_top(area, 2).1;
    match deciding.by {
        By::Questions => questions(body, buf, theme, deciding, regions),
        By::Figures => figures(body, buf, theme, deciding, regions),
    }
}

fn title(row: Rect, buf: &mut Buffer, theme: &Theme, by: By) {
    let style = |shown: bool| {
        if shown {
            theme.accent.add_modifier(Modifier::UNDERLINED)
        } else {
            theme.muted
        }
    };
    let rest = pen::left(buf, row, "decide", theme.strong);
    let rest = pen::left(buf, rest, ", which pattern for which use: by ", theme.muted);
    let rest = pen::left(buf, rest, "questions", style(by == By::Questions));
    let rest = pen::left(buf, rest, " or ", theme.muted);
    pen::left(buf, rest, "figures", style(by == By::Figures));
}

fn questions(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) {
    let at_leaf = deciding.shown().is_some();
    if area.width < BESIDE {
        if at_leaf {
            let below = chart::crumbs(area, buf, theme, deciding);
            verdict::draw(pen::cut_top(below, 1).1, buf, theme, deciding, regions);
        } else {
            let below = chart::way(area, buf, theme, deciding, regions);
            chart::ends(pen::cut_top(below, 1).1, buf, theme, deciding);
        }
        return;
    }
    let (left, right) = pen::cut_left(area, CHART);
    let mut right = pen::gap(right, GAP);
    let whole = left.height >= chart::ROWS;
    if whole {
        chart::whole(left, buf, theme, deciding, regions);
    } else {
        chart::way(left, buf, theme, deciding, regions);
    }
    if at_leaf {
        return verdict::draw(right, buf, theme, deciding, regions);
    }
    if whole {
        // There is no room for it between the questions.
        right = pen::cut_top(chart::hint(right, buf, theme, deciding), 1).1;
    }
    chart::ends(right, buf, theme, deciding);
}

fn figures(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) {
    let beside = area.width >= BESIDE && area.height > form::ROWS + form::VERDICT_ROWS;
    if beside {
        let (left, right) = pen::cut_left(area, FORM);
        let (fields, below) = pen::cut_top(left, form::ROWS);
        form::fields(fields, buf, theme, deciding, regions);
        form::verdicts(pen::cut_top(below, 1).1, buf, theme, deciding, regions);
        verdict::draw(pen::gap(right, GAP), buf, theme, deciding, regions);
        return;
    }
    if deciding.reading {
        verdict::draw(area, buf, theme, deciding, regions);
        return;
    }
    let (upper, lower) = pen::cut_top(area, form::ROWS);
    let (left, right) = pen::cut_left(upper, upper.width / 2);
    form::fields(left, buf, theme, deciding, regions);
    form::verdicts(pen::gap(right, 1), buf, theme, deciding, regions);
    form::explain(pen::cut_top(lower, 1).1, buf, theme, deciding);
}
