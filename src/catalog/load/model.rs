//! Reading one model: its identity, limits, prices, quotas, cache rule and latency.

use std::ops::RangeInclusive;

use super::cite::Citations;
use super::geography::{RegionNames, region_list};
use crate::catalog::{CacheRule, Family, LatencyModel, Lifecycle, Model, Price, QuotaFamily, QuotaRow};
use crate::names::{ModelId, Provider, Region};
use crate::toml::{Item, Table};
use crate::units::PerMillion;

/// A model with its place in the file, for problems that only the whole catalogue shows.
#[derive(Debug)]
pub struct MappedModel<'d> {
    /// The model.
    pub model: Model,
    /// Its table.
    pub table: Table<'d>,
}

const FAMILIES: [(&str, Family); 7] = [
    ("claude", Family::Claude),
    ("nova", Family::Nova),
    ("titan", Family::Titan),
    ("llama", Family::Llama),
    ("mistral", Family::Mistral),
    ("cohere", Family::Cohere),
    ("openai", Family::OpenAi),
];
const LIFECYCLES: [(&str, Lifecycle); 3] = [
    ("active", Lifecycle::Active),
    ("legacy", Lifecycle::Legacy),
    ("end-of-life", Lifecycle::EndOfLife),
];
const QUOTA_FAMILIES: [(&str, QuotaFamily); 3] = [
    ("on-demand", QuotaFamily::OnDemand),
    ("cross-region", QuotaFamily::CrossRegion),
    ("global", QuotaFamily::Global),
];
/// What a model takes in.
const INPUTS: [(&str, bool); 2] = [("text", false), ("image", true)];

pub const TOKENS: RangeInclusive<u64> = 1..=100_000_000;
/// A quota may be zero: that is what new accounts get.
const PER_MINUTE: RangeInclusive<u64> = 0..=100_000_000_000;
/// Dollars a million tokens. Nothing is free, and nothing costs a thousand.
pub const DOLLARS: RangeInclusive<f64> = 0.000_001..=1_000.0;
const SIGMA: RangeInclusive<f64> = 0.0..=3.0;

/// The word that stands for a quota family in the file.
pub fn family_word(family: QuotaFamily) -> &'static str {
    QUOTA_FAMILIES
        .iter()
        .find(|(_, known)| *known == family)
        .map_or("", |(word, _)| word)
}

/// Reads a model; `None` if anything that it cannot be without is missing or wrong.
pub fn read_model<'d>(
    id: &str,
    item: &Item<'d>,
    regions: &RegionNames,
    citations: &Citations,
) -> Option<MappedModel<'d>> {
    let table = item.table()?;
    let id = ModelId::from(id);
    let name = table.need("name").and_then(|name| name.name());
    let provider = table.need("provider").and_then(|provider| provider.name());
    let family = table.need("family").and_then(|family| family.choice(&FAMILIES));
    let lifecycle = table
        .need("lifecycle")
        .and_then(|lifecycle| lifecycle.choice(&LIFECYCLES));
    let streaming = table.need("streaming").and_then(|streaming| streaming.flag());
    let image_input = table.need("input").map(|input| takes_images(&input));
    citations.cite(&table, Some(&id));
    let group = |key| Group::need(&table, key, &id, citations);
    let on_demand_regions = match table.take("on_demand") {
        Some(item) => read_on_demand(&item, regions, &id, citations),
        None => Vec::new(),
    };
    let limits = group("limits").and_then(|group| read_limits(&group));
    let tokens = group("tokens").and_then(|group| read_tokens(&group));
    let price = group("price").and_then(|group| read_price(&group));
    let quotas = read_quotas(&table, regions, &id, citations);
    let cache = table.take("cache").and_then(|item| {
        let group = Group::of(&item, &id, citations)?;
        read_cache(&group)
    });
    let latency = group("latency").and_then(|group| read_latency(&group));
    table.finish();
    let (context_window, max_output) = limits?;
    let (burndown, chars_per_token) = tokens?;
    let (price, geo_price_factor) = price?;
    let model = Model {
        id,
        name: name?.to_owned(),
        provider: Provider::from(provider?),
        family: family?,
        regions: on_demand_regions.clone(),
        on_demand_regions,
        context_window,
        max_output,
        streaming: streaming?,
        image_input: image_input?,
        lifecycle: lifecycle?,
        burndown,
        chars_per_token,
        price,
        geo_price_factor,
        quotas,
        cache,
        latency: latency?,
    };
    Some(MappedModel { model, table })
}

