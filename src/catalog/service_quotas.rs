//! How Service Quotas names and numbers the quotas of Bedrock, and the quotas that are of no one model's rate.

use std::collections::BTreeMap;

use super::{Model, QuotaFamily};
use crate::names::ModelId;
use crate::seed::Seed;

/// What Service Quotas calls things. Empty where the catalogue says nothing: then every name follows
/// from the catalogue's own, and every code is derived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaBook {
    /// What models are called in names of rate quotas, where that is not maker and name.
    pub names: BTreeMap<ModelId, String>,
    /// What models are called in names of batch quotas, where that is not their name.
    pub batch_names: BTreeMap<ModelId, String>,
    /// Codes that are known, by the quota's name.
    pub codes: BTreeMap<String, String>,
    /// Tokens a day, by model. A cross-region pool has twice as many.
    pub daily: BTreeMap<ModelId, DailyTokens>,
    /// Quotas of the whole account.
    pub account: Vec<AccountQuota>,
}

/// What a model may use in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyTokens {
    /// Of the bare model in one region; a geographic profile has twice as many.
    pub tokens: u64,
    /// Of the global profile, where there is such a quota.
    pub global: Option<u64>,
}

/// A quota of the whole account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountQuota {
    /// As the service writes it.
    pub name: String,
    /// What it allows.
    pub value: u64,
    /// Whether more can be asked for.
    pub adjustable: bool,
}

impl QuotaBook {
    /// What a model is called in the names of its rate quotas: `Amazon Nova Micro`.
    pub fn name_of(&self, model: &Model) -> String {
        let own = || format!("{} {}", model.provider, model.name);
        self.names.get(&model.id).cloned().unwrap_or_else(own)
    }

    /// What a model is called in the names of its batch quotas: `Nova Micro V1`.
    pub fn batch_name_of<'a>(&'a self, model: &'a Model) -> &'a str {
        self.batch_names
            .get(&model.id)
            .map_or(&model.name, String::as_str)
    }

    /// The code of a quota and whether it is the service's own. One that is not known is derived from
    /// the name, so that it is the same in every run, and is no code of the service's.
    pub fn code_of(&self, name: &str) -> (String, bool) {
        if let Some(code) = self.codes.get(name) {
            return (code.clone(), true);
        }
        let number = Seed::new(0).derive("quota code").derive(name).number();
        (format!("L-{:08X}", number as u32), false)
    }

    /// Tokens a day of a pool; `None`: there is no such quota.
    pub fn daily_tokens(&self, model: &ModelId, family: QuotaFamily) -> Option<u64> {
        let daily = self.daily.get(model)?;
        match family {
            QuotaFamily::OnDemand => Some(daily.tokens),
            QuotaFamily::CrossRegion => Some(daily.tokens.saturating_mul(2)),
            QuotaFamily::Global => daily.global,
        }
    }
}
