use std::collections::BTreeSet;

use super::*;
use crate::catalog::Family;
use crate::names::ModelId;

/// The least that is a catalogue; `{}` is where a test adds to it.
const SMALL: &str = r#"
[sources]
S = { title = "a source", date = "2026-11" }
[assumptions]
guess = "a guess that several groups share"
[regions]
us-east-1 = { name = "N. Virginia", geography = "us", latitude = 39.0, longitude = -77.5, source = "S" }
us-west-2 = { name = "Oregon", geography = "us", latitude = 45.8, longitude = -119.7, source = "S" }
[routings.us]
among = ["us-east-1", "us-west-2"]
source = "S"
[models."a.b-v1:0"]
name = "B"
provider = "A"
family = "nova"
lifecycle = "active"
streaming = true
input = ["text"]
source = "S"
on_demand = { regions = ["us-east-1"], source = "S" }
limits = { context_window = 1000, max_output = 100, source = "S" }
tokens = { burndown = 1, chars_per_token = 4.0, source = "S", assumption = "guess" }
price = { input = 0.1, output = 0.2, source = "S" }
latency = { first_token_ms = 1, first_token_sigma = 0, per_thousand_input_ms = 0, tokens_per_second = 9, tokens_per_second_sigma = 0, assumption = "made up" }
quotas = [
    { family = "on-demand", tokens_per_minute = 1000, source = "S" },
    { family = "cross-region", tokens_per_minute = 2000, source = "S" },
]
[profiles."us.a.b-v1:0"]
name = "US B"
model = "a.b-v1:0"
scope = "geographic"
routing = "us"
source = "S"
"#;

fn problems_after(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    let text = SMALL.replacen(from, to, 1);
    let problems = Catalog::parse("c.toml", &text).expect_err(to);
    problems.to_string()
}

#[test]
fn the_built_in_catalogue_has_what_the_product_needs() {
    let catalog = Catalog::parse(BUILTIN_NAME, BUILTIN).unwrap_or_else(|problems| panic!("{problems}"));
    let providers: BTreeSet<&str> = catalog.models.values().map(|m| m.provider.as_str()).collect();
    assert!(catalog.models.len() >= 20, "{} models", catalog.models.len());
    assert!(providers.len() >= 5, "{providers:?}");
    let prefixes: BTreeSet<&str> = catalog
        .profiles
        .keys()
        .filter_map(|id| id.as_str().split('.').next())
        .collect();
    assert_eq!(
        prefixes,
        BTreeSet::from(["us", "eu", "apac", "jp", "au", "global"])
    );
}

#[test]
fn five_bodies_of_invoke_model_can_be_called_on_demand_in_us_east_1() {
    let catalog = Catalog::builtin();
    for family in [
        Family::Claude,
        Family::Nova,
        Family::Titan,
        Family::Llama,
        Family::Mistral,
    ] {
        let found = catalog.models.values().any(|model| {
            model.family == family
                && model.lifecycle != Lifecycle::EndOfLife
                && model.on_demand_regions.iter().any(|region| region == "us-east-1")
        });
        assert!(found, "{family:?}");
    }
}

#[test]
fn sonnet_4_6_can_be_called_in_all_three_ways_at_us_east_1() {
    let catalog = Catalog::builtin();
    let east = Region::from("us-east-1");
    let ways = ["", "us.", "global."].map(|prefix| {
        let target = format!("{prefix}anthropic.claude-sonnet-4-6");
        let resolved = catalog.resolve(&target).expect("in the catalogue");
        let quota = resolved.model().quota(resolved.quota_family(), &east);
        let quota = quota.expect("a quota");
        (quota.requests_per_minute, quota.tokens_per_minute)
    });
    assert_eq!(
        ways,
        [
            (Some(5_000), 3_000_000),
            (Some(10_000), 6_000_000),
            (Some(10_000), 6_000_000)
        ]
    );
    let assumed = catalog.assumptions(&ModelId::from("anthropic.claude-sonnet-4-6"));
    assert!(
        assumed
            .iter()
            .any(|line| line.starts_with("on_demand: the card lists eu-west-2")),
        "{assumed:#?}"
    );
    assert!(
        assumed
            .iter()
            .any(|line| line.starts_with("quotas[0]: requests are GR's")),
        "{assumed:#?}"
    );
}

