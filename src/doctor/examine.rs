//! Looks at an account: every question at once, each within [`PATIENCE`].
//!
//! The questions run on the task that asks and end with it. At most `AT_ONCE` models are asked for at a
//! time; the account itself keeps the pace of the requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use super::PATIENCE;
use super::check::{Missed, Seen, check};
use super::report::Line;
use super::uses::{BatchUse, Use, Uses};
use crate::bedrock::Account;
use crate::bedrock::account::QuotaSeen;
use crate::bedrock::account::{ReadProblem, Trouble};
use crate::bedrock::preflight::{Access, Greeting, ModelListed, ProfileListed};
use crate::catalog::{Catalog, QuotaFamily};
use crate::clock::Clock;
use crate::names::Region;

/// Models that are asked for at one time.
const AT_ONCE: usize = 8;

/// What is looked at, and how it is shown.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The account, to be read.
    pub account: Account,
    /// Models, prices, names of quotas.
    pub catalog: Arc<Catalog>,
    /// What a drill uses.
    pub uses: Uses,
    /// The regions, without repeats; never empty. The first is where STS is asked.
    pub regions: Vec<Region>,
    /// Whether a bearer key of Bedrock is set.
    pub bearer: bool,
    /// Whether the target is this machine.
    pub local: bool,
    /// Whether the account's number is shown whole.
    pub show_account: bool,
}

type Look<T> = Result<T, Missed>;

/// What was seen of a region.
struct RegionSeen {
    models: Look<Vec<ModelListed>>,
    endpoint: Look<Seen>,
    profiles: Look<Vec<ProfileListed>>,
    quotas: Look<Vec<QuotaSeen>>,
    metrics: Look<usize>,
    bucket: Look<Seen>,
    jobs: Look<()>,
}

/// The lines of the account, its regions and models, in the order of the table.
pub async fn examine(plan: &Plan) -> Vec<Line> {
    let Some(first) = plan.regions.first() else {
        return Vec::new();
    };
    let clock = plan.account.clock();
    let accesses = stream::iter(&plan.uses.calls)
        .map(|call| in_time(clock, plan.account.access(&call.region, call.model.as_str())))
        .buffered(AT_ONCE)
        .collect::<Vec<_>>();
    let regions = join_all(plan.regions.iter().map(|region| look(plan, region)));
    let greeting = clock.until(clock.now() + PATIENCE, plan.account.greet(first));
    let (greeting, regions, accesses) = tokio::join!(greeting, regions, accesses);
    let regions: BTreeMap<&Region, RegionSeen> = plan.regions.iter().zip(regions).collect();
    let mut lines = account_lines(plan, greeting.as_ref());
    let account = greeting.and_then(|greeting| greeting.identity.ok());
    let account = account.map(|who| who.account);
    for (region, seen) in &regions {
        lines.extend(region_lines(plan, region, seen, account.as_deref()));
    }
    for (call, access) in plan.uses.calls.iter().zip(accesses) {
        if let Some(seen) = regions.get(&call.region) {
            lines.extend(model_lines(plan, call, access, seen));
        }
    }
    lines
}

async fn in_time<T>(clock: &Clock, work: impl Future<Output = Result<T, ReadProblem>>) -> Look<T> {
    match clock.until(clock.now() + PATIENCE, work).await {
        Some(found) => found.map_err(Missed::from),
        None => Err(Missed::Late),
    }
}

async fn look(plan: &Plan, region: &Region) -> RegionSeen {
    let (account, clock) = (&plan.account, plan.account.clock());
    let began = clock.now();
    let models = async {
        let found = in_time(clock, account.models(region)).await;
        (found, clock.now().since(began))
    };
    let (models, profiles, quotas, metrics, bucket, jobs) = tokio::join!(
        models,
        in_time(clock, account.profiles(region)),
        in_time(clock, account.applied_quotas(region)),
        in_time(clock, account.listed_metrics(region)),
        bucket(plan, region),
        in_time(clock, account.may_list_jobs(region)),
    );
    let (models, took) = models;
    let endpoint = match &models {
        Ok(_) => Ok(Seen::Endpoint { answer: Ok(()), took }),
        Err(Missed::Late) => Err(Missed::Late),
        Err(Missed::Read(problem)) => Ok(Seen::Endpoint {
            answer: Err(problem.clone()),
            took,
        }),
    };
    RegionSeen {
        models,
        endpoint,
        profiles,
        quotas,
        metrics,
        bucket,
        jobs,
    }
}

async fn bucket(plan: &Plan, region: &Region) -> Look<Seen> {
    let named = plan.uses.batch.as_ref().and_then(|batch| batch.bucket.clone());
    let clock = plan.account.clock();
    let found = match &named {
        Some(name) => {
            let asked = plan.account.may_list_bucket(region, name);
            in_time(clock, asked).await.map(|()| 1)
        }
        None => in_time(clock, plan.account.buckets(region)).await,
    };
    let found = match found {
        Ok(count) => Ok(count),
        Err(Missed::Read(problem)) => Err(problem),
        Err(Missed::Late) => return Err(Missed::Late),
    };
    Ok(Seen::Bucket { name: named, found })
}

