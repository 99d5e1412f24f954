//! Every operation of the emulator, in one table: how it is called, which IAM action it needs, and
//! whether it reads, changes or pays.
//!
//! Routing, permissions, CloudTrail and the proof that a command only reads all look here. A request
//! that no row fits is no operation at all.

pub mod coverage;

use bytes::Bytes;
use http::Method;
use http::request::Parts;
use percent_encoding::percent_decode_str;

/// A service that is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceName {
    /// Bedrock, the control plane and the runtime.
    Bedrock,
    /// Service Quotas.
    ServiceQuotas,
    /// STS.
    Sts,
    /// CloudTrail.
    CloudTrail,
    /// CloudWatch.
    CloudWatch,
    /// S3.
    S3,
}

impl ServiceName {
    /// The service of a signing name.
    pub fn of_signing(name: &str) -> Option<Self> {
        Some(match name {
            "bedrock" => Self::Bedrock,
            "servicequotas" => Self::ServiceQuotas,
            "sts" => Self::Sts,
            "cloudtrail" => Self::CloudTrail,
            "monitoring" => Self::CloudWatch,
            "s3" => Self::S3,
            _ => return None,
        })
    }

    /// The name of the event source in CloudTrail.
    pub const fn event_source(self) -> &'static str {
        match self {
            Self::Bedrock => "bedrock.amazonaws.com",
            Self::ServiceQuotas => "servicequotas.amazonaws.com",
            Self::Sts => "sts.amazonaws.com",
            Self::CloudTrail => "cloudtrail.amazonaws.com",
            Self::CloudWatch => "monitoring.amazonaws.com",
            Self::S3 => "s3.amazonaws.com",
        }
    }
}

/// What an operation does to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It tells something.
    Reads,
    /// It changes something.
    Changes,
    /// It is billed by what it processes.
    Pays,
}

/// Defines the operations and their table in one place. A path has at most one label, `{}`.
macro_rules! operations {
    ($($service:ident { $($op:ident $effect:ident $action:literal $($method:ident $path:literal)?;)* })*) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "named as the service names them")]
        pub enum Op { $($($op,)*)* }

        impl Op {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$($(Self::$op,)*)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$op => stringify!($op),)*)* }
            }

            /// Its service.
            pub const fn service(self) -> ServiceName {
                match self { $($(Self::$op => ServiceName::$service,)*)* }
            }

            /// The IAM action it needs.
            pub const fn action(self) -> &'static str {
                match self { $($(Self::$op => $action,)*)* }
            }

            /// What it does to the account.
            pub const fn effect(self) -> Effect {
                match self { $($(Self::$op => Effect::$effect,)*)* }
            }

            /// Method and path, of a service that has paths.
            pub const fn path(self) -> Option<(Method, &'static str)> {
                match self {
                    $($($(Self::$op => Some((Method::$method, $path)),)?)*)*
                    #[allow(unreachable_patterns, reason = "some services have paths and some have none")]
                    _ => None,
                }
            }
        }
    };
}

