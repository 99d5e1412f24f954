//! Provisioned throughput: model units that an account has bought, called by an ARN of their own.
//!
//! A unit has a rate of input and a rate of output tokens and draws on no quota and on no shared
//! capacity; its pace is that of a usual day, whatever the region's load. It never grows a quota and
//! knows no profiles.

mod control;
pub mod plan;
pub mod rate;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

pub use plan::{StandingUnits, UnitsPlan};
pub use unit::{Status, Unit};

use crate::catalog::{Catalog, Commitment, Model};
use crate::clock::Moment;
use crate::names::{ModelId, Region};
use crate::seed::Seed;
use crate::units::TokenUsage;
use rate::Rate;

/// Accounts that get the units in service from the start; later ones have none.
const MOST_ACCOUNTS: usize = 64;
/// Purchases alive at once in the whole world: a caller in a loop must not fill the memory.
const MOST_UNITS: usize = 1_000;
/// A purchase of this many is refused whatever the quota.
const MOST_IN_ONE: u64 = 100_000;
/// The weight of the newest answer in what the next is expected to take.
const NEWEST: f64 = 1.0 / 16.0;

/// The ARN of units that were in service from the start. Known before any world is made, so that a
/// scenario can call them.
pub fn standing_arn(region: &Region, account: &str, name: &str) -> String {
    let seed = Seed::new(0).derive("standing unit").derive(name);
    arn(region, account, seed.derive(region.as_str()))
}

/// Whether this looks like the ARN of a unit.
pub fn is_arn(target: &str) -> bool {
    target.starts_with("arn:") && target.contains(":provisioned-model/")
}

fn arn(region: &Region, account: &str, seed: Seed) -> String {
    let id = short_id(seed);
    format!("arn:aws:bedrock:{region}:{account}:provisioned-model/{id}")
}

/// Twelve letters and digits, as the identifiers of the service's things have.
pub(super) fn short_id(seed: Seed) -> String {
    const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = seed.number();
    let mut id = String::with_capacity(12);
    for _ in 0..12 {
        id.push(char::from(LETTERS[(rest % 36) as usize]));
        rest /= 36;
    }
    id
}

/// Why a control operation on units is refused. The words are the service's where a report of them
/// was found, else an assumption.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// No such unit in this account and region.
    #[error("Could not find Provisioned Throughput {0}.")]
    NotFound(String),
    /// The account's quota does not allow it.
    #[error(
        "You have requested {wanted} model units for {region}, but your account's quota is {quota}, of which \
         {used} are in use. Model units must be granted first: open a support case to have the quota raised."
    )]
    Quota {
        /// Asked for.
        wanted: u64,
        /// Where.
        region: Region,
        /// Allowed.
        quota: u64,
        /// Bought already.
        used: u64,
    },
    /// The model has no units there.
    #[error("The provided model identifier is not supported for Provisioned Throughput in {region}: {model}")]
    NotOffered {
        /// As asked for.
        model: String,
        /// Where.
        region: Region,
    },
    /// Another one has that name.
    #[error("A Provisioned Throughput named {0} already exists in your account.")]
    NameTaken(String),
    /// Its term is not over.
    #[error(
        "Provisioned Throughput {arn} is committed and cannot be deleted before its commitment term ends."
    )]
    Committed {
        /// Which one.
        arn: Arc<str>,
    },
    /// It is not in service, so nothing of it can be changed.
    #[error("Provisioned Throughput {arn} is in status {status} and cannot be updated.")]
    NotReady {
        /// Which one.
        arn: Arc<str>,
        /// What it is.
        status: &'static str,
    },
    /// Only units of a custom model can be given another one.
    #[error("The model of a Provisioned Throughput of a base model cannot be changed.")]
    FixedModel,
}

/// An order for units.
#[derive(Clone, Debug)]
pub struct UnitOrder {
    /// Who buys.
    pub account: Arc<str>,
    /// Where.
    pub region: Region,
    /// The name it is to have.
    pub name: String,
    /// The model with its context variant, by identifier or foundation-model ARN.
    pub model: String,
    /// How many model units.
    pub units: u64,
    /// The term.
    pub commitment: Option<Commitment>,
    /// A repeated token buys nothing and is no error.
    pub token: Option<String>,
}

/// Whose units, and where.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The account.
    pub account: &'a Arc<str>,
    /// The region.
    pub region: &'a Region,
}

/// A purchase, by the order of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitNo(u64);

