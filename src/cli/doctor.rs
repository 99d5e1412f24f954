//! `bedrill doctor`: the pre-flight, as lines or a JSON document.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::sync::Arc;

use super::args::{CommonFlags, DoctorFlags};
use super::config::Loaded;
use super::{Exit, UsageError, drills};
use crate::bedrock::destination;
use crate::bedrock::in_process::Handler;
use crate::bedrock::target::{AwsAccount, AwsSettings, UrlTarget};
use crate::bedrock::{Account, ClientPlan, Clients, Target};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::doctor::{self, Document, Line, Plan, Report, State, Uses, machine, probe};
use crate::emulator::service::{Answer, Service, ServicePlan};
use crate::emulator::world::plan::WorldPlan;
use crate::names::Region;
use crate::recording;
use crate::scenario::{Scenario, TargetPlan};
use crate::seed::Seed;

/// Whose models are looked at where no scenario is named.
const USUAL: &str = "quickstart";
/// Where they are looked at if nothing else names a region.
const USUAL_REGION: &str = "us-east-1";
/// A Bedrock API key, which stands in for credentials in Bedrock's calls.
const BEARER: &str = "AWS_BEARER_TOKEN_BEDROCK";

/// Looks, prints, and lets the gravest line decide the exit code.
pub fn run(flags: &DoctorFlags, loaded: &Loaded) -> color_eyre::Result<Exit> {
    let mut problems = loaded.problems.clone();
    let catalog = drills::catalog(flags.catalog.as_deref()).unwrap_or_else(|problem| {
        // Told in its line; the rest can still be looked at.
        problems.push(problem.to_string());
        Catalog::builtin()
    });
    let mut report = Report(machine::look(machine::Given {
        config: doctor::check::Seen::Config {
            path: loaded.path.as_ref().map(|path| path.display().to_string()),
            exists: loaded.exists,
            problems,
        },
        data: recording::place::data_folder()
            .ok()
            .map(|path| path.display().to_string()),
    }));
    let scenario = scenario(flags, &catalog)?;
    let target = target_of(flags, scenario.as_ref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let looked = runtime.block_on(look(flags, (&target, scenario), &catalog))?;
    report.0.extend(looked);
    let shown = match &target {
        TargetPlan::Aws => format!("aws{}", with_profile(flags)),
        other => other.to_string(),
    };
    let mut out = io::stdout().lock();
    if flags.json {
        serde_json::to_writer_pretty(&mut out, &Document::new(&shown, &report))?;
        writeln!(out)?;
    } else {
        print(&shown, &report, &mut out)?;
    }
    Ok(match report.state() {
        State::Ok | State::Warn => Exit::Done,
        State::Unknown => Exit::Inconclusive,
        State::Fail => Exit::Failed,
    })
}

fn with_profile(flags: &DoctorFlags) -> String {
    let profile = flags.profile.as_ref();
    profile.map_or_else(String::new, |profile| format!(", profile {profile}"))
}

fn scenario(flags: &DoctorFlags, catalog: &Catalog) -> color_eyre::Result<Option<Scenario>> {
    let common = CommonFlags {
        seed: None,
        set: Vec::new(),
        target: None,
        catalog: None,
    };
    let named = flags.scenario.as_deref();
    named
        .map(|name| drills::scenario(name, &common, catalog))
        .transpose()
}

/// The flag's, else the scenario's, else AWS: nothing here changes or pays.
fn target_of(flags: &DoctorFlags, scenario: Option<&Scenario>) -> Result<TargetPlan, UsageError> {
    let Some(text) = &flags.target else {
        return Ok(scenario.map_or(TargetPlan::Aws, |scenario| scenario.target.clone()));
    };
    TargetPlan::parse(text).map_err(|problem| {
        UsageError(format!(
            "--target {text}: {problem}; write local, aws or a URL such as http://127.0.0.1:4566"
        ))
    })
}

async fn look(
    flags: &DoctorFlags,
    (target, scenario): (&TargetPlan, Option<Scenario>),
    catalog: &Arc<Catalog>,
) -> color_eyre::Result<Vec<Line>> {
    let clock = Clock::real();
    let world = scenario.as_ref().map(|scenario| scenario.world.clone());
    let to = connect(flags, target, (world.unwrap_or_default(), catalog, &clock)).await;
    let account = Account::read_only(to.clone(), clock.clone());
    let named = flags.regions.iter().map(|region| Region::from(region.as_str()));
    let (uses, regions) = uses(scenario.as_ref(), named.collect(), &account, catalog)?;
    let plan = Plan {
        account,
        catalog: Arc::clone(catalog),
        uses,
        regions,
        bearer: *target == TargetPlan::Aws && std::env::var_os(BEARER).is_some_and(|key| !key.is_empty()),
        local: *target == TargetPlan::Local,
        show_account: flags.show_account,
    };
    let mut lines = doctor::examine(&plan).await;
    if flags.probe && confirmed(flags, target, &plan)? {
        let clients = Clients::new(ClientPlan::new(to, clock.clone()));
        lines.extend(probe::probe(&plan.uses.calls, &clients, &clock, catalog).await);
    }
    Ok(lines)
}

async fn connect(
    flags: &DoctorFlags,
    target: &TargetPlan,
    (world, catalog, clock): (WorldPlan, &Arc<Catalog>, &Clock),
) -> Target {
    let settings = AwsSettings {
        profile: flags.profile.clone(),
        ..AwsSettings::default()
    };
    match target {
        TargetPlan::Local => Target::InProcess(emulator(Service::new(ServicePlan {
            catalog: Arc::clone(catalog),
            plan: world,
            seed: Seed::new(7),
            clock: clock.clone(),
        }))),
        // Real credentials go to AWS's own hosts and nowhere else.
        TargetPlan::Url(url) => Target::Url(UrlTarget {
            url: url.clone(),
            account: match destination::is_aws(url) {
                Ok(()) => Some(AwsAccount::load(&settings).await),
                Err(_) => None,
            },
        }),
        TargetPlan::Aws => Target::Aws(AwsAccount::load(&settings).await),
    }
}

fn emulator(service: Service) -> Handler {
    Handler::new(move |request| {
        let service = service.clone();
        async move {
            match service.handle(request).await {
                Answer::Response(response) => Ok(response),
                Answer::Dead(outage) => Err(outage),
            }
        }
    })
}

/// What is used and where: the scenario's own, or the usual models in the regions named.
fn uses(
    scenario: Option<&Scenario>,
    named: Vec<Region>,
    account: &Account,
    catalog: &Catalog,
) -> color_eyre::Result<(Uses, Vec<Region>)> {
    if let Some(scenario) = scenario {
        let uses = Uses::of(scenario, catalog).only(&named);
        let regions = if named.is_empty() { uses.regions() } else { named };
        return Ok((uses, regions));
    }
    let common = CommonFlags {
        seed: None,
        set: Vec::new(),
        target: None,
        catalog: None,
    };
    let usual = Uses::of(&drills::scenario(USUAL, &common, catalog)?, catalog);
    let home = || {
        account
            .home_region()
            .unwrap_or_else(|| Region::from(USUAL_REGION))
    };
    let regions = if named.is_empty() { vec![home()] } else { named };
    let mut uses = Uses::default();
    for region in &regions {
        uses.calls.extend(usual.in_region(region, catalog).calls);
    }
    Ok((uses, regions))
}

/// Tells the price; asks, unless `--yes` was given or the target charges nothing.
fn confirmed(flags: &DoctorFlags, target: &TargetPlan, plan: &Plan) -> color_eyre::Result<bool> {
    let calls = plan.uses.calls.len();
    let price = probe::price(&plan.uses.calls, &plan.catalog);
    let mut told = io::stderr().lock();
    let word = if plan.local { "simulated" } else { "billed" };
    writeln!(
        told,
        "probe: {calls} calls of one token to {target}, at most {price} ({word})"
    )?;
    if flags.yes || plan.local {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        let refused = "--probe costs money: give --yes where nobody can be asked";
        return Err(UsageError(refused.to_owned()).into());
    }
    write!(told, "send them? [y/N] ")?;
    told.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Lines of one subject stand together; what several subjects have alike is said once for all.
fn print(target: &str, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "doctor: {target}")?;
    let mut blocks: Vec<(Vec<&str>, String)> = Vec::new();
    for lines in report.0.chunk_by(|one, next| one.subject == next.subject) {
        let subject = lines.first().and_then(|line| line.subject.as_deref());
        let said = block(lines);
        match blocks.last_mut() {
            Some((subjects, before)) if *before == said => subjects.extend(subject),
            _ => blocks.push((subject.into_iter().collect(), said)),
        }
    }
    for (subjects, said) in blocks {
        if !subjects.is_empty() {
            writeln!(out, "\n{}", subjects.join("\n"))?;
        }
        out.write_all(said.as_bytes())?;
    }
    let count = |state| report.count(state);
    writeln!(
        out,
        "\n{} in order, {} to know, {} that cannot be told, {} to mend",
        count(State::Ok),
        count(State::Warn),
        count(State::Unknown),
        count(State::Fail)
    )
}

/// Neighbours that say the same become one line.
fn block(lines: &[Line]) -> String {
    let mut said = String::new();
    let alike = |one: &Line, next: &Line| one.says == next.says && one.todo == next.todo;
    for lines in lines.chunk_by(alike) {
        let titles: Vec<&str> = lines.iter().map(|line| line.title).collect();
        let line = &lines[0];
        // Writing to a String cannot fail.
        let _ = writeln!(
            said,
            "  {:<5} {:<12} {}",
            line.state.word(),
            titles.join(", "),
            line.says
        );
        if let Some(todo) = line.todo.as_ref().filter(|_| line.state != State::Ok) {
            let _ = writeln!(said, "        {:<12} -> {todo}", "");
        }
    }
    said
}
