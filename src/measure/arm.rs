//! What is known of one way of calling.

mod second;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::second::{ArmSecond, FIRST_TOKEN, INTENDED, SENT};
use super::latency::Latencies;
use super::seconds::Seconds;
use super::snapshot::{
    ArmSnapshot, BreakerView, Counts, HopSnapshot, LatencyView, Point, SplitView, Timeline,
};
use super::tally::{HopTally, SplitSum, Tally};
use crate::clock::Moment;
use crate::event::{ArmId, BreakerMove, BreakerState, Route, ShotRecord};
use crate::names::{ArmKey, Region};

/// A way of calling that is to be measured.
#[derive(Clone, Debug)]
pub struct ArmTrack {
    /// Its number in the run: its place among all arms.
    pub id: ArmId,
    /// Its key.
    pub key: ArmKey,
    /// What it calls, in words.
    pub about: String,
    /// Its routes, the preferred first.
    pub chain: Vec<Arc<Route>>,
    /// Whether each of them has a breaker.
    pub breakers: bool,
}

/// Everything known of one arm.
#[derive(Debug)]
pub(super) struct ArmFold {
    pub(super) track: ArmTrack,
    pub(super) total: Tally,
    overall: [Latencies; 3],
    seconds: Seconds<ArmSecond>,
    /// The first second that has no point yet.
    unpublished: u64,
    timeline: Timeline,
    regions: Regions,
    breakers: Vec<Option<BreakerView>>,
    baseline: Option<Arc<super::snapshot::Histogram>>,
    view: View,
}

/// What changes once a second, ready to be shown.
#[derive(Debug, Default)]
struct View {
    recent: Counts,
    window: LatencyView,
    overall: LatencyView,
    split: SplitView,
    served_in: BTreeMap<Region, u64>,
    hops: Vec<HopTally>,
}

/// Serving regions in the order of their first answer.
#[derive(Debug, Default)]
struct Regions {
    all: Vec<Region>,
    /// The first of them, as shown.
    shown: Arc<Vec<Region>>,
}

impl ArmFold {
    pub(super) fn new(track: ArmTrack) -> Self {
        let closed = track.breakers.then_some(BreakerView {
            state: BreakerState::Closed,
            since: Moment::ZERO,
        });
        Self {
            breakers: vec![closed; track.chain.len()],
            track,
            total: Tally::default(),
            overall: <[Latencies; 3]>::default(),
            seconds: Seconds::default(),
            unpublished: 0,
            timeline: Timeline::default(),
            regions: Regions::default(),
            baseline: None,
            view: View::default(),
        }
    }

    /// Counts a finished shot at the second in which it ended. One told more than a window late is
    /// counted in the totals alone.
    pub(super) fn shot(&mut self, record: &ShotRecord) {
        self.total.count(record);
        let latencies = record.succeeded().then(|| {
            let micros = [
                Some(record.latency_from_intended()),
                Some(record.latency_from_send()),
                record.time_to_first_token(),
            ]
            .map(|span| span.map(Latencies::micros));
            for (overall, micros) in self.overall.iter_mut().zip(micros) {
                if let Some(micros) = micros {
                    overall.record_micros(micros);
                }
            }
            micros
        });
        self.go_on(record.ended_at.as_secs());
        let Some(second) = self.seconds.get_mut(record.ended_at.as_secs()) else {
            return;
        };
        second.is_news = true;
        second.tally.count(record);
        if let Some(latencies) = latencies {
            second.split.count(&record.split());
            for (kept, micros) in second.latencies.iter_mut().zip(latencies) {
                kept.extend(micros);
            }
        }
        for attempt in &record.attempts {
            grown(&mut second.hops, usize::from(attempt.hop)).count(attempt);
            if let (None, Some(region)) = (attempt.failure(), &attempt.served_in) {
                *grown(&mut second.served, self.regions.place(region)) += 1;
            }
        }
    }

    /// Counts a failover.
    pub(super) fn failover(&mut self, at: Moment) {
        self.total.failovers += 1;
        self.go_on(at.as_secs());
        if let Some(second) = self.seconds.get_mut(at.as_secs()) {
            second.tally.failovers += 1;
            second.is_news = true;
        }
    }

    /// Notes a breaker's new state.
    pub(super) fn breaker(&mut self, at: Moment, moved: &BreakerMove) {
        let hop = self.track.chain.iter().position(|route| *route == moved.route);
        if let Some(breaker) = hop.and_then(|hop| self.breakers.get_mut(hop)) {
            *breaker = Some(BreakerView {
                state: moved.to,
                since: at,
            });
        }
    }

    /// Takes the latencies of some seconds as those of the steady state, if there are any.
    pub(super) fn set_baseline(&mut self, from: u64, to: u64, scratch: &mut Latencies) {
        self.gather(INTENDED, from, to, scratch);
        if scratch.count() > 0 {
            self.baseline = Some(Arc::new(scratch.histogram()));
        }
    }

