//! What a person looks at in an account beside models and profiles: access to models, tags, logging,
//! and lists that are empty here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::profile::Tag;
use super::{Viewer, page_size, parameter, parsed, written};
use crate::emulator::api::Op;
use crate::emulator::wire::error::{Exception, Violations, WireError};
use crate::names::ModelId;

/// Tags a thing may have.
const MOST_TAGS: usize = 50;
/// The parts of a logging configuration.
const LOGGING: [&str; 7] = [
    "cloudWatchConfig",
    "s3Config",
    "textDataDeliveryEnabled",
    "imageDataDeliveryEnabled",
    "embeddingDataDeliveryEnabled",
    "videoDataDeliveryEnabled",
    "audioDataDeliveryEnabled",
];

/// The member that holds a list which is always empty here; `None`: the operation is no such list.
const fn empty_list(op: Op) -> Option<&'static str> {
    Some(match op {
        Op::ListGuardrails => "guardrails",
        Op::ListEnforcedGuardrailsConfiguration => "guardrailsConfig",
        Op::ListCustomModels | Op::ListImportedModels => "modelSummaries",
        Op::ListCustomModelDeployments => "modelDeploymentSummaries",
        Op::ListModelImportJobs => "modelImportJobSummaries",
        Op::ListModelCopyJobs => "modelCopyJobSummaries",
        Op::ListModelCustomizationJobs => "modelCustomizationJobSummaries",
        Op::ListEvaluationJobs | Op::ListAdvancedPromptOptimizationJobs => "jobSummaries",
        Op::ListMarketplaceModelEndpoints => "marketplaceModelEndpoints",
        Op::ListAutomatedReasoningPolicies => "automatedReasoningPolicySummaries",
        Op::ListAutomatedReasoningPolicyBuildWorkflows => "automatedReasoningPolicyBuildWorkflowSummaries",
        Op::ListAutomatedReasoningPolicyTestCases => "testCases",
        Op::ListAutomatedReasoningPolicyTestResults => "testResults",
        Op::ListProjects => "projectSummaries",
        Op::ListTrustedAccessPrograms => "programSummaries",
        _ => return None,
    })
}

/// Answers an operation that lists what nobody has here; `None`: it is none of those.
pub fn nothing(op: Op, query: &str) -> Option<Result<Vec<u8>, WireError>> {
    let member = empty_list(op)?;
    let mut violations = Violations::default();
    page_size(query, &mut violations);
    Some(violations.into_result().and_then(|()| {
        if parameter(query, "nextToken").is_some() {
            return Err(WireError::validation("The provided nextToken is invalid."));
        }
        Ok(written(&json!({ member: [] })))
    }))
}

impl Viewer<'_> {
    /// GetFoundationModelAvailability. `denied` are the models the account has no access to.
    pub fn availability(&self, id: &str, denied: &[ModelId]) -> Result<Vec<u8>, WireError> {
        let model = self.catalog.models.get(id).ok_or_else(|| no_model(id))?;
        let (yes, no) = ("AVAILABLE", "NOT_AVAILABLE");
        let (granted, here) = (!denied.contains(&model.id), model.regions.contains(self.region));
        Ok(written(&json!({
            "modelId": id,
            "agreementAvailability": { "status": if granted { yes } else { no } },
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": if granted { yes } else { no },
            "regionAvailability": if here { yes } else { no },
        })))
    }

    /// ListFoundationModelAgreementOffers: none are open here.
    pub fn agreement_offers(&self, id: &str) -> Result<Vec<u8>, WireError> {
        let model = self.catalog.models.get(id).ok_or_else(|| no_model(id))?;
        Ok(written(&json!({ "modelId": model.id.as_str(), "offers": [] })))
    }
}

fn no_model(id: &str) -> WireError {
    let said = format!("Could not resolve the foundation model from the model identifier: {id}");
    WireError::new(Exception::ResourceNotFound, said)
}

/// GetUseCaseForModelAccess: nobody has filed one here.
pub fn no_use_case() -> WireError {
    WireError::new(
        Exception::ResourceNotFound,
        "Use case for model access not found.",
    )
}

/// Reads PutModelInvocationLoggingConfiguration.
pub fn read_logging(body: &[u8]) -> Result<Value, WireError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Put {
        logging_config: Option<Map<String, Value>>,
    }
    let put: Put = parsed(body)?;
    let mut violations = Violations::default();
    let Some(config) = put.logging_config else {
        violations.missing("loggingConfig");
        return Err(violations
            .into_result()
            .err()
            .unwrap_or_else(|| WireError::usual(Exception::Validation)));
    };
    let need = |part: &str, member: &str, violations: &mut Violations| {
        let part_of = config
            .get(part)
            .filter(|value| value.get(member).is_none_or(Value::is_null));
        if part_of.is_some() {
            violations.missing(format_args!("loggingConfig.{part}.{member}"));
        }
    };
    need("cloudWatchConfig", "logGroupName", &mut violations);
    need("cloudWatchConfig", "roleArn", &mut violations);
    need("s3Config", "bucketName", &mut violations);
    violations.into_result()?;
    let kept = config
        .into_iter()
        .filter(|(name, _)| LOGGING.contains(&name.as_str()));
    Ok(Value::Object(kept.collect()))
}

/// GetModelInvocationLoggingConfiguration's answer; nothing where nothing was put.
pub fn logging(config: Option<&Value>) -> Vec<u8> {
    match config {
        Some(config) => written(&json!({ "loggingConfig": config })),
        None => b"{}".to_vec(),
    }
}

/// What is asked about tags.
#[derive(Debug, Deserialize)]
pub struct TagAsk {
    /// The ARN of the thing.
    #[serde(default, rename = "resourceARN")]
    pub arn: String,
    /// Tags to put.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Keys to take off.
    #[serde(default, rename = "tagKeys")]
    pub keys: Vec<String>,
}

impl TagAsk {
    /// Reads the body of an operation on tags.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let asked: Self = parsed(body)?;
        let mut violations = Violations::default();
        if asked.arn.is_empty() {
            violations.missing("resourceARN");
        }
        violations.into_result()?;
        Ok(asked)
    }
}

/// Puts tags on a thing.
pub fn put_tags(of: &mut BTreeMap<String, String>, tags: Vec<Tag>) -> Result<(), WireError> {
    let mut after = of.clone();
    after.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
    let is_bad = |(key, value): (&String, &String)| key.is_empty() || key.len() > 128 || value.len() > 256;
    if after.iter().any(is_bad) {
        return Err(WireError::validation(
            "A tag's key has 1 to 128 characters, its value at most 256.",
        ));
    }
    if after.len() > MOST_TAGS {
        return Err(WireError::new(
            Exception::TooManyTags,
            format!("A resource may have at most {MOST_TAGS} tags."),
        ));
    }
    *of = after;
    Ok(())
}

/// ListTagsForResource's answer.
pub fn tags(of: Option<&BTreeMap<String, String>>) -> Vec<u8> {
    let entry = |(key, value): (&String, &String)| json!({ "key": key, "value": value });
    let tags: Vec<Value> = of.into_iter().flatten().map(entry).collect();
    written(&json!({ "tags": tags }))
}

/// There is nothing of that ARN.
pub fn no_resource(arn: &str) -> WireError {
    WireError::new(
        Exception::ResourceNotFound,
        format!("The resource {arn:.300} was not found."),
    )
}
