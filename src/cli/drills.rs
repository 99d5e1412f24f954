//! `bedrill run` and `bedrill scenarios`; reading scenario and catalogue files for every command.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use color_eyre::eyre::Report;

use super::args::{CommonFlags, PermitFlags, RunFlags};
use super::report::Reports;
use super::signals::Interrupt;
use super::{Exit, UsageError, permit, record};
use crate::catalog::Catalog;
use crate::drill::{self, DrillError, DrillPlan, verdict};
use crate::headless::{self, HeadlessPlan, Repeats};
use crate::measure::Snapshot;
use crate::scenario::{Override, Scenario, ScenarioErrors, TargetPlan, library, reference};

/// Runs scenarios one after the other, without a screen.
///
/// All are read before the first one runs, so that a typing error in the last costs no minutes. The
/// gravest verdict decides the exit code.
pub fn run(flags: &RunFlags) -> color_eyre::Result<Exit> {
    let catalog = catalog(flags.common.catalog.as_deref())?;
    let mut scenarios = Vec::with_capacity(flags.scenarios.len());
    for name in &flags.scenarios {
        let scenario = capped(name, overrides(flags), &flags.permit, &catalog)?;
        if scenario.duration.is_none() {
            return Err(UsageError(format!(
                "{name} runs until it is stopped: give `bedrill run` an end, such as --duration 60s"
            ))
            .into());
        }
        if flags.r#virtual && scenario.target != TargetPlan::Local {
            return Err(not_started(DrillError::OutsideTime(scenario.target)));
        }
        scenarios.push(scenario);
    }
    let runs: u64 = scenarios.iter().map(|scenario| u64::from(scenario.repeats)).sum();
    if flags.record.record.is_some() && runs > 1 {
        let one = "--record FILE takes one run: name one scenario, without repeats";
        return Err(UsageError(one.to_owned()).into());
    }
    let reports = Reports::of(&flags.forms, runs)?;
    let overlay = overlay(flags.common.catalog.as_deref())?;
    let passes = permit::all(&scenarios, &flags.permit, &catalog)?;
    let interrupt = Interrupt::listen()?;
    let mut exit = Exit::Done;
    let show = HeadlessPlan { json: flags.json };
    for (scenario, pass) in scenarios.into_iter().zip(passes) {
        let mut repeats = (scenario.repeats > 1).then(|| Repeats::new(&scenario));
        for scenario in scenario.each_run() {
            let plan = DrillPlan {
                interrupt: interrupt.flag(),
                recording: reports.recording(record::plan(&flags.record, overlay.as_deref())),
                pass: pass.clone(),
                ..DrillPlan::new(Arc::clone(&catalog))
            };
            let judging = scenario.judging.clone();
            let last = if flags.r#virtual {
                drill::run_virtual(scenario, &plan, headless::follow).map_err(not_started)??
            } else {
                in_real_time(scenario, &plan)?
            };
            let verdict = verdict::judge(&judging, &last);
            exit = exit.max(verdict.outcome.into());
            reports.write(plan.recording.as_ref(), repeats.is_some())?;
            let mut out = io::stdout().lock();
            match &mut repeats {
                Some(repeats) => repeats.add(&last, &verdict, show, &mut out)?,
                None => headless::conclude(&last, &verdict, show, &mut out)?,
            }
            if interrupt.came() {
                exit = exit.max(Exit::Interrupted);
                break;
            }
        }
        if let Some(repeats) = repeats {
            repeats.conclude(show, &mut io::stdout().lock())?;
        }
        if interrupt.came() {
            break;
        }
    }
    Ok(exit)
}

/// What the flags change about a scenario: `--set` first, then the flags of their own.
fn overrides(flags: &RunFlags) -> Vec<Override> {
    let mut wanted = common_overrides(&flags.common);
    if let Some(duration) = &flags.duration {
        wanted.push(Override::of_flag("--duration", "duration", duration));
    }
    if let Some(repeats) = flags.repeats {
        wanted.push(Override::of_flag("--repeats", "repeats", &repeats.to_string()));
    }
    wanted
}

/// What every command's flags change.
pub fn common_overrides(flags: &CommonFlags) -> Vec<Override> {
    let mut wanted = flags.set.clone();
    if let Some(seed) = flags.seed {
        wanted.push(Override::of_flag("--seed", "seed", &seed.to_string()));
    }
    if let Some(target) = &flags.target {
        wanted.push(Override::of_flag("--target", "target", target));
    }
    wanted
}

