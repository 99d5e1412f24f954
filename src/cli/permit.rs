//! Leave to be sent to a target that is not embedded: gathers what the decision needs, shows it, asks.
//!
//! Decides nothing: [`drill::permit`](crate::drill::permit) does. All that is called here reads.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use super::UsageError;
use super::args::PermitFlags;
use crate::bedrock::account::masked;
use crate::bedrock::{Account, AwsAccount, AwsSettings, SpendGuard, Target, UrlTarget, destination};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::drill::permit::live;
use crate::drill::permit::{Decision, Pass, Request, Said, Watched, claims, confirmation, decide};
use crate::names::Region;
use crate::patterns::plan::SpecialPlan;
use crate::scenario::forecast::Forecast;
use crate::scenario::{Override, Scenario, TargetPlan};
use crate::units::Usd;

/// Where a question is asked that belongs to no region.
const USUAL_REGION: &str = "us-east-1";

/// What `--max-spend` changes about a scenario: it lowers a budget and never raises one.
pub fn cap(scenario: &Scenario, flags: &PermitFlags) -> Option<Override> {
    let most = flags.max_spend?;
    let lowers = scenario
        .budget
        .is_none_or(|budget| budget > Usd::from_dollars(most));
    lowers.then(|| Override::of_flag("--max-spend", "budget", &most.to_string()))
}

/// A pass for each scenario that needs one, before the first of them runs. What `--max-spend` allows,
/// it allows once for all of them.
pub fn all(
    scenarios: &[Scenario],
    flags: &PermitFlags,
    catalog: &Arc<Catalog>,
) -> color_eyre::Result<Vec<Option<Pass>>> {
    let common = flags
        .max_spend
        .map(|most| SpendGuard::new(Usd::from_dollars(most), Arc::clone(catalog)));
    let mut passes = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        passes.push(pass(scenario, (flags, common.as_ref()), catalog)?);
    }
    Ok(passes)
}

/// A pass for one scenario; `None` where it needs none.
pub fn one(
    scenario: &Scenario,
    flags: &PermitFlags,
    catalog: &Arc<Catalog>,
) -> color_eyre::Result<Option<Pass>> {
    pass(scenario, (flags, None), catalog)
}

