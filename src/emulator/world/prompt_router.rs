//! Prompt routers: which there are, how they are made, and which of its two models a router takes.
//!
//! A router is called like a model. It chooses before the call is judged; from then on the call is
//! one of the chosen model or profile, with its quota, its price and its capacity. The fallback
//! model is the default and no second try: if the chosen one throttles, the call is throttled.

pub mod predict;
mod refusal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use predict::PromptTraits;
pub use refusal::RouterRefusal;

use super::World;
use super::index::{RegionNo, TargetNo};
use super::plan::StandingRouter;
use crate::catalog::{Catalog, Model, QuotaFamily};
use crate::clock::Moment;
use crate::names::{ModelId, Region};
use crate::seed::Seed;

/// Letters and digits of a custom router's identifier.
const ID_LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// How many of them.
const ID_LENGTH: usize = 12;

/// Where a caller stands: routers belong to an account and a region.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// The account.
    pub account: &'a str,
    /// The region whose endpoint is called.
    pub region: &'a Region,
}

/// A prompt router.
#[derive(Clone, Debug, PartialEq)]
pub struct Router {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its name.
    pub name: String,
    /// What its maker says of it.
    pub description: Option<String>,
    /// Whether the service made it.
    pub is_default: bool,
    /// Its two models or profiles, by ARN, in the order they were given.
    pub models: [Arc<str>; 2],
    /// Which of them is taken unless the other is better by the difference: 0 or 1.
    pub fallback: usize,
    /// The response quality difference, in points of 100.
    pub difference: f64,
    /// When it was made.
    pub created_at: Moment,
}

/// What a router is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterWish {
    /// Its name.
    pub name: String,
    /// What its maker says of it.
    pub description: Option<String>,
    /// Its models or profiles, by ARN: both, or the one that is not the fallback model.
    pub models: Vec<String>,
    /// The fallback model, by ARN.
    pub fallback: String,
    /// The response quality difference, in points of 100.
    pub difference: f64,
    /// Makes the wish idempotent.
    pub token: Option<String>,
}

/// What a router chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// The model's or profile's identifier.
    pub target: Arc<str>,
    /// Its ARN, as the trace names it.
    pub arn: Arc<str>,
}

/// The custom routers of all accounts and regions that were looked at.
#[derive(Debug)]
pub(super) struct Routers {
    shelves: BTreeMap<(Arc<str>, RegionNo), Vec<Custom>>,
    ids: Seed,
    made: u64,
}

/// A custom router and the wish that led to it.
#[derive(Debug)]
struct Custom {
    router: Arc<Router>,
    wish: Option<RouterWish>,
}

impl Routers {
    pub(super) fn new(ids: Seed) -> Self {
        Self {
            shelves: BTreeMap::new(),
            ids,
            made: 0,
        }
    }
}

/// Whether a `modelId` is written as a router's ARN.
pub fn is_router(target: &str) -> bool {
    target.starts_with("arn:") && target.contains("prompt-router/")
}

impl World {
    /// The routers of an account in a region: the service's own, then custom ones in the order of
    /// their making.
    pub fn routers(&mut self, desk: Desk<'_>) -> Vec<Arc<Router>> {
        let Some(region) = self.index.region_number(desk.region) else {
            return Vec::new();
        };
        let mut all = self.default_routers(desk, region);
        let custom = self.shelf(desk, region).iter();
        all.extend(custom.map(|custom| Arc::clone(&custom.router)));
        all
    }

    /// The router with an ARN, where that is one of this account and region.
    pub fn router(&mut self, desk: Desk<'_>, arn: &str) -> Option<Arc<Router>> {
        let region = self.index.region_number(desk.region)?;
        let custom = self.shelf(desk, region).iter().map(|custom| &custom.router);
        let found = custom.into_iter().find(|router| *router.arn == *arn).cloned();
        found.or_else(|| {
            let defaults = self.default_routers(desk, region);
            defaults.into_iter().find(|router| *router.arn == *arn)
        })
    }

