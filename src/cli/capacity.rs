//! `bedrill capacity`: which quota burns. Opens the dashboard on that page alone, or prints.

use std::env;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::WrapErr as _;
use tokio::sync::watch;

use super::args::CapacityFlags;
use super::demo::{self, Looks};
use super::signals::Interrupt;
use super::{Exit, UsageError, drills};
use crate::bedrock::Target;
use crate::bedrock::target::{AwsAccount, AwsSettings, UrlTarget};
use crate::capacity::{self, Capacity, Document, PollPlan};
use crate::catalog::Catalog;
use crate::clock::{Clock, Moment};
use crate::emulator::server::Server;
use crate::emulator::service::{Service, ServicePlan};
use crate::emulator::world::plan::{HistoryPlan, WorldPlan};
use crate::measure::Snapshot;
use crate::measure::snapshot::{Honesty, Recording, RunInfo, Spend};
use crate::names::Region;
use crate::seed::Seed;
use crate::tui::Show;

/// A reading may take so long; what is not answered by then is left out and said.
const WITHIN: Duration = Duration::from_secs(25);
/// Between two prints of --watch.
const EVERY: Duration = Duration::from_secs(60);
/// Where one looks if nobody says where.
const USUAL_REGION: &str = "us-east-1";
/// The seed of the emulator's past.
const SEED: u64 = 7;

/// What is looked at, and what must live as long as it is.
struct Looked {
    plan: PollPlan,
    name: String,
    _server: Option<Server>,
}

/// Looks at an account.
pub fn run(flags: &CapacityFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.catalog.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let clock = {
        let _inside = runtime.enter();
        Clock::real()
    };
    let looked = runtime.block_on(looked(flags, &catalog, &clock))?;
    let prints = flags.once || flags.json || flags.markdown || flags.watch || flags.fail_over.is_some();
    if !prints && io::stdout().is_terminal() {
        return dashboard(&looked, &catalog, &clock, flags);
    }
    if flags.watch {
        return printed_again(&looked, &clock, flags, &runtime);
    }
    let seen = runtime.block_on(capacity::poll_once(looked.plan.clone(), clock, WITHIN));
    print(&seen, flags, &mut io::stdout().lock())?;
    Ok(judged(&seen, flags))
}

/// The exit code: inconclusive where a region could not be read, failed above the share.
fn judged(seen: &Capacity, flags: &CapacityFlags) -> Exit {
    let is_over = flags
        .fail_over
        .is_some_and(|most| seen.fullest().is_some_and(|share| share > most));
    let is_blind = |line: &capacity::RegionLine| line.metrics.value.is_none();
    if is_over {
        Exit::Failed
    } else if seen.regions.iter().any(is_blind) {
        Exit::Inconclusive
    } else {
        Exit::Done
    }
}

fn print(seen: &Capacity, flags: &CapacityFlags, out: &mut impl Write) -> color_eyre::Result<()> {
    if flags.json && flags.watch {
        serde_json::to_writer(&mut *out, &Document::new(seen))?;
        writeln!(out)?;
    } else if flags.json {
        serde_json::to_writer_pretty(&mut *out, &Document::new(seen))?;
        writeln!(out)?;
    } else if flags.markdown {
        out.write_all(capacity::markdown(seen).as_bytes())?;
    } else {
        out.write_all(capacity::text(seen).as_bytes())?;
    }
    out.flush()?;
    Ok(())
}

fn printed_again(
    looked: &Looked,
    clock: &Clock,
    flags: &CapacityFlags,
    runtime: &tokio::runtime::Runtime,
) -> color_eyre::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let watching =
        capacity::watch(looked.plan.clone(), clock.clone()).wrap_err("the poller could not be started")?;
    runtime.block_on(async {
        let mut due = Moment::ZERO;
        loop {
            let now = clock.now();
            let seen = Arc::clone(&watching.reports.borrow());
            if now >= due && seen.is_whole() {
                print(&seen, flags, &mut io::stdout().lock())?;
                due = now + EVERY;
            }
            if interrupt.came() {
                return Ok(judged(&seen, flags));
            }
            clock.sleep(Duration::from_millis(100)).await;
        }
    })
}

