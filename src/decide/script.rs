//! The scenario that a recommendation is tried with: TOML text as `docs/scenarios.md` has it.
//!
//! Every list is written out, so that the reader sees what is called and may change it. For
//! patterns that a version cannot fire yet only the keys are written that every pattern has.

use std::fmt::Write as _;

use super::figures::Figures;
use super::leaf::Leaf;
use super::offer::{Adds, Offer, Way, first_token};
use crate::catalog::{Catalog, QuotaFamily};
use crate::names::{ModelId, Region};

/// A demonstration needs no more requests a second.
const MOST_RATE: f64 = 200.0;
/// An emulator on a laptop is not asked for more at once.
const MOST_IN_FLIGHT: f64 = 10_000.0;
/// What the scenario format has as its own defaults, left out where they will do.
const USUAL_IN_FLIGHT: f64 = 256.0;
const USUAL_DEADLINE_SECS: f64 = 30.0;
const LONGEST_DEADLINE_SECS: f64 = 600.0;

/// Writes the scenario of an offer.
pub fn scenario(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog) -> String {
    let mut text = String::new();
    let model = &offer.way.model;
    let rate = figures.peak.clamp(0.01, MOST_RATE);
    let answer_secs = first_token(model, figures.input_tokens).as_secs_f64()
        + figures.output_tokens as f64 / model.latency.tokens_per_second;
    let deadline = (answer_secs * 3.0).ceil().min(LONGEST_DEADLINE_SECS);
    let in_flight = (rate * answer_secs * 2.0).ceil().min(MOST_IN_FLIGHT);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "# Written by `bedrill decide` for: {leaf}.\n\
         description = \"{} tried for: {leaf}. The rate is that of the busiest minute.\"\n\
         seed = 7\n\
         duration = \"150s\"\n\n\
         [world]\n\
         replies = {{ median_tokens = {}, sigma = 0.4 }}",
        model.name,
        figures.output_tokens.min(1_000_000)
    );
    if leaf == Leaf::LargeDatasets {
        // A job takes an hour or more in life.
        text.push_str("time_scale = 120\n");
    }
    if in_flight > USUAL_IN_FLIGHT {
        let _ = writeln!(text, "\n[load]\nin_flight = {in_flight}");
    }
    let _ = writeln!(
        text,
        "\n[[pattern]]\nkind = \"{}\"\nmodel = \"{}\"\nregion = \"{}\"\nrate = \"{}/s\"",
        leaf.pattern(),
        model.id,
        figures.region,
        (rate * 100.0).round() / 100.0
    );
    text.push_str(&own_keys(leaf, offer, figures, catalog));
    let _ = writeln!(
        text,
        "\n[pattern.workload]\nprompt_tokens = {}\ncomplex = {:?}\nmax_tokens = {}",
        figures.input_tokens.min(1_000_000),
        figures.complex.get(),
        max_tokens(offer, figures, catalog)
    );
    if deadline > USUAL_DEADLINE_SECS {
        let _ = writeln!(text, "\n[pattern.policy]\ndeadline = \"{deadline}s\"");
    }
    text.push_str(&fault(leaf, figures));
    text
}

/// Room for answers longer than the median, as far as every model of the scenario goes.
fn max_tokens(offer: &Offer, figures: &Figures, catalog: &Catalog) -> u64 {
    let others = match &offer.adds {
        Adds::Routes(routes) => routes.models.as_slice(),
        _ => &[],
    };
    let others = others.iter().filter_map(|id| catalog.models.get(id));
    let least = others.fold(offer.way.model.max_output, |least, other| {
        least.min(other.max_output)
    });
    figures
        .output_tokens
        .saturating_mul(2)
        .clamp(1, least.min(1_000_000))
}

/// The keys that only this pattern has.
fn own_keys(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog) -> String {
    match (leaf, &offer.adds) {
        (Leaf::BurstsRegional | Leaf::BurstsGlobal, _) => {
            let families = [
                (QuotaFamily::OnDemand, "on-demand"),
                (QuotaFamily::CrossRegion, "geo profile"),
                (QuotaFamily::Global, "global profile"),
            ];
            let arms = families
                .into_iter()
                .filter(|(family, _)| Way::through(*family, &offer.way.model, figures, catalog).is_some());
            format!("arms = {}\n", list(arms.map(|(_, arm)| arm)))
        }
        (Leaf::RepeatedContexts, _) => {
            let repeated = figures.repeated_tokens().min(2_000_000);
            format!("document_tokens = {}\n", repeated.max(1))
        }
        (_, Adds::Routes(routes)) => {
            let mut chains = Vec::new();
            let mut lists = String::new();
            if !routes.regions.is_empty() {
                chains.push("other regions");
                let regions = list(routes.regions.iter().map(Region::as_str));
                let _ = writeln!(lists, "other_regions = {regions}");
            }
            if !routes.models.is_empty() {
                chains.push("other providers");
                let models = list(routes.models.iter().map(ModelId::as_str));
                let _ = writeln!(lists, "other_providers = {models}");
            }
            format!("chains = {}\n{lists}", list(chains))
        }
        _ => String::new(),
    }
}

/// The fault that shows what the pattern is for; none where it is not a matter of failing.
fn fault(leaf: Leaf, figures: &Figures) -> String {
    let kind = match leaf {
        Leaf::BurstsRegional | Leaf::BurstsGlobal | Leaf::GuaranteedThroughput => "capacity-outage",
        Leaf::CustomRouting | Leaf::OneApi => "endpoint-outage",
        Leaf::LargeDatasets | Leaf::QualityAgainstCost | Leaf::RepeatedContexts => return String::new(),
    };
    format!(
        "\n[[fault]]\nkind = \"{kind}\"\nscope = {{ region = \"{}\" }}\nbegins = \"60s\"\nlasts = \"30s\"\n",
        figures.region
    )
}

fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(", "))
}
