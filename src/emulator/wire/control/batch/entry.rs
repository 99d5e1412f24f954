//! A job as the service writes it.

use jiff::Timestamp;
use serde::Serialize;

use super::VpcConfig;
use crate::clock::Moment;
use crate::emulator::world::batch::{JobStatus, JobView, Place};

/// A job: the answer to a Get, and an entry of a list, which have the same members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobEntry<'a> {
    job_arn: String,
    job_name: &'a str,
    model_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_request_token: Option<&'a str>,
    role_arn: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    submit_time: String,
    last_modified_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
    input_data_config: InputEntry<'a>,
    output_data_config: OutputEntry<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_config: Option<VpcConfig>,
    timeout_duration_in_hours: u32,
    job_expiration_time: String,
    model_invocation_type: &'static str,
    total_record_count: u64,
    processed_record_count: u64,
    success_record_count: u64,
    error_record_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InputEntry<'a> {
    s3_input_data_config: S3Entry<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputEntry<'a> {
    s3_output_data_config: S3Entry<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct S3Entry<'a> {
    s3_uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_input_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_bucket_owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_encryption_key_id: Option<&'a str>,
}

impl<'a> S3Entry<'a> {
    fn of(place: &'a Place, format: Option<&'static str>) -> Self {
        Self {
            s3_uri: &place.uri,
            s3_input_format: format,
            s3_bucket_owner: place.owner.as_deref(),
            s3_encryption_key_id: place.kms_key.as_deref(),
        }
    }
}

impl<'a> JobEntry<'a> {
    /// The entry of a view.
    pub fn of(view: &JobView<'a>, wall: &dyn Fn(Moment) -> Timestamp) -> Self {
        let job = view.job;
        let ask = &job.ask;
        let written = |at| wall(at).to_string();
        Self {
            job_arn: job.arn(),
            job_name: &ask.name,
            model_id: &ask.target,
            client_request_token: ask.token.as_deref(),
            role_arn: &ask.role,
            status: view.status.word(),
            message: job
                .message
                .as_deref()
                .filter(|_| view.status == JobStatus::Failed),
            submit_time: written(job.course.submitted_at),
            last_modified_time: written(view.since),
            end_time: view.status.is_over().then(|| written(view.since)),
            input_data_config: InputEntry {
                s3_input_data_config: S3Entry::of(&ask.input, Some("JSONL")),
            },
            output_data_config: OutputEntry {
                s3_output_data_config: S3Entry::of(&ask.output, None),
            },
            vpc_config: ask
                .network
                .clone()
                .map(|(subnet_ids, security_group_ids)| VpcConfig {
                    subnet_ids,
                    security_group_ids,
                }),
            timeout_duration_in_hours: ask.timeout_hours,
            job_expiration_time: written(job.course.expires_at()),
            model_invocation_type: ask.form.word(),
            total_record_count: view.total,
            processed_record_count: view.counts.processed(),
            success_record_count: view.counts.succeeded,
            error_record_count: view.counts.failed,
        }
    }
}
