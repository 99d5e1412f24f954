//! Pattern 2: from two models of one family to routers over them and the two fixed choices beside.

use std::sync::Arc;

use super::candidates::{profile_in, reached, target_in};
use super::{CompileProblem, Problem, at, check_list, check_policy, check_region, model_of};
use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::event::ArmId;
use crate::names::{ArmKey, ModelId, ModelRef, PatternKey, Region};
use crate::patterns::plan::{ArmPlan, CallPolicy, PatternPlan, SpecialPlan};
use crate::patterns::routing::{RoutedModel, RouterPlan, RoutingArm, RoutingPlan, difference_dial};
use crate::units::PerMillion;

/// What a scenario says of pattern 2.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingSpec {
    /// One of the two models, by its bare identifier.
    pub model: ModelId,
    /// The other; `None`: the one of its family that is furthest from it in price.
    pub partner: Option<ModelId>,
    /// The region whose endpoint every arm calls.
    pub region: Region,
    /// Whether the larger model is the fallback model; else the smaller is.
    pub large_falls_back: bool,
    /// Where the dial of the threshold stands at the start, in points of 100.
    pub difference: f64,
    /// The arms, in the order of the panel; `None`: all that the region has.
    pub arms: Option<Vec<RoutingArm>>,
    /// How each calls.
    pub policy: CallPolicy,
}

impl RoutingSpec {
    /// All arms that the region has under the default policy, the smaller model the fallback model
    /// and ten points the threshold.
    pub fn new(model: ModelId, region: Region) -> Self {
        Self {
            model,
            partner: None,
            region,
            large_falls_back: false,
            difference: 10.0,
            arms: None,
            policy: CallPolicy::default(),
        }
    }
}

/// Two models, the smaller first.
struct Pair<'a> {
    models: [&'a Model; 2],
    fallback: usize,
    region: &'a Region,
}

/// Compiles pattern 2 into its arms, numbered from `first`.
pub fn prompt_routing(
    spec: &RoutingSpec,
    catalog: &Catalog,
    first: ArmId,
) -> Result<PatternPlan, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    check_region(catalog, &spec.region).map_err(at("region"))?;
    check_policy(&spec.policy).map_err(at("policy"))?;
    let pair = Pair {
        models: pair(catalog, model, spec)?,
        fallback: usize::from(spec.large_falls_back),
        region: &spec.region,
    };
    let arms = match &spec.arms {
        Some(arms) => arms.clone(),
        None => offered(catalog, &pair),
    };
    check_list(arms.iter().map(|arm| arm.key())).map_err(at("arms"))?;
    let key = PatternKey::from("prompt-routing");
    let mut plan = RoutingPlan {
        region: spec.region.clone(),
        models: pair.models.map(|model| routed(catalog, model)),
        arms: Vec::new(),
        routers: Vec::new(),
    };
    let mut compiled = Vec::new();
    for (&arm, id) in arms.iter().zip(first.0..) {
        let id = ArmId(id);
        let way = way(catalog, &pair, arm).map_err(at("arms"))?;
        plan.arms.push((id, arm));
        plan.routers
            .extend(way.router.map(|(models, over_profiles)| RouterPlan {
                arm: id,
                stem: stem(&pair, arm),
                models,
                over_profiles,
                fallback: pair.fallback,
            }));
        compiled.push(ArmPlan {
            id,
            pattern: key.clone(),
            key: ArmKey::from(arm.key()),
            about: way.about,
            chain: vec![Arc::new(reached(way.model, pair.region, way.target, &way.label))],
            policy: spec.policy.clone(),
        });
    }
    let tunes = if plan.routers.is_empty() {
        Vec::new()
    } else {
        vec![difference_dial(spec.difference)]
    };
    Ok(PatternPlan {
        key,
        arms: compiled,
        tunes,
        special: SpecialPlan::PromptRouting(plan),
    })
}

