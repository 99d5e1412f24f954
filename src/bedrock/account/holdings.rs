//! What an account has: quotas, profiles of its own, units, jobs, alarms. Plain data; times are
//! seconds since 1970.

use super::{Account, ReadProblem};
use crate::names::Region;

/// Pages of a list that are followed at most.
const MOST_PAGES: usize = 40;
/// Newest jobs that are read.
const MOST_JOBS: i32 = 100;
/// Service Quotas' name for Bedrock.
const SERVICE_CODE: &str = "bedrock";

/// A quota as Service Quotas lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaSeen {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub value: f64,
    /// Whether more can be asked for.
    pub adjustable: bool,
}

/// An application profile: whose use it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnProfile {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The ARNs of the models behind it.
    pub models: Vec<String>,
}

/// Provisioned units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitsSeen {
    /// Their ARN.
    pub arn: String,
    /// Their name.
    pub name: String,
    /// The ARN of their model.
    pub model: String,
    /// How many.
    pub units: i32,
    /// `InService`, `Creating`, `Updating`, `Failed`.
    pub status: String,
}

/// A batch job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSeen {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its model.
    pub model: String,
    /// Its state, as the service writes it.
    pub status: String,
    /// When it was submitted.
    pub submitted: i64,
    /// When it last changed.
    pub changed: Option<i64>,
    /// Why it failed.
    pub message: Option<String>,
}

/// An alarm of CloudWatch over a metric of Bedrock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmSeen {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
    /// Its metric, or its expression.
    pub metric: String,
    /// Since when it is in that state.
    pub since: Option<i64>,
}

/// Collects the pages of a list: `$call` is asked with each token, `$problem` names the operation.
macro_rules! pages {
    ($account:expr, $region:expr, $operation:literal, |$token:ident| $call:expr, |$page:ident| $items:expr) => {{
        let mut found = Vec::new();
        let mut $token = None;
        for _ in 0..MOST_PAGES {
            let answered = $call.send().await;
            let $page = answered.map_err(|problem| $account.problem($operation, $region, &problem))?;
            found.extend($items);
            $token = $page.next_token().map(str::to_owned);
            if $token.is_none() {
                break;
            }
        }
        Ok(found)
    }};
}

impl Account {
    /// Bedrock's quotas as they hold for the account.
    pub async fn applied_quotas(&self, region: &Region) -> Result<Vec<QuotaSeen>, ReadProblem> {
        let client = self.service_quotas(region);
        let call = |token: Option<String>| {
            let call = client.list_service_quotas().service_code(SERVICE_CODE);
            call.max_results(100).set_next_token(token)
        };
        pages!(self, region, "ListServiceQuotas", |token| call(token), |page| {
            page.quotas().iter().map(quota).collect::<Vec<_>>()
        })
    }

    /// Bedrock's quotas as every account begins with.
    pub async fn default_quotas(&self, region: &Region) -> Result<Vec<QuotaSeen>, ReadProblem> {
        let client = self.service_quotas(region);
        let call = |token: Option<String>| {
            let call = client
                .list_aws_default_service_quotas()
                .service_code(SERVICE_CODE);
            call.max_results(100).set_next_token(token)
        };
        pages!(
            self,
            region,
            "ListAWSDefaultServiceQuotas",
            |token| call(token),
            |page| page.quotas().iter().map(quota).collect::<Vec<_>>()
        )
    }

    /// The account's own profiles.
    pub async fn own_profiles(&self, region: &Region) -> Result<Vec<OwnProfile>, ReadProblem> {
        use aws_sdk_bedrock::types::InferenceProfileType;
        let client = self.bedrock(region);
        let call = |token: Option<String>| {
            let call = client
                .list_inference_profiles()
                .type_equals(InferenceProfileType::Application);
            call.max_results(100).set_next_token(token)
        };
        pages!(
            self,
            region,
            "ListInferenceProfiles",
            |token| call(token),
            |page| {
                let profiles = page
                    .inference_profile_summaries()
                    .iter()
                    .map(|profile| OwnProfile {
                        arn: profile.inference_profile_arn().to_owned(),
                        name: profile.inference_profile_name().to_owned(),
                        models: (profile.models().iter())
                            .filter_map(|model| model.model_arn().map(str::to_owned))
                            .collect(),
                    });
                profiles.collect::<Vec<_>>()
            }
        )
    }

