//! What of each operation is modelled: the table at the head of `docs/emulator.md`.
//!
//! A test holds every operation of the route table to exactly one row, and the page to these rows.

use std::fmt::Write as _;

use super::Op;

/// How far an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As the service does it, as far as is known.
    Modelled,
    /// Its shape is the service's, what is behind it is less.
    Simplified,
}

/// One row: operations that are modelled alike.
#[derive(Clone, Copy, Debug)]
pub struct Coverage {
    /// The operations.
    pub ops: &'static [Op],
    /// What they do.
    pub how: &'static str,
    /// How far that goes.
    pub extent: Extent,
    /// Whence the rules are, by the abbreviations of the page, and what is ours.
    pub source: &'static str,
}

/// Operations of bedrock-runtime that are not there: each is answered with `UnknownOperationException`,
/// 404, in a message that names method and path.
pub const ABSENT: &[(&str, http::Method, &str)] = &[
    ("StartAsyncInvoke", http::Method::POST, "/async-invoke"),
    ("ListAsyncInvokes", http::Method::GET, "/async-invoke"),
    ("GetAsyncInvoke", http::Method::GET, "/async-invoke/{}"),
    (
        "InvokeGuardrailChecks",
        http::Method::POST,
        "/guardrail-checks/invoke",
    ),
    (
        "InvokeModelWithBidirectionalStream",
        http::Method::POST,
        "/model/{}/invoke-with-bidirectional-stream",
    ),
];

const fn row(ops: &'static [Op], how: &'static str, extent: Extent, source: &'static str) -> Coverage {
    Coverage {
        ops,
        how,
        extent,
        source,
    }
}

use Extent::{Modelled, Simplified};

