//! Provisioned throughput: looking at it everywhere, buying it only on the embedded emulator.
//!
//! A unit costs dozens of dollars an hour and may bind for months. So what buys, renames and deletes
//! has a type of its own, [`UnitPurchases`], which nobody gets for a target that can charge.

use aws_sdk_bedrock::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrock::types::{CommitmentDuration, ProvisionedModelSummary};
use thiserror::Error;

use super::Control;
use crate::bedrock::client::Clients;
use crate::catalog::Commitment;
use crate::event::sighting::provisioned::UnitSeen;
use crate::names::{ModelRef, Region};

/// An account with more units than this is shown in part.
const MOST_LISTED: usize = 200;

/// Why an operation on units has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitFailure {
    /// The service refused.
    #[error("{code}: {message}")]
    Refused {
        /// The error's name.
        code: String,
        /// Its words.
        message: String,
    },
    /// No answer came that could be read.
    #[error("no answer from the control plane: {0}")]
    Silent(String),
}

impl UnitFailure {
    fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        match error.as_service_error() {
            Some(refused) => Self::Refused {
                code: refused.code().unwrap_or("an error without a name").to_owned(),
                message: refused.message().unwrap_or_default().to_owned(),
            },
            None => Self::Silent(error.to_string()),
        }
    }
}

/// An order for units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The name they are to have.
    pub name: String,
    /// The model with its context variant, `amazon.nova-pro-v1:0:300k`.
    pub model: String,
    /// How many model units.
    pub units: u32,
    /// The term.
    pub commitment: Option<Commitment>,
}

/// Buys, renames and deletes units. Exists only for targets on this machine, where they cost nothing.
#[derive(Clone, Debug)]
pub struct UnitPurchases(Control);

impl Clients {
    /// What buys units in a region; `None` where they would cost money.
    pub fn unit_purchases(&self, region: &Region) -> Option<UnitPurchases> {
        self.plan()
            .target
            .is_local()
            .then(|| UnitPurchases(self.control(region)))
    }
}

impl Control {
    /// ListProvisionedModelThroughputs, page by page, the newest first.
    pub async fn units(&self) -> Result<Vec<UnitSeen>, UnitFailure> {
        let mut seen = Vec::new();
        let mut next = None;
        loop {
            let asked = self.client.list_provisioned_model_throughputs();
            let page = asked.set_next_token(next).send().await;
            let page = page.map_err(|error| UnitFailure::of(&error))?;
            seen.extend(page.provisioned_model_summaries().iter().map(summary));
            next = page.next_token;
            if next.is_none() || seen.len() >= MOST_LISTED {
                return Ok(seen);
            }
        }
    }

    /// GetProvisionedModelThroughput, by ARN or name: tells why one failed.
    pub async fn unit(&self, id: &str) -> Result<UnitSeen, UnitFailure> {
        let asked = self.client.get_provisioned_model_throughput();
        let found = asked.provisioned_model_id(id).send().await;
        let found = found.map_err(|error| UnitFailure::of(&error))?;
        Ok(UnitSeen {
            arn: ModelRef::from(found.provisioned_model_arn()),
            name: found.provisioned_model_name().to_owned(),
            model: tail(found.model_arn()),
            status: found.status().as_str().to_owned(),
            units: u64::try_from(found.model_units()).unwrap_or_default(),
            commitment: found.commitment_duration().map(|term| term.as_str().to_owned()),
            committed_until: found.commitment_expiration_time().map(ToString::to_string),
            failure: found.failure_message().map(str::to_owned),
        })
    }
}

impl UnitPurchases {
    /// CreateProvisionedModelThroughput: the ARN.
    pub async fn buy(&self, order: &Purchase) -> Result<ModelRef, UnitFailure> {
        let term = order.commitment.map(|term| match term {
            Commitment::OneMonth => CommitmentDuration::OneMonth,
            Commitment::SixMonths => CommitmentDuration::SixMonths,
        });
        let asked = self.0.client.create_provisioned_model_throughput();
        let bought = asked
            .provisioned_model_name(&order.name)
            .model_id(&order.model)
            .model_units(i32::try_from(order.units).unwrap_or(i32::MAX))
            .set_commitment_duration(term)
            .send()
            .await;
        let bought = bought.map_err(|error| UnitFailure::of(&error))?;
        Ok(ModelRef::from(bought.provisioned_model_arn()))
    }

    /// UpdateProvisionedModelThroughput: another name.
    pub async fn rename(&self, id: &str, name: &str) -> Result<(), UnitFailure> {
        let asked = self.0.client.update_provisioned_model_throughput();
        let asked = asked
            .provisioned_model_id(id)
            .desired_provisioned_model_name(name);
        let changed = asked.send().await;
        changed.map(drop).map_err(|error| UnitFailure::of(&error))
    }

    /// DeleteProvisionedModelThroughput.
    pub async fn delete(&self, id: &str) -> Result<(), UnitFailure> {
        let asked = self.0.client.delete_provisioned_model_throughput();
        let gone = asked.provisioned_model_id(id).send().await;
        gone.map(drop).map_err(|error| UnitFailure::of(&error))
    }
}

fn summary(found: &ProvisionedModelSummary) -> UnitSeen {
    UnitSeen {
        arn: ModelRef::from(found.provisioned_model_arn()),
        name: found.provisioned_model_name().to_owned(),
        model: tail(found.model_arn()),
        status: found.status().as_str().to_owned(),
        units: u64::try_from(found.model_units()).unwrap_or_default(),
        commitment: found.commitment_duration().map(|term| term.as_str().to_owned()),
        committed_until: found.commitment_expiration_time().map(ToString::to_string),
        failure: None,
    }
}

/// The identifier at the end of an ARN.
fn tail(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bedrock::client::ClientPlan;
    use crate::bedrock::target::{AwsAccount, Target};
    use crate::clock::Clock;

    #[tokio::test(start_paused = true)]
    async fn nobody_gets_what_buys_where_it_costs_money() {
        let clients = |target| Clients::new(ClientPlan::new(target, Clock::virtual_time()));
        let region = Region::from("us-east-1");
        let dear = clients(Target::Aws(AwsAccount::nobodys()));
        assert!(dear.unit_purchases(&region).is_none());
        let free = clients(Target::Endpoint("http://127.0.0.1:1".to_owned()));
        assert!(free.unit_purchases(&region).is_some());
    }
}
