//! Reading the names of quotas: `Cross-region model inference tokens per minute for Amazon Nova Micro`.
//!
//! Service Quotas gives a quota no field for model, family or rate; only its name tells. Case and the
//! words `model inference` or `InvokeModel` vary, so names are compared loosely.

use serde::Serialize;

use crate::catalog::{Catalog, Model, QuotaFamily};

/// What is counted, over what stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateKind {
    /// Requests a minute.
    Requests,
    /// Tokens a minute.
    Tokens,
    /// Tokens a day.
    Daily,
}

impl RateKind {
    /// In a few letters.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Requests => "RPM",
            Self::Tokens => "TPM",
            Self::Daily => "TPD",
        }
    }
}

/// What a quota is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaKind {
    /// Which family; a daily row stands for the bare model and, doubled, for its geographic profiles.
    pub family: QuotaFamily,
    /// What is counted.
    pub rate: RateKind,
    /// The model, as the quota spells it.
    pub model: String,
}

impl QuotaKind {
    /// Reads a name; `None`: it is no rate of a model's (or of another endpoint, or tier).
    pub fn read(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        if lower.contains("latency-optimized") || lower.starts_with('[') {
            return None;
        }
        let family = if lower.starts_with("global cross-region") {
            QuotaFamily::Global
        } else if lower.starts_with("cross-region") {
            QuotaFamily::CrossRegion
        } else if lower.starts_with("on-demand") || lower.starts_with("model invocation max tokens per day") {
            QuotaFamily::OnDemand
        } else {
            return None;
        };
        let (rate, mark) = [
            (RateKind::Requests, "requests per minute for "),
            (RateKind::Tokens, "tokens per minute for "),
            (RateKind::Daily, "tokens per day for "),
        ]
        .into_iter()
        .find(|(_, mark)| lower.contains(mark))?;
        let from = lower.find(mark)? + mark.len();
        let model = name.get(from..)?.split(" (").next()?.trim();
        Some(Self {
            family,
            rate,
            model: model.to_owned(),
        })
    }

    /// Whether it is of a model of the catalogue: by the name that the catalogue lists for it, else
    /// by maker and name, both without a version at the end.
    pub fn is_of(&self, model: &Model, catalog: &Catalog) -> bool {
        let here = plain(&self.model);
        let listed = plain(&catalog.offers.quota_book.name_of(model));
        let own = plain(&format!("{}{}", model.provider, model.name));
        here == listed || here == own || here == plain(&model.name)
    }
}

/// Letters and digits alone, without a `V1` at the end.
fn plain(name: &str) -> String {
    let letters: String = (name.chars().filter(|letter| letter.is_alphanumeric()))
        .flat_map(char::to_lowercase)
        .collect();
    letters.strip_suffix("v1").map_or(letters.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_family_rate_and_model_however_they_are_spelled() {
        let catalog = Catalog::builtin();
        for (name, family, rate, model) in [
            (
                "On-demand model inference requests per minute for Amazon Nova Micro",
                QuotaFamily::OnDemand,
                RateKind::Requests,
                "amazon.nova-micro-v1:0",
            ),
            (
                "Cross-Region InvokeModel tokens per minute for Anthropic Claude Sonnet 4.5 V1",
                QuotaFamily::CrossRegion,
                RateKind::Tokens,
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
            ),
            (
                "Global cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1",
                QuotaFamily::Global,
                RateKind::Tokens,
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
            ),
            (
                "Model invocation max tokens per day for Amazon Nova Micro (doubled for cross-region calls)",
                QuotaFamily::OnDemand,
                RateKind::Daily,
                "amazon.nova-micro-v1:0",
            ),
        ] {
            let kind = QuotaKind::read(name).expect(name);
            assert_eq!((kind.family, kind.rate), (family, rate), "{name}");
            let of: Vec<&str> = (catalog.models.values())
                .filter(|model| kind.is_of(model, &catalog))
                .map(|model| model.id.as_str())
                .collect();
            assert_eq!(of, [model], "{name}");
        }
        for other in [
            "Records per batch inference job for Nova Micro V1",
            "[bedrock-mantle endpoint] Input tokens per minute for Claude Opus 5",
            "On-demand, latency-optimized model inference tokens per minute for Amazon Nova Pro",
        ] {
            assert_eq!(QuotaKind::read(other), None, "{other}");
        }
    }
}
