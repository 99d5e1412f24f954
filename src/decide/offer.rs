//! What the catalogue offers for a leaf: the only place where a recommendation gets its model from.

use std::sync::Arc;
use std::time::Duration;

use super::figures::{Figures, Residency, Urgency};
use super::leaf::Leaf;
use super::refusal::Reason;
use crate::catalog::{Catalog, Lifecycle, Model, QuotaFamily};
use crate::names::{ModelId, Region};

/// Other routes of a chain, at most.
const MOST_ROUTES: usize = 2;

/// How a model is called from the region of the figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The model.
    pub model: Arc<Model>,
    /// What is written as `modelId`: the bare identifier or a profile's.
    pub target: String,
    /// Which quota it draws on.
    pub family: QuotaFamily,
    /// Regions that may serve it.
    pub served_in: Vec<Region>,
}

/// What is offered for a leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// How the model is called, without the pattern where the pattern changes that.
    pub way: Way,
    /// What the pattern adds.
    pub adds: Adds,
}

/// What a pattern adds to a plain way of calling.
#[derive(Clone, Debug, PartialEq)]
pub enum Adds {
    /// Nothing: the way is the pattern, or the pattern changes the price alone.
    Nothing,
    /// A router between the way's model and a cheaper one.
    Smaller(Way),
    /// Model units in the calling region.
    Units,
    /// The Reserved tier.
    Reserved,
    /// Where a chain goes on.
    Routes(Routes),
}

/// The further routes of a chain. At least one list has something in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes {
    /// Endpoints of other regions that take the same model, within the residency.
    pub regions: Vec<Region>,
    /// Other makers' models, called in the same region.
    pub models: Vec<ModelId>,
}

impl Way {
    /// The ordinary way: the bare identifier, else the geographic profile, else the global one.
    pub fn plain(model: &Arc<Model>, figures: &Figures, catalog: &Catalog) -> Option<Self> {
        use QuotaFamily::{CrossRegion, Global, OnDemand};
        [OnDemand, CrossRegion, Global]
            .into_iter()
            .find_map(|family| Self::through(family, model, figures, catalog))
    }

    /// The way through one quota family; `None` where it is not offered or leaves the residency.
    pub fn through(
        family: QuotaFamily,
        model: &Arc<Model>,
        figures: &Figures,
        catalog: &Catalog,
    ) -> Option<Self> {
        let home = &figures.region;
        let (target, served_in) = if family == QuotaFamily::OnDemand {
            let offered = model.on_demand_regions.contains(home);
            (offered.then(|| model.id.to_string())?, vec![home.clone()])
        } else {
            let profile = catalog.profiles.values().find(|profile| {
                profile.model == model.id && profile.family == family && profile.routes.contains_key(home)
            })?;
            (profile.id.to_string(), profile.routes.get(home)?.clone())
        };
        let allowed = served_in.iter().all(|region| is_within(region, figures, catalog));
        allowed.then(|| Self {
            model: Arc::clone(model),
            target,
            family,
            served_in,
        })
    }
}

impl Offer {
    /// What a model offers for a leaf, or why it does not.
    pub fn of(leaf: Leaf, model: &Arc<Model>, figures: &Figures, catalog: &Catalog) -> Result<Self, Reason> {
        let lacks = |what: &'static str| Reason::NotOffered {
            model: model.id.clone(),
            what,
            instead: Vec::new(),
        };
        let plainly = || Way::plain(model, figures, catalog).ok_or_else(|| lacks(CALLABLE));
        let simply = |way| Self {
            way,
            adds: Adds::Nothing,
        };
        match leaf {
            Leaf::BurstsRegional => {
                let way = Way::through(QuotaFamily::CrossRegion, model, figures, catalog);
                way.map(simply)
                    .ok_or_else(|| lacks("a geographic profile that may be used here"))
            }
            Leaf::BurstsGlobal => {
                let way = Way::through(QuotaFamily::Global, model, figures, catalog);
                way.map(simply)
                    .ok_or_else(|| lacks("a global profile that may be used here"))
            }
            Leaf::LargeDatasets => {
                let priced = model.price.batch_input.is_some() && model.price.batch_output.is_some();
                priced.then_some(()).ok_or_else(|| lacks("batch inference"))?;
                plainly().map(simply)
            }
            Leaf::RepeatedContexts => {
                let rule = model.cache.as_ref().ok_or_else(|| lacks("prompt caching"))?;
                let repeated = figures.repeated_tokens();
                if repeated < rule.min_tokens {
                    return Err(Reason::TooShortToCache {
                        model: model.id.clone(),
                        repeated,
                        least: rule.min_tokens,
                    });
                }
                plainly().map(simply)
            }
            Leaf::QualityAgainstCost => router(model, figures, catalog),
            Leaf::GuaranteedThroughput => guaranteed(model, figures, catalog),
            Leaf::OneApi => plainly().map(simply),
            Leaf::CustomRouting => {
                let way = plainly()?;
                let routes = routes(model, figures, catalog);
                let somewhere = !routes.regions.is_empty() || !routes.models.is_empty();
                somewhere
                    .then_some(())
                    .ok_or_else(|| lacks("a second route within the residency"))?;
                Ok(Self {
                    way,
                    adds: Adds::Routes(routes),
                })
            }
        }
    }
}

const CALLABLE: &str = "a way of being called from here within the residency";

/// Every model that offers a leaf, whichever the figures name; ordered by identifier.
pub fn offering(leaf: Leaf, figures: &Figures, catalog: &Catalog) -> Vec<ModelId> {
    let living = catalog.models.values().filter(|model| is_alive(model));
    living
        .filter(|model| holds(model, figures) && Offer::of(leaf, model, figures, catalog).is_ok())
        .map(|model| model.id.clone())
        .collect()
}

