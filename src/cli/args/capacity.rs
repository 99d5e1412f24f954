//! Flags of `bedrill capacity`.

use std::path::PathBuf;

use clap::Args as Flags;

use super::LookFlags;

/// Flags of `bedrill capacity`.
///
/// On a terminal it opens the dashboard on the Capacity page; with one of --once, --json, --markdown and
/// --watch, or into a pipe, it prints.
#[derive(Debug, Flags)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct CapacityFlags {
    /// Print once and end.
    #[arg(long, conflicts_with = "watch")]
    pub once: bool,
    /// Print a JSON document, bedrill.capacity/1; with --watch one a minute, each on a line.
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print an incident summary to paste. The account's number is masked.
    #[arg(long)]
    pub markdown: bool,
    /// Print again every minute until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    /// A region to look at; may be given several times. Left out: the profile's, else us-east-1.
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// Only models whose identifier or name holds this text.
    #[arg(long, value_name = "TEXT")]
    pub model: Option<String>,
    /// The AWS profile to sign with.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// What is looked at: aws, local (the embedded emulator with three hours behind it) or a URL. Left
    /// out: aws where credentials are configured, else local.
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Exit code 3 if the use of any quota is above this share, as in 80%.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub fail_over: Option<f64>,
    /// Models, prices, quotas and profiles that replace or add to the built-in catalogue.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// How the dashboard looks.
    #[command(flatten)]
    pub looks: LookFlags,
}

fn share(text: &str) -> Result<f64, String> {
    let percent = text
        .strip_suffix('%')
        .and_then(|number| number.trim().parse::<f64>().ok());
    percent
        .filter(|percent| (0.0..=1_000.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| format!("`{text}` is no share; write it as in 80%"))
}
