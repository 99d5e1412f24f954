//! What a command that only reads may call: one table. Everything else is refused before it is sent.
//!
//! A row is recognised in the request as it goes out, by what the service itself goes by: method and
//! path, the target header, or the action in the body. No name that somebody claims decides.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// A service that an account is looked at through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceKind {
    /// The control plane of Bedrock. Its runtime is not among them: it generates, and that is billed.
    Bedrock,
    /// CloudWatch.
    CloudWatch,
    /// Service Quotas.
    ServiceQuotas,
    /// STS.
    Sts,
    /// CloudTrail.
    CloudTrail,
    /// S3.
    S3,
}

impl ServiceKind {
    /// The name it is called by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bedrock => "Bedrock",
            Self::CloudWatch => "CloudWatch",
            Self::ServiceQuotas => "Service Quotas",
            Self::Sts => "STS",
            Self::CloudTrail => "CloudTrail",
            Self::S3 => "S3",
        }
    }
}

impl fmt::Display for ServiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An operation that tells something and changes nothing, and for which nobody pays by use.
///
/// The one exception is known: GetMetricData costs $0.01 for a thousand metrics asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Whose.
    pub service: ServiceKind,
    /// Its name.
    pub operation: &'static str,
    /// The IAM action it needs.
    pub action: &'static str,
    sign: Sign,
}

/// What a request is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// Method and the last segments of the path; `{}` stands for any one segment.
    Path(&'static str, &'static str),
    /// The end of the path of a POST, or of the target header.
    Operation,
    /// The action in the body, as STS has it.
    Action,
    /// Method and a word of the query; empty: none is asked for.
    Query(&'static str, &'static str),
}

/// The table.
pub const READS: &[Read] = &[
    bedrock(
        "ListFoundationModels",
        "bedrock:ListFoundationModels",
        "/foundation-models",
    ),
    bedrock(
        "GetFoundationModel",
        "bedrock:GetFoundationModel",
        "/foundation-models/{}",
    ),
    bedrock(
        "GetFoundationModelAvailability",
        "bedrock:GetFoundationModelAvailability",
        "/foundation-model-availability/{}",
    ),
    bedrock(
        "ListInferenceProfiles",
        "bedrock:ListInferenceProfiles",
        "/inference-profiles",
    ),
    bedrock(
        "GetInferenceProfile",
        "bedrock:GetInferenceProfile",
        "/inference-profiles/{}",
    ),
    bedrock(
        "GetModelInvocationLoggingConfiguration",
        "bedrock:GetModelInvocationLoggingConfiguration",
        "/logging/modelinvocations",
    ),
    bedrock(
        "ListModelInvocationJobs",
        "bedrock:ListModelInvocationJobs",
        "/model-invocation-jobs",
    ),
    bedrock(
        "GetModelInvocationJob",
        "bedrock:GetModelInvocationJob",
        "/model-invocation-job/{}",
    ),
    bedrock(
        "ListPromptRouters",
        "bedrock:ListPromptRouters",
        "/prompt-routers",
    ),
    bedrock("GetPromptRouter", "bedrock:GetPromptRouter", "/prompt-routers/{}"),
    bedrock(
        "ListProvisionedModelThroughputs",
        "bedrock:ListProvisionedModelThroughputs",
        "/provisioned-model-throughputs",
    ),
    bedrock(
        "GetProvisionedModelThroughput",
        "bedrock:GetProvisionedModelThroughput",
        "/provisioned-model-throughput/{}",
    ),
    Read {
        service: ServiceKind::Bedrock,
        operation: "ListTagsForResource",
        action: "bedrock:ListTagsForResource",
        sign: Sign::Path("POST", "/listTagsForResource"),
    },
    rpc(
        ServiceKind::CloudWatch,
        "GetMetricData",
        "cloudwatch:GetMetricData",
    ),
    rpc(
        ServiceKind::CloudWatch,
        "GetMetricStatistics",
        "cloudwatch:GetMetricStatistics",
    ),
    rpc(ServiceKind::CloudWatch, "ListMetrics", "cloudwatch:ListMetrics"),
    rpc(
        ServiceKind::CloudWatch,
        "DescribeAlarms",
        "cloudwatch:DescribeAlarms",
    ),
    rpc(
        ServiceKind::CloudWatch,
        "DescribeAlarmsForMetric",
        "cloudwatch:DescribeAlarmsForMetric",
    ),
    rpc(
        ServiceKind::CloudWatch,
        "DescribeAlarmHistory",
        "cloudwatch:DescribeAlarmHistory",
    ),
    rpc(
        ServiceKind::ServiceQuotas,
        "ListServiceQuotas",
        "servicequotas:ListServiceQuotas",
    ),
    rpc(
        ServiceKind::ServiceQuotas,
        "GetServiceQuota",
        "servicequotas:GetServiceQuota",
    ),
    rpc(
        ServiceKind::ServiceQuotas,
        "ListAWSDefaultServiceQuotas",
        "servicequotas:ListAWSDefaultServiceQuotas",
    ),
    rpc(
        ServiceKind::ServiceQuotas,
        "GetAWSDefaultServiceQuota",
        "servicequotas:GetAWSDefaultServiceQuota",
    ),
    rpc(
        ServiceKind::ServiceQuotas,
        "ListRequestedServiceQuotaChangeHistory",
        "servicequotas:ListRequestedServiceQuotaChangeHistory",
    ),
    rpc(ServiceKind::CloudTrail, "LookupEvents", "cloudtrail:LookupEvents"),
    Read {
        service: ServiceKind::Sts,
        operation: "GetCallerIdentity",
        action: "sts:GetCallerIdentity",
        sign: Sign::Action,
    },
    s3("ListBuckets", "s3:ListAllMyBuckets", ("GET", "x-id=ListBuckets")),
    s3("ListObjectsV2", "s3:ListBucket", ("GET", "list-type=2")),
    s3("GetBucketLocation", "s3:GetBucketLocation", ("GET", "location")),
    s3("HeadBucket", "s3:ListBucket", ("HEAD", "")),
];

