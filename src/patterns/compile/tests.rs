use super::*;
use crate::patterns::fixture::{HAIKU, LITE, catalog};

fn targets(arm: &ArmPlan) -> Vec<String> {
    arm.chain
        .iter()
        .map(|route| format!("{} {} ({})", route.region, route.target, route.label))
        .collect()
}

fn spec(model: &str) -> FallbackSpec {
    FallbackSpec::new(ModelId::from(model), Region::from("us-east-1"))
}

#[test]
fn cross_region_calls_one_endpoint_in_three_ways() {
    let spec = CrossRegionSpec::new(ModelId::from(LITE), Region::from("us-east-1"));
    let plan = cross_region(&spec, &catalog(), ArmId(4)).unwrap();
    let arms: Vec<_> = plan
        .arms
        .iter()
        .map(|arm| (arm.id.0, arm.key.as_str(), targets(arm).remove(0)))
        .collect();
    assert_eq!(
        arms,
        [
            (
                4,
                "on-demand",
                "us-east-1 amazon.nova-2-lite-v1:0 (us-east-1)".to_owned()
            ),
            (
                5,
                "geo profile",
                "us-east-1 us.amazon.nova-2-lite-v1:0 (us profile)".to_owned()
            ),
            (
                6,
                "global profile",
                "us-east-1 global.amazon.nova-2-lite-v1:0 (global profile)".to_owned()
            ),
        ]
    );
}

#[test]
fn the_catalogue_chooses_the_three_chains() {
    let plan = fallback(&spec(LITE), &catalog(), ArmId(0)).unwrap();
    let chains: Vec<Vec<String>> = plan.arms.iter().map(targets).collect();
    assert_eq!(
        chains,
        [
            [
                "us-east-1 amazon.nova-2-lite-v1:0 (us-east-1)",
                "us-east-2 amazon.nova-2-lite-v1:0 (us-east-2)",
                "us-west-2 amazon.nova-2-lite-v1:0 (us-west-2)",
            ],
            [
                "us-east-1 amazon.nova-2-lite-v1:0 (Nova 2 Lite)",
                "us-east-1 amazon.nova-micro-v1:0 (Nova Micro)",
                "us-east-1 amazon.nova-pro-v1:0 (Nova Pro)",
            ],
            [
                "us-east-1 amazon.nova-2-lite-v1:0 (Nova 2 Lite)",
                "us-east-1 mistral.small-v1:0 (Mistral Small)",
                "us-east-1 meta.llama3-3-70b-instruct-v1:0 (Llama 3.3 70B)",
            ],
        ]
    );
    assert_eq!(
        plan.arms[0].about,
        "Nova 2 Lite at us-east-1, then us-east-2, then us-west-2"
    );
}

#[test]
fn a_model_without_on_demand_falls_back_by_its_profile() {
    let mut spec = spec(HAIKU);
    spec.chains.truncate(1);
    let plan = fallback(&spec, &catalog(), ArmId(0)).unwrap();
    assert_eq!(
        targets(&plan.arms[0])[1],
        format!("us-east-2 us.{HAIKU} (us-east-2)")
    );
}

#[test]
fn what_cannot_be_compiled_names_its_key_and_the_remedy() {
    let east = Region::from("us-east-1");
    let cross = |model: &str, region: &str| {
        let spec = CrossRegionSpec::new(ModelId::from(model), Region::from(region));
        cross_region(&spec, &catalog(), ArmId(0)).unwrap_err().to_string()
    };
    let fall = |chain: FallbackChain| {
        let spec = FallbackSpec {
            chains: vec![chain],
            ..spec(LITE)
        };
        fallback(&spec, &catalog(), ArmId(0)).unwrap_err().to_string()
    };
    let micro = ModelId::from("amazon.nova-micro-v1:0");
    let llama = ModelId::from("meta.llama3-3-70b-instruct-v1:0");
    let said = [
        cross("us.amazon.nova-2-lite-v1:0", "us-east-1"),
        cross(LITE, "us-est-1"),
        cross(LITE, "eu-west-1"),
        cross(HAIKU, "us-east-1"),
        cross(micro.as_str(), "us-east-1"),
        fall(FallbackChain::OtherRegions(vec![east])),
        fall(FallbackChain::OtherModels(vec![llama])),
        fall(FallbackChain::OtherProviders(vec![micro])),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    model: no model `us.amazon.nova-2-lite-v1:0` in the catalogue: write a bare model identifier, not a profile
    region: no region `us-est-1` in the catalogue
    model: `amazon.nova-2-lite-v1:0` has no geo profile that can be called in eu-west-1: leave that arm out or choose another model
    model: `anthropic.claude-haiku-4-5-20251001-v1:0` cannot be called on-demand in us-east-1: it is offered through profiles only
    model: `amazon.nova-micro-v1:0` has no geo profile that can be called in us-east-1: leave that arm out or choose another model
    chains: `us-east-1` stands twice in the chain
    chains: `meta.llama3-3-70b-instruct-v1:0` is not made by Amazon: it belongs under `other providers`
    chains: `amazon.nova-micro-v1:0` is made by Amazon as the preferred model is: it belongs under `other models`
    ");
}

#[test]
fn whatever_compiles_of_the_shipped_catalogue_is_callable_and_told_apart() {
    let catalog = Catalog::builtin();
    let mut compiled = 0;
    for model in catalog.models.values() {
        for region in &model.regions {
            let mut spec = FallbackSpec::new(model.id.clone(), region.clone());
            for chain in std::mem::take(&mut spec.chains) {
                spec.chains = vec![chain];
                let Ok(plan) = fallback(&spec, &catalog, ArmId(0)) else {
                    continue;
                };
                compiled += 1;
                let chain = &plan.arms[0].chain;
                let labels: std::collections::BTreeSet<_> = chain.iter().map(|route| &route.label).collect();
                assert_eq!(labels.len(), chain.len(), "{:?}", targets(&plan.arms[0]));
                for route in chain {
                    let resolved = catalog.resolve(route.target.as_str()).expect("a known target");
                    assert_eq!(resolved.model().id, route.model);
                }
            }
        }
    }
    assert!(compiled > 100, "only {compiled} chains compile");
    // The model of the issue: one with all three quotas, and its three chains.
    let east = Region::from("us-east-1");
    let all_three = |id: &&ModelId| {
        let spec = CrossRegionSpec::new((*id).clone(), east.clone());
        cross_region(&spec, &catalog, ArmId(0)).is_ok()
    };
    let model = catalog
        .models
        .keys()
        .find(all_three)
        .expect("a model with all three quotas");
    let spec = FallbackSpec::new(model.clone(), east.clone());
    assert_eq!(fallback(&spec, &catalog, ArmId(0)).unwrap().arms.len(), 3);
}