fn dashboard(
    looked: &Looked,
    catalog: &Arc<Catalog>,
    clock: &Clock,
    flags: &CapacityFlags,
) -> color_eyre::Result<Exit> {
    let watching =
        capacity::watch(looked.plan.clone(), clock.clone()).wrap_err("the poller could not be started")?;
    // The one value that the header is drawn from; its sender lives as long as the page.
    let (_kept, snapshots) = watch::channel(Arc::new(idle(&looked.name, clock)));
    let show = Show::account(snapshots, watching.reports.clone());
    demo::watch(show, catalog, &Looks::of(&flags.looks)?)
}

/// A run in which nothing happens: there is none.
fn idle(target: &str, clock: &Clock) -> Snapshot {
    Snapshot {
        at: clock.now(),
        wall: clock.wall(clock.now()),
        run: Arc::new(RunInfo {
            scenario: String::new(),
            description: String::new(),
            target: target.to_owned(),
            seed: 0,
            virtual_time: false,
            duration: None,
            assumptions: Vec::new(),
        }),
        phase: String::new(),
        paused: false,
        finished: false,
        asked_rate: 0.0,
        achieved_rate: 0.0,
        in_flight: 0,
        queued: 0,
        concurrency_cap: 0,
        recording: Recording::Off,
        spend: Spend::default(),
        honesty: Honesty {
            on_time: true,
            ..Honesty::default()
        },
        patterns: Vec::new(),
        faults: Vec::new(),
        markers: Arc::default(),
        log: Arc::default(),
        survival: Arc::default(),
        scorecard: None,
        evidence: Arc::default(),
    }
}

async fn looked(flags: &CapacityFlags, catalog: &Arc<Catalog>, clock: &Clock) -> color_eyre::Result<Looked> {
    let mut regions: Vec<Region> = flags
        .regions
        .iter()
        .map(|name| Region::from(name.as_str()))
        .collect();
    let usual = || Region::from(USUAL_REGION);
    let chosen = flags.target.as_deref().unwrap_or_else(|| {
        if flags.profile.is_some() || has_credentials() {
            "aws"
        } else {
            "local"
        }
    });
    let (target, name, server) = match chosen {
        "local" => {
            if regions.is_empty() {
                regions.push(usual());
            }
            let service = Service::new(ServicePlan {
                catalog: Arc::clone(catalog),
                plan: WorldPlan {
                    history: HistoryPlan {
                        regions: regions.clone(),
                        ..HistoryPlan::default()
                    },
                    ..WorldPlan::default()
                },
                seed: Seed::new(SEED),
                clock: clock.clone(),
            });
            let server = Server::spawn(service, 0)?;
            let target = Target::Endpoint(format!("http://{}", server.addr()));
            (target, "local emulator".to_owned(), Some(server))
        }
        "aws" => {
            let settings = AwsSettings {
                profile: flags.profile.clone(),
                ..AwsSettings::default()
            };
            let account = AwsAccount::load(&settings).await;
            (Target::Aws(account), "aws".to_owned(), None)
        }
        url if url.starts_with("http://") || url.starts_with("https://") => {
            let settings = AwsSettings {
                profile: flags.profile.clone(),
                ..AwsSettings::default()
            };
            let target = UrlTarget::careful(url, &settings).await;
            (Target::Url(target), url.to_owned(), None)
        }
        other => {
            let problem = format!("--target {other}: write aws, local or a URL that begins with http://");
            return Err(UsageError(problem).into());
        }
    };
    if regions.is_empty() {
        regions.push(target.home_region().unwrap_or_else(usual));
    }
    Ok(Looked {
        plan: PollPlan {
            target,
            regions,
            model: flags.model.clone(),
            catalog: Arc::clone(catalog),
        },
        name,
        _server: server,
    })
}

/// Whether the environment or a file of the AWS tools names credentials. Nothing is read or sent.
fn has_credentials() -> bool {
    const NAMES: [&str; 6] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let home = env::var_os("HOME").unwrap_or_default();
    let has_file = |name: &str| Path::new(&home).join(".aws").join(name).exists();
    NAMES.into_iter().any(is_set) || has_file("credentials") || has_file("config")
}
