//! The run as a whole: its phases, and what was done to it.

use super::axis::{Shape, Time};
use crate::measure::snapshot::{Marker, MarkerKind};
use crate::report::account::Account;
use crate::report::format::{at, glyph};
use crate::report::html::svg::{Anchor, Svg};

/// Rows of names under the phases; what finds no room has its sign alone.
const ROWS: usize = 5;
const ROW: f64 = 17.0;
const BAND: f64 = 24.0;
/// About what a letter takes, in pixels.
const LETTER: f64 = 6.4;
/// Signs drawn at most; the table beneath has all of them.
const SIGNS: usize = 200;

/// Phases and the run's own markers (faults, dials).
pub(in crate::report::html) fn course(account: &Account, shape: Shape) -> String {
    let time = Time::of(account, shape);
    let markers: Vec<&Marker> = account
        .markers()
        .filter(|marker| marker.arm.is_none())
        .take(SIGNS)
        .collect();
    let placed = placed(&markers, time);
    let rows = placed.iter().map(|(_, row, _)| row + 1).max().unwrap_or(0);
    let bottom = BAND + 8.0 + rows as f64 * ROW;
    let mut svg = Svg::new(shape.width(), bottom + 22.0);
    for (phase, begins, ends) in account.phases() {
        let (from, to) = (time.x(begins), time.x(ends));
        svg.rect((from, 0.0), (to - from, BAND), &format!("band {}", phase.key()));
        if to - from > phase.key().len() as f64 * LETTER + 8.0 {
            svg.text(
                (f64::midpoint(from, to), 16.0),
                Anchor::Middle,
                "band-name",
                phase.key(),
            );
        }
    }
    for (marker, row, words) in &placed {
        let x = time.x(marker.at.as_secs_f64());
        let y = BAND + 8.0 + *row as f64 * ROW + 10.0;
        svg.line((x, 0.0), (x, bottom), &format!("mark {}", class(marker.kind)));
        if let Some((anchor, words)) = words {
            let gap = if *anchor == Anchor::End { -5.0 } else { 5.0 };
            svg.text((x + gap, y), *anchor, "mark-name", words);
        }
    }
    time.ticks(&mut svg, (bottom, bottom));
    let label = format!(
        "Phases of the run and {} faults and dials on an axis of {}",
        markers.len(),
        at(account.seconds())
    );
    svg.finish(shape.class(), &label)
}

/// The class that colours a marker.
pub(super) const fn class(kind: MarkerKind) -> &'static str {
    match kind {
        MarkerKind::FaultBegan => "fault-began",
        MarkerKind::FaultEnded => "fault-ended",
        MarkerKind::DialTurned => "dial",
        _ => "other",
    }
}

type Placed<'a> = (&'a Marker, usize, Option<(Anchor, String)>);

/// Gives each name the first row in which it covers no other.
fn placed<'a>(markers: &[&'a Marker], time: Time) -> Vec<Placed<'a>> {
    let mut taken: [Vec<(f64, f64)>; ROWS] = Default::default();
    let mut place = |marker: &'a Marker| {
        let words = format!("{} {}", glyph(marker.kind), marker.label);
        let x = time.x(marker.at.as_secs_f64());
        let wide = words.chars().count() as f64 * LETTER + 8.0;
        let fits_right = x + wide <= time.shape.right();
        let fits_left = x - wide >= time.shape.left();
        let room = |to_the_left: bool| if to_the_left { (x - wide, x) } else { (x, x + wide) };
        let free = |row: &[(f64, f64)], (from, to): (f64, f64)| {
            row.iter().all(|(begins, ends)| to <= *begins || from >= *ends)
        };
        for (number, row) in taken.iter_mut().enumerate() {
            for (fits, to_the_left) in [(fits_right, false), (fits_left, true)] {
                let room = room(to_the_left);
                if fits && free(row, room) {
                    row.push(room);
                    let anchor = if to_the_left { Anchor::End } else { Anchor::Start };
                    return (marker, number, Some((anchor, words)));
                }
            }
        }
        (marker, 0, None)
    };
    markers.iter().map(|marker| place(marker)).collect()
}