operations! {
    Bedrock {
        Converse Pays "bedrock:InvokeModel" POST "/model/{}/converse";
        ConverseStream Pays "bedrock:InvokeModelWithResponseStream" POST "/model/{}/converse-stream";
        InvokeModel Pays "bedrock:InvokeModel" POST "/model/{}/invoke";
        InvokeModelWithResponseStream Pays "bedrock:InvokeModelWithResponseStream" POST "/model/{}/invoke-with-response-stream";
        ApplyGuardrail Pays "bedrock:ApplyGuardrail" POST "/guardrail/{}/apply";
        CountTokens Reads "bedrock:CountTokens" POST "/model/{}/count-tokens";
        ListFoundationModels Reads "bedrock:ListFoundationModels" GET "/foundation-models";
        GetFoundationModel Reads "bedrock:GetFoundationModel" GET "/foundation-models/{}";
        GetFoundationModelAvailability Reads "bedrock:GetFoundationModelAvailability" GET "/foundation-model-availability/{}";
        ListFoundationModelAgreementOffers Reads "bedrock:ListFoundationModelAgreementOffers" GET "/list-foundation-model-agreement-offers/{}";
        GetUseCaseForModelAccess Reads "bedrock:GetUseCaseForModelAccess" GET "/use-case-for-model-access";
        ListInferenceProfiles Reads "bedrock:ListInferenceProfiles" GET "/inference-profiles";
        CreateInferenceProfile Changes "bedrock:CreateInferenceProfile" POST "/inference-profiles";
        GetInferenceProfile Reads "bedrock:GetInferenceProfile" GET "/inference-profiles/{}";
        DeleteInferenceProfile Changes "bedrock:DeleteInferenceProfile" DELETE "/inference-profiles/{}";
        ListTagsForResource Reads "bedrock:ListTagsForResource" POST "/listTagsForResource";
        TagResource Changes "bedrock:TagResource" POST "/tagResource";
        UntagResource Changes "bedrock:UntagResource" POST "/untagResource";
        GetModelInvocationLoggingConfiguration Reads "bedrock:GetModelInvocationLoggingConfiguration" GET "/logging/modelinvocations";
        PutModelInvocationLoggingConfiguration Changes "bedrock:PutModelInvocationLoggingConfiguration" PUT "/logging/modelinvocations";
        DeleteModelInvocationLoggingConfiguration Changes "bedrock:DeleteModelInvocationLoggingConfiguration" DELETE "/logging/modelinvocations";
        CreateModelInvocationJob Pays "bedrock:CreateModelInvocationJob" POST "/model-invocation-job";
        ListModelInvocationJobs Reads "bedrock:ListModelInvocationJobs" GET "/model-invocation-jobs";
        StopModelInvocationJob Changes "bedrock:StopModelInvocationJob" POST "/model-invocation-job/{}/stop";
        GetModelInvocationJob Reads "bedrock:GetModelInvocationJob" GET "/model-invocation-job/{}";
        CreatePromptRouter Changes "bedrock:CreatePromptRouter" POST "/prompt-routers";
        ListPromptRouters Reads "bedrock:ListPromptRouters" GET "/prompt-routers";
        GetPromptRouter Reads "bedrock:GetPromptRouter" GET "/prompt-routers/{}";
        DeletePromptRouter Changes "bedrock:DeletePromptRouter" DELETE "/prompt-routers/{}";
        CreateProvisionedModelThroughput Pays "bedrock:CreateProvisionedModelThroughput" POST "/provisioned-model-throughput";
        ListProvisionedModelThroughputs Reads "bedrock:ListProvisionedModelThroughputs" GET "/provisioned-model-throughputs";
        GetProvisionedModelThroughput Reads "bedrock:GetProvisionedModelThroughput" GET "/provisioned-model-throughput/{}";
        UpdateProvisionedModelThroughput Changes "bedrock:UpdateProvisionedModelThroughput" PATCH "/provisioned-model-throughput/{}";
        DeleteProvisionedModelThroughput Changes "bedrock:DeleteProvisionedModelThroughput" DELETE "/provisioned-model-throughput/{}";
        ListGuardrails Reads "bedrock:ListGuardrails" GET "/guardrails";
        ListEnforcedGuardrailsConfiguration Reads "bedrock:ListEnforcedGuardrailsConfiguration" GET "/enforcedGuardrailsConfiguration";
        ListCustomModels Reads "bedrock:ListCustomModels" GET "/custom-models";
        ListCustomModelDeployments Reads "bedrock:ListCustomModelDeployments" GET "/model-customization/custom-model-deployments";
        ListImportedModels Reads "bedrock:ListImportedModels" GET "/imported-models";
        ListModelImportJobs Reads "bedrock:ListModelImportJobs" GET "/model-import-jobs";
        ListModelCopyJobs Reads "bedrock:ListModelCopyJobs" GET "/model-copy-jobs";
        ListModelCustomizationJobs Reads "bedrock:ListModelCustomizationJobs" GET "/model-customization-jobs";
        ListEvaluationJobs Reads "bedrock:ListEvaluationJobs" GET "/evaluation-jobs";
        ListAdvancedPromptOptimizationJobs Reads "bedrock:ListAdvancedPromptOptimizationJobs" GET "/advanced-prompt-optimization-jobs";
        ListMarketplaceModelEndpoints Reads "bedrock:ListMarketplaceModelEndpoints" GET "/marketplace-model/endpoints";
        ListAutomatedReasoningPolicyTestResults Reads "bedrock:ListAutomatedReasoningPolicyTestResults" GET "/automated-reasoning-policies/{}/test-results";
        ListAutomatedReasoningPolicyTestCases Reads "bedrock:ListAutomatedReasoningPolicyTestCases" GET "/automated-reasoning-policies/{}/test-cases";
        ListAutomatedReasoningPolicyBuildWorkflows Reads "bedrock:ListAutomatedReasoningPolicyBuildWorkflows" GET "/automated-reasoning-policies/{}/build-workflows";
        ListAutomatedReasoningPolicies Reads "bedrock:ListAutomatedReasoningPolicies" GET "/automated-reasoning-policies";
        ListProjects Reads "bedrock:ListProjects" GET "/projects";
        ListTrustedAccessPrograms Reads "bedrock:ListTrustedAccessPrograms" GET "/trusted-access-programs";
    }
    ServiceQuotas {
        ListServices Reads "servicequotas:ListServices";
        ListServiceQuotas Reads "servicequotas:ListServiceQuotas";
        GetServiceQuota Reads "servicequotas:GetServiceQuota";
        ListAWSDefaultServiceQuotas Reads "servicequotas:ListAWSDefaultServiceQuotas";
        GetAWSDefaultServiceQuota Reads "servicequotas:GetAWSDefaultServiceQuota";
        RequestServiceQuotaIncrease Changes "servicequotas:RequestServiceQuotaIncrease";
        GetRequestedServiceQuotaChange Reads "servicequotas:GetRequestedServiceQuotaChange";
        ListRequestedServiceQuotaChangeHistory Reads "servicequotas:ListRequestedServiceQuotaChangeHistory";
        ListRequestedServiceQuotaChangeHistoryByQuota Reads "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota";
        ListServiceQuotaIncreaseRequestsInTemplate Reads "servicequotas:ListServiceQuotaIncreaseRequestsInTemplate";
    }
    Sts {
        GetCallerIdentity Reads "sts:GetCallerIdentity";
        AssumeRole Changes "sts:AssumeRole";
        AssumeRoleWithWebIdentity Changes "sts:AssumeRoleWithWebIdentity";
        GetSessionToken Changes "sts:GetSessionToken";
    }
    CloudTrail {
        LookupEvents Reads "cloudtrail:LookupEvents";
    }
    CloudWatch {
        GetMetricData Reads "cloudwatch:GetMetricData";
        GetMetricStatistics Reads "cloudwatch:GetMetricStatistics";
        ListMetrics Reads "cloudwatch:ListMetrics";
        PutMetricData Pays "cloudwatch:PutMetricData";
        DescribeAlarms Reads "cloudwatch:DescribeAlarms";
        DescribeAlarmsForMetric Reads "cloudwatch:DescribeAlarmsForMetric";
        DescribeAlarmHistory Reads "cloudwatch:DescribeAlarmHistory";
        PutMetricAlarm Pays "cloudwatch:PutMetricAlarm";
        DeleteAlarms Changes "cloudwatch:DeleteAlarms";
        SetAlarmState Changes "cloudwatch:SetAlarmState";
        EnableAlarmActions Changes "cloudwatch:EnableAlarmActions";
        DisableAlarmActions Changes "cloudwatch:DisableAlarmActions";
    }
    S3 {
        ListBuckets Reads "s3:ListAllMyBuckets";
        CreateBucket Changes "s3:CreateBucket";
        DeleteBucket Changes "s3:DeleteBucket";
        HeadBucket Reads "s3:ListBucket";
        GetBucketLocation Reads "s3:GetBucketLocation";
        ListObjects Reads "s3:ListBucket";
        ListMultipartUploads Reads "s3:ListBucketMultipartUploads";
        GetObject Reads "s3:GetObject";
        HeadObject Reads "s3:GetObject";
        ListParts Reads "s3:ListMultipartUploadParts";
        AbortMultipartUpload Changes "s3:AbortMultipartUpload";
        PutObject Changes "s3:PutObject";
        DeleteObject Changes "s3:DeleteObject";
        DeleteObjects Changes "s3:DeleteObject";
    }
}

