//! The command line: flags in, an exit code out.
//!
//! Parses, reads files, starts a drill or the emulator and hands over to the dashboard or the
//! headless run. Decides nothing about either.

mod args;
mod decide;
mod demo;
mod drills;
mod serve;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;
use thiserror::Error;

use crate::telemetry;

pub use args::{Args, Verb};

/// The exit codes of `docs/scenarios.md`; the judging ones (3, 4, 5) come with expectations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// A flag, a file or a key is wrong.
    Usage,
    /// Ctrl-C or a termination signal.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// Something the user can mend: shown without a backtrace, exit code 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Runs the program and says how it ended.
pub fn run() -> ExitCode {
    let args = Args::parse();
    if let Err(problem) = telemetry::install(args.log.as_deref()) {
        telemetry::complain(&problem);
        return Exit::Usage.into();
    }
    telemetry::raise_file_limit();
    let outcome = match args.verb {
        None => demo::run(&args.demo),
        Some(Verb::Run(ref run)) => drills::run(run),
        Some(Verb::Serve(ref serve)) => serve::run(serve),
        Some(Verb::Scenarios { ref name }) => drills::list(name.as_deref()),
        Some(Verb::Decide(ref decide)) => decide::run(decide),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(report) if report.downcast_ref::<UsageError>().is_some() => {
            telemetry::complain(&report);
            Exit::Usage.into()
        }
        Err(report) => {
            telemetry::complain(&format_args!("{report:?}"));
            ExitCode::FAILURE
        }
    }
}
