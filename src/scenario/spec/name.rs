//! Names in a scenario, looked up in the catalogue; what is not there gets the name that was meant.

use crate::catalog::Catalog;
use crate::names::{ModelId, ModelRef, ProfileId, Provider, Region};
use crate::scenario::prompts::Files;
use crate::toml::{Item, did_you_mean};

/// The names that a scenario may use.
#[derive(Clone, Copy, Debug)]
pub struct NameBook<'c> {
    catalog: &'c Catalog,
    files: &'c Files,
}

impl<'c> NameBook<'c> {
    /// The names of a catalogue, and of files.
    pub const fn new(catalog: &'c Catalog, files: &'c Files) -> Self {
        Self { catalog, files }
    }

    /// Where files are looked for.
    pub const fn files(self) -> &'c Files {
        self.files
    }

    /// A region of the catalogue.
    pub fn region(self, item: &Item<'_>) -> Option<Region> {
        let id = item.text()?;
        if self.catalog.regions.contains_key(id) {
            return Some(Region::from(id));
        }
        unknown(
            item,
            "region",
            id,
            self.catalog.regions.keys().map(Region::as_str),
        )
    }

    /// A model of the catalogue, by its bare identifier.
    pub fn model(self, item: &Item<'_>) -> Option<ModelId> {
        let id = item.text()?;
        if self.catalog.models.contains_key(id) {
            return Some(ModelId::from(id));
        }
        if let Some(profile) = self.catalog.profiles.get(id) {
            let hint = format!("its model is \"{}\"", profile.model);
            item.reject(format_args!("\"{id}\" is a profile, not a model"), Some(hint));
            return None;
        }
        unknown(item, "model", id, self.catalog.models.keys().map(ModelId::as_str))
    }

    /// What a caller may write as `modelId`: a model or a profile of the catalogue.
    pub fn target(self, item: &Item<'_>) -> Option<ModelRef> {
        let text = item.text()?;
        if self.catalog.resolve(text).is_some() {
            return Some(ModelRef::from(text));
        }
        let models = self.catalog.models.keys().map(ModelId::as_str);
        let profiles = self.catalog.profiles.keys().map(ProfileId::as_str);
        unknown(item, "model or profile", text, models.chain(profiles))
    }

    /// A maker of models in the catalogue.
    pub fn provider(self, item: &Item<'_>) -> Option<Provider> {
        let name = item.text()?;
        let makers = || self.catalog.models.values().map(|model| &model.provider);
        let foreign = || self.catalog.offers.foreign.values().map(|model| &model.provider);
        if let Some(provider) = makers().chain(foreign()).find(|maker| *maker == name) {
            return Some(provider.clone());
        }
        unknown(
            item,
            "provider",
            name,
            makers().chain(foreign()).map(Provider::as_str),
        )
    }

    /// A simulated model of another provider.
    pub fn foreign(self, item: &Item<'_>) -> Option<ModelId> {
        let id = item.text()?;
        let known = &self.catalog.offers.foreign;
        if known.contains_key(id) {
            return Some(ModelId::from(id));
        }
        unknown(
            item,
            "model of another provider",
            id,
            known.keys().map(ModelId::as_str),
        )
    }

    /// The known models of a list.
    pub fn models(self, item: &Item<'_>) -> Vec<ModelId> {
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| self.model(item)).collect()
    }

    /// The known regions of a list.
    pub fn regions(self, item: &Item<'_>) -> Vec<Region> {
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| self.region(item)).collect()
    }
}

fn unknown<'a, T>(
    item: &Item<'_>,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<T> {
    let hint = match did_you_mean(name, known) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "see assets/catalog.toml, or add it with --catalog FILE".to_owned(),
    };
    item.reject(format_args!("no {what} \"{name}\" in the catalogue"), Some(hint));
    None
}
