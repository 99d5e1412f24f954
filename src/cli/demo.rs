//! `bedrill`: the dashboard.

use std::fs;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::WrapErr as _;
use tokio::runtime::Runtime;

use super::args::{DemoFlags, LookFlags};
use super::{Exit, UsageError};
use super::{drills, permit, record};
use crate::bedrock::Target;
use crate::capacity::{self, PollPlan, Watching};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::drill::permit::Pass;
use crate::drill::{self, DrillHandle, DrillPlan};
use crate::names::Region;
use crate::recording::Plan;
use crate::scenario::{Scenario, library};
use crate::tui::ascii::locale_is_ascii;
use crate::tui::effect::Successor;
use crate::tui::theme::{Theme, ThemeName, example_file};
use crate::tui::tour::Script;
use crate::tui::{AppPlan, Dashboard, Ended, Shelved, Show, TuiError, TuiPlan, plain};

/// How the dashboard looks and behaves, whatever it shows.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    theme: Option<ThemeName>,
    own_theme: Option<Arc<Theme>>,
    no_mouse: bool,
    ascii: bool,
    tour: Option<Arc<Script>>,
    panic_after: Option<Duration>,
}

impl Looks {
    /// The looks that flags ask for. Reads the theme file where one is named.
    pub fn of(flags: &LookFlags) -> Result<Self, UsageError> {
        let mut looks = Self {
            no_mouse: flags.no_mouse,
            ascii: flags.ascii || locale_is_ascii(|name| std::env::var(name).ok()),
            ..Self::default()
        };
        let Some(wanted) = &flags.theme else {
            return Ok(looks);
        };
        looks.theme = ThemeName::ALL.into_iter().find(|theme| theme.key() == wanted);
        if looks.theme.is_none() {
            let text = fs::read_to_string(wanted).map_err(|problem| {
                UsageError(format!(
                    "--theme {wanted}: neither dark, light, colour-blind nor plain, and as a file: {problem}"
                ))
            })?;
            let own = Theme::read(wanted, &text).map_err(|problems| UsageError(problems.to_string()))?;
            looks.theme = Some(own.name);
            looks.own_theme = Some(Arc::new(own));
        }
        Ok(looks)
    }

    /// The same with a guided tour.
    pub fn guided(self, tour: Arc<Script>) -> Self {
        Self {
            tour: Some(tour),
            ..self
        }
    }
}

/// Shows what there is to show until the user quits.
pub fn watch(show: Show, catalog: &Arc<Catalog>, looks: &Looks) -> color_eyre::Result<Exit> {
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
    if flags.print_theme {
        io::stdout().lock().write_all(example_file().as_bytes())?;
        return Ok(Exit::Done);
    }
    let overrides = drills::common_overrides(&flags.common);
    let scenario = drills::capped(&flags.scenario, overrides, &flags.permit, &catalog)?;
    // Asked before the terminal is taken.
    let pass = permit::one(&scenario, &flags.permit, &catalog)?;
    let looks = Looks {
        panic_after: flags.test_panic_after.map(Duration::from_millis),
        ..Looks::of(&flags.looks)?
    };
    let overlay = drills::overlay(flags.common.catalog.as_deref())?;
    let recording = record::plan(&flags.record, overlay.as_deref());
    if flags.plain {
        return tell((scenario, pass), &catalog, recording);
    }
    show((scenario, pass), &catalog, &looks, recording)
}

/// Shows a scenario, and in its place each that is asked for on the Decide page, until the user
/// quits. The terminal is taken once: between two runs the last picture stands.
pub fn show(
    (scenario, pass): (Scenario, Option<Pass>),
    catalog: &Arc<Catalog>,
    looks: &Looks,
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
        let Ok(Ended::Run(next)) = ended else {
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
        let scenario = successor(&next, catalog)?;
        recording = recording.map(|plan| plan.for_another());
        // What is decided on runs on the embedded emulator, whatever was shown before.
        let judging = scenario.judging.clone();
        drill = started((scenario, None), catalog, recording.as_ref())?;
        poller = polled(&drill, catalog, &clock);
        let reports = poller.as_ref().map(|poller| poller.reports.clone());
        dashboard.turn_to(Show::live(&drill, judging).beside(reports));
    }
}

/// Tells a scenario line by line, and in its place each that is asked for, until the user quits.
fn tell(
    (scenario, pass): (Scenario, Option<Pass>),
    catalog: &Arc<Catalog>,
    mut recording: Option<Plan>,
) -> color_eyre::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut scenario, mut pass) = (scenario, pass);
    let mut lines = plain::typed();
    loop {
        let judging = scenario.judging.clone();
        let drill = started((scenario, pass.take()), catalog, recording.as_ref())?;
        let plan = AppPlan {
            theme: ThemeName::Plain,
            colour: false,
            shelf: Arc::new(shelf(catalog)),
            ..AppPlan::new(Arc::clone(catalog), judging.clone())
        };
        let ended = runtime.block_on(plain::follow(Show::live(&drill, judging), plan, &mut lines));
        drill.finish();
        record::tell(recording.as_ref(), &mut io::stderr().lock())?;
        match ended? {
            Ended::Run(next) => {
                scenario = successor(&next, catalog)?;
                recording = recording.map(|plan| plan.for_another());
            }
            Ended::Quit => return Ok(Exit::Done),
            Ended::Signal(_) | Ended::TerminalGone => return Ok(Exit::Interrupted),
        }
    }
}

/// The scenario that a person asked for in the place of the run.
fn successor(next: &Successor, catalog: &Catalog) -> color_eyre::Result<Scenario> {
    Scenario::parse(&next.name, &next.scenario, catalog)
        .wrap_err_with(|| format!("the scenario `{}`, asked for in the dashboard", next.name))
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

fn plan(looks: &Looks, catalog: &Arc<Catalog>, clock: Clock) -> TuiPlan {
    let colour = !no_color();
    TuiPlan {
        theme: looks
            .theme
            .unwrap_or(if colour { ThemeName::Dark } else { ThemeName::Plain }),
        colour: colour || looks.theme.is_some(),
        own_theme: looks.own_theme.clone(),
        ascii: looks.ascii,
        mouse: !looks.no_mouse,
        guide: true,
        shelf: Arc::new(shelf(catalog)),
        catalog: Arc::clone(catalog),
        tour: looks.tour.clone(),
        clock,
    }
}

/// The shipped scenarios, with the first sentence of each.
fn shelf(catalog: &Catalog) -> Vec<Shelved> {
    let shelved = |name: &str| {
        let text = library::text(name).unwrap_or_default();
        let read = Scenario::parse(name, text, catalog);
        let about = read.map_or_else(|_| String::new(), |read| read.description);
        Shelved {
            name: name.to_owned(),
            about: about.lines().next().unwrap_or_default().to_owned(),
            text: text.to_owned(),
        }
    };
    library::names().map(shelved).collect()
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
