//! The physics: quotas, capacity, latency, replies. Pure decisions under one owner.
//!
//! No socket, no JSON, no waiting, no clock: every method takes `now`. The driver calls
//! [`World::decide`] when a request has arrived, waits and streams as the decision says, and calls
//! [`World::settle`] when the call is over, however it ended.
//!
//! A call passes, in this order: the endpoint (dead or not), validation, faults that refuse, its
//! account's quota, and the capacity of a region that may serve it. `docs/emulator-physics.md` says
//! what is modelled, what is simplified and what is assumed.

pub mod access;
mod admission;
pub mod app_profiles;
pub mod batch;
pub mod cache;
pub mod callers;
mod capacity;
pub mod embedding;
pub mod foreign;
pub mod guardrail;
mod index;
mod latency;
pub mod ledger;
pub mod metrics;
pub mod plan;
pub mod prompt_router;
mod quota;
mod refused;
pub mod reply;
mod router;
pub mod service_quotas;
pub mod tokens;
pub mod trail;
pub mod units;
mod validation;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use ledger::Ledger;

use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::clock::Moment;
use crate::event::{FailureKind, FaultId};
use crate::fault::{Cut, FaultPlan, FaultSet, Outage};
use crate::names::Region;
use crate::seed::Seed;
use crate::units::TokenUsage;
use app_profiles::AppProfiles;
use cache::{PrefixBlock, PromptCache};
use callers::Callers;
use capacity::Capacity;
use embedding::Embeddings;
use foreign::Foreign;
use index::{Index, RegionNo};
use ledger::{LineKey, Tally};
use metrics::watch::{Begun, Metrics};
use plan::WorldPlan;
use prompt_router::Routers;
use quota::{PoolKey, Quotas};
use router::Offer;
use service_quotas::increases::Increases;
use units::{UnitNo, Units};

/// A request for inference, as far as the physics care.
#[derive(Clone, Debug)]
pub struct Call {
    /// Decides this call's draws: the same key in the same world leads to the same reply length
    /// and the same luck. The service makes it from the request's bytes and attempt number.
    pub key: u64,
    /// The account, from the credentials.
    pub account: Arc<str>,
    /// The region whose endpoint was called.
    pub region: Region,
    /// `modelId` as written, percent-decoded.
    pub target: String,
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// The prompt's blocks and checkpoints; empty where there is no cache to speak of.
    pub prefix: Vec<PrefixBlock>,
    /// `maxTokens`, if the caller set it.
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// A reply of exactly so many tokens, for benches and tests; drawn otherwise.
    pub reply_tokens: Option<u64>,
    /// Whether a prompt router chose the target.
    pub routed: bool,
    /// The ARN of the application profile that was called, if one was: `target` is what it was made of.
    pub through: Option<Arc<str>>,
}

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The endpoint is out: nothing is answered, ever.
    Dead(Outage),
    /// An error answer.
    Refuse(Refusal),
    /// It is served.
    Serve(Box<Serving>),
}

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The kind, which leads to the exception's name and status.
    pub kind: FailureKind,
    /// The service's own words.
    pub message: String,
    /// How long after arrival it is answered.
    pub after: Duration,
}

/// A call that is served.
#[derive(Clone, Debug)]
pub struct Serving {
    /// Names the reservation to settle.
    pub ticket: Ticket,
    /// The model that answers.
    pub model: Arc<Model>,
    /// Where it is served.
    pub region: Region,
    /// Which quota it draws on.
    pub family: QuotaFamily,
    /// Seed of the reply's text.
    pub text_seed: u64,
    /// What it will have used when it ends well.
    pub usage: TokenUsage,
    /// Whether the reply is cut short by `maxTokens`.
    pub hits_max_tokens: bool,
    /// From arrival to the first token.
    pub first_token: Duration,
    /// Between one token and the next.
    pub per_token: Duration,
    /// The stream breaks off after so many tokens.
    pub cut: Option<(u64, Cut)>,
}

impl Serving {
    /// From arrival to the `n`-th token (from one). Absolute, so that a late event does not delay
    /// those after it.
    pub fn token_due(&self, n: u64) -> Duration {
        self.first_token
            + self
                .per_token
                .saturating_mul(u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX))
    }

    /// From arrival to the whole answer.
    pub fn finished_after(&self) -> Duration {
        self.token_due(self.usage.output)
    }
}

/// Names an admitted call until it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// How an admitted call ended.
#[derive(Clone, Copy, Debug)]
pub struct Settlement {
    /// What was really used: the tokens generated before a cut or a hang-up count.
    pub usage: TokenUsage,
    /// When it ended.
    pub at: Moment,
    /// Whether the answer was whole.
    pub completed: bool,
}

