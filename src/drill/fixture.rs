//! A whole drill in virtual time, watched from both sides at every whole second: what is shown, and
//! what the emulator wrote into its ledger by the same instant.
//!
//! Nothing is compared by a tolerance. A ledger is read when nothing more can happen at its instant
//! (time stands still while anybody yields), and a shot under way, of which the service has booked
//! what the panel cannot know yet, is accounted for by its own record, told when it is over.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local, yield_now};

use super::conductor::Conductor;
use super::rig::{Place, Rig};
use super::{COMMANDS, DrillPlan, runtime};
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::emulator::world::Ledger;
use crate::emulator::world::ledger::Line;
use crate::event::{Attempt, Fact, FailureKind, Route, ShotRecord};
use crate::measure::Snapshot;
use crate::measure::fold::Fold;
use crate::measure::sink;
use crate::scenario::{Scenario, library};

/// Yields after which nothing is left to do at an instant. Too few would fail a comparison, never
/// hide a difference.
const YIELDS: usize = 200;

/// One whole second of a run.
pub(crate) struct Sight {
    /// Its number: the first instant after so many seconds.
    pub second: u64,
    /// The first snapshot that has folded all up to that instant. Its windows end before it, its
    /// totals hold it.
    pub snapshot: Arc<Snapshot>,
    /// The ledger with all that happened before that instant.
    pub before: Ledger,
    /// The ledger with all that happened at that instant too.
    pub upto: Ledger,
}

/// A run from its first second to its end.
pub(crate) struct Watched {
    /// The seconds of its traffic; `sights[n]` is the second `n + 1`.
    pub sights: Vec<Sight>,
    /// Every shot, in the order of their ends.
    pub shots: Vec<ShotRecord>,
    /// The ledger at the end.
    pub ledger: Ledger,
}

/// Plays a shipped scenario.
pub(crate) fn shipped(name: &str) -> Watched {
    edited(name, str::to_owned)
}

/// Plays a shipped scenario, its text changed before.
pub(crate) fn edited(name: &str, edit: impl FnOnce(&str) -> String) -> Watched {
    let catalog = Catalog::builtin();
    let text = library::text(name).expect("it is shipped");
    play(Scenario::parse(name, &edit(text), &catalog).expect("it is sound"))
}

/// Plays a scenario that has a duration.
fn play(scenario: Scenario) -> Watched {
    let seconds = scenario.duration.expect("it ends by itself").as_secs();
    let plan = DrillPlan::new(Catalog::builtin());
    let runtime = runtime(true).expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let clock = Clock::virtual_time();
        let (rig, mut feed) = Rig::new(scenario, &plan, clock.clone(), Place::InProcess).expect("a rig");
        let world = rig.world.clone();
        // Whatever is told is kept on its way to the conductor; no time passes there.
        let shots = Rc::new(RefCell::new(Vec::new()));
        let (tap, relayed) = sink::channel(&clock);
        let relay = {
            let (shots, sink) = (Rc::clone(&shots), tap.sink());
            async move {
                while let Some(batch) = feed.recv().await {
                    for event in batch {
                        if let Fact::ShotEnded(record) = &event.fact {
                            shots.borrow_mut().push((**record).clone());
                        }
                        sink.tell(event);
                    }
                    sink.flush().await;
                }
            }
        };
        drop(tap);
        let (commands, received) = mpsc::channel(COMMANDS);
        let (conductor, seen) = Conductor::new(&rig, relayed, received, &plan).expect("a conductor");
        let stop = conductor.stop();
        spawn_local(relay);
        spawn_local(async move { rig.lane(0, 1, stop).await });
        let watching = async {
            let mut sights = Vec::new();
            for second in 1..seconds {
                let at = Moment::from_secs(second);
                clock.sleep_until(at - Duration::from_millis(1)).await;
                rest().await;
                let before = world.ledger();
                clock.sleep_until(at).await;
                rest().await;
                let upto = world.ledger();
                clock.sleep_until(at + Fold::GRACE).await;
                rest().await;
                let snapshot = Arc::clone(&seen.borrow());
                assert_eq!(snapshot.at, at + Fold::GRACE, "a snapshot for the second");
                sights.push(Sight {
                    second,
                    snapshot,
                    before,
                    upto,
                });
            }
            sights
        };
        let ((), sights) = tokio::join!(conductor.conduct(), watching);
        drop(commands);
        let mut shots = shots.take();
        shots.sort_by_key(|shot: &ShotRecord| (shot.ended_at, shot.id));
        // Timers have whole milliseconds here, so that between two of them nothing can happen.
        assert!(
            shots
                .iter()
                .all(|shot| shot.ended_at.as_nanos().is_multiple_of(1_000_000))
        );
        Watched {
            sights,
            shots,
            ledger: world.ledger(),
        }
    })
}

