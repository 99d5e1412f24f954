//! Fires a shot down its arm's chain of routes.
//!
//! Goes from the preferred route on, passing by those whose breaker is open; after a failure that
//! is the route's own ([`super::verdict`]) it takes the next at once, and after the last it backs
//! off and begins again, as often as the policy has rounds. The preferred route is always asked
//! first, so a breaker that lets probes pass leads the traffic back.
//!
//! One deadline spans it all, and one budget the calls beyond the first (the SDK's own retries within
//! a call have a quota of their own). A stream that broke off
//! starts over on the next route: what it had generated is paid for and thrown away.
//!
//! An arm of one route with the SDK's own retries (cross-region) is the short case of the same.

use std::sync::Arc;

use super::breaker::{CallEnd, Moved};
use super::plan::ArmPlan;
use super::shared::{ArmShared, Leave};
use super::verdict::{Verdict, verdict};
use crate::bedrock::{Answer, Ask, Clients, HopCall, HopClient, HopPlan, SharedDocument};
use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::clock::{Clock, Moment};
use crate::event::{
    Attempt, BreakerMove, Event, Fact, Failover, Failure, FailureKind, Route, ShotEnd, ShotId,
};
use crate::load::{Fire, Fired, Shot};
use crate::measure::EventSink;
use crate::seed::Seed;
use crate::units::Usd;

/// What a chain is made from.
#[derive(Clone, Debug)]
pub struct ChainPlan {
    /// The way of calling.
    pub arm: Arc<ArmPlan>,
    /// What its lanes share.
    pub shared: Arc<ArmShared>,
    /// The clients of this runtime.
    pub clients: Clients,
    /// For prices.
    pub catalog: Arc<Catalog>,
    /// The run's time.
    pub clock: Clock,
    /// The run's seed: a shot's draws depend on it and on the shot alone.
    pub seed: Seed,
    /// Where failovers and moves of breakers are told.
    pub events: EventSink,
}

/// Fires the shots of one arm on one runtime.
#[derive(Debug)]
pub struct Chain {
    arm: Arc<ArmPlan>,
    shared: Arc<ArmShared>,
    hops: Vec<Hop>,
    catalog: Arc<Catalog>,
    /// Stands before a document, so that no arm profits from another's cache.
    head: Arc<str>,
    clock: Clock,
    seed: Seed,
    events: EventSink,
}

#[derive(Debug)]
struct Hop {
    route: Arc<Route>,
    client: HopClient,
    /// What is paid there, unless the answer names another model; a router's fallback model where a
    /// router is called. `None` for what the catalogue does not know.
    tariff: Option<(Arc<Model>, QuotaFamily)>,
}

impl Chain {
    /// A chain whose clients are built at their first call.
    pub fn new(plan: ChainPlan) -> Self {
        let ChainPlan {
            arm,
            shared,
            clients,
            catalog,
            clock,
            seed,
            events,
        } = plan;
        let hop = |route: &Arc<Route>| {
            let tariff = catalog
                .resolve(route.target.as_str())
                .or_else(|| catalog.resolve(route.model.as_str()))
                .map(|resolved| (Arc::clone(resolved.model()), resolved.quota_family()));
            let client = clients.hop(HopPlan {
                pattern: arm.pattern.clone(),
                route: Arc::clone(route),
                sdk_attempts: arm.policy.sdk_attempts,
                retry_spec: arm.policy.retry_spec,
                attempt_timeout: arm.policy.attempt_timeout,
                idle_timeout: arm.policy.idle_timeout,
                chars_per_token: tariff.as_ref().map_or(4.0, |(model, _)| model.chars_per_token),
            });
            Hop {
                route: Arc::clone(route),
                client,
                tariff,
            }
        };
        let hops = arm.chain.iter().map(hop).collect();
        let seed = seed.derive("chain").keyed(u64::from(arm.id.0));
        Self {
            head: format!("Copy for {}: {}.", arm.pattern, arm.key).into(),
            arm,
            shared,
            hops,
            catalog,
            clock,
            seed,
            events,
        }
    }

