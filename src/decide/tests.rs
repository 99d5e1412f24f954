use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::figures::{Residency, Urgency};
use super::question::{Next, Question};
use super::refusal::Reason;
use super::*;
use crate::catalog::{Lifecycle, QuotaFamily};
use crate::names::Region;
use crate::patterns;
use crate::scenario::Scenario;
use crate::units::{Share, Usd};

const NOVA_PRO: &str = "amazon.nova-pro-v1:0";
const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
const SONNET_5: &str = "anthropic.claude-sonnet-5";

/// Answers, the leaf they lead to, its pattern, and whether the service provides it.
const LEAVES: [(&[&str], Leaf, &str, bool); 8] = [
    (&["yes"], Leaf::LargeDatasets, "batch", true),
    (&["no", "yes"], Leaf::GuaranteedThroughput, "provisioned", true),
    (&["no", "no", "yes"], Leaf::RepeatedContexts, "prompt-cache", true),
    (
        &["no", "no", "no", "yes"],
        Leaf::QualityAgainstCost,
        "prompt-routing",
        true,
    ),
    (
        &["no", "no", "no", "no", "yes", "yes"],
        Leaf::BurstsRegional,
        "cross-region",
        true,
    ),
    (
        &["no", "no", "no", "no", "yes", "no"],
        Leaf::BurstsGlobal,
        "cross-region",
        true,
    ),
    (
        &["no", "no", "no", "no", "no", "gateway"],
        Leaf::OneApi,
        "gateway",
        false,
    ),
    (
        &["no", "no", "no", "no", "no", "client"],
        Leaf::CustomRouting,
        "fallback",
        false,
    ),
];

#[test]
fn eight_ways_of_answering_lead_to_eight_whole_recommendations() {
    let catalog = Catalog::builtin();
    for (answers, leaf, pattern, native) in LEAVES {
        let mut flow = Flow::new();
        for answer in answers {
            assert_eq!(flow.recommend(&Figures::default(), &catalog), None);
            flow.answer(answer).expect("an answer of the question");
        }
        assert_eq!(flow.at(), Next::Arrive(leaf));
        let made = flow
            .recommend(&Figures::default(), &catalog)
            .expect("a leaf")
            .expect("a recommendation");
        assert_eq!((made.pattern, leaf.is_native()), (pattern, native));
        assert!(patterns::row(pattern).is_some(), "{pattern} is in the table");
        // The answers, the pattern's own reason, and what the figures say.
        assert!(made.why.len() > answers.len(), "{leaf}: {:?}", made.why);
        assert!(made.why[0].starts_with(Question::FIRST.text));
        assert!(!made.needs.quotas.is_empty(), "{leaf} names its quotas");
        assert!(made.needs.models.contains(&made.model), "{leaf}: {}", made.model);
        let combined: BTreeSet<&str> = made.combines_with.iter().map(|with| with.pattern).collect();
        assert!(
            !combined.is_empty() && !combined.contains(pattern),
            "{leaf}: {combined:?}"
        );
        let policy: serde_json::Value = serde_json::from_str(&made.needs.policy()).expect("JSON");
        assert!(
            policy["Statement"][0]["Resource"][0].is_string(),
            "{leaf}: {policy}"
        );
        try_scenario(leaf, &made.scenario, &catalog);
    }
}

/// A pattern that this version can fire gets a scenario that it can run.
fn try_scenario(leaf: Leaf, text: &str, catalog: &Catalog) {
    let row = patterns::row(leaf.pattern()).expect("a row");
    assert!(text.contains(&format!("kind = \"{}\"", row.key)));
    if row.available {
        let read = Scenario::parse("decided.toml", text, catalog);
        assert!(read.is_ok(), "{leaf}: {}\n{text}", read.expect_err("problems"));
    }
}

#[test]
fn a_wrong_answer_names_the_right_ones_and_can_be_taken_back() {
    let mut flow = Flow::new();
    let wrong = flow.answer("perhaps").expect_err("no such answer");
    assert_eq!(
        wrong.to_string(),
        "`wait` has no answer `perhaps`: one of yes, no"
    );
    flow.answer("yes").expect("an answer");
    assert_eq!(flow.answer("no"), Err(FlowError::Over(Leaf::LargeDatasets)));
    assert!(flow.back());
    assert_eq!(flow.at(), Next::Ask(Question::FIRST));
    assert!(!flow.back());
}

/// What differs from the default figures, the leaf ranked first, and one that is refused with a
/// part of its reason.
type Case = (&'static str, fn(&mut Figures), Leaf, Leaf, &'static str);

