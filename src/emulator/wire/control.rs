//! The control plane: foundation models and inference profiles, from the catalogue.

pub mod account;
pub mod batch;
pub mod profile;
pub mod provisioned;
pub mod router;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::error::{Exception, Violations, WireError};
use crate::catalog::{Catalog, EmbeddingModel, Lifecycle, Model};
use crate::names::Region;

const MODALITIES: &[&str] = &["TEXT", "IMAGE", "EMBEDDING"];
const INFERENCE_TYPES: &[&str] = &["ON_DEMAND", "PROVISIONED"];
const CUSTOMIZATIONS: &[&str] = &["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"];
const PROFILE_TYPES: &[&str] = &["SYSTEM_DEFINED", "APPLICATION"];
/// Profiles on a page where the caller sets no `maxResults`.
const USUAL_PAGE: usize = 100;

/// Who looks, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// What there is.
    pub catalog: &'a Catalog,
    /// The region asked.
    pub region: &'a Region,
    /// The account that asks.
    pub account: &'a str,
}

impl Viewer<'_> {
    /// ListFoundationModels.
    pub fn list_models(&self, query: &str) -> Result<Vec<u8>, WireError> {
        let provider = parameter(query, "byProvider");
        let output = parameter(query, "byOutputModality");
        let inference = parameter(query, "byInferenceType");
        let customization = parameter(query, "byCustomizationType");
        let mut violations = Violations::default();
        for (value, words, path) in [
            (&output, MODALITIES, "byOutputModality"),
            (&inference, INFERENCE_TYPES, "byInferenceType"),
            (&customization, CUSTOMIZATIONS, "byCustomizationType"),
        ] {
            if let Some(word) = value {
                violations.unless_among(words, word, path);
            }
        }
        if let Some(name) = provider.as_deref().filter(|name| !is_provider(name)) {
            let constraint = "Member must satisfy regular expression pattern: [A-Za-z0-9- ]{1,63}";
            violations.add(format_args!("'{name}'"), "byProvider", constraint);
        }
        violations.into_result()?;
        let summaries: Vec<ModelEntry<'_>> = self
            .models_here()
            .filter(|model| {
                provider
                    .as_deref()
                    .is_none_or(|name| model.provider.as_str().eq_ignore_ascii_case(name))
            })
            .filter(|model| match inference.as_deref() {
                None => true,
                Some("ON_DEMAND") => model.on_demand_regions.contains(self.region),
                Some(_) => false,
            })
            .filter(|_| output.as_deref().is_none_or(|modality| modality == "TEXT"))
            .filter(|_| customization.is_none())
            .map(|model| self.model_entry(model))
            .chain(
                self.embeddings_here()
                    .filter(|model| {
                        provider
                            .as_deref()
                            .is_none_or(|name| model.provider.as_str().eq_ignore_ascii_case(name))
                    })
                    .filter(|_| inference.as_deref().is_none_or(|kind| kind == "ON_DEMAND"))
                    .filter(|_| output.as_deref().is_none_or(|modality| modality == "EMBEDDING"))
                    .filter(|_| customization.is_none())
                    .map(|model| self.embedding_entry(model)),
            )
            .collect();
        Ok(written(&ModelList {
            model_summaries: summaries,
        }))
    }

    /// GetFoundationModel, by identifier or ARN.
    pub fn get_model(&self, identifier: &str) -> Result<Vec<u8>, WireError> {
        let id = match identifier.split_once(":foundation-model/") {
            Some((arn, id)) if arn.starts_with("arn:aws") => id,
            Some(_) => return Err(invalid_identifier()),
            None => identifier,
        };
        if !id.contains('.') || id.len() > 140 {
            return Err(invalid_identifier());
        }
        if let Some(model) = self.embeddings_here().find(|model| model.id.as_str() == id) {
            return Ok(written(&ModelDetails {
                model_details: self.embedding_entry(model),
            }));
        }
        let model = self
            .models_here()
            .find(|model| model.id.as_str() == id)
            .ok_or_else(|| {
                WireError::new(
                    Exception::ResourceNotFound,
                    format!("Could not resolve the foundation model from the model identifier: {id}"),
                )
            })?;
        Ok(written(&ModelDetails {
            model_details: self.model_entry(model),
        }))
    }

    fn models_here(&self) -> impl Iterator<Item = &Model> {
        self.catalog
            .models
            .values()
            .map(AsRef::as_ref)
            .filter(|model| model.regions.contains(self.region) && model.lifecycle != Lifecycle::EndOfLife)
    }

    fn embeddings_here(&self) -> impl Iterator<Item = &EmbeddingModel> {
        let models = self.catalog.offers.embeddings.values().map(AsRef::as_ref);
        models.filter(|model| model.regions.contains(self.region))
    }

    fn embedding_entry<'m>(&self, model: &'m EmbeddingModel) -> ModelEntry<'m> {
        ModelEntry {
            model_arn: model_arn(self.region.as_str(), model.id.as_str()),
            model_id: model.id.as_str(),
            model_name: &model.name,
            provider_name: model.provider.as_str(),
            input_modalities: &["TEXT"],
            output_modalities: &["EMBEDDING"],
            response_streaming_supported: false,
            customizations_supported: &[],
            inference_types_supported: &["ON_DEMAND"],
            model_lifecycle: LifecycleEntry { status: "ACTIVE" },
        }
    }

    fn model_entry<'m>(&self, model: &'m Model) -> ModelEntry<'m> {
        let on_demand = model.on_demand_regions.contains(self.region);
        ModelEntry {
            model_arn: model_arn(self.region.as_str(), model.id.as_str()),
            model_id: model.id.as_str(),
            model_name: &model.name,
            provider_name: model.provider.as_str(),
            input_modalities: if model.image_input {
                &["TEXT", "IMAGE"]
            } else {
                &["TEXT"]
            },
            output_modalities: &["TEXT"],
            response_streaming_supported: model.streaming,
            customizations_supported: &[],
            inference_types_supported: if on_demand {
                &["ON_DEMAND"]
            } else {
                &["INFERENCE_PROFILE"]
            },
            model_lifecycle: LifecycleEntry {
                status: match model.lifecycle {
                    Lifecycle::Active => "ACTIVE",
                    Lifecycle::Legacy | Lifecycle::EndOfLife => "LEGACY",
                },
            },
        }
    }
}

