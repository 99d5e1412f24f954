//! What a drill uses: models and profiles by region, and batch.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, QuotaFamily, Resolved};
use crate::names::{ModelId, ModelRef, Region};
use crate::patterns::plan::SpecialPlan;
use crate::scenario::Scenario;

/// A model or profile that is called in a region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Where.
    pub region: Region,
    /// What is written as `modelId`.
    pub target: ModelRef,
    /// The model behind it.
    pub model: ModelId,
    /// Which quotas its calls draw on.
    pub family: QuotaFamily,
}

/// What batch jobs are submitted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchUse {
    /// The role.
    pub role: String,
    /// The bucket, where one is named.
    pub bucket: Option<String>,
}

/// Everything that is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Models and profiles by region, without repeats.
    pub calls: Vec<Use>,
    /// Batch, where it is used.
    pub batch: Option<BatchUse>,
}

impl Uses {
    /// What a scenario calls on Bedrock. Providers beside it are simulated, so they are left out.
    pub fn of(scenario: &Scenario, catalog: &Catalog) -> Self {
        let mut calls = BTreeSet::new();
        let mut batch = None;
        for pattern in &scenario.patterns {
            let routes = pattern.plan.arms.iter().flat_map(|arm| &arm.chain);
            calls.extend(routes.filter_map(|route| found(catalog, &route.region, route.target.as_str())));
            if let SpecialPlan::Batch(plan) = &pattern.plan.special {
                calls.extend(found(catalog, &plan.region, plan.target.as_str()));
                batch = Some(BatchUse {
                    role: plan.job.role.clone(),
                    bucket: plan.job.bucket.clone(),
                });
            }
        }
        Self {
            calls: calls.into_iter().collect(),
            batch,
        }
    }

    /// The same models in a region: each by its bare identifier where that can be called there, and by
    /// every profile that can.
    #[must_use]
    pub fn in_region(&self, region: &Region, catalog: &Catalog) -> Self {
        let models: BTreeSet<&ModelId> = self.calls.iter().map(|call| &call.model).collect();
        let mut calls = BTreeSet::new();
        for id in models {
            let Some(model) = catalog.models.get(id) else {
                continue;
            };
            if model.on_demand_regions.contains(region) {
                calls.extend(found(catalog, region, id.as_str()));
            }
            let profiles = catalog.profiles.values();
            let here = profiles.filter(|it| it.model == *id && it.routes.contains_key(region));
            calls.extend(here.filter_map(|it| found(catalog, region, it.id.as_str())));
        }
        Self {
            calls: calls.into_iter().collect(),
            batch: self.batch.clone(),
        }
    }

    /// Only what is used in these regions; all of it if none is named.
    #[must_use]
    pub fn only(mut self, regions: &[Region]) -> Self {
        if !regions.is_empty() {
            self.calls.retain(|call| regions.contains(&call.region));
        }
        self
    }

    /// Every region in which something is called.
    pub fn regions(&self) -> Vec<Region> {
        let regions: BTreeSet<&Region> = self.calls.iter().map(|call| &call.region).collect();
        regions.into_iter().cloned().collect()
    }
}

fn found(catalog: &Catalog, region: &Region, target: &str) -> Option<Use> {
    let resolved: Resolved = catalog.resolve(target)?;
    Some(Use {
        region: region.clone(),
        target: ModelRef::from(target),
        model: resolved.model().id.clone(),
        family: resolved.quota_family(),
    })
}