    /// Provisioned units.
    pub async fn provisioned_units(&self, region: &Region) -> Result<Vec<UnitsSeen>, ReadProblem> {
        let client = self.bedrock(region);
        let call = |token: Option<String>| {
            let call = client.list_provisioned_model_throughputs();
            call.max_results(100).set_next_token(token)
        };
        pages!(
            self,
            region,
            "ListProvisionedModelThroughputs",
            |token| call(token),
            |page| {
                let units = page.provisioned_model_summaries().iter().map(|units| UnitsSeen {
                    arn: units.provisioned_model_arn().to_owned(),
                    name: units.provisioned_model_name().to_owned(),
                    model: units.model_arn().to_owned(),
                    units: units.model_units(),
                    status: units.status().as_str().to_owned(),
                });
                units.collect::<Vec<_>>()
            }
        )
    }

    /// The newest batch jobs, one page of them.
    pub async fn newest_jobs(&self, region: &Region) -> Result<Vec<JobSeen>, ReadProblem> {
        let call = self
            .bedrock(region)
            .list_model_invocation_jobs()
            .max_results(MOST_JOBS);
        let page = call.send().await;
        let page = page.map_err(|problem| self.problem("ListModelInvocationJobs", region, &problem))?;
        let jobs = page.invocation_job_summaries().iter().map(|job| JobSeen {
            arn: job.job_arn().to_owned(),
            name: job.job_name().to_owned(),
            model: job.model_id().to_owned(),
            status: job
                .status()
                .map_or_else(String::new, |status| status.as_str().to_owned()),
            submitted: job.submit_time().secs(),
            changed: job
                .last_modified_time()
                .map(aws_sdk_bedrock::primitives::DateTime::secs),
            message: job.message().map(str::to_owned),
        });
        Ok(jobs.collect())
    }

    /// Alarms over metrics of Bedrock.
    pub async fn alarms(&self, region: &Region) -> Result<Vec<AlarmSeen>, ReadProblem> {
        let client = self.cloudwatch(region);
        let call = |token: Option<String>| client.describe_alarms().max_records(100).set_next_token(token);
        pages!(self, region, "DescribeAlarms", |token| call(token), |page| {
            page.metric_alarms().iter().filter_map(alarm).collect::<Vec<_>>()
        })
    }
}

fn quota(quota: &aws_sdk_servicequotas::types::ServiceQuota) -> QuotaSeen {
    QuotaSeen {
        code: quota.quota_code().unwrap_or_default().to_owned(),
        name: quota.quota_name().unwrap_or_default().to_owned(),
        value: quota.value().unwrap_or_default(),
        adjustable: quota.adjustable(),
    }
}

/// An alarm, if it watches Bedrock: by its own metric, or by one of its queries.
fn alarm(alarm: &aws_sdk_cloudwatch::types::MetricAlarm) -> Option<AlarmSeen> {
    let is_ours = |namespace: Option<&str>| namespace.is_some_and(|name| name.starts_with("AWS/Bedrock"));
    let of_queries = || {
        let stats = alarm
            .metrics()
            .iter()
            .filter_map(|query| query.metric_stat()?.metric());
        let mut ours = stats.filter(|metric| is_ours(metric.namespace()));
        ours.next().and_then(|metric| metric.metric_name())
    };
    let metric = if is_ours(alarm.namespace()) {
        alarm.metric_name()
    } else {
        of_queries()
    };
    Some(AlarmSeen {
        metric: metric?.to_owned(),
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        state: alarm
            .state_value()
            .map_or_else(String::new, |state| state.as_str().to_owned()),
        since: (alarm.state_updated_timestamp()).map(aws_sdk_cloudwatch::primitives::DateTime::secs),
    })
}
