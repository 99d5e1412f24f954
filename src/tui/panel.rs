//! Pages: one file for each, all drawn from a [`Scene`]. Pages never call patterns or the drill.

pub mod batch;
pub mod capacity;
pub mod cross_region;
pub mod decide;
pub mod fallback;
pub mod gateway;
pub mod outside;
pub mod overview;
pub mod prompt_cache;
pub mod prompt_routing;
pub mod provisioned;
pub mod skeleton;
pub mod survival;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, Snapshot, SpecialView};
use crate::patterns::{PatternRow, numbered, row as pattern_row};
use crate::tui::theme::Theme;
use crate::tui::view::Regions;
use crate::tui::viewing::{Page, Viewing};
use crate::tui::widget::pen;
use crate::tui::widget::time_axis::TimeAxis;

/// All that a page is drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What is looked at.
    pub viewing: &'a Viewing,
    /// What there is to see.
    pub snapshot: &'a Snapshot,
    /// How it looks.
    pub theme: &'a Theme,
}

impl<'a> Scene<'a> {
    /// The pattern with this number, if the run has it.
    pub fn pattern(&self, number: u8) -> Option<(&'static PatternRow, &'a PatternSnapshot)> {
        self.snapshot
            .patterns
            .iter()
            .filter_map(|pattern| Some((pattern_row(pattern.key.as_str())?, pattern)))
            .find(|(row, _)| row.number == number)
    }

    /// The time axis of every chart of the page, for so many columns.
    pub fn axis(&self, columns: u16) -> TimeAxis {
        let Viewing { span, behind, .. } = *self.viewing;
        TimeAxis::new(self.snapshot.at - behind, span, columns).ending(behind)
    }

    /// The arm of a pattern whose details are shown: the selected one, else the first.
    pub fn selected(&self, pattern: &'a PatternSnapshot) -> Option<&'a ArmSnapshot> {
        let chosen = pattern
            .arms
            .iter()
            .find(|arm| Some(arm.id) == self.viewing.selected);
        chosen.or_else(|| pattern.arms.first())
    }
}

/// Draws the row of an arm that only its pattern knows how to draw; `false`: there is none.
pub fn special_line(row: Rect, buf: &mut Buffer, scene: Scene<'_>, arm: &ArmSnapshot) -> bool {
    let of_arm = |pattern: &&PatternSnapshot| pattern.arms.iter().any(|other| other.id == arm.id);
    let pattern = scene.snapshot.patterns.iter().find(of_arm);
    match pattern.and_then(|pattern| pattern.special.as_deref()) {
        Some(SpecialView::PromptCache(view)) => view.arm(arm.id).is_some_and(|special| {
            prompt_cache::line(row, buf, scene.theme, special, scene.snapshot.at);
            true
        }),
        Some(SpecialView::Gateway(view)) => gateway::line(row, buf, scene.theme, view, arm.id),
        Some(SpecialView::Outside(view)) => {
            outside::line(row, buf, scene.theme, view);
            true
        }
        _ => false,
    }
}

/// Draws the page that is looked at.
pub fn draw(area: Rect, buf: &mut Buffer, scene: Scene<'_>, regions: &mut Regions) {
    match scene.viewing.page {
        Page::Overview => overview::draw(area, buf, scene, regions),
        Page::Decide => decide::draw(area, buf, scene, regions),
        Page::Capacity => capacity::draw(area, buf, scene, regions),
        Page::Survival => survival::draw(area, buf, scene, regions),
        Page::Pattern(number) => match scene.pattern(number) {
            Some((row, pattern)) if row.key == "batch" => {
                batch::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) if row.key == "cross-region" => {
                cross_region::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) if row.key == "gateway" => {
                gateway::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) if row.key == "prompt-routing" => {
                prompt_routing::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) if row.key == "prompt-cache" => {
                prompt_cache::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) if row.key == "provisioned" => {
                provisioned::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) if row.key == "outside" => {
                outside::draw(area, buf, scene, (row, pattern), regions);
            }
            Some((row, pattern)) => fallback::draw(area, buf, scene, (row, pattern), regions),
            None => absent(area, buf, scene.theme, number),
        },
    }
}

/// A pattern that this run does not fire.
fn absent(area: Rect, buf: &mut Buffer, theme: &Theme, number: u8) {
    let Some(row) = numbered(number) else {
        return;
    };
    let head = pen::left(
        buf,
        pen::gap(pen::row(area, 0), 1),
        &format!("{number} "),
        theme.muted,
    );
    pen::left(buf, head, row.title, theme.strong);
    let words = if row.available {
        "This scenario does not fire it."
    } else {
        "This version of bedrill cannot fire it yet."
    };
    pen::left(buf, pen::gap(pen::row(area, 1), 3), row.promise, theme.text);
    pen::left(buf, pen::gap(pen::row(area, 2), 3), words, theme.muted);
}

#[cfg(test)]
mod tests;
