//! From calls at the server to operations of the program that makes them. Pure: moments and facts in,
//! shots out.
//!
//! The rule, in order, for each call that arrives:
//! 1. It has the `amz-sdk-invocation-id` of an operation that is open: it is a retry by the SDK.
//! 2. The same caller (name and access key) sent the same body (by its hash) before, every call of that
//!    operation is over, the last one failed no longer than the retry window ago: it is a repeat by the
//!    program's own loop, at whatever region and model it goes to now. Of several the oldest is taken,
//!    and the request is counted as ambiguous.
//! 3. Else it begins an operation.
//!
//! An operation is answered when a call of it is; it is lost when the window has passed since its last
//! failure. The second step is a heuristic: a program that changes the body between two tries (a
//! timestamp, another `maxTokens`) is not followed, and two workers that fail with equal bodies may
//! swap their retries; sums stay right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::routes::Routes;
use crate::clock::Moment;
use crate::emulator::journal::{CallHead, CallRecord, CallerId};
use crate::event::{
    ArmId, Attempt, AttemptEnd, Event, Fact, Failover, Failure, FailureKind, PromptClass, Route, ShotEnd,
    ShotId, ShotRecord,
};
use crate::units::{TokenUsage, Usd};

/// Operations that may be open at one time; calls beyond them are counted as unheard.
const MOST_OPEN: usize = 65_536;

/// Tells calls apart into operations.
#[derive(Debug)]
pub struct Assembly {
    window: Duration,
    routes: Routes,
    open: BTreeMap<u64, Operation>,
    /// The operation of each call under way.
    of_call: BTreeMap<u64, u64>,
    of_invocation: BTreeMap<(CallerId, Box<str>), u64>,
    /// Operations whose last call failed, by that moment.
    waiting: BTreeSet<(Moment, u64)>,
    /// The same by caller and body, the oldest first.
    alike: BTreeMap<(CallerId, u64), BTreeSet<u64>>,
    next: u64,
    indexes: BTreeMap<ArmId, u64>,
    /// Operations that are over, until none that ended before them can still end.
    over: BTreeMap<(Moment, u64), Box<ShotRecord>>,
    events: Vec<Event>,
    ambiguous: u64,
    unresolved: u64,
    turned_away: u64,
}

#[derive(Debug)]
struct Operation {
    id: ShotId,
    caller: CallerId,
    body: u64,
    began_at: Moment,
    invocations: Vec<Box<str>>,
    attempts: Vec<Tried>,
    answered: Option<Moment>,
    last_end: Moment,
}

#[derive(Debug)]
struct Tried {
    call: u64,
    invocation: Option<Box<str>>,
    route: Arc<Route>,
    hop: u8,
    number: u8,
    sent_at: Moment,
    backoff: Duration,
    record: Option<Arc<CallRecord>>,
}

impl Operation {
    fn is_under_way(&self) -> bool {
        self.attempts.iter().any(|tried| tried.record.is_none())
    }
}

impl Assembly {
    /// Nothing heard yet. A request that equals one that failed up to `window` ago is its repeat.
    pub fn new(window: Duration, routes: Routes) -> Self {
        Self {
            window,
            routes,
            open: BTreeMap::new(),
            of_call: BTreeMap::new(),
            of_invocation: BTreeMap::new(),
            waiting: BTreeSet::new(),
            alike: BTreeMap::new(),
            next: 0,
            indexes: BTreeMap::new(),
            over: BTreeMap::new(),
            events: Vec::new(),
            ambiguous: 0,
            unresolved: 0,
            turned_away: 0,
        }
    }