/// The rows, in the order of the page.
pub const TABLE: &[Coverage] = &[
    row(
        &[Op::Converse, Op::ConverseStream],
        "Text, reasoning, tool use and JSON for a schema; usage, metrics, stop reason, guardrails; members in the recorded order",
        Modelled,
        "rec, BC; when a tool is used, and what is said: [the policy](#what-a-model-says) (as)",
    ),
    row(
        &[Op::InvokeModel, Op::InvokeModelWithResponseStream],
        "Bodies of Claude (with tools, thinking, structured output), Nova, Titan, Llama, Mistral, Cohere (`message` and `prompt`), OpenAI-style chat; [embeddings](#embeddings) of Titan, Cohere and Nova",
        Modelled,
        "rec; the OpenAI style and Cohere's streams by their public descriptions (as)",
    ),
    row(
        &[Op::CountTokens],
        "`converse` and `invokeModel`; free, no quota; meets faults as other calls do",
        Modelled,
        "BC, UG. That some profile-only models lack it is not",
    ),
    row(
        &[Op::ApplyGuardrail],
        "The standing guardrail; see [guardrails](#guardrails)",
        Simplified,
        "shapes BC; the policy (as); free of charge, no quota",
    ),
    row(
        &[Op::ListFoundationModels, Op::GetFoundationModel],
        "From the catalogue, by region, all four filters; a model that only a profile reaches says `INFERENCE_PROFILE`",
        Modelled,
        "BC, rep; no life-cycle dates",
    ),
    row(
        &[Op::ListInferenceProfiles, Op::GetInferenceProfile],
        "From the catalogue, by the region asked, then the account's own; with `type`, `maxResults`, `nextToken`; destinations as model ARNs, a global profile as the source region's and the region-less ARN",
        Modelled,
        "BC, UG; `createdAt`, `updatedAt` of the service's own absent. Without `type` both kinds are listed (as)",
    ),
    row(
        &[Op::CreateInferenceProfile, Op::DeleteInferenceProfile],
        "Application profiles over a model or a system profile of the region; a call through one is a call of what it was made of, on the same quota and at the same price, and is counted under the profile besides; 1,000 an account and region",
        Modelled,
        "BC, UG; words of the refusals (as)",
    ),
    row(
        &[
            Op::GetFoundationModelAvailability,
            Op::ListFoundationModelAgreementOffers,
        ],
        "By the catalogue's regions and the world's `denied_models`; no offers",
        Modelled,
        "BC",
    ),
    row(
        &[Op::GetUseCaseForModelAccess],
        "No form was ever filed",
        Simplified,
        "BC",
    ),
    row(
        &[Op::TagResource, Op::UntagResource, Op::ListTagsForResource],
        "On application profiles, routers, units and jobs; tags given when a profile is made are kept, those of routers, units and jobs are not",
        Simplified,
        "BC",
    ),
    row(
        &[
            Op::GetModelInvocationLoggingConfiguration,
            Op::PutModelInvocationLoggingConfiguration,
            Op::DeleteModelInvocationLoggingConfiguration,
        ],
        "Kept for each account and region; nothing is ever delivered",
        Simplified,
        "BC",
    ),
    row(
        &[
            Op::ListGuardrails,
            Op::ListEnforcedGuardrailsConfiguration,
            Op::ListCustomModels,
            Op::ListCustomModelDeployments,
            Op::ListImportedModels,
            Op::ListModelImportJobs,
            Op::ListModelCopyJobs,
            Op::ListModelCustomizationJobs,
            Op::ListEvaluationJobs,
            Op::ListAdvancedPromptOptimizationJobs,
            Op::ListMarketplaceModelEndpoints,
            Op::ListAutomatedReasoningPolicies,
            Op::ListAutomatedReasoningPolicyTestResults,
            Op::ListAutomatedReasoningPolicyTestCases,
            Op::ListAutomatedReasoningPolicyBuildWorkflows,
            Op::ListProjects,
            Op::ListTrustedAccessPrograms,
        ],
        "Empty, with `maxResults` and `nextToken` checked",
        Simplified,
        "BC; there are none, and none can be made; lists of a policy that is not there are empty too. The standing guardrail is in no list",
    ),
    row(
        &[
            Op::CreatePromptRouter,
            Op::GetPromptRouter,
            Op::ListPromptRouters,
            Op::DeletePromptRouter,
        ],
        "Custom routers of an account and region, 500 at most, over two models or profiles of one family that the catalogue offers to routers; `models` may name both or the one beside the fallback model; names unique, `clientRequestToken` idempotent, tags taken and forgotten; pages and `type`. Default routers for Nova and Llama where two of their models can be called, the dearer as the fallback model, difference 0",
        Modelled,
        "BC, UG; default routers' criteria and the texts of refusals (as)",
    ),
    row(
        &[
            Op::CreateProvisionedModelThroughput,
            Op::GetProvisionedModelThroughput,
            Op::ListProvisionedModelThroughputs,
            Op::UpdateProvisionedModelThroughput,
            Op::DeleteProvisionedModelThroughput,
        ],
        "By ARN or name; context variants of the catalogue only; quota 0 unless the world grants more (`ServiceQuotaExceededException`); `Creating`, `InService`, `Updating`, `Failed`; a repeated token buys nothing; `ConflictException` on deleting within a term; filters, order and pages of the list, dates filters not",
        Modelled,
        "BC, UG; words of the refusals and the quota counting only what was bought are ours (as)",
    ),
    row(
        &[
            Op::CreateModelInvocationJob,
            Op::GetModelInvocationJob,
            Op::ListModelInvocationJobs,
            Op::StopModelInvocationJob,
        ],
        "All ten states, four counters, filters, pages newest first, `clientRequestToken`; a stop in the wrong state is a `ConflictException` with HTTP 400. See [batch](#batch-jobs)",
        Modelled,
        "BC, UG",
    ),
    row(
        &[
            Op::GetCallerIdentity,
            Op::AssumeRole,
            Op::AssumeRoleWithWebIdentity,
            Op::GetSessionToken,
        ],
        "See [sessions](#sessions)",
        Modelled,
        "BC",
    ),
    row(
        &[
            Op::ListServices,
            Op::ListServiceQuotas,
            Op::GetServiceQuota,
            Op::ListAWSDefaultServiceQuotas,
            Op::GetAWSDefaultServiceQuota,
            Op::RequestServiceQuotaIncrease,
            Op::GetRequestedServiceQuotaChange,
            Op::ListRequestedServiceQuotaChangeHistory,
            Op::ListRequestedServiceQuotaChangeHistoryByQuota,
            Op::ListServiceQuotaIncreaseRequestsInTemplate,
        ],
        "See [quotas](#service-quotas)",
        Modelled,
        "BC, GR",
    ),
    row(
        &[
            Op::PutMetricData,
            Op::GetMetricData,
            Op::GetMetricStatistics,
            Op::ListMetrics,
            Op::PutMetricAlarm,
            Op::DeleteAlarms,
            Op::SetAlarmState,
            Op::DescribeAlarms,
            Op::DescribeAlarmsForMetric,
            Op::DescribeAlarmHistory,
            Op::EnableAlarmActions,
            Op::DisableAlarmActions,
        ],
        "See [CloudWatch](#cloudwatch)",
        Modelled,
        "BC, UG",
    ),
    row(
        &[Op::LookupEvents],
        "See [the event history](#cloudtrail)",
        Modelled,
        "BC",
    ),
    row(
        &[
            Op::ListBuckets,
            Op::CreateBucket,
            Op::DeleteBucket,
            Op::HeadBucket,
            Op::GetBucketLocation,
            Op::ListObjects,
            Op::ListMultipartUploads,
            Op::GetObject,
            Op::HeadObject,
            Op::ListParts,
            Op::AbortMultipartUpload,
            Op::PutObject,
            Op::DeleteObject,
            Op::DeleteObjects,
        ],
        "Buckets; objects with ranges; lists of both versions, folders, pages; uploads in parts. See [S3](#s3)",
        Modelled,
        "BC",
    ),
];