impl Op {
    /// The operation of a request to a service; `None`: there is none that fits.
    pub fn of(service: ServiceName, parts: &Parts, body: &Bytes) -> Option<Self> {
        match service {
            ServiceName::Bedrock => bedrock(&parts.method, parts.uri.path()).map(|(op, _)| op),
            ServiceName::S3 => Some(s3(parts)),
            ServiceName::Sts
            | ServiceName::ServiceQuotas
            | ServiceName::CloudTrail
            | ServiceName::CloudWatch => {
                let name = named(parts, body)?;
                let of_service = |op: &&Self| op.service() == service && op.name() == name;
                Self::ALL.iter().find(of_service).copied()
            }
        }
    }
}

/// The Bedrock operation of a request line, and the label in its path, still encoded. Labels may hold
/// raw slashes.
pub fn bedrock<'p>(method: &Method, path: &'p str) -> Option<(Op, Option<&'p str>)> {
    let path = path.trim_end_matches('/');
    Op::ALL.iter().find_map(|op| {
        let (wanted, template) = op.path()?;
        if wanted != *method {
            return None;
        }
        match template.split_once("{}") {
            None => (path == template).then_some((*op, None)),
            Some((before, after)) => {
                let label = path.strip_prefix(before)?.strip_suffix(after)?;
                // Between two parts of a path an identifier that is empty is a wrong one, not an absent one.
                (!label.is_empty() || !after.is_empty()).then_some((*op, Some(label)))
            }
        }
    })
}