/// The two models, the smaller first. The dearer of the two is taken for the larger.
fn pair<'a>(
    catalog: &'a Catalog,
    model: &'a Model,
    spec: &RoutingSpec,
) -> Result<[&'a Model; 2], CompileProblem> {
    let unsupported = |id: &ModelId| Problem::NotRouted {
        model: id.clone(),
        offered: catalog.offers.routers.values().flatten().cloned().collect(),
    };
    let (_, family) =
        (catalog.offers.router_family(&model.id)).ok_or_else(|| at("model")(unsupported(&model.id)))?;
    let partner = if let Some(id) = &spec.partner {
        let partner = model_of(catalog, id).map_err(at("partner"))?;
        if !family.contains(id) {
            return Err(at("partner")(Problem::OtherFamily {
                model: id.clone(),
                family: family.to_vec(),
            }));
        }
        partner
    } else {
        let away = |other: &Model| (worth(other).0.dollars() - worth(model).0.dollars()).abs();
        (family.iter().filter(|id| **id != model.id))
            .filter_map(|id| catalog.models.get(id))
            .filter(|other| target_in(catalog, other, &spec.region).is_some())
            .max_by(|a, b| away(a).total_cmp(&away(b)).then_with(|| a.id.cmp(&b.id)))
            .ok_or_else(|| {
                at("model")(Problem::NotServed {
                    model: model.id.clone(),
                    region: spec.region.clone(),
                })
            })?
    };
    let partner: &Model = partner;
    match worth(model).cmp(&worth(partner)) {
        std::cmp::Ordering::Less => Ok([model, partner]),
        std::cmp::Ordering::Greater => Ok([partner, model]),
        std::cmp::Ordering::Equal => Err(at("partner")(Problem::SamePrice {
            models: [model.id.clone(), partner.id.clone()],
        })),
    }
}

fn worth(model: &Model) -> (PerMillion, PerMillion) {
    (model.price.output, model.price.input)
}

fn offered(catalog: &Catalog, pair: &Pair<'_>) -> Vec<RoutingArm> {
    let all = RoutingArm::ALL.into_iter();
    all.filter(|arm| way(catalog, pair, *arm).is_ok()).collect()
}

/// How an arm goes.
struct Way<'a> {
    model: &'a Model,
    target: ModelRef,
    label: String,
    about: String,
    /// What its router is over, and whether these are profiles.
    router: Option<([ModelRef; 2], bool)>,
}

fn way<'a>(catalog: &Catalog, pair: &Pair<'a>, arm: RoutingArm) -> Result<Way<'a>, Problem> {
    let [small, large] = pair.models;
    let region = pair.region;
    let fixed = |model: &'a Model| {
        let target = target_in(catalog, model, region).ok_or_else(|| Problem::NotServed {
            model: model.id.clone(),
            region: region.clone(),
        })?;
        Ok(Way {
            model,
            target,
            label: model.name.clone(),
            about: format!("{} for every prompt, called in {region}", model.name),
            router: None,
        })
    };
    let (targets, over_profiles, what) = match arm {
        RoutingArm::AlwaysLarge => return fixed(large),
        RoutingArm::AlwaysSmall => return fixed(small),
        RoutingArm::Router => {
            let bare = |model: &Model| {
                let here = model.on_demand_regions.contains(region);
                here.then(|| ModelRef::from(model.id.as_str()))
                    .ok_or_else(|| Problem::NotOnDemand {
                        model: model.id.clone(),
                        region: region.clone(),
                        offered: model.on_demand_regions.clone(),
                    })
            };
            ([bare(small)?, bare(large)?], false, "")
        }
        RoutingArm::ProfileRouter => {
            let profile = |model: &Model| {
                profile_in(catalog, model, region, QuotaFamily::CrossRegion)
                    .map(|profile| ModelRef::from(profile.id.as_str()))
                    .ok_or_else(|| Problem::NoProfile {
                        model: model.id.clone(),
                        kind: "geo profile",
                        region: region.clone(),
                    })
            };
            ([profile(small)?, profile(large)?], true, "profiles of ")
        }
    };
    let (fallback, other) = (pair.models[pair.fallback], pair.models[1 - pair.fallback]);
    Ok(Way {
        model: fallback,
        // Stands in for the ARN, which is known once the router is made.
        target: ModelRef::from(arm.key()),
        label: arm.key().to_owned(),
        about: format!(
            "a router over {what}{} and {}; falls back to the former",
            fallback.name, other.name
        ),
        router: Some((targets, over_profiles)),
    })
}

fn routed(catalog: &Catalog, model: &Model) -> RoutedModel {
    let profiles = catalog
        .profiles
        .values()
        .filter(|profile| profile.model == model.id);
    let profiles = profiles.map(|profile| ModelRef::from(profile.id.as_str()));
    RoutedModel {
        name: model.name.clone(),
        targets: std::iter::once(ModelRef::from(model.id.as_str()))
            .chain(profiles)
            .collect(),
    }
}

