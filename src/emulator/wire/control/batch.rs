//! The control plane of batch jobs: CreateModelInvocationJob and its kin.

mod entry;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use entry::JobEntry;

use super::{offset_token, offset_within, page_size, parameter, written};
use crate::clock::Moment;
use crate::emulator::wire::error::{Exception, Violations, WireError};
use crate::emulator::world::batch::{Job, JobAsk, JobRefusal, JobStatus, JobView, Place, RecordForm};

/// The hours a job may take, where the caller does not say.
const USUAL_HOURS: u32 = 24;
const FORMS: &[&str] = &["InvokeModel", "Converse"];
const ORDERS: &[&str] = &["Ascending", "Descending"];
/// What page tokens of jobs begin with.
const TOKENS: &str = "jobs";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateRequest {
    job_name: Option<String>,
    role_arn: Option<String>,
    client_request_token: Option<String>,
    model_id: Option<String>,
    model_invocation_type: Option<String>,
    input_data_config: Option<InputConfig>,
    output_data_config: Option<OutputConfig>,
    timeout_duration_in_hours: Option<i64>,
    vpc_config: Option<VpcConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InputConfig {
    s3_input_data_config: Option<S3Config>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OutputConfig {
    s3_output_data_config: Option<S3Config>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct S3Config {
    s3_uri: Option<String>,
    s3_input_format: Option<String>,
    s3_bucket_owner: Option<String>,
    s3_encryption_key_id: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct VpcConfig {
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
}

/// Reads a CreateModelInvocationJob.
pub fn create(body: &[u8]) -> Result<JobAsk, WireError> {
    let request: CreateRequest = serde_json::from_slice(body)
        .map_err(|problem| WireError::new(Exception::Serialization, problem.to_string()))?;
    let mut violations = Violations::default();
    let name = named(request.job_name, "jobName", is_name, &mut violations);
    let role = named(request.role_arn, "roleArn", is_role, &mut violations);
    let target = named(
        request.model_id,
        "modelId",
        |id| id.len() <= 2_048,
        &mut violations,
    );
    let input = request
        .input_data_config
        .and_then(|config| config.s3_input_data_config);
    let output = request
        .output_data_config
        .and_then(|config| config.s3_output_data_config);
    let format = input
        .as_ref()
        .and_then(|config| config.s3_input_format.as_deref());
    if let Some(format) = format {
        violations.unless_among(
            &["JSONL"],
            format,
            "inputDataConfig.s3InputDataConfig.s3InputFormat",
        );
    }
    let input = place(input, "inputDataConfig.s3InputDataConfig", &mut violations);
    let output = place(output, "outputDataConfig.s3OutputDataConfig", &mut violations);
    let form = request.model_invocation_type.as_deref().unwrap_or("InvokeModel");
    violations.unless_among(FORMS, form, "modelInvocationType");
    let hours = request.timeout_duration_in_hours;
    if let Some(hours) = hours {
        let limit = match hours {
            ..24 => Some("greater than or equal to 24"),
            24..=168 => None,
            _ => Some("less than or equal to 168"),
        };
        if let Some(limit) = limit {
            let constraint = format!("Member must have value {limit}");
            violations.add(format_args!("'{hours}'"), "timeoutDurationInHours", constraint);
        }
    }
    let token = request.client_request_token.filter(|token| !token.is_empty());
    if token.as_ref().is_some_and(|token| token.len() > 256) {
        let constraint = "Member must have length less than or equal to 256";
        violations.add("of client token", "clientRequestToken", constraint);
    }
    violations.into_result()?;
    let (Some(name), Some(role), Some(target), Some(input), Some(output)) =
        (name, role, target, input, output)
    else {
        // Each of them that is missing is a violation.
        return Err(WireError::validation("1 validation error detected"));
    };
    Ok(JobAsk {
        name,
        role,
        target,
        token,
        form: if form == "Converse" {
            RecordForm::Converse
        } else {
            RecordForm::InvokeModel
        },
        input,
        output,
        timeout_hours: hours
            .and_then(|hours| u32::try_from(hours).ok())
            .unwrap_or(USUAL_HOURS),
        network: request
            .vpc_config
            .map(|vpc| (vpc.subnet_ids, vpc.security_group_ids)),
    })
}

/// The answer to a CreateModelInvocationJob.
pub fn created(arn: &str) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Created<'a> {
        job_arn: &'a str,
    }
    written(&Created { job_arn: arn })
}

/// The refusal on the wire.
pub fn refused(refusal: JobRefusal) -> WireError {
    match refusal {
        JobRefusal::Invalid(message) => WireError::validation(message),
        JobRefusal::Denied => WireError::usual(Exception::AccessDenied),
        JobRefusal::NoSuchJob => WireError::new(
            Exception::ResourceNotFound,
            "Could not find a model invocation job with the specified job identifier.",
        ),
        JobRefusal::Conflict(message) => WireError::new(Exception::Conflict, message),
        JobRefusal::Quota(message) => WireError::new(Exception::ServiceQuotaExceeded, message),
    }
}

/// The answer to a GetModelInvocationJob.
pub fn job(view: &JobView<'_>, wall: &dyn Fn(Moment) -> Timestamp) -> Vec<u8> {
    written(&JobEntry::of(view, wall))
}

/// Which jobs a ListModelInvocationJobs asks for.
#[derive(Debug)]
pub struct Filter {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    status: Option<String>,
    name: Option<String>,
    ascending: bool,
    page: usize,
    /// The number of the last job on the page before.
    from: Option<u64>,
}

impl Filter {
    /// Reads the query.
    pub fn read(query: &str) -> Result<Self, WireError> {
        let mut violations = Violations::default();
        let status = parameter(query, "statusEquals");
        if let Some(word) = &status {
            violations.unless_among(&JobStatus::ALL.map(JobStatus::word), word, "statusEquals");
        }
        for (name, words) in [("sortBy", &["CreationTime"][..]), ("sortOrder", ORDERS)] {
            if let Some(word) = parameter(query, name) {
                violations.unless_among(words, &word, name);
            }
        }
        let mut time = |name: &str| {
            let written = parameter(query, name)?;
            let read = written.parse().ok();
            if read.is_none() {
                violations.add(
                    format_args!("'{written:.60}'"),
                    name,
                    "Member must be a date and time",
                );
            }
            read
        };
        let (after, before) = (time("submitTimeAfter"), time("submitTimeBefore"));
        let page = page_size(query, &mut violations);
        violations.into_result()?;
        let from = match parameter(query, "nextToken") {
            None => None,
            Some(token) => Some(
                offset_within(TOKENS, &token)
                    .ok_or_else(|| WireError::validation("The provided nextToken is invalid."))?
                    as u64,
            ),
        };
        Ok(Self {
            after,
            before,
            status,
            name: parameter(query, "nameContains"),
            ascending: parameter(query, "sortOrder").as_deref() == Some("Ascending"),
            page,
            from,
        })
    }

    /// The page of these jobs, which stand in the order of their submission.
    pub fn page<'a>(
        &self,
        jobs: impl Iterator<Item = &'a Job>,
        now: Moment,
        wall: &dyn Fn(Moment) -> Timestamp,
    ) -> Vec<u8> {
        let mut found: Vec<JobView<'_>> = jobs
            .map(|job| job.view(now))
            .filter(|view| self.takes(view, wall))
            .collect();
        if !self.ascending {
            found.reverse();
        }
        let is_past = |number: u64| match self.from {
            None => true,
            Some(from) if self.ascending => number > from,
            Some(from) => number < from,
        };
        let rest: Vec<JobView<'_>> = found
            .into_iter()
            .filter(|view| is_past(view.job.number))
            .collect();
        let shown = &rest[..self.page.min(rest.len())];
        let last = shown.last().filter(|_| rest.len() > shown.len());
        written(&JobList {
            invocation_job_summaries: shown.iter().map(|view| JobEntry::of(view, wall)).collect(),
            next_token: last.map(|view| offset_token(TOKENS, view.job.number as usize)),
        })
    }

    fn takes(&self, view: &JobView<'_>, wall: &dyn Fn(Moment) -> Timestamp) -> bool {
        let submitted = wall(view.job.course.submitted_at);
        self.after.is_none_or(|after| submitted > after)
            && self.before.is_none_or(|before| submitted < before)
            && self
                .status
                .as_deref()
                .is_none_or(|word| view.status.word() == word)
            && self
                .name
                .as_deref()
                .is_none_or(|name| view.job.ask.name.contains(name))
    }
}

fn named(
    value: Option<String>,
    path: &str,
    is_sound: impl Fn(&str) -> bool,
    violations: &mut Violations,
) -> Option<String> {
    match value {
        None => {
            violations.missing(path);
            None
        }
        Some(value) if value.is_empty() || !is_sound(&value) => {
            let constraint = "Member must satisfy regular expression pattern";
            violations.add(format_args!("'{value:.100}'"), path, constraint);
            None
        }
        Some(value) => Some(value),
    }
}

fn place(config: Option<S3Config>, path: &str, violations: &mut Violations) -> Option<Place> {
    let Some(config) = config else {
        violations.missing(path);
        return None;
    };
    let Some(uri) = config.s3_uri else {
        violations.missing(format_args!("{path}.s3Uri"));
        return None;
    };
    let Some(place) = Place::parse(&uri) else {
        let constraint =
            "Member must satisfy regular expression pattern: s3://[a-z0-9][-.a-z0-9]{1,61}(/.*)?";
        violations.add(
            format_args!("'{uri:.100}'"),
            format_args!("{path}.s3Uri"),
            constraint,
        );
        return None;
    };
    Some(Place {
        owner: config.s3_bucket_owner,
        kms_key: config.s3_encryption_key_id,
        ..place
    })
}

/// `[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}`, at most 63 characters.
fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// `arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+`
fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            partition.starts_with("aws")
                && (account.is_empty()
                    || account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
                && resource
                    .strip_prefix("role/")
                    .is_some_and(|name| !name.is_empty())
        }
        _ => false,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobList<'a> {
    invocation_job_summaries: Vec<JobEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}
