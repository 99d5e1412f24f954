//! What a run of a scenario is measured as: the same for a run that goes on and for its recording.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::special;
use crate::catalog::Catalog;
use crate::measure::snapshot::RunInfo;
use crate::measure::{ArmTrack, FoldPlan, PatternTrack};
use crate::patterns::plan::ArmPlan;
use crate::scenario::Scenario;

/// What is to be measured of a scenario.
pub fn fold_plan(scenario: &Scenario, catalog: &Arc<Catalog>, virtual_time: bool) -> FoldPlan {
    let patterns = scenario.patterns.iter().map(|traffic| PatternTrack {
        key: traffic.plan.key.clone(),
        arms: traffic.plan.arms.iter().map(track).collect(),
        special: special::fold(&traffic.plan),
    });
    FoldPlan {
        run: RunInfo {
            scenario: scenario.name.clone(),
            description: scenario.description.clone(),
            target: "local emulator".to_owned(),
            seed: scenario.seed.number(),
            virtual_time,
            duration: scenario.duration,
            assumptions: assumptions(scenario, catalog),
        },
        patterns: patterns.collect(),
        catalog: Arc::clone(catalog),
        budget: scenario.budget,
        evidence: scenario.judging.evidence(),
    }
}

/// What the catalogue assumes of the models a scenario calls, each with its model's name.
fn assumptions(scenario: &Scenario, catalog: &Catalog) -> Vec<String> {
    let arms = scenario.patterns.iter().flat_map(|traffic| &traffic.plan.arms);
    let models: BTreeSet<_> = arms
        .flat_map(|arm| &arm.chain)
        .map(|route| &route.model)
        .collect();
    let mut lines = Vec::new();
    for id in models {
        let name = catalog.models.get(id).map_or(id.as_str(), |model| &model.name);
        let assumed = catalog.assumptions(id);
        lines.extend(
            assumed
                .into_iter()
                .map(|assumption| format!("{name}: {assumption}")),
        );
    }
    for traffic in &scenario.patterns {
        let scale = scenario.world.time_scale;
        lines.extend(special::assumptions(&traffic.plan.special, scale));
    }
    lines
}

fn track(arm: &ArmPlan) -> ArmTrack {
    ArmTrack {
        id: arm.id,
        key: arm.key.clone(),
        about: arm.about.clone(),
        chain: arm.chain.clone(),
        breakers: arm.policy.breaker.is_some(),
    }
}
