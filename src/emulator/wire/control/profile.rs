//! Inference profiles on the wire: the service's own and those of an account.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    PROFILE_TYPES, Viewer, invalid_identifier, listed, model_arn, offset_token, offset_within, page_size,
    parameter, written,
};
use crate::catalog::{Profile, QuotaFamily};
use crate::clock::Clock;
use crate::emulator::wire::error::{Exception, Violations, WireError};
use crate::emulator::world::app_profiles::{AppProfile, AppProfileError, AppProfileWish};

/// An account's own profiles, and how to write their dates.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The profiles, in the order in which they were made.
    pub profiles: &'a [Arc<AppProfile>],
    /// For dates.
    pub clock: &'a Clock,
}

impl Viewer<'_> {
    /// ListInferenceProfiles, page by page: the service's, then the account's own.
    pub fn list_profiles(&self, query: &str, own: Own<'_>) -> Result<Vec<u8>, WireError> {
        let kind = parameter(query, "type").or_else(|| parameter(query, "typeEquals"));
        let mut violations = Violations::default();
        if let Some(kind) = &kind {
            violations.unless_among(PROFILE_TYPES, kind, "typeEquals");
        }
        let page = page_size(query, &mut violations);
        violations.into_result()?;
        let from = match parameter(query, "nextToken") {
            None => 0,
            Some(token) => offset_within("profiles", &token)
                .ok_or_else(|| WireError::validation("The provided nextToken is invalid."))?,
        };
        let wants = |name: &str| kind.as_deref().is_none_or(|kind| kind == name);
        let mut here = Vec::new();
        if wants("SYSTEM_DEFINED") {
            here.extend(self.profiles_here().map(|profile| self.profile_entry(profile)));
        }
        if wants("APPLICATION") {
            here.extend(
                own.profiles
                    .iter()
                    .map(|profile| self.own_entry(profile, own.clock)),
            );
        }
        let until = from.saturating_add(page).min(here.len());
        let next_token = (until < here.len()).then(|| offset_token("profiles", until));
        Ok(written(&ProfileList {
            inference_profile_summaries: here.get(from..until).unwrap_or_default(),
            next_token,
        }))
    }

    /// GetInferenceProfile, by identifier or ARN.
    pub fn get_profile(&self, identifier: &str, own: Own<'_>) -> Result<Vec<u8>, WireError> {
        let found = |profile: &&Arc<AppProfile>| profile.id == identifier || *profile.arn == *identifier;
        if let Some(profile) = own.profiles.iter().find(found) {
            return Ok(written(&self.own_entry(profile, own.clock)));
        }
        let id = match identifier.split_once("inference-profile/") {
            Some((arn, id)) if arn.starts_with("arn:aws") => id,
            Some(_) => return Err(invalid_identifier()),
            None => identifier,
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-:.".contains(c);
        if id.is_empty() || id.len() > 2048 || !id.chars().all(allowed) {
            return Err(invalid_identifier());
        }
        let profile = self
            .profiles_here()
            .find(|profile| profile.id.as_str() == id)
            .ok_or_else(|| {
                WireError::new(
                    Exception::ResourceNotFound,
                    format!("Inference profile {id} was not found in {}.", self.region),
                )
            })?;
        Ok(written(&self.profile_entry(profile)))
    }

    fn profiles_here(&self) -> impl Iterator<Item = &Profile> {
        self.catalog
            .profiles
            .values()
            .map(AsRef::as_ref)
            .filter(|profile| profile.routes.contains_key(self.region))
    }

    fn profile_entry<'p>(&self, profile: &'p Profile) -> ProfileEntry<'p> {
        let model = profile.model.as_str();
        let destinations = profile.routes.get(self.region);
        let destinations = destinations.map(Vec::as_slice).unwrap_or_default();
        let where_to = match profile.family {
            QuotaFamily::Global => "globally across all supported AWS Regions".to_owned(),
            QuotaFamily::CrossRegion | QuotaFamily::OnDemand => format!("in {}", listed(destinations)),
        };
        let name = self.catalog.models.get(&profile.model);
        let name = name.map_or(model, |model| model.name.as_str());
        ProfileEntry {
            inference_profile_name: &profile.name,
            description: Some(format!("Routes requests to {name} {where_to}.")),
            created_at: None,
            updated_at: None,
            inference_profile_arn: format!(
                "arn:aws:bedrock:{}:{}:inference-profile/{}",
                self.region, self.account, profile.id
            ),
            models: self.models_of(profile),
            inference_profile_id: profile.id.as_str(),
            status: "ACTIVE",
            kind: "SYSTEM_DEFINED",
        }
    }

    /// A profile of the account's own: its models are those of what it was made of.
    fn own_entry<'p>(&self, profile: &'p AppProfile, clock: &Clock) -> ProfileEntry<'p> {
        let system = self
            .profiles_here()
            .find(|known| *known.id.as_str() == *profile.target);
        let models = match system {
            Some(system) => self.models_of(system),
            None => vec![ProfileModel {
                model_arn: model_arn(self.region.as_str(), &profile.target),
            }],
        };
        let date = clock
            .wall(profile.created_at)
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        ProfileEntry {
            inference_profile_name: &profile.name,
            description: profile.description.clone(),
            created_at: Some(date.clone()),
            updated_at: Some(date),
            inference_profile_arn: profile.arn.to_string(),
            models,
            inference_profile_id: &profile.id,
            status: "ACTIVE",
            kind: "APPLICATION",
        }
    }

    fn models_of(&self, profile: &Profile) -> Vec<ProfileModel> {
        let model = profile.model.as_str();
        let destinations = profile.routes.get(self.region);
        // A global profile names the source region and, region-less, the model everywhere.
        let arns: Vec<String> = match profile.family {
            QuotaFamily::Global => vec![model_arn(self.region.as_str(), model), model_arn("", model)],
            QuotaFamily::CrossRegion | QuotaFamily::OnDemand => (destinations.into_iter().flatten())
                .map(|region| model_arn(region.as_str(), model))
                .collect(),
        };
        arns.into_iter()
            .map(|model_arn| ProfileModel { model_arn })
            .collect()
    }
}

