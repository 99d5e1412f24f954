//! From what a scenario asks of a pattern to its arms: routes that the catalogue knows.
//!
//! Looks up, checks and orders; never calls anything.

pub mod candidates;
pub mod gateway;
pub mod problem;
mod prompt_cache;
pub mod provisioned;
pub mod routing;

use std::sync::Arc;

use self::candidates::{profile_in, reached};
pub use self::gateway::{EmbeddedSpec, Front, GatewaySpec, gateway};
pub use self::problem::{CompileProblem, Problem};
pub use self::prompt_cache::{PromptCacheArm, PromptCacheSpec, prompt_cache};
pub use self::routing::{RoutingSpec, prompt_routing};
use super::plan::{ArmPlan, CallPolicy, PatternPlan};
use crate::catalog::{Catalog, Lifecycle, Model, QuotaFamily};
use crate::event::{ArmId, Route};
use crate::names::{ArmKey, ModelId, ModelRef, PatternKey, Region};

/// What a scenario says of pattern 1.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossRegionSpec {
    /// The model, by its bare identifier.
    pub model: ModelId,
    /// The region whose endpoint every arm calls.
    pub region: Region,
    /// The arms, in the order of the panel.
    pub arms: Vec<CrossRegionArm>,
    /// How each calls.
    pub policy: CallPolicy,
}

impl CrossRegionSpec {
    /// All three arms under the default policy.
    pub fn new(model: ModelId, region: Region) -> Self {
        Self {
            model,
            region,
            arms: CrossRegionArm::ALL.to_vec(),
            policy: CallPolicy::default(),
        }
    }
}

/// A way of calling one model at one region's endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrossRegionArm {
    /// The bare identifier: served in that region or not at all.
    OnDemand,
    /// The geographic profile.
    GeoProfile,
    /// The `global.` profile.
    GlobalProfile,
}

impl CrossRegionArm {
    /// Every arm, in the order of the panel.
    pub const ALL: [Self; 3] = [Self::OnDemand, Self::GeoProfile, Self::GlobalProfile];

    /// Its key in scenarios and reports.
    pub const fn key(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::GeoProfile => "geo profile",
            Self::GlobalProfile => "global profile",
        }
    }

    /// The arm with a key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arm| arm.key() == key)
    }
}

/// What a scenario says of pattern 7.
#[derive(Clone, Debug, PartialEq)]
pub struct FallbackSpec {
    /// The preferred model, by its bare identifier.
    pub model: ModelId,
    /// The preferred region.
    pub region: Region,
    /// The chains; each becomes an arm.
    pub chains: Vec<FallbackChain>,
    /// How each chain is called.
    pub policy: CallPolicy,
}

impl FallbackSpec {
    /// All three chains, chosen from the catalogue, under [`CallPolicy::fallback`].
    pub fn new(model: ModelId, region: Region) -> Self {
        Self {
            model,
            region,
            chains: vec![
                FallbackChain::OtherRegions(Vec::new()),
                FallbackChain::OtherModels(Vec::new()),
                FallbackChain::OtherProviders(Vec::new()),
            ],
            policy: CallPolicy::fallback(),
        }
    }
}

/// Where a chain goes when the preferred route fails. An empty list: the catalogue chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FallbackChain {
    /// The same model at other regions' endpoints, in this order. Chosen: two more regions of the
    /// same geography, where it is on demand, else wherever a profile of it may be called.
    OtherRegions(Vec<Region>),
    /// Other models of the same provider in the same region, in this order. Chosen: the two
    /// nearest in price.
    OtherModels(Vec<ModelId>),
    /// Other providers' models in the same region, for residency, in this order. Chosen: of each
    /// provider the model nearest in price, of those the two nearest; on demand, and so served in
    /// that region, if the preferred model is.
    OtherProviders(Vec<ModelId>),
}

impl FallbackChain {
    /// Its key in scenarios and reports.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::OtherRegions(_) => "other regions",
            Self::OtherModels(_) => "other models",
            Self::OtherProviders(_) => "other providers",
        }
    }
}

/// Compiles pattern 1 into its arms, numbered from `first`.
pub fn cross_region(
    spec: &CrossRegionSpec,
    catalog: &Catalog,
    first: ArmId,
) -> Result<PatternPlan, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    check_region(catalog, &spec.region).map_err(at("region"))?;
    check_policy(&spec.policy).map_err(at("policy"))?;
    check_list(spec.arms.iter().map(|arm| arm.key())).map_err(at("arms"))?;
    let key = PatternKey::from("cross-region");
    let arms = spec
        .arms
        .iter()
        .zip(first.0..)
        .map(|(&arm, id)| {
            let (route, about) = cross_region_route(catalog, model, &spec.region, arm)?;
            Ok(ArmPlan {
                id: ArmId(id),
                pattern: key.clone(),
                key: ArmKey::from(arm.key()),
                about,
                chain: vec![Arc::new(route)],
                policy: spec.policy.clone(),
            })
        })
        .collect::<Result<_, Problem>>()
        .map_err(at("model"))?;
    Ok(PatternPlan::plain(key, arms))
}

