//! Manual fallback: special is the chain, hop by hop, with the breakers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::skeleton::{self, Wanted};
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};
use crate::patterns::PatternRow;
use crate::tui::view::Regions;
use crate::tui::widget::chain_table::chain_table;
use crate::tui::widget::pen;

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let Some(shown) = scene.selected(pattern) else {
        return;
    };
    let wanted = Wanted {
        full: pattern.arms.iter().map(height).sum(),
        least: height(shown),
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    // The selected chain stands first: it is what the charts show.
    let others = pattern.arms.iter().filter(|arm| arm.id != shown.id);
    let mut room = rooms.special;
    for arm in std::iter::once(shown).chain(others) {
        if room.height < 2 {
            break;
        }
        let (place, below) = pen::cut_top(room, height(arm));
        chain_table(place, buf, scene.theme, arm, scene.snapshot.at);
        room = below;
    }
}

/// Rows a chain takes: air above, a head, its hops.
fn height(arm: &ArmSnapshot) -> u16 {
    1 + arm.chain.len() as u16
}
