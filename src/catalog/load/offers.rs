//! Reading the table `offers`: which model takes part in routers, units and the Reserved tier.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::cite::Citations;
use super::embedding::read_embedding;
use super::foreign::read_foreign;
use super::geography::{RegionNames, region_list};
use super::known;
use super::model::MappedModel;
use super::service_quotas::read_service_quotas;
use crate::catalog::offers::{BatchLimits, Offers, ReservedTier, UnitOffer, UnitPrices, UnitRates};
use crate::names::ModelId;
use crate::toml::{Item, Table};

type Models<'d> = BTreeMap<&'d str, Option<MappedModel<'d>>>;

const COUNT: RangeInclusive<u64> = 1..=100_000_000;
const MONTHS: RangeInclusive<u64> = 1..=36;
/// No hour of a unit costs more, in dollars.
const MOST_HOURLY: f64 = 10_000.0;

/// Reads the table; a catalogue without it offers nothing of the kind.
pub fn read_offers(
    root: &Table<'_>,
    models: &Models<'_>,
    regions: &RegionNames,
    citations: &Citations,
) -> Offers {
    let Some(table) = root.take("offers").and_then(|item| item.table()) else {
        return Offers::default();
    };
    let entries = |key| {
        let inner: Option<Table<'_>> = table.take(key).and_then(|item| item.table());
        inner.map(|inner| inner.entries()).unwrap_or_default()
    };
    let mut routers = BTreeMap::new();
    for (family, item) in entries("routers") {
        if let Some(members) = read_router(&item, models, citations) {
            routers.insert(family.to_owned(), members);
        }
    }
    let mut units = BTreeMap::new();
    for (id, item) in entries("units") {
        if !models.contains_key(id) {
            super::unknown::<()>(&item, "model", id, models.keys().copied());
        } else if let Some(offer) = read_units(id, &item, regions, citations) {
            units.insert(ModelId::from(id), offer);
        }
    }
    let mut foreign = BTreeMap::new();
    for (id, item) in entries("foreign") {
        if let Some(model) = read_foreign(id, &item, citations) {
            foreign.insert(model.id.clone(), Arc::new(model));
        }
    }
    let mut embeddings = BTreeMap::new();
    for (id, item) in entries("embeddings") {
        if let Some(model) = read_embedding(id, &item, regions, citations) {
            embeddings.insert(model.id.clone(), Arc::new(model));
        }
    }
    let reserved = table.take("reserved").and_then(|item| item.table());
    let batch = table.take("batch").and_then(|item| item.table());
    let quota_book = table.take("service_quotas");
    let quota_book = quota_book.and_then(|item| read_service_quotas(&item, models, citations));
    table.finish();
    Offers {
        routers,
        units,
        reserved: reserved.and_then(|table| read_reserved(&table, models, citations)),
        batch: batch.and_then(|table| read_batch(&table, citations)),
        foreign,
        embeddings,
        quota_book: quota_book.unwrap_or_default(),
    }
}

fn read_router(item: &Item<'_>, models: &Models<'_>, citations: &Citations) -> Option<Vec<ModelId>> {
    let table = item.table()?;
    citations.cite(&table, None);
    let list = table.need("models");
    let members = list.as_ref().map(|list| model_list(list, models));
    table.finish();
    let members = members?;
    if members.len() < 2 {
        let hint = "a router chooses between two".to_owned();
        list?.reject("at least two models are needed", Some(hint));
        return None;
    }
    Some(members)
}

fn read_units(id: &str, item: &Item<'_>, regions: &RegionNames, citations: &Citations) -> Option<UnitOffer> {
    let table = item.table()?;
    citations.cite(&table, Some(&ModelId::from(id)));
    let sold = table.need("regions").map(|list| region_list(&list, regions));
    let variants = table.need("variants").and_then(|list| list.list());
    let rate = |key| table.need(key).and_then(|item| item.integer(COUNT));
    let (input, output) = (rate("input_tokens_per_minute"), rate("output_tokens_per_minute"));
    let hourly = table.need("hourly").and_then(|item| item.table());
    let hourly = hourly.and_then(|table| read_unit_prices(&table));
    table.finish();
    let variants = variants?;
    let variants = variants.iter().filter_map(Item::name);
    Some(UnitOffer {
        regions: sold?,
        variants: variants.map(str::to_owned).collect(),
        rates: UnitRates {
            input_tokens_per_minute: input?,
            output_tokens_per_minute: output?,
        },
        hourly: hourly?,
    })
}