/// A table of figures, read to its end: citation first, unknown keys last.
pub struct Group<'d>(Table<'d>);

impl<'d> Group<'d> {
    pub fn need(
        table: &Table<'d>,
        key: &'static str,
        model: &ModelId,
        citations: &Citations,
    ) -> Option<Self> {
        Self::of(&table.need(key)?, model, citations)
    }

    fn of(item: &Item<'d>, model: &ModelId, citations: &Citations) -> Option<Self> {
        let table = item.table()?;
        citations.cite(&table, Some(model));
        Some(Self(table))
    }

    pub fn whole(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.0.need(key)?.integer(range)
    }

    pub fn figure(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.0.need(key)?.number(range)
    }

    pub fn finish(&self) {
        self.0.finish();
    }
}

fn takes_images(input: &Item<'_>) -> bool {
    let kinds = input.list().unwrap_or_default();
    let kinds: Vec<bool> = kinds.iter().filter_map(|kind| kind.choice(&INPUTS)).collect();
    kinds.contains(&true)
}

fn read_on_demand(
    item: &Item<'_>,
    regions: &RegionNames,
    id: &ModelId,
    citations: &Citations,
) -> Vec<Region> {
    let Some(group) = Group::of(item, id, citations) else {
        return Vec::new();
    };
    let list = group.0.need("regions");
    let found = list.map(|list| region_list(&list, regions)).unwrap_or_default();
    group.0.finish();
    found
}

fn read_limits(group: &Group<'_>) -> Option<(u64, u64)> {
    let context_window = group.whole("context_window", TOKENS);
    let max_output = group.whole("max_output", TOKENS);
    if let (Some(window), Some(output)) = (context_window, max_output)
        && output > window
    {
        let hint = format!("the context window is {window}");
        group
            .0
            .reject_key("max_output", "is more than the context window holds", Some(hint));
    }
    group.0.finish();
    Some((context_window?, max_output?))
}

fn read_tokens(group: &Group<'_>) -> Option<(u64, f64)> {
    let burndown = group.whole("burndown", 1..=100);
    let chars_per_token = group.figure("chars_per_token", 0.5..=20.0);
    group.0.finish();
    Some((burndown?, chars_per_token?))
}

fn read_price(group: &Group<'_>) -> Option<(Price, f64)> {
    let table = &group.0;
    let dollars = |item: &Item<'_>| item.number(DOLLARS).map(PerMillion::from_dollars);
    let needed = |key| table.need(key).and_then(|item| dollars(&item));
    let or_none = |key| table.take(key).and_then(|item| dollars(&item));
    let (input, output) = (needed("input"), needed("output"));
    let [cache_read, write_short, write_long, batch_input, batch_output] = [
        "cache_read",
        "cache_write_5m",
        "cache_write_1h",
        "batch_input",
        "batch_output",
    ]
    .map(or_none);
    let geo_factor = table.take("geo_factor");
    let geo_factor = geo_factor.map_or(Some(1.0), |factor| factor.number(0.1..=10.0));
    group.0.finish();
    let price = Price {
        input: input?,
        output: output?,
        cache_read,
        cache_write_5m: write_short,
        cache_write_1h: write_long,
        batch_input,
        batch_output,
    };
    Some((price, geo_factor?))
}