/// How the names of an arm's routers begin: the models and who falls back are in it, for a name is
/// unique in an account and region.
fn stem(pair: &Pair<'_>, arm: RoutingArm) -> String {
    let [small, large] = pair.models.map(|model| slug(&model.name));
    let (one, two) = if pair.fallback == 0 {
        (small, large)
    } else {
        (large, small)
    };
    let kind = if arm == RoutingArm::ProfileRouter {
        "profiles"
    } else {
        "models"
    };
    format!("bedrill-{one}-{two}-{kind}")
}

fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITE: &str = "amazon.nova-lite-v1:0";
    const PRO: &str = "amazon.nova-pro-v1:0";

    fn compiled(spec: &RoutingSpec) -> Result<(PatternPlan, RoutingPlan), String> {
        let catalog = Catalog::builtin();
        let plan = prompt_routing(spec, &catalog, ArmId(4)).map_err(|wrong| wrong.to_string())?;
        let SpecialPlan::PromptRouting(routing) = plan.special.clone() else {
            panic!("another plan: {:?}", plan.special);
        };
        Ok((plan, routing))
    }

    fn spec(model: &str, region: &str) -> RoutingSpec {
        RoutingSpec::new(ModelId::from(model), Region::from(region))
    }

    #[test]
    fn either_model_leads_to_the_same_pair_and_the_smaller_falls_back() {
        for model in [LITE, PRO] {
            let (plan, routing) = compiled(&spec(model, "us-east-1")).expect("a plan");
            let keys: Vec<&str> = plan.arms.iter().map(|arm| arm.key.as_str()).collect();
            assert_eq!(keys, ["router", "profile router", "always large", "always small"]);
            let targets: Vec<&str> = plan.arms[2..]
                .iter()
                .map(|arm| arm.chain[0].target.as_str())
                .collect();
            assert_eq!(targets, [PRO, LITE]);
            assert_eq!(routing.models[0].name, "Nova Lite");
            let [bare, profiles] = routing.routers.as_slice() else {
                panic!("two routers: {:?}", routing.routers);
            };
            assert_eq!(
                (bare.arm, bare.fallback, bare.over_profiles),
                (ArmId(4), 0, false)
            );
            assert_eq!(bare.models, [LITE, PRO].map(ModelRef::from));
            let over = [LITE, PRO].map(|id| ModelRef::from(format!("us.{id}")));
            assert_eq!((profiles.models.clone(), profiles.over_profiles), (over, true));
            assert_eq!(plan.tunes[0].start.to_string(), "10");
        }
    }

    #[test]
    fn arms_that_a_region_lacks_are_left_out_or_refused_by_name() {
        // Nova Pro is not on demand there.
        let (plan, _) = compiled(&spec(PRO, "us-west-2")).expect("a plan");
        let keys: Vec<&str> = plan.arms.iter().map(|arm| arm.key.as_str()).collect();
        assert_eq!(keys, ["profile router", "always large", "always small"]);
        assert_eq!(plan.arms[1].chain[0].target, *format!("us.{PRO}"));
        let asked = RoutingSpec {
            arms: Some(vec![RoutingArm::Router]),
            ..spec(PRO, "us-west-2")
        };
        let refused = compiled(&asked).expect_err("no such arm");
        assert!(
            refused.starts_with("arms: `amazon.nova-pro-v1:0` cannot be called on-demand"),
            "{refused}"
        );
    }

    #[test]
    fn models_that_no_router_takes_are_refused_and_others_named() {
        let refused = compiled(&spec("amazon.nova-micro-v1:0", "us-east-1")).expect_err("no router");
        assert!(refused.contains(LITE), "{refused}");
        let mixed = RoutingSpec {
            partner: Some(ModelId::from("meta.llama3-1-8b-instruct-v1:0")),
            ..spec(LITE, "us-east-1")
        };
        let refused = compiled(&mixed).expect_err("two families");
        assert!(refused.starts_with("partner: "), "{refused}");
        let alike = RoutingSpec {
            partner: Some(ModelId::from(LITE)),
            ..spec(LITE, "us-east-1")
        };
        assert!(compiled(&alike).expect_err("one model").contains("cost the same"));
    }
}
