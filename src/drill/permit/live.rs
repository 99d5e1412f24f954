//! Asks the account what it has and what is in use. Reads only; what cannot be read is said, and the
//! catalogue's default stands for it.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::{Claim, Counted, Limit};
use crate::bedrock::Account;
use crate::bedrock::account::{MetricAsk, QuotaSeen};
use crate::names::Region;

/// Seconds of present use that are looked at, the busiest minute of which counts.
const LOOKED_AT: i64 = 15 * 60;

/// Fills in limits and present use.
pub async fn look(account: &Account, claims: &mut [Claim], unseen: &mut Vec<String>) {
    let regions: BTreeSet<Region> = claims.iter().map(|claim| claim.region.clone()).collect();
    for region in regions {
        match account.applied_quotas(&region).await {
            Ok(quotas) => {
                for claim in claims.iter_mut().filter(|claim| claim.region == region) {
                    apply(claim, &quotas);
                }
            }
            Err(problem) => unseen.push(format!("{problem}: the catalogue's defaults are taken")),
        }
        if let Err(problem) = use_of(account, &region, claims).await {
            unseen.push(format!("{problem}: what is in use is not known"));
        }
    }
}

/// Takes the applied value of a claim's quota, by its code or else its name.
fn apply(claim: &mut Claim, quotas: &[QuotaSeen]) {
    let is_it = |quota: &&QuotaSeen| {
        claim.code.as_ref() == Some(&quota.code) || plain(&quota.name) == plain(&claim.quota)
    };
    if let Some(quota) = quotas.iter().find(is_it) {
        claim.limit = Limit::Applied(quota.value);
        claim.code = Some(quota.code.clone());
        claim.quota.clone_from(&quota.name);
    }
}

/// Letters and digits alone.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

async fn use_of(
    account: &Account,
    region: &Region,
    claims: &mut [Claim],
) -> Result<(), crate::bedrock::account::ReadProblem> {
    let mut asked = Vec::new();
    let mut places = Vec::new();
    for (place, claim) in claims
        .iter()
        .enumerate()
        .filter(|(_, claim)| claim.region == *region)
    {
        for id in &claim.ids {
            asked.push(MetricAsk {
                namespace: "AWS/Bedrock",
                name: match claim.counted {
                    Counted::Requests => "Invocations",
                    Counted::Tokens => "EstimatedTPMQuotaUsage",
                },
                id: id.clone(),
                statistic: "Sum",
                period: 60,
            });
            places.push(place);
        }
    }
    let clock = account.clock();
    let to = clock.wall(clock.now()).as_second();
    let values = account.metric_data(region, &asked, (to - LOOKED_AT, to)).await?;
    let mut by_claim: BTreeMap<usize, BTreeMap<i64, f64>> = BTreeMap::new();
    for (place, values) in places.into_iter().zip(values) {
        let minutes = by_claim.entry(place).or_default();
        for (minute, value) in values {
            *minutes.entry(minute).or_default() += value;
        }
    }
    for (place, minutes) in by_claim {
        claims[place].in_use = Some(minutes.into_values().fold(0.0, f64::max));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_their_letters() {
        assert_eq!(
            plain("On-demand model inference requests per minute for Amazon Nova Micro"),
            plain("On-Demand Model Inference Requests Per Minute for Amazon Nova-Micro")
        );
    }
}