/// The name of an operation that is not in the path: in `x-amz-target`, in the path of RPC v2, or in
/// the parameter `Action`.
fn named<'r>(parts: &'r Parts, body: &'r Bytes) -> Option<&'r str> {
    let target = parts.headers.get("x-amz-target");
    if let Some(target) = target.and_then(|value| value.to_str().ok()) {
        return target.rsplit('.').next();
    }
    if let Some((_, name)) = parts.uri.path().split_once("/operation/") {
        return Some(name);
    }
    let in_body = std::str::from_utf8(body).unwrap_or_default();
    [parts.uri.query().unwrap_or_default(), in_body]
        .into_iter()
        .find_map(|text| text.split('&').find_map(|pair| pair.strip_prefix("Action=")))
}

fn s3(parts: &Parts) -> Op {
    let path = parts.uri.path().trim_start_matches('/');
    let bucket_only = path.split_once('/').is_none_or(|(_, key)| key.is_empty());
    let asks = |name: &str| {
        let query = parts.uri.query().unwrap_or_default();
        query.split('&').any(|pair| pair.split('=').next() == Some(name))
    };
    match parts.method {
        _ if path.is_empty() => Op::ListBuckets,
        Method::HEAD if bucket_only => Op::HeadBucket,
        Method::PUT if bucket_only => Op::CreateBucket,
        Method::DELETE if bucket_only => Op::DeleteBucket,
        Method::POST if bucket_only => Op::DeleteObjects,
        _ if bucket_only && asks("location") => Op::GetBucketLocation,
        _ if bucket_only && asks("uploads") => Op::ListMultipartUploads,
        _ if bucket_only => Op::ListObjects,
        Method::HEAD => Op::HeadObject,
        Method::PUT | Method::POST => Op::PutObject,
        Method::DELETE if asks("uploadId") => Op::AbortMultipartUpload,
        Method::DELETE => Op::DeleteObject,
        _ if asks("uploadId") => Op::ListParts,
        _ => Op::GetObject,
    }
}