    async fn run(&self, flight: &mut Flight, ask: &mut Ask) -> Result<Answer, FailureKind> {
        for round in 0..self.arm.policy.rounds {
            flight.round = round;
            if round > 0 {
                self.back_off(flight, round).await?;
            }
            for hop in 0..self.hops.len() {
                let Some(pass) = self.ask_leave(hop) else {
                    continue;
                };
                if flight.calls > 0 && !self.shared.spend() {
                    return Err(FailureKind::BudgetEmpty);
                }
                match self.call(flight, ask, pass).await {
                    Ok(answer) => return Ok(answer),
                    Err(failure) => {
                        flight.gave_up = Some((hop, failure.kind));
                        if verdict(&failure) != Verdict::Route {
                            return Err(failure.kind);
                        }
                    }
                }
            }
        }
        Err(flight.gave_up.map_or(FailureKind::BreakerOpen, |(_, kind)| kind))
    }

    /// Waits before a further round; gives up at once if the deadline would come first.
    async fn back_off(&self, flight: &mut Flight, round: u32) -> Result<(), FailureKind> {
        let mut draws = flight.seed.derive("backoff").keyed(u64::from(round)).stream();
        let wait = self.arm.policy.backoff.wait(round, &mut draws);
        let begun = self.clock.now();
        if begun + wait >= flight.deadline {
            return Err(FailureKind::Deadline);
        }
        self.clock.sleep(wait).await;
        flight.backed_off_since = Some(begun);
        Ok(())
    }

    async fn call(&self, flight: &mut Flight, ask: &mut Ask, pass: Pass<'_>) -> Result<Answer, Failure> {
        let index = pass.hop;
        let hop = &self.hops[index];
        let now = self.clock.now();
        self.tell_failover(flight, index, now);
        ask.max_tokens = match &hop.tariff {
            // A limit meant for the preferred model must not make its stand-in refuse.
            Some((model, _)) if index > 0 => flight.max_tokens.map(|limit| limit.min(model.max_output)),
            _ => flight.max_tokens,
        };
        let call = HopCall {
            hop: u8::try_from(index).unwrap_or(u8::MAX),
            seed: flight.seed.keyed(u64::from(flight.calls)),
            round: flight.round,
            backoff: flight
                .backed_off_since
                .take()
                .map_or_else(Default::default, |since| now.since(since)),
            deadline: flight.deadline,
        };
        flight.calls += 1;
        let outcome = hop.client.converse(call, ask).await;
        pass.end(match &outcome.end {
            Ok(_) => CallEnd::Served,
            Err(failure) => match verdict(failure) {
                Verdict::Route => CallEnd::Failed,
                // A route that let the whole of a shot's time pass is at fault; one that was asked
                // late is not.
                Verdict::Shot if flight.calls == 1 => CallEnd::Failed,
                Verdict::Shot | Verdict::Request => CallEnd::Moot,
            },
        });
        for attempt in &outcome.attempts {
            flight.cost += hop.cost(attempt, &self.catalog);
        }
        if flight.attempts.is_empty() {
            flight.attempts = outcome.attempts;
        } else {
            flight.attempts.extend(outcome.attempts);
        }
        outcome.end
    }

    fn ask_leave(&self, hop: usize) -> Option<Pass<'_>> {
        let now = self.clock.now();
        let (leave, moved) = self.shared.admit(hop, now);
        self.tell_move(hop, now, moved);
        leave.map(|leave| Pass {
            chain: self,
            hop,
            leave: Some(leave),
        })
    }

    fn tell_move(&self, hop: usize, now: Moment, moved: Option<Moved>) {
        if let Some(Moved { from, to, reason }) = moved {
            let fact = Fact::BreakerMoved(BreakerMove {
                arm: self.arm.id,
                route: Arc::clone(&self.hops[hop].route),
                from,
                to,
                reason,
            });
            self.events.tell(Event::new(now, fact));
        }
    }

    fn tell_failover(&self, flight: &Flight, hop: usize, now: Moment) {
        let Some((from, cause)) = flight.gave_up.filter(|(from, _)| *from != hop) else {
            return;
        };
        let fact = Fact::FailedOver(Failover {
            shot: flight.shot,
            from: Arc::clone(&self.hops[from].route),
            to: Arc::clone(&self.hops[hop].route),
            cause,
            took: now.since(flight.sent_at),
        });
        self.events.tell(Event::new(now, fact));
    }
}

