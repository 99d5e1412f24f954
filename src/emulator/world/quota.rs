//! Quotas: requests and tokens per minute, and tokens per day where there is such a quota, for each
//! account, region, model and quota family.
//!
//! Refill model (an assumption, the service publishes none): a continuous token bucket. It holds
//! one minute's (one day's) worth, starts full and refills evenly. A call reserves at its start; what is not
//! there is refused at once. At its end the reservation is swapped for the real charge, which may
//! be more (output counts several times): then the bucket goes into debt and refills from there.

mod bucket;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use bucket::Bucket;

use super::index::{ModelNo, RegionNo};
use super::plan::QuotaOverride;
use super::refused::Refused;
use crate::catalog::{Model, QuotaBook, QuotaFamily};
use crate::clock::Moment;
use crate::names::Region;

/// What is counted, and over what stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rate {
    /// Requests a minute.
    Requests,
    /// Tokens a minute.
    Tokens,
    /// Tokens a day.
    TokensPerDay,
}

impl Rate {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Requests, Self::Tokens, Self::TokensPerDay];
}

/// What a quota allows. `None`: there is no such quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests.
    pub requests: Option<u64>,
    /// Tokens. Without a row in the catalogue or the plan they are not limited.
    pub tokens: Option<u64>,
    /// Tokens in a day.
    pub tokens_per_day: Option<u64>,
}

impl Limits {
    /// The catalogue's quota with the plan's changes, the later ones on top.
    pub fn of(
        book: &QuotaBook,
        model: &Model,
        family: QuotaFamily,
        region: &Region,
        changes: &[QuotaOverride],
    ) -> Self {
        let row = model.quota(family, region);
        let mut limits = Self {
            requests: row.and_then(|row| row.requests_per_minute),
            tokens: row.map(|row| row.tokens_per_minute),
            tokens_per_day: book.daily_tokens(&model.id, family),
        };
        let concerns = |change: &&QuotaOverride| {
            change.model == model.id
                && change.family.is_none_or(|wanted| wanted == family)
                && change.region.as_ref().is_none_or(|wanted| wanted == region)
        };
        for change in changes.iter().filter(concerns) {
            limits.requests = change.requests_per_minute.unwrap_or(limits.requests);
            limits.tokens = change.tokens_per_minute.or(limits.tokens);
            let doubled = if family == QuotaFamily::CrossRegion { 2 } else { 1 };
            let daily = change.tokens_per_day.map(|tokens| tokens.saturating_mul(doubled));
            limits.tokens_per_day = daily.or(limits.tokens_per_day);
        }
        limits
    }

    /// What it says of one rate.
    pub const fn get(self, rate: Rate) -> Option<u64> {
        match rate {
            Rate::Requests => self.requests,
            Rate::Tokens => self.tokens,
            Rate::TokensPerDay => self.tokens_per_day,
        }
    }

    const fn set(&mut self, rate: Rate, value: u64) {
        match rate {
            Rate::Requests => self.requests = Some(value),
            Rate::Tokens => self.tokens = Some(value),
            Rate::TokensPerDay => self.tokens_per_day = Some(value),
        }
    }

    fn shrunk(self, left: f64) -> Self {
        if left >= 1.0 {
            return self;
        }
        let shrink = |limit: u64| (limit as f64 * left.max(0.0)).round() as u64;
        Self {
            requests: self.requests.map(shrink),
            tokens: self.tokens.map(shrink),
            tokens_per_day: self.tokens_per_day.map(shrink),
        }
    }
}

/// The buckets of one quota.
#[derive(Debug)]
pub struct Pool {
    limits: Limits,
    requests: Bucket,
    tokens: Bucket,
    day: Bucket,
}

impl Pool {
    /// All buckets full.
    pub fn full(now: Moment, limits: Limits, left: f64) -> Self {
        let start = limits.shrunk(left);
        Self {
            limits,
            requests: Bucket::full(now, start.requests.unwrap_or(0)),
            tokens: Bucket::full(now, start.tokens.unwrap_or(0)),
            day: Bucket::full_of_a_day(now, start.tokens_per_day.unwrap_or(0)),
        }
    }

