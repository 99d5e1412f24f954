//! Where a chain can fall back to: looked up in the catalogue, in an order that repeats.

use std::collections::BTreeSet;

use super::Problem;
use crate::catalog::{Catalog, Lifecycle, Model, Profile, QuotaFamily};
use crate::event::Route;
use crate::names::{ModelId, ModelRef, Provider, Region};

/// Routes a chain of the catalogue's choosing falls back to, at most.
const CHOSEN: usize = 2;

/// A route to a model.
pub fn reached(model: &Model, region: &Region, target: ModelRef, label: &str) -> Route {
    Route {
        region: region.clone(),
        target,
        model: model.id.clone(),
        provider: model.provider.clone(),
        label: label.into(),
    }
}

/// The profile of a model and kind that may be called in a region.
pub fn profile_in<'a>(
    catalog: &'a Catalog,
    model: &Model,
    region: &Region,
    family: QuotaFamily,
) -> Option<&'a Profile> {
    catalog.profiles.values().map(AsRef::as_ref).find(|profile| {
        profile.model == model.id && profile.family == family && profile.routes.contains_key(region)
    })
}

/// What to write as `modelId` in a region: the bare identifier where it is taken, else the
/// geographic profile, else the global one.
pub fn target_in(catalog: &Catalog, model: &Model, region: &Region) -> Option<ModelRef> {
    if model.on_demand_regions.contains(region) {
        return Some(ModelRef::from(model.id.as_str()));
    }
    [QuotaFamily::CrossRegion, QuotaFamily::Global]
        .into_iter()
        .find_map(|family| profile_in(catalog, model, region, family))
        .map(|profile| ModelRef::from(profile.id.as_str()))
}

/// The chain over other regions' endpoints, the preferred one first.
pub fn other_regions(
    catalog: &Catalog,
    model: &Model,
    preferred: &Region,
    wanted: &[Region],
) -> Result<Vec<Route>, Problem> {
    let chosen;
    let others = if wanted.is_empty() {
        chosen = near_regions(catalog, model, preferred);
        &chosen
    } else {
        wanted
    };
    if others.is_empty() {
        return Err(Problem::NothingElse {
            chain: "other regions",
        });
    }
    let mut seen = BTreeSet::new();
    std::iter::once(preferred)
        .chain(others)
        .map(|region| {
            if !catalog.regions.contains_key(region) {
                return Err(Problem::UnknownRegion(region.clone()));
            }
            if !seen.insert(region) {
                return Err(Problem::Twice(region.to_string()));
            }
            let target = served(catalog, model, region)?;
            Ok(reached(model, region, target, region.as_str()))
        })
        .collect()
}

/// The chain over models of the same maker, the preferred one first.
pub fn other_models(
    catalog: &Catalog,
    model: &Model,
    region: &Region,
    wanted: &[ModelId],
) -> Result<Vec<Route>, Problem> {
    let others = if wanted.is_empty() {
        let mut alike = callable(catalog, model, region);
        alike.retain(|other| other.provider == model.provider);
        alike.truncate(CHOSEN);
        alike
    } else {
        named(catalog, wanted)?
    };
    if let Some(stranger) = others.iter().find(|other| other.provider != model.provider) {
        return Err(Problem::OtherProvider {
            model: stranger.id.clone(),
            provider: model.provider.to_string(),
        });
    }
    over_models(catalog, model, region, &others, "other models")
}

/// The chain over other makers' models in the same region, the preferred one first.
pub fn other_providers(
    catalog: &Catalog,
    model: &Model,
    region: &Region,
    wanted: &[ModelId],
) -> Result<Vec<Route>, Problem> {
    let others = if wanted.is_empty() {
        let mut makers: BTreeSet<&Provider> = BTreeSet::from([&model.provider]);
        let mut one_each = callable(catalog, model, region);
        // Residency: a model that only a profile reaches may be served in another region.
        let resident = |model: &Model| model.on_demand_regions.contains(region);
        one_each.retain(|other| resident(other) || !resident(model));
        one_each.retain(|other| makers.insert(&other.provider));
        one_each.truncate(CHOSEN);
        one_each
    } else {
        named(catalog, wanted)?
    };
    if let Some(sibling) = others.iter().find(|other| other.provider == model.provider) {
        return Err(Problem::SameProvider {
            model: sibling.id.clone(),
            provider: model.provider.to_string(),
        });
    }
    over_models(catalog, model, region, &others, "other providers")
}

fn over_models(
    catalog: &Catalog,
    model: &Model,
    region: &Region,
    others: &[&Model],
    chain: &'static str,
) -> Result<Vec<Route>, Problem> {
    if others.is_empty() {
        return Err(Problem::NothingElse { chain });
    }
    let mut seen = BTreeSet::new();
    std::iter::once(model)
        .chain(others.iter().copied())
        .map(|model| {
            if !seen.insert(&model.id) {
                return Err(Problem::Twice(model.id.to_string()));
            }
            let target = served(catalog, model, region)?;
            Ok(reached(model, region, target, &model.name))
        })
        .collect()
}

/// What to write as `modelId` in a region, or the refusal.
pub fn served(catalog: &Catalog, model: &Model, region: &Region) -> Result<ModelRef, Problem> {
    target_in(catalog, model, region).ok_or_else(|| Problem::NotServed {
        model: model.id.clone(),
        region: region.clone(),
    })
}

fn named<'a>(catalog: &'a Catalog, wanted: &[ModelId]) -> Result<Vec<&'a Model>, Problem> {
    wanted
        .iter()
        .map(|id| super::model_of(catalog, id).map(AsRef::as_ref))
        .collect()
}

/// Regions of the same geography that take the model: where it is on demand if the preferred one
/// has it on demand (a fallback should not change what is paid), else wherever a profile may be
/// called.
pub fn near_regions(catalog: &Catalog, model: &Model, preferred: &Region) -> Vec<Region> {
    let geography = catalog.regions.get(preferred).map(|entry| &entry.geography);
    let on_demand = model.on_demand_regions.contains(preferred);
    catalog
        .regions
        .values()
        .filter(|entry| Some(&entry.geography) == geography && entry.id != *preferred)
        .filter(|entry| !on_demand || model.on_demand_regions.contains(&entry.id))
        .filter(|entry| target_in(catalog, model, &entry.id).is_some())
        .map(|entry| entry.id.clone())
        .take(CHOSEN)
        .collect()
}

/// Other models that can be called in a region and do what this one does, the nearest in price of
/// a generated token first.
fn callable<'a>(catalog: &'a Catalog, model: &Model, region: &Region) -> Vec<&'a Model> {
    let away = |other: &Model| {
        let ratio = other.price.output.dollars() / model.price.output.dollars();
        if ratio.is_finite() && ratio > 0.0 {
            ratio.ln().abs()
        } else {
            f64::INFINITY
        }
    };
    let mut found: Vec<&Model> = catalog
        .models
        .values()
        .map(AsRef::as_ref)
        .filter(|other| other.id != model.id && other.lifecycle == Lifecycle::Active)
        .filter(|other| other.streaming || !model.streaming)
        .filter(|other| target_in(catalog, other, region).is_some())
        .collect();
    found.sort_by(|a, b| away(a).total_cmp(&away(b)).then_with(|| a.id.cmp(&b.id)));
    found
}