/// Whether a model is still answered.
pub fn is_alive(model: &Model) -> bool {
    model.lifecycle != Lifecycle::EndOfLife
}

/// Whether prompts and answers of these lengths fit.
pub fn holds(model: &Model, figures: &Figures) -> bool {
    figures.output_tokens <= model.max_output
        && figures.input_tokens.saturating_add(figures.output_tokens) <= model.context_window
}

/// Refuses a model whose first token comes later, in the median, than somebody waits for.
pub fn is_soon_enough(leaf: Leaf, model: &Model, figures: &Figures) -> Result<(), Reason> {
    let Urgency::FirstToken(within) = figures.urgency else {
        return Ok(());
    };
    let cached = if leaf == Leaf::RepeatedContexts {
        cached_tokens(model, figures)
    } else {
        0
    };
    let takes = first_token(model, figures.input_tokens - cached);
    (takes <= within).then_some(()).ok_or_else(|| Reason::TooSlow {
        model: model.id.clone(),
        takes,
        within,
    })
}

/// The median time to the first token of a prompt.
pub fn first_token(model: &Model, uncached_tokens: u64) -> Duration {
    let latency = &model.latency;
    let millis = latency.first_token_ms + latency.per_thousand_input_ms * uncached_tokens as f64 / 1_000.0;
    Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or(Duration::MAX)
}

/// Prompt tokens of each request that the cache can hold.
pub fn cached_tokens(model: &Model, figures: &Figures) -> u64 {
    let repeated = figures.repeated_tokens().min(figures.input_tokens);
    model.cache.as_ref().map_or(0, |rule| {
        rule.max_tokens.map_or(repeated, |most| most.min(repeated))
    })
}

fn is_within(region: &Region, figures: &Figures, catalog: &Catalog) -> bool {
    let geography = |region: &Region| catalog.regions.get(region).map(|entry| entry.geography.as_str());
    match figures.residency {
        Residency::Region => *region == figures.region,
        Residency::Geography => geography(region) == geography(&figures.region),
        Residency::Anywhere => true,
    }
}

/// A router between a model and the one of its family that is furthest from it in price.
fn router(model: &Arc<Model>, figures: &Figures, catalog: &Catalog) -> Result<Offer, Reason> {
    let lacks = |what| Reason::NotOffered {
        model: model.id.clone(),
        what,
        instead: Vec::new(),
    };
    let family = catalog.offers.router_family(&model.id);
    let (_, members) = family.ok_or_else(|| lacks("prompt routing"))?;
    let own = Way::plain(model, figures, catalog).ok_or_else(|| lacks(CALLABLE))?;
    let others = members.iter().filter(|id| **id != model.id);
    let others = others.filter_map(|id| catalog.models.get(id));
    let partner = others
        .filter(|other| is_alive(other) && holds(other, figures))
        .filter_map(|other| Way::plain(other, figures, catalog))
        .max_by_key(|other| worth(&other.model, figures).abs_diff(worth(model, figures)))
        .filter(|other| worth(&other.model, figures) != worth(model, figures))
        .ok_or_else(|| lacks("a router partner of another price that can be called from here"))?;
    let (large, small) = if worth(model, figures) > worth(&partner.model, figures) {
        (own, partner)
    } else {
        (partner, own)
    };
    Ok(Offer {
        way: large,
        adds: Adds::Smaller(small),
    })
}

/// What one request costs by the bare price, for comparing models.
pub fn worth(model: &Model, figures: &Figures) -> u64 {
    let price = &model.price;
    (price.input.cost(figures.input_tokens) + price.output.cost(figures.output_tokens)).picos()
}

fn guaranteed(model: &Arc<Model>, figures: &Figures, catalog: &Catalog) -> Result<Offer, Reason> {
    if catalog.offers.has_units(&model.id, &figures.region) {
        return Ok(Offer {
            way: Way {
                model: Arc::clone(model),
                target: model.id.to_string(),
                family: QuotaFamily::OnDemand,
                served_in: vec![figures.region.clone()],
            },
            adds: Adds::Units,
        });
    }
    let lacks = || Reason::NotOffered {
        model: model.id.clone(),
        what: "model units or the Reserved tier here",
        instead: Vec::new(),
    };
    catalog.offers.reserved_for(&model.id).ok_or_else(lacks)?;
    let way = Way::plain(model, figures, catalog).ok_or_else(lacks)?;
    Ok(Offer {
        way,
        adds: Adds::Reserved,
    })
}

/// Where a chain can go on: the same model at other endpoints, other makers' models at this one.
fn routes(model: &Arc<Model>, figures: &Figures, catalog: &Catalog) -> Routes {
    let at = |region: &Region| Figures {
        region: region.clone(),
        ..figures.clone()
    };
    let regions = catalog.regions.keys().filter(|region| **region != figures.region);
    let regions = regions
        .filter(|region| is_within(region, figures, catalog))
        .filter(|region| Way::plain(model, &at(region), catalog).is_some())
        .take(MOST_ROUTES)
        .cloned()
        .collect();
    let mut others: Vec<&Arc<Model>> = catalog
        .models
        .values()
        .filter(|other| other.provider != model.provider && other.lifecycle == Lifecycle::Active)
        .filter(|other| holds(other, figures) && Way::plain(other, figures, catalog).is_some())
        .collect();
    others.sort_by_key(|other| worth(other, figures).abs_diff(worth(model, figures)));
    let mut models: Vec<&Arc<Model>> = Vec::new();
    for other in others {
        if models.len() < MOST_ROUTES && models.iter().all(|seen| seen.provider != other.provider) {
            models.push(other);
        }
    }
    Routes {
        regions,
        models: models.into_iter().map(|other| other.id.clone()).collect(),
    }
}
