//! The way of one call through the world: from its arrival to a serving or a refusal.

mod unit;

use std::sync::Arc;

use super::cache::{self, Found, Shelf};
use super::capacity;
use super::index::{RegionNo, TargetNo};
use super::latency::{self, Circumstances, Pace};
use super::ledger::LineKey;
use super::metrics::watch::Begun;
use super::plan::LatencyPlan;
use super::quota::{Limits, Pool, PoolKey};
use super::refused::Refused;
use super::reply::Length;
use super::router::{self, Offer};
use super::units::{self, UnitNo};
use super::{Call, Open, Refusal, Serving, Ticket, World, tokens, validation};
use crate::catalog::Model;
use crate::clock::Moment;
use crate::fault::{CallFacts, Effects};
use crate::seed::{Seed, Stream};

/// A call that arrived, and all that its fate hangs on.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    pub(super) now: Moment,
    pub(super) call: &'a Call,
    pub(super) region: Option<RegionNo>,
    pub(super) target: Option<TargetNo>,
    pub(super) unit: Option<UnitNo>,
    luck: Luck,
    /// What faults do to it.
    pub effects: Effects,
}

/// The luck of one call: a stream for each matter, so that no draw shifts another's.
#[derive(Clone, Copy, Debug)]
struct Luck(Seed);

impl Luck {
    fn stream(self, matter: &str) -> Stream {
        self.0.derive(matter).stream()
    }
}

