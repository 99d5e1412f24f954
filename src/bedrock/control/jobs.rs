//! Batch inference jobs: submit, look, stop.

use std::error::Error as StdError;

use aws_sdk_bedrock::error::ProvideErrorMetadata;
use aws_sdk_bedrock::types::{
    ModelInvocationJobInputDataConfig, ModelInvocationJobOutputDataConfig,
    ModelInvocationJobS3InputDataConfig, ModelInvocationJobS3OutputDataConfig, ModelInvocationType,
    S3InputFormat,
};
use aws_smithy_types::error::display::DisplayErrorContext;
use thiserror::Error;

use super::Control;
use crate::event::sighting::{JobCounts, JobState};
use crate::names::ModelRef;

/// A call that was not answered as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}: {message}")]
pub struct CallProblem {
    /// The operation.
    pub what: &'static str,
    /// The service's code, where it answered.
    pub code: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl CallProblem {
    pub(in crate::bedrock) fn of<E>(what: &'static str, problem: &E) -> Self
    where
        E: ProvideErrorMetadata + StdError,
    {
        let code = problem.code().map(str::to_owned);
        let message = match problem.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(problem).to_string(),
        };
        Self { what, code, message }
    }

    pub(in crate::bedrock) fn broken(what: &'static str, problem: &dyn StdError) -> Self {
        Self {
            what,
            code: None,
            message: problem.to_string(),
        }
    }
}

/// A job to submit.
#[derive(Clone, Debug)]
pub struct JobAsk {
    /// Its name.
    pub name: String,
    /// The role it works under.
    pub role: String,
    /// The model or profile.
    pub target: ModelRef,
    /// Whether its records are Converse bodies; else they are InvokeModel's.
    pub converse: bool,
    /// `s3://bucket/key` of its records.
    pub input: String,
    /// `s3://bucket/folder/` for its answers.
    pub output: String,
    /// How long it may take, in hours.
    pub hours: u32,
    /// Makes a repeated request the same request.
    pub token: String,
}

/// A job as the service tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSight {
    /// Its state; `None`: one that this version does not know.
    pub state: Option<JobState>,
    /// Its counters.
    pub counts: JobCounts,
    /// Why it failed.
    pub message: Option<String>,
}

impl Control {
    /// Submits a job and gives its ARN.
    pub async fn submit(&self, ask: &JobAsk) -> Result<String, CallProblem> {
        const WHAT: &str = "CreateModelInvocationJob";
        let input = ModelInvocationJobS3InputDataConfig::builder()
            .s3_input_format(S3InputFormat::Jsonl)
            .s3_uri(&ask.input)
            .build()
            .map_err(|problem| CallProblem::broken(WHAT, &problem))?;
        let output = ModelInvocationJobS3OutputDataConfig::builder()
            .s3_uri(&ask.output)
            .build()
            .map_err(|problem| CallProblem::broken(WHAT, &problem))?;
        let form = if ask.converse {
            ModelInvocationType::Converse
        } else {
            ModelInvocationType::InvokeModel
        };
        let call = self
            .client
            .create_model_invocation_job()
            .job_name(&ask.name)
            .role_arn(&ask.role)
            .model_id(ask.target.as_str())
            .model_invocation_type(form)
            .client_request_token(&ask.token)
            .timeout_duration_in_hours(i32::try_from(ask.hours).unwrap_or(i32::MAX))
            .input_data_config(ModelInvocationJobInputDataConfig::S3InputDataConfig(input))
            .output_data_config(ModelInvocationJobOutputDataConfig::S3OutputDataConfig(output));
        let created = call.send().await;
        created
            .map(|created| created.job_arn)
            .map_err(|problem| CallProblem::of(WHAT, &problem))
    }

    /// Looks at a job.
    pub async fn job(&self, arn: &str) -> Result<JobSight, CallProblem> {
        let call = self.client.get_model_invocation_job().job_identifier(arn);
        let seen = call
            .send()
            .await
            .map_err(|problem| CallProblem::of("GetModelInvocationJob", &problem))?;
        let count = |count: Option<i64>| {
            count
                .and_then(|count| u64::try_from(count).ok())
                .unwrap_or_default()
        };
        Ok(JobSight {
            state: seen
                .status()
                .and_then(|status| JobState::of_word(status.as_str())),
            counts: JobCounts {
                total: count(seen.total_record_count()),
                processed: count(seen.processed_record_count()),
                succeeded: count(seen.success_record_count()),
                failed: count(seen.error_record_count()),
            },
            message: seen.message().map(str::to_owned),
        })
    }

    /// Stops a job.
    pub async fn stop_job(&self, arn: &str) -> Result<(), CallProblem> {
        let call = self.client.stop_model_invocation_job().job_identifier(arn);
        let stopped = call.send().await;
        stopped
            .map(|_| ())
            .map_err(|problem| CallProblem::of("StopModelInvocationJob", &problem))
    }
}