const fn bedrock(operation: &'static str, action: &'static str, path: &'static str) -> Read {
    Read {
        service: ServiceKind::Bedrock,
        operation,
        action,
        sign: Sign::Path("GET", path),
    }
}

const fn rpc(service: ServiceKind, operation: &'static str, action: &'static str) -> Read {
    Read {
        service,
        operation,
        action,
        sign: Sign::Operation,
    }
}

const fn s3(
    operation: &'static str,
    action: &'static str,
    (method, word): (&'static str, &'static str),
) -> Read {
    Read {
        service: ServiceKind::S3,
        operation,
        action,
        sign: Sign::Query(method, word),
    }
}

impl Read {
    /// The row of an operation by its name.
    pub fn named(operation: &str) -> Option<&'static Self> {
        READS.iter().find(|read| read.operation == operation)
    }

    /// The row that a request to a service is; `None`: it is none of them.
    pub(super) fn of(service: ServiceKind, request: &HttpRequest) -> Option<&'static Self> {
        READS
            .iter()
            .find(|read| read.service == service && read.sign.fits(read.operation, request))
    }
}

impl Sign {
    fn fits(self, operation: &str, request: &HttpRequest) -> bool {
        let (path, query) = parts(request.uri());
        match self {
            Self::Path(method, wanted) => request.method() == method && ends_in(path, wanted),
            Self::Operation => {
                let named = request.headers().get("x-amz-target");
                let named = named.and_then(|target| target.rsplit('.').next());
                let named = named.or_else(|| path.rsplit_once("/operation/").map(|(_, name)| name));
                request.method() == "POST" && named == Some(operation)
            }
            Self::Action => {
                let body = request.body().bytes().unwrap_or_default();
                let mut pairs = body.split(|byte| *byte == b'&');
                let is_action = |pair: &[u8]| pair.strip_prefix(b"Action=") == Some(operation.as_bytes());
                // Exactly one action is asked for, and it is this one.
                request.method() == "POST"
                    && pairs.clone().filter(|pair| pair.starts_with(b"Action=")).count() == 1
                    && pairs.any(is_action)
            }
            Self::Query(method, "") => request.method() == method,
            Self::Query(method, word) => {
                request.method() == method && query.split('&').any(|pair| pair == word)
            }
        }
    }
}

