//! Held cases: worlds drawn from seeds, each with one thing that throttles, and what capacity says.
//!
//! The rules were tuned on the seeds from [`TUNED`] on, and are judged on those from [`HELD`] on: other
//! draws of model, quota, load and time. A case is right if the right quota is named by its code, or,
//! where no figure tells, if none is named.

use std::time::Duration;

use bedrill::capacity::{Finding, RateKind, Step, Suspect, Urgency};
use bedrill::catalog::{Catalog, QuotaFamily};
use bedrill::clock::Moment;
use bedrill::emulator::world::plan::{QuotaOverride, WorldPlan};
use bedrill::event::FaultId;
use bedrill::fault::{FaultKind, FaultPlan, FaultShape, Scope};
use bedrill::names::{ModelId, Region};
use bedrill::seed::{Seed, Stream};
use bedrill::units::Share;

use super::world::{Load, Run};

const TUNED: u64 = 1_000;
const HELD: u64 = 7_000;

/// What throttles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    StepOfRequests,
    StepOfTokens,
    RampOfRequests,
    RampOfTokens,
    Day,
    Zero,
    Overload,
    LargeMaxTokens,
    RampWithLargeMaxTokens,
    Lowered,
    Refused,
}

const KINDS: [Kind; 11] = [
    Kind::StepOfRequests,
    Kind::StepOfTokens,
    Kind::RampOfRequests,
    Kind::RampOfTokens,
    Kind::Day,
    Kind::Zero,
    Kind::Overload,
    Kind::LargeMaxTokens,
    Kind::RampWithLargeMaxTokens,
    Kind::Lowered,
    Kind::Refused,
];

/// A world with its load, and what is right to say of it.
struct Case {
    kind: Kind,
    seed: u64,
    plan: WorldPlan,
    faults: Vec<FaultPlan>,
    load: Load,
    minutes: f64,
    right: Option<Suspect>,
}

/// Model, what is called, and where: bare models and profiles, with a burndown of 1 and of 5.
const CALLED: [(&str, &str, QuotaFamily, &str); 6] = [
    (
        "amazon.nova-micro-v1:0",
        "amazon.nova-micro-v1:0",
        QuotaFamily::OnDemand,
        "us-east-1",
    ),
    (
        "amazon.nova-lite-v1:0",
        "us.amazon.nova-lite-v1:0",
        QuotaFamily::CrossRegion,
        "us-west-2",
    ),
    (
        "amazon.nova-pro-v1:0",
        "amazon.nova-pro-v1:0",
        QuotaFamily::OnDemand,
        "us-east-1",
    ),
    (
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        QuotaFamily::CrossRegion,
        "us-east-1",
    ),
    (
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        QuotaFamily::CrossRegion,
        "eu-west-1",
    ),
    (
        "amazon.nova-2-lite-v1:0",
        "us.amazon.nova-2-lite-v1:0",
        QuotaFamily::CrossRegion,
        "us-east-2",
    ),
];