#[test]
fn regions_of_a_model_are_those_where_it_is_called_bare_or_served_through_a_profile() {
    let catalog = Catalog::builtin();
    for model in catalog.models.values() {
        let mut served: BTreeSet<&Region> = model.on_demand_regions.iter().collect();
        for profile in catalog.profiles.values().filter(|p| p.model == model.id) {
            served.extend(profile.routes.values().flatten());
        }
        assert_eq!(
            served,
            model.regions.iter().collect(),
            "{}: not as its profiles say",
            model.id
        );
    }
}

#[test]
fn canada_calls_the_us_profile_and_may_be_served_at_home_too() {
    let catalog = Catalog::builtin();
    let profile = &catalog.profiles["us.anthropic.claude-sonnet-4-6"];
    let served = |source: &str| -> Vec<&str> { profile.routes[source].iter().map(Region::as_str).collect() };
    assert_eq!(served("us-west-2"), ["us-east-1", "us-east-2", "us-west-2"]);
    assert_eq!(
        served("ca-west-1"),
        ["ca-west-1", "us-east-1", "us-east-2", "us-west-2"]
    );
    assert_eq!(
        served("us-west-1"),
        ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
    );
}

#[test]
fn the_small_catalogue_is_read_as_written() {
    let catalog = Catalog::parse("c.toml", SMALL).unwrap_or_else(|problems| panic!("{problems}"));
    let model = &catalog.models["a.b-v1:0"];
    assert_eq!(
        model.regions,
        [Region::from("us-east-1"), Region::from("us-west-2")]
    );
    assert_eq!(
        catalog.assumptions(&model.id),
        ["tokens: a guess that several groups share", "latency: made up"]
    );
    assert_eq!(
        catalog
            .origin("profiles.\"us.a.b-v1:0\"")
            .map(|origin| &*origin.sources),
        Some(&["S".to_owned()][..])
    );
}

#[test]
fn what_is_wrong_is_refused_with_file_line_key_and_what_to_do() {
    let cases = [
        ("price = {", "prize = {"),
        ("\"us-west-2\"]", "\"us-west-3\"]"),
        ("routing = \"us\"", "routing = \"eu\""),
        ("model = \"a.b-v1:0\"", "model = \"a.c-v1:0\""),
        ("input = 0.1", "input = -0.1"),
        ("context_window = 1000", "context_window = 10"),
        (", source = \"S\", assumption = \"guess\" }", " }"),
        ("assumption = \"guess\"", "assumption = \"gess\""),
        ("output = 0.2, source = \"S\"", "output = 0.2"),
        ("date = \"2026-11\"", "date = \"2026-13\""),
        ("{ family = \"cross-region\"", "{ family = \"on-demand\""),
        ("[profiles.\"us.a.b-v1:0\"]", "[profiles.\"us.a.b\"]"),
        ("[regions]", "[region]"),
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|(from, to)| format!("{to}\n{}", problems_after(from, to)))
        .collect();
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn an_overlay_replaces_single_figures_and_adds_models() {
    let overlay = "
[sources]
MINE = { title = 'our own contract', date = '2026-11-01' }
[models.\"amazon.nova-micro-v1:0\"]
price = { input = 0.03, source = ['LL', 'MINE'] }
";
    let base = Catalog::builtin();
    let catalog = Catalog::with_overlay("ours.toml", overlay).unwrap_or_else(|problems| panic!("{problems}"));
    let (before, after) = (
        &base.models["amazon.nova-micro-v1:0"],
        &catalog.models["amazon.nova-micro-v1:0"],
    );
    assert!((after.price.input.dollars() - 0.03).abs() < 1e-12);
    assert_eq!(after.price.output, before.price.output);
    assert_ne!(catalog.fingerprint, base.fingerprint);

    let wrong = Catalog::with_overlay(
        "ours.toml",
        "[models.\"amazon.nova-micro-v1:0\"]\nprice.input = 0\n",
    );
    let problems = wrong.expect_err("nothing is free").to_string();
    assert_eq!(
        problems,
        "ours.toml:2:15: models.\"amazon.nova-micro-v1:0\".price.input: 0 is out of range: 0.000001 to 1000"
    );
}