/// Reads the body of CreateInferenceProfile; the tags come beside.
pub fn read(body: &[u8]) -> Result<(AppProfileWish, Vec<Tag>), WireError> {
    let asked: Create = super::parsed(body)?;
    let mut violations = Violations::default();
    let name = asked.inference_profile_name.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || " _-".contains(c);
    if name.is_empty() {
        violations.missing("inferenceProfileName");
    } else if name.len() > 64 || !name.chars().all(allowed) {
        let constraint = "Member must satisfy regular expression pattern: ([0-9a-zA-Z][ _-]?)+";
        violations.add(format_args!("'{name:.100}'"), "inferenceProfileName", constraint);
    }
    let source = asked.model_source.and_then(|source| source.copy_from);
    if source.is_none() {
        violations.missing("modelSource");
    }
    if asked
        .description
        .as_ref()
        .is_some_and(|text| text.chars().count() > 200)
    {
        let constraint = "Member must have length less than or equal to 200";
        violations.add("'...'", "description", constraint);
    }
    violations.into_result()?;
    let wish = AppProfileWish {
        name,
        description: asked.description,
        source: source.unwrap_or_default(),
        token: asked.client_request_token,
    };
    Ok((wish, asked.tags.unwrap_or_default()))
}

/// CreateInferenceProfile's answer.
pub fn created(profile: &AppProfile) -> Vec<u8> {
    written(&Made {
        inference_profile_arn: &profile.arn,
        status: "ACTIVE",
    })
}

/// The refusal of an operation on profiles.
pub fn refused(error: &AppProfileError) -> WireError {
    let exception = match error {
        AppProfileError::NoSource(_) | AppProfileError::SystemDefined => Exception::Validation,
        AppProfileError::NameTaken(_) => Exception::Conflict,
        AppProfileError::TooMany => Exception::ServiceQuotaExceeded,
        AppProfileError::NotFound(_) => Exception::ResourceNotFound,
    };
    WireError::new(exception, error.to_string())
}

/// A tag on the wire.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    inference_profile_name: Option<String>,
    description: Option<String>,
    client_request_token: Option<String>,
    model_source: Option<ModelSource>,
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelSource {
    copy_from: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    inference_profile_arn: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileList<'a> {
    inference_profile_summaries: &'a [ProfileEntry<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileEntry<'a> {
    inference_profile_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    inference_profile_arn: String,
    models: Vec<ProfileModel>,
    inference_profile_id: &'a str,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileModel {
    model_arn: String,
}