#[allow(clippy::too_many_lines, reason = "a table: one arm for each kind of case")]
fn case(kind: Kind, seed: u64) -> Case {
    let mut draws = Seed::new(seed).derive("case").stream();
    // Only where replies can be long does the reservation weigh more than the use.
    let among = match kind {
        Kind::LargeMaxTokens | Kind::RampWithLargeMaxTokens => &CALLED[3..5],
        _ => &CALLED[..],
    };
    let (model, target, family, region) = among[draws.below(among.len())];
    let of_model = Catalog::builtin().models[&ModelId::from(model)].clone();
    let within = |draws: &mut Stream, low: f64, high: f64| low + (high - low) * draws.unit();
    let is_large = matches!(kind, Kind::LargeMaxTokens | Kind::RampWithLargeMaxTokens);
    let size = if is_large { 0.45 } else { 1.0 };
    let input = within(&mut draws, 200.0, 900.0) * size;
    let reply = within(&mut draws, 60.0, 220.0) * size;
    let is_ramp = matches!(kind, Kind::RampOfRequests | Kind::RampOfTokens);
    let allowed = within(&mut draws, 150.0, 300.0).round() * if is_ramp { 3.0 } else { 1.0 };
    // A log-normal's mean lies above its median.
    let charge = 1.05 * (input + reply * of_model.burndown as f64);
    let (mut requests, mut tokens, mut daily) = (allowed * 20.0, charge * allowed * 20.0, None);
    let over = within(&mut draws, 1.3, 2.2);
    let mut load = Load {
        region: Region::from(region),
        target: target.to_owned(),
        level: allowed * over,
        rise: 0.0,
        rises_from: 0.0,
        input,
        reply,
        max_tokens: Some((reply * 3.0).round() as u64),
    };
    let mut minutes = 14.0 + within(&mut draws, 0.0, 6.0);
    let mut faults = Vec::new();
    let most = if is_large { 1.25 } else { 1.6 };
    let mut ramp = |load: &mut Load, draws: &mut Stream, to: f64| {
        let lasts = within(draws, 18.0, 40.0);
        load.level = to * within(draws, 0.2, 0.4);
        load.rises_from = within(draws, 3.0, 8.0);
        load.rise = (to * 1.1 - load.level) / lasts;
        minutes = load.rises_from + most * lasts;
    };
    let right = match kind {
        Kind::StepOfRequests => {
            requests = allowed;
            Some(Suspect::Requests)
        }
        Kind::StepOfTokens => {
            tokens = charge * allowed;
            Some(Suspect::Tokens)
        }
        Kind::RampOfRequests => {
            requests = allowed;
            ramp(&mut load, &mut draws, allowed);
            Some(Suspect::Requests)
        }
        Kind::RampOfTokens => {
            tokens = charge * allowed;
            ramp(&mut load, &mut draws, allowed);
            Some(Suspect::Tokens)
        }
        Kind::Day => {
            let of_family = charge * allowed * within(&mut draws, 6.0, 12.0);
            let doubled = if family == QuotaFamily::CrossRegion {
                2.0
            } else {
                1.0
            };
            daily = Some((of_family / doubled) as u64);
            minutes += 12.0;
            Some(Suspect::Daily)
        }
        Kind::Zero => {
            tokens = 0.0;
            Some(Suspect::Zero(RateKind::Tokens))
        }
        Kind::Overload => {
            faults.push(fault(
                FaultKind::CapacityOutage,
                &load.region,
                within(&mut draws, 0.6, 0.8),
            ));
            // A profile would go round it: the bare model cannot.
            "amazon.nova-micro-v1:0".clone_into(&mut load.target);
            load.region = Region::from("us-east-1");
            faults[0].scope.region = Some(load.region.clone());
            Some(Suspect::SharedPool)
        }
        Kind::LargeMaxTokens | Kind::RampWithLargeMaxTokens => {
            // Calls in flight, each holding all that it might write, fill the quota; what they use does not.
            let latency = of_model.latency;
            let secs = (latency.first_token_ms / 1e3) + reply / latency.tokens_per_second;
            tokens = (input + of_model.max_output as f64) * allowed * secs / 60.0;
            load.max_tokens = None;
            // Were max_tokens small, all would fit.
            load.level = load.level.min(0.75 * tokens / charge);
            requests = load.level * 10.0;
            if kind == Kind::RampWithLargeMaxTokens {
                ramp(&mut load, &mut draws, allowed);
            }
            Some(Suspect::Reservation)
        }
        Kind::Lowered => {
            let share = within(&mut draws, 0.93, 0.97);
            faults.push(fault(FaultKind::LoweredQuota, &load.region, share));
            None
        }
        Kind::Refused => {
            let share = within(&mut draws, 0.2, 0.5);
            faults.push(fault(FaultKind::Throttle, &load.region, share));
            None
        }
    };
    let (quota_model, quota_family) = if kind == Kind::Overload {
        ("amazon.nova-micro-v1:0", QuotaFamily::OnDemand)
    } else {
        (model, family)
    };
    let plan = WorldPlan {
        quotas: vec![QuotaOverride {
            model: ModelId::from(quota_model),
            family: Some(quota_family),
            region: Some(load.region.clone()),
            requests_per_minute: Some(Some(requests as u64)),
            tokens_per_minute: Some(tokens as u64),
            tokens_per_day: daily,
        }],
        ..WorldPlan::default()
    };
    Case {
        kind,
        seed,
        plan,
        faults,
        load,
        minutes,
        right,
    }
}