/// The emulated service, all regions and accounts of it. One owner; made once for a run.
#[derive(Debug)]
pub struct World {
    catalog: Arc<Catalog>,
    index: Arc<Index>,
    plan: WorldPlan,
    has_access: Vec<bool>,
    calls: Seed,
    faults: FaultSet,
    quotas: Quotas,
    capacity: Capacity,
    cache: PromptCache,
    ledger: Ledger,
    open: BTreeMap<Ticket, Open>,
    next_ticket: u64,
    offers: Vec<Offer>,
    foreign: Foreign,
    embeddings: Embeddings,
    callers: Callers,
    routers: Routers,
    units: Units,
    metrics: Metrics,
    increases: Increases,
    app_profiles: AppProfiles,
}

/// What is kept of an admitted call until it is settled.
#[derive(Clone, Copy, Debug)]
struct Open {
    line: LineKey,
    pool: PoolKey,
    served_in: RegionNo,
    reserved: u64,
    /// The units that serve it; they take the place of quota and capacity.
    unit: Option<UnitNo>,
    begun: Begun,
    /// The application profile it is counted under, by its place in the ledger.
    through: Option<usize>,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(catalog: Arc<Catalog>, plan: WorldPlan, seed: Seed) -> Self {
        let index = Arc::new(Index::new(&catalog));
        let has_access = (index.models().iter())
            .map(|model| !plan.denied_models.contains(&model.id))
            .collect();
        Self {
            has_access,
            calls: seed.derive("calls"),
            faults: FaultSet::default(),
            quotas: Quotas::default(),
            capacity: Capacity::new(&index, plan.background, seed.derive("background")),
            cache: PromptCache::new(plan.cache.implicit),
            ledger: Ledger::new(Arc::clone(&index)),
            open: BTreeMap::new(),
            next_ticket: 0,
            offers: Vec::new(),
            foreign: Foreign::new(&catalog, seed.derive("foreign")),
            embeddings: Embeddings::new(seed.derive("embeddings")),
            callers: Callers::default(),
            routers: Routers::new(seed.derive("routers")),
            units: Units::new(&plan.units, plan.time_scale),
            metrics: Metrics::new(seed.derive("history")),
            increases: Increases::new(plan.increases, plan.time_scale, seed.derive("increases")),
            app_profiles: AppProfiles::new(seed.derive("application profiles")),
            catalog,
            index,
            plan,
        }
    }

    /// What happens to a call that arrived at `now`.
    ///
    /// A call that is served holds quota and capacity until it is settled.
    pub fn decide(&mut self, now: Moment, call: &Call) -> Decision {
        self.expire(now);
        self.apply_increases(now);
        if units::is_arn(&call.target) {
            self.units.open_account(&call.account, &self.catalog);
        }
        let arrival = self.receive(now, call);
        if let Some(outage) = arrival.effects.outage {
            return Decision::Dead(outage);
        }
        match self.admit(&arrival) {
            Ok(serving) => Decision::Serve(Box::new(serving)),
            Err(refused) => Decision::Refuse(self.refuse(&arrival, refused)),
        }
    }

    /// A served call is over: swaps its reservation for what it used, frees its place and bills it.
    /// A ticket that is not open (settled before) is ignored.
    pub fn settle(&mut self, ticket: Ticket, end: Settlement) {
        let Some(open) = self.open.remove(&ticket) else {
            return;
        };
        if let Some(unit) = open.unit {
            return self.settle_in_unit(unit, &open, end);
        }
        let model = Arc::clone(self.index.model(open.pool.model));
        let charged = tokens::quota_charge(&model, end.usage);
        let left = self.quota_left(end.at, open.pool);
        if let Some(pool) = self.quotas.drawn_on(open.pool) {
            pool.settle(end.at, left, open.reserved, charged);
        }
        self.capacity.end(open.pool.model, open.served_in);
        let ended = Tally {
            served: u64::from(end.completed),
            broken_off: u64::from(!end.completed),
            usage: end.usage,
            quota_tokens: charged,
            cost: model.cost(open.pool.family, end.usage),
            ..Tally::default()
        };
        self.ledger.settle(open.line, &ended);
        self.meter_served(&open, end, charged);
        if let Some(number) = open.through {
            self.ledger.settle_through(number, &ended);
        }
    }

    /// Adds a fault; one with the same number is replaced. It ends by itself.
    pub fn inject(&mut self, plan: FaultPlan) {
        self.faults.insert(plan);
    }

    /// Takes a fault out; whether there was one of that number.
    pub fn lift(&mut self, id: FaultId) -> bool {
        self.faults.remove(id).is_some()
    }

    /// Takes all faults out.
    pub fn lift_all(&mut self) {
        self.faults.clear();
    }

    /// Forgets the faults that are over. Each call does so too; ask for it before
    /// [`World::faults`] is read when no call may have come.
    pub fn expire(&mut self, now: Moment) {
        if !self.faults.plans().is_empty() {
            self.faults.expire(now);
        }
    }

    /// The faults, those to come and those in force.
    pub const fn faults(&self) -> &FaultSet {
        &self.faults
    }

    /// What the service saw and billed so far.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The settings it was made with.
    pub const fn plan(&self) -> &WorldPlan {
        &self.plan
    }

    /// The catalogue it was made with.
    pub const fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }
}

#[cfg(test)]
pub mod fixture;
#[cfg(test)]
mod tests;
