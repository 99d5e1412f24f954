//! What the service saw and billed.
//!
//! One tally for each region called, target and region that served: as many as the catalogue
//! allows and no more, however long a run. Calls that met a dead endpoint are not in it: they never
//! reached the service.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use super::index::{Index, RegionNo, TargetNo};
use super::refused::{Limit, Refused};
use super::units::UnitNo;
use crate::catalog::QuotaFamily;
use crate::event::{FailureKind, Severity};
use crate::names::{ModelId, Region};
use crate::units::{TokenUsage, Usd};

/// Counts of calls and what they used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that reached the service.
    pub calls: u64,
    /// Calls it began to serve.
    pub admitted: u64,
    /// Calls answered in full.
    pub served: u64,
    /// Calls that ended before their answer was whole: a cut, or a caller that hung up.
    pub broken_off: u64,
    /// Throttled by the requests-per-minute quota.
    pub throttled_requests: u64,
    /// Throttled by the tokens-per-minute quota.
    pub throttled_tokens: u64,
    /// Throttled by the pool shared with other tenants.
    pub throttled_pool: u64,
    /// Throttled (or told that the model is not ready) by a fault.
    pub throttled_fault: u64,
    /// Other errors of the caller's making, 4xx.
    pub client_errors: u64,
    /// Errors of the service's making.
    pub server_errors: u64,
    /// What ended calls used.
    pub usage: TokenUsage,
    /// What ended calls were charged against tokens-per-minute quotas, burndown included.
    pub quota_tokens: u64,
    /// What ended calls cost.
    pub cost: Usd,
}

impl Tally {
    /// Calls throttled, for whatever reason.
    pub const fn throttled(&self) -> u64 {
        self.throttled_requests + self.throttled_tokens + self.throttled_pool + self.throttled_fault
    }

    /// Calls in service now.
    pub const fn in_service(&self) -> u64 {
        self.admitted.saturating_sub(self.served + self.broken_off)
    }

    fn refuse(&mut self, refused: &Refused) {
        self.calls += 1;
        let count = match (refused.limit, refused.kind) {
            (Some(Limit::Requests), _) => &mut self.throttled_requests,
            (Some(Limit::Tokens), _) => &mut self.throttled_tokens,
            (Some(Limit::SharedPool), _) => &mut self.throttled_pool,
            (Some(Limit::Fault), _) | (None, FailureKind::NotReady) => &mut self.throttled_fault,
            (None, kind) if kind.row().severity == Severity::Caller => &mut self.client_errors,
            (None, _) => &mut self.server_errors,
        };
        *count += 1;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.admitted += other.admitted;
        self.served += other.served;
        self.broken_off += other.broken_off;
        self.throttled_requests += other.throttled_requests;
        self.throttled_tokens += other.throttled_tokens;
        self.throttled_pool += other.throttled_pool;
        self.throttled_fault += other.throttled_fault;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
        self.usage += other.usage;
        self.quota_tokens += other.quota_tokens;
        self.cost += other.cost;
    }
}

/// A line of the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The region whose endpoint was called.
    pub region: &'a Region,
    /// The model or profile identifier that was called.
    pub target: &'a str,
    /// The model behind it.
    pub model: &'a ModelId,
    /// The quota drawn on.
    pub family: QuotaFamily,
    /// The region that served; `None`: calls that were refused.
    pub served_in: Option<&'a Region>,
    /// Whether a prompt router chose the target.
    pub routed: bool,
    /// The counts.
    pub tally: &'a Tally,
}

/// Where a line is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    /// The region called.
    pub region: RegionNo,
    /// The target.
    pub target: TargetNo,
    /// The region that served.
    pub served_in: Option<RegionNo>,
    /// Whether a prompt router chose the target.
    pub routed: bool,
}

/// Everything the service saw since the world was made. Cheap to clone: a few hundred lines.
#[derive(Clone, Debug)]
pub struct Ledger {
    index: Arc<Index>,
    lines: BTreeMap<LineKey, Tally>,
    strangers: Tally,
    /// What each purchase of units served, under its ARN, and what deleted ones had served.
    units: BTreeMap<UnitNo, (Arc<str>, Tally)>,
    deleted_units: Tally,
    /// What was called through application profiles: it is in the lines too.
    through: Vec<(Arc<str>, Tally)>,
    through_numbers: BTreeMap<Arc<str>, usize>,
}

