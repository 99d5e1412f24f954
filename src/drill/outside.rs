//! Follows a program that is not ours: hears of its calls at the emulator and tells the fold of its
//! operations, as if they were shots of our own.
//!
//! The emulator knows nothing of it. What the channel between the two loses is counted and shown.

mod assembly;
mod routes;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use self::assembly::Assembly;
use self::routes::Routes;
use super::rig::Rig;
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::emulator::journal::{CallHead, CallerCountsLine, Heard, Journal};
use crate::event::sighting::Seen;
use crate::event::sighting::outside::{OutsideCaller, OutsideSeen};
use crate::event::{ArmId, Event, Fact, Sighting};
use crate::measure::EventSink;
use crate::names::PatternKey;
use crate::patterns::outside::OutsidePlan;
use crate::patterns::plan::PatternPlan;

/// The journal of a run's emulator, and its feed until somebody takes it.
#[derive(Debug)]
pub struct Ears {
    journal: Arc<Journal>,
    feed: std::sync::Mutex<Option<mpsc::Receiver<Heard>>>,
}

impl Ears {
    /// Listens to a journal.
    pub fn new(journal: Arc<Journal>) -> Self {
        let feed = std::sync::Mutex::new(journal.listen());
        Self { journal, feed }
    }
}

/// Tells of one program.
pub struct Listener {
    ears: Arc<Ears>,
    feed: mpsc::Receiver<Heard>,
    plan: OutsidePlan,
    pattern: PatternKey,
    first: ArmId,
    assembly: Assembly,
    clock: Clock,
    sink: EventSink,
}

impl Listener {
    /// The listener of a run; `None`: the run has none, or another lane has it.
    pub fn new(rig: &Rig, (pattern, plan): (&PatternPlan, &OutsidePlan), sink: &EventSink) -> Option<Self> {
        let ears = rig.ears.clone()?;
        let feed = ears
            .feed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()?;
        let first = pattern.arms.first()?;
        Some(Self {
            ears,
            feed,
            assembly: assembly(plan, pattern, &rig.catalog),
            plan: plan.clone(),
            pattern: pattern.key.clone(),
            first: first.id,
            clock: rig.clock.clone(),
            sink: sink.clone(),
        })
    }

    /// Listens until the traffic is over, then for as long as what is open may take: until nothing is,
    /// or `drain` has passed.
    pub async fn listen(mut self, mut ending: watch::Receiver<bool>, drain: std::time::Duration) {
        let mut second = self.clock.now().as_secs() + 1;
        let mut until = Moment::FAR;
        loop {
            let now = self.clock.now();
            self.tell(now);
            if now >= Moment::from_secs(second) {
                second = now.as_secs() + 1;
                self.look(now);
            }
            if until < Moment::FAR && (now >= until || self.assembly.open() == (0, 0)) {
                break;
            }
            let edges = [
                self.assembly.next_edge(),
                Some(Moment::from_secs(second)),
                Some(until),
            ];
            let wake_at = edges.into_iter().flatten().fold(Moment::FAR, Moment::min);
            tokio::select! {
                biased;
                heard = self.feed.recv() => match heard {
                    Some(heard) => self.hear(heard),
                    None => break,
                },
                // An error means that whoever would say so is gone.
                _ = ending.wait_for(|ends| *ends), if until == Moment::FAR => {
                    until = self.clock.now() + drain;
                }
                // A little later, so that what is lost at that moment is lost by then.
                () = self.clock.sleep_until(wake_at + std::time::Duration::from_millis(1)) => {}
            }
        }
        while let Ok(heard) = self.feed.try_recv() {
            self.hear(heard);
        }
        for event in self.assembly.finish() {
            self.sink.tell(event);
        }
        self.look(self.clock.now());
        self.sink.finish().await;
    }

    fn hear(&mut self, told: Heard) {
        match told {
            Heard::Began(head) => {
                let arm = self.arm_of(&head);
                self.assembly.began(arm, &head);
            }
            Heard::Ended(record) => self.assembly.ended(&record),
        }
    }

    fn arm_of(&self, head: &CallHead) -> ArmId {
        self.arm(head.caller.access_key.as_deref(), &head.user_agent)
    }

    fn arm(&self, access_key: Option<&str>, user_agent: &str) -> ArmId {
        let callers = &self.plan.callers;
        let found = callers
            .iter()
            .position(|caller| caller.fits(access_key, user_agent));
        let place = found.unwrap_or(callers.len());
        ArmId(self.first.0 + u16::try_from(place).unwrap_or(u16::MAX))
    }

    fn tell(&mut self, now: Moment) {
        for event in self.assembly.take(now) {
            self.sink.tell(event);
        }
    }

    /// Tells who called so far.
    fn look(&self, now: Moment) {
        let (waiting, under_way) = self.assembly.open();
        let (ambiguous, unresolved, turned_away) = self.assembly.doubts();
        let callers = self.ears.journal.callers();
        let seen = OutsideSeen {
            callers: callers.iter().map(|line| self.caller(line)).collect(),
            waiting,
            under_way,
            ambiguous,
            unresolved,
            unheard: self.ears.journal.lost() + turned_away,
        };
        let fact = Fact::Seen(Box::new(Sighting {
            pattern: self.pattern.clone(),
            of: Seen::Outside(Box::new(seen)),
        }));
        self.sink.tell(Event::new(now, fact));
    }

    fn caller(&self, line: &CallerCountsLine) -> OutsideCaller {
        let key = line.caller.access_key.as_deref();
        OutsideCaller {
            name: line.caller.name.to_string(),
            access_key: key.map(masked),
            arm: self.arm(key, &line.user_agent),
            calls: line.counts.calls,
            in_flight: line.counts.in_flight,
            served: line.counts.served,
            throttled: line.counts.throttled,
            failed: line.counts.failed,
        }
    }
}

fn assembly(plan: &OutsidePlan, pattern: &PatternPlan, catalog: &Arc<Catalog>) -> Assembly {
    let expected = pattern.arms.first().map_or(&[][..], |arm| &arm.chain);
    Assembly::new(plan.retry_window, Routes::new(Arc::clone(catalog), expected))
}

/// An access key with its middle left out: enough to tell two apart.
fn masked(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    if letters.len() <= 8 {
        return key.to_owned();
    }
    let head: String = letters[..4].iter().collect();
    let tail: String = letters[letters.len() - 4..].iter().collect();
    format!("{head}…{tail}")
}