fn read_quotas(
    table: &Table<'_>,
    regions: &RegionNames,
    id: &ModelId,
    citations: &Citations,
) -> Vec<QuotaRow> {
    let items = table.need("quotas").and_then(|quotas| quotas.list());
    let mut rows: Vec<QuotaRow> = Vec::new();
    for item in items.unwrap_or_default() {
        let Some(row) = Group::of(&item, id, citations).and_then(|group| read_quota(&group, regions)) else {
            continue;
        };
        let overlaps = |other: &QuotaRow| {
            other.family == row.family
                && (other.regions.is_empty() == row.regions.is_empty())
                && (row.regions.is_empty() || row.regions.iter().any(|r| other.regions.contains(r)))
        };
        if rows.iter().any(overlaps) {
            item.reject("an earlier row covers the same family and region", None);
        }
        rows.push(row);
    }
    rows
}

fn read_quota(group: &Group<'_>, regions: &RegionNames) -> Option<QuotaRow> {
    let table = &group.0;
    let family = table
        .need("family")
        .and_then(|family| family.choice(&QUOTA_FAMILIES));
    let regions = table.take("regions").map(|list| region_list(&list, regions));
    let requests_per_minute = table
        .take("requests_per_minute")
        .and_then(|requests| requests.integer(PER_MINUTE));
    let tokens_per_minute = table
        .need("tokens_per_minute")
        .and_then(|tokens| tokens.integer(PER_MINUTE));
    let code = |key| table.take(key).and_then(|code| quota_code(&code));
    let (requests_code, tokens_code) = (code("requests_code"), code("tokens_code"));
    group.0.finish();
    Some(QuotaRow {
        family: family?,
        regions: regions.unwrap_or_default(),
        requests_per_minute,
        tokens_per_minute: tokens_per_minute?,
        requests_code,
        tokens_code,
    })
}

/// A quota code as Service Quotas writes it.
pub fn quota_code(item: &Item<'_>) -> Option<String> {
    let code = item.text()?;
    let digits = code.strip_prefix("L-").unwrap_or_default();
    if digits.len() == 8 && digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Some(code.to_owned());
    }
    let hint = "as Service Quotas writes them, \"L-F4DDD3EB\"".to_owned();
    item.reject("this is no quota code", Some(hint));
    None
}

fn read_cache(group: &Group<'_>) -> Option<CacheRule> {
    let min_tokens = group.whole("min_tokens", TOKENS);
    let max_tokens = group.0.take("max_tokens").and_then(|most| most.integer(TOKENS));
    let max_checkpoints = group.whole("max_checkpoints", 1..=100);
    let flag = |key| group.0.need(key).and_then(|flag| flag.flag());
    let (one_hour, tools) = (flag("one_hour"), flag("tools"));
    group.0.finish();
    Some(CacheRule {
        min_tokens: min_tokens?,
        max_tokens,
        max_checkpoints: max_checkpoints?,
        one_hour: one_hour?,
        tools: tools?,
    })
}

pub fn read_latency(group: &Group<'_>) -> Option<LatencyModel> {
    let first_token_ms = group.figure("first_token_ms", 0.1..=600_000.0);
    let first_token_sigma = group.figure("first_token_sigma", SIGMA);
    let per_thousand_input_ms = group.figure("per_thousand_input_ms", 0.0..=60_000.0);
    let tokens_per_second = group.figure("tokens_per_second", 0.1..=100_000.0);
    let tokens_per_second_sigma = group.figure("tokens_per_second_sigma", SIGMA);
    group.0.finish();
    Some(LatencyModel {
        first_token_ms: first_token_ms?,
        first_token_sigma: first_token_sigma?,
        per_thousand_input_ms: per_thousand_input_ms?,
        tokens_per_second: tokens_per_second?,
        tokens_per_second_sigma: tokens_per_second_sigma?,
    })
}