fn read_unit_prices(table: &Table<'_>) -> Option<UnitPrices> {
    let price = |key| table.need(key).and_then(|item| item.money(MOST_HOURLY));
    let (none, one_month, six_months) = (price("none"), price("one_month"), price("six_months"));
    table.finish();
    Some(UnitPrices {
        none: none?,
        one_month: one_month?,
        six_months: six_months?,
    })
}

fn read_reserved(table: &Table<'_>, models: &Models<'_>, citations: &Citations) -> Option<ReservedTier> {
    citations.cite(table, None);
    let members = table.need("models").map(|list| model_list(&list, models));
    let least = |key| table.need(key).and_then(|item| item.integer(COUNT));
    let (input, output) = (
        least("input_tokens_per_minute"),
        least("output_tokens_per_minute"),
    );
    let months = table.need("months").and_then(|list| list.list());
    table.finish();
    let months = months?;
    Some(ReservedTier {
        models: members?,
        input_tokens_per_minute: input?,
        output_tokens_per_minute: output?,
        months: months.iter().filter_map(|item| item.integer(MONTHS)).collect(),
    })
}

fn read_batch(table: &Table<'_>, citations: &Citations) -> Option<BatchLimits> {
    citations.cite(table, None);
    let limit = |key| table.need(key).and_then(|item| item.integer(COUNT));
    let (min_records, max_records, jobs) = (limit("min_records"), limit("max_records"), limit("jobs"));
    table.finish();
    Some(BatchLimits {
        min_records: min_records?,
        max_records: max_records?,
        jobs: jobs?,
    })
}

/// A list of models of the catalogue.
fn model_list(item: &Item<'_>, models: &Models<'_>) -> Vec<ModelId> {
    let entries = item.list().unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| known(entry, "model", models))
        .map(|mapped| mapped.model.id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;
    use crate::names::Region;

    #[test]
    fn the_built_in_offers_are_those_of_the_user_guide() {
        let catalog = Catalog::builtin();
        let offers = &catalog.offers;
        let family = |id: &str| {
            offers
                .router_family(&id.into())
                .map(|(family, _)| family.to_owned())
        };
        assert_eq!(family("amazon.nova-pro-v1:0").as_deref(), Some("nova"));
        assert_eq!(family("amazon.nova-micro-v1:0"), None);
        let sold = |region: &str| offers.has_units(&"amazon.nova-pro-v1:0".into(), &Region::from(region));
        assert!(sold("us-east-1") && !sold("us-west-2"));
        // No Claude 3.7 or newer has units.
        let claude = catalog
            .models
            .keys()
            .filter(|id| id.as_str().starts_with("anthropic."));
        assert!(claude.into_iter().all(|id| !offers.units.contains_key(id)));
        // The longer the term, the cheaper the hour.
        for (id, offer) in &offers.units {
            let hourly = offer.hourly;
            assert!(
                hourly.none > hourly.one_month && hourly.one_month > hourly.six_months,
                "{id}: {hourly:?}"
            );
        }
    }

    #[test]
    fn an_offer_of_an_unknown_model_is_refused_with_the_one_that_was_meant() {
        let text = "[offers.routers.nova]\nmodels = [\"amazon.nova-lite-v1:0\", \"amazon.nova-pra-v1:0\"]\nsource = \"UG\"\n";
        let problems = Catalog::with_overlay("mine.toml", text).expect_err("no such model");
        let shown = problems.to_string();
        assert!(
            shown.contains("did you mean \"amazon.nova-pro-v1:0\"?"),
            "{shown}"
        );
    }
}
