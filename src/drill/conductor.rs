//! The run's one control loop: takes events in, commands and the clock's edges, gives snapshots out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::command::Command;
use super::dial::DialBoard;
use super::fault_desk::{FaultDesk, FaultRefusal, FaultWish};
use super::neighbours::Neighbours;
use super::phase::{PhaseCourse, Sight};
use super::rig::Rig;
use super::tape::Tape;
use super::{DrillError, DrillPlan, measured, recorded, stopping, verdict};
use crate::bedrock::{ClientFaults, SpendGuard};
use crate::clock::{Clock, Moment};
use crate::emulator::server::Server;
use crate::emulator::service::WorldControl;
use crate::event::{Asker, CutCause, Event, Fact, FaultEndCause, Phase, Turn};
use crate::load::{Dials, Gate};
use crate::measure::Snapshot;
use crate::measure::fold::{ArmGauge, Fold, Gauges};
use crate::measure::sink::EventFeed;
use crate::measure::snapshot::TuneView;
use crate::names::PatternKey;
use crate::patterns::plan::TunePlan;
use crate::patterns::tunes::Tunes;
use crate::scenario::{JudgePlan, TurnPlan};

/// Between two snapshots.
const TICK: Duration = Duration::from_millis(100);

/// Owns a run. See the parent's shutdown rules.
pub struct Conductor {
    clock: Clock,
    feed: EventFeed,
    commands: mpsc::Receiver<Command>,
    interrupt: Arc<AtomicBool>,
    tape: Tape,
    desk: FaultDesk<WorldControl, ClientFaults>,
    world: WorldControl,
    dials: Dials,
    gate: Gate,
    tunes: Vec<Tunes>,
    spend: Option<SpendGuard>,
    /// Looks whether others on the account are throttled, on a target that is not embedded.
    neighbours: Option<Box<Neighbours>>,
    /// Each pattern's key and how many arms it has, in the order of the run.
    patterns: Vec<(PatternKey, usize)>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    stop: watch::Sender<bool>,
    /// Turns that the time line has still to come, the next one first.
    turns: VecDeque<TurnPlan>,
    judging: Box<JudgePlan>,
    course: PhaseCourse,
    /// When the first fault of the schedule begins, until the steady state has been judged.
    breaks_at: Option<Moment>,
    recovered: bool,
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
        plan: &DrillPlan,
    ) -> Result<(Self, watch::Receiver<Arc<Snapshot>>), DrillError> {
        // Only the embedded emulator has a world that bends.
        let world = rig.pass.is_none().then(|| rig.world.clone());
        let mut desk = FaultDesk::new(world, rig.client_faults());
        for (place, fault) in rig.scenario.faults.iter().enumerate() {
            desk.schedule(fault.clone()).map_err(|source| DrillError::Fault {
                number: place + 1,
                source,
            })?;
        }
        let judging = Box::new(rig.scenario.judging.clone());
        let first_fault = rig.scenario.faults.iter().map(|fault| fault.begins_at).min();
        let mut measured = measured::fold_plan(&rig.scenario, &rig.catalog, rig.clock.is_virtual());
        if let Some(pass) = &rig.pass {
            pass.label().clone_into(&mut measured.run.target);
            measured.budget = Some(pass.cap());
        }
        let fold = Fold::new(measured);
        let (recorder, remark) = recorded::begin(plan.recording.as_ref(), rig)?;
        let mut tape = Tape {
            fold,
            recorder,
            remark,
        };
        let first = tape.snapshot(rig.clock.now(), &Gauges::default());
        let (snapshots, seen) = watch::channel(Arc::new(first));
        let conductor = Self {
            clock: rig.clock.clone(),
            feed,
            commands,
            interrupt: Arc::clone(&plan.interrupt),
            tape,
            desk,
            world: rig.world.clone(),
            dials: rig.dials.clone(),
            gate: rig.gate.clone(),
            tunes: rig.tunes.clone(),
            spend: rig.spend.clone(),
            neighbours: rig
                .pass
                .as_ref()
                .map(|pass| Box::new(Neighbours::new(pass, &rig.clock))),
            patterns: rig
                .scenario
                .patterns
                .iter()
                .map(|pattern| (pattern.plan.key.clone(), pattern.plan.arms.len()))
                .collect(),
            snapshots,
            stop: watch::Sender::new(false),
            turns: rig.scenario.turns.iter().cloned().collect(),
            course: PhaseCourse::new(Moment::ZERO + judging.steady.warm_up, rig.until()),
            breaks_at: first_fault.filter(|_| !judging.steady.hypothesis.is_empty()),
            judging,
            recovered: false,
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
        if let Some(neighbours) = &mut self.neighbours {
            neighbours.begin();
        }
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
        let edges = [
            self.desk.next_edge(),
            self.course.next_edge(self.clock.now()),
            self.turns.front().map(|turn| turn.at),
        ];
        let wake_at = edges.into_iter().flatten().fold(tick_at, Moment::min);
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
            if let Some(neighbours) = &mut self.neighbours {
                neighbours.note(&event);
            }
            if !self.answered {
                self.note_first_answer(&event);
            }
            self.tape.take(event);
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
        if self.interrupt.load(Ordering::Relaxed) && !self.stopping {
            self.cut_short(now, CutCause::Asked, "interrupted by a signal".to_owned());
        }
        self.check_steady(now);
        while let Some(due) = self.turns.pop_front_if(|due| due.at <= now) {
            self.turn(&due.turn, Asker::Scenario, due.at);
        }
        let mut edge_at = now;
        for event in self.desk.tick(now) {
            // The phase begins with what it is named after, not when we looked.
            edge_at = event.at;
            self.tape.take(event);
        }
        let sight = Sight {
            stopping: self.stopping,
            fault_active: self.desk.any_active(),
            recovered: self.recovered,
        };
        if let Some(phase) = self.course.advance(now, sight) {
            self.recovered = false;
            self.tell(edge_at, Fact::PhaseBegan(phase));
        }
    }

    /// Judges the steady state just before the first fault. If it does not hold nothing is broken:
    /// the run ends.
    fn check_steady(&mut self, now: Moment) {
        if self.stopping || self.breaks_at.is_none_or(|breaks_at| now + TICK < breaks_at) {
            return;
        }
        self.breaks_at = None;
        let evidence = self.tape.evidence(now);
        if let Some(why) = verdict::unsteady(&self.judging, &evidence) {
            self.cut_short(now, CutCause::Unsteady, why);
        }
    }

    /// Looks at a fresh snapshot: whether to break off, and whether the recovery is over.
    fn look(&mut self, snapshot: &Snapshot) {
        if self.stopping {
            return;
        }
        let refused = self
            .spend
            .as_ref()
            .and_then(|guard| stopping::capped(guard.view()));
        let starving = || {
            self.neighbours
                .as_ref()
                .and_then(|neighbours| neighbours.starved(snapshot.at))
        };
        let usual = || stopping::reason_to_stop(&self.judging.stop, snapshot);
        if let Some(why) = refused.or_else(usual).or_else(starving) {
            self.cut_short(snapshot.at, CutCause::Stopped, why);
            return;
        }
        let Some(recovery) = &self.judging.recovery else {
            return;
        };
        self.recovered = self.course.phase() == Some(Phase::Recovery)
            && stopping::has_recovered(recovery, snapshot, self.course.since());
        let is_last = self.desk.next_edge().is_none();
        if recovery.ends_run && is_last && self.course.phase() == Some(Phase::Recovered) {
            self.end_arrivals();
        }
    }

    /// Ends the run before its time: every fault is lifted, arrivals stop.
    fn cut_short(&mut self, now: Moment, cause: CutCause, reason: String) {
        self.tell(now, Fact::CutShort { cause, reason });
        let lifted = self.desk.lift_all(now, FaultEndCause::Lifted);
        self.take(lifted);
        self.end_arrivals();
    }

    fn obey(&mut self, command: &Command) {
        let now = self.clock.now();
        match command {
            Command::Turn(turn) => self.turn(turn, Asker::Hand, now),
            Command::Inject { .. } if self.stopping => {
                let text = "nothing is broken any more: the run is ending";
                self.tell(now, Fact::Noted(text.to_owned()));
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
            Command::Stop if self.stopping => {}
            Command::Stop => self.cut_short(now, CutCause::Asked, "by hand".to_owned()),
        }
    }

    fn take_or_note(&mut self, now: Moment, told: Result<Vec<Event>, FaultRefusal>) {
        match told {
            Ok(events) => self.take(events),
            Err(refusal) => self.tell(now, Fact::Noted(refusal.to_string())),
        }
    }

    /// Turns a dial, from now on. Told for `at`: now, or when the time line has it.
    fn turn(&mut self, turn: &Turn, by: Asker, at: Moment) {
        let board = DialBoard {
            dials: &self.dials,
            gate: &self.gate,
            tunes: &self.tunes,
            patterns: &self.patterns,
        };
        if let Some(fact) = board.turn(turn, by, self.clock.now()) {
            self.tell(at, fact);
        }
    }

    fn tell(&mut self, at: Moment, fact: Fact) {
        self.tape.take(Event::new(at, fact));
    }

    fn end_arrivals(&mut self) {
        self.stopping = true;
        self.turns.clear();
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
        self.note_broken_off(now);
        self.tell(now, Fact::PhaseBegan(Phase::Done));
        self.publish(now, true);
        tracing::debug!(?why, "run over");
        drop(self.server.take());
    }

    /// The truth beside what callers can tell of work that was done twice or for nothing.
    fn note_broken_off(&mut self, now: Moment) {
        let broken_off = self.world.ledger().total().broken_off;
        if broken_off > 0 {
            let text = format!(
                "by the emulator's ledger {broken_off} calls were begun to be served and broken off before \
                 their answer was whole"
            );
            self.tell(now, Fact::Noted(text));
        }
    }

    fn gauges(&self, now: Moment, finished: bool) -> Gauges {
        let counts = self.gate.counts();
        let books = self.spend.as_ref().map(SpendGuard::view).unwrap_or_default();
        let mut arms = Vec::with_capacity(counts.by_arm.len());
        for (place, (_, number)) in self.patterns.iter().enumerate() {
            let each = self.dials.asked_rate(place, now) / (*number).max(1) as f64;
            let asked_rate = if self.course.phase() == Some(Phase::Drain) || finished {
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
            recording: self.tape.state(),
            patterns_on: (0..self.patterns.len())
                .map(|place| self.dials.is_on(place))
                .collect(),
            tunes: self.tunes.iter().map(tune_views).collect(),
            arms,
            faults: self.desk.plans(),
            settled: books.settled,
            reserved: books.reserved,
        }
    }

    fn publish(&mut self, now: Moment, finished: bool) {
        if let Some(news) = self.neighbours.as_mut().and_then(|neighbours| neighbours.news()) {
            self.tell(now, Fact::Noted(news));
        }
        if let Some(news) = self.tape.news() {
            self.tell(now, Fact::Noted(news));
        }
        let gauges = self.gauges(now, finished);
        let snapshot = Arc::new(self.tape.snapshot(now, &gauges));
        if finished {
            self.tape.finish(&verdict::judge(&self.judging, &snapshot));
        } else {
            self.look(&snapshot);
        }
        self.snapshots.send_replace(snapshot);
    }
}

fn tune_views(tunes: &Tunes) -> Vec<TuneView> {
    let view = |(plan, value): (TunePlan, f64)| TuneView {
        key: plan.key.into(),
        label: plan.label.into(),
        unit: plan.unit.into(),
        least: plan.least,
        most: plan.most,
        step: plan.step,
        value,
    };
    tunes.all().map(view).collect()
}

#[cfg(test)]
mod tests;
