//! The alarms of an owner, their states and what became of them.

use std::collections::{BTreeMap, VecDeque};

use super::judge::MORE_POINTS;
use super::{AlarmPlan, Breach, Comparison, State, Watched, judge};
use crate::emulator::world::metrics::query::{self, DataQuery};
use crate::emulator::world::metrics::{MINUTE, Source, period_start};

/// Alarms of one owner (the service's quota is 5,000).
const MOST_ALARMS: usize = 5_000;
/// Events that are kept of all alarms; the oldest go first.
const MOST_EVENTS: usize = 2_000;
/// Minutes that are caught up at one look; of a longer absence the last ones.
const MOST_MINUTES: i64 = 1_440;

/// An alarm and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// What it is.
    pub plan: AlarmPlan,
    /// When that was last changed, in seconds.
    pub configured_at: i64,
    /// Its state.
    pub state: State,
    /// Why.
    pub reason: String,
    /// Since when the reason holds.
    pub updated_at: i64,
    /// Since when the state holds.
    pub changed_at: i64,
}

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was made or changed.
    ConfigurationUpdate,
    /// It went from one state to another.
    StateUpdate,
}

/// A line of an alarm's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The alarm.
    pub alarm: String,
    /// When, in seconds.
    pub at: i64,
    /// What.
    pub kind: EventKind,
    /// In a sentence.
    pub summary: String,
}

/// All alarms of an owner.
#[derive(Clone, Debug, Default)]
pub struct AlarmBook {
    alarms: BTreeMap<String, Alarm>,
    events: VecDeque<Event>,
    looked_at: i64,
}

impl AlarmBook {
    /// Makes an alarm, or changes one. Whether there was room.
    pub fn put(&mut self, now: i64, plan: AlarmPlan) -> bool {
        let name = plan.name.clone();
        let summary = if let Some(alarm) = self.alarms.get_mut(&name) {
            alarm.plan = plan;
            alarm.configured_at = now;
            "updated"
        } else if self.alarms.len() < MOST_ALARMS {
            let alarm = Alarm {
                plan,
                configured_at: now,
                state: State::InsufficientData,
                reason: "Unchecked: Initial alarm creation".to_owned(),
                updated_at: now,
                changed_at: now,
            };
            self.alarms.insert(name.clone(), alarm);
            "created"
        } else {
            return false;
        };
        self.note(Event {
            summary: format!("Alarm \"{name}\" {summary}"),
            alarm: name,
            at: now,
            kind: EventKind::ConfigurationUpdate,
        });
        true
    }

    /// Takes an alarm out; whether there was one.
    pub fn delete(&mut self, name: &str) -> bool {
        self.alarms.remove(name).is_some()
    }

    /// Whether there is such an alarm.
    pub fn has(&self, name: &str) -> bool {
        self.alarms.contains_key(name)
    }

    /// Sets a state by hand; the next evaluation may change it again. Whether there is the alarm.
    pub fn set_state(&mut self, now: i64, name: &str, state: State, reason: &str) -> bool {
        let Some(alarm) = self.alarms.get_mut(name) else {
            return false;
        };
        let event = alarm.turn(now, state, reason.to_owned());
        if let Some(event) = event {
            self.note(event);
        }
        true
    }

    /// The alarms, in the order of their names.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    /// What happened, the oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// Evaluates the minutes since the last look. `lag` is how many seconds after its end a minute is
    /// published.
    pub fn catch_up(&mut self, now: i64, lag: i64, source: &dyn Source) {
        let last = period_start(now, MINUTE);
        let first = period_start(self.looked_at, MINUTE) + MINUTE;
        let first = first.max(last - MOST_MINUTES * MINUTE);
        self.looked_at = now;
        let mut news = Vec::new();
        for minute in (first..=last).step_by(MINUTE as usize) {
            for alarm in self
                .alarms
                .values_mut()
                .filter(|alarm| alarm.configured_at < minute)
            {
                news.extend(alarm.evaluate(minute, lag, source));
            }
        }
        for event in news {
            self.note(event);
        }
    }

