//! Prompt routers on the wire: what is asked of them, and what is answered.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{offset_token, offset_within, page_size, parameter, written};
use crate::clock::Clock;
use crate::emulator::wire::error::{Exception, Violations, WireError};
use crate::emulator::world::prompt_router::{Router, RouterRefusal, RouterWish};

const KINDS: &[&str] = &["custom", "default"];

/// Writes answers about routers.
#[derive(Clone, Copy, Debug)]
pub struct Clerk<'a> {
    /// For dates.
    pub clock: &'a Clock,
}

impl Clerk<'_> {
    /// CreatePromptRouter's answer.
    pub fn made(router: &Router) -> Vec<u8> {
        written(&Made {
            prompt_router_arn: &router.arn,
        })
    }

    /// GetPromptRouter's answer.
    pub fn one(self, router: &Router) -> Vec<u8> {
        written(&self.entry(router))
    }

    /// ListPromptRouters, page by page.
    pub fn list(self, query: &str, routers: &[Arc<Router>]) -> Result<Vec<u8>, WireError> {
        let kind = parameter(query, "type");
        let mut violations = Violations::default();
        if let Some(kind) = &kind {
            violations.unless_among(KINDS, kind, "type");
        }
        let page = page_size(query, &mut violations);
        violations.into_result()?;
        let from = match parameter(query, "nextToken") {
            None => 0,
            Some(token) => offset_within("routers", &token)
                .ok_or_else(|| WireError::validation("The provided nextToken is invalid."))?,
        };
        let here: Vec<&Arc<Router>> = routers
            .iter()
            .filter(|router| kind.as_deref().is_none_or(|kind| kind == kind_of(router)))
            .collect();
        let until = from.saturating_add(page).min(here.len());
        let shown = here.get(from..until).unwrap_or_default();
        Ok(written(&List {
            next_token: (until < here.len()).then(|| offset_token("routers", until)),
            prompt_router_summaries: shown.iter().map(|router| self.entry(router)).collect(),
        }))
    }

    fn entry(self, router: &Router) -> Entry<'_> {
        let date = self.clock.wall(router.created_at);
        let date = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Entry {
            created_at: date.clone(),
            description: router.description.as_deref(),
            fallback_model: Target {
                model_arn: &router.models[router.fallback],
            },
            models: [0, 1].map(|place| Target {
                model_arn: &router.models[place],
            }),
            prompt_router_arn: &router.arn,
            prompt_router_name: &router.name,
            routing_criteria: Criteria {
                response_quality_difference: router.difference,
            },
            status: "AVAILABLE",
            kind: kind_of(router),
            updated_at: date,
        }
    }
}

/// Reads the body of CreatePromptRouter. Tags are taken and forgotten.
pub fn read(body: &[u8]) -> Result<RouterWish, WireError> {
    let asked: Create = serde_json::from_slice(body)
        .map_err(|problem| WireError::new(Exception::Serialization, problem.to_string()))?;
    let mut violations = Violations::default();
    if let Some(name) = &asked.prompt_router_name {
        check_words(&mut violations, name, 64, "promptRouterName", "");
    } else {
        violations.missing("promptRouterName");
    }
    if let Some(text) = &asked.description {
        check_words(&mut violations, text, 200, "description", ":.");
    }
    if asked.fallback_model.is_none() {
        violations.missing("fallbackModel");
    }
    match &asked.models {
        None => violations.missing("models"),
        Some(models) if models.is_empty() => {
            let constraint = "Member must have length greater than or equal to 1";
            violations.add("'[]'", "models", constraint);
        }
        Some(_) => {}
    }
    let difference = asked
        .routing_criteria
        .and_then(|criteria| criteria.response_quality_difference);
    match difference {
        None => violations.missing("routingCriteria.responseQualityDifference"),
        Some(difference) if !(0.0..=100.0).contains(&difference) => {
            let constraint = if difference < 0.0 {
                "Member must have value greater than or equal to 0"
            } else {
                "Member must have value less than or equal to 100"
            };
            let path = "routingCriteria.responseQualityDifference";
            violations.add(format_args!("'{difference:?}'"), path, constraint);
        }
        Some(_) => {}
    }
    violations.into_result()?;
    let arn = |model: Model| model.model_arn;
    Ok(RouterWish {
        name: asked.prompt_router_name.unwrap_or_default(),
        description: asked.description,
        models: asked.models.into_iter().flatten().map(arn).collect(),
        fallback: asked.fallback_model.map(arn).unwrap_or_default(),
        difference: difference.unwrap_or_default(),
        token: asked.client_request_token,
    })
}

/// The error of a refusal.
pub fn refused(refusal: &RouterRefusal) -> WireError {
    let exception = match refusal {
        RouterRefusal::NameTaken(_) | RouterRefusal::TokenReused => Exception::Conflict,
        RouterRefusal::TooMany(_) => Exception::ServiceQuotaExceeded,
        RouterRefusal::NotFound(_) => Exception::ResourceNotFound,
        _ => Exception::Validation,
    };
    WireError::new(exception, refusal.to_string())
}

/// The error of an ARN that names no router.
pub fn not_found(arn: String) -> WireError {
    refused(&RouterRefusal::NotFound(arn))
}

/// Words of letters and digits with single blanks, strokes or dashes between, as the service's
/// patterns for names have them.
fn check_words(violations: &mut Violations, text: &str, most: usize, path: &str, more: &str) {
    let length = text.chars().count();
    let shown = format!("'{text:.100}'");
    if length > most {
        let constraint = format!("Member must have length less than or equal to {most}");
        violations.add(&shown, path, constraint);
    }
    let mut after_word = false;
    let sound = !text.is_empty()
        && text.chars().all(|letter| {
            let is_word = letter.is_ascii_alphanumeric() || more.contains(letter);
            let fits = is_word || (after_word && " _-".contains(letter));
            after_word = is_word;
            fits
        });
    if !sound {
        let constraint =
            format!("Member must satisfy regular expression pattern: ([0-9a-zA-Z{more}][ _-]?)+");
        violations.add(&shown, path, constraint);
    }
}

const fn kind_of(router: &Router) -> &'static str {
    if router.is_default { "default" } else { "custom" }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Create {
    client_request_token: Option<String>,
    description: Option<String>,
    fallback_model: Option<Model>,
    models: Option<Vec<Model>>,
    prompt_router_name: Option<String>,
    routing_criteria: Option<Asked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    model_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    response_quality_difference: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    prompt_router_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    prompt_router_summaries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    fallback_model: Target<'a>,
    models: [Target<'a>; 2],
    prompt_router_arn: &'a str,
    prompt_router_name: &'a str,
    routing_criteria: Criteria,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    updated_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    model_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Criteria {
    response_quality_difference: f64,
}
