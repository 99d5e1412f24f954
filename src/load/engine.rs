//! The open-loop engine: fires every shot at its intended time and waits for no reply.
//!
//! One engine is a lane, on a runtime of its own; lane `k` of `n` fires the arrivals whose number
//! leaves `k` when divided by `n`. Each shot is a task of its own: it waits before the gate if it
//! must, is fired, and tells the sink how it ended. An engine that wakes late fires everything that
//! is due, each with its own intended time: lateness shows up as schedule lag, never as a schedule
//! quietly moved.
//!
//! Shutdown: arrivals stop (the stop signal, the end of the schedule, or the loss of the signal's
//! sender). What is in flight or queued may end within the drain time. What is left is aborted and
//! told as failed by [`FailureKind::Deadline`], so every intended shot is told exactly once. Then
//! the sink is emptied, waiting for room if need be.

mod open;
mod pacer;

use std::rc::Rc;
use std::time::Duration;

use tokio::select;
use tokio::sync::watch;
use tokio::task::{spawn_local, yield_now};

use self::open::{OpenShot, OpenShots};
pub use self::pacer::{ClockPacer, Pacer};
use super::{Arrival, Arrivals, DialReader, Fire, Fired, Gate, Shot, Workload};
use crate::clock::{Clock, Moment};
use crate::event::{ArmId, Event, Fact, FailureKind, ShotEnd, ShotId, ShotRecord};
use crate::measure::EventSink;
use crate::units::{TokenUsage, Usd};

/// One lane of the engine.
#[derive(Debug)]
pub struct LanePlan<P> {
    /// Which lane this is, from zero.
    pub lane: u64,
    /// How many lanes there are, at least one.
    pub lanes: u64,
    /// Tells the time.
    pub clock: Clock,
    /// Wakes the lane at intended times.
    pub pacer: P,
    /// The cap on shots in flight, shared by all lanes.
    pub gate: Gate,
    /// The dials, as this lane reads them.
    pub dials: DialReader,
    /// Where shots are told.
    pub sink: EventSink,
    /// No shot is intended at this moment or later; [`Moment::FAR`]: until stopped.
    pub until: Moment,
    /// What has been intended may still end for so long after the arrivals.
    pub drain: Duration,
}

/// One arm's traffic.
#[derive(Debug)]
pub struct Source<F> {
    /// The arm.
    pub arm: ArmId,
    /// The place of its pattern among the dials.
    pub pattern: usize,
    /// When its shots are wanted.
    pub arrivals: Arrivals,
    /// What they ask.
    pub workload: Rc<Workload>,
    /// How they are fired.
    pub fire: Rc<F>,
}

/// What a lane did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneReport {
    /// Shots it intended; each was told to the sink once.
    pub intended: u64,
    /// Of those, aborted at the drain's end.
    pub cut: u64,
}

/// Runs a lane to its end. Must be called inside a `LocalSet` or a local runtime.
///
/// `stop` set to true, or its sender dropped, ends the arrivals.
pub async fn run<F: Fire, P: Pacer>(
    plan: LanePlan<P>,
    mut sources: Vec<Source<F>>,
    stop: watch::Receiver<bool>,
) -> LaneReport {
    let lane = Rc::new(Lane {
        clock: plan.clock.clone(),
        gate: plan.gate.clone(),
        sink: plan.sink.clone(),
        open: OpenShots::default(),
    });
    let flusher = spawn_local(flush_in_time(plan.clock.clone(), plan.sink.clone()));
    let deadline_after = plan.drain;
    let intended = arrive(&lane, plan, &mut sources, stop).await;
    let deadline = lane.clock.now() + deadline_after;
    // None: the deadline came first; what is open then is cut.
    let _ = lane.clock.until(deadline, lane.open.all_closed()).await;
    let cut = lane.cut();
    // The aborted tasks give their places back when they are next looked at.
    yield_now().await;
    flusher.abort();
    // Waited for, so that nothing holds the channel open once this returns.
    let _ = flusher.await;
    lane.sink.finish().await;
    LaneReport { intended, cut }
}