impl Fire for Chain {
    async fn fire(&self, shot: Shot) -> Fired {
        self.shared.earn();
        let seed = self.seed.keyed(shot.id.index);
        let mut flight = Flight {
            shot: shot.id,
            sent_at: shot.sent_at,
            deadline: shot.sent_at + self.arm.policy.deadline,
            seed,
            max_tokens: shot.prompt.max_tokens,
            round: 0,
            calls: 0,
            backed_off_since: None,
            gave_up: None,
            attempts: Vec::new(),
            cost: Usd::ZERO,
        };
        let document = shot.prompt.document.map(|text| SharedDocument {
            head: Arc::clone(&self.head),
            text,
            point: self.arm.policy.cache_point,
        });
        let mut ask = Ask {
            document,
            system: shot.prompt.system,
            history: shot.prompt.history,
            text: shot.prompt.text,
            max_tokens: shot.prompt.max_tokens,
            stream: shot.prompt.stream,
        };
        let end = self.run(&mut flight, &mut ask).await;
        let answer = end.ok();
        Fired {
            end: end.err().map_or(ShotEnd::Succeeded, ShotEnd::Failed),
            attempts: flight.attempts,
            first_token_at: answer.and_then(|answer| answer.first_token_at),
            usage: answer.map(|answer| answer.usage).unwrap_or_default(),
            cost: flight.cost,
        }
    }
}

impl Hop {
    /// What an attempt cost. One that broke off is paid for what it had generated.
    /// The price is that of the model or profile a router chose, where the answer names one.
    fn cost(&self, attempt: &Attempt, catalog: &Catalog) -> Usd {
        let Some(usage) = attempt.usage else {
            return Usd::ZERO;
        };
        let invoked = attempt.invoked.as_ref();
        match invoked.and_then(|invoked| catalog.resolve(invoked.as_str())) {
            Some(resolved) => resolved.model().cost(resolved.quota_family(), usage),
            None => self
                .tariff
                .as_ref()
                .map_or(Usd::ZERO, |(model, family)| model.cost(*family, usage)),
        }
    }
}

/// A shot under way.
struct Flight {
    shot: ShotId,
    sent_at: Moment,
    deadline: Moment,
    seed: Seed,
    /// The limit that was asked for.
    max_tokens: Option<u64>,
    /// The round through the chain, from zero.
    round: u32,
    /// Hops called so far.
    calls: u32,
    /// When the wait before the next call began, if there was one.
    backed_off_since: Option<Moment>,
    /// The route given up last, and why.
    gave_up: Option<(usize, FailureKind)>,
    attempts: Vec<Attempt>,
    cost: Usd,
}

/// Leave to call a hop. Dropped without an end (the run stopped), it goes back as moot, so that a
/// probe's place is not lost.
struct Pass<'a> {
    chain: &'a Chain,
    hop: usize,
    leave: Option<Leave>,
}

impl Pass<'_> {
    fn end(mut self, end: CallEnd) {
        self.give_back(end);
    }

    fn give_back(&mut self, end: CallEnd) {
        if let Some(leave) = self.leave.take() {
            let now = self.chain.clock.now();
            let moved = self.chain.shared.record(self.hop, now, leave, end);
            self.chain.tell_move(self.hop, now, moved);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.give_back(CallEnd::Moot);
    }
}

#[cfg(test)]
mod tests;