/// Path and query of a URL, or of what is left of one.
fn parts(uri: &str) -> (&str, &str) {
    let (before, query) = uri.split_once('?').unwrap_or((uri, ""));
    let path = before
        .split_once("://")
        .map_or(before, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
    (path, query)
}

/// Whether a path ends in these segments. An endpoint may have a path of its own before them.
fn ends_in(path: &str, wanted: &str) -> bool {
    let mut found = path.trim_end_matches('/').rsplit('/');
    let mut wanted = wanted.trim_start_matches('/').rsplit('/');
    wanted.all(|segment| {
        found
            .next()
            .is_some_and(|found| !found.is_empty() && (segment == "{}" || found == segment))
    })
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::ServiceKind as S;
    use super::*;

    /// Service, method, URL, target header or body (neither begins like the other), and the operation that
    /// it is; empty: none of the list.
    const CASES: &[(S, &str, &str, &str, &str)] = &[
        (
            S::Bedrock,
            "GET",
            "https://b/foundation-models?byProvider=a",
            "",
            "ListFoundationModels",
        ),
        (
            S::Bedrock,
            "GET",
            "https://b/foundation-models/nova%3A0",
            "",
            "GetFoundationModel",
        ),
        (
            S::Bedrock,
            "GET",
            "http://proxy/aws/inference-profiles",
            "",
            "ListInferenceProfiles",
        ),
        (
            S::Bedrock,
            "GET",
            "https://b/foundation-models//",
            "",
            "ListFoundationModels",
        ),
        (S::Bedrock, "GET", "https://b", "", ""),
        (S::Bedrock, "POST", "https://b/inference-profiles", "{}", ""),
        (S::Bedrock, "POST", "https://b/model/m/converse", "{}", ""),
        (
            S::Bedrock,
            "POST",
            "https://b/model/foundation-models/invoke",
            "{}",
            "",
        ),
        (S::Bedrock, "DELETE", "https://b/prompt-routers/r", "", ""),
        (
            S::CloudWatch,
            "POST",
            "http://h/service/G/operation/GetMetricData",
            "",
            "GetMetricData",
        ),
        (
            S::CloudWatch,
            "POST",
            "http://h/service/G/operation/PutMetricData",
            "",
            "",
        ),
        (
            S::ServiceQuotas,
            "POST",
            "http://h/",
            "V2.ListServiceQuotas",
            "ListServiceQuotas",
        ),
        (
            S::ServiceQuotas,
            "POST",
            "http://h/",
            "V2.RequestServiceQuotaIncrease",
            "",
        ),
        (
            S::ServiceQuotas,
            "POST",
            "http://h/operation/GetServiceQuota",
            "V2.RequestServiceQuotaIncrease",
            "",
        ),
        (
            S::Sts,
            "POST",
            "http://h/",
            "Action=GetCallerIdentity&Version=1",
            "GetCallerIdentity",
        ),
        (S::Sts, "POST", "http://h/", "Action=AssumeRole&RoleArn=r", ""),
        (
            S::Sts,
            "POST",
            "http://h/",
            "Action=AssumeRole&Action=GetCallerIdentity",
            "",
        ),
        (S::S3, "HEAD", "http://h/bucket/", "", "HeadBucket"),
        (S::S3, "GET", "http://h/bucket/?list-type=2", "", "ListObjectsV2"),
        (S::S3, "GET", "http://h/bucket/key?x-id=GetObject", "", ""),
        (S::S3, "PUT", "http://h/bucket/key?list-type=2", "", ""),
    ];

    #[test]
    fn a_request_is_known_by_what_the_service_goes_by() {
        for (service, method, uri, said, known) in CASES {
            let is_target = said.starts_with("V2.");
            let body = if is_target { "" } else { said };
            let mut request = HttpRequest::new(SdkBody::from(body));
            request.set_method(method).expect("a method");
            request.set_uri(*uri).expect("a URL");
            if is_target {
                request.headers_mut().insert("x-amz-target", *said);
            }
            let found = Read::of(*service, &request).map_or("", |read| read.operation);
            assert_eq!(found, *known, "{method} {uri} {said}");
        }
    }
}
