//! The run's one control loop: takes events in, commands and the clock's edges, gives snapshots out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::command::Command;
use super::fault_desk::{FaultDesk, FaultRefusal, FaultWish};
use super::rig::Rig;
use super::{DrillError, dial};
use crate::bedrock::ClientFaults;
use crate::clock::{Clock, Moment};
use crate::emulator::server::Server;
use crate::emulator::service::WorldControl;
use crate::event::{Event, Fact, FaultEndCause};
use crate::load::{Dials, Gate};
use crate::measure::Snapshot;
use crate::measure::fold::{ArmGauge, Fold, Gauges};
use crate::measure::sink::EventFeed;
use crate::names::PatternKey;

/// Between two snapshots.
const TICK: Duration = Duration::from_millis(100);

/// Owns a run. See the parent's shutdown rules.
pub struct Conductor {
    clock: Clock,
    feed: EventFeed,
    commands: mpsc::Receiver<Command>,
    interrupt: Arc<AtomicBool>,
    fold: Fold,
    desk: FaultDesk<WorldControl, ClientFaults>,
    dials: Dials,
    gate: Gate,
    /// Each pattern's key and how many arms it has, in the order of the run.
    patterns: Vec<(PatternKey, usize)>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    stop: watch::Sender<bool>,
    phase: &'static str,
    until: Moment,
    answered: bool,
    stopping: bool,
    /// Held until the end of the run; the emulator stops with it.
    server: Option<Arc<Server>>,
}

/// What the loop goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Another round.
    Goes,
    /// All lanes have ended.
    Over,
    /// Nobody steers or watches any more: end without waiting for what is in flight.
    Abandoned,
}

impl Conductor {
    /// A conductor with the scenario's faults on its time line, and where its snapshots appear.
    pub fn new(
        rig: &Rig,
        feed: EventFeed,
        commands: mpsc::Receiver<Command>,
        interrupt: Arc<AtomicBool>,
    ) -> Result<(Self, watch::Receiver<Arc<Snapshot>>), DrillError> {
        let mut desk = FaultDesk::new(Some(rig.world.clone()), rig.client_faults());
        for (place, fault) in rig.scenario.faults.iter().enumerate() {
            desk.schedule(fault.clone()).map_err(|source| DrillError::Fault {
                number: place + 1,
                source,
            })?;
        }
        let mut fold = Fold::new(rig.fold_plan());
        let first = fold.snapshot(rig.clock.now(), &Gauges::default());
        let (snapshots, seen) = watch::channel(Arc::new(first));
        let conductor = Self {
            clock: rig.clock.clone(),
            feed,
            commands,
            interrupt,
            fold,
            desk,
            dials: rig.dials.clone(),
            gate: rig.gate.clone(),
            patterns: rig
                .scenario
                .patterns
                .iter()
                .map(|pattern| (pattern.plan.key.clone(), pattern.plan.arms.len()))
                .collect(),
            snapshots,
            stop: watch::Sender::new(false),
            phase: "",
            until: rig.until(),
            answered: false,
            stopping: false,
            server: rig.server.clone(),
        };
        Ok((conductor, seen))
    }

    /// Tells a lane when arrivals end early.
    pub fn stop(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Conducts the run to its end.
    pub async fn conduct(mut self) {
        let mut tick_at = self.clock.now();
        let mut next = Next::Goes;
        while next == Next::Goes {
            let now = self.clock.now();
            self.note_edges(now);
            if now >= tick_at {
                self.publish(now, false);
                tick_at += TICK;
            }
            next = self.wait(tick_at).await;
        }
        self.close(next);
    }

    /// Waits for whatever comes first and deals with it.
    async fn wait(&mut self, tick_at: Moment) -> Next {
        let wake_at = self.desk.next_edge().map_or(tick_at, |edge| edge.min(tick_at));
        tokio::select! {
            // Time goes first: a flood of events must not keep a fault from being told in time.
            biased;
            () = self.clock.sleep_until(wake_at) => Next::Goes,
            command = self.commands.recv() => match command {
                Some(command) => {
                    self.obey(&command);
                    Next::Goes
                }
                None => Next::Abandoned,
            },
            batch = self.feed.recv() => match batch {
                Some(batch) => {
                    self.take(batch);
                    Next::Goes
                }
                None => Next::Over,
            },
        }
    }

    fn take(&mut self, batch: Vec<Event>) {
        for event in batch {
            if !self.answered {
                self.note_first_answer(&event);
            }
            self.fold.take(event);
        }
    }

    fn note_first_answer(&mut self, event: &Event) {
        if let Fact::ShotEnded(record) = &event.fact
            && record.succeeded()
        {
            self.answered = true;
            let took = record.latency_from_send().as_millis();
            self.tell(
                event.at,
                Fact::Noted(format!("first answer, {took}ms after it was asked for")),
            );
        }
    }

    /// Tells faults that began or ended, and the phase they lead to.
    fn note_edges(&mut self, now: Moment) {
        if self.interrupt.load(Ordering::Relaxed) {
            self.end_arrivals();
        }
        for event in self.desk.tick(now) {
            self.fold.take(event);
        }
        let phase = self.phase_at(now);
        if phase != self.phase {
            self.phase = phase;
            self.tell(now, Fact::PhaseBegan(phase.to_owned()));
        }
    }

    fn phase_at(&self, now: Moment) -> &'static str {
        if self.stopping || now >= self.until {
            "drain"
        } else if self.desk.any_active() {
            "fault"
        } else if matches!(self.phase, "fault" | "recovery") {
            "recovery"
        } else {
            "steady"
        }
    }

