//! The regions of the run: what each serves now, and what is broken there.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{blocks, pen};
use crate::measure::snapshot::{FaultStatus, MarkerKind, Snapshot};
use crate::names::Region;
use crate::tui::format;
use crate::tui::theme::{Theme, marker_glyph};

/// Rows that the list takes with every region and every fault.
pub fn rows(snapshot: &Snapshot) -> u16 {
    let faults = snapshot.faults.len() as u16;
    1 + served(snapshot).len() as u16 + if faults > 0 { faults + 2 } else { 0 }
}

/// Draws a title and a row for each region; a second part lists the faults.
pub fn region_list(area: Rect, buf: &mut Buffer, theme: &Theme, snapshot: &Snapshot) {
    let served = served(snapshot);
    let whole: u64 = served.iter().map(|(_, calls)| calls).sum();
    let rest = pen::left(buf, pen::row(area, 0), "regions", theme.strong);
    pen::left(buf, rest, ", served in the last 10 s", theme.muted);
    let faults_room = if snapshot.faults.is_empty() {
        0
    } else {
        snapshot.faults.len() as u16 + 2
    };
    let room = usize::from(area.height.saturating_sub(1 + faults_room));
    let shown = if served.len() > room {
        room.saturating_sub(1)
    } else {
        served.len()
    };
    let mut next = 1;
    for (region, calls) in served.iter().take(shown) {
        let row = pen::row(area, next);
        let broken = snapshot
            .faults
            .iter()
            .any(|fault| fault.active && fault.plan.scope.region.as_ref() == Some(region));
        let (glyph, style) = if broken {
            (
                marker_glyph(MarkerKind::FaultBegan),
                theme.marker(MarkerKind::FaultBegan),
            )
        } else {
            ("·", theme.muted)
        };
        let share = (whole > 0).then(|| *calls as f64 / whole as f64);
        let rest = pen::label(buf, row, 2, glyph, style);
        let rest = pen::label(buf, rest, 15, region.as_str(), theme.region(region));
        let rest = pen::column(buf, rest, 6, &format::maybe_share(share), theme.text);
        blocks::bar(pen::gap(rest, 1), buf, share.unwrap_or(0.0), theme.region(region));
        next += 1;
    }
    if shown < served.len() {
        let calls: u64 = served.iter().skip(shown).map(|(_, calls)| calls).sum();
        let share = (whole > 0).then(|| calls as f64 / whole as f64);
        let name = format!("{} others", served.len() - shown);
        let rest = pen::label(buf, pen::gap(pen::row(area, next), 2), 15, &name, theme.muted);
        pen::column(buf, rest, 6, &format::maybe_share(share), theme.text);
        next += 1;
    }
    let (_, below) = pen::cut_top(area, next + 1);
    faults(below, buf, theme, &snapshot.faults);
}

fn faults(area: Rect, buf: &mut Buffer, theme: &Theme, faults: &[FaultStatus]) {
    if faults.is_empty() {
        return;
    }
    pen::left(buf, pen::row(area, 0), "faults", theme.strong);
    for (n, fault) in faults.iter().enumerate() {
        fault_row(pen::row(area, n as u16 + 1), buf, theme, fault);
    }
}

fn fault_row(row: Rect, buf: &mut Buffer, theme: &Theme, fault: &FaultStatus) {
    let style = if fault.active {
        theme.marker(MarkerKind::FaultBegan)
    } else {
        theme.muted
    };
    let glyph = if fault.active {
        marker_glyph(MarkerKind::FaultBegan)
    } else {
        "▽"
    };
    let rest = pen::label(buf, row, 2, glyph, style);
    let rest = pen::right(
        buf,
        rest,
        &format!(" {}", format::countdown(fault.remaining)),
        style,
    );
    pen::left(buf, rest, &fault.label, style);
}

/// Calls served lately by region: first the regions that are called, then those that only serve,
/// each in the order of their names.
fn served(snapshot: &Snapshot) -> Vec<(Region, u64)> {
    let arms = || snapshot.patterns.iter().flat_map(|pattern| &pattern.arms);
    let called: BTreeSet<&Region> = arms()
        .flat_map(|arm| arm.chain.iter().map(|hop| &hop.route.region))
        .collect();
    let mut served: BTreeMap<&Region, u64> = called.iter().map(|region| (*region, 0)).collect();
    for arm in arms() {
        for region in arm.regions.iter() {
            served.entry(region).or_default();
        }
        for (region, calls) in &arm.served_in {
            let sum = served.entry(region).or_default();
            *sum = sum.saturating_add(*calls);
        }
    }
    let (first, then): (Vec<_>, Vec<_>) = served
        .into_iter()
        .partition(|(region, _)| called.contains(region));
    first
        .into_iter()
        .chain(then)
        .map(|(region, calls)| (region.clone(), calls))
        .collect()
}