impl Ledger {
    /// An empty ledger.
    pub(super) fn new(index: Arc<Index>) -> Self {
        Self {
            index,
            lines: BTreeMap::new(),
            strangers: Tally::default(),
            units: BTreeMap::new(),
            deleted_units: Tally::default(),
            through: Vec::new(),
            through_numbers: BTreeMap::new(),
        }
    }

    /// The lines, ordered by region, target and serving region.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|(key, tally)| {
            let target = self.index.target(key.target);
            Line {
                region: self.index.region(key.region),
                target: &target.id,
                model: &self.index.model(target.model).id,
                family: target.family,
                served_in: key.served_in.map(|region| self.index.region(region)),
                routed: key.routed,
                tally,
            }
        })
    }

    /// Calls of what the catalogue does not know, or in regions it does not know.
    pub const fn strangers(&self) -> &Tally {
        &self.strangers
    }

    /// What units served, by their ARN, in the order in which they were bought.
    pub fn units(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.units.values().map(|(arn, tally)| (&**arn, tally))
    }

    /// What was called through application profiles, by their ARN, in the order of their first calls.
    /// It is in the lines too.
    pub fn through(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.through.iter().map(|(arn, tally)| (&**arn, tally))
    }

    /// All lines together, units and strangers included.
    pub fn total(&self) -> Tally {
        let mut total = self.strangers;
        total += self.deleted_units;
        for (_, tally) in self.units.values() {
            total += *tally;
        }
        for tally in self.lines.values() {
            total += *tally;
        }
        total
    }

    /// A call was refused; without a key it was of nothing that is known.
    pub(super) fn refuse(&mut self, key: Option<LineKey>, refused: &Refused) {
        let tally = match key {
            Some(key) => self.lines.entry(key).or_default(),
            None => &mut self.strangers,
        };
        tally.refuse(refused);
    }

    /// The tally of an application profile; there are at most as many as there were profiles.
    pub(super) fn through_number(&mut self, arn: &Arc<str>) -> usize {
        if let Some(number) = self.through_numbers.get(arn) {
            return *number;
        }
        let number = self.through.len();
        self.through.push((Arc::clone(arn), Tally::default()));
        self.through_numbers.insert(Arc::clone(arn), number);
        number
    }

    /// The ARN of an application profile, by its number.
    pub(super) fn through_arn(&self, number: usize) -> Option<Arc<str>> {
        self.through.get(number).map(|(arn, _)| Arc::clone(arn))
    }

    /// A call through an application profile was refused.
    pub(super) fn refuse_through(&mut self, number: usize, refused: &Refused) {
        self.through[number].1.refuse(refused);
    }

    /// A call through an application profile is served from now on.
    pub(super) fn admit_through(&mut self, number: usize) {
        let tally = &mut self.through[number].1;
        tally.calls += 1;
        tally.admitted += 1;
    }

    /// A call through an application profile is over.
    pub(super) fn settle_through(&mut self, number: usize, ended: &Tally) {
        self.through[number].1 += *ended;
    }

    /// A call of units was refused.
    pub(super) fn refuse_in_unit(&mut self, unit: UnitNo, arn: &str, refused: &Refused) {
        self.unit(unit, arn).refuse(refused);
    }

    /// A call is served by units from now on.
    pub(super) fn admit_to_unit(&mut self, unit: UnitNo, arn: &str) {
        let tally = self.unit(unit, arn);
        tally.calls += 1;
        tally.admitted += 1;
    }

    /// A call that units served is over; they may be gone by now.
    pub(super) fn settle_in_unit(&mut self, unit: UnitNo, ended: &Tally) {
        match self.units.get_mut(&unit) {
            Some((_, tally)) => *tally += *ended,
            None => self.deleted_units += *ended,
        }
    }

    /// Units were deleted: what they served is kept in one sum.
    pub(super) fn forget_unit(&mut self, unit: UnitNo) {
        if let Some((_, tally)) = self.units.remove(&unit) {
            self.deleted_units += tally;
        }
    }

    fn unit(&mut self, unit: UnitNo, arn: &str) -> &mut Tally {
        &mut self
            .units
            .entry(unit)
            .or_insert_with(|| (arn.into(), Tally::default()))
            .1
    }

    /// A call is served from now on.
    pub(super) fn admit(&mut self, key: LineKey) {
        let tally = self.lines.entry(key).or_default();
        tally.calls += 1;
        tally.admitted += 1;
    }

    /// A served call is over.
    pub(super) fn settle(&mut self, key: LineKey, ended: &Tally) {
        *self.lines.entry(key).or_default() += *ended;
    }
}
