//! Prompt routing: which model answered which kind of prompt, and what that saved.

use std::time::Duration;

use serde::Serialize;

use super::{SpecialFold, SpecialView};
use crate::clock::Moment;
use crate::event::sighting::{RouterInUse, Seen};
use crate::event::{ArmId, PromptClass, ShotRecord};
use crate::measure::seconds::{Second, Seconds};
use crate::measure::snapshot::{Point, Timeline};
use crate::names::ModelRef;
use crate::units::Usd;

/// What a way of calling decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Way {
    /// A router chooses for each prompt.
    Router,
    /// The larger model always.
    Large,
    /// The smaller model always.
    Small,
}

/// A model that is to be told from the other.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelTrack {
    /// Its name.
    pub name: String,
    /// All that it is called by.
    pub targets: Vec<ModelRef>,
}

/// What is to be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingTrack {
    /// The two models, the smaller first.
    pub models: [ModelTrack; 2],
    /// The ways of calling, in the order of the panel.
    pub ways: Vec<(ArmId, Way)>,
}

/// What the panel shows of its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutingView {
    /// The names of the two models, the smaller first.
    pub models: [String; 2],
    /// The routers in use, in the order of the panel.
    pub routers: Vec<InUse>,
    /// Why the newest router could not be made; the one before stays in use.
    pub refused: Option<String>,
    /// The ways of calling, in the order of the panel.
    pub ways: Vec<WayView>,
}

/// A router in use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InUse {
    /// Since when.
    pub since: Moment,
    /// Which.
    pub router: RouterInUse,
    /// The name of its fallback model.
    pub fallback: String,
}

/// One way of calling.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayView {
    /// Its arm.
    pub arm: ArmId,
    /// What it decides.
    pub way: Way,
    /// Shots that ended in the last ten seconds.
    pub recent: Split,
    /// Shots since the run began.
    pub total: Split,
    /// What it saves against the larger model for every prompt, of the last ten seconds: a share of
    /// that one's cost for an answer. Below zero it costs more. `None`: nothing to compare with.
    pub saves: Option<f64>,
    /// The same since the run began.
    pub saves_in_all: Option<f64>,
    /// Simple prompts second by second; `served` counts answers of the smaller, the larger and an
    /// unnamed model, in this order.
    pub simple: Timeline,
    /// Complex prompts likewise.
    pub complex: Timeline,
}

/// Shots by the kind of their prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Split {
    /// Simple prompts.
    pub simple: Answers,
    /// Complex ones.
    pub complex: Answers,
}

/// Who answered how many, and what it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// Answers of the smaller model.
    pub small: u64,
    /// Answers of the larger model.
    pub large: u64,
    /// Answers of a model that the service did not name.
    pub unnamed: u64,
    /// Shots without an answer.
    pub lost: u64,
    /// What all of them cost.
    pub cost: Usd,
    /// The latencies of the answers together, from the intended time.
    pub latency: Duration,
}

impl Answers {
    /// Shots that were answered.
    pub const fn answered(&self) -> u64 {
        self.small + self.large + self.unnamed
    }

    /// The share of the answers that the larger model gave; `None` without answers.
    pub fn large_share(&self) -> Option<f64> {
        self.share(self.large)
    }

    /// The share of the answers that the smaller model gave; `None` without answers.
    pub fn small_share(&self) -> Option<f64> {
        self.share(self.small)
    }

    /// What an answer cost, lost shots included; `None` without answers.
    pub fn cost_per_answer(&self) -> Option<f64> {
        let answered = self.answered();
        (answered > 0).then(|| self.cost.dollars() / answered as f64)
    }

    /// The mean latency of an answer; `None` without answers.
    pub fn mean_latency(&self) -> Option<Duration> {
        let answered = u32::try_from(self.answered()).unwrap_or(u32::MAX);
        self.latency.checked_div(answered)
    }

    fn share(&self, of: u64) -> Option<f64> {
        let answered = self.answered();
        (answered > 0).then(|| of as f64 / answered as f64)
    }

    fn add(&mut self, other: &Self) {
        self.small += other.small;
        self.large += other.large;
        self.unnamed += other.unnamed;
        self.lost += other.lost;
        self.cost += other.cost;
        self.latency = self.latency.saturating_add(other.latency);
    }

    fn point(&self, second: u64) -> Point {
        let narrow = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let mut point = Point {
            second,
            intended: narrow(self.answered() + self.lost),
            succeeded: narrow(self.answered()),
            ..Point::default()
        };
        for (served, count) in point
            .served
            .iter_mut()
            .zip([self.small, self.large, self.unnamed])
        {
            *served = u16::try_from(count).unwrap_or(u16::MAX);
        }
        point
    }
}

impl Split {
    /// Both kinds together.
    pub fn all(&self) -> Answers {
        let mut all = self.simple;
        all.add(&self.complex);
        all
    }

    fn of(&mut self, class: PromptClass) -> &mut Answers {
        match class {
            PromptClass::Simple => &mut self.simple,
            PromptClass::Complex => &mut self.complex,
        }
    }

