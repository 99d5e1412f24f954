//! The keys of `prompt-routing`.

use super::super::NameBook;
use super::read_policy;
use crate::names::{ModelId, Region};
use crate::patterns::compile::RoutingSpec;
use crate::patterns::plan::CallPolicy;
use crate::patterns::routing::RoutingArm;
use crate::toml::{Item, Table};

const FALLBACKS: [(&str, bool); 2] = [("small", false), ("large", true)];

/// Reads them; `None` for want of a model or a region.
pub fn read(
    table: &Table<'_>,
    names: NameBook<'_>,
    start: Option<(ModelId, Region)>,
    policy: Option<&Item<'_>>,
) -> Option<RoutingSpec> {
    let partner = table.take("partner").and_then(|item| names.model(&item));
    let fallback = table.take("fallback").and_then(|item| item.choice(&FALLBACKS));
    let difference = table
        .take("quality_difference")
        .and_then(|item| item.number(0.0..=100.0));
    let arms = table.take("arms").map(|item| {
        let choices = RoutingArm::ALL.map(|arm| (arm.key(), arm));
        let items = item.list().unwrap_or_default();
        items.iter().filter_map(|item| item.choice(&choices)).collect()
    });
    let policy = read_policy(policy, &CallPolicy::default());
    let (model, region) = start?;
    let usual = RoutingSpec::new(model, region);
    Some(RoutingSpec {
        partner,
        large_falls_back: fallback.unwrap_or(usual.large_falls_back),
        difference: difference.unwrap_or(usual.difference),
        arms,
        policy: policy?,
        ..usual
    })
}
