//! What a pre-flight looks at in an account: facts about region, models, profiles, quotas and rights.
//!
//! Every question goes through [`Account`], which sends nothing but reads. The one call that is billed,
//! `doctor::probe`, goes through ordinary clients and is made on request only.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_bedrock::types::{
    AgreementAvailability, AgreementStatus, AuthorizationStatus, EntitlementAvailability, InferenceType,
    RegionAvailability,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::{SignedDuration, Timestamp};

use super::account::{Account, Identity, ReadProblem};
use crate::clock::Clock;
use crate::names::Region;

/// Pages of a list that are read at most; the rest is not looked at.
const MOST_PAGES: usize = 20;

/// Who calls, and how far the service's clock is ahead of this machine's (negative: behind), to a second
/// or so. The clock is known from a refusal too; `None`: no answer came.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// Who calls.
    pub identity: Result<Identity, ReadProblem>,
    /// The service's clock less ours.
    pub ahead: Option<SignedDuration>,
}

/// A model, as a region lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelListed {
    /// Its identifier.
    pub id: String,
    /// Whether its bare identifier can be called.
    pub on_demand: bool,
}

/// An inference profile, as a region lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileListed {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it can be called.
    pub active: bool,
}

/// What stands between an account and a model; each `true` is a step that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the service tells four facts that are independent"
)]
pub struct Access {
    /// The agreement is accepted, or there is none to accept.
    pub agreed: bool,
    /// The account is authorised.
    pub authorized: bool,
    /// The account is entitled.
    pub entitled: bool,
    /// The region offers it.
    pub in_region: bool,
}

impl Account {
    /// Who calls and what time the service has: one GetCallerIdentity.
    pub async fn greet(&self, region: &Region) -> Greeting {
        let heard = Heard::default();
        let client = self.sts(region);
        let config = client.config().to_builder().interceptor(DateSeen {
            heard: heard.clone(),
            clock: self.clock().clone(),
        });
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let answered = client.get_caller_identity().send().await;
        let identity = answered
            .map(|answered| Identity {
                account: answered.account().unwrap_or_default().to_owned(),
                arn: answered.arn().unwrap_or_default().to_owned(),
            })
            .map_err(|problem| self.problem("GetCallerIdentity", region, &problem));
        Greeting {
            identity,
            ahead: heard.take(),
        }
    }

    /// The models of a region.
    pub async fn models(&self, region: &Region) -> Result<Vec<ModelListed>, ReadProblem> {
        let answered = self.bedrock(region).list_foundation_models().send().await;
        let answered = answered.map_err(|problem| self.problem("ListFoundationModels", region, &problem))?;
        let models = answered.model_summaries().iter().map(|model| ModelListed {
            id: model.model_id().to_owned(),
            on_demand: model
                .inference_types_supported()
                .contains(&InferenceType::OnDemand),
        });
        Ok(models.collect())
    }

    /// The inference profiles of a region, the account's own too.
    pub async fn profiles(&self, region: &Region) -> Result<Vec<ProfileListed>, ReadProblem> {
        let client = self.bedrock(region);
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let call = client.list_inference_profiles().set_next_token(next);
            let page = call.send().await;
            let page = page.map_err(|problem| self.problem("ListInferenceProfiles", region, &problem))?;
            let listed = page.inference_profile_summaries().iter();
            found.extend(listed.map(|profile| ProfileListed {
                id: profile.inference_profile_id().to_owned(),
                arn: profile.inference_profile_arn().to_owned(),
                active: profile.status().as_str() == "ACTIVE",
            }));
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// What stands between the account and a model.
    pub async fn access(&self, region: &Region, model: &str) -> Result<Access, ReadProblem> {
        let call = self.bedrock(region).get_foundation_model_availability();
        let found = call.model_id(model).send().await;
        let found =
            found.map_err(|problem| self.problem("GetFoundationModelAvailability", region, &problem))?;
        let agreement = found.agreement_availability().map(AgreementAvailability::status);
        Ok(Access {
            agreed: agreement.is_none_or(|status| *status == AgreementStatus::Available),
            authorized: *found.authorization_status() == AuthorizationStatus::Authorized,
            entitled: *found.entitlement_availability() == EntitlementAvailability::Available,
            in_region: *found.region_availability() == RegionAvailability::Available,
        })
    }

    /// How many of Bedrock's metrics CloudWatch lists on its first page: whether it may be asked.
    pub async fn listed_metrics(&self, region: &Region) -> Result<usize, ReadProblem> {
        let call = self.cloudwatch(region).list_metrics().namespace("AWS/Bedrock");
        let found = call.send().await;
        let found = found.map_err(|problem| self.problem("ListMetrics", region, &problem))?;
        Ok(found.metrics().len())
    }

    /// Whether a bucket is there and may be listed.
    pub async fn may_list_bucket(&self, region: &Region, bucket: &str) -> Result<(), ReadProblem> {
        let found = self.s3(region).head_bucket().bucket(bucket).send().await;
        found
            .map(|_| ())
            .map_err(|problem| self.problem("HeadBucket", region, &problem))
    }

    /// How many buckets the account has, on the first page.
    pub async fn buckets(&self, region: &Region) -> Result<usize, ReadProblem> {
        let found = self.s3(region).list_buckets().send().await;
        found
            .map(|found| found.buckets().len())
            .map_err(|problem| self.problem("ListBuckets", region, &problem))
    }

    /// Whether batch jobs may be listed.
    pub async fn may_list_jobs(&self, region: &Region) -> Result<(), ReadProblem> {
        let call = self.bedrock(region).list_model_invocation_jobs().max_results(1);
        let found = call.send().await;
        found
            .map(|_| ())
            .map_err(|problem| self.problem("ListModelInvocationJobs", region, &problem))
    }
}

/// The service's clock less ours, once an answer came.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Option<SignedDuration>>>);

impl Heard {
    fn take(&self) -> Option<SignedDuration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads the `date` header of every answer, of a refusal too.
#[derive(Debug)]
struct DateSeen {
    heard: Heard,
    clock: Clock,
}

#[dyn_dispatch_hint]
impl Intercept for DateSeen {
    fn name(&self) -> &'static str {
        "DateSeen"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let dated = context.response().headers().get("date").and_then(read_date);
        if let Some(dated) = dated {
            let ours = self.clock.wall(self.clock.now());
            let mut heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
            *heard = Some(dated.duration_since(ours));
        }
        Ok(())
    }
}

/// `Tue, 24 Nov 2026 12:40:00 GMT`.
fn read_date(text: &str) -> Option<Timestamp> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    parser.parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read_in_the_form_that_services_send() {
        let read = read_date("Tue, 24 Nov 2026 12:40:00 GMT").map(|date| date.to_string());
        assert_eq!(read.as_deref(), Some("2026-11-24T12:40:00Z"));
        assert_eq!(read_date("yesterday"), None);
    }
}
