//! What a recommendation needs before its first request: rights, quotas, models.

use serde_json::json;

use super::figures::Figures;
use super::leaf::Leaf;
use super::offer::{Adds, Offer, Way, cached_tokens};
use crate::catalog::{Catalog, QuotaFamily};
use crate::names::{ModelId, Region};
use crate::units::grouped;

/// Stands in every ARN where the reader's account number goes.
pub const ACCOUNT: &str = "ACCOUNT_ID";
const CALL: &[&str] = &["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

/// What must be there first.
#[derive(Clone, Debug, PartialEq)]
pub struct Needs {
    /// Rights, the least that will do.
    pub iam: Vec<Grant>,
    /// Quotas, and whether their defaults hold the busiest minute.
    pub quotas: Vec<String>,
    /// Models that offer it today under the same figures, by the catalogue.
    pub models: Vec<ModelId>,
}

/// A statement of an IAM policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What is allowed.
    pub actions: Vec<&'static str>,
    /// On what; [`ACCOUNT`] stands for the account.
    pub resources: Vec<String>,
    /// The profile through which alone the resources may be reached.
    pub only_through: Option<String>,
}

impl Grant {
    fn of(actions: &[&'static str], resources: impl IntoIterator<Item = String>) -> Self {
        Self {
            actions: actions.to_vec(),
            resources: resources.into_iter().collect(),
            only_through: None,
        }
    }
}

impl Needs {
    /// What an offer needs.
    pub fn of(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog, models: Vec<ModelId>) -> Self {
        Self {
            iam: grants(leaf, offer, figures, catalog),
            quotas: quotas(leaf, offer, figures, catalog),
            models,
        }
    }

    /// The rights as an IAM policy document, indented.
    pub fn policy(&self) -> String {
        format!("{:#}", self.policy_document())
    }