    fn add(&mut self, other: &Self) {
        self.simple.add(&other.simple);
        self.complex.add(&other.complex);
    }
}

impl Second for Split {
    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Folds the facts of pattern 2.
#[derive(Debug)]
pub struct RoutingFold {
    models: [ModelTrack; 2],
    ways: Vec<WayFold>,
    routers: Vec<InUse>,
    refused: Option<String>,
}

/// One way of calling.
#[derive(Debug)]
struct WayFold {
    arm: ArmId,
    way: Way,
    seconds: Seconds<Split>,
    recent: Split,
    total: Split,
    simple: Timeline,
    complex: Timeline,
}

impl RoutingFold {
    /// A fold to which nothing was told yet.
    pub fn new(track: RoutingTrack) -> Self {
        let ways = track.ways.into_iter().map(|(arm, way)| WayFold {
            arm,
            way,
            seconds: Seconds::default(),
            recent: Split::default(),
            total: Split::default(),
            simple: Timeline::default(),
            complex: Timeline::default(),
        });
        Self {
            models: track.models,
            ways: ways.collect(),
            routers: Vec::new(),
            refused: None,
        }
    }

    fn place(&self, target: &ModelRef) -> Option<usize> {
        (self.models.iter()).position(|model| model.targets.contains(target))
    }

    /// Who answered a shot. Of a router only what the trace names counts: nothing is guessed.
    fn answers(&self, way: Way, record: &ShotRecord) -> Answers {
        let mut answers = Answers {
            cost: record.cost,
            ..Answers::default()
        };
        if !record.succeeded() {
            answers.lost = 1;
            return answers;
        }
        answers.latency = record.latency_from_intended();
        let last = record.attempts.last();
        let target = last.and_then(|last| match way {
            Way::Router => last.invoked.as_ref(),
            Way::Large | Way::Small => Some(&last.route.target),
        });
        match target.and_then(|target| self.place(target)) {
            Some(0) => answers.small = 1,
            Some(_) => answers.large = 1,
            None => answers.unnamed = 1,
        }
        answers
    }
}

impl WayFold {
    fn count(&mut self, class: PromptClass, second: u64, answers: &Answers) {
        self.total.of(class).add(answers);
        self.seconds.advance(second, |_, _| {});
        if let Some(split) = self.seconds.get_mut(second) {
            split.of(class).add(answers);
        }
    }

    fn refresh(&mut self, from: u64, end: u64) {
        self.seconds.advance(end.saturating_sub(1), |_, _| {});
        self.recent = Split::default();
        for (_, split) in self.seconds.range(from, end) {
            self.recent.add(split);
        }
        // A second may have got news as long as it is kept.
        for (second, split) in self.seconds.range(self.seconds.oldest(), end) {
            self.simple.put(split.simple.point(second));
            self.complex.put(split.complex.point(second));
        }
    }
}

impl SpecialFold for RoutingFold {
    fn shot(&mut self, record: &ShotRecord) {
        let Some(place) = self.ways.iter().position(|way| way.arm == record.id.arm) else {
            return;
        };
        let answers = self.answers(self.ways[place].way, record);
        self.ways[place].count(record.class, record.ended_at.as_secs(), &answers);
    }

    fn seen(&mut self, at: Moment, seen: &Seen) {
        if let Seen::Router(router) = seen {
            let fallback = self.place(&router.fallback);
            let in_use = InUse {
                since: at,
                router: router.clone(),
                fallback: fallback.map_or_else(
                    || router.fallback.to_string(),
                    |place| self.models[place].name.clone(),
                ),
            };
            self.refused = None;
            self.routers.retain(|other| other.router.arm != router.arm);
            self.routers.push(in_use);
            self.routers.sort_by_key(|other| other.router.arm);
        } else if let Seen::Failed { what, why } = seen {
            self.refused = Some(format!("{what}: {why}"));
        }
    }

    fn refresh(&mut self, from: u64, end: u64) {
        for way in &mut self.ways {
            way.refresh(from, end);
        }
    }

    fn view(&self, _now: Moment) -> SpecialView {
        let large = self.ways.iter().find(|way| way.way == Way::Large);
        let ways = self.ways.iter().map(|way| {
            let saves = |of: fn(&WayFold) -> &Split| {
                let dear = of(large?).all().cost_per_answer().filter(|cost| *cost > 0.0)?;
                Some(1.0 - of(way).all().cost_per_answer()? / dear)
            };
            WayView {
                arm: way.arm,
                way: way.way,
                recent: way.recent,
                total: way.total,
                saves: saves(|way| &way.recent),
                saves_in_all: saves(|way| &way.total),
                simple: way.simple.clone(),
                complex: way.complex.clone(),
            }
        });
        SpecialView::PromptRouting(RoutingView {
            models: self.models.each_ref().map(|model| model.name.clone()),
            routers: self.routers.clone(),
            refused: self.refused.clone(),
            ways: ways.collect(),
        })
    }
}

#[cfg(test)]
mod tests;
