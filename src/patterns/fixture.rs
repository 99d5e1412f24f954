//! A small catalogue for tests of the patterns, built by hand: no figure of it is the field's.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{
    Catalog, Family, LatencyModel, Lifecycle, Model, Price, Profile, Provenance, QuotaFamily, RegionEntry,
};
use crate::names::{ModelId, ProfileId, Provider, Region};
use crate::units::PerMillion;

/// The model with all three quotas.
pub const LITE: &str = "amazon.nova-2-lite-v1:0";
/// A model that only profiles reach.
pub const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";

const US: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

/// Four regions, six models, three profiles.
pub fn catalog() -> Arc<Catalog> {
    let everywhere = ["us-east-1", "us-east-2", "us-west-2", "eu-west-1"];
    let models = [
        model(LITE, "Nova 2 Lite", "Amazon", 0.40, &everywhere),
        model("amazon.nova-micro-v1:0", "Nova Micro", "Amazon", 0.14, &US),
        model("amazon.nova-pro-v1:0", "Nova Pro", "Amazon", 3.2, &US),
        model(HAIKU, "Claude Haiku 4.5", "Anthropic", 5.0, &[]),
        model(
            "meta.llama3-3-70b-instruct-v1:0",
            "Llama 3.3 70B",
            "Meta",
            0.72,
            &US,
        ),
        model("mistral.small-v1:0", "Mistral Small", "Mistral AI", 0.30, &US),
    ];
    let profiles = [
        profile("us", LITE, QuotaFamily::CrossRegion),
        profile("global", LITE, QuotaFamily::Global),
        profile("us", HAIKU, QuotaFamily::CrossRegion),
    ];
    let regions = everywhere.map(|id| RegionEntry {
        id: Region::from(id),
        name: id.to_owned(),
        geography: id.split('-').next().unwrap_or_default().to_owned(),
        latitude: 0.0,
        longitude: 0.0,
    });
    Arc::new(Catalog {
        regions: regions.map(|entry| (entry.id.clone(), entry)).into(),
        models: models.map(|model| (model.id.clone(), Arc::new(model))).into(),
        profiles: profiles
            .map(|profile| (profile.id.clone(), Arc::new(profile)))
            .into(),
        offers: crate::catalog::Offers::default(),
        provenance: Provenance::default(),
        fingerprint: 0,
    })
}

fn model(id: &str, name: &str, provider: &str, output_price: f64, on_demand: &[&str]) -> Model {
    let regions = if on_demand.is_empty() { &US } else { on_demand };
    let named = |regions: &[&str]| regions.iter().map(|region| Region::from(*region)).collect();
    Model {
        id: ModelId::from(id),
        name: name.to_owned(),
        provider: Provider::from(provider),
        family: Family::Nova,
        regions: named(regions),
        on_demand_regions: named(on_demand),
        context_window: 128_000,
        max_output: 5_000,
        streaming: true,
        image_input: false,
        lifecycle: Lifecycle::Active,
        burndown: 1,
        chars_per_token: 4.0,
        price: Price {
            input: PerMillion::from_dollars(output_price / 4.0),
            output: PerMillion::from_dollars(output_price),
            cache_read: None,
            cache_write_5m: None,
            cache_write_1h: None,
            batch_input: None,
            batch_output: None,
        },
        geo_price_factor: 1.1,
        quotas: Vec::new(),
        cache: None,
        latency: LatencyModel {
            first_token_ms: 300.0,
            first_token_sigma: 0.0,
            per_thousand_input_ms: 0.0,
            tokens_per_second: 100.0,
            tokens_per_second_sigma: 0.0,
        },
    }
}

fn profile(prefix: &str, model: &str, family: QuotaFamily) -> Profile {
    let destinations: Vec<Region> = US.map(Region::from).into();
    Profile {
        id: ProfileId::from(format!("{prefix}.{model}")),
        name: format!("{prefix} {model}"),
        model: ModelId::from(model),
        family,
        routes: US
            .map(|source| (Region::from(source), destinations.clone()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    }
}