    /// Makes a router.
    pub fn create_router(
        &mut self,
        now: Moment,
        desk: Desk<'_>,
        wish: RouterWish,
    ) -> Result<Arc<Router>, RouterRefusal> {
        let region = self
            .index
            .region_number(desk.region)
            .ok_or_else(|| RouterRefusal::NotFound(desk.region.to_string()))?;
        let most = self.plan.routing.most_custom;
        let there = self.shelf(desk, region);
        let again = there.iter().find(|custom| {
            let earlier = custom.wish.as_ref().and_then(|wish| wish.token.as_ref());
            earlier.is_some() && earlier == wish.token.as_ref()
        });
        if let Some(custom) = again {
            return if custom.wish.as_ref() == Some(&wish) {
                Ok(Arc::clone(&custom.router))
            } else {
                Err(RouterRefusal::TokenReused)
            };
        }
        if there.iter().any(|custom| custom.router.name == wish.name) {
            return Err(RouterRefusal::NameTaken(wish.name));
        }
        if there.len() as u64 >= most {
            return Err(RouterRefusal::TooMany(most));
        }
        let (models, fallback) = self.pair(desk, region, &wish)?;
        self.routers.made += 1;
        let id = id(self.routers.ids.keyed(self.routers.made));
        let router = Arc::new(Router {
            arn: arn(desk, "prompt-router", &id),
            name: wish.name.clone(),
            description: wish.description.clone(),
            is_default: false,
            models,
            fallback,
            difference: wish.difference,
            created_at: now,
        });
        self.shelf(desk, region).push(Custom {
            router: Arc::clone(&router),
            wish: Some(wish),
        });
        Ok(router)
    }

    /// Takes a custom router away.
    pub fn delete_router(&mut self, desk: Desk<'_>, arn: &str) -> Result<(), RouterRefusal> {
        let found = self.router(desk, arn);
        let router = found.ok_or_else(|| RouterRefusal::NotFound(arn.to_owned()))?;
        if router.is_default {
            return Err(RouterRefusal::DefaultStays);
        }
        if let Some(region) = self.index.region_number(desk.region) {
            let there = self.shelf(desk, region);
            there.retain(|custom| *custom.router.arn != *arn);
        }
        Ok(())
    }

    /// What a router chooses for a prompt; `None`: there is no such router here.
    pub fn route(&mut self, desk: Desk<'_>, arn: &str, traits: PromptTraits) -> Option<Routed> {
        let router = self.router(desk, arn)?;
        let find = |place: usize| self.index.find(&router.models[place], desk.region);
        let (fallback, other) = (find(router.fallback)?, find(1 - router.fallback)?);
        let model = |target: TargetNo| self.index.model(self.index.target(target).model);
        let lead = lead(model(other), model(fallback), traits);
        let (place, target) = if predict::takes_other(lead, router.difference) {
            (1 - router.fallback, other)
        } else {
            (router.fallback, fallback)
        };
        Some(Routed {
            target: Arc::clone(&self.index.target(target).id),
            arn: Arc::clone(&router.models[place]),
        })
    }

    /// The two models of a wish and the place of the fallback model among them.
    fn pair(
        &self,
        desk: Desk<'_>,
        region: RegionNo,
        wish: &RouterWish,
    ) -> Result<([Arc<str>; 2], usize), RouterRefusal> {
        let mut arns: Vec<&str> = wish.models.iter().map(String::as_str).collect();
        if !arns.contains(&wish.fallback.as_str()) {
            arns.push(&wish.fallback);
        }
        let [first, second] = arns.as_slice() else {
            return Err(RouterRefusal::NotTwo(arns.len()));
        };
        let model = |arn: &str| {
            let unknown = || RouterRefusal::UnknownModel(arn.to_owned());
            // Only ARNs: the service takes no bare identifiers here.
            let target = arn
                .starts_with("arn:")
                .then(|| self.index.find(arn, desk.region))
                .flatten()
                .map(|target| self.index.target(target))
                .filter(|target| !target.destinations(region).is_empty())
                .ok_or_else(unknown)?;
            Ok(&self.index.model(target.model).id)
        };
        let (one, two) = (model(first)?, model(second)?);
        let family = |id: &ModelId| {
            let known = self.catalog.offers.router_family(id).map(|(family, _)| family);
            known.ok_or_else(|| RouterRefusal::Unsupported(id.clone()))
        };
        if family(one)? != family(two)? {
            return Err(RouterRefusal::OtherFamily);
        }
        if one == two {
            return Err(RouterRefusal::SameModel(one.clone()));
        }
        let fallback = usize::from(*second == wish.fallback);
        Ok(([(*first).into(), (*second).into()], fallback))
    }