fn fault(kind: FaultKind, region: &Region, share: f64) -> FaultPlan {
    FaultPlan {
        id: FaultId(1),
        kind,
        scope: Scope {
            region: Some(region.clone()),
            ..Scope::default()
        },
        begins_at: Moment::from_secs(180),
        lasts: Duration::from_secs(86_400),
        share: Share::clamped(share),
        shape: FaultShape::Step,
        at_client: false,
    }
}

/// What came of a case.
struct Judged {
    named: bool,
    /// Minutes foretold at least eight ahead, and those that were right.
    foretold: (usize, usize),
    /// Whether the action ended the throttling; `None`: there was none that can be tried here.
    mended: Option<bool>,
    line: String,
}

fn judge(case: &Case) -> Judged {
    let mut run = Run::new(case.plan.clone(), case.faults.clone(), case.seed);
    let regions = [case.load.region.clone()];
    let mut guesses = Vec::new();
    while run.minute() + 1.0 <= case.minutes {
        run.send(&case.load, 1.0);
        if run.first_throttle.is_none() {
            let said = run.look(&regions);
            let soonest = said.pools.iter().flat_map(|pool| &pool.uses);
            let soonest = soonest.filter_map(|used| Some(used.forecast?.throttles_in));
            guesses.extend(soonest.min_by(f64::total_cmp).map(|ahead| (run.minute(), ahead)));
        }
    }
    let said = run.look(&regions);
    let burning = said
        .findings
        .iter()
        .find(|finding| finding.urgency == Urgency::Burning);
    let named = burning.is_some_and(|finding| names_it(case, finding, &mut run));
    let ahead = guesses.iter().filter(|(_, ahead)| *ahead >= 8.0);
    let judged: Vec<bool> = ahead
        .filter_map(|(at, ahead)| {
            let truly = run.first_throttle? - at;
            Some((ahead - truly).abs() <= (0.2 * truly).max(1.0))
        })
        .collect();
    let mended = burning.and_then(|finding| mended(case, finding, &mut run));
    let title = burning.map_or("nothing found".to_owned(), |finding| finding.title.clone());
    Judged {
        named,
        foretold: (judged.len(), judged.iter().filter(|right| **right).count()),
        mended,
        line: format!(
            "{:?} seed {}: {} foretold {:?} mended {mended:?}: {title} | {}",
            case.kind,
            case.seed,
            if named { "right" } else { "WRONG" },
            (judged.len(), judged.iter().filter(|right| **right).count()),
            burning.map_or(String::new(), |finding| finding.seen.join("; ")),
        ),
    }
}

/// Whether the finding names the right quota by its code, or rightly none.
fn names_it(case: &Case, finding: &Finding, run: &mut Run) -> bool {
    if finding.steps.is_empty() || finding.suspects.as_slice() != case.right.as_slice() {
        return false;
    }
    let rate = match case.right {
        None | Some(Suspect::SharedPool) => return finding.quota.is_none(),
        Some(Suspect::Zero(rate)) => rate,
        Some(Suspect::Requests) => RateKind::Requests,
        Some(Suspect::Tokens | Suspect::Reservation) => RateKind::Tokens,
        Some(Suspect::Daily) => RateKind::Daily,
    };
    let said = run.look(std::slice::from_ref(&case.load.region));
    let (applied, _) = run.quotas(&case.load.region);
    let pool = said
        .pools
        .iter()
        .find(|pool| pool.ids.iter().any(|(id, _)| *id == case.load.target));
    let used = pool.and_then(|pool| pool.rate(rate));
    let listed = used.and_then(|used| applied.iter().find(|row| Some(&row.code) == used.code.as_ref()));
    listed.is_some_and(|row| {
        finding
            .quota
            .as_ref()
            .is_some_and(|quota| quota.contains(&row.name) && quota.contains(&row.code))
    })
}