    fn note(&mut self, event: Event) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

impl Alarm {
    fn evaluate(&mut self, now: i64, lag: i64, source: &dyn Source) -> Option<Event> {
        let plan = &self.plan;
        let end = period_start(now - lag, plan.period);
        let count = plan.evaluation_periods + MORE_POINTS;
        let start = end - plan.period * i64::try_from(count).unwrap_or(i64::MAX / plan.period);
        let values = plan.values(start, end, source);
        let points: Vec<Breach> = (0_i64..)
            .take(count)
            .map(|place| {
                let value = values.get(&(start + plan.period * place))?;
                Some(plan.comparison.breaches(*value, plan.threshold))
            })
            .collect();
        let missing = plan.missing.unwrap_or_default();
        let state = judge(
            &points,
            plan.evaluation_periods,
            plan.datapoints_to_alarm,
            missing,
        )?;
        if state == self.state {
            return None;
        }
        let known: Vec<f64> = values.values().copied().collect();
        let reason = plan.reason(state, self.state, &known);
        self.turn(now, state, reason)
    }

    fn turn(&mut self, now: i64, state: State, reason: String) -> Option<Event> {
        let before = std::mem::replace(&mut self.state, state);
        self.reason = reason;
        self.updated_at = now;
        if before == state {
            return None;
        }
        self.changed_at = now;
        Some(Event {
            alarm: self.plan.name.clone(),
            at: now,
            kind: EventKind::StateUpdate,
            summary: format!("Alarm updated from {} to {}", before.word(), state.word()),
        })
    }
}

impl AlarmPlan {
    fn values(&self, start: i64, end: i64, source: &dyn Source) -> BTreeMap<i64, f64> {
        match &self.watched {
            Watched::Metric(watched) => {
                let periods = query::periods(watched, &(start..end), source).into_iter();
                periods
                    .filter_map(|(at, samples)| Some((at, samples.statistic(watched.statistic)?)))
                    .collect()
            }
            // An expression that cannot be evaluated has no points.
            Watched::Queries(queries) => {
                let found = query::answer(queries, start..end, source).unwrap_or_default();
                let watched = queries.iter().find(|query: &&DataQuery| query.returns);
                let is_it = |found: &query::Found| watched.is_some_and(|query| query.id == found.id);
                let found = found.into_iter().find(is_it);
                found
                    .map(|found| found.points.into_iter().collect())
                    .unwrap_or_default()
            }
        }
    }

    /// The service's sentence.
    fn reason(&self, state: State, before: State, values: &[f64]) -> String {
        let periods = self.evaluation_periods;
        let last = &values[values.len().saturating_sub(periods)..];
        if last.is_empty() {
            return match state {
                State::InsufficientData => "Insufficient Data: no datapoints were received.".to_owned(),
                _ => format!(
                    "Threshold Crossed: no datapoints were received for {periods} period(s) and {periods} missing \
                     datapoint(s) were treated as [{}].",
                    self.missing.map_or("Missing", |missing| match missing {
                        super::Missing::Breaching => "Breaching",
                        super::Missing::NotBreaching => "NonBreaching",
                        super::Missing::Ignore => "Ignored",
                        super::Missing::Missing => "Missing",
                    })
                ),
            };
        }
        let wanted = state == State::Alarm;
        let fits = |value: &&f64| self.comparison.breaches(**value, self.threshold) == wanted;
        let shown: Vec<String> = last
            .iter()
            .filter(fits)
            .map(|value| format!("{value:?}"))
            .collect();
        let side = Comparison::TABLE
            .iter()
            .find(|(side, ..)| *side == self.comparison);
        let side = side.map_or("", |(_, _, words)| words);
        format!(
            "Threshold Crossed: {} out of the last {} datapoints [{}] {} {}{side} the threshold ({:?}) (minimum {} \
             datapoint{} for {} -> {} transition).",
            shown.len(),
            last.len(),
            shown.join(", "),
            if shown.len() == 1 { "was" } else { "were" },
            if wanted { "" } else { "not " },
            self.threshold,
            self.datapoints_to_alarm,
            if self.datapoints_to_alarm == 1 { "" } else { "s" },
            before.word(),
            state.word()
        )
    }
}
