//! Pattern 6 from what a scenario says: one chain of deployments, and a gateway in front of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::candidates::{near_regions, reached, served};
use super::{CompileProblem, Problem, at, check_list, check_policy, check_region, model_of};
use crate::catalog::Catalog;
use crate::event::{ArmId, Route};
use crate::gateway::plan::CooldownPlan;
use crate::gateway::{DeploymentPlan, GatewayPlan, GroupPlan, Strategy, Way};
use crate::names::{ArmKey, ModelId, ModelRef, PatternKey, Region};
use crate::patterns::plan::{ArmPlan, CallPolicy, GatewaySpecial, OutsideGateway, PatternPlan, SpecialPlan};
use crate::units::Usd;

/// The key of the embedded gateway: it is on loopback and guards nothing.
pub const EMBEDDED_KEY: &str = "sk-bedrill";

/// What a scenario says of pattern 6.
#[derive(Clone, Debug, PartialEq)]
pub struct GatewaySpec {
    /// The preferred model, by its bare identifier.
    pub model: ModelId,
    /// The preferred region.
    pub region: Region,
    /// The same model at other regions' endpoints; `None`: the catalogue chooses.
    pub other_regions: Option<Vec<Region>>,
    /// Other models in the preferred region.
    pub other_models: Vec<ModelId>,
    /// Models of other providers; `None`: all that the catalogue simulates.
    pub foreign: Option<Vec<ModelId>>,
    /// How each call of the gateway is made.
    pub policy: CallPolicy,
    /// Which gateway.
    pub front: Front,
}

/// Which gateway stands in front.
#[derive(Clone, Debug, PartialEq)]
pub enum Front {
    /// The embedded one.
    Embedded(EmbeddedSpec),
    /// One at a URL, with the names that it gives the deployments of the chain, in its order.
    Outside(OutsideGateway),
}

/// What a scenario says of the embedded gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedSpec {
    /// The strategies; each becomes a group, and an arm.
    pub strategies: Vec<Strategy>,
    /// Shares under [`Strategy::Weighted`], in the order of the chain; empty: falling by one.
    pub weights: Vec<u32>,
    /// Times a deployment is asked again.
    pub retries: u32,
    /// When a deployment is left out.
    pub cooldown: CooldownPlan,
    /// The most that each group may spend.
    pub budget: Option<Usd>,
    /// Time to an upstream's first token, or its whole answer.
    pub timeout: Duration,
}

impl Default for EmbeddedSpec {
    fn default() -> Self {
        Self {
            strategies: Strategy::ALL.to_vec(),
            weights: Vec::new(),
            retries: 0,
            cooldown: CooldownPlan::default(),
            budget: None,
            timeout: Duration::from_secs(4),
        }
    }
}

/// Compiles pattern 6 into its arms, one for each group, numbered from `first`.
pub fn gateway(spec: &GatewaySpec, catalog: &Catalog, first: ArmId) -> Result<PatternPlan, CompileProblem> {
    check_region(catalog, &spec.region).map_err(at("region"))?;
    check_policy(&spec.policy).map_err(at("policy"))?;
    let chain = chain(spec, catalog)?;
    let key = PatternKey::from("gateway");
    let labels: Vec<&str> = chain.iter().map(|route| &*route.label).collect();
    let behind = labels.join(", ");
    let arm = |id: u16, name: &str, about: String| ArmPlan {
        id: ArmId(id),
        pattern: key.clone(),
        key: ArmKey::from(name),
        about,
        chain: chain.clone(),
        policy: spec.policy.clone(),
    };
    let (arms, special) = match &spec.front {
        Front::Outside(outside) => {
            let about = format!("{} at {}; behind it {behind}", outside.alias, outside.url);
            let special = GatewaySpecial::Outside(outside.clone());
            (vec![arm(first.0, &outside.alias, about)], special)
        }
        Front::Embedded(embedded) => {
            check_list(embedded.strategies.iter().map(|strategy| strategy.key()))
                .map_err(at("strategies"))?;
            let plan = embedded_plan(embedded, &chain, catalog)?;
            let about = |strategy: Strategy| match strategy {
                Strategy::Ordered => format!("embedded gateway: {behind}, in this order"),
                Strategy::Weighted => format!("embedded gateway: {behind}, by weight"),
                Strategy::LeastLatency => format!("embedded gateway: the fastest of {behind}"),
            };
            let arms = embedded
                .strategies
                .iter()
                .zip(first.0..)
                .map(|(strategy, id)| arm(id, strategy.key(), about(*strategy)));
            (arms.collect(), GatewaySpecial::Embedded(plan))
        }
    };
    Ok(PatternPlan {
        key,
        arms,
        tunes: Vec::new(),
        special: SpecialPlan::Gateway(Box::new(special)),
    })
}

/// What stands behind the gateway, the preferred first.
fn chain(spec: &GatewaySpec, catalog: &Catalog) -> Result<Vec<Arc<Route>>, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    let regions = match &spec.other_regions {
        Some(regions) => regions.clone(),
        None => near_regions(catalog, model, &spec.region)
            .into_iter()
            .take(1)
            .collect(),
    };
    let mut chain = Vec::new();
    for region in std::iter::once(&spec.region).chain(&regions) {
        let wrong = if *region == spec.region {
            "model"
        } else {
            "other_regions"
        };
        check_region(catalog, region).map_err(at(wrong))?;
        let target = served(catalog, model, region).map_err(at(wrong))?;
        chain.push(reached(model, region, target, region.as_str()));
    }
    for id in &spec.other_models {
        let other = model_of(catalog, id).map_err(at("other_models"))?;
        let target = served(catalog, other, &spec.region).map_err(at("other_models"))?;
        chain.push(reached(other, &spec.region, target, &other.name));
    }
    let all = || catalog.offers.foreign.keys().cloned().collect();
    for id in spec.foreign.clone().unwrap_or_else(all) {
        let Some(foreign) = catalog.offers.foreign.get(&id) else {
            return Err(at("foreign")(Problem::UnknownModel(id)));
        };
        chain.push(Route {
            // Another provider is one place, named for itself: no AWS region's fault meets it.
            region: Region::from(foreign.provider.as_str()),
            target: ModelRef::from(id.as_str()),
            model: id,
            provider: foreign.provider.clone(),
            label: foreign.id.as_str().into(),
        });
    }
    let mut seen = BTreeSet::new();
    for route in &chain {
        if !seen.insert((&route.region, route.target.as_str())) {
            return Err(at("model")(Problem::Twice(route.label.to_string())));
        }
    }
    Ok(chain.into_iter().map(Arc::new).collect())
}

