//! Logs, panic reports, limits of the process: what surrounds every command.
//!
//! The screen belongs to the dashboard, so nothing here ever logs to it: logs go to a file, and
//! only when one is asked for.

use std::fmt::Display;
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
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
    let file =
        private(path).wrap_err_with(|| format!("--log {}: the file cannot be written", path.display()))?;
    let wanted = std::env::var("RUST_LOG")
        .ok()
        .filter(|text| !text.trim().is_empty());
    let filter = match wanted {
        Some(text) => {
            EnvFilter::try_new(discreet(&text)).map_err(|problem| eyre!("RUST_LOG={text}: {problem}"))?
        }
        None => EnvFilter::new("info"),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(file)
        .try_init()
        .map_err(|problem| eyre!("the log cannot be set up: {problem}"))
}

/// Opens a log to write on in it; what was there stays, and is made private too.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// A filter as it was asked for, in which code that is not ours says no more than `info`: below that,
/// the SDK and its transport write down signed headers, session tokens, prompts and replies.
fn discreet(wanted: &str) -> String {
    const OURS: &str = "bedrill";
    let mut kept = Vec::new();
    for directive in wanted.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        // What names spans and fields is too fine for this: only of our own code.
        let target = directive.split(['=', '[']).next().unwrap_or_default();
        let is_ours = target == OURS || target.starts_with("bedrill::");
        if is_ours {
            kept.push(directive.to_owned());
            continue;
        }
        if directive.contains('[') {
            continue;
        }
        match directive.split_once('=') {
            Some((target, level)) => kept.push(format!("{target}={}", at_most_info(level))),
            None if is_level(directive) => {
                kept.push(at_most_info(directive).to_owned());
                kept.push(format!("{OURS}={directive}"));
            }
            // A target alone asks for all it has.
            None => kept.push(format!("{directive}=info")),
        }
    }
    kept.join(",")
}

fn is_level(word: &str) -> bool {
    let words = ["off", "error", "warn", "info", "debug", "trace"];
    words.iter().any(|level| word.eq_ignore_ascii_case(level)) || word.parse::<u8>().is_ok()
}

/// Levels are words, or numbers of which 3 is `info`.
fn at_most_info(level: &str) -> &str {
    let is_quiet = ["off", "error", "warn", "0", "1", "2"];
    let is_quiet = is_quiet.iter().any(|quiet| level.eq_ignore_ascii_case(quiet));
    if is_quiet { level } else { "info" }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_is_not_ours_says_no_more_than_info_whatever_is_asked_for() {
        for (wanted, kept) in [
            ("trace", "info,bedrill=trace"),
            ("warn", "warn,bedrill=warn"),
            ("5", "info,bedrill=5"),
            (
                "aws_sigv4=trace,bedrill::drill=debug",
                "aws_sigv4=info,bedrill::drill=debug",
            ),
            ("hyper=off", "hyper=off"),
            ("aws_smithy_runtime", "aws_smithy_runtime=info"),
            ("[invoke]=trace", ""),
            ("aws_config[load]=trace,bedrill[x]=trace", "bedrill[x]=trace"),
            ("bedrill_of_another=trace", "bedrill_of_another=info"),
        ] {
            let found = discreet(wanted);
            assert_eq!(found, kept, "{wanted}");
            assert!(EnvFilter::try_new(&found).is_ok(), "{found}");
        }
    }
}
