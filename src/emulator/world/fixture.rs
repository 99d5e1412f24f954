//! A small catalogue for tests: a few models of a maker that does not exist, three regions.

use std::sync::Arc;

use crate::catalog::{
    Catalog, Family, LatencyModel, Lifecycle, Model, Price, Profile, Provenance, QuotaFamily, QuotaRow,
    RegionEntry,
};
use crate::names::{ModelId, ProfileId, Provider, Region};
use crate::units::PerMillion;

/// The regions, and those where bare identifiers may be called.
pub const REGIONS: [&str; 4] = ["eu-west-1", "us-east-1", "us-east-2", "us-west-2"];
const ON_DEMAND: [&str; 2] = ["us-east-1", "us-west-2"];

/// The catalogue.
///
/// `acme.swift-v1:0` has all three ways of calling; `acme.deep-v1:0` a profile only, a burndown of
/// 5 and no requests quota; `acme.mute-v1:0` does not stream; `acme.old-v1:0` is at its end.
pub fn catalog() -> Arc<Catalog> {
    let deep = Model {
        on_demand_regions: Vec::new(),
        family: Family::Claude,
        burndown: 5,
        quotas: vec![quota(QuotaFamily::CrossRegion, None, 600_000)],
        ..plain("acme.deep-v1:0")
    };
    let mute = Model {
        streaming: false,
        ..plain("acme.mute-v1:0")
    };
    let old = Model {
        lifecycle: Lifecycle::EndOfLife,
        ..plain("acme.old-v1:0")
    };
    let models = [plain("acme.swift-v1:0"), deep, mute, old];
    let profiles = [
        profile(
            "us.acme.swift-v1:0",
            "acme.swift-v1:0",
            &REGIONS[1..],
            QuotaFamily::CrossRegion,
        ),
        profile(
            "us.acme.deep-v1:0",
            "acme.deep-v1:0",
            &REGIONS[1..],
            QuotaFamily::CrossRegion,
        ),
        profile(
            "global.acme.swift-v1:0",
            "acme.swift-v1:0",
            &REGIONS,
            QuotaFamily::Global,
        ),
    ];
    Arc::new(Catalog {
        regions: REGIONS.iter().map(|id| (Region::from(*id), region(id))).collect(),
        models: models
            .into_iter()
            .map(|model| (model.id.clone(), Arc::new(model)))
            .collect(),
        profiles: profiles
            .into_iter()
            .map(|profile| (profile.id.clone(), Arc::new(profile)))
            .collect(),
        offers: crate::catalog::Offers::default(),
        provenance: Provenance::default(),
        fingerprint: 0,
    })
}

/// One of its models.
pub fn model(id: &str) -> Arc<Model> {
    Arc::clone(&catalog().models[id])
}

fn plain(id: &str) -> Model {
    Model {
        id: ModelId::from(id),
        name: id.to_owned(),
        provider: Provider::from("Acme"),
        family: Family::Nova,
        regions: REGIONS.iter().copied().map(Region::from).collect(),
        on_demand_regions: ON_DEMAND.iter().copied().map(Region::from).collect(),
        context_window: 128_000,
        max_output: 10_000,
        streaming: true,
        image_input: false,
        lifecycle: Lifecycle::Active,
        burndown: 1,
        chars_per_token: 4.4,
        price: price(),
        geo_price_factor: 1.1,
        quotas: vec![
            quota(QuotaFamily::OnDemand, Some(2_000), 4_000_000),
            quota(QuotaFamily::CrossRegion, Some(4_000), 8_000_000),
            quota(QuotaFamily::Global, Some(4_000), 8_000_000),
        ],
        cache: None,
        latency: LatencyModel {
            first_token_ms: 250.0,
            first_token_sigma: 0.3,
            per_thousand_input_ms: 60.0,
            tokens_per_second: 300.0,
            tokens_per_second_sigma: 0.15,
        },
    }
}

fn price() -> Price {
    Price {
        input: PerMillion::from_dollars(1.0),
        output: PerMillion::from_dollars(5.0),
        cache_read: Some(PerMillion::from_dollars(0.1)),
        cache_write_5m: Some(PerMillion::from_dollars(1.25)),
        cache_write_1h: None,
        batch_input: None,
        batch_output: None,
    }
}

fn quota(family: QuotaFamily, requests: Option<u64>, tokens: u64) -> QuotaRow {
    QuotaRow {
        family,
        regions: Vec::new(),
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        requests_code: None,
        tokens_code: None,
    }
}

/// A profile that may be called in the United States and is served in `destinations`.
fn profile(id: &str, model: &str, destinations: &[&str], family: QuotaFamily) -> Profile {
    let reached: Vec<Region> = destinations.iter().copied().map(Region::from).collect();
    Profile {
        id: ProfileId::from(id),
        name: id.to_owned(),
        model: ModelId::from(model),
        family,
        routes: REGIONS[1..]
            .iter()
            .map(|source| (Region::from(*source), reached.clone()))
            .collect(),
    }
}

fn region(id: &str) -> RegionEntry {
    let (latitude, longitude) = match id {
        "eu-west-1" => (53.3, -6.3),
        "us-east-1" => (38.9, -77.4),
        "us-east-2" => (40.0, -83.0),
        _ => (45.8, -119.7),
    };
    RegionEntry {
        id: Region::from(id),
        name: id.to_owned(),
        geography: id.split('-').next().unwrap_or_default().to_owned(),
        latitude,
        longitude,
    }
}
