//! Keys that ask something of the drill: traffic dials, outages, faults.

use std::time::Duration;

use super::App;
use super::dials::{Dial, cap_step, rate_step};
use crate::clock::Moment;
use crate::drill::Command;
use crate::event::Turn;
use crate::fault::{FaultKind, FaultShape, Outage, Scope};
use crate::names::Region;
use crate::patterns;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::units::Share;

/// How long an outage by one key lasts.
const OUTAGE_LASTS: Duration = Duration::from_secs(30);
/// A key held down must not break the same thing twice before the first fault shows.
const ASKED_STANDS: Duration = Duration::from_millis(800);

/// An outage that was asked for and is not yet to be seen in a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    kind: &'static str,
    region: Region,
    at: Moment,
}

impl App {
    /// Orders the drill and answers the person, unless the run is over.
    pub(super) fn send(&mut self, command: Command, answer: impl Into<String>) -> Vec<Effect> {
        if self.is_over() {
            return self.say("the run is over: nothing can be changed any more, q leaves");
        }
        self.say(answer);
        vec![Effect::Send(command)]
    }

    pub(super) fn order(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Pause => self.pause(),
            Action::RateUp => self.turn_rate(true),
            Action::RateDown => self.turn_rate(false),
            Action::CapUp => self.turn_cap(true),
            Action::CapDown => self.turn_cap(false),
            Action::PatternOnOff => self.turn_pattern(),
            Action::ChooseTune(step) => self.choose_tune(step),
            Action::TurnTune(step) => self.turn_tune(step),
            Action::CapacityOutage => self.outage(FaultKind::CapacityOutage),
            Action::EndpointOutage => self.outage(FaultKind::EndpointOutage(Outage::Refused)),
            Action::LiftAll => self.lift_all(),
            _ => Vec::new(),
        }
    }

    fn is_over(&self) -> bool {
        self.live.finished || self.drill_ended
    }

    fn pause(&mut self) -> Vec<Effect> {
        let paused = !self.dials.is_on(&Dial::Paused, &self.live);
        self.note(Dial::Paused, f64::from(u8::from(paused)));
        let answer = if paused {
            "no shots arrive any more; space lets them arrive again"
        } else {
            "shots arrive again"
        };
        self.send(Command::Turn(Turn::Paused(paused)), answer)
    }

    fn turn_rate(&mut self, up: bool) -> Vec<Effect> {
        let pattern = self.pattern_shown().map(|pattern| pattern.key.clone());
        let whose = pattern.as_ref().map_or("all patterns", |key| {
            patterns::row(key.as_str()).map_or(key.as_str(), |row| row.short)
        });
        let dial = Dial::Rate(pattern.clone());
        let from = self.dials.setting(&dial, &self.live);
        if from <= 0.0 {
            return self.say(format!("{whose}: no traffic is on, so there is no rate to turn"));
        }
        let to = rate_step(from, up);
        if (to - from).abs() < 1e-9 {
            let end = if up { "" } else { "; space pauses" };
            return self.say(format!("{whose}: {}/s is the end of the dial{end}", Rate(from)));
        }
        let answer = format!("{whose}: rate {}/s → {}/s", Rate(from), Rate(to));
        self.note(dial, to);
        self.send(Command::Turn(Turn::Rate { pattern, rate: to }), answer)
    }

    fn turn_cap(&mut self, up: bool) -> Vec<Effect> {
        let from = self.dials.setting(&Dial::Cap, &self.live) as u64;
        let to = cap_step(from, up);
        if to == from {
            return self.say(format!("{from} in flight is the end of the dial"));
        }
        self.note(Dial::Cap, to as f64);
        self.send(
            Command::Turn(Turn::Concurrency(to)),
            format!("concurrency cap {from} → {to}"),
        )
    }

    fn turn_pattern(&mut self) -> Vec<Effect> {
        let Some(key) = self.pattern_shown().map(|pattern| pattern.key.clone()) else {
            return Vec::new();
        };
        let dial = Dial::On(key.clone());
        let on = !self.dials.is_on(&dial, &self.live);
        self.note(dial, f64::from(u8::from(on)));
        let title = patterns::row(key.as_str()).map_or(key.as_str(), |row| row.title);
        let answer = format!(
            "{title}: traffic {}",
            if on { "on" } else { "off; p turns it on" }
        );
        self.send(Command::Turn(Turn::On { pattern: key, on }), answer)
    }

    /// Breaks the region shown, or lifts that very fault if it is in force.
    fn outage(&mut self, kind: FaultKind) -> Vec<Effect> {
        let Some(region) = self.region_shown() else {
            return self.say("no way of calling runs: there is nothing to break");
        };
        let scope = Scope {
            region: Some(region.clone()),
            ..Scope::default()
        };
        let what = if kind == FaultKind::CapacityOutage {
            "capacity"
        } else {
            "endpoint"
        };
        let now = self.live.at;
        let in_force =
            self.live.faults.iter().find(|fault| {
                fault.active && fault.plan.kind.key() == kind.key() && fault.plan.scope == scope
            });
        let asked = self.asked.as_ref().is_some_and(|asked| {
            asked.kind == kind.key() && asked.region == region && now.since(asked.at) < ASKED_STANDS
        });
        if asked {
            return Vec::new();
        }
        self.asked = Some(Asked {
            kind: kind.key(),
            region: region.clone(),
            at: now,
        });
        if let Some(id) = in_force.map(|fault| fault.plan.id) {
            return self.send(Command::Lift(id), format!("{region} {what}: lifted"));
        }
        let lasts = OUTAGE_LASTS;
        let command = Command::Inject {
            kind,
            scope,
            share: Share::ALL,
            shape: FaultShape::Step,
            lasts,
        };
        let key = if what == "capacity" { 'o' } else { 'O' };
        self.send(
            command,
            format!(
                "{region} {what} is out for {}s; {key} again lifts it",
                lasts.as_secs()
            ),
        )
    }

    fn lift_all(&mut self) -> Vec<Effect> {
        let asked = self.asked.take();
        let pending = asked.is_some_and(|asked| self.live.at.since(asked.at) < ASKED_STANDS);
        if self.live.faults.is_empty() && !pending {
            return self.say("nothing is broken");
        }
        self.send(Command::LiftAll, "every fault is lifted")
    }

    /// Notes a turn of a dial, so that the next press starts from it.
    pub(super) fn note(&mut self, dial: Dial, to: f64) {
        if !self.is_over() {
            self.dials.turn(dial, to, self.live.at);
        }
    }
}

/// A rate in at most three significant figures: `20`, `2.5`, `0.33`.
struct Rate(f64);

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = match self.0.abs() {
            rate if rate >= 100.0 => self.0.round(),
            rate if rate >= 10.0 => (self.0 * 10.0).round() / 10.0,
            _ => (self.0 * 100.0).round() / 100.0,
        };
        write!(f, "{rounded}")
    }
}