#[rustfmt::skip]
const CASES: [Case; 11] = [
    ("nothing said", |_| {}, Leaf::BurstsRegional, Leaf::OneApi, "no provider outside Bedrock"),
    ("easy prompts among hard ones", |it| it.complex = Share::clamped(0.2),
        Leaf::QualityAgainstCost, Leaf::RepeatedContexts, "no part of the prompts repeats"),
    ("hours do not matter", |it| it.urgency = Urgency::Hours,
        Leaf::LargeDatasets, Leaf::BurstsGlobal, "leaves the geography"),
    ("a guaranteed rate", |it| it.guaranteed = true,
        Leaf::GuaranteedThroughput, Leaf::LargeDatasets, "somebody waits"),
    ("a guaranteed rate of a model without units", |it| { call(it, HAIKU); it.guaranteed = true; it.complex = Share::clamped(0.3); },
        Leaf::GuaranteedThroughput, Leaf::QualityAgainstCost,
        "no prompt routing; offered today: amazon.nova-lite-v1:0"),
    ("a document under discussion",
        |it| { call(it, HAIKU); it.repeated = Share::clamped(0.95); it.input_tokens = 20_000; it.urgency = PATIENT; },
        Leaf::RepeatedContexts, Leaf::GuaranteedThroughput, "no rate must be guaranteed"),
    ("a repeated beginning below the model's least",
        |it| { call(it, HAIKU); it.repeated = Share::clamped(0.9); it.input_tokens = 4_000; },
        Leaf::BurstsRegional, Leaf::RepeatedContexts,
        "3600 repeated tokens are fewer than anthropic.claude-haiku-4-5-20251001-v1:0 caches, 4096"),
    ("a burst above every quota of the region",
        |it| { call(it, NOVA_PRO); it.peak = 2_000.0; },
        Leaf::BurstsRegional, Leaf::QualityAgainstCost, "no prompt needs the larger model"),
    ("anywhere, by a model with a global profile",
        |it| { call(it, HAIKU); it.peak = 1_000.0; it.residency = Residency::Anywhere; it.complex = Share::clamped(0.3); },
        Leaf::BurstsGlobal, Leaf::QualityAgainstCost, "no prompt routing"),
    ("other providers too", |it| { it.foreign = true; it.residency = Residency::Anywhere; },
        Leaf::OneApi, Leaf::RepeatedContexts, "repeats"),
    ("one region and no other", |it| it.residency = Residency::Region,
        Leaf::CustomRouting, Leaf::BurstsRegional, "served in other regions"),
];
const PATIENT: Urgency = Urgency::FirstToken(Duration::from_secs(4));

fn call(figures: &mut Figures, model: &str) {
    figures.model = Some(ModelId::from(model));
}

#[test]
fn figures_rank_what_fits_and_name_why_the_rest_does_not() {
    let catalog = Catalog::builtin();
    for (case, change, first, refused, part) in CASES {
        let mut figures = Figures::default();
        change(&mut figures);
        let advice = advise(&figures, &catalog).expect("sound figures");
        assert_eq!(advice.ranked.len() + advice.refused.len(), Leaf::ALL.len());
        let ranking: Vec<&str> = advice.ranked.iter().map(|it| it.leaf.key()).collect();
        assert_eq!(ranking.first(), Some(&first.key()), "{case}: {ranking:?}");
        let refusal = advice.refused.iter().find(|it| it.leaf == refused);
        let refusal = refusal.unwrap_or_else(|| panic!("{case}: {refused} is recommended: {ranking:?}"));
        assert!(refusal.to_string().contains(part), "{case}: {refusal}");
        for made in &advice.ranked {
            try_scenario(made.leaf, &made.scenario, &catalog);
        }
    }
}

#[test]
fn a_model_without_a_batch_price_is_refused_and_others_are_named() {
    let figures = Figures {
        model: Some(ModelId::from(SONNET_5)),
        urgency: Urgency::Hours,
        ..Figures::default()
    };
    let refusal = Recommendation::of(Leaf::LargeDatasets, &figures, &Catalog::builtin())
        .expect_err("no batch price is listed");
    let Reason::NotOffered { instead, .. } = &refusal.reason else {
        panic!("another reason: {refusal}");
    };
    assert!(instead.iter().any(|id| *id == NOVA_PRO));
    assert!(instead.iter().all(|id| *id != SONNET_5));
}

