//! The regions of the run: what each serves now, and what is broken there.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{blocks, pen};
use crate::measure::snapshot::{FaultStatus, MarkerKind, Snapshot};
use crate::names::Region;
use crate::tui::format;
use crate::tui::theme::{Theme, marker_glyph};

/// Draws a title and a row for each region; a second part lists the faults.
pub fn region_list(area: Rect, buf: &mut Buffer, theme: &Theme, snapshot: &Snapshot) {
    let served = served(snapshot);
    let whole: u64 = served.values().sum();
    let rest = pen::left(buf, pen::row(area, 0), "regions", theme.strong);
    pen::left(buf, rest, ", served in the last 10 s", theme.muted);
    let mut next = 1;
    for (region, calls) in &served {
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

/// Calls served lately in every region that an arm calls or was served in.
fn served(snapshot: &Snapshot) -> BTreeMap<Region, u64> {
    let mut served: BTreeMap<Region, u64> = BTreeMap::new();
    for arm in snapshot.patterns.iter().flat_map(|pattern| &pattern.arms) {
        for hop in &arm.chain {
            served.entry(hop.route.region.clone()).or_default();
        }
        for region in arm.regions.iter() {
            served.entry(region.clone()).or_default();
        }
        for (region, calls) in &arm.served_in {
            *served.entry(region.clone()).or_default() += calls;
        }
    }
    served
}