fn model_arn(region: &str, model: &str) -> String {
    format!("arn:aws:bedrock:{region}::foundation-model/{model}")
}

/// The refusal of an identifier that is none.
pub fn invalid_identifier() -> WireError {
    WireError::validation("The provided model identifier is invalid.")
}

/// `a, b and c`.
fn listed(regions: &[Region]) -> String {
    match regions {
        [] => String::new(),
        [only] => only.to_string(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(Region::as_str).collect();
            format!("{} and {last}", first.join(", "))
        }
    }
}

fn is_provider(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == ' ')
}

fn page_size(query: &str, violations: &mut Violations) -> usize {
    let Some(written) = parameter(query, "maxResults") else {
        return USUAL_PAGE;
    };
    let shown = format!("'{written}'");
    match written.parse::<i64>() {
        Ok(size @ 1..=1000) => size as usize,
        Ok(size) if size < 1 => {
            violations.add(
                &shown,
                "maxResults",
                "Member must have value greater than or equal to 1",
            );
            USUAL_PAGE
        }
        Ok(_) => {
            violations.add(
                &shown,
                "maxResults",
                "Member must have value less than or equal to 1000",
            );
            USUAL_PAGE
        }
        Err(_) => {
            violations.add(&shown, "maxResults", "Member must be an integer");
            USUAL_PAGE
        }
    }
}

/// A query parameter, decoded; an empty one counts as absent.
fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| {
            let value = value.replace('+', " ");
            percent_decode_str(&value).decode_utf8_lossy().into_owned()
        })
}

/// The token of the page that begins at `offset` of a list.
pub(super) fn offset_token(list: &str, offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("bedrill:{list}:{offset}"))
}

/// Where the page of a token begins; `None` for a token of no page of this list.
pub(super) fn offset_within(list: &str, token: &str) -> Option<usize> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let rest = text.strip_prefix("bedrill:")?.strip_prefix(list)?;
    rest.strip_prefix(':')?.parse().ok()
}

/// A body of JSON; an absent one is an empty structure.
fn parsed<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, WireError> {
    let bytes: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(bytes).map_err(|problem| {
        WireError::new(
            Exception::Serialization,
            format!("The body cannot be read: {problem}"),
        )
    })
}

fn written<T: Serialize>(answer: &T) -> Vec<u8> {
    // Plain structures of text: serializing into memory cannot fail.
    serde_json::to_vec(answer).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelList<'a> {
    model_summaries: Vec<ModelEntry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelDetails<'a> {
    model_details: ModelEntry<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelEntry<'a> {
    model_arn: String,
    model_id: &'a str,
    model_name: &'a str,
    provider_name: &'a str,
    input_modalities: &'static [&'static str],
    output_modalities: &'static [&'static str],
    response_streaming_supported: bool,
    customizations_supported: &'static [&'static str],
    inference_types_supported: &'static [&'static str],
    model_lifecycle: LifecycleEntry,
}

#[derive(Serialize)]
struct LifecycleEntry {
    status: &'static str,
}