    fn obey(&mut self, command: &Command) {
        let now = self.clock.now();
        match command {
            Command::SetRate { pattern, rate } => self.set_rate(pattern.as_ref(), *rate, now),
            Command::SetConcurrency(cap) => {
                let was = self.gate.counts().cap;
                self.gate.set_cap(*cap);
                self.tell(now, dial::turned("concurrency", was, *cap));
            }
            Command::SetOn { pattern, on } => {
                if let Some(place) = self.place(pattern) {
                    let was = self.dials.is_on(place);
                    self.dials.set_on(place, *on, now);
                    self.tell(now, dial::switched(pattern.as_str(), was, *on));
                }
            }
            Command::SetPaused(paused) => {
                self.dials.set_paused(*paused, now);
                self.tell(now, Fact::Paused(*paused));
            }
            Command::Inject {
                kind,
                scope,
                share,
                shape,
                lasts,
            } => {
                let wish = FaultWish {
                    kind: *kind,
                    scope: scope.clone(),
                    share: *share,
                    shape: *shape,
                    lasts: *lasts,
                };
                let told = self.desk.inject(now, wish);
                self.take_or_note(now, told);
            }
            Command::Lift(id) => {
                let told = self.desk.lift(now, *id);
                self.take(told);
            }
            Command::LiftAll => {
                let told = self.desk.lift_all(now, FaultEndCause::Lifted);
                self.take(told);
            }
            Command::Stop => self.end_arrivals(),
        }
    }

    fn take_or_note(&mut self, now: Moment, told: Result<Vec<Event>, FaultRefusal>) {
        match told {
            Ok(events) => self.take(events),
            Err(refusal) => self.tell(now, Fact::Noted(refusal.to_string())),
        }
    }

    /// One pattern's rate, or all of them in proportion.
    fn set_rate(&mut self, pattern: Option<&PatternKey>, rate: f64, now: Moment) {
        let Some(pattern) = pattern else {
            let was: f64 = (0..self.patterns.len())
                .map(|place| self.dials.asked_rate(place, now))
                .sum();
            let factor = if was > 0.0 { rate / was } else { 0.0 };
            for place in 0..self.patterns.len() {
                let asked = self.dials.asked_rate(place, now);
                if asked > 0.0 {
                    self.dials.set_rate(place, asked * factor, now);
                }
            }
            self.tell(now, dial::rate("rate", was, rate));
            return;
        };
        if let Some(place) = self.place(pattern) {
            let was = self.dials.asked_rate(place, now);
            self.dials.set_rate(place, rate, now);
            self.tell(now, dial::rate(&format!("{pattern} rate"), was, rate));
        }
    }

    fn place(&self, pattern: &PatternKey) -> Option<usize> {
        self.patterns.iter().position(|(key, _)| key == pattern)
    }

    fn tell(&mut self, at: Moment, fact: Fact) {
        self.fold.take(Event::new(at, fact));
    }

    fn end_arrivals(&mut self) {
        self.stopping = true;
        // Nobody listens once the lanes have ended.
        self.stop.send_replace(true);
    }

    /// Takes what is left, lifts every fault and publishes the last snapshot.
    fn close(mut self, why: Next) {
        self.end_arrivals();
        while let Some(batch) = self.feed.try_recv() {
            self.take(batch);
        }
        let now = self.clock.now();
        let lifted = self.desk.lift_all(now, FaultEndCause::RunEnded);
        self.take(lifted);
        self.tell(now, Fact::PhaseBegan("done".to_owned()));
        self.publish(now, true);
        tracing::debug!(?why, "run over");
        drop(self.server.take());
    }

    fn gauges(&self, now: Moment, finished: bool) -> Gauges {
        let counts = self.gate.counts();
        let mut arms = Vec::with_capacity(counts.by_arm.len());
        for (place, (_, number)) in self.patterns.iter().enumerate() {
            let each = self.dials.asked_rate(place, now) / (*number).max(1) as f64;
            let asked_rate = if self.phase == "drain" || finished {
                0.0
            } else {
                each
            };
            for _ in 0..*number {
                let in_flight = counts.by_arm.get(arms.len()).copied().unwrap_or_default();
                arms.push(ArmGauge {
                    asked_rate,
                    in_flight,
                });
            }
        }
        Gauges {
            wall: self.clock.wall(now),
            finished,
            queued: counts.queued,
            concurrency_cap: counts.cap,
            lost_events: self.feed.lost(),
            patterns_on: (0..self.patterns.len())
                .map(|place| self.dials.is_on(place))
                .collect(),
            arms,
            faults: self.desk.plans(),
        }
    }

    fn publish(&mut self, now: Moment, finished: bool) {
        let gauges = self.gauges(now, finished);
        let snapshot = self.fold.snapshot(now, &gauges);
        self.snapshots.send_replace(Arc::new(snapshot));
    }
}
