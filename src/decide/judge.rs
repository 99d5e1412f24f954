//! Judging one leaf by figures: is there an occasion, who offers it, what does it cost, how well
//! does it fit.

use std::sync::Arc;

use super::costs::Costs;
use super::figures::{Figures, Residency, Urgency};
use super::leaf::Leaf;
use super::needs::{Busiest, Needs};
use super::offer::{self, Adds, Offer, Way};
use super::refusal::Reason;
use super::{Fit, Recommendation, script};
use crate::catalog::{Catalog, Lifecycle, Model, QuotaFamily};
use crate::names::{ModelId, Region};

/// A saving below this share of the plain cost is none.
const WORTH_SAVING: f64 = 0.05;

/// Makes a leaf's recommendation, or says why there is none.
pub fn judge(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<Recommendation, Reason> {
    occasion(leaf, figures, catalog)?;
    let offer = choose(leaf, figures, catalog)?;
    let costs = Costs::of(leaf, &offer, figures);
    check_costs(leaf, &offer, &costs, figures)?;
    let models = offer::offering(leaf, figures, catalog);
    Ok(Recommendation {
        leaf,
        pattern: leaf.pattern(),
        fit: fit(leaf, &offer, &costs, figures, catalog),
        model: offer.way.model.id.clone(),
        target: target(&offer),
        why: reasons(leaf, &offer, &costs, figures, catalog),
        needs: Needs::of(leaf, &offer, figures, catalog, models),
        combines_with: leaf.combines_with(),
        scenario: script::scenario(leaf, &offer, figures, catalog),
        costs,
    })
}

/// Whether the figures give an occasion for a leaf at all.
fn occasion(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<(), Reason> {
    let missing = match leaf {
        Leaf::LargeDatasets => return batch_occasion(figures, catalog),
        Leaf::GuaranteedThroughput => (!figures.guaranteed).then_some("no rate must be guaranteed"),
        Leaf::RepeatedContexts => {
            (figures.repeated_tokens() == 0).then_some("no part of the prompts repeats")
        }
        Leaf::QualityAgainstCost if figures.complex.get() <= 0.0 => {
            Some("no prompt needs the larger model: call the smaller one")
        }
        Leaf::QualityAgainstCost => {
            (figures.complex.get() >= 1.0).then_some("every prompt needs the larger model: call it")
        }
        Leaf::BurstsRegional => {
            (figures.residency == Residency::Region).then_some("a profile is served in other regions too")
        }
        Leaf::BurstsGlobal => {
            (figures.residency != Residency::Anywhere).then_some("a global profile leaves the geography")
        }
        Leaf::OneApi => (!figures.foreign).then_some("no provider outside Bedrock must answer"),
        Leaf::CustomRouting => None,
    };
    missing.map_or(Ok(()), |missing| Err(Reason::NoOccasion(missing)))
}

fn batch_occasion(figures: &Figures, catalog: &Catalog) -> Result<(), Reason> {
    if figures.urgency != Urgency::Hours {
        return Err(Reason::NoOccasion("somebody waits for the answers"));
    }
    let requests = figures.requests_a_month();
    let least = catalog.offers.batch.map_or(1, |limits| limits.min_records);
    if requests < least {
        return Err(Reason::TooFew { requests, least });
    }
    Ok(())
}

/// The offer of the model that must be called, or of the cheapest that will do.
fn choose(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Result<Offer, Reason> {
    let of = |model: &Arc<Model>| {
        let offer = Offer::of(leaf, model, figures, catalog)?;
        offer::is_soon_enough(leaf, &offer.way.model, figures)?;
        Ok(offer)
    };
    if let Some(model) = figures.model.as_ref().and_then(|id| catalog.models.get(id)) {
        return of(model).map_err(|reason: Reason| match reason {
            Reason::NotOffered { model, what, .. } => Reason::NotOffered {
                model,
                what,
                instead: offer::offering(leaf, figures, catalog),
            },
            other => other,
        });
    }
    let mut models: Vec<&Arc<Model>> = catalog
        .models
        .values()
        .filter(|model| offer::is_alive(model) && offer::holds(model, figures))
        .collect();
    // A model whose end is announced comes after all others.
    models.sort_by_key(|model| (model.lifecycle != Lifecycle::Active, offer::worth(model, figures)));
    let mut nearest = None;
    for model in models {
        match of(model) {
            Ok(offer) => return Ok(offer),
            Err(reason) => {
                nearest.get_or_insert(reason);
            }
        }
    }
    Err(nearest.map_or(
        Reason::NoOccasion("no model of the catalogue holds prompts and answers of these lengths"),
        |nearest| Reason::NobodyOffers(Box::new(nearest)),
    ))
}

fn check_costs(leaf: Leaf, offer: &Offer, costs: &Costs, figures: &Figures) -> Result<(), Reason> {
    let saves = matches!(leaf, Leaf::RepeatedContexts | Leaf::QualityAgainstCost);
    if let (true, Some(with), Some(without)) = (saves, costs.monthly, costs.plain)
        && with >= without
    {
        return Err(Reason::SavesNothing { with, without });
    }
    match (costs.monthly, figures.budget) {
        (Some(cost), Some(budget)) if cost > budget => Err(Reason::OverBudget {
            model: offer.way.model.id.clone(),
            cost,
            budget,
        }),
        _ => Ok(()),
    }
}

fn fit(leaf: Leaf, offer: &Offer, costs: &Costs, figures: &Figures, catalog: &Catalog) -> Fit {
    match leaf {
        Leaf::GuaranteedThroughput | Leaf::OneApi | Leaf::LargeDatasets => Fit::Asked,
        Leaf::RepeatedContexts | Leaf::QualityAgainstCost => {
            let saves = costs.saving().is_some_and(|saving| saving >= WORTH_SAVING);
            if saves { Fit::Helps } else { Fit::Works }
        }
        Leaf::BurstsRegional | Leaf::BurstsGlobal => {
            if lesser_way_holds(leaf, offer, figures, catalog) {
                Fit::Works
            } else {
                Fit::Helps
            }
        }
        Leaf::CustomRouting => Fit::Works,
    }
}

/// Whether the busiest minute would be held without going so far: by the bare identifier, or, for
/// a global profile, by the geographic one.
fn lesser_way_holds(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog) -> bool {
    let lesser: &[QuotaFamily] = if leaf == Leaf::BurstsGlobal {
        &[QuotaFamily::OnDemand, QuotaFamily::CrossRegion]
    } else {
        &[QuotaFamily::OnDemand]
    };
    lesser
        .iter()
        .filter_map(|family| Way::through(*family, &offer.way.model, figures, catalog))
        .any(|way| Busiest::of(leaf, &way, figures, 1.0).is_held(&way, &figures.region))
}

fn target(offer: &Offer) -> Option<String> {
    match offer.adds {
        Adds::Smaller(_) | Adds::Units => None,
        Adds::Nothing | Adds::Reserved | Adds::Routes(_) => Some(offer.way.target.clone()),
    }
}

fn reasons(leaf: Leaf, offer: &Offer, costs: &Costs, figures: &Figures, catalog: &Catalog) -> Vec<String> {
    let model = &offer.way.model;
    let mut why = vec![leaf.because().to_owned()];
    if let Some(saving) = costs.saving().filter(|saving| *saving >= WORTH_SAVING) {
        why.push(format!(
            "Tokens cost {:.0}% less than without it.",
            saving * 100.0
        ));
    }
    why.extend(what_it_adds(offer, figures));
    if matches!(leaf, Leaf::BurstsRegional | Leaf::BurstsGlobal) {
        why.push(if lesser_way_holds(leaf, offer, figures, catalog) {
            "The quota of a lesser way holds the busiest minute already; what remains is the loss of a region's capacity."
                .to_owned()
        } else {
            "No lesser way holds the busiest minute by its default quota.".to_owned()
        });
    }
    if leaf == Leaf::OneApi {
        why.push(
            "Where foreign providers serve is not in the catalogue: ask them, if residency matters."
                .to_owned(),
        );
    }
    if model.lifecycle == Lifecycle::Legacy {
        why.push(format!(
            "The end of {} is announced: plan its successor.",
            model.name
        ));
    }
    if figures.model.is_none() {
        why.push("No model was named: this is the cheapest choice that will do.".to_owned());
    }
    why
}

fn what_it_adds(offer: &Offer, figures: &Figures) -> Option<String> {
    let model = &offer.way.model.name;
    let region = &figures.region;
    match &offer.adds {
        Adds::Smaller(small) => Some(format!(
            "{model} takes the complex {:.0}% of prompts, {} the rest.",
            figures.complex.get() * 100.0,
            small.model.name
        )),
        Adds::Units => Some(format!("Units of {model} are sold in {region}.")),
        Adds::Reserved => Some(format!(
            "No units of {model} are sold in {region}; the Reserved tier takes their place."
        )),
        Adds::Routes(routes) => {
            let regions = routes.regions.iter().map(Region::as_str);
            let others = regions.chain(routes.models.iter().map(ModelId::as_str));
            let others: Vec<&str> = others.collect();
            Some(format!("It can go on to {}.", others.join(", ")))
        }
        Adds::Nothing => None,
    }
}