fn in_real_time(scenario: Scenario, plan: &DrillPlan) -> color_eyre::Result<Arc<Snapshot>> {
    let drill = drill::spawn(scenario, plan).map_err(not_started)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let last = runtime.block_on(headless::follow(drill.snapshots()))?;
    drill.finish();
    Ok(last)
}

/// Prints the JSON Schema of scenario files.
pub fn schema() -> color_eyre::Result<Exit> {
    io::stdout().lock().write_all(reference::SCHEMA.as_bytes())?;
    Ok(Exit::Done)
}

/// Lists the shipped scenarios, or prints one as it would stand in a file.
pub fn list(name: Option<&str>) -> color_eyre::Result<Exit> {
    let mut out = io::stdout().lock();
    if let Some(name) = name {
        let text = library::text(name).ok_or_else(|| unknown(name))?;
        out.write_all(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    let catalog = catalog(None)?;
    for name in library::names() {
        let text = library::text(name).unwrap_or_default();
        let about =
            Scenario::parse(name, text, &catalog).map_or_else(|_| String::new(), |found| found.description);
        let about = about.lines().next().unwrap_or_default();
        writeln!(out, "{name:<18} {about}")?;
    }
    Ok(Exit::Done)
}

/// What a person is told of a drill that could not be started: a file that cannot be written is
/// theirs to mend.
pub fn not_started(problem: DrillError) -> Report {
    match problem {
        DrillError::Recording(problem) => UsageError(problem.to_string()).into(),
        problem @ (DrillError::NotPermitted(_) | DrillError::OutsideTime(_)) => {
            UsageError(problem.to_string()).into()
        }
        problem => Report::new(problem).wrap_err("the drill could not be started"),
    }
}

/// The text that is laid over the built-in catalogue, where a file is named.
pub fn overlay(path: Option<&Path>) -> Result<Option<String>, UsageError> {
    path.map(read).transpose()
}

/// The built-in catalogue, overlaid with a file where one is named.
pub fn catalog(overlay: Option<&Path>) -> color_eyre::Result<Arc<Catalog>> {
    let Some(path) = overlay else {
        return Ok(Catalog::builtin());
    };
    let text = read(path)?;
    let catalog = Catalog::with_overlay(&path.display().to_string(), &text)
        .map_err(|errors| UsageError(errors.to_string()))?;
    Ok(Arc::new(catalog))
}

/// A scenario beneath `--max-spend`. The cap is part of what is run, and so of its recording.
pub fn capped(
    name: &str,
    mut overrides: Vec<Override>,
    flags: &PermitFlags,
    catalog: &Catalog,
) -> color_eyre::Result<Scenario> {
    let scenario = in_order(name, &overrides, catalog)?;
    let Some(cap) = permit::cap(&scenario, flags) else {
        return Ok(scenario);
    };
    overrides.push(cap);
    in_order(name, &overrides, catalog)
}

/// A shipped scenario by its name, or one from a file; with what the command line changes.
pub fn scenario(name: &str, flags: &CommonFlags, catalog: &Catalog) -> color_eyre::Result<Scenario> {
    in_order(name, &common_overrides(flags), catalog)
}

fn in_order(name: &str, overrides: &[Override], catalog: &Catalog) -> color_eyre::Result<Scenario> {
    Ok(load(name, overrides, catalog)?.map_err(|errors| UsageError(errors.to_string()))?)
}

/// The scenario, or everything that is wrong with it.
///
/// Fails if there is no such scenario at all.
pub fn load(
    name: &str,
    overrides: &[Override],
    catalog: &Catalog,
) -> Result<Result<Scenario, ScenarioErrors>, UsageError> {
    Ok(match library::text(name) {
        Some(text) => Scenario::load((name, text), overrides, catalog),
        None if looks_like_a_file(name) => {
            Scenario::load((name, &read(Path::new(name))?), overrides, catalog)
        }
        None => return Err(unknown(name)),
    })
}

fn looks_like_a_file(name: &str) -> bool {
    let path = Path::new(name);
    path.extension().is_some_and(|ending| ending == "toml") || path.components().count() > 1 || path.exists()
}

fn unknown(name: &str) -> UsageError {
    UsageError(format!(
        "no shipped scenario is called `{name}` and no such file is here; there are {}",
        library::names().collect::<Vec<_>>().join(", ")
    ))
}

fn read(path: &Path) -> Result<String, UsageError> {
    fs::read_to_string(path).map_err(|problem| UsageError(format!("{}: {problem}", path.display())))
}
