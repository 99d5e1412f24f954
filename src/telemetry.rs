//! Logs, panic reports, limits of the process: what surrounds every command.
//!
//! The screen belongs to the dashboard, so nothing here ever logs to it: logs go to a file, and
//! only when one is asked for.

use std::fmt::Display;
use std::fs::OpenOptions;
use std::path::Path;

use color_eyre::config::HookBuilder;
use color_eyre::eyre::{WrapErr as _, eyre};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing_subscriber::EnvFilter;

/// Sets up panic reports and, if `log` names a file, the log.
///
/// The log is created readable by its owner only: a request's facts may stand in it.
pub fn install(log: Option<&Path>) -> color_eyre::Result<()> {
    HookBuilder::default().display_env_section(false).install()?;
    let Some(path) = log else { return Ok(()) };
    let file = private(path)
        .open(path)
        .wrap_err_with(|| format!("--log {}: the file cannot be written", path.display()))?;
    let filter = match std::env::var("RUST_LOG") {
        Ok(text) => EnvFilter::try_new(&text).map_err(|problem| eyre!("RUST_LOG={text}: {problem}"))?,
        Err(_) => EnvFilter::new("info"),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(file)
        .try_init()
        .map_err(|problem| eyre!("the log cannot be set up: {problem}"))
}

fn private(_path: &Path) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Says on standard error what went wrong.
#[expect(clippy::print_stderr, reason = "the one place that talks to standard error")]
pub fn complain(problem: &dyn Display) {
    eprintln!("bedrill: {problem}");
}

/// Raises the soft limit on open files to the hard one: every request in flight holds a
/// connection at both ends.
pub fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current < limit.maximum {
        // Refused in a few sandboxes; the soft limit is enough for a demo.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
}