#[test]
fn a_budget_below_the_tokens_refuses_and_says_both_sums() {
    let figures = Figures {
        budget: Some(Usd::from_dollars(10.0)),
        ..Figures::default()
    };
    let advice = advise(&figures, &Catalog::builtin()).expect("sound figures");
    assert_eq!(advice.ranked, Vec::new());
    let shown = advice
        .refused
        .iter()
        .map(Refusal::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(shown.contains("above the budget of $10.00"), "{shown}");
}

#[test]
fn figures_that_are_none_are_refused_together() {
    let figures = Figures {
        model: Some(ModelId::from("us.amazon.nova-pro-v1:0")),
        region: Region::from("us-east-9"),
        rate: f64::NAN,
        output_tokens: 0,
        ..Figures::default()
    };
    let problems = advise(&figures, &Catalog::builtin()).expect_err("problems");
    assert_eq!(problems.len(), 4, "{problems:?}");
}

fn any_figures() -> impl Strategy<Value = Figures> {
    let catalog = Catalog::builtin();
    let models: Vec<Option<ModelId>> = catalog.models.keys().cloned().map(Some).chain([None]).collect();
    let regions: Vec<Region> = catalog.regions.keys().cloned().collect();
    let residency = prop::sample::select(vec![Residency::Region, Residency::Geography, Residency::Anywhere]);
    let urgency = prop_oneof![
        Just(Urgency::Hours),
        (1_u64..60_000).prop_map(|millis| Urgency::FirstToken(Duration::from_millis(millis))),
    ];
    // Even over the powers of ten, so that small and large are both met.
    let power = |least: f64, most: f64| (least..most).prop_map(|power: f64| 10_f64.powf(power));
    let tokens = |most| power(-0.5, most).prop_map(|tokens| tokens as u64);
    let traffic = (power(-6.0, 5.1), 1.0..10.0_f64, tokens(5.5), tokens(4.2));
    let shares = (0.0..=1.0_f64, 0.0..=1.0_f64);
    let wants = (any::<bool>(), any::<bool>(), prop::option::of(0.0..1e7_f64));
    (
        prop::sample::select(models),
        prop::sample::select(regions),
        residency,
        urgency,
        traffic,
        shares,
        wants,
    )
        .prop_map(
            |(
                model,
                region,
                residency,
                urgency,
                (rate, times, input, output),
                (repeated, complex),
                wants,
            )| Figures {
                model,
                region,
                rate,
                peak: rate * times,
                input_tokens: input,
                output_tokens: output,
                repeated: Share::clamped(repeated),
                complex: Share::clamped(complex),
                urgency,
                residency,
                guaranteed: wants.0,
                foreign: wants.1,
                budget: wants.2.map(Usd::from_dollars),
            },
        )
}

/// What a leaf needs, read from the catalogue by another way than [`Offer::of`].
fn catalogue_says_so(made: &Recommendation, figures: &Figures, catalog: &Catalog) -> bool {
    let Some(model) = catalog.models.get(&made.model) else {
        return false;
    };
    let profile = |family| {
        catalog.profiles.values().any(|profile| {
            profile.model == model.id
                && profile.family == family
                && profile.routes.contains_key(&figures.region)
        })
    };
    let offered = match made.leaf {
        Leaf::LargeDatasets => model.price.batch_input.is_some(),
        Leaf::RepeatedContexts => model
            .cache
            .as_ref()
            .is_some_and(|rule| rule.min_tokens <= figures.repeated_tokens()),
        Leaf::QualityAgainstCost => catalog
            .offers
            .routers
            .values()
            .flatten()
            .any(|id| *id == model.id),
        Leaf::GuaranteedThroughput => {
            catalog.offers.units.contains_key(&model.id) || catalog.offers.reserved_for(&model.id).is_some()
        }
        Leaf::BurstsRegional => profile(QuotaFamily::CrossRegion),
        Leaf::BurstsGlobal => profile(QuotaFamily::Global),
        Leaf::OneApi | Leaf::CustomRouting => true,
    };
    let callable = model.on_demand_regions.contains(&figures.region)
        || profile(QuotaFamily::CrossRegion)
        || profile(QuotaFamily::Global)
        || catalog.offers.has_units(&model.id, &figures.region);
    offered && callable && model.lifecycle != Lifecycle::EndOfLife
}

proptest! {
    #[test]
    fn any_figures_give_recommendations_that_the_catalogue_bears_out_or_named_reasons(figures in any_figures()) {
        let catalog = Catalog::builtin();
        match advise(&figures, &catalog) {
            Err(problems) => prop_assert!(!problems.is_empty()),
            Ok(advice) => {
                prop_assert_eq!(advice.ranked.len() + advice.refused.len(), Leaf::ALL.len());
                for made in &advice.ranked {
                    prop_assert!(catalogue_says_so(made, &figures, &catalog), "{} by {}", made.leaf, made.model);
                    prop_assert!(figures.budget.is_none_or(|most| made.costs.monthly.is_none_or(|cost| cost <= most)));
                    if patterns::row(made.pattern).is_some_and(|row| row.available) {
                        let read = Scenario::parse("decided.toml", &made.scenario, &catalog);
                        prop_assert!(read.is_ok(), "{:?}\n{}", read.err(), made.scenario);
                    }
                }
                prop_assert!(advice.ranked.is_sorted_by_key(|it| (it.fit, !it.leaf.is_native())));
                prop_assert!(advice.refused.iter().all(|refusal| !refusal.reason.to_string().is_empty()));
            }
        }
    }
}