/// What the refusal of a Bedrock operation calls its resource: an ARN; `None` where it has none.
pub fn resource(op: Op, label: Option<&str>, (region, account): (&str, &str)) -> Option<String> {
    if op.service() != ServiceName::Bedrock {
        return None;
    }
    let id = percent_decode_str(label?).decode_utf8_lossy();
    if id.starts_with("arn:") {
        return Some(id.into_owned());
    }
    let is_profile = |id: &str| id.split('.').count() > 2 && id.split('.').next().is_some_and(is_prefix);
    Some(match op {
        Op::GetModelInvocationJob | Op::StopModelInvocationJob => {
            format!("arn:aws:bedrock:{region}:{account}:model-invocation-job/{id}")
        }
        Op::GetProvisionedModelThroughput
        | Op::UpdateProvisionedModelThroughput
        | Op::DeleteProvisionedModelThroughput => {
            format!("arn:aws:bedrock:{region}:{account}:provisioned-model/{id}")
        }
        Op::GetInferenceProfile | Op::DeleteInferenceProfile => {
            format!("arn:aws:bedrock:{region}:{account}:inference-profile/{id}")
        }
        _ if is_profile(&id) => format!("arn:aws:bedrock:{region}:{account}:inference-profile/{id}"),
        _ => format!("arn:aws:bedrock:{region}::foundation-model/{id}"),
    })
}

/// Whether the first part of an identifier is that of a profile, `us.` or `global.`.
fn is_prefix(part: &str) -> bool {
    ["us", "eu", "apac", "jp", "au", "ca", "us-gov", "global"].contains(&part)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_has_an_action_of_its_own_service() {
        let prefixes = |service| match service {
            ServiceName::Bedrock => "bedrock:",
            ServiceName::ServiceQuotas => "servicequotas:",
            ServiceName::Sts => "sts:",
            ServiceName::CloudTrail => "cloudtrail:",
            ServiceName::CloudWatch => "cloudwatch:",
            ServiceName::S3 => "s3:",
        };
        let mut seen = BTreeSet::new();
        for op in Op::ALL {
            assert!(op.action().starts_with(prefixes(op.service())), "{op:?}");
            assert!(seen.insert((op.service(), op.name())), "{op:?} is listed twice");
            assert_eq!(
                op.path().is_some(),
                op.service() == ServiceName::Bedrock,
                "{op:?}"
            );
        }
    }

    #[test]
    fn what_reads_by_name_reads_by_effect_and_nothing_that_writes_does() {
        for op in Op::ALL {
            let reads = ["Get", "List", "Describe", "Head", "Lookup", "Count"];
            let by_name = reads.iter().any(|verb| op.name().starts_with(verb));
            // It hands out credentials.
            let by_name = by_name && *op != Op::GetSessionToken;
            assert_eq!(op.effect() == Effect::Reads, by_name, "{op:?}");
        }
    }

    #[test]
    fn each_path_of_the_table_leads_back_to_its_row() {
        for op in Op::ALL {
            let Some((method, template)) = op.path() else {
                continue;
            };
            for label in ["amazon.nova-micro-v1%3A0", "arn:aws:bedrock:us-east-1:1:thing/x"] {
                let path = template.replace("{}", label);
                let (found, told) = bedrock(&method, &path).expect("a row");
                assert_eq!(
                    (found, told),
                    (*op, template.contains("{}").then_some(label)),
                    "{path}"
                );
            }
        }
    }
}
