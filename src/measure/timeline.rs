//! Building a [`Timeline`] that is cheap to share and bounded for ever.

use std::sync::Arc;

use super::snapshot::{Point, Timeline};

/// Points in a full chunk.
const CHUNK: usize = 256;
/// Full chunks kept: a little over four hours. Older ones are dropped, a chunk at a time.
const CHUNKS: usize = 57;

impl Timeline {
    /// The most points a timeline holds.
    pub const MOST: usize = CHUNK * (CHUNKS + 1);

    /// Puts the point of a second in its place: at the end, with empty points for seconds left out,
    /// or over the point that is there. One that was dropped already is left out.
    pub(super) fn put(&mut self, point: Point) {
        let next = self.next();
        if point.second >= next {
            // A gap longer than all that is kept would only be dropped again.
            let skipped = next.max(point.second.saturating_sub(Self::MOST as u64));
            if skipped > next {
                *self = Self::default();
            }
            for second in skipped..point.second {
                self.push(Point {
                    second,
                    ..Point::default()
                });
            }
            self.push(point);
        } else if let Some(place) = self.place(point.second) {
            *place = point;
        }
    }

    fn push(&mut self, point: Point) {
        if self.open.len() >= CHUNK {
            self.chunks.push(std::mem::take(&mut self.open));
            if self.chunks.len() > CHUNKS {
                self.chunks.remove(0);
            }
        }
        Arc::make_mut(&mut self.open).push(point);
    }

    /// The second after the newest point.
    fn next(&self) -> u64 {
        self.points().next_back().map_or(0, |newest| newest.second + 1)
    }

    fn place(&mut self, second: u64) -> Option<&mut Point> {
        let chunk = std::iter::once(&mut self.open)
            .chain(self.chunks.iter_mut().rev())
            .find(|chunk| chunk.first().is_some_and(|first| first.second <= second))?;
        let place = usize::try_from(second - chunk.first()?.second).ok()?;
        Arc::make_mut(chunk).get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(second: u64, intended: u32) -> Point {
        Point {
            second,
            intended,
            ..Point::default()
        }
    }

    #[test]
    fn seconds_stay_in_line_whatever_comes_late_or_never() {
        let mut timeline = Timeline::default();
        for second in [0, 1, 5, 300, 2, 299] {
            timeline.put(point(second, 7));
        }
        let seconds: Vec<u64> = timeline.points().map(|point| point.second).collect();
        assert_eq!(seconds, (0..=300).collect::<Vec<_>>());
        let filled: Vec<u64> = timeline
            .points()
            .filter(|point| point.intended == 7)
            .map(|point| point.second)
            .collect();
        assert_eq!(filled, [0, 1, 2, 5, 299, 300]);
    }

    #[test]
    fn a_snapshot_taken_before_keeps_what_it_showed() {
        let mut timeline = Timeline::default();
        timeline.put(point(0, 1));
        let shown = timeline.clone();
        timeline.put(point(0, 2));
        timeline.put(point(1, 2));
        assert_eq!(
            shown.points().map(|point| point.intended).collect::<Vec<_>>(),
            [1]
        );
    }

    #[test]
    fn it_is_bounded_for_ever() {
        let mut timeline = Timeline::default();
        for second in 0..40_000 {
            timeline.put(point(second, 1));
        }
        let count = timeline.points().count();
        assert!((4 * 3600..=Timeline::MOST).contains(&count), "{count} points");
        timeline.put(point(10_000_000, 1));
        assert!(timeline.points().count() <= Timeline::MOST + 1);
    }
}