/// Compiles pattern 7 into its arms, one for each chain, numbered from `first`.
pub fn fallback(spec: &FallbackSpec, catalog: &Catalog, first: ArmId) -> Result<PatternPlan, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    check_region(catalog, &spec.region).map_err(at("region"))?;
    check_policy(&spec.policy).map_err(at("policy"))?;
    check_list(spec.chains.iter().map(FallbackChain::key)).map_err(at("chains"))?;
    let key = PatternKey::from("fallback");
    let arms = spec
        .chains
        .iter()
        .zip(first.0..)
        .map(|(chain, id)| {
            let routes = match chain {
                FallbackChain::OtherRegions(regions) => {
                    candidates::other_regions(catalog, model, &spec.region, regions)?
                }
                FallbackChain::OtherModels(models) => {
                    candidates::other_models(catalog, model, &spec.region, models)?
                }
                FallbackChain::OtherProviders(models) => {
                    candidates::other_providers(catalog, model, &spec.region, models)?
                }
            };
            Ok(ArmPlan {
                id: ArmId(id),
                pattern: key.clone(),
                key: ArmKey::from(chain.key()),
                about: about_chain(chain, model, &spec.region, &routes),
                chain: routes.into_iter().map(Arc::new).collect(),
                policy: spec.policy.clone(),
            })
        })
        .collect::<Result<_, Problem>>()
        .map_err(at("chains"))?;
    Ok(PatternPlan::plain(key, arms))
}

pub(super) fn at(key: &'static str) -> impl Fn(Problem) -> CompileProblem {
    move |problem| CompileProblem { key, problem }
}

pub(super) fn model_of<'a>(catalog: &'a Catalog, id: &ModelId) -> Result<&'a Arc<Model>, Problem> {
    let model = catalog
        .models
        .get(id)
        .ok_or_else(|| Problem::UnknownModel(id.clone()))?;
    if model.lifecycle == Lifecycle::EndOfLife {
        return Err(Problem::EndOfLife(id.clone()));
    }
    Ok(model)
}

pub(super) fn check_region(catalog: &Catalog, region: &Region) -> Result<(), Problem> {
    let known = catalog.regions.contains_key(region);
    known
        .then_some(())
        .ok_or_else(|| Problem::UnknownRegion(region.clone()))
}

fn check_list(keys: impl Iterator<Item = &'static str>) -> Result<(), Problem> {
    let mut seen = Vec::new();
    for key in keys {
        if seen.contains(&key) {
            return Err(Problem::TwiceListed(key));
        }
        seen.push(key);
    }
    (!seen.is_empty()).then_some(()).ok_or(Problem::Empty)
}

fn check_policy(policy: &CallPolicy) -> Result<(), Problem> {
    let breaker = policy.breaker.as_ref();
    let wrong = [
        (
            policy.deadline.is_zero(),
            "the deadline must be longer than nothing",
        ),
        (
            policy.attempt_timeout.is_zero(),
            "the attempt timeout must be longer than nothing",
        ),
        (
            policy.idle_timeout.is_zero(),
            "the idle timeout must be longer than nothing",
        ),
        (
            policy.sdk_attempts == 0,
            "at least one attempt is needed at a hop",
        ),
        (
            policy.rounds == 0,
            "at least one round through the chain is needed",
        ),
        (
            breaker.is_some_and(|plan| plan.window == 0 || plan.probes == 0),
            "a breaker needs a window and at least one probe",
        ),
        (
            breaker.is_some_and(|plan| plan.min_calls > plan.window),
            "a breaker whose `min_calls` exceeds its `window` never opens",
        ),
        (
            breaker.is_some_and(|plan| !(plan.failure_share > 0.0 && plan.failure_share <= 1.0)),
            "a breaker's failure share lies above 0 and at most at 1",
        ),
    ];
    match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
        Some((_, what)) => Err(Problem::Policy(what)),
        None => Ok(()),
    }
}

fn cross_region_route(
    catalog: &Catalog,
    model: &Model,
    region: &Region,
    arm: CrossRegionArm,
) -> Result<(Route, String), Problem> {
    let family = match arm {
        CrossRegionArm::OnDemand => {
            if !model.on_demand_regions.contains(region) {
                return Err(Problem::NotOnDemand {
                    model: model.id.clone(),
                    region: region.clone(),
                    offered: model.on_demand_regions.clone(),
                });
            }
            let route = reached(model, region, ModelRef::from(model.id.as_str()), region.as_str());
            return Ok((route, format!("{}, called and served in {region}", model.name)));
        }
        CrossRegionArm::GeoProfile => QuotaFamily::CrossRegion,
        CrossRegionArm::GlobalProfile => QuotaFamily::Global,
    };
    let profile = profile_in(catalog, model, region, family).ok_or_else(|| Problem::NoProfile {
        model: model.id.clone(),
        kind: arm.key(),
        region: region.clone(),
    })?;
    let prefix = profile.id.as_str().split('.').next().unwrap_or_default();
    let label = format!("{prefix} profile");
    let served_in = profile.routes.get(region).map_or(0, Vec::len);
    let about = format!(
        "{}, called in {region}, served in one of {served_in} regions",
        model.name
    );
    let route = reached(model, region, ModelRef::from(profile.id.as_str()), &label);
    Ok((route, about))
}

fn about_chain(chain: &FallbackChain, model: &Model, region: &Region, routes: &[Route]) -> String {
    let others: Vec<&str> = routes.iter().skip(1).map(|route| &*route.label).collect();
    let others = others.join(", then ");
    match chain {
        FallbackChain::OtherRegions(_) => format!("{} at {region}, then {others}", model.name),
        FallbackChain::OtherModels(_) | FallbackChain::OtherProviders(_) => {
            format!("{}, then {others}, all called in {region}", model.name)
        }
    }
}

#[cfg(test)]
mod tests;