    /// The rights as an IAM policy document.
    pub fn policy_document(&self) -> serde_json::Value {
        let statements: Vec<_> = self
            .iam
            .iter()
            .map(|grant| {
                let mut statement = json!({
                    "Effect": "Allow",
                    "Action": grant.actions,
                    "Resource": grant.resources,
                });
                if let Some(profile) = &grant.only_through {
                    statement["Condition"] = json!({
                        "StringEquals": { "bedrock:InferenceProfileArn": profile }
                    });
                }
                statement
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

fn grants(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog) -> Vec<Grant> {
    let region = &figures.region;
    let mut grants = Vec::new();
    if offer.adds == Adds::Units {
        let units = format!("arn:aws:bedrock:{region}:{ACCOUNT}:provisioned-model/*");
        grants.push(Grant::of(CALL, [units]));
        grants.push(Grant::of(
            &[
                "bedrock:CreateProvisionedModelThroughput",
                "bedrock:GetProvisionedModelThroughput",
                "bedrock:ListProvisionedModelThroughputs",
                "bedrock:DeleteProvisionedModelThroughput",
            ],
            ["*".to_owned()],
        ));
        return grants;
    }
    grants.extend(call_grants(&offer.way, figures));
    match &offer.adds {
        Adds::Smaller(small) => {
            grants.extend(call_grants(small, figures));
            let router = format!("arn:aws:bedrock:{region}:{ACCOUNT}:prompt-router/*");
            grants.push(Grant::of(CALL, [router]));
            grants.push(Grant::of(
                &[
                    "bedrock:ListPromptRouters",
                    "bedrock:GetPromptRouter",
                    "bedrock:CreatePromptRouter",
                ],
                ["*".to_owned()],
            ));
        }
        Adds::Routes(routes) => {
            for region in &routes.regions {
                let there = Figures {
                    region: region.clone(),
                    ..figures.clone()
                };
                let way = Way::plain(&offer.way.model, &there, catalog);
                grants.extend(way.iter().flat_map(|way| call_grants(way, &there)));
            }
            for model in routes.models.iter().filter_map(|id| catalog.models.get(id)) {
                let way = Way::plain(model, figures, catalog);
                grants.extend(way.iter().flat_map(|way| call_grants(way, figures)));
            }
        }
        Adds::Nothing | Adds::Units | Adds::Reserved => {}
    }
    if leaf == Leaf::LargeDatasets {
        grants.extend(batch_grants());
    }
    grants
}

/// The rights to call one way, streams included.
fn call_grants(way: &Way, figures: &Figures) -> Vec<Grant> {
    let region = &figures.region;
    let model = &way.model.id;
    let in_region =
        |region: &dyn std::fmt::Display| format!("arn:aws:bedrock:{region}::foundation-model/{model}");
    if way.family == QuotaFamily::OnDemand {
        return vec![Grant::of(CALL, [in_region(region)])];
    }
    let profile = format!(
        "arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{}",
        way.target
    );
    let behind = if way.family == QuotaFamily::Global {
        vec![in_region(region), in_region(&"")]
    } else {
        way.served_in.iter().map(|region| in_region(region)).collect()
    };
    vec![
        Grant::of(CALL, [profile.clone()]),
        Grant {
            only_through: Some(profile),
            ..Grant::of(CALL, behind)
        },
    ]
}

fn batch_grants() -> [Grant; 3] {
    [
        Grant::of(
            &[
                "bedrock:CreateModelInvocationJob",
                "bedrock:GetModelInvocationJob",
                "bedrock:ListModelInvocationJobs",
                "bedrock:StopModelInvocationJob",
            ],
            ["*".to_owned()],
        ),
        Grant::of(
            &["iam:PassRole"],
            [format!("arn:aws:iam::{ACCOUNT}:role/BATCH_ROLE")],
        ),
        Grant::of(
            &["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            ["INPUT_BUCKET", "OUTPUT_BUCKET"].iter().flat_map(|bucket| {
                [
                    format!("arn:aws:s3:::{bucket}"),
                    format!("arn:aws:s3:::{bucket}/*"),
                ]
            }),
        ),
    ]
}

fn quotas(leaf: Leaf, offer: &Offer, figures: &Figures, catalog: &Catalog) -> Vec<String> {
    match (&offer.adds, leaf) {
        (Adds::Units, _) => vec![
            "model units: 0 in every account by default, with or without commitment; a support case comes first"
                .to_owned(),
        ],
        (Adds::Reserved, _) => catalog
            .offers
            .reserved
            .iter()
            .map(|tier| {
                format!(
                    "Reserved tier: at least {} input and {} output tokens a minute, for {} months, through the account team",
                    grouped(tier.input_tokens_per_minute as f64),
                    grouped(tier.output_tokens_per_minute as f64),
                    tier.months.iter().map(u64::to_string).collect::<Vec<_>>().join(" or ")
                )
            })
            .collect(),
        (_, Leaf::LargeDatasets) => catalog
            .offers
            .batch
            .iter()
            .map(|limits| {
                format!(
                    "batch: {} to {} records a job, {} jobs submitted or in progress for each model",
                    limits.min_records, grouped(limits.max_records as f64), limits.jobs
                )
            })
            .collect(),
        (Adds::Smaller(small), _) => {
            let complex = figures.complex.get();
            [(&offer.way, complex), (small, 1.0 - complex)]
                .into_iter()
                .filter_map(|(way, share)| quota_line(way, Busiest::of(leaf, way, figures, share), figures))
                .collect()
        }
        _ => quota_line(
            &offer.way,
            Busiest::of(leaf, &offer.way, figures, 1.0),
            figures,
        )
        .into_iter()
        .collect(),
    }
}

/// What the busiest minute takes from a quota.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busiest {
    /// Requests.
    pub requests: f64,
    /// Tokens, once the calls are settled: cache reads are free, output counts by its burndown.
    pub tokens: f64,
}

impl Busiest {
    /// The busiest minute of a share of the traffic.
    pub fn of(leaf: Leaf, way: &Way, figures: &Figures, share: f64) -> Self {
        let read = if leaf == Leaf::RepeatedContexts {
            cached_tokens(&way.model, figures)
        } else {
            0
        };
        let input = (figures.input_tokens - read) as f64;
        let output = figures.output_tokens as f64 * way.model.burndown as f64;
        let requests = figures.peak * 60.0 * share;
        Self {
            requests,
            tokens: requests * (input + output),
        }
    }

    /// Whether the default quota of a way holds it.
    pub fn is_held(self, way: &Way, region: &Region) -> bool {
        way.model.quota(way.family, region).is_some_and(|row| {
            let most = row.requests_per_minute;
            most.is_none_or(|most| self.requests <= most as f64)
                && self.tokens <= row.tokens_per_minute as f64
        })
    }
}

fn quota_line(way: &Way, busiest: Busiest, figures: &Figures) -> Option<String> {
    let row = way.model.quota(way.family, &figures.region)?;
    let family = match way.family {
        QuotaFamily::OnDemand => "on-demand",
        QuotaFamily::CrossRegion => "cross-region",
        QuotaFamily::Global => "global cross-region",
    };
    let requests = row.requests_per_minute.map(|most| {
        format!(
            ", requests {} of {}",
            grouped(busiest.requests),
            grouped(most as f64)
        )
    });
    let code = row.tokens_code.as_ref().map(|code| format!(" ({code})"));
    let verdict = if busiest.is_held(way, &figures.region) {
        "the default holds it; a new account may begin at 0"
    } else {
        "ask for more before the first busy minute"
    };
    Some(format!(
        "{family} tokens a minute for {} in {}: {} of {} by default{}{}: {verdict}",
        way.model.name,
        figures.region,
        grouped(busiest.tokens),
        grouped(row.tokens_per_minute as f64),
        code.unwrap_or_default(),
        requests.unwrap_or_default()
    ))
}