    /// Whether a call that reserves `amount` tokens would be let in. `left` is the share of the
    /// quota that a fault has left. Takes nothing: a refused call costs no quota.
    pub fn check(&mut self, now: Moment, left: f64, amount: u64) -> Result<(), Refused> {
        let limits = self.limits.shrunk(left);
        let lacks = |bucket: &mut Bucket, limit: Option<u64>, amount| {
            limit.is_some_and(|limit| !bucket.has(now, limit, amount))
        };
        if lacks(&mut self.requests, limits.requests, 1) {
            return Err(Refused::requests());
        }
        if lacks(&mut self.tokens, limits.tokens, amount) {
            return Err(Refused::tokens());
        }
        if lacks(&mut self.day, limits.tokens_per_day, amount) {
            return Err(Refused::tokens_of_the_day());
        }
        Ok(())
    }

    /// Takes a call's reservation, after [`Pool::check`] at the same moment.
    pub fn reserve(&mut self, amount: u64) {
        if self.limits.requests.is_some() {
            self.requests.take(1);
        }
        if self.limits.tokens.is_some() {
            self.tokens.take(amount);
        }
        if self.limits.tokens_per_day.is_some() {
            self.day.take(amount);
        }
    }

    /// Swaps a reservation for the real charge. The request itself is not given back.
    pub fn settle(&mut self, now: Moment, left: f64, reserved: u64, charged: u64) {
        let limits = self.limits.shrunk(left);
        if let Some(limit) = limits.tokens {
            self.tokens.settle(now, limit, reserved, charged);
        }
        if let Some(limit) = limits.tokens_per_day {
            self.day.settle(now, limit, reserved, charged);
        }
    }
}

/// An account, by the order in which accounts first called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountNo(usize);

/// Which pool: the call's account, the region called, the model and the quota family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolKey {
    /// The account that calls.
    pub account: AccountNo,
    /// The region called: a profile draws on the quota of its source.
    pub region: RegionNo,
    /// The model.
    pub model: ModelNo,
    /// The quota family.
    pub family: QuotaFamily,
}

/// The pools of all accounts, each made when it is first drawn on.
#[derive(Debug, Default)]
pub struct Quotas {
    accounts: BTreeMap<Arc<str>, AccountNo>,
    pools: BTreeMap<PoolKey, Pool>,
    /// Increases that were approved. Bounded by their number.
    grants: BTreeMap<(PoolKey, Rate), u64>,
}

impl Quotas {
    /// Accounts told apart. All later ones share the last one's quotas: a caller that signs with a
    /// new account each time must not fill the memory.
    const MOST_ACCOUNTS: usize = 64;

    /// The number of an account.
    pub fn account(&mut self, account: &Arc<str>) -> AccountNo {
        if let Some(number) = self.accounts.get(account) {
            return *number;
        }
        let number = AccountNo(self.accounts.len().min(Self::MOST_ACCOUNTS - 1));
        if self.accounts.len() < Self::MOST_ACCOUNTS {
            self.accounts.insert(Arc::clone(account), number);
        }
        number
    }

    /// The number of an account that called before; `None`: it never did.
    pub fn known_account(&self, account: &str) -> Option<AccountNo> {
        let last = (self.accounts.len() >= Self::MOST_ACCOUNTS).then_some(AccountNo(Self::MOST_ACCOUNTS - 1));
        self.accounts.get(account).copied().or(last)
    }

    /// Limits with what was granted on top.
    pub fn granted(&self, key: PoolKey, mut limits: Limits) -> Limits {
        if self.grants.is_empty() {
            return limits;
        }
        for rate in Rate::ALL {
            if let Some(value) = self.grants.get(&(key, rate)) {
                limits.set(rate, *value);
            }
        }
        limits
    }

    /// Sets a limit from now on. What is in the bucket stays, and refills at the new rate.
    pub fn grant(&mut self, key: PoolKey, rate: Rate, value: u64) {
        self.grants.insert((key, rate), value);
        if let Some(pool) = self.pools.get_mut(&key) {
            pool.limits.set(rate, value);
        }
    }

    /// A pool; `fresh` makes it if it was never drawn on.
    pub fn pool(&mut self, key: PoolKey, fresh: impl FnOnce() -> Pool) -> &mut Pool {
        self.pools.entry(key).or_insert_with(fresh)
    }

    /// A pool that was drawn on before.
    pub fn drawn_on(&mut self, key: PoolKey) -> Option<&mut Pool> {
        self.pools.get_mut(&key)
    }
}