    /// A call came in, of a caller that is measured as `arm`.
    pub fn began(&mut self, arm: ArmId, head: &CallHead) {
        self.expire(head.arrived);
        let Some(number) = self.find(head).or_else(|| self.begin(arm, head)) else {
            self.turned_away += 1;
            return;
        };
        self.wake(number);
        let (route, hop) = self.routes.of(head);
        let Some(operation) = self.open.get_mut(&number) else {
            return;
        };
        let invocation = head.invocation.clone();
        let same = |tried: &&Tried| invocation.is_some() && tried.invocation == invocation;
        let before = operation.attempts.iter().filter(same).count();
        let backoff = if operation.attempts.is_empty() {
            Duration::ZERO
        } else {
            head.arrived.since(operation.last_end)
        };
        if let Some(last) = operation.attempts.last()
            && last.route != route
        {
            let failure = last.record.as_ref().and_then(|record| record.end.failure());
            let failover = Failover {
                shot: operation.id,
                from: Arc::clone(&last.route),
                to: Arc::clone(&route),
                cause: failure.unwrap_or(FailureKind::Other),
                took: head.arrived.since(operation.began_at),
            };
            self.events
                .push(Event::new(head.arrived, Fact::FailedOver(failover)));
        }
        operation.attempts.push(Tried {
            call: head.number,
            route,
            hop,
            number: u8::try_from(before + 1).unwrap_or(u8::MAX),
            sent_at: head.arrived,
            backoff,
            record: None,
            invocation: invocation.clone(),
        });
        if let Some(invocation) = invocation.filter(|_| before == 0) {
            operation.invocations.push(invocation.clone());
            self.of_invocation
                .insert((head.caller.clone(), invocation), number);
        }
        self.of_call.insert(head.number, number);
    }

    /// A call is over.
    pub fn ended(&mut self, record: &Arc<CallRecord>) {
        let Some(number) = self.of_call.remove(&record.head.number) else {
            return;
        };
        let Some(operation) = self.open.get_mut(&number) else {
            return;
        };
        let call = record.head.number;
        if let Some(tried) = operation.attempts.iter_mut().find(|tried| tried.call == call) {
            tried.record = Some(Arc::clone(record));
        }
        operation.last_end = operation.last_end.max(record.ended_at);
        if record.end.failure().is_none() {
            operation.answered.get_or_insert(record.ended_at);
        }
        if operation.is_under_way() {
            return;
        }
        if operation.answered.is_some() {
            self.close(number);
        } else {
            self.waiting.insert((operation.last_end, number));
            let alike = (operation.caller.clone(), operation.body);
            self.alike.entry(alike).or_default().insert(number);
        }
    }

    /// What is known for certain by now, in the order in which it happened.
    pub fn take(&mut self, now: Moment) -> Vec<Event> {
        self.expire(now);
        // An operation that waits may yet be lost as of its last failure: what ended later comes later.
        let bound = self.waiting.first().map_or(Moment::FAR, |(at, _)| *at);
        while let Some(first) = self.over.first_entry().filter(|first| first.key().0 <= bound) {
            let record = first.remove();
            self.events
                .push(Event::new(record.ended_at, Fact::ShotEnded(record)));
        }
        std::mem::take(&mut self.events)
    }

    /// The run is over: what waited is lost, what is under way stays open for ever.
    pub fn finish(&mut self) -> Vec<Event> {
        while let Some((_, number)) = self.waiting.first().copied() {
            self.close(number);
        }
        self.unresolved += self.open.len() as u64;
        self.open.clear();
        self.take(Moment::FAR)
    }

    /// Operations whose last attempt failed, and operations with one under way.
    pub fn open(&self) -> (u64, u64) {
        let waiting = self.waiting.len();
        (waiting as u64, (self.open.len() - waiting) as u64)
    }

    /// Requests that could be the repeat of more than one operation; operations that were under way
    /// when the run ended; calls that found no room.
    pub const fn doubts(&self) -> (u64, u64, u64) {
        (self.ambiguous, self.unresolved, self.turned_away)
    }

    /// When the next operation is lost, if none of them is repeated.
    pub fn next_edge(&self) -> Option<Moment> {
        self.waiting.first().map(|(at, _)| *at + self.window)
    }

    fn find(&mut self, head: &CallHead) -> Option<u64> {
        let by_sdk = head.invocation.clone().and_then(|invocation| {
            self.of_invocation
                .get(&(head.caller.clone(), invocation))
                .copied()
        });
        if by_sdk.is_some() {
            return by_sdk;
        }
        let alike = self.alike.get(&(head.caller.clone(), head.body))?;
        let oldest = alike.first().copied()?;
        self.ambiguous += u64::from(alike.len() > 1);
        Some(oldest)
    }