fn embedded_plan(
    spec: &EmbeddedSpec,
    chain: &[Arc<Route>],
    catalog: &Catalog,
) -> Result<GatewayPlan, CompileProblem> {
    if !spec.weights.is_empty() && spec.weights.len() != chain.len() {
        let words = "`weights` must have one number for each deployment: the model's region, the other \
                     regions, the other models, the foreign models";
        return Err(at("weights")(Problem::Policy(words)));
    }
    let weight = |place: usize| {
        let falling = u32::try_from(chain.len() - place).unwrap_or(1);
        spec.weights.get(place).copied().unwrap_or(falling)
    };
    let deployments: Vec<DeploymentPlan> = chain
        .iter()
        .enumerate()
        .filter_map(|(place, route)| {
            Some(DeploymentPlan {
                id: deployment_id(route),
                way: way(route, catalog)?,
                weight: weight(place),
            })
        })
        .collect();
    let group = |strategy: &Strategy| {
        Arc::new(GroupPlan {
            name: strategy.key().into(),
            strategy: *strategy,
            deployments: deployments.clone(),
            retries: spec.retries,
            // LiteLLM's limit.
            max_fallbacks: 5,
            cooldown: spec.cooldown,
            budget: spec.budget,
            timeout: spec.timeout,
        })
    };
    Ok(GatewayPlan {
        key: EMBEDDED_KEY.into(),
        groups: spec.strategies.iter().map(group).collect(),
    })
}

/// What the embedded gateway calls a deployment in `x-litellm-model-id`.
pub fn deployment_id(route: &Route) -> Arc<str> {
    format!("{}/{}", route.region, route.target).into()
}

fn way(route: &Route, catalog: &Catalog) -> Option<Way> {
    if let Some(foreign) = catalog.offers.foreign.get(&route.model) {
        return Some(Way::Foreign(Arc::clone(foreign)));
    }
    let resolved = catalog.resolve(route.target.as_str())?;
    Some(Way::Bedrock {
        region: route.region.clone(),
        target: route.target.clone(),
        model: Arc::clone(resolved.model()),
        family: resolved.quota_family(),
    })
}

/// How a route is reached and what is paid there; `None` for one the catalogue does not know.
pub fn tariff(route: &Route, catalog: &Catalog) -> Option<Way> {
    way(route, catalog)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> GatewaySpec {
        GatewaySpec {
            model: "amazon.nova-micro-v1:0".into(),
            region: "us-east-1".into(),
            other_regions: Some(vec!["us-west-2".into()]),
            other_models: vec!["amazon.nova-lite-v1:0".into()],
            foreign: None,
            policy: CallPolicy::default(),
            front: Front::Embedded(EmbeddedSpec::default()),
        }
    }

    #[test]
    fn the_chain_is_bedrock_first_and_other_providers_last_with_falling_weights() {
        let plan = gateway(&spec(), &Catalog::builtin(), ArmId(4)).expect("a plan");
        let keys: Vec<_> = plan.arms.iter().map(|arm| (arm.id.0, arm.key.as_str())).collect();
        assert_eq!(keys, [(4, "ordered"), (5, "weighted"), (6, "least-latency")]);
        let SpecialPlan::Gateway(special) = &plan.special else {
            panic!("a gateway");
        };
        let GatewaySpecial::Embedded(gateway) = &**special else {
            panic!("the embedded one");
        };
        let rows: Vec<_> = (gateway.groups[0].deployments.iter())
            .map(|deployment| (&*deployment.id, deployment.weight))
            .collect();
        assert_eq!(
            rows,
            [
                ("us-east-1/amazon.nova-micro-v1:0", 5),
                ("us-west-2/us.amazon.nova-micro-v1:0", 4),
                ("us-east-1/amazon.nova-lite-v1:0", 3),
                ("Provider C/deepseek-chat", 2),
                ("Provider B/gpt-4o-mini", 1),
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_key() {
        type Case = (&'static str, fn(&mut GatewaySpec));
        let cases: [Case; 4] = [
            ("foreign", |it| it.foreign = Some(vec!["gpt-6".into()])),
            ("model", |it| it.other_regions = Some(vec!["us-east-1".into()])),
            ("weights", |it| {
                it.front = Front::Embedded(EmbeddedSpec {
                    weights: vec![1],
                    ..EmbeddedSpec::default()
                });
            }),
            ("strategies", |it| {
                it.front = Front::Embedded(EmbeddedSpec {
                    strategies: vec![Strategy::Ordered, Strategy::Ordered],
                    ..EmbeddedSpec::default()
                });
            }),
        ];
        for (key, spoil) in cases {
            let mut wrong = spec();
            spoil(&mut wrong);
            let problem = gateway(&wrong, &Catalog::builtin(), ArmId(0)).expect_err(key);
            assert_eq!(problem.key, key, "{problem}");
        }
    }
}
