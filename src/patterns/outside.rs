//! Traffic that is not ours: what is known beforehand of a program that calls by itself.
//!
//! It has no policy here: how it retries and where it goes is what a drill finds out. Its routes are
//! those it is expected to take; others it takes are measured all the same.

use std::sync::Arc;
use std::time::Duration;

use super::compile::candidates::{reached, target_in};
use super::compile::{CompileProblem, Problem, at, check_region, model_of};
use super::plan::{ArmPlan, CallPolicy, PatternPlan, SpecialPlan};
use crate::catalog::{Catalog, Model};
use crate::event::{ArmId, Route};
use crate::names::{ArmKey, ModelId, PatternKey, Region};

/// The key of traffic from outside, where patterns have theirs.
pub const KEY: &str = "outside";
/// The way of calling of all callers together, where none is named.
pub const ALL: &str = "all";
/// The way of calling of callers that fit none that is named.
pub const OTHERS: &str = "others";

/// What a scenario says of a program of the user's.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsideSpec {
    /// The model that it prefers.
    pub model: ModelId,
    /// The region that it prefers.
    pub region: Region,
    /// Where else it is expected to call that model.
    pub other_regions: Vec<Region>,
    /// What else it is expected to call in that region.
    pub other_models: Vec<ModelId>,
    /// Callers told apart.
    pub callers: Vec<CallerMatch>,
    /// How long after a failure an equal request is taken for its repeat.
    pub retry_window: Duration,
}

/// A caller that is told apart; every condition given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerMatch {
    /// What the scenario calls it.
    pub name: String,
    /// The identifier of its access key.
    pub access_key: Option<String>,
    /// What its user agent holds, `app/checkout`.
    pub user_agent: Option<String>,
}

impl CallerMatch {
    /// Whether a caller is this one.
    pub fn fits(&self, access_key: Option<&str>, user_agent: &str) -> bool {
        let key = self.access_key.as_deref();
        let agent = self.user_agent.as_deref();
        key.is_none_or(|wanted| access_key == Some(wanted))
            && agent.is_none_or(|wanted| user_agent.contains(wanted))
    }
}

/// What a run needs to follow a program.
#[derive(Clone, Debug, PartialEq)]
pub struct OutsidePlan {
    /// Callers told apart, in the order of the arms; an arm for all others follows them.
    pub callers: Vec<CallerMatch>,
    /// How long after a failure an equal request is taken for its repeat.
    pub retry_window: Duration,
}

/// Compiles it into its arms, one for each caller that is named and one for the rest.
pub fn outside(spec: &OutsideSpec, catalog: &Catalog, first: ArmId) -> Result<PatternPlan, CompileProblem> {
    let model = model_of(catalog, &spec.model).map_err(at("model"))?;
    check_region(catalog, &spec.region).map_err(at("region"))?;
    let mut chain = vec![route(catalog, model, &spec.region, spec.region.as_str()).map_err(at("model"))?];
    for region in &spec.other_regions {
        check_region(catalog, region).map_err(at("other_regions"))?;
        chain.push(route(catalog, model, region, region.as_str()).map_err(at("other_regions"))?);
    }
    for other in &spec.other_models {
        let other = model_of(catalog, other).map_err(at("other_models"))?;
        chain.push(route(catalog, other, &spec.region, &other.name).map_err(at("other_models"))?);
    }
    let rest = if spec.callers.is_empty() { ALL } else { OTHERS };
    let names = spec
        .callers
        .iter()
        .map(|caller| caller.name.as_str())
        .chain([rest]);
    let key = PatternKey::from(KEY);
    let arm = |(name, id): (&str, u16)| ArmPlan {
        id: ArmId(id),
        pattern: key.clone(),
        key: ArmKey::from(name),
        about: match name {
            ALL => "a program of yours: every caller of this run's endpoint".to_owned(),
            OTHERS => "callers that the scenario does not name".to_owned(),
            name => format!("a program of yours: {name}"),
        },
        chain: chain.clone(),
        policy: CallPolicy::default(),
    };
    Ok(PatternPlan {
        arms: names.zip(first.0..).map(arm).collect(),
        special: SpecialPlan::Outside(OutsidePlan {
            callers: spec.callers.clone(),
            retry_window: spec.retry_window,
        }),
        ..PatternPlan::plain(key.clone(), Vec::new())
    })
}

fn route(catalog: &Catalog, model: &Model, region: &Region, label: &str) -> Result<Arc<Route>, Problem> {
    let target = target_in(catalog, model, region).ok_or_else(|| Problem::NotServed {
        model: model.id.clone(),
        region: region.clone(),
    })?;
    Ok(Arc::new(reached(model, region, target, label)))
}