impl World {
    /// Reads what is called where, and what faults that call meets.
    pub(super) fn receive<'a>(&self, now: Moment, call: &'a Call) -> Arrival<'a> {
        let target = self.index.find(&call.target, &call.region);
        let unit = self.unit_called(call);
        let luck = Luck(self.calls.keyed(call.key));
        let effects = if self.faults.plans().is_empty() {
            Effects::default()
        } else {
            let model = target.map(|target| self.index.model(self.index.target(target).model));
            let of_unit = || Some(&self.units.get(unit?)?.serves);
            let model = model.or_else(of_unit);
            let facts = CallFacts {
                region: &call.region,
                target: &call.target,
                model: model.map(|model| &model.id),
                provider: model.map(|model| &model.provider),
                pattern: None,
            };
            self.faults.effects(now, &facts, &mut luck.stream("faults"))
        };
        Arrival {
            now,
            call,
            region: self.index.region_number(&call.region),
            target,
            unit,
            luck,
            effects,
        }
    }

    /// Lets a call in and says how it is served, or why it is not.
    pub(super) fn admit(&mut self, arrival: &Arrival<'_>) -> Result<Serving, Refused> {
        if units::is_arn(&arrival.call.target) {
            return self.admit_to_unit(arrival);
        }
        let (Some(region), Some(target)) = (arrival.region, arrival.target) else {
            return Err(Refused::invalid_identifier());
        };
        let index = Arc::clone(&self.index);
        let wanted = index.target(target);
        let has_access = self.has_access[wanted.model.0];
        validation::check(&index, region, wanted, has_access, arrival.call)?;
        if let Some(kind) = arrival.effects.refusal {
            return Err(Refused::injected(kind));
        }
        let model = index.model(wanted.model);
        let pool = PoolKey {
            account: self.quotas.account(&arrival.call.account),
            region,
            model: wanted.model,
            family: wanted.family,
        };
        // What is read from the cache of the region that would serve is free of the quota.
        let (place, mut draws) = self.find_place(arrival, region, target);
        let prompt = cache::Prompt {
            shelf: Shelf {
                account: pool.account,
                region: place.region,
                model: wanted.model,
            },
            model,
            blocks: &arrival.call.prefix,
        };
        let found = self.cache.look(arrival.now, prompt);
        let charged = arrival.call.input_tokens.saturating_sub(found.read);
        let reserved = tokens::reservation(model, charged, arrival.call.max_tokens);
        self.pool(arrival.now, pool, |pool, left| {
            pool.check(arrival.now, left, reserved)
        })?;
        capacity::admit(place.utilisation, &model.id, &mut draws)?;
        self.pool(arrival.now, pool, |pool, _| pool.reserve(reserved));
        self.capacity.begin(wanted.model, place.region);
        let open = Open {
            line: LineKey {
                region,
                target,
                served_in: Some(place.region),
                routed: arrival.call.routed,
            },
            pool,
            served_in: place.region,
            reserved,
            unit: None,
            begun: Begun::default(),
            through: (arrival.call.through.as_ref()).map(|arn| self.ledger.through_number(arn)),
        };
        self.ledger.admit(open.line);
        if let Some(number) = open.through {
            self.ledger.admit_through(number);
        }
        let serving = self.answer(arrival, model, open, (place.utilisation, &found));
        let ready_at = arrival.now + serving.first_token;
        self.cache.keep(arrival.now, ready_at, prompt, &found);
        Ok(serving)
    }

    /// Writes a refusal into the ledger and draws when it is answered.
    pub(super) fn refuse(&mut self, arrival: &Arrival<'_>, refused: Refused) -> Refusal {
        let known = arrival.region.zip(arrival.target);
        let key = known.map(|(region, target)| LineKey {
            region,
            target,
            served_in: None,
            routed: arrival.call.routed,
        });
        if let Some(arn) = &arrival.call.through {
            let number = self.ledger.through_number(arn);
            self.ledger.refuse_through(number, &refused);
        }
        match arrival.unit {
            Some(unit) => self.ledger.refuse_in_unit(unit, &arrival.call.target, &refused),
            None => self.ledger.refuse(key, &refused),
        }
        self.meter_refused(arrival, refused.kind);
        let after = latency::of_error(self.plan.latency, || arrival.luck.stream("error"));
        Refusal {
            kind: refused.kind,
            message: refused.message.into_owned(),
            after: after.saturating_add(arrival.effects.delay),
        }
    }

    /// The share of a quota that faults have left.
    pub(super) fn quota_left(&self, now: Moment, pool: PoolKey) -> f64 {
        if self.faults.plans().is_empty() {
            return 1.0;
        }
        let model = self.index.model(pool.model);
        let region = self.index.region(pool.region);
        self.faults.quota_left(now, region, &model.id, &model.provider)
    }

    /// Does something with a pool, which is made full if it was never drawn on.
    fn pool<T>(&mut self, now: Moment, key: PoolKey, work: impl FnOnce(&mut Pool, f64) -> T) -> T {
        let left = self.quota_left(now, key);
        if let Some(pool) = self.quotas.drawn_on(key) {
            return work(pool, left);
        }
        let limits = Limits::of(
            &self.catalog.offers.quota_book,
            self.index.model(key.model),
            key.family,
            self.index.region(key.region),
            &self.plan.quotas,
        );
        let limits = self.quotas.granted(key, limits);
        work(self.quotas.pool(key, || Pool::full(now, limits, left)), left)
    }

    /// The region that serves a call if it has room for it, and the draws that decide about that.
    fn find_place(&mut self, arrival: &Arrival<'_>, source: RegionNo, target: TargetNo) -> (Offer, Stream) {
        let target = self.index.target(target);
        let model = self.index.model(target.model);
        self.offers.clear();
        for &region in target.destinations(source) {
            let left = if self.faults.plans().is_empty() {
                1.0
            } else {
                let name = self.index.region(region);
                self.faults
                    .capacity_left(arrival.now, name, &model.id, &model.provider)
            };
            let utilisation = self.capacity.utilisation(arrival.now, target.model, region, left);
            self.offers.push(Offer { region, utilisation });
        }
        let mut draws = arrival.luck.stream("place");
        let nowhere = Offer {
            region: source,
            utilisation: f64::INFINITY,
        };
        let place = match self.offers.as_slice() {
            [only] => *only,
            offers => router::choose(source, offers, draws.unit()).unwrap_or(nowhere),
        };
        (place, draws)
    }

    /// How an admitted call is answered, at the load it met.
    fn answer(
        &mut self,
        arrival: &Arrival<'_>,
        model: &Arc<Model>,
        open: Open,
        (load, found): (f64, &Found),
    ) -> Serving {
        let Arrival {
            call, luck, effects, ..
        } = arrival;
        // One stream, always in this order: length, first token, speed.
        let mut draws = luck.stream("answer");
        let of_its_own = Length::wanted(self.plan.replies, &mut draws);
        let limit = validation::reply_limit(model, call);
        let length = Length::within(limit, call.reply_tokens.unwrap_or(of_its_own));
        let pace = match self.plan.latency {
            LatencyPlan::Fixed {
                first_token,
                per_token,
            } => Pace {
                first_token,
                per_token,
            },
            LatencyPlan::Modelled { scale } => {
                let met = Circumstances {
                    uncached: call.input_tokens.saturating_sub(found.read),
                    load,
                    travel: self.index.round_trip(open.line.region, open.served_in),
                };
                Pace::draw(&model.latency, scale, met, &mut draws)
            }
        };
        let pace = pace.worsened(effects.delay, effects.slowdown);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let begun = Begun {
            arrived: arrival.now,
            first_token: pace.first_token,
            streams: call.stream,
        };
        self.open.insert(ticket, Open { begun, ..open });
        Serving {
            ticket,
            model: Arc::clone(model),
            region: self.index.region(open.served_in).clone(),
            family: open.pool.family,
            text_seed: luck.0.derive("text").number(),
            usage: found.usage(call.input_tokens, length.tokens),
            hits_max_tokens: length.is_cut,
            first_token: pace.first_token,
            per_token: pace.per_token,
            cut: effects.cut.filter(|_| call.stream),
        }
    }
}
