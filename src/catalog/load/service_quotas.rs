//! Reading the table `offers.service_quotas`: names, codes and daily quotas.

use std::collections::BTreeMap;

use super::cite::Citations;
use super::model::{MappedModel, quota_code};
use crate::catalog::service_quotas::{AccountQuota, DailyTokens, QuotaBook};
use crate::names::ModelId;
use crate::toml::{Item, Table};

type Models<'d> = BTreeMap<&'d str, Option<MappedModel<'d>>>;

const MOST: u64 = 1_000_000_000_000_000;

/// Reads the table.
pub fn read_service_quotas(item: &Item<'_>, models: &Models<'_>, citations: &Citations) -> Option<QuotaBook> {
    let table = item.table()?;
    citations.cite(&table, None);
    let entries = |key| {
        let inner = table.take(key).and_then(|item| item.table());
        inner.map(|inner: Table<'_>| inner.entries()).unwrap_or_default()
    };
    let spelled = |key| -> BTreeMap<ModelId, String> {
        (entries(key).into_iter())
            .filter_map(|(id, item)| Some((model(id, &item, models)?, item.name()?.to_owned())))
            .collect()
    };
    let (names, batch_names) = (spelled("names"), spelled("batch_names"));
    let codes = (entries("codes").into_iter())
        .filter_map(|(name, item)| Some((name.to_owned(), quota_code(&item)?)))
        .collect();
    let daily = (entries("daily").into_iter())
        .filter_map(|(id, item)| Some((model(id, &item, models)?, read_daily(&item, citations)?)))
        .collect();
    let account = table.take("account").and_then(|list| list.list());
    let account = (account.unwrap_or_default().iter())
        .filter_map(|item| read_account(item, citations))
        .collect();
    table.finish();
    Some(QuotaBook {
        names,
        batch_names,
        codes,
        daily,
        account,
    })
}

fn model(id: &str, item: &Item<'_>, models: &Models<'_>) -> Option<ModelId> {
    if models.contains_key(id) {
        return Some(ModelId::from(id));
    }
    super::unknown(item, "model", id, models.keys().copied())
}

fn read_daily(item: &Item<'_>, citations: &Citations) -> Option<DailyTokens> {
    let table = item.table()?;
    citations.cite(&table, None);
    let tokens = table.need("tokens").and_then(|tokens| tokens.integer(0..=MOST));
    let global = table.take("global").and_then(|tokens| tokens.integer(0..=MOST));
    table.finish();
    Some(DailyTokens {
        tokens: tokens?,
        global,
    })
}

fn read_account(item: &Item<'_>, citations: &Citations) -> Option<AccountQuota> {
    let table = item.table()?;
    citations.cite(&table, None);
    let name = table.need("name").and_then(|name| name.name());
    let value = table.need("value").and_then(|value| value.integer(0..=MOST));
    let adjustable = table.need("adjustable").and_then(|flag| flag.flag());
    table.finish();
    Some(AccountQuota {
        name: name?.to_owned(),
        value: value?,
        adjustable: adjustable?,
    })
}
