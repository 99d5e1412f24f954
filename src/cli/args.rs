//! The flags, in one place for `--help`, completions and the man page.

mod capacity;
mod decide;
mod fault;
mod preflight;
mod report;
mod runs;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as Flags, Parser, Subcommand};

use crate::scenario::Override;

pub use capacity::CapacityFlags;
pub use decide::DecideFlags;
pub use fault::{AtFlags, FaultFlags, FaultVerb};
pub use preflight::{AsIfFlags, ConfigFlags, DoctorFlags};
pub use report::{CompareFlags, FormFlags, ReportFlags};
pub use runs::{PruneFlags, RunsFlags, RunsVerb};
pub use serve::ServeFlags;

/// Live reliability experiments on Amazon Bedrock.
///
/// Without a command: the dashboard on the embedded emulator, no AWS account needed.
#[derive(Debug, Parser)]
#[command(name = "bedrill", version, args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do; the dashboard if left out.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The dashboard's own flags.
    #[command(flatten)]
    pub demo: DemoFlags,
    /// Write a log to this file; RUST_LOG says how much (default: info).
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// A guided tour of the dashboard: narrated steps over a run that breaks and mends.
    Demo(TourFlags),
    /// Run scenarios without a screen: progress, a summary, an exit code.
    Run(RunFlags),
    /// Run the Bedrock emulator alone, for any SDK or CLI, until Ctrl-C.
    Serve(ServeFlags),
    /// Break something at a running `bedrill serve`, list what is broken, mend it.
    Fault(FaultFlags),
    /// List the shipped scenarios, or print one.
    Scenarios {
        /// The scenario to print.
        name: Option<String>,
        /// Print the JSON Schema of scenario files, for editors.
        #[arg(long, conflicts_with = "name")]
        schema: bool,
    },
    /// Read scenarios and say what they would send; every problem is shown at once.
    Check(CheckFlags),
    /// Recommend a pattern from answers or figures, with reasons, costs, needs and a scenario.
    Decide(Box<DecideFlags>),
    /// Which quota of the account burns, since when, how much is left and what to do. Reads only.
    Capacity(CapacityFlags),
    /// Say what an error of Bedrock means: cause, quota or rule, whether a retry helps, what to do.
    Explain(ExplainFlags),
    /// Look at what stands before a drill: credentials, clock, regions, models, quotas, rights, this machine.
    Doctor(DoctorFlags),
    /// Print every setting with its value and where it is from: flag, environment, file or default.
    Config(ConfigFlags),
    /// List the recordings of runs, or remove old ones.
    Runs(RunsFlags),
    /// The dashboard on a recording: play, pause, go back and forth.
    Replay(ReplayFlags),
    /// Write a report on a recorded run: a page, Markdown, JSON, JUnit, CSV, an HdrHistogram log.
    ///
    /// Without a form: the page, in this folder, under the run's name.
    Report(ReportFlags),
    /// Hold a recorded run against another; exit code 3 if a figure is worse than it may be.
    ///
    /// Every difference has a 95 percent interval. A figure regresses if its interval misses zero and
    /// the difference is beyond its threshold; exit code 4: it may be beyond, and nobody can say.
    Compare(CompareFlags),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, for `man -l -`.
    Man,
}

/// Flags of the dashboard.
#[derive(Debug, Flags)]
pub struct DemoFlags {
    /// A shipped scenario's name, or a file.
    #[arg(default_value = "quickstart")]
    pub scenario: String,
    /// What every command that runs something takes.
    #[command(flatten)]
    pub common: CommonFlags,
    /// Whether and where the run is recorded.
    #[command(flatten)]
    pub record: RecordFlags,
    /// Leave to be sent to a target that is not embedded.
    #[command(flatten)]
    pub permit: PermitFlags,
    /// How the dashboard looks.
    #[command(flatten)]
    pub looks: LookFlags,
    /// No drawn screen: what changes is told line by line, and lines that are typed are obeyed. For
    /// screen readers and slow lines.
    #[arg(long)]
    pub plain: bool,
    /// Print an example of a theme file and leave.
    #[arg(long)]
    pub print_theme: bool,
    /// Panic after so many milliseconds: for the test that the terminal comes back.
    #[arg(long, hide = true, value_name = "MS")]
    pub test_panic_after: Option<u64>,
}

/// Flags of `bedrill run`.
#[derive(Debug, Flags)]
pub struct RunFlags {
    /// Shipped scenarios' names, or files; run one after the other.
    #[arg(required = true)]
    pub scenarios: Vec<String>,
    /// What every command that runs something takes.
    #[command(flatten)]
    pub common: CommonFlags,
    /// Whether and where the run is recorded.
    #[command(flatten)]
    pub record: RecordFlags,
    /// Leave to be sent to a target that is not embedded.
    #[command(flatten)]
    pub permit: PermitFlags,
    /// Run in virtual time: minutes take seconds, and the same seed gives the same bytes.
    #[arg(long)]
    pub r#virtual: bool,
    /// Print one JSON document for each scenario on standard output.
    #[arg(long)]
    pub json: bool,
    /// Reports on the run; of several runs {} in a file's name stands for the scenario's.
    #[command(flatten)]
    pub forms: FormFlags,
    /// End after this long instead of what the scenario says, such as 90s or 10m.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub duration: Option<String>,
    /// Where the emulator listens, such as 127.0.0.1:4566, for a program of yours (see [outside]).
    #[arg(long, value_name = "ADDRESS", conflicts_with = "virtual")]
    pub listen: Option<SocketAddr>,
    /// Run each so many times, each time with another seed, and show the spread of every figure.
    #[arg(long, value_name = "NUMBER")]
    pub repeats: Option<u32>,
}

