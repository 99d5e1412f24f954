//! Prompt routing in one row: which model answers how much.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ratio_strip::{Slice, ratio_strip};
use crate::measure::snapshot::ArmSnapshot;
use crate::measure::special::RoutingView;
use crate::tui::format;
use crate::tui::theme::Theme;
use crate::tui::widget::pen;

/// Draws the shares of the two models among an arm's shots of the last ten seconds; what was lost
/// at the end.
pub fn routing_line(row: Rect, buf: &mut Buffer, theme: &Theme, (view, arm): (&RoutingView, &ArmSnapshot)) {
    let Some(way) = view.ways.iter().find(|way| way.arm == arm.id) else {
        return;
    };
    let all = way.recent.all();
    let whole = all.answered() + all.lost;
    if whole == 0 {
        pen::left(buf, row, format::NONE, theme.muted);
        return;
    }
    let [small, large] = &view.models;
    let parts = [
        (small.as_str(), all.small, theme.on_part(0)),
        (large.as_str(), all.large, theme.on_part(1)),
        ("unnamed", all.unnamed, theme.on_part(2)),
        ("lost", all.lost, theme.on_lost()),
    ];
    let slices: Vec<Slice> = parts
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(name, count, ground)| Slice {
            name: name.to_owned(),
            code: code(name),
            share: count as f64 / whole as f64,
            ground,
        })
        .collect();
    ratio_strip(row, buf, theme, &slices);
}

/// The last word of a name: `Pro`; a cross for what was lost.
fn code(name: &str) -> String {
    if name == "lost" {
        return "✗".to_owned();
    }
    name.rsplit(' ').next().unwrap_or(name).to_owned()
}