/// Does what is recommended first and can be done here, and looks whether it helped.
fn mended(case: &Case, finding: &Finding, run: &mut Run) -> Option<bool> {
    let served = |run: &Run, last: usize| {
        let told = &run.told[run.told.len() - last..];
        let sum = |of: fn(&super::world::Told) -> u64| told.iter().map(of).sum::<u64>() as f64 / last as f64;
        (sum(|told| told.served), sum(|told| told.throttled + told.failed))
    };
    let (before, _) = served(run, 5);
    let now = run.minute();
    let mut load = Load {
        level: case.load.rate(now),
        rise: 0.0,
        ..case.load.clone()
    };
    let mut fresh = None;
    let done = finding.steps.iter().find(|step| match step {
        Step::LowerMaxTokens { to } => {
            load.max_tokens = Some(*to);
            true
        }
        Step::MoveToProfile { id } => {
            load.target.clone_from(id);
            true
        }
        Step::CallFrom { id, region } => {
            load.target.clone_from(id);
            load.region = region.clone();
            true
        }
        Step::AskFor { name, value, .. } => {
            let mut plan = case.plan.clone();
            if name.contains("requests") {
                plan.quotas[0].requests_per_minute = Some(Some(*value as u64));
            } else {
                plan.quotas[0].tokens_per_minute = Some(*value as u64);
            }
            fresh = Some(Run::new(plan, case.faults.clone(), case.seed + 1));
            true
        }
        _ => false,
    });
    done?;
    let run = fresh.as_mut().unwrap_or(run);
    run.send(&load, 12.0);
    let (after, refused) = served(run, 6);
    Some(refused <= 0.005 * (after + refused) && after >= 0.98 * before)
}

fn table(from: u64, each: u64) -> Vec<Judged> {
    let seeds = (0..each).flat_map(|turn| {
        (0_u64..)
            .zip(KINDS)
            .map(move |(place, kind)| (kind, from + turn * 100 + place))
    });
    seeds.map(|(kind, seed)| judge(&case(kind, seed))).collect()
}

#[test]
#[ignore = "the seeds it was tuned on: run by hand"]
fn the_rules_hold_on_the_worlds_they_were_tuned_on() {
    let table = table(TUNED, 4);
    let wrong = table.iter().filter(|judged| !judged.named);
    let wrong: Vec<&str> = wrong.map(|judged| judged.line.as_str()).collect();
    assert!(wrong.len() * 10 <= table.len(), "{}", wrong.join("\n"));
}

#[test]
fn capacity_names_the_quota_foretells_and_helps_on_worlds_it_was_not_tuned_on() {
    let table = table(HELD, 2);
    let lines: Vec<&str> = table.iter().map(|judged| judged.line.as_str()).collect();
    let lines = lines.join("\n");
    let named = table.iter().filter(|judged| judged.named).count();
    assert!(
        table.len() >= 20 && named * 10 >= table.len() * 9,
        "{named} of {}\n{lines}",
        table.len()
    );
    let foretold: usize = table.iter().map(|judged| judged.foretold.0).sum();
    let right: usize = table.iter().map(|judged| judged.foretold.1).sum();
    assert!(
        foretold >= 20 && right * 10 >= foretold * 8,
        "{right} of {foretold}\n{lines}"
    );
    let tried: Vec<bool> = table.iter().filter_map(|judged| judged.mended).collect();
    assert!(
        tried.len() >= 14 && tried.iter().all(|helped| *helped),
        "{tried:?}\n{lines}"
    );
}
