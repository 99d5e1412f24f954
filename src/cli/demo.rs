//! `bedrill`: the dashboard.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::WrapErr as _;
use tokio::runtime::Runtime;

use super::Exit;
use super::args::{DemoFlags, ThemeFlag};
use super::{drills, permit, record};
use crate::bedrock::Target;
use crate::capacity::{self, PollPlan, Watching};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::drill::permit::Pass;
use crate::drill::{self, DrillHandle, DrillPlan};
use crate::names::Region;
use crate::recording::Plan;
use crate::scenario::Scenario;
use crate::tui::theme::ThemeName;
use crate::tui::{Dashboard, Ended, Show, TuiError, TuiPlan};

/// How the dashboard looks and behaves, whatever it shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looks {
    theme: Option<ThemeFlag>,
    no_mouse: bool,
    panic_after: Option<Duration>,
}

impl Looks {
    /// How the dashboard looks on a recording.
    pub const fn new(theme: Option<ThemeFlag>, no_mouse: bool) -> Self {
        Self {
            theme,
            no_mouse,
            panic_after: None,
        }
    }
}

/// Shows what there is to show until the user quits.
pub fn watch(show: Show, catalog: &Arc<Catalog>, looks: Looks) -> color_eyre::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let opened = {
        let _inside = runtime.enter();
        Dashboard::open(show, &plan(looks, catalog, Clock::real()))
    };
    let mut dashboard = opened?;
    match runtime.block_on(dashboard.show())? {
        Ended::Quit | Ended::Run(_) => Ok(Exit::Done),
        Ended::Signal(_) | Ended::TerminalGone => Ok(Exit::Interrupted),
    }
}

/// Runs the dashboard until the user quits.
pub fn run(flags: &DemoFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let overrides = drills::common_overrides(&flags.common);
    let scenario = drills::capped(&flags.scenario, overrides, &flags.permit, &catalog)?;
    // Asked before the terminal is taken.
    let pass = permit::one(&scenario, &flags.permit, &catalog)?;
    let looks = Looks {
        theme: flags.theme,
        no_mouse: flags.no_mouse,
        panic_after: flags.test_panic_after.map(Duration::from_millis),
    };
    let overlay = drills::overlay(flags.common.catalog.as_deref())?;
    let recording = record::plan(&flags.record, overlay.as_deref());
    show((scenario, pass), &catalog, looks, recording)
}

/// Shows a scenario, and in its place each that is asked for on the Decide page, until the user
/// quits. The terminal is taken once: between two runs the last picture stands.
pub fn show(
    (scenario, pass): (Scenario, Option<Pass>),
    catalog: &Arc<Catalog>,
    looks: Looks,
    mut recording: Option<Plan>,
) -> color_eyre::Result<Exit> {
    let judging = scenario.judging.clone();
    let mut drill = started((scenario, pass), catalog, recording.as_ref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let clock = {
        let _inside = runtime.enter();
        Clock::real()
    };
    let plan = plan(looks, catalog, clock.clone());
    let mut poller = polled(&drill, catalog, &clock);
    let opened = {
        let _inside = runtime.enter();
        let show = Show::live(&drill, judging).beside(poller.as_ref().map(|poller| poller.reports.clone()));
        Dashboard::open(show, &plan)
    };
    let mut dashboard = match opened {
        Ok(dashboard) => dashboard,
        Err(problem) => {
            drill.finish();
            return Err(problem.into());
        }
    };
    loop {
        let ended = until_it_ends(&runtime, &clock, &mut dashboard, looks.panic_after);
        let Ok(Ended::Run(text)) = ended else {
            // First the terminal is given back, then the run ends.
            drop(dashboard);
            drop(poller);
            drill.finish();
            record::tell(recording.as_ref(), &mut io::stderr().lock())?;
            return match ended? {
                Ended::Quit | Ended::Run(_) => Ok(Exit::Done),
                Ended::Signal(_) | Ended::TerminalGone => Ok(Exit::Interrupted),
            };
        };
        drill.finish();
        let scenario = Scenario::parse("decided", &text, catalog)
            .wrap_err("the scenario that was written from the answers")?;
        recording = recording.map(|plan| plan.for_another());
        // What is decided on runs on the embedded emulator, whatever was shown before.
        let judging = scenario.judging.clone();
        drill = started((scenario, None), catalog, recording.as_ref())?;
        poller = polled(&drill, catalog, &clock);
        let reports = poller.as_ref().map(|poller| poller.reports.clone());
        dashboard.turn_to(Show::live(&drill, judging).beside(reports));
    }
}

fn started(
    (scenario, pass): (Scenario, Option<Pass>),
    catalog: &Arc<Catalog>,
    recording: Option<&Plan>,
) -> color_eyre::Result<DrillHandle> {
    let plan = DrillPlan {
        recording: recording.cloned(),
        pass,
        ..DrillPlan::new(Arc::clone(catalog))
    };
    drill::spawn(scenario, &plan).map_err(drills::not_started)
}

/// Polls the embedded emulator for the Capacity page, where there is one. Reads only.
fn polled(drill: &DrillHandle, catalog: &Arc<Catalog>, clock: &Clock) -> Option<Watching> {
    let target = Target::Endpoint(format!("http://{}", drill.endpoint()?));
    let snapshot = Arc::clone(&drill.snapshots().borrow());
    let hops = snapshot
        .patterns
        .iter()
        .flat_map(|pattern| &pattern.arms)
        .flat_map(|arm| &arm.chain);
    let mut regions: Vec<Region> = hops.map(|hop| hop.route.region.clone()).collect();
    regions.sort();
    regions.dedup();
    let plan = PollPlan {
        target,
        regions,
        model: None,
        catalog: Arc::clone(catalog),
    };
    match capacity::watch(plan, clock.clone()) {
        Ok(watching) => Some(watching),
        Err(problem) => {
            tracing::warn!(%problem, "the Capacity page stays empty: no thread for its poller");
            None
        }
    }
}

fn plan(looks: Looks, catalog: &Arc<Catalog>, clock: Clock) -> TuiPlan {
    let colour = !no_color();
    TuiPlan {
        theme: looks
            .theme
            .map_or(if colour { ThemeName::Dark } else { ThemeName::Plain }, named),
        colour: colour || looks.theme.is_some(),
        mouse: !looks.no_mouse,
        guide: true,
        catalog: Arc::clone(catalog),
        clock,
    }
}

fn until_it_ends(
    runtime: &Runtime,
    clock: &Clock,
    dashboard: &mut Dashboard,
    panic_after: Option<Duration>,
) -> Result<Ended, TuiError> {
    runtime.block_on(async {
        match panic_after {
            None => dashboard.show().await,
            Some(wait) => {
                let ended = clock.until(clock.now() + wait, dashboard.show()).await;
                ended.expect("a panic that was asked for by --test-panic-after")
            }
        }
    })
}

/// Whether the environment asks for no colour (<https://no-color.org>).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

const fn named(flag: ThemeFlag) -> ThemeName {
    match flag {
        ThemeFlag::Dark => ThemeName::Dark,
        ThemeFlag::Light => ThemeName::Light,
        ThemeFlag::ColourBlind => ThemeName::ColourBlind,
        ThemeFlag::Plain => ThemeName::Plain,
    }
}
