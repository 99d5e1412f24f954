//! Prompt routers: made, found, looked at and taken away.

use aws_sdk_bedrock::types::{PromptRouterTargetModel, PromptRouterType, RoutingCriteria};

use super::Control;
use crate::bedrock::classify;
use crate::event::{Failure, FailureKind};
use crate::names::ModelRef;

/// A router that is wanted. Models are written as ARNs, see [`Control::model_arn`].
#[derive(Clone, Debug, PartialEq)]
pub struct RouterAsk {
    /// Its name, unique in the account and region; also what makes the wish idempotent.
    pub name: String,
    /// Its two models or profiles.
    pub models: [String; 2],
    /// Which of the two is the fallback model: 0 or 1.
    pub fallback: usize,
    /// The response quality difference, in points of 100.
    pub difference: f64,
}

/// A router that is there, as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterFound {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its models or profiles, by ARN.
    pub models: Vec<String>,
    /// Its fallback model, by ARN.
    pub fallback: String,
    /// The response quality difference, in points of 100.
    pub difference: f64,
}

impl RouterFound {
    /// Whether it is what is asked for, name and all.
    pub fn is(&self, ask: &RouterAsk) -> bool {
        self.name == ask.name
            && self.difference.total_cmp(&ask.difference).is_eq()
            && self.fallback == ask.models[ask.fallback]
            && self.models.len() == 2
            && ask.models.iter().all(|model| self.models.contains(model))
    }
}

impl Control {
    /// The ARN of a model, or of an inference profile as this account has it.
    pub async fn model_arn(&self, target: &ModelRef, is_profile: bool) -> Result<String, Failure> {
        if is_profile {
            let call = self.client.get_inference_profile();
            let found = call.inference_profile_identifier(target.as_str()).send().await;
            return found
                .map(|profile| profile.inference_profile_arn().to_owned())
                .map_err(|error| classify::control(&error));
        }
        let call = self.client.get_foundation_model();
        let found = call.model_identifier(target.as_str()).send().await;
        let found = found.map_err(|error| classify::control(&error))?;
        let arn = found.model_details().map(|model| model.model_arn().to_owned());
        arn.ok_or_else(|| Failure::local(FailureKind::Other, format!("{target}: the answer holds no model")))
    }

    /// Makes a router; gives its ARN.
    pub async fn create_router(&self, ask: &RouterAsk) -> Result<String, Failure> {
        let models = ask.models.iter().map(|arn| target(arn)).collect();
        let criteria = RoutingCriteria::builder()
            .response_quality_difference(ask.difference)
            .build();
        let criteria = criteria.map_err(|error| incomplete(&error))?;
        let made = self
            .client
            .create_prompt_router()
            .client_request_token(&ask.name)
            .prompt_router_name(&ask.name)
            .set_models(Some(models))
            .fallback_model(target(&ask.models[ask.fallback]))
            .routing_criteria(criteria)
            .send()
            .await
            .map_err(|error| classify::control(&error))?;
        let arn = made.prompt_router_arn().map(str::to_owned);
        arn.ok_or_else(|| Failure::local(FailureKind::Other, "the answer names no router"))
    }

    /// One router.
    pub async fn router(&self, arn: &str) -> Result<RouterFound, Failure> {
        let call = self.client.get_prompt_router().prompt_router_arn(arn);
        let it = call.send().await.map_err(|error| classify::control(&error))?;
        Ok(RouterFound {
            arn: it.prompt_router_arn().to_owned(),
            name: it.prompt_router_name().to_owned(),
            models: arns(it.models()),
            fallback: it.fallback_model().map(arn_of).unwrap_or_default(),
            difference: difference(it.routing_criteria()),
        })
    }

    /// The account's custom routers.
    pub async fn custom_routers(&self) -> Result<Vec<RouterFound>, Failure> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let call = self.client.list_prompt_routers();
            let call = call.r#type(PromptRouterType::Custom).set_next_token(next);
            let page = call.send().await.map_err(|error| classify::control(&error))?;
            let summaries = page.prompt_router_summaries().iter();
            found.extend(summaries.map(|it| RouterFound {
                arn: it.prompt_router_arn().to_owned(),
                name: it.prompt_router_name().to_owned(),
                models: arns(it.models()),
                fallback: it.fallback_model().map(arn_of).unwrap_or_default(),
                difference: difference(it.routing_criteria()),
            }));
            next = page.next_token().map(str::to_owned);
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Takes a custom router away.
    pub async fn delete_router(&self, arn: &str) -> Result<(), Failure> {
        let call = self.client.delete_prompt_router().prompt_router_arn(arn);
        let gone = call.send().await;
        gone.map(|_| ()).map_err(|error| classify::control(&error))
    }
}

fn target(arn: &str) -> PromptRouterTargetModel {
    PromptRouterTargetModel::builder().model_arn(arn).build()
}

fn arn_of(model: &PromptRouterTargetModel) -> String {
    model.model_arn().unwrap_or_default().to_owned()
}

fn arns(models: &[PromptRouterTargetModel]) -> Vec<String> {
    models.iter().map(arn_of).collect()
}

fn difference(criteria: Option<&RoutingCriteria>) -> f64 {
    criteria.map_or(0.0, RoutingCriteria::response_quality_difference)
}

fn incomplete(error: &dyn std::error::Error) -> Failure {
    Failure::local(FailureKind::Other, error.to_string())
}
