//! What is special to a way of calling, in one row: where it was served, or its chain and breakers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::breaker_badge::breaker_badge;
use super::job_line::job_line;
use super::pen;
use super::ratio_strip::{Slice, ratio_strip};
use super::routing_line::routing_line;
use crate::clock::Moment;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, SpecialView};
use crate::names::Region;
use crate::tui::format;
use crate::tui::theme::{Theme, region_code};

/// Regions that are told apart; with more of them geographies are.
pub const MOST_REGIONS: usize = 6;
/// Columns of a hop's share, the gap before it included.
const SHARE_WIDTH: u16 = 6;

/// Draws the row that tells most of an arm.
pub fn special(
    row: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    (pattern, arm): (&PatternSnapshot, &ArmSnapshot),
    now: Moment,
) {
    match pattern.special.as_deref() {
        Some(SpecialView::Batch(view)) => job_line(row, buf, theme, view),
        Some(SpecialView::PromptRouting(view)) => routing_line(row, buf, theme, (view, arm)),
        _ if arm.chain.len() > 1 => chain(row, buf, theme, arm, now),
        _ => served(row, buf, theme, arm),
    }
}

/// Where the shots of an arm were served, as one bar, in an order that stays; what was lost at the
/// end.
pub fn served(row: Rect, buf: &mut Buffer, theme: &Theme, arm: &ArmSnapshot) {
    let mut slices = if regions(arm).len() > MOST_REGIONS {
        by_geography(arm, theme)
    } else {
        by_region(arm, theme)
    };
    let lost = arm.recent.availability().map_or(0.0, |ok| 1.0 - ok);
    slices.push(Slice {
        name: "lost".to_owned(),
        code: "✗".to_owned(),
        share: lost,
        ground: theme.on_lost(),
    });
    slices.retain(|slice| slice.share > 0.0);
    ratio_strip(row, buf, theme, &slices);
}

fn by_region(arm: &ArmSnapshot, theme: &Theme) -> Vec<Slice> {
    let slice = |region: &Region| Slice {
        name: region.as_str().to_owned(),
        code: region_code(region),
        share: served_share(arm, region).unwrap_or(0.0),
        ground: theme.on_region(region),
    };
    regions(arm).into_iter().map(slice).collect()
}

/// The region that is called, and every other one within its geography: a profile that spans the
/// world has more regions than a bar has room for.
fn by_geography(arm: &ArmSnapshot, theme: &Theme) -> Vec<Slice> {
    let home = arm.chain.first().map(|hop| &hop.route.region);
    let mut slices: Vec<Slice> = Vec::new();
    for (slice, region) in by_region(arm, theme).into_iter().zip(regions(arm)) {
        if Some(region) == home {
            slices.insert(0, slice);
            continue;
        }
        let geography = region.as_str().split('-').next().unwrap_or_default();
        match slices.iter_mut().find(|known| known.code == geography) {
            Some(known) => known.share += slice.share,
            None => slices.push(Slice {
                name: format!("{geography} others"),
                code: geography.to_owned(),
                ..slice
            }),
        }
    }
    slices
}

/// The share of an arm's shots of the last ten seconds that a region served; `None` without shots.
pub fn served_share(arm: &ArmSnapshot, region: &Region) -> Option<f64> {
    let calls = arm.served_in.get(region).copied().unwrap_or(0);
    share_of_shots(arm, calls)
}

/// Calls served over shots, never above one: a shot at the window's edge may count in one alone.
pub fn share_of_shots(arm: &ArmSnapshot, served: u64) -> Option<f64> {
    let whole = arm.recent.intended;
    (whole > 0).then(|| (served as f64 / whole as f64).min(1.0))
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
    let each = (row.width + 1) / u16::try_from(arm.chain.len()).unwrap_or(1).max(1);
    for (n, hop) in arm.chain.iter().enumerate() {
        let place = pen::cut_left(row, each * n as u16).1;
        let place = pen::cut_left(place, each.saturating_sub(1)).0;
        let share = share_of_shots(arm, hop.served);
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
        // A cut name says less than a share, a name cut to its first letters less than nothing.
        let named = place.width.saturating_sub(SHARE_WIDTH);
        let wide = pen::width(&hop.route.label);
        let (label, with_share) = match (named_for_region, wide <= named) {
            (_, true) => (hop.route.label.to_string(), true),
            (true, false) => (region_code(&hop.route.region), true),
            (false, false) => (hop.route.label.to_string(), named >= 10),
        };
        let (label_place, share_place) = pen::cut_right(place, if with_share { SHARE_WIDTH } else { 0 });
        let rest = pen::left(buf, label_place, &label, style);
        let share_place = Rect {
            x: rest.x,
            ..share_place
        };
        pen::column(
            buf,
            share_place,
            share_place.width,
            &format::maybe_share(share),
            theme.muted,
        );
    }
}