    fn begin(&mut self, arm: ArmId, head: &CallHead) -> Option<u64> {
        if self.open.len() >= MOST_OPEN {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let index = self.indexes.entry(arm).or_default();
        let id = ShotId { arm, index: *index };
        *index += 1;
        self.open.insert(
            number,
            Operation {
                id,
                caller: head.caller.clone(),
                body: head.body,
                began_at: head.arrived,
                invocations: Vec::new(),
                attempts: Vec::new(),
                answered: None,
                last_end: head.arrived,
            },
        );
        Some(number)
    }

    /// Closes what nobody has repeated in time.
    fn expire(&mut self, now: Moment) {
        while let Some((at, number)) = self.waiting.first().copied() {
            if at + self.window >= now {
                return;
            }
            self.close(number);
        }
    }

    /// It waits no longer.
    fn wake(&mut self, number: u64) {
        let Some(operation) = self.open.get(&number) else {
            return;
        };
        if !self.waiting.remove(&(operation.last_end, number)) {
            return;
        }
        let alike = (operation.caller.clone(), operation.body);
        if let Some(numbers) = self.alike.get_mut(&alike) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.alike.remove(&alike);
            }
        }
    }

    fn close(&mut self, number: u64) {
        self.wake(number);
        let Some(operation) = self.open.remove(&number) else {
            return;
        };
        for invocation in &operation.invocations {
            self.of_invocation
                .remove(&(operation.caller.clone(), invocation.clone()));
        }
        let record = shot(&operation);
        self.over.insert((record.ended_at, number), Box::new(record));
    }
}

fn shot(operation: &Operation) -> ShotRecord {
    let attempts: Vec<Attempt> = operation.attempts.iter().filter_map(attempt).collect();
    let answer = attempts.iter().find(|attempt| attempt.failure().is_none());
    let last = attempts.iter().rev().find_map(Attempt::failure);
    let costs = operation.attempts.iter().filter_map(|tried| {
        let served = tried.record.as_ref()?.served.as_ref()?;
        Some(served.cost)
    });
    ShotRecord {
        id: operation.id,
        class: PromptClass::Simple,
        intended_at: operation.began_at,
        started_at: operation.began_at,
        sent_at: operation.began_at,
        first_token_at: answer.and_then(|answer| answer.first_token_at),
        ended_at: operation.answered.unwrap_or(operation.last_end),
        end: match (operation.answered, last) {
            (Some(_), _) => ShotEnd::Succeeded,
            (None, failure) => ShotEnd::Failed(failure.map_or(FailureKind::Other, |failure| failure.kind)),
        },
        usage: answer.and_then(|answer| answer.usage).unwrap_or_default(),
        cost: costs.fold(Usd::ZERO, |sum, cost| sum + cost),
        attempts,
    }
}

fn attempt(tried: &Tried) -> Option<Attempt> {
    let record = tried.record.as_ref()?;
    let served = record.served.as_ref();
    let usage = served
        .map(|part| part.usage)
        .filter(|usage| *usage != TokenUsage::default());
    Some(Attempt {
        route: Arc::clone(&tried.route),
        hop: tried.hop,
        number: tried.number,
        backoff: tried.backoff,
        sent_at: tried.sent_at,
        first_token_at: served.and_then(|part| part.first_token_at),
        ended_at: record.ended_at,
        end: match record.end.failure() {
            None => AttemptEnd::Served,
            Some(kind) => AttemptEnd::Failed(failure(kind, record)),
        },
        usage,
        served_in: served.map(|part| part.region.clone()),
        injected: false,
        invoked: None,
    })
}

fn failure(kind: FailureKind, record: &CallRecord) -> Failure {
    use crate::emulator::journal::CallEnd;
    match &record.end {
        CallEnd::Refused {
            status,
            code,
            message,
            ..
        } => Failure {
            kind,
            status: Some(*status),
            code: Some((*code).to_owned()),
            message: message.to_string(),
        },
        CallEnd::Dead(_) => Failure::local(kind, "the endpoint was out"),
        CallEnd::HungUp => Failure::local(kind, "the caller left before the answer was whole"),
        CallEnd::BrokenOff | CallEnd::Served => Failure::local(kind, "the stream broke off"),
    }
}

#[cfg(test)]
mod tests;
