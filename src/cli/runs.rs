//! `bedrill runs`: the recordings there are, and their removal.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::args::{PruneFlags, RunsFlags, RunsVerb};
use super::{Exit, UsageError};
use crate::clock::{Clock, Moment};
use crate::recording::runs::{self, FindError, Run};

/// The schema of the list.
const SCHEMA: &str = "bedrill.runs/1";

/// Lists or removes recordings.
pub fn run(flags: &RunsFlags) -> color_eyre::Result<Exit> {
    let folder = runs::folder().map_err(|problem| UsageError(problem.to_string()))?;
    let found = runs::list(&folder).map_err(|problem| usage(&problem))?;
    let mut out = io::stdout().lock();
    match &flags.verb {
        Some(RunsVerb::Prune(flags)) => prune(&found, flags, &mut out)?,
        None if flags.json => {
            let list = Listed {
                schema: SCHEMA,
                folder: folder.display().to_string(),
                runs: found.iter().map(Line::of).collect(),
            };
            serde_json::to_writer_pretty(&mut out, &list)?;
            writeln!(out)?;
        }
        None if found.is_empty() => writeln!(out, "no recordings in {}", folder.display())?,
        None => table(&found, &mut out)?,
    }
    Ok(Exit::Done)
}

/// A name that nobody or too many go by is the user's to mend.
pub fn usage(problem: &FindError) -> UsageError {
    UsageError(problem.to_string())
}

fn prune(found: &[Run], flags: &PruneFlags, out: &mut impl Write) -> color_eyre::Result<()> {
    if flags.older_than.is_none() && flags.keep_size.is_none() {
        let missing = "say what is to go: --older-than AGE or --keep-size SIZE, or keep_for or keep_size in the \
                       configuration";
        return Err(UsageError(missing.to_owned()).into());
    }
    let now = Clock::real().wall(Moment::ZERO);
    let (mut count, mut freed) = (0, 0);
    for run in runs::to_remove(found, flags.older_than, flags.keep_size, now) {
        let size = bytes(run.bytes);
        if flags.dry_run {
            writeln!(out, "would remove {}, {size}", run.id)?;
        } else if runs::remove(run).map_err(|why| UsageError(format!("{}: {why}", run.path.display())))? {
            writeln!(out, "removed {}, {size}", run.id)?;
        } else {
            writeln!(out, "kept {}, {size}: it is still being written", run.id)?;
            continue;
        }
        count += 1;
        freed += run.bytes;
    }
    let verb = if flags.dry_run { "would go" } else { "removed" };
    writeln!(
        out,
        "{count} of {} recordings {verb}, {}",
        found.len(),
        bytes(freed)
    )?;
    Ok(())
}

/// The list for programs.
#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    folder: String,
    runs: Vec<Line>,
}

/// A recording for programs. What cannot be read has an `error` and little else.
#[derive(Serialize)]
struct Line {
    id: String,
    path: String,
    bytes: u64,
    started: Option<Timestamp>,
    scenario: Option<String>,
    seed: Option<u64>,
    virtual_time: Option<bool>,
    length_secs: Option<f64>,
    verdict: Option<String>,
    complete: bool,
    error: Option<String>,
}

impl Line {
    fn of(run: &Run) -> Self {
        let content = run.content.as_ref().ok();
        Self {
            id: run.id.clone(),
            path: run.path.display().to_string(),
            bytes: run.bytes,
            started: content.map(|content| content.started),
            scenario: content.map(|content| content.scenario.clone()),
            seed: content.map(|content| content.seed),
            virtual_time: content.map(|content| content.virtual_time),
            length_secs: content.map(|content| content.length.as_secs_f64()),
            verdict: content.and_then(|content| content.verdict.clone()),
            complete: content.is_some_and(|content| content.complete),
            error: run.content.as_ref().err().map(ToString::to_string),
        }
    }
}

fn table(found: &[Run], out: &mut impl Write) -> io::Result<()> {
    let wide = found.iter().map(|run| run.id.len()).max().unwrap_or_default();
    writeln!(
        out,
        "{:<wide$}  {:<16}  {:<20}  {:>6}  {:>7}  {:<12}  {:>8}",
        "run", "started (UTC)", "scenario", "seed", "length", "verdict", "size"
    )?;
    for run in found {
        let size = bytes(run.bytes);
        match &run.content {
            Ok(content) => {
                let remark = if content.complete { "" } else { "  incomplete" };
                writeln!(
                    out,
                    "{:<wide$}  {:<16}  {:<20}  {:>6}  {:>7}  {:<12}  {size:>8}{remark}",
                    run.id,
                    content.started.strftime("%Y-%m-%d %H:%M"),
                    content.scenario,
                    content.seed,
                    length(content.length),
                    content.verdict.as_deref().unwrap_or("-"),
                )?;
            }
            Err(problem) => writeln!(out, "{:<wide$}  {size}: {problem}", run.id)?,
        }
    }
    Ok(())
}

/// `1:30:00`, `12:05`.
fn length(at: Moment) -> String {
    let secs = at.as_secs();
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    }
}

/// `12.3 MB`.
fn bytes(bytes: u64) -> String {
    let amount = bytes as f64;
    match bytes {
        0..1_000_000 => format!("{:.0} kB", (amount / 1e3).ceil()),
        1_000_000..1_000_000_000 => format!("{:.1} MB", amount / 1e6),
        _ => format!("{:.2} GB", amount / 1e9),
    }
}
