//! Reading the table `offers.embeddings`: models that turn text into vectors.

use super::cite::Citations;
use super::geography::{RegionNames, region_list};
use super::model::{DOLLARS, Group, TOKENS};
use crate::catalog::embedding::{EmbeddingForm, EmbeddingModel};
use crate::names::{ModelId, Provider};
use crate::toml::Item;
use crate::units::PerMillion;

const FORMS: [(&str, EmbeddingForm); 5] = [
    ("titan-v1", EmbeddingForm::TitanV1),
    ("titan-v2", EmbeddingForm::TitanV2),
    ("cohere-v3", EmbeddingForm::CohereV3),
    ("cohere-v4", EmbeddingForm::CohereV4),
    ("nova", EmbeddingForm::Nova),
];

/// Reads one model; `None` if anything is missing or wrong.
pub fn read_embedding(
    id: &str,
    item: &Item<'_>,
    regions: &RegionNames,
    citations: &Citations,
) -> Option<EmbeddingModel> {
    let table = item.table()?;
    let id = ModelId::from(id);
    citations.cite(&table, Some(&id));
    let name = table.need("name").and_then(|name| name.name());
    let provider = table.need("provider").and_then(|provider| provider.name());
    let form = table.need("form").and_then(|form| form.choice(&FORMS));
    let regions = table.need("regions").map(|list| region_list(&list, regions));
    let dimensions = table.need("dimensions").and_then(|list| {
        let items = list.list()?;
        let found: Vec<u64> = items.iter().filter_map(|item| item.integer(1..=8_192)).collect();
        if found.is_empty() {
            list.reject("a vector has at least one length", None);
        }
        (!found.is_empty()).then_some(found)
    });
    let group = |key| Group::need(&table, key, &id, citations);
    let limits = group("limits").and_then(|group| {
        let figures = (
            group.whole("max_input", TOKENS),
            group.figure("chars_per_token", 0.5..=20.0),
            group.figure("input", DOLLARS),
        );
        group.finish();
        Some((figures.0?, figures.1?, figures.2?))
    });
    let pace = group("pace").and_then(|group| {
        let figures = (
            group.whole("requests_per_minute", TOKENS),
            group.whole("tokens_per_minute", TOKENS),
            group.figure("first_token_ms", 0.1..=600_000.0),
            group.figure("first_token_sigma", 0.0..=3.0),
            group.figure("per_thousand_input_ms", 0.0..=60_000.0),
        );
        group.finish();
        Some((figures.0?, figures.1?, figures.2?, figures.3?, figures.4?))
    });
    table.finish();
    let (max_input, chars_per_token, input) = limits?;
    let (requests_per_minute, tokens_per_minute, first_token_ms, first_token_sigma, per_thousand_input_ms) =
        pace?;
    Some(EmbeddingModel {
        id,
        name: name?.to_owned(),
        provider: Provider::from(provider?),
        form: form?,
        regions: regions?,
        dimensions: dimensions?,
        max_input,
        chars_per_token,
        input: PerMillion::from_dollars(input),
        requests_per_minute,
        tokens_per_minute,
        first_token_ms,
        first_token_sigma,
        per_thousand_input_ms,
    })
}