/// Fires arrivals until they end; how many it fired.
async fn arrive<F: Fire, P: Pacer>(
    lane: &Rc<Lane>,
    mut plan: LanePlan<P>,
    sources: &mut [Source<F>],
    mut stop: watch::Receiver<bool>,
) -> u64 {
    /// The longest sleep: a schedule without arrivals is looked at again so often.
    const LOOK_AHEAD: Duration = Duration::from_secs(10);
    let lanes = plan.lanes.max(1);
    let mut fired = 0;
    loop {
        plan.dials.news(|pattern, turn| {
            for source in sources.iter_mut().filter(|source| source.pattern == pattern) {
                source.arrivals.turn(turn);
            }
        });
        let now = plan.clock.now();
        while let Some((source, arrival)) = take_due(sources, now, plan.until) {
            if arrival.index % lanes == plan.lane {
                lane.launch(source, arrival);
                fired += 1;
            }
        }
        if now >= plan.until || *stop.borrow() {
            return fired;
        }
        let limit = plan.until.min(now + LOOK_AHEAD);
        let wake_at = sources
            .iter_mut()
            .filter_map(|source| source.arrivals.next_at(now, limit))
            .fold(limit, Moment::min);
        select! {
            biased;
            changed = stop.changed() => {
                if changed.is_err() || *stop.borrow() {
                    return fired;
                }
            }
            () = plan.dials.changed() => {}
            () = plan.pacer.wait_until(wake_at) => {}
        }
    }
}

/// Takes the arrival that is due first over all sources, so that a lane that wakes late still fires
/// in the order of the schedule.
fn take_due<F>(sources: &mut [Source<F>], now: Moment, until: Moment) -> Option<(&Source<F>, Arrival)> {
    let due = sources
        .iter_mut()
        .enumerate()
        .filter_map(|(place, source)| Some((source.arrivals.next_at(now, now)?, place)))
        .min()
        .filter(|(at, _)| *at <= now && *at < until)?;
    let source = sources.get_mut(due.1)?;
    let arrival = source.arrivals.next_due(now)?;
    Some((source, arrival))
}

async fn flush_in_time(clock: Clock, sink: EventSink) {
    let mut at = clock.now();
    loop {
        at += EventSink::FLUSH_EVERY;
        clock.sleep_until(at).await;
        sink.flush().await;
    }
}

/// What the shots of a lane share.
struct Lane {
    clock: Clock,
    gate: Gate,
    sink: EventSink,
    open: OpenShots,
}

impl Lane {
    fn launch<F: Fire>(self: &Rc<Self>, source: &Source<F>, arrival: Arrival) {
        let id = ShotId {
            arm: source.arm,
            index: arrival.index,
        };
        let key = self.open.begin(id, arrival.intended_at);
        let (lane, fire, workload) = (
            Rc::clone(self),
            Rc::clone(&source.fire),
            Rc::clone(&source.workload),
        );
        let task = spawn_local(async move { lane.follow(key, id, &*fire, &workload).await });
        self.open.attach(key, task.abort_handle());
    }

    /// Follows one shot from its first poll to its end.
    async fn follow<F: Fire>(&self, key: usize, id: ShotId, fire: &F, workload: &Workload) {
        let intended_at = self.open.started(key, self.clock.now());
        let Some(place) = self.gate.enter(id.arm).await else {
            self.tell(key, None);
            return;
        };
        let prompt = workload.prompt(id);
        let sent_at = self.clock.now();
        self.open.sent(key, sent_at, prompt.class);
        let fired = fire
            .fire(Shot {
                id,
                intended_at,
                sent_at,
                prompt,
            })
            .await;
        drop(place);
        self.tell(key, Some(fired));
    }

    /// Closes a shot and tells its end; without an answer it was shed.
    fn tell(&self, key: usize, fired: Option<Fired>) {
        let fired = fired.unwrap_or_else(|| without_answer(ShotEnd::Shed));
        self.tell_open(&self.open.close(key), fired);
    }

    fn tell_open(&self, open: &OpenShot, fired: Fired) {
        let now = self.clock.now();
        let started_at = open.started_at.unwrap_or(now);
        let record = ShotRecord {
            id: open.id,
            class: open.class,
            intended_at: open.intended_at,
            started_at,
            sent_at: open.sent_at.unwrap_or(now),
            first_token_at: fired.first_token_at,
            ended_at: now,
            end: fired.end,
            attempts: fired.attempts,
            usage: fired.usage,
            cost: fired.cost,
        };
        self.sink.tell(Event::new(now, Fact::ShotEnded(Box::new(record))));
    }

    /// Aborts what is still open and tells it as failed; how many that were.
    fn cut(&self) -> u64 {
        let left = self.open.take_all();
        let cut = left.len() as u64;
        for open in left {
            if let Some(task) = &open.task {
                task.abort();
            }
            self.tell_open(&open, without_answer(ShotEnd::Failed(FailureKind::Deadline)));
        }
        cut
    }
}

fn without_answer(end: ShotEnd) -> Fired {
    Fired {
        end,
        attempts: Vec::new(),
        first_token_at: None,
        usage: TokenUsage::default(),
        cost: Usd::ZERO,
    }
}

#[cfg(test)]
mod tests;