/// Lets everything happen that can happen at this instant.
async fn rest() {
    for _ in 0..YIELDS {
        yield_now().await;
    }
}

/// Calls that are over, as the service wrote them down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Booked {
    /// Answered in full.
    pub served: u64,
    /// Turned away: a throttle, or an error.
    pub refused: u64,
    /// Ended before their answer was whole.
    pub broken_off: u64,
}

impl Booked {
    /// All of some lines.
    pub fn of(ledger: &Ledger, keep: impl Fn(&Line<'_>) -> bool) -> Self {
        let mut sum = Self::default();
        for line in ledger.lines().filter(keep) {
            sum.served += line.tally.served;
            sum.refused += line.tally.calls - line.tally.admitted;
            sum.broken_off += line.tally.broken_off;
        }
        sum
    }

    /// What was added since another.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            served: self.served - earlier.served,
            refused: self.refused - earlier.refused,
            broken_off: self.broken_off - earlier.broken_off,
        }
    }

    fn note(&mut self, attempt: &Attempt) {
        match attempt.failure().map(|failure| failure.kind) {
            None => self.served += 1,
            Some(kind) if is_broken_off(kind) => self.broken_off += 1,
            Some(_) => self.refused += 1,
        }
    }
}

/// Whether the service had begun to serve what ended so.
const fn is_broken_off(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::Timeout | FailureKind::StreamCut | FailureKind::StreamIdle | FailureKind::Deadline
    )
}

/// When the service booked an attempt: a refusal as it came, the rest as it ended; `None`: a dead
/// endpoint never saw it.
fn booked_at(attempt: &Attempt) -> Option<Moment> {
    match attempt.failure().map(|failure| failure.kind) {
        Some(FailureKind::Connection) => None,
        Some(kind) if !is_broken_off(kind) => Some(attempt.sent_at),
        _ => Some(attempt.ended_at),
    }
}

impl Watched {
    /// The second of this number and the ledger ten seconds before it: what a window lies between.
    pub fn window(&self, second: u64) -> (&Sight, Option<&Ledger>) {
        let sight = &self.sights[second as usize - 1];
        let from = second.checked_sub(Fold::WINDOW_SECS + 1);
        (
            sight,
            from.and_then(|place| self.sights.get(place as usize))
                .map(|sight| &sight.before),
        )
    }

    /// What the service booked in the window that ends with a second.
    pub fn booked(&self, second: u64, keep: impl Fn(&Line<'_>) -> bool) -> Booked {
        let (sight, from) = self.window(second);
        let earlier = from.map(|ledger| Booked::of(ledger, &keep)).unwrap_or_default();
        Booked::of(&sight.before, &keep).since(earlier)
    }

    /// From what the service books in a span to what is shown for it: a panel counts an attempt when
    /// its shot ends. Attempts of shots that end within the span, booked before it, come on top; those
    /// booked within it, whose shots end later, go off.
    pub fn shifted(
        &self,
        booked: Booked,
        span: &Range<Moment>,
        keep: impl Fn(&ShotRecord, &Route) -> bool,
    ) -> Booked {
        let (mut on_top, mut off) = (Booked::default(), Booked::default());
        for shot in &self.shots {
            let shown = span.contains(&shot.ended_at);
            for attempt in shot.attempts.iter().filter(|attempt| keep(shot, &attempt.route)) {
                let Some(at) = booked_at(attempt) else { continue };
                match (shown, span.contains(&at)) {
                    (true, false) => on_top.note(attempt),
                    (false, true) => off.note(attempt),
                    _ => {}
                }
            }
        }
        Booked {
            served: booked.served + on_top.served - off.served,
            refused: booked.refused + on_top.refused - off.refused,
            broken_off: booked.broken_off + on_top.broken_off - off.broken_off,
        }
    }

    /// Attempts that found a dead endpoint, of shots that ended within a span.
    pub fn dead(&self, span: &Range<Moment>, keep: impl Fn(&ShotRecord, &Route) -> bool) -> u64 {
        let shots = self.shots.iter().filter(|shot| span.contains(&shot.ended_at));
        let attempts = shots.flat_map(|shot| shot.attempts.iter().map(move |attempt| (shot, attempt)));
        attempts
            .filter(|(shot, attempt)| keep(shot, &attempt.route) && booked_at(attempt).is_none())
            .count() as u64
    }
}

/// The span of the window that ends with a second.
pub(crate) fn span_of(second: u64) -> Range<Moment> {
    let from = second.saturating_sub(Fold::WINDOW_SECS);
    Moment::from_secs(from)..Moment::from_secs(second)
}
