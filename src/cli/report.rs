//! `bedrill report` and `bedrill compare`: recordings read, reports written.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::args::{CompareFlags, FormFlags, ReportFlags};
use super::{Exit, UsageError, replay};
use crate::drill::recorded::Recorded;
use crate::recording::place::write_private;
use crate::recording::{Place, Plan};
use crate::report::compare::{self, Change, Comparison, Thresholds};
use crate::report::{self, Account, Form};

/// The name of standard output.
const STDOUT: &str = "-";
/// What stands for the scenario's name in a file's.
const NAME: &str = "{}";

/// Writes the forms that were asked for; if none was, the page.
pub fn run(flags: &ReportFlags) -> color_eyre::Result<Exit> {
    if flags.as_scenario {
        return replay::as_scenario(&flags.run);
    }
    let account = account(&flags.run)?;
    let mut wanted = flags.forms.wanted();
    wanted.extend(flags.json.clone().map(|path| (Form::Json, path)));
    if wanted.is_empty() {
        let path = PathBuf::from(format!("{}.{}", account.source.run, Form::Html.ending()));
        wanted.push((Form::Html, path));
    }
    write(&account, &wanted)?;
    Ok(Exit::Done)
}

/// The reports of a run that is about to be made.
pub struct Reports {
    wanted: Vec<(Form, PathBuf)>,
    /// Where the run is recorded if nobody wants to keep that: gone when its reports are written.
    passing: PathBuf,
}

impl Reports {
    /// What was asked for, of so many runs.
    pub fn of(flags: &FormFlags, runs: u64) -> Result<Self, UsageError> {
        let wanted = flags.wanted();
        let alike = wanted
            .iter()
            .find(|(_, path)| !path.to_string_lossy().contains(NAME));
        match alike {
            Some((_, path)) if runs > 1 => Err(UsageError(format!(
                "{}: of several runs a report's name must hold {NAME}, in whose place the scenario's is put",
                path.display()
            ))),
            _ => Ok(Self {
                wanted,
                passing: std::env::temp_dir().join(format!("bedrill-report-{}.sqlite", std::process::id())),
            }),
        }
    }

    /// A report is written from a recording: a run that is to leave none gets one for so long.
    pub fn recording(&self, plan: Option<Plan>) -> Option<Plan> {
        let passing = || Plan::at(Place::File(self.passing.clone()));
        plan.or_else(|| (!self.wanted.is_empty()).then(passing))
    }

    /// Says where a run that is over is recorded, and writes its reports; of one of several repeats
    /// the seed is part of the name.
    pub fn write(&self, recording: Option<&Plan>, is_repeat: bool) -> color_eyre::Result<()> {
        let Some(path) = recording.and_then(Plan::path) else {
            return Ok(());
        };
        if path != self.passing {
            super::record::tell(recording, &mut io::stderr().lock())?;
        }
        if self.wanted.is_empty() {
            return Ok(());
        }
        let account = gathered(path)?;
        if path == self.passing {
            fs::remove_file(path)?;
        }
        let run = &account.last.run;
        let name = if is_repeat {
            format!("{}-{}", run.scenario, run.seed)
        } else {
            run.scenario.clone()
        };
        let named = |path: &Path| PathBuf::from(path.to_string_lossy().replace(NAME, &name));
        let wanted: Vec<(Form, PathBuf)> = self
            .wanted
            .iter()
            .map(|(form, path)| (*form, named(path)))
            .collect();
        write(&account, &wanted)
    }
}

/// Holds one run against another.
pub fn compare(flags: &CompareFlags) -> color_eyre::Result<Exit> {
    let (first, second) = (account(&flags.first)?, account(&flags.second)?);
    let thresholds: Thresholds = flags.threshold.iter().copied().collect();
    let comparison = compare::compare(&first, &second, &thresholds);
    if comparison.arms.is_empty() {
        return Err(nothing_in_common(&comparison).into());
    }
    let mut out = io::stdout().lock();
    if flags.json {
        out.write_all(&compare::document(&comparison)?)?;
    } else {
        out.write_all(compare::summary(&comparison).as_bytes())?;
    }
    Ok(match comparison.change() {
        Change::Better | Change::Kept => Exit::Done,
        Change::Regressed => Exit::Failed,
        Change::Unsure => Exit::Inconclusive,
    })
}

fn nothing_in_common(comparison: &Comparison) -> UsageError {
    UsageError(format!(
        "the runs have no way of calling in common: {}; compare runs of the same scenario",
        comparison.unmatched.join(", ")
    ))
}

fn account(name: &str) -> color_eyre::Result<Account> {
    Ok(report::gather(&replay::opened(name)?))
}

fn gathered(path: &Path) -> color_eyre::Result<Account> {
    let recorded = Recorded::open(path).map_err(|problem| UsageError(problem.to_string()))?;
    Ok(report::gather(&recorded))
}

fn write(account: &Account, wanted: &[(Form, PathBuf)]) -> color_eyre::Result<()> {
    for (form, path) in wanted {
        let bytes = form.write(account)?;
        if path.as_os_str() == STDOUT {
            io::stdout().lock().write_all(&bytes)?;
            continue;
        }
        write_private(path, &bytes)
            .map_err(|problem| UsageError(format!("{}: {problem}", path.display())))?;
        writeln!(io::stderr().lock(), "report in {}", path.display())?;
    }
    Ok(())
}