/// Flags of `bedrill replay`.
#[derive(Debug, Flags)]
pub struct ReplayFlags {
    /// The run: its id, the beginning of one, a file, or `latest`.
    pub run: String,
    /// How the dashboard looks.
    #[command(flatten)]
    pub looks: LookFlags,
}

/// Flags of `bedrill check`.
#[derive(Debug, Flags)]
pub struct CheckFlags {
    /// Shipped scenarios' names, or files.
    #[arg(required = true)]
    pub scenarios: Vec<String>,
    /// What every command that runs something takes.
    #[command(flatten)]
    pub common: CommonFlags,
    /// Print one JSON document for all of them on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `bedrill explain`.
#[derive(Debug, Flags)]
pub struct ExplainFlags {
    /// The error: a message, a stack trace, a line of a log. Left out or `-`: standard input.
    #[arg(value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Vec<String>,
    /// Print a JSON document.
    #[arg(long)]
    pub json: bool,
    /// Models, prices, quotas and profiles that replace or add to the built-in catalogue.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
}

/// Flags that mean the same everywhere.
#[derive(Debug, Default, Flags)]
pub struct CommonFlags {
    /// The seed of everything drawn at random, instead of the scenario's.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Change a key of the scenario, as in world.latency.scale=2, pattern.fallback.rate=30/s or
    /// fault.0.begins=20s. May be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = Override::parse)]
    pub set: Vec<Override>,
    /// What the drill is sent to: local, aws or a URL.
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Models, prices, quotas and profiles that replace or add to the built-in catalogue.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
}

/// Flags of the flight recorder.
#[derive(Clone, Debug, Default, Flags)]
pub struct RecordFlags {
    /// Leave no recording of the run; so does BEDRILL_NO_RECORD=1 in the environment.
    #[arg(long, conflicts_with = "record")]
    pub no_record: bool,
    /// Record the run in this new file instead of the folder that `bedrill runs` lists.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Flags of the dashboard's looks.
#[derive(Clone, Debug, Default, Flags)]
pub struct LookFlags {
    /// Colours: dark, light, colour-blind, plain, or a theme file of your own (see --print-theme).
    /// NO_COLOR in the environment means plain.
    #[arg(long, value_name = "THEME", value_hint = clap::ValueHint::FilePath)]
    pub theme: Option<String>,
    /// Leave the mouse to the terminal (for selecting text).
    #[arg(long)]
    pub no_mouse: bool,
    /// Draw with ASCII letters alone; so it is where the locale names another encoding than UTF-8.
    #[arg(long)]
    pub ascii: bool,
}

/// Flags of `bedrill demo`.
#[derive(Debug, Flags)]
pub struct TourFlags {
    /// How the dashboard looks.
    #[command(flatten)]
    pub looks: LookFlags,
    /// Whether and where the run is recorded.
    #[command(flatten)]
    pub record: RecordFlags,
}

/// Flags of what is not the embedded emulator: it may cost money, so nothing is sent there unasked.
#[derive(Clone, Debug, Default, Flags)]
#[command(next_help_heading = "Targets that are not embedded")]
pub struct PermitFlags {
    /// The most that may be spent, in dollars, whatever the scenario's budget says. On every target.
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub max_spend: Option<f64>,
    /// Send without asking; needs --max-spend.
    #[arg(long)]
    pub yes: bool,
    /// The largest share of a live quota that may be taken.
    #[arg(long, value_name = "SHARE", default_value = "50%", value_parser = share)]
    pub max_quota_share: f64,
    /// Profile of the AWS configuration files, instead of AWS_PROFILE.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Send real credentials to a host that is not AWS's, or not over HTTPS.
    #[arg(long)]
    pub send_credentials: bool,
    /// Show the whole account number, not its last four digits.
    #[arg(long)]
    pub show_account: bool,
}

fn dollars(text: &str) -> Result<f64, String> {
    let amount = crate::toml::quantity::dollars(text).or_else(|| text.parse().ok());
    amount
        .filter(|amount| amount.is_finite() && (0.0..=1_000_000.0).contains(amount))
        .ok_or_else(|| format!("`{text}` is no amount; write 5 or $0.05"))
}

fn share(text: &str) -> Result<f64, String> {
    let percent = text
        .strip_suffix('%')
        .map(|number| number.parse().map(|number: f64| number / 100.0));
    percent
        .unwrap_or_else(|| text.parse())
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| format!("`{text}` is no share; write 50% or 0.5"))
}

fn duration(text: &str) -> Result<String, String> {
    crate::toml::quantity::duration(text)
        .map(|_| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no time; write 500ms, 90s, 10m or 1.5h"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_fit_together() {
        Args::command().debug_assert();
    }
}
