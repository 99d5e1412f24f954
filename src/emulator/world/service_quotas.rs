//! The quotas as Service Quotas lists them, over the limits that the token buckets use.
//!
//! What is listed as applied is what a call meets: the catalogue's default, the world's changes, and
//! increases that were approved. Faults that lower a quota are not in it: they are no quota.

pub mod increases;

use super::World;
use super::index::{ModelNo, RegionNo};
use super::quota::{Limits, PoolKey, Rate};
use super::units::Owner;
use crate::catalog::{Model, QuotaFamily, QuotaRow};
use crate::names::Region;

/// What a quota is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A rate of a model and family: calls draw on it.
    Pool(ModelNo, QuotaFamily, Rate),
    /// Model units that may be bought.
    Units,
    /// Something that no increase changes here.
    Fixed,
}

/// A quota of an account in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaLine {
    /// `L-` and eight hexadecimal digits.
    pub code: String,
    /// Whether the code is the service's own, and not derived from the name.
    pub is_known_code: bool,
    /// As the service writes it.
    pub name: String,
    /// What every account starts with.
    pub default: u64,
    /// What this account has.
    pub applied: u64,
    /// Whether more can be asked for.
    pub adjustable: bool,
    /// What it is of.
    pub subject: Subject,
}

impl QuotaLine {
    /// The stretch the quota is counted over: `MINUTE` or `DAY`, or none for a quota of things.
    pub const fn period(&self) -> Option<&'static str> {
        match self.subject {
            Subject::Pool(_, _, Rate::Requests | Rate::Tokens) => Some("MINUTE"),
            Subject::Pool(_, _, Rate::TokensPerDay) => Some("DAY"),
            Subject::Units | Subject::Fixed => None,
        }
    }
}

impl World {
    /// Every quota of an account in a region, by name. Empty for a region the catalogue does not know.
    pub fn quota_lines(&mut self, owner: Owner<'_>) -> Vec<QuotaLine> {
        let Some(region) = self.index.region_number(owner.region) else {
            return Vec::new();
        };
        let account = self.quotas.account(owner.account);
        let mut lines = self.account_lines(owner);
        for (number, model) in self.index.models().iter().enumerate() {
            for family in self.families_in(ModelNo(number), region) {
                let key = PoolKey {
                    account,
                    region,
                    model: ModelNo(number),
                    family,
                };
                self.rate_lines(model, key, owner.region, &mut lines);
            }
            if model.offers_batch() && model.regions.contains(owner.region) {
                self.batch_lines(model, &mut lines);
            }
        }
        lines.sort_by(|one, other| one.name.cmp(&other.name));
        lines
    }

    /// The families in which a model can be called in a region.
    fn families_in(&self, model: ModelNo, region: RegionNo) -> Vec<QuotaFamily> {
        let targets = self.index.targets();
        let here = targets.filter(|target| target.model == model && !target.destinations(region).is_empty());
        here.map(|target| target.family).collect()
    }

    fn rate_lines(&self, model: &Model, key: PoolKey, region: &Region, lines: &mut Vec<QuotaLine>) {
        let book = &self.catalog.offers.quota_book;
        let usual = Limits::of(book, model, key.family, region, &[]);
        let applied = self.quotas.granted(
            key,
            Limits::of(book, model, key.family, region, &self.plan.quotas),
        );
        let row = model.quota(key.family, region);
        let name = book.name_of(model);
        for rate in Rate::ALL {
            let (Some(has), default) = (applied.get(rate), usual.get(rate)) else {
                continue;
            };
            // One row stands for both: the pool of a profile holds twice what the row says.
            let is_doubled = rate == Rate::TokensPerDay && key.family == QuotaFamily::CrossRegion;
            let shown = |limit: u64| if is_doubled { limit / 2 } else { limit };
            let name = rate_name(key.family, rate, &name);
            if lines.iter().any(|line| line.name == name) {
                continue;
            }
            let known = row.and_then(|row| known_code(row, rate));
            let (code, is_known_code) = match known {
                Some(code) => (code.to_owned(), true),
                None => book.code_of(&name),
            };
            lines.push(QuotaLine {
                code,
                is_known_code,
                name,
                default: shown(default.unwrap_or(has)),
                applied: shown(has),
                adjustable: rate == Rate::Tokens,
                subject: Subject::Pool(key.model, key.family, rate),
            });
        }
    }

    fn batch_lines(&self, model: &Model, lines: &mut Vec<QuotaLine>) {
        let Some(limits) = self.catalog.offers.batch else {
            return;
        };
        let name = self.catalog.offers.quota_book.batch_name_of(model);
        for (words, value) in [
            (
                "Minimum number of records per batch inference job for",
                limits.min_records,
            ),
            ("Records per batch inference job for", limits.max_records),
            (
                "Records per input file per batch inference job for",
                limits.max_records,
            ),
            (
                "Sum of in-progress and submitted batch inference jobs using a base model for",
                limits.jobs,
            ),
        ] {
            lines.push(self.fixed_line(format!("{words} {name}"), value, Subject::Fixed));
        }
    }

    fn account_lines(&self, owner: Owner<'_>) -> Vec<QuotaLine> {
        let listed = &self.catalog.offers.quota_book.account;
        let mut lines: Vec<QuotaLine> = (listed.iter())
            .map(|quota| QuotaLine {
                adjustable: quota.adjustable,
                ..self.fixed_line(quota.name.clone(), quota.value, Subject::Fixed)
            })
            .collect();
        let units = "Model units no-commitment Provisioned Throughputs across base models";
        lines.push(QuotaLine {
            applied: self.units.quota_of(owner),
            adjustable: true,
            ..self.fixed_line(units.to_owned(), 0, Subject::Units)
        });
        lines
    }

    fn fixed_line(&self, name: String, value: u64, subject: Subject) -> QuotaLine {
        let (code, is_known_code) = self.catalog.offers.quota_book.code_of(&name);
        QuotaLine {
            code,
            is_known_code,
            name,
            default: value,
            applied: value,
            adjustable: false,
            subject,
        }
    }
}

fn known_code(row: &QuotaRow, rate: Rate) -> Option<&str> {
    match rate {
        Rate::Requests => row.requests_code.as_deref(),
        Rate::Tokens => row.tokens_code.as_deref(),
        Rate::TokensPerDay => None,
    }
}

/// The quota's name, as the service writes it.
fn rate_name(family: QuotaFamily, rate: Rate, model: &str) -> String {
    let kind = match family {
        QuotaFamily::OnDemand => "On-demand model inference",
        QuotaFamily::CrossRegion => "Cross-region model inference",
        QuotaFamily::Global => "Global cross-region model inference",
    };
    match (rate, family) {
        (Rate::Requests, _) => format!("{kind} requests per minute for {model}"),
        (Rate::Tokens, _) => format!("{kind} tokens per minute for {model}"),
        (Rate::TokensPerDay, QuotaFamily::Global) => format!("{kind} tokens per day for {model}"),
        (Rate::TokensPerDay, _) => {
            format!("Model invocation max tokens per day for {model} (doubled for cross-region calls)")
        }
    }
}
