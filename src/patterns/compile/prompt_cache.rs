//! Pattern 5 into its arms: one document, asked about with and without a checkpoint.

use std::sync::Arc;

use super::candidates::{other_regions, profile_in, reached, target_in};
use super::problem::{CompileProblem, Problem};
use super::{at, check_list, check_policy, check_region, model_of};
use crate::catalog::{CacheTtl, Catalog, Model, QuotaFamily};
use crate::event::{ArmId, Route};
use crate::measure::special::prompt_cache::CacheTrack;
use crate::names::{ArmKey, ModelId, ModelRef, PatternKey, Region};
use crate::patterns::plan::{ArmPlan, CallPolicy, PatternPlan, SpecialPlan};

/// What a scenario says of pattern 5.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptCacheSpec {
    /// The model, by its bare identifier.
    pub model: ModelId,
    /// The region whose endpoint is called.
    pub region: Region,
    /// The arms, in the order of the panel; empty: all that the model offers.
    pub arms: Vec<PromptCacheArm>,
    /// Where the arm with a fallback goes on; empty: the catalogue chooses.
    pub other_regions: Vec<Region>,
    /// The lifetime that checkpoints ask for.
    pub ttl: CacheTtl,
    /// How each arm calls.
    pub policy: CallPolicy,
}

/// A way of asking about the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptCacheArm {
    /// With a checkpoint behind the document, in one region where the model is on demand there.
    Cached,
    /// The same without the checkpoint.
    Uncached,
    /// With a checkpoint, through the geographic profile: whichever region serves has its own cache.
    GeoProfile,
    /// With a checkpoint, and other regions to go on to.
    OtherRegions,
}

impl PromptCacheArm {
    /// Every arm, in the order of the panel.
    pub const ALL: [Self; 4] = [Self::Cached, Self::Uncached, Self::GeoProfile, Self::OtherRegions];

    /// Its key in scenarios and reports.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Cached => "cached",
            Self::Uncached => "uncached",
            Self::GeoProfile => "cached geo",
            Self::OtherRegions => "cached fallback",
        }
    }
}

/// Compiles pattern 5 into its arms, numbered from `first`.
pub fn prompt_cache(
    spec: &PromptCacheSpec,
    catalog: &Catalog,
    first: ArmId,
) -> Result<PatternPlan, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    let rule = model.cache.as_ref();
    let rule = rule
        .ok_or_else(|| Problem::NoCache(model.id.clone()))
        .map_err(at("model"))?;
    if spec.ttl == CacheTtl::OneHour && !rule.one_hour {
        return Err(at("ttl")(Problem::NoHour(model.id.clone())));
    }
    check_region(catalog, &spec.region).map_err(at("region"))?;
    check_policy(&spec.policy).map_err(at("policy"))?;
    let arms = if spec.arms.is_empty() {
        offered(catalog, model, spec)
    } else {
        spec.arms.clone()
    };
    check_list(arms.iter().map(|arm| arm.key())).map_err(at("arms"))?;
    let key = PatternKey::from("prompt-cache");
    let ways = arms
        .iter()
        .zip(first.0..)
        .map(|(&arm, id)| {
            let (chain, about) = routes(catalog, model, spec, arm)?;
            let cached = arm != PromptCacheArm::Uncached;
            Ok(ArmPlan {
                id: ArmId(id),
                pattern: key.clone(),
                key: ArmKey::from(arm.key()),
                about,
                policy: CallPolicy {
                    cache_point: cached.then_some(spec.ttl),
                    ..policy(&spec.policy, chain.len())
                },
                chain: chain.into_iter().map(Arc::new).collect(),
            })
        })
        .collect::<Result<Vec<ArmPlan>, Problem>>()
        .map_err(at("arms"))?;
    let ids = |wanted: fn(&ArmPlan) -> bool| ways.iter().find(|arm| wanted(arm)).map(|arm| arm.id);
    let special = SpecialPlan::PromptCache(CacheTrack {
        arms: ways.iter().map(|arm| (arm.id, arm.policy.cache_point)).collect(),
        with: ids(|arm| arm.policy.cache_point.is_some()),
        without: ids(|arm| arm.policy.cache_point.is_none()),
    });
    Ok(PatternPlan {
        special,
        ..PatternPlan::plain(key, ways)
    })
}

/// An arm with somewhere to go calls as a fallback does, within the times the scenario gives.
fn policy(asked: &CallPolicy, routes: usize) -> CallPolicy {
    if routes < 2 {
        return asked.clone();
    }
    let fallback = CallPolicy::fallback();
    CallPolicy {
        sdk_attempts: fallback.sdk_attempts,
        rounds: fallback.rounds,
        breaker: asked.breaker.or(fallback.breaker),
        retry_budget: asked.retry_budget.or(fallback.retry_budget),
        ..asked.clone()
    }
}

/// The arms that differ: a profile where the bare model can be called too, a fallback where there is
/// somewhere to go.
fn offered(catalog: &Catalog, model: &Model, spec: &PromptCacheSpec) -> Vec<PromptCacheArm> {
    let on_demand = model.on_demand_regions.contains(&spec.region);
    let is_offered = |arm: &PromptCacheArm| match arm {
        PromptCacheArm::Cached | PromptCacheArm::Uncached => true,
        PromptCacheArm::GeoProfile => {
            on_demand && profile_in(catalog, model, &spec.region, QuotaFamily::CrossRegion).is_some()
        }
        PromptCacheArm::OtherRegions => {
            other_regions(catalog, model, &spec.region, &spec.other_regions).is_ok()
        }
    };
    PromptCacheArm::ALL.into_iter().filter(is_offered).collect()
}

fn routes(
    catalog: &Catalog,
    model: &Model,
    spec: &PromptCacheSpec,
    arm: PromptCacheArm,
) -> Result<(Vec<Route>, String), Problem> {
    let region = &spec.region;
    let no_profile = || Problem::NoProfile {
        model: model.id.clone(),
        kind: "geo profile",
        region: region.clone(),
    };
    let name = &model.name;
    let checkpoint = format!("checkpoint for {}", spec.ttl.word());
    match arm {
        PromptCacheArm::Cached | PromptCacheArm::Uncached => {
            let target = target_in(catalog, model, region).ok_or_else(|| Problem::NotServed {
                model: model.id.clone(),
                region: region.clone(),
            })?;
            let how = if arm == PromptCacheArm::Cached {
                checkpoint.as_str()
            } else {
                "no checkpoint"
            };
            let about = format!("{name} at {region}, {how}");
            Ok((vec![reached(model, region, target, region.as_str())], about))
        }
        PromptCacheArm::GeoProfile => {
            let profile =
                profile_in(catalog, model, region, QuotaFamily::CrossRegion).ok_or_else(no_profile)?;
            let served_in = profile.routes.get(region).map_or(0, Vec::len);
            let about = format!("{name} at {region}, {checkpoint}, served in one of {served_in} regions");
            let prefix = profile.id.as_str().split('.').next().unwrap_or_default();
            let target = ModelRef::from(profile.id.as_str());
            let route = reached(model, region, target, &format!("{prefix} profile"));
            Ok((vec![route], about))
        }
        PromptCacheArm::OtherRegions => {
            let chain = other_regions(catalog, model, region, &spec.other_regions)?;
            let others: Vec<&str> = chain.iter().skip(1).map(|route| &*route.label).collect();
            let about = format!(
                "{name} at {region}, {checkpoint}, then {}",
                others.join(", then ")
            );
            Ok((chain, about))
        }
    }
}