    /// Brings up to date what changes once a second: views over the seconds from `from` to before
    /// `end`, points of the seconds before `publish_to`.
    pub(super) fn refresh(&mut self, from: u64, end: u64, publish_to: u64, scratch: &mut Latencies) {
        self.go_on(end.saturating_sub(1));
        self.publish(publish_to, scratch);
        let mut recent = Tally::default();
        let mut split = SplitSum::default();
        let mut served = Vec::new();
        let mut hops = vec![HopTally::default(); self.track.chain.len()];
        for (_, second) in self.seconds.range(from, end) {
            recent.add(&second.tally);
            split.add(&second.split);
            for (sum, hop) in hops.iter_mut().zip(&second.hops) {
                sum.add(hop);
            }
            for (place, count) in second.served.iter().enumerate() {
                *grown(&mut served, place) += count;
            }
        }
        self.view.window = self.window(from, end, scratch);
        self.view.recent = recent.counts();
        self.view.split = split.means();
        self.view.hops = hops;
        self.view.served_in = self
            .regions
            .all
            .iter()
            .cloned()
            .zip(served)
            .filter(|(_, count): &(Region, u64)| *count > 0)
            .collect();
        if self.overall[INTENDED].count() != self.view.overall.intended.percentiles.count {
            self.view.overall = LatencyView {
                intended: Arc::new(self.overall[INTENDED].histogram()),
                sent: self.overall[SENT].percentiles(),
                first_token: self.overall[FIRST_TOKEN].percentiles(),
            };
        }
    }

    /// Shots sent in the seconds of the view.
    pub(super) fn recently_sent(&self) -> u64 {
        self.view.recent.intended - self.view.recent.shed
    }

    pub(super) fn snapshot(&self, asked_rate: f64, in_flight: u64) -> ArmSnapshot {
        let hops = self.track.chain.iter().zip(&self.breakers).enumerate();
        let none = HopTally::default();
        let chain = hops.map(|(place, (route, breaker))| {
            let hop = self.view.hops.get(place).unwrap_or(&none);
            HopSnapshot {
                route: Arc::clone(route),
                attempts: hop.attempts,
                served: hop.served,
                failed: hop.attempts - hop.served,
                main_failure: hop.main_failure(),
                breaker: *breaker,
            }
        });
        ArmSnapshot {
            id: self.track.id,
            key: self.track.key.clone(),
            about: self.track.about.clone(),
            chain: chain.collect(),
            asked_rate,
            in_flight,
            total: self.total.counts(),
            recent: self.view.recent.clone(),
            window: self.view.window.clone(),
            baseline: self.baseline.clone(),
            overall: self.view.overall.clone(),
            split: self.view.split,
            served_in: self.view.served_in.clone(),
            regions: Arc::clone(&self.regions.shown),
            timeline: self.timeline.clone(),
        }
    }

    /// Goes on to a second; those that must leave the ring without a point get one.
    fn go_on(&mut self, to: u64) {
        let unpublished = self.unpublished;
        let timeline = &mut self.timeline;
        let mut published = unpublished;
        self.seconds.advance(to, |number, second| {
            if second.is_news || number >= unpublished {
                // Seldom: nobody has asked for a snapshot for longer than the ring reaches.
                timeline.put(second.point(number, &mut Latencies::default()));
                published = published.max(number + 1);
            }
        });
        self.unpublished = published;
    }

    /// Makes the points of seconds before `end` that have none or have news.
    fn publish(&mut self, end: u64, scratch: &mut Latencies) {
        for number in self.seconds.oldest()..end {
            let unpublished = number >= self.unpublished;
            let Some(second) = self.seconds.get_mut(number) else {
                continue;
            };
            if unpublished || second.is_news {
                self.timeline.put(second.point(number, scratch));
                second.is_news = false;
            }
        }
        self.unpublished = self.unpublished.max(end);
    }

    fn window(&self, from: u64, end: u64, scratch: &mut Latencies) -> LatencyView {
        self.gather(INTENDED, from, end, scratch);
        let intended = Arc::new(scratch.histogram());
        self.gather(SENT, from, end, scratch);
        let sent = scratch.percentiles();
        self.gather(FIRST_TOKEN, from, end, scratch);
        LatencyView {
            intended,
            sent,
            first_token: scratch.percentiles(),
        }
    }

    /// Puts the latencies of some seconds into a histogram.
    fn gather(&self, clock: usize, from: u64, end: u64, into: &mut Latencies) {
        into.clear();
        for (_, second) in self.seconds.range(from, end) {
            second.pour(clock, into);
        }
    }
}

impl Regions {
    fn place(&mut self, region: &Region) -> usize {
        if let Some(place) = self.all.iter().position(|known| known == region) {
            return place;
        }
        self.all.push(region.clone());
        if self.all.len() <= Point::REGIONS {
            self.shown = Arc::new(self.all.clone());
        }
        self.all.len() - 1
    }
}

/// The place in a list, which grows to hold it.
fn grown<T: Clone + Default>(list: &mut Vec<T>, place: usize) -> &mut T {
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
    &mut list[place]
}
