//! The upstreams: one client for each region of Bedrock, one for the foreign endpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::{DeploymentPlan, GatewayPlan, Way};
use crate::bedrock::ClientPlan;
use crate::bedrock::chat::{BedrockChat, Chat, ChatReply, PassedOn};
use crate::bedrock::openai::OpenAiChat;
use crate::event::{Failure, FailureKind};
use crate::names::Region;

/// Everybody who can be asked.
#[derive(Debug)]
pub(super) struct Providers {
    regions: BTreeMap<Region, BedrockChat>,
    foreign: Option<OpenAiChat>,
}

impl Providers {
    /// Clients of all regions that the plan names.
    pub fn new(plan: &GatewayPlan, bedrock: &ClientPlan, foreign: Option<OpenAiChat>) -> Self {
        let deployments = plan.groups.iter().flat_map(|group| &group.deployments);
        let regions = deployments.filter_map(|deployment| match &deployment.way {
            Way::Bedrock { region, .. } => Some(region.clone()),
            Way::Foreign(_) => None,
        });
        let regions: std::collections::BTreeSet<Region> = regions.collect();
        Self {
            regions: BedrockChat::regions(bedrock, regions).into_iter().collect(),
            foreign,
        }
    }

    /// Asks a deployment once.
    pub async fn ask(
        &self,
        deployment: &DeploymentPlan,
        chat: &Arc<Chat>,
        on: &PassedOn,
    ) -> Result<ChatReply, Failure> {
        // A limit meant for the preferred model must not make its stand-in refuse.
        let most = deployment.way.max_output();
        let fitted;
        let chat: &Chat = if chat.max_tokens.is_some_and(|limit| limit > most) {
            fitted = Chat {
                max_tokens: Some(most),
                ..Chat::clone(chat)
            };
            &fitted
        } else {
            chat
        };
        match &deployment.way {
            Way::Bedrock { region, target, .. } => match self.regions.get(region) {
                Some(client) => client.chat(target, chat, on).await,
                None => Err(absent(deployment)),
            },
            Way::Foreign(model) => match &self.foreign {
                Some(client) => client.chat(model.id.as_str(), chat, on).await,
                None => Err(absent(deployment)),
            },
        }
    }
}

fn absent(deployment: &DeploymentPlan) -> Failure {
    let words = format!("the gateway has no client for {}", deployment.id);
    Failure::local(FailureKind::Other, words)
}
