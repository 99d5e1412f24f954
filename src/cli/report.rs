//! `bedrill report` and `bedrill compare`: recordings read, reports written.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::args::{CompareFlags, ReportFlags};
use super::{Exit, UsageError};
use crate::drill::recorded::Recorded;
use crate::report::compare::{self, Change, Comparison, Thresholds};
use crate::report::{self, Account, Form};

/// The name of standard output.
const STDOUT: &str = "-";

/// Writes the forms that were asked for; if none was, the page.
pub fn run(flags: &ReportFlags) -> color_eyre::Result<Exit> {
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

/// Writes the forms of a run that has just been recorded.
pub fn write_of(recording: &Path, wanted: &[(Form, PathBuf)]) -> color_eyre::Result<()> {
    write(&gathered(recording)?, wanted)
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
    let path = PathBuf::from(name);
    gathered(&path)
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
        fs::write(path, &bytes).map_err(|problem| UsageError(format!("{}: {problem}", path.display())))?;
        writeln!(io::stderr().lock(), "report in {}", path.display())?;
    }
    Ok(())
}
