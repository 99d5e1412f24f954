//! The tables `[[pattern]]`.

mod batch;
mod gateway;
mod prompt_cache;
pub mod provisioned;
mod routing;

use super::traffic::{self, SharedTraffic};
use super::{KindSpec, NameBook, PatternSpec, policy};
use crate::load::plan::WorkloadPlan;
use crate::names::{ModelId, Region};
use crate::patterns;
use crate::patterns::compile::{CrossRegionArm, CrossRegionSpec, FallbackChain, FallbackSpec};
use crate::patterns::plan::CallPolicy;
use crate::toml::{Item, Table, did_you_mean};

const CHAINS: [(&str, ChainKey); 3] = [
    ("other regions", ChainKey::Regions),
    ("other models", ChainKey::Models),
    ("other providers", ChainKey::Providers),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum ChainKey {
    Regions,
    Models,
    Providers,
}

/// Reads a pattern; `None` if it cannot be compiled for want of something.
pub fn read<'d>(
    table: Table<'d>,
    names: NameBook<'_>,
    shared: Option<&SharedTraffic>,
) -> Option<PatternSpec<'d>> {
    let kind = table.need("kind").and_then(|kind| available(&kind))?;
    let on = table.take("on").and_then(|on| on.flag());
    let model = table.need("model").and_then(|item| names.model(&item));
    let region = table.need("region").and_then(|item| names.region(&item));
    let traffic = traffic::of_pattern(&table, kind, names, shared);
    let mut workload = traffic.workload;
    let policy = table.take("policy");
    let kind = match kind {
        "batch" => batch::read(&table, model, region, policy.as_ref()).map(KindSpec::Batch),
        "cross-region" => {
            read_cross_region(&table, model, region, policy.as_ref()).map(KindSpec::CrossRegion)
        }
        "gateway" => gateway::read(&table, names, model.zip(region), policy.as_ref()).map(KindSpec::Gateway),
        "prompt-routing" => {
            routing::read(&table, names, model.zip(region), policy.as_ref()).map(KindSpec::PromptRouting)
        }
        "prompt-cache" => {
            let document = prompt_cache::read_document(&table);
            workload = workload.zip(document).map(|(workload, document)| WorkloadPlan {
                document: Some(document),
                ..workload
            });
            prompt_cache::read(&table, names, model.zip(region), policy.as_ref()).map(KindSpec::PromptCache)
        }
        "provisioned" => {
            provisioned::read(&table, model.zip(region), policy.as_ref()).map(KindSpec::Provisioned)
        }
        _ => read_fallback(&table, names, model.zip(region), policy.as_ref()).map(KindSpec::Fallback),
    };
    table.finish();
    Some(PatternSpec {
        kind: kind?,
        load: traffic.load?,
        shares: traffic.shares,
        workload: workload?,
        on: on.unwrap_or(true),
        table,
    })
}

/// A pattern of the table that this version can fire. Where it is clear which one was meant, that
/// one is taken after the problem is noted, so that the rest of the table is judged too.
fn available(item: &Item<'_>) -> Option<&'static str> {
    let key = item.text()?;
    let ready: Vec<&'static str> = patterns::TABLE
        .iter()
        .filter(|row| row.available)
        .map(|row| row.key)
        .collect();
    if ready.contains(&key) {
        return patterns::row(key).map(|row| row.key);
    }
    let one_of = format!("one of: {}", ready.join(", "));
    if let Some(row) = patterns::row(key) {
        let problem = format!("{} is not in this version yet", row.title);
        item.reject(problem, Some(one_of));
        return None;
    }
    let near = did_you_mean(key, ready);
    let hint = near.map_or(one_of, |near| format!("did you mean \"{near}\"?"));
    item.reject(format_args!("unknown pattern \"{key}\""), Some(hint));
    near.and_then(patterns::row).map(|row| row.key)
}

fn read_cross_region(
    table: &Table<'_>,
    model: Option<ModelId>,
    region: Option<Region>,
    policy: Option<&Item<'_>>,
) -> Option<CrossRegionSpec> {
    let arms = table.take("arms").map(|item| read_arms(&item));
    let policy = read_policy(policy, &CallPolicy::default());
    Some(CrossRegionSpec {
        model: model?,
        region: region?,
        arms: arms.unwrap_or_else(|| CrossRegionArm::ALL.to_vec()),
        policy: policy?,
    })
}

fn read_arms(item: &Item<'_>) -> Vec<CrossRegionArm> {
    let choices = CrossRegionArm::ALL.map(|arm| (arm.key(), arm));
    let items = item.list().unwrap_or_default();
    items.iter().filter_map(|item| item.choice(&choices)).collect()
}

fn read_fallback(
    table: &Table<'_>,
    names: NameBook<'_>,
    start: Option<(ModelId, Region)>,
    policy: Option<&Item<'_>>,
) -> Option<FallbackSpec> {
    let chains = table.take("chains");
    let wanted: Vec<ChainKey> = match &chains {
        Some(item) => {
            let items = item.list().unwrap_or_default();
            items.iter().filter_map(|item| item.choice(&CHAINS)).collect()
        }
        None => CHAINS.iter().map(|(_, key)| *key).collect(),
    };
    let regions = table.take("other_regions");
    let models = table.take("other_models");
    let providers = table.take("other_providers");
    for (given, key) in [
        (&regions, ChainKey::Regions),
        (&models, ChainKey::Models),
        (&providers, ChainKey::Providers),
    ] {
        if let Some(item) = given.as_ref().filter(|_| !wanted.contains(&key)) {
            let hint = "add the chain to `chains`, or take this out".to_owned();
            item.reject("no chain uses this list", Some(hint));
        }
    }
    let regions = regions.map(|item| names.regions(&item)).unwrap_or_default();
    let models = models.map(|item| names.models(&item)).unwrap_or_default();
    let providers = providers.map(|item| names.models(&item)).unwrap_or_default();
    let policy = read_policy(policy, &CallPolicy::fallback());
    let (model, region) = start?;
    let chain = |key| match key {
        ChainKey::Regions => FallbackChain::OtherRegions(regions.clone()),
        ChainKey::Models => FallbackChain::OtherModels(models.clone()),
        ChainKey::Providers => FallbackChain::OtherProviders(providers.clone()),
    };
    Some(FallbackSpec {
        model,
        region,
        chains: wanted.into_iter().map(chain).collect(),
        policy: policy?,
    })
}

fn read_policy(item: Option<&Item<'_>>, usual: &CallPolicy) -> Option<CallPolicy> {
    item.map_or_else(|| Some(usual.clone()), |item| policy::read(item, usual))
}