/// All purchases of all accounts.
#[derive(Debug)]
pub struct Units {
    plan: UnitsPlan,
    provisioning: Duration,
    accounts: BTreeSet<Arc<str>>,
    purchases: BTreeMap<UnitNo, Unit>,
    by_arn: BTreeMap<Arc<str>, UnitNo>,
    next: u64,
    /// Quotas that were raised. Bounded by the requests for more that are kept.
    raised: BTreeMap<(Arc<str>, Region), u64>,
}

impl Units {
    /// No account has been seen yet.
    pub fn new(plan: &UnitsPlan, time_scale: f64) -> Self {
        let scale = if time_scale >= 1.0 { time_scale } else { 1.0 };
        Self {
            provisioning: plan.provisioning.div_f64(scale),
            plan: plan.clone(),
            accounts: BTreeSet::new(),
            purchases: BTreeMap::new(),
            by_arn: BTreeMap::new(),
            next: 0,
            raised: BTreeMap::new(),
        }
    }

    /// Gives an account that is seen for the first time what it has from the start.
    pub fn open_account(&mut self, account: &Arc<str>, catalog: &Catalog) {
        if self.accounts.contains(account) || self.accounts.len() >= MOST_ACCOUNTS {
            return;
        }
        self.accounts.insert(Arc::clone(account));
        for standing in self.plan.standing.clone() {
            let arn = standing_arn(&standing.region, account, &standing.name);
            let Some(offer) = catalog.offers.units.get(&standing.model) else {
                continue;
            };
            let model = match offer.variants.last() {
                Some(variant) => format!("{}:{variant}", standing.model),
                None => standing.model.to_string(),
            };
            let order = UnitOrder {
                account: Arc::clone(account),
                region: standing.region,
                name: standing.name,
                model,
                units: standing.units,
                commitment: standing.commitment,
                token: None,
            };
            let Ok(mut unit) = purchase(Moment::ZERO, order, arn, catalog) else {
                continue;
            };
            unit.is_standing = true;
            self.add(unit);
        }
    }

    /// The purchase that an ARN names, if it is this owner's.
    pub fn find(&self, owner: Owner<'_>, arn: &str) -> Option<UnitNo> {
        let number = *self.by_arn.get(arn)?;
        let unit = self.purchases.get(&number)?;
        (unit.account == *owner.account && unit.region == *owner.region).then_some(number)
    }

    /// Units an owner may buy.
    pub fn quota_of(&self, owner: Owner<'_>) -> u64 {
        let key = (Arc::clone(owner.account), owner.region.clone());
        self.raised.get(&key).copied().unwrap_or(self.plan.quota)
    }

    /// Sets how many units an owner may buy.
    pub(super) fn grant(&mut self, account: &Arc<str>, region: &Region, quota: u64) {
        self.raised.insert((Arc::clone(account), region.clone()), quota);
    }

    /// A purchase.
    pub fn get(&self, number: UnitNo) -> Option<&Unit> {
        self.purchases.get(&number)
    }

    /// An owner's purchases, the newest first, as the service lists them.
    pub fn of(&self, owner: Owner<'_>) -> impl Iterator<Item = &Unit> {
        self.purchases
            .values()
            .rev()
            .filter(move |unit| unit.account == *owner.account && unit.region == *owner.region)
    }