fn pass(
    scenario: &Scenario,
    (flags, common): (&PermitFlags, Option<&SpendGuard>),
    catalog: &Arc<Catalog>,
) -> color_eyre::Result<Option<Pass>> {
    if scenario.target == TargetPlan::Local {
        return Ok(None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let said = Said {
        yes: flags.yes,
        max_spend: flags.max_spend.is_some(),
        max_share: flags.max_quota_share,
        terminal: io::stdin().is_terminal() && io::stderr().is_terminal(),
    };
    let (target, request) = runtime.block_on(gather(scenario, flags, catalog))?;
    let mut err = io::stderr().lock();
    write!(err, "{}", confirmation(&request, said))?;
    let mut decision = decide(&request, said);
    if decision == Decision::Ask && asked(&mut err)? {
        decision = Decision::Go;
    }
    match (&decision, request.cap) {
        (Decision::Refuse(reasons), _) => {
            Err(UsageError(format!("nothing was sent: {}", reasons.join("\n"))).into())
        }
        (Decision::Go, Some(cap)) => {
            let guard = common
                .cloned()
                .unwrap_or_else(|| SpendGuard::new(cap, Arc::clone(catalog)));
            let label = label(scenario, &request);
            let watched = Watched::of(&request.claims);
            Ok(Pass::of(&decision, (target, label), guard, watched))
        }
        _ => Err(UsageError("nothing was sent: you did not say yes".to_owned()).into()),
    }
}

/// Asks for a yes; anything else is a no.
fn asked(err: &mut impl io::Write) -> io::Result<bool> {
    write!(err, "\nSend it? [y/N] ")?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn label(scenario: &Scenario, request: &Request) -> String {
    let account = request
        .identity
        .as_ref()
        .and_then(|identity| identity.as_ref().ok());
    match (&scenario.target, account) {
        (TargetPlan::Aws, Some(account)) => {
            let number = account.split(' ').next().unwrap_or_default();
            format!("aws {}", number.replacen("********", "****", 1))
        }
        (target, _) => target.to_string(),
    }
}

/// Everything that the decision needs, with the target as it will be called.
async fn gather(
    scenario: &Scenario,
    flags: &PermitFlags,
    catalog: &Arc<Catalog>,
) -> color_eyre::Result<(Target, Request)> {
    let (target, detours, dummy) = target(scenario, flags).await?;
    let account = Account::read_only(target.clone(), Clock::real());
    let mut request = Request {
        scenario: scenario.name.clone(),
        target: match &scenario.target {
            TargetPlan::Aws => "Amazon Bedrock".to_owned(),
            other => format!("{other} (not embedded: what it costs, nobody knows)"),
        },
        detours,
        dummy_credentials: dummy,
        cap: scenario.budget,
        ..reckoned(scenario, catalog)
    };
    let home = account.home_region();
    let first = request.regions.first().map_or(USUAL_REGION, String::as_str);
    let asked = home.unwrap_or_else(|| Region::from(first));
    request.identity = Some(match account.identity(&asked).await {
        Ok(identity) => {
            let number = if flags.show_account {
                identity.account.clone()
            } else {
                masked(&identity.account)
            };
            Ok(format!("{number} as {}", identity.principal()))
        }
        Err(_) if scenario.target == TargetPlan::Aws && AwsAccount::has_bearer_key() => {
            Ok("unknown, behind a bearer key of Bedrock's, which cannot ask whose it is".to_owned())
        }
        Err(problem) => Err(problem.to_string()),
    });
    live::look(&account, &mut request.claims, &mut request.unseen).await;
    Ok((target, request))
}

/// The target, where its calls go, and whether dummy credentials sign them.
async fn target(scenario: &Scenario, flags: &PermitFlags) -> color_eyre::Result<(Target, Vec<String>, bool)> {
    let settings = AwsSettings {
        profile: flags.profile.clone(),
        send_credentials: flags.send_credentials,
    };
    match &scenario.target {
        TargetPlan::Url(url) => {
            // Real credentials go unasked to AWS's own hosts, over HTTPS, and nowhere else.
            let trusted = flags.send_credentials || destination::is_aws(url).is_ok();
            let account = if trusted {
                Some(AwsAccount::load(&settings).await)
            } else {
                None
            };
            let dummy = account.is_none();
            let target = Target::Url(UrlTarget {
                url: url.clone(),
                account,
            });
            Ok((target, Vec::new(), dummy))
        }
        TargetPlan::Aws | TargetPlan::Local => {
            let account = AwsAccount::load(&settings).await;
            let detours = account.detours();
            Ok((Target::Aws(account), detours, false))
        }
    }
}

/// What follows from scenario and catalogue alone.
fn reckoned(scenario: &Scenario, catalog: &Catalog) -> Request {
    // One that runs until it is stopped is reckoned for an hour, for its quotas; the cap bounds the rest.
    let bounded = Scenario {
        duration: scenario.duration.or(Some(std::time::Duration::from_secs(3_600))),
        ..scenario.clone()
    };
    let forecast = Forecast::of(&bounded, catalog).unwrap_or_default();
    let arms = || forecast.patterns.iter().flat_map(|pattern| &pattern.arms);
    let sum = |of: fn(&crate::scenario::forecast::ArmForecast) -> f64| arms().map(of).sum::<f64>();
    let times = f64::from(scenario.repeats);
    let routes = || {
        let arms = scenario.patterns.iter().flat_map(|pattern| &pattern.plan.arms);
        arms.flat_map(|arm| &arm.chain)
            .filter(|route| !catalog.offers.foreign.contains_key(&route.model))
    };
    let of_routes = |of: fn(&crate::event::Route) -> String| -> Vec<String> {
        let found: BTreeSet<String> = routes().map(|route| of(route)).collect();
        found.into_iter().collect()
    };
    let leaves = forecast.patterns.iter().flat_map(|pattern| {
        let leaving = pattern.arms.iter().filter(|arm| !arm.leaves_for.is_empty());
        leaving.map(|arm| {
            let to = arm.leaves_for.join(", ");
            format!(
                "of {}/{} can leave {} for {to}",
                pattern.pattern, arm.arm, arm.geography
            )
        })
    });
    Request {
        regions: of_routes(|route| route.region.to_string()),
        models: of_routes(|route| route.target.to_string()),
        leaves: leaves.collect(),
        runs_secs: scenario.duration.map(|runs| runs.as_secs_f64()),
        repeats: scenario.repeats,
        requests: (
            sum(|arm| arm.attempts.expected) * times,
            sum(|arm| arm.attempts.most) * times,
        ),
        tokens: (
            sum(|arm| arm.input_tokens.most) * times,
            sum(|arm| arm.output_tokens.most) * times,
        ),
        dollars: (forecast.cost_usd.expected * times, forecast.cost_usd.most * times),
        claims: claims::claims(scenario, &forecast, catalog),
        makes: makes(scenario),
        faults: scenario.faults.len(),
        unbounded: forecast.unbounded,
        ..Request::default()
    }
}

/// What a run makes in the account.
fn makes(scenario: &Scenario) -> Vec<String> {
    let made = scenario
        .patterns
        .iter()
        .filter_map(|pattern| match &pattern.plan.special {
            SpecialPlan::Batch(plan) => Some(match &plan.job.bucket {
                Some(bucket) => format!(
                    "{} batch jobs, with objects in {bucket} that are deleted again",
                    plan.job.jobs
                ),
                None => format!(
                    "{} batch jobs, with a bucket of their own that is deleted again",
                    plan.job.jobs
                ),
            }),
            SpecialPlan::PromptRouting(_) => Some("prompt routers, which are deleted again".to_owned()),
            _ => None,
        });
    made.collect()
}
