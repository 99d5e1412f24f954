//! Whether a fault can ever meet a call of the scenario.

use std::collections::BTreeSet;

use super::super::PatternLoad;
use super::super::spec::FaultSpec;
use crate::catalog::Catalog;
use crate::event::Route;
use crate::fault::{FaultKind, Scope};
use crate::names::{PatternKey, Region};

/// A route with the pattern that takes it, and the regions a fault's `region` is compared with.
struct Call<'a> {
    pattern: &'a PatternKey,
    route: &'a Route,
    regions: Vec<&'a Region>,
}

/// Refuses a fault that no route of any arm can meet, and says which part of its scope is why.
pub fn check(fault: &FaultSpec<'_>, patterns: &[PatternLoad], catalog: &Catalog) {
    let calls = calls_of(fault.plan.kind, patterns, catalog);
    let scope = &fault.plan.scope;
    if calls.iter().any(|call| meets(call, scope)) {
        return;
    }
    let hint = parts(scope)
        .into_iter()
        .find(|(_, alone)| !calls.iter().any(|call| meets(call, alone)))
        .map_or_else(
            || "each part of the scope is met, but by no one call together".to_owned(),
            |(part, _)| reason(part, fault.plan.kind, &calls),
        );
    let problem = "no call of this scenario can meet this fault";
    fault.table.reject_key("scope", problem, Some(hint));
}

fn calls_of<'a>(kind: FaultKind, patterns: &'a [PatternLoad], catalog: &'a Catalog) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    let foreign = |route: &Route| catalog.offers.foreign.contains_key(route.model.as_str());
    for arm in patterns.iter().flat_map(|pattern| &pattern.plan.arms) {
        for route in arm
            .chain
            .iter()
            .filter(|route| kind != FaultKind::Poisoned || foreign(route))
        {
            calls.push(Call {
                pattern: &arm.pattern,
                route,
                regions: regions_of(kind, route, catalog),
            });
        }
    }
    calls
}

/// Lost capacity is of the region that serves, everything else of the region that is called.
fn regions_of<'a>(kind: FaultKind, route: &'a Route, catalog: &'a Catalog) -> Vec<&'a Region> {
    if kind == FaultKind::CapacityOutage
        && let Some(profile) = catalog.profiles.get(route.target.as_str())
        && let Some(destinations) = profile.routes.get(&route.region)
    {
        return destinations.iter().collect();
    }
    vec![&route.region]
}

fn meets(call: &Call<'_>, scope: &Scope) -> bool {
    let route = call.route;
    scope
        .region
        .as_ref()
        .is_none_or(|region| call.regions.contains(&region))
        && scope.model.as_ref().is_none_or(|model| *model == route.model)
        && scope.target.as_ref().is_none_or(|target| *target == route.target)
        && scope
            .provider
            .as_ref()
            .is_none_or(|provider| *provider == route.provider)
        && scope
            .pattern
            .as_ref()
            .is_none_or(|pattern| pattern == call.pattern)
}

/// Each part of a scope alone.
fn parts(scope: &Scope) -> Vec<(&'static str, Scope)> {
    let part = |key, alone: Scope| (alone != Scope::default()).then_some((key, alone));
    let all = [
        part(
            "region",
            Scope {
                region: scope.region.clone(),
                ..Scope::default()
            },
        ),
        part(
            "model",
            Scope {
                model: scope.model.clone(),
                ..Scope::default()
            },
        ),
        part(
            "target",
            Scope {
                target: scope.target.clone(),
                ..Scope::default()
            },
        ),
        part(
            "provider",
            Scope {
                provider: scope.provider.clone(),
                ..Scope::default()
            },
        ),
        part(
            "pattern",
            Scope {
                pattern: scope.pattern.clone(),
                ..Scope::default()
            },
        ),
    ];
    all.into_iter().flatten().collect()
}

fn reason(part: &str, kind: FaultKind, calls: &[Call<'_>]) -> String {
    let met: BTreeSet<&str> = match part {
        "region" => calls
            .iter()
            .flat_map(|call| call.regions.iter().map(|region| region.as_str()))
            .collect(),
        "model" => calls.iter().map(|call| call.route.model.as_str()).collect(),
        "target" => calls.iter().map(|call| call.route.target.as_str()).collect(),
        "provider" => calls.iter().map(|call| call.route.provider.as_str()).collect(),
        _ => calls.iter().map(|call| call.pattern.as_str()).collect(),
    };
    let met: Vec<&str> = met.into_iter().collect();
    let verb = if part == "region" && kind == FaultKind::CapacityOutage {
        "calls are served in"
    } else {
        "calls go to"
    };
    format!("by its `{part}`: {verb} {}", met.join(", "))
}