    /// All purchases of all accounts, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Unit> {
        self.purchases.values()
    }

    /// Whether a unit takes another call now, as far as its rates go.
    pub(super) fn has_room(&mut self, now: Moment, number: UnitNo) -> bool {
        self.purchases.get_mut(&number).is_some_and(|unit| {
            let input = unit.input.is_open(now, unit.rates.input_tokens_per_minute);
            let output = unit.output.is_open(now, unit.rates.output_tokens_per_minute);
            input && output
        })
    }

    /// A call was let in: takes its prompt, and for its answer what is returned.
    pub(super) fn begin(&mut self, number: UnitNo, prompt: u64) -> u64 {
        let Some(unit) = self.purchases.get_mut(&number) else {
            return 0;
        };
        let expected = unit.answers.round() as u64;
        unit.input.take(prompt);
        unit.output.take(expected);
        expected
    }

    /// A call is over: its real answer takes the place of the expected one.
    pub(super) fn end(&mut self, number: UnitNo, expected: u64, usage: TokenUsage) {
        if let Some(unit) = self.purchases.get_mut(&number) {
            unit.output.give(expected);
            unit.output.take(usage.output);
            unit.answers += (usage.output as f64 - unit.answers) * NEWEST;
        }
    }

    fn buy(&mut self, now: Moment, order: UnitOrder, catalog: &Catalog) -> Result<Arc<str>, UnitError> {
        let owner = Owner {
            account: &order.account,
            region: &order.region,
        };
        let repeated = self
            .of(owner)
            .find(|unit| order.token.is_some() && unit.token == order.token);
        if let Some(bought) = repeated {
            return Ok(Arc::clone(&bought.arn));
        }
        if self.of(owner).any(|unit| unit.name == order.name) {
            return Err(UnitError::NameTaken(order.name));
        }
        let used = self
            .of(owner)
            .filter(|unit| !unit.is_standing)
            .map(|unit| unit.units)
            .sum();
        let seed = Seed::new(self.next + 1).derive("unit").derive(&order.name);
        let (wanted, token) = (order.units, order.token.clone());
        let arn = arn(&order.region, &order.account, seed);
        let mut unit = purchase(now, order, arn, catalog)?;
        let quota = self.quota_of(Owner {
            account: &unit.account,
            region: &unit.region,
        });
        let is_too_much = self.purchases.len() >= MOST_UNITS || wanted > MOST_IN_ONE;
        if is_too_much || wanted.saturating_add(used) > quota {
            return Err(UnitError::Quota {
                wanted,
                region: unit.region,
                quota,
                used,
            });
        }
        unit.ready_at = now + self.provisioning;
        unit.fails = self.plan.fails;
        unit.token = token;
        Ok(self.add(unit))
    }

    fn add(&mut self, unit: Unit) -> Arc<str> {
        let number = UnitNo(self.next);
        self.next += 1;
        let arn = Arc::clone(&unit.arn);
        self.by_arn.insert(Arc::clone(&arn), number);
        self.purchases.insert(number, unit);
        arn
    }

    /// By ARN or by name.
    fn named(&self, owner: Owner<'_>, id: &str) -> Result<UnitNo, UnitError> {
        let by_name = || {
            let found = |unit: &&Unit| unit.name == id;
            let unit = self.of(owner).find(found)?;
            self.by_arn.get(&unit.arn).copied()
        };
        self.find(owner, id)
            .or_else(by_name)
            .ok_or_else(|| UnitError::NotFound(id.to_owned()))
    }
}

/// What an order leads to, in service at once.
fn purchase(now: Moment, order: UnitOrder, arn: String, catalog: &Catalog) -> Result<Unit, UnitError> {
    let offered = offered(&order.model, &order.region, catalog);
    let Some((id, serves, offer)) = offered else {
        return Err(UnitError::NotOffered {
            model: order.model,
            region: order.region,
        });
    };
    let rates = offer.rates.times(order.units);
    Ok(Unit {
        arn: arn.into(),
        variant: order.model.rsplit('/').next().unwrap_or_default().to_owned(),
        model: id,
        serves,
        rates,
        hourly: offer.hourly.with(order.commitment).times(order.units),
        answers: 0.0,
        input: Rate::rested(now, rates.input_tokens_per_minute),
        output: Rate::rested(now, rates.output_tokens_per_minute),
        name: order.name,
        account: order.account,
        region: order.region,
        units: order.units,
        commitment: order.commitment,
        created_at: now,
        modified_at: now,
        ready_at: now,
        updated_at: now,
        fails: false,
        is_standing: false,
        token: None,
    })
}

/// The model behind `amazon.nova-pro-v1:0:300k`, its window cut to the variant's, and what is
/// offered of it; `None` if no units of that are sold there.
fn offered<'c>(
    written: &str,
    region: &Region,
    catalog: &'c Catalog,
) -> Option<(ModelId, Arc<Model>, &'c crate::catalog::UnitOffer)> {
    let id = match written.split_once(":foundation-model/") {
        Some((arn, id)) if arn.starts_with("arn:aws") => id,
        Some(_) => return None,
        None => written,
    };
    let (bare, variant) = id.rsplit_once(':')?;
    let offer = catalog.offers.units.get(bare)?;
    if !offer.regions.contains(region) || !offer.variants.iter().any(|offered| offered == variant) {
        return None;
    }
    let model = catalog.models.get(bare)?;
    let window = variant
        .strip_suffix('k')
        .and_then(|thousands| thousands.parse::<u64>().ok())
        .map_or(model.context_window, |thousands| {
            thousands.saturating_mul(1_000).min(model.context_window)
        });
    let mut serves = Model::clone(model);
    serves.context_window = window;
    Some((model.id.clone(), Arc::new(serves), offer))
}

#[cfg(test)]
mod tests;
