//! Reading the catalogue: the file that is built in, and files laid over it.
//!
//! Everything a file says is checked here once, so that the rest of the program can trust the
//! types: names exist, figures are sane, and each group of figures has a source or an assumption.

mod cite;
mod embedding;
mod foreign;
mod geography;
mod model;
mod offers;
mod service_quotas;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use self::cite::Citations;
use self::geography::{Routing, read_regions, read_routings};
use self::model::{MappedModel, read_model};
use self::offers::read_offers;
use super::{Catalog, Lifecycle, Model, Profile, QuotaFamily};
use crate::names::{ProfileId, Region};
use crate::toml::{Document, Item, Problem, Problems, Table, did_you_mean};

/// One thing wrong with a catalogue file.
pub type CatalogError = Problem;
/// Everything wrong with a catalogue file.
pub type CatalogErrors = Problems;

const BUILTIN_NAME: &str = "assets/catalog.toml";
const BUILTIN: &str = include_str!("../../assets/catalog.toml");

impl Catalog {
    /// The catalogue that is built into the program.
    pub fn builtin() -> Arc<Self> {
        static CATALOG: OnceLock<Arc<Catalog>> = OnceLock::new();
        let parsed = CATALOG.get_or_init(|| {
            let catalog = Self::parse(BUILTIN_NAME, BUILTIN);
            Arc::new(catalog.expect("a test holds the built-in catalogue to be free of problems"))
        });
        Arc::clone(parsed)
    }

    /// The text that is built in: what an overlay is laid over, and the pattern for writing one.
    pub const fn builtin_text() -> &'static str {
        BUILTIN
    }

    /// Reads a whole catalogue. `file_name` is the name that problems show.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, CatalogErrors> {
        let document = Document::parse(file_name, text)?;
        read(document, xxh3_64_with_seed(text.as_bytes(), 0))
    }

    /// Reads a file laid over the built-in catalogue: it adds models, regions and profiles, and
    /// replaces single figures of those there are. Arrays (quotas, lists of regions) are replaced
    /// as a whole.
    pub fn with_overlay(file_name: &str, text: &str) -> Result<Self, CatalogErrors> {
        let base = Document::parse(BUILTIN_NAME, BUILTIN)?;
        let overlay = Document::parse(file_name, text)?;
        let base_hash = xxh3_64_with_seed(BUILTIN.as_bytes(), 0);
        read(
            base.overlaid_with(overlay),
            xxh3_64_with_seed(text.as_bytes(), base_hash),
        )
    }
}

fn read(document: Document, fingerprint: u64) -> Result<Catalog, CatalogErrors> {
    let catalog = read_catalog(&document.root(), fingerprint);
    document.into_result(Some(catalog))
}

fn read_catalog(root: &Table<'_>, fingerprint: u64) -> Catalog {
    let citations = Citations::read(root);
    let region_items = tables(root, "regions");
    let regions = read_regions(&region_items, &citations);
    let region_names = region_items.iter().map(|(id, _)| Region::from(*id)).collect();
    let routings = read_routings(&tables(root, "routings"), &region_names, &citations);
    let mut models = BTreeMap::new();
    for (id, item) in tables(root, "models") {
        models.insert(id, read_model(id, &item, &region_names, &citations));
    }
    let mut profiles = BTreeMap::new();
    for (id, item) in tables(root, "profiles") {
        if let Some(profile) = read_profile(id, &item, &models, &routings, &citations) {
            profiles.insert(profile.id.clone(), profile);
        }
    }
    let offers = read_offers(root, &models, &region_names, &citations);
    root.finish();
    let mut models: Vec<MappedModel<'_>> = models.into_values().flatten().collect();
    for mapped in &mut models {
        complete(mapped, &profiles);
    }
    Catalog {
        regions,
        models: models
            .into_iter()
            .map(|mapped| (mapped.model.id.clone(), Arc::new(mapped.model)))
            .collect(),
        profiles: profiles
            .into_iter()
            .map(|(id, profile)| (id, Arc::new(profile)))
            .collect(),
        offers,
        provenance: citations.into_provenance(),
        fingerprint,
    }
}

