//! What an error of Bedrock means: a pasted text in, its cause, the quota or rule, whether a retry
//! helps and what to do out.
//!
//! The knowledge stands in `assets/errors.toml`, each row with its source; here is only how a text is
//! read. Calls nothing, and says so where the text does not tell.

mod clues;
mod document;
mod known;

use serde::Serialize;

pub use self::clues::Clues;
pub use self::document::Document;
pub use self::known::{Known, known};

use crate::catalog::{Catalog, QuotaFamily, QuotaRow, Resolved};
use crate::names::Region;
use crate::units::grouped;

/// Whether the same request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// Once the minute's quota has refilled.
    Window,
    /// At once, with exponential backoff and jitter.
    Backoff,
    /// Not here: in another region, or with another model.
    Elsewhere,
    /// The same request fails again.
    Never,
}

impl Retry {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Window => {
                "yes, once the minute's quota has refilled: wait up to 60 seconds, then back off with jitter"
            }
            Self::Backoff => "yes, at once, with exponential backoff and jitter, a few times",
            Self::Elsewhere => "not here: in another region, or with another model",
            Self::Never => "no: the same request fails again",
        }
    }
}

/// Which quota was met, as far as the text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Requests in a minute.
    RequestsPerMinute,
    /// Tokens in a minute.
    TokensPerMinute,
    /// Tokens in a day.
    TokensPerDay,
    /// One of them, or the shared pool: the text does not say which.
    Unknown,
}

/// What a text means.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What is known of such errors.
    pub known: &'static Known,
    /// What else the text tells.
    pub clues: Clues,
    /// The quota, by the name it has in Service Quotas.
    pub quota: Option<String>,
    /// What to do, the most useful first.
    pub actions: Vec<String>,
}

/// Explains a text: an error message, a stack trace, a line of a log, a body in JSON.
///
/// `None` where nothing in it is known.
pub fn explain(text: &str, catalog: &Catalog) -> Option<Explanation> {
    let clues = Clues::find(text, catalog);
    let plain = plain(text);
    let by_words = known().iter().find(|row| row.says(&plain));
    let known = by_words.or_else(|| {
        let name = clues.exception.as_deref()?;
        known()
            .iter()
            .rev()
            .find(|row| row.exception.as_deref() == Some(name))
    })?;
    let target = clues.target.as_deref().and_then(|target| catalog.resolve(target));
    let mut actions = Vec::new();
    if known.names_profiles
        && let Some(target) = &target
    {
        actions.extend(profiles(target, clues.region.as_ref(), catalog));
    }
    if known.names_limit
        && let Some(target) = &target
    {
        let model = target.model();
        actions.push(format!(
            "{} writes at most {} tokens.",
            model.name, model.max_output
        ));
    }
    actions.extend(known.actions.iter().cloned());
    Some(Explanation {
        quota: known
            .limit
            .map(|limit| quota(limit, target.as_ref(), clues.region.as_ref())),
        known,
        clues,
        actions,
    })
}

/// The profiles that can be called in place of a bare model.
fn profiles(target: &Resolved, region: Option<&Region>, catalog: &Catalog) -> Option<String> {
    let model = target.model();
    let here = |routes: &std::collections::BTreeMap<Region, Vec<Region>>| {
        region.is_none_or(|region| routes.contains_key(region))
    };
    let ids: Vec<&str> = catalog
        .profiles
        .values()
        .filter(|profile| profile.model == model.id && here(&profile.routes))
        .map(|profile| profile.id.as_str())
        .collect();
    (!ids.is_empty()).then(|| {
        let place = region.map_or_else(String::new, |region| format!(" in {region}"));
        format!("For {}{place} write one of: {}.", model.name, ids.join(", "))
    })
}

/// A quota as Service Quotas names it, as exactly as the text allows.
fn quota(limit: Limit, target: Option<&Resolved>, region: Option<&Region>) -> String {
    let of = target.map_or("the model", |target| target.model().name.as_str());
    let rows = |target: &Resolved| {
        let family = target.quota_family();
        let model = target.model();
        match region {
            Some(region) => model.quota(family, region).cloned(),
            None => model.quotas.iter().find(|row| row.family == family).cloned(),
        }
    };
    let row = target.and_then(rows);
    let family = target.map(Resolved::quota_family);
    match limit {
        Limit::Unknown => "the text does not tell which".to_owned(),
        Limit::TokensPerDay => format!(
            "Model invocation max tokens per day for {of}, or the account's Cross-Model Account-Level Tokens Per Day"
        ),
        Limit::TokensPerMinute => minute("tokens", of, family, row.as_ref()),
        Limit::RequestsPerMinute => minute("requests", of, family, row.as_ref()),
    }
}

fn minute(what: &str, of: &str, family: Option<QuotaFamily>, row: Option<&QuotaRow>) -> String {
    let kind = match family {
        Some(QuotaFamily::OnDemand) => "On-demand model inference",
        Some(QuotaFamily::CrossRegion) => "Cross-region model inference",
        Some(QuotaFamily::Global) => "Global cross-region model inference",
        None => "On-demand, Cross-region or Global cross-region model inference",
    };
    let (value, code) = match what {
        "tokens" => (
            row.map(|row| row.tokens_per_minute),
            row.and_then(|row| row.tokens_code.as_deref()),
        ),
        _ => (
            row.and_then(|row| row.requests_per_minute),
            row.and_then(|row| row.requests_code.as_deref()),
        ),
    };
    let code = code.map_or_else(String::new, |code| format!(" ({code})"));
    let value = value.map_or_else(String::new, |value| {
        format!(
            "; by default {}, your account's applied value may be lower",
            grouped(value as f64)
        )
    });
    format!("{kind} {what} per minute for {of}{code}{value}")
}

/// A text as rows are compared with it: lower case, plain quotation marks, single spaces.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(
            word.chars()
                .flat_map(char::to_lowercase)
                .map(|letter| match letter {
                    '\u{2018}' | '\u{2019}' => '\'',
                    '\u{201c}' | '\u{201d}' => '"',
                    other => other,
                }),
        );
    }
    plain
}

#[cfg(test)]
mod tests;