fn account_lines(plan: &Plan, greeting: Option<&Greeting>) -> Vec<Line> {
    let who = greeting.map_or(Err(Missed::Late), |greeting| {
        Ok(Seen::Who {
            identity: greeting.identity.clone(),
            bearer: plan.bearer,
            show: plan.show_account,
        })
    });
    let none = |greeting: &Greeting| {
        let problem = greeting.identity.as_ref().err();
        problem.is_some_and(|problem| problem.trouble == Trouble::NoCredentials)
    };
    let bearer = Seen::Bearer {
        set: plan.bearer,
        others: greeting.is_some_and(|greeting| !none(greeting)),
    };
    let ahead = Ok(Seen::Clock(greeting.and_then(|greeting| greeting.ahead)));
    vec![
        line(plan, "credentials", None, &who),
        line(plan, "clock", None, &ahead),
        line(plan, "bearer", None, &Ok(bearer)),
    ]
}

fn region_lines(plan: &Plan, region: &Region, seen: &RegionSeen, account: Option<&str>) -> Vec<Line> {
    let known = plan.catalog.regions.get(region);
    let role = plan
        .uses
        .batch
        .as_ref()
        .map(|batch: &BatchUse| batch.role.clone());
    let batch = seen.jobs.clone().map(|()| Seen::Batch {
        role,
        account: account.map(str::to_owned),
        local: plan.local,
    });
    let named = Seen::Region {
        name: known.map(|entry| entry.name.clone()),
    };
    [
        ("region", Ok(named)),
        ("endpoint", seen.endpoint.clone()),
        ("cloudwatch", seen.metrics.clone().map(Seen::Metrics)),
        ("s3", seen.bucket.clone()),
        ("batch", batch),
    ]
    .into_iter()
    .map(|(key, found)| line(plan, key, Some(region.to_string()), &found))
    .collect()
}

fn model_lines(plan: &Plan, call: &Use, access: Look<Access>, seen: &RegionSeen) -> Vec<Line> {
    let subject = Some(subject(call));
    let way = match call.family {
        QuotaFamily::OnDemand => ("on-demand", on_demand(call, seen)),
        QuotaFamily::CrossRegion | QuotaFamily::Global => ("profile", profile(call, seen)),
    };
    let quotas = seen.quotas.clone().map(|rows| Seen::Quotas {
        rows: drawn_on(&rows, call, &plan.catalog),
        region: call.region.clone(),
    });
    [("access", access.map(Seen::Access)), way, ("quota", quotas)]
        .into_iter()
        .map(|(key, found)| line(plan, key, subject.clone(), &found))
        .collect()
}

/// How a line calls a model in a region.
pub(super) fn subject(call: &Use) -> String {
    format!("{} {}", call.region, call.target)
}

fn on_demand(call: &Use, seen: &RegionSeen) -> Look<Seen> {
    let models = seen.models.as_ref().map_err(Clone::clone)?;
    let listed = models.iter().find(|model| model.id == call.model.as_str());
    Ok(Seen::OnDemand {
        listed: listed.map(|model| model.on_demand),
        profiles: profiles_of(call, seen),
    })
}

fn profile(call: &Use, seen: &RegionSeen) -> Look<Seen> {
    let profiles = seen.profiles.as_ref().map_err(Clone::clone)?;
    let target = call.target.as_str();
    let listed = profiles.iter().find(|it| it.id == target || it.arn == target);
    Ok(Seen::Profile {
        listed: listed.map(|profile| profile.active),
        others: profiles_of(call, seen),
    })
}

/// Profiles of the model that the region lists: a system profile ends in the model's identifier.
fn profiles_of(call: &Use, seen: &RegionSeen) -> Vec<String> {
    let profiles = seen.profiles.as_deref().unwrap_or_default();
    let ending = format!(".{}", call.model);
    let of_model = profiles.iter().filter(|it| it.active && it.id.ends_with(&ending));
    of_model.map(|profile| profile.id.clone()).collect()
}

/// The quotas that a call draws on, by the names that Service Quotas gives them.
fn drawn_on(rows: &[QuotaSeen], call: &Use, catalog: &Catalog) -> Vec<QuotaSeen> {
    let Some(model) = catalog.models.get(&call.model) else {
        return Vec::new();
    };
    let of_model = format!(" for {}", catalog.offers.quota_book.name_of(model)).to_lowercase();
    let kind = match call.family {
        QuotaFamily::OnDemand => "on-demand model inference",
        QuotaFamily::CrossRegion => "cross-region model inference",
        QuotaFamily::Global => "global cross-region model inference",
    };
    let of_call = rows.iter().filter(|row| {
        let name = row.name.to_lowercase();
        let daily =
            call.family != QuotaFamily::Global && name.starts_with("model invocation max tokens per day");
        // A daily quota says in brackets that it is doubled.
        let plain = name.split(" (").next().unwrap_or_default();
        plain.ends_with(&of_model) && (name.starts_with(kind) || daily)
    });
    of_call.cloned().collect()
}

fn line(plan: &Plan, key: &str, subject: Option<String>, found: &Look<Seen>) -> Line {
    let check = check(key);
    let verdict = check.verdict(found);
    let verdict = if plan.show_account {
        verdict
    } else {
        verdict.masked()
    };
    Line::of(check, subject, verdict)
}