/// The named tables below a key; a catalogue without them is refused.
fn tables<'d>(root: &Table<'d>, key: &'static str) -> Vec<(&'d str, Item<'d>)> {
    let table = root.need(key).and_then(|item| item.table());
    table.map(|table| table.entries()).unwrap_or_default()
}

fn read_profile(
    id: &str,
    item: &Item<'_>,
    models: &BTreeMap<&str, Option<MappedModel<'_>>>,
    routings: &BTreeMap<&str, Option<Routing>>,
    citations: &Citations,
) -> Option<Profile> {
    const SCOPES: [(&str, QuotaFamily); 2] = [
        ("geographic", QuotaFamily::CrossRegion),
        ("global", QuotaFamily::Global),
    ];
    let table = item.table()?;
    let name = table.need("name").and_then(|name| name.name());
    let model = table.need("model").and_then(|item| {
        let found = known(&item, "model", models)?;
        Some(&found.model)
    });
    let family = table.need("scope").and_then(|scope| scope.choice(&SCOPES));
    let routing = table
        .need("routing")
        .and_then(|item| known(&item, "routing", routings));
    citations.cite(&table, model.map(|model| &model.id));
    if let Some(model) = model.filter(|model| !id.ends_with(&format!(".{}", model.id))) {
        let hint = format!("as in \"us.{}\"", model.id);
        table.reject("a profile is named after its model with a prefix", Some(hint));
    }
    table.finish();
    Some(Profile {
        id: ProfileId::from(id),
        name: name?.to_owned(),
        model: model?.id.clone(),
        family: family?,
        routes: routing?.routes.clone(),
    })
}

/// The thing that an item names; `None` without a word if that thing is in the file but wrong.
fn known<'a, T>(item: &Item<'_>, what: &str, things: &'a BTreeMap<&str, Option<T>>) -> Option<&'a T> {
    let name = item.text()?;
    match things.get(name) {
        Some(found) => found.as_ref(),
        None => unknown(item, what, name, things.keys().copied()),
    }
}

/// Notes that a name is not known, with the name that was meant, if one is near.
fn unknown<'a, T>(
    item: &Item<'_>,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<T> {
    let hint = did_you_mean(name, known).map(|near| format!("did you mean \"{near}\"?"));
    item.reject(format_args!("unknown {what} \"{name}\""), hint);
    None
}

/// Adds what follows from the profiles (where a model is served), and checks what only the whole
/// can show: a model must be callable, and each way of calling it needs a quota.
fn complete(mapped: &mut MappedModel<'_>, profiles: &BTreeMap<ProfileId, Profile>) {
    let model = &mut mapped.model;
    let own: Vec<&Profile> = profiles.values().filter(|p| p.model == model.id).collect();
    for region in own.iter().flat_map(|profile| profile.routes.values().flatten()) {
        if !model.regions.contains(region) {
            model.regions.push(region.clone());
        }
    }
    model.regions.sort();
    if model.regions.is_empty() {
        let hint = "give it `on_demand` or a profile".to_owned();
        mapped
            .table
            .reject("this model can be called nowhere", Some(hint));
    }
    if model.lifecycle == Lifecycle::EndOfLife {
        return;
    }
    let on_demand = model.on_demand_regions.iter();
    need_quota(&mapped.table, model, QuotaFamily::OnDemand, on_demand);
    for profile in own {
        need_quota(&mapped.table, model, profile.family, profile.routes.keys());
    }
}

fn need_quota<'a>(
    table: &Table<'_>,
    model: &Model,
    family: QuotaFamily,
    mut regions: impl Iterator<Item = &'a Region>,
) {
    if let Some(region) = regions.find(|region| model.quota(family, region).is_none()) {
        let word = model::family_word(family);
        table.reject_key(
            "quotas",
            format_args!("no {word} quota for {region}, where it may be called so"),
            Some("add a row for that region, or one without `regions` for all".to_owned()),
        );
    }
}

#[cfg(test)]
mod tests;
