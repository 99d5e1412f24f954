//! What is special to a way of calling, in one row: where it was served, or its chain and breakers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::breaker_badge::breaker_badge;
use super::pen;
use super::ratio_strip::{Slice, ratio_strip};
use crate::clock::Moment;
use crate::measure::snapshot::ArmSnapshot;
use crate::names::Region;
use crate::tui::format;
use crate::tui::theme::{Theme, region_code};

/// Draws the row that tells most of an arm.
pub fn special(row: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, now: Moment) {
    if arm.chain.len() > 1 {
        chain(row, buf, theme, arm, now);
    } else {
        served(row, buf, theme, arm);
    }
}

/// Where the calls of an arm were served, as one bar, in an order that stays.
pub fn served(row: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot) {
    let slices: Vec<Slice> = regions(arm)
        .into_iter()
        .map(|region| Slice {
            name: region.as_str().to_owned(),
            code: region_code(region),
            amount: arm.served_in.get(region).copied().unwrap_or(0),
            ground: theme.on_region(region),
        })
        .filter(|slice| slice.amount > 0)
        .collect();
    ratio_strip(row, buf, theme, &slices);
}

/// The regions that ever served an arm, in the order of their first answer.
pub fn regions(arm: &ArmSnapshot) -> Vec<&Region> {
    let known = arm.regions.iter();
    let others = arm
        .served_in
        .keys()
        .filter(|region| !arm.regions.contains(region));
    known.chain(others).collect()
}

/// The hops with their shares and breakers: `us-east-1 ● open 9s 0%  us-east-2 86.0%`.
fn chain(row: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot, now: Moment) {
    let whole: u64 = arm.chain.iter().map(|hop| hop.served).sum();
    let each = row.width / u16::try_from(arm.chain.len()).unwrap_or(1).max(1);
    for (n, hop) in arm.chain.iter().enumerate() {
        let place = pen::cut_left(row, each * n as u16).1;
        let place = pen::cut_left(place, each.saturating_sub(2)).0;
        let share = (whole > 0).then(|| hop.served as f64 / whole as f64);
        let place = match hop.breaker {
            Some(breaker) => {
                let (glyph, _, style) = breaker_badge(breaker, now, theme);
                pen::label(buf, place, 2, glyph, style)
            }
            None => place,
        };
        let named_for_region = hop.route.label.as_ref() == hop.route.region.as_str();
        let style = if named_for_region {
            theme.region(&hop.route.region)
        } else {
            theme.text
        };
        let label_room = place.width.saturating_sub(7);
        let label = pen::fit(&hop.route.label, label_room);
        let rest = pen::left(buf, place, &label, style);
        pen::column(
            buf,
            rest,
            7.min(rest.width),
            &format::maybe_share(share),
            theme.muted,
        );
    }
}
