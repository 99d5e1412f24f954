//! The command line: flags in, an exit code out.
//!
//! Parses, reads files, starts a drill or the emulator and hands over to the dashboard or the
//! headless run. Decides nothing about either.

mod args;
mod capacity;
mod check;
mod config;
mod decide;
mod demo;
mod doctor;
mod drills;
mod explain;
mod fault;
mod permit;
mod record;
mod replay;
mod report;
mod runs;
mod serve;
mod shell;
mod signals;
mod tour;

use std::fmt;
use std::process::ExitCode;

use clap::Parser as _;
use color_eyre::eyre::Report;
use thiserror::Error;

use crate::drill::Outcome;
use crate::emulator::server::ServeError;
use crate::telemetry;
use crate::tui::TuiError;

pub use args::{Args, Verb};

/// The exit codes of `docs/scenarios.md`, the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done; every expectation holds.
    Done,
    /// An expectation does not hold.
    Failed,
    /// Nobody can say whether the expectations hold.
    Inconclusive,
    /// Broken off by a stop condition or the budget.
    Stopped,
    /// Ctrl-C or a termination signal.
    Interrupted,
    /// A flag, a file or a key is wrong.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Usage => 2,
            Exit::Failed => 3,
            Exit::Inconclusive => 4,
            Exit::Stopped => 5,
            Exit::Interrupted => 130,
        })
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Done,
            Outcome::Fail => Self::Failed,
            Outcome::Inconclusive => Self::Inconclusive,
            Outcome::Stopped => Self::Stopped,
        }
    }
}

/// Something the user can mend: shown without a backtrace, exit code 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Runs the program and says how it ended.
pub fn run() -> ExitCode {
    let mut args = Args::parse();
    if let Err(problem) = telemetry::install(args.log.as_deref()) {
        telemetry::complain(&problem);
        return Exit::Usage.into();
    }
    telemetry::raise_file_limit();
    let loaded = config::load(&args);
    if let Err(problem) = config::check(&args, &loaded) {
        telemetry::complain(&problem);
        return Exit::Usage.into();
    }
    config::fill(&mut args, &loaded.config);
    let outcome = match args.verb {
        None => demo::run(&args.demo),
        Some(Verb::Demo(ref flags)) => tour::run(flags),
        Some(Verb::Run(ref run)) => drills::run(run),
        Some(Verb::Serve(ref serve)) => serve::run(serve),
        Some(Verb::Fault(ref flags)) => fault::run(flags),
        Some(Verb::Scenarios { schema: true, .. }) => drills::schema(),
        Some(Verb::Scenarios { ref name, .. }) => drills::list(name.as_deref()),
        Some(Verb::Check(ref check)) => check::run(check),
        Some(Verb::Decide(ref decide)) => decide::run(decide),
        Some(Verb::Capacity(ref flags)) => capacity::run(flags),
        Some(Verb::Explain(ref explain)) => explain::run(explain),
        Some(Verb::Doctor(ref flags)) => doctor::run(flags, &loaded),
        Some(Verb::Config(ref flags)) => config::run(flags, &loaded),
        Some(Verb::Runs(ref flags)) => runs::run(flags),
        Some(Verb::Replay(ref flags)) => replay::run(flags),
        Some(Verb::Report(ref flags)) => report::run(flags),
        Some(Verb::Compare(ref flags)) => report::compare(flags),
        Some(Verb::Completions { shell }) => shell::completions(shell),
        Some(Verb::Man) => shell::man(),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(report) => {
            telemetry::complain(&Chain(&report));
            if is_users(&report) {
                Exit::Usage.into()
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Whether the user can mend it by another flag, file or place to run in.
fn is_users(report: &Report) -> bool {
    report.downcast_ref::<UsageError>().is_some()
        || report.downcast_ref::<ServeError>().is_some()
        || matches!(report.downcast_ref::<TuiError>(), Some(TuiError::NoTerminal))
}

/// An error and its causes in one line, each said once: many messages already end in their cause's.
struct Chain<'a>(&'a Report);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = String::new();
        for cause in self.0.chain() {
            let words = cause.to_string();
            if said.contains(&words) {
                continue;
            }
            let separator = if said.is_empty() { "" } else { ": " };
            write!(f, "{separator}{words}")?;
            said.push_str(&words);
        }
        Ok(())
    }
}