/// The page's table.
pub fn markdown() -> String {
    let mut table = String::from("| Operations | How | Status, source |\n|---|---|---|\n");
    for row in TABLE {
        let names: Vec<&str> = row.ops.iter().map(|op| op.name()).collect();
        let extent = match row.extent {
            Modelled => "modelled",
            Simplified => "simplified",
        };
        let _ = writeln!(
            table,
            "| {} | {} | {extent} ({}) |",
            names.join(", "),
            row.how,
            row.source
        );
    }
    let absent: Vec<&str> = ABSENT.iter().map(|(name, ..)| *name).collect();
    let _ = writeln!(
        table,
        "| {}, and whatever else is not in this table | `UnknownOperationException`, 404, naming method and path | \
         absent |",
        absent.join(", ")
    );
    table
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::emulator::api::bedrock;

    const BEGIN: &str = "<!-- operations: written from src/emulator/api/coverage.rs (BEDRILL_BLESS=1 cargo test --lib coverage) -->\n";
    const END: &str = "<!-- operations end -->\n";

    #[test]
    fn every_operation_of_the_route_table_has_one_row() {
        for op in Op::ALL {
            let rows = TABLE.iter().filter(|row| row.ops.contains(op)).count();
            assert_eq!(rows, 1, "{op:?} stands in {rows} rows");
        }
    }

    #[test]
    fn what_is_called_absent_is_absent() {
        for (name, method, path) in ABSENT {
            let path = path.replace("{}", "x");
            assert_eq!(bedrock(method, &path), None, "{name}");
            assert!(Op::ALL.iter().all(|op| op.name() != *name), "{name}");
        }
    }

    #[test]
    fn the_emulator_page_is_what_the_table_says() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/emulator.md");
        let page = fs::read_to_string(PAGE).expect("docs/emulator.md");
        let (before, rest) = page.split_once(BEGIN).expect("the beginning of the table");
        let (_, after) = rest.split_once(END).expect("its end");
        let wanted = format!("{before}{BEGIN}{}{END}{after}", markdown());
        if std::env::var_os("BEDRILL_BLESS").is_some() {
            fs::write(PAGE, &wanted).expect("docs/emulator.md can be written");
        }
        assert!(
            fs::read_to_string(PAGE).expect("docs/emulator.md") == wanted,
            "docs/emulator.md has drifted from the route table: run `BEDRILL_BLESS=1 cargo test --lib coverage`"
        );
    }
}
