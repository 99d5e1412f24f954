//! Snapshots of the last quarter of an hour, one a second, for a view that is frozen and scrubbed.
//!
//! A frame leaves out what the newest snapshot holds as well (the timelines, the markers and the
//! log only grow at their end); [`History::at`] puts the part that was there then back in.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::clock::Moment;
use crate::measure::Snapshot;
use crate::measure::snapshot::Timeline;

/// Frames kept: a quarter of an hour.
pub const FRAMES: usize = 900;

/// The past.
#[derive(Clone, Debug, Default)]
pub struct History {
    frames: VecDeque<Snapshot>,
}

impl History {
    /// Keeps a snapshot if it is the first of its second. The oldest frame makes room.
    pub fn record(&mut self, snapshot: &Snapshot) {
        let newest = self.frames.back().map(|frame| frame.at);
        if newest.is_some_and(|newest| newest.as_secs() >= snapshot.at.as_secs()) {
            return;
        }
        if self.frames.len() == FRAMES {
            self.frames.pop_front();
        }
        self.frames.push_back(slim(snapshot));
    }

    /// The oldest moment that can be shown.
    pub fn oldest(&self) -> Option<Moment> {
        self.frames.front().map(|frame| frame.at)
    }

    /// The screen's facts as they were at `then`, or at the oldest frame. `newest` must be a
    /// snapshot of the same run, not older than `then`. `None`: nothing is kept yet.
    ///
    /// Lines that the bounded log of `newest` has dropped since are missing.
    pub fn at(&self, then: Moment, newest: &Snapshot) -> Option<Arc<Snapshot>> {
        let after = self.frames.partition_point(|frame| frame.at <= then);
        let frame = self.frames.get(after.saturating_sub(1))?;
        Some(Arc::new(filled(frame, newest)))
    }
}

fn slim(snapshot: &Snapshot) -> Snapshot {
    let mut frame = snapshot.clone();
    frame.markers = Arc::default();
    frame.log = Arc::default();
    for arm in frame.patterns.iter_mut().flat_map(|pattern| &mut pattern.arms) {
        arm.timeline = Timeline::default();
    }
    frame
}

fn filled(frame: &Snapshot, newest: &Snapshot) -> Snapshot {
    let mut full = frame.clone();
    let until = frame.at;
    let markers = newest.markers.iter().filter(|marker| marker.at <= until);
    full.markers = Arc::new(markers.cloned().collect());
    let log = newest.log.iter().filter(|entry| entry.at <= until);
    full.log = Arc::new(log.cloned().collect());
    let timelines = newest.patterns.iter().flat_map(|pattern| &pattern.arms);
    let arms = full.patterns.iter_mut().flat_map(|pattern| &mut pattern.arms);
    for (arm, source) in arms.zip(timelines) {
        if arm.id == source.id {
            arm.timeline = cut(&source.timeline, until);
        }
    }
    full
}

/// The whole seconds that were over at `until`.
fn cut(timeline: &Timeline, until: Moment) -> Timeline {
    let over = |second: u64| second < until.as_secs();
    let whole = timeline
        .chunks
        .iter()
        .take_while(|chunk| chunk.last().is_none_or(|point| over(point.second)))
        .count();
    let rest = timeline.chunks[whole..]
        .iter()
        .chain([&timeline.open])
        .flat_map(|chunk| chunk.iter());
    Timeline {
        chunks: timeline.chunks[..whole].to_vec(),
        open: Arc::new(rest.filter(|point| over(point.second)).copied().collect()),
    }
}