    /// One router for each family that has two models of different price to call here. That the
    /// dearer is the fallback model, and the difference zero, is assumed after listings that users
    /// reported.
    fn default_routers(&self, desk: Desk<'_>, region: RegionNo) -> Vec<Arc<Router>> {
        let families = self.catalog.offers.routers.iter();
        let made = families.filter_map(|(family, members)| {
            let (small, large) = ends(&self.catalog, members)?;
            let models = [QuotaFamily::OnDemand, QuotaFamily::CrossRegion]
                .into_iter()
                .find_map(|kind| {
                    let small = self.member(desk, region, small, kind)?;
                    Some([small, self.member(desk, region, large, kind)?])
                })?;
            let maker = large.id.as_str().split('.').next().unwrap_or_default();
            let title = if maker == "amazon" {
                "Nova"
            } else {
                large.provider.as_str()
            };
            Some(Arc::new(Router {
                arn: arn(desk, "default-prompt-router", &format!("{maker}.{family}:1")),
                name: format!("{title} Prompt Router"),
                description: Some(format!("Routes requests among models in the {family} family")),
                is_default: true,
                models,
                fallback: 1,
                difference: 0.0,
                created_at: Moment::ZERO,
            }))
        });
        made.collect()
    }

    /// The ARN by which a model is called in a region under a quota, if it can be.
    fn member(
        &self,
        desk: Desk<'_>,
        region: RegionNo,
        model: &Model,
        family: QuotaFamily,
    ) -> Option<Arc<str>> {
        let target = self.index.targets().find(|target| {
            target.family == family
                && self.index.model(target.model).id == model.id
                && !target.destinations(region).is_empty()
        })?;
        let (place, account, id) = (desk.region, desk.account, &target.id);
        Some(if target.is_profile {
            format!("arn:aws:bedrock:{place}:{account}:inference-profile/{id}").into()
        } else {
            format!("arn:aws:bedrock:{place}::foundation-model/{id}").into()
        })
    }

    /// The custom routers of an account in a region; at the first look those that stand from the
    /// beginning are put there.
    fn shelf(&mut self, desk: Desk<'_>, region: RegionNo) -> &mut Vec<Custom> {
        let key = (Arc::from(desk.account), region);
        if !self.routers.shelves.contains_key(&key) {
            let standing = self.plan.routing.standing.iter();
            let standing = standing
                .filter(|standing| standing.region == *desk.region)
                .filter_map(|standing| self.standing(desk, region, standing));
            let standing = standing.collect();
            self.routers.shelves.insert(key.clone(), standing);
        }
        self.routers.shelves.entry(key).or_default()
    }

    fn standing(&self, desk: Desk<'_>, region: RegionNo, standing: &StandingRouter) -> Option<Custom> {
        let arn_of = |id: &ModelId| {
            let model = self.catalog.models.get(id)?;
            self.member(desk, region, model, QuotaFamily::OnDemand)
        };
        let router = Router {
            arn: arn(desk, "prompt-router", &standing.id),
            name: standing.name.clone(),
            description: None,
            is_default: false,
            models: [arn_of(&standing.fallback)?, arn_of(&standing.other)?],
            fallback: 0,
            difference: standing.difference,
            created_at: Moment::ZERO,
        };
        Some(Custom {
            router: Arc::new(router),
            wish: None,
        })
    }
}

/// By how many points the other model's answer is predicted to be better than the fallback
/// model's. The dearer of two is taken for the larger: an assumption, the catalogue has no sizes.
fn lead(other: &Model, fallback: &Model, traits: PromptTraits) -> f64 {
    match worth(other).cmp(&worth(fallback)) {
        std::cmp::Ordering::Greater => traits.gain(),
        std::cmp::Ordering::Less => -traits.gain(),
        std::cmp::Ordering::Equal => 0.0,
    }
}

fn worth(model: &Model) -> (crate::units::PerMillion, crate::units::PerMillion) {
    (model.price.output, model.price.input)
}

/// The cheapest and the dearest of a family (of equals the last by name), if they differ.
fn ends<'a>(catalog: &'a Catalog, members: &[ModelId]) -> Option<(&'a Model, &'a Model)> {
    let known = || {
        members
            .iter()
            .filter_map(|id| catalog.models.get(id).map(AsRef::as_ref))
    };
    let small = known().min_by_key(|model| worth(model))?;
    let large = known().max_by_key(|model| (worth(model), &model.id))?;
    (worth(small) < worth(large)).then_some((small, large))
}

fn arn(desk: Desk<'_>, kind: &str, id: &str) -> Arc<str> {
    format!("arn:aws:bedrock:{}:{}:{kind}/{id}", desk.region, desk.account).into()
}

fn id(seed: Seed) -> String {
    let mut draws = seed.stream();
    let letters = (0..ID_LENGTH).map(|_| char::from(ID_LETTERS[draws.below(ID_LETTERS.len())]));
    letters.collect()
}
