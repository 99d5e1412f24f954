//! Reading the table `offers.foreign`: models of providers other than Bedrock.

use super::cite::Citations;
use super::model::{DOLLARS, Group, TOKENS, read_latency};
use crate::catalog::ForeignModel;
use crate::names::{ModelId, Provider};
use crate::toml::Item;
use crate::units::PerMillion;

/// Reads one model; `None` if anything is missing or wrong.
pub fn read_foreign(id: &str, item: &Item<'_>, citations: &Citations) -> Option<ForeignModel> {
    let table = item.table()?;
    let id = ModelId::from(id);
    let provider = table.need("provider").and_then(|provider| provider.name());
    let group = |key| Group::need(&table, key, &id, citations);
    let price = group("price").and_then(|group| {
        let figures = (group.figure("input", DOLLARS), group.figure("output", DOLLARS));
        group.finish();
        Some((figures.0?, figures.1?))
    });
    let quota = group("quota").and_then(|group| {
        let figures = (
            group.whole("requests_per_minute", TOKENS),
            group.whole("tokens_per_minute", TOKENS),
        );
        group.finish();
        Some((figures.0?, figures.1?))
    });
    let limits = group("limits").and_then(|group| {
        let figures = (
            group.whole("max_output", TOKENS),
            group.figure("chars_per_token", 0.5..=20.0),
        );
        group.finish();
        Some((figures.0?, figures.1?))
    });
    let latency = group("latency").and_then(|group| read_latency(&group));
    table.finish();
    let (input, output) = price?;
    let (requests_per_minute, tokens_per_minute) = quota?;
    let (max_output, chars_per_token) = limits?;
    Some(ForeignModel {
        id,
        provider: Provider::from(provider?),
        input: PerMillion::from_dollars(input),
        output: PerMillion::from_dollars(output),
        requests_per_minute,
        tokens_per_minute,
        max_output,
        chars_per_token,
        latency: latency?,
    })
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;
    use crate::units::TokenUsage;

    #[test]
    fn the_two_simulated_providers_are_there_and_say_what_is_assumed() {
        let catalog = Catalog::builtin();
        let models: Vec<_> = catalog.offers.foreign.values().collect();
        assert_eq!(models.len(), 2);
        assert_ne!(models[0].provider, models[1].provider);
        for model in models {
            assert!(
                catalog.assumptions(&model.id).len() >= 2,
                "{} is simulated and must say so",
                model.id
            );
        }
        let usage = TokenUsage {
            input: 1_000_000,
            output: 1_000_000,
            ..TokenUsage::default()
        };
        let cost = catalog.offers.foreign["gpt-4o-mini"].cost(usage);
        assert_eq!(cost.to_string(), "$0.750000");
    }
}
