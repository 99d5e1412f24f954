//! The flags of `bedrill doctor` and `bedrill config`.

use std::path::PathBuf;

use clap::Args as Flags;

/// Flags of `bedrill doctor`.
#[derive(Debug, Flags)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct DoctorFlags {
    /// A scenario whose models, profiles and regions are looked at: a shipped one's name, or a file.
    /// Without one: the models of `quickstart`.
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<String>,
    /// What is looked at: local, aws or a URL. Without it: the scenario's, and without that aws.
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// A region to look at; may be given several times. Without it: the scenario's.
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// The profile of the AWS configuration whose credentials are used.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Models, prices, quotas and profiles that replace or add to the built-in catalogue.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Also call each model once, for one token. Costs money on aws: the price is shown first.
    #[arg(long)]
    pub probe: bool,
    /// Probe without asking.
    #[arg(long, requires = "probe")]
    pub yes: bool,
    /// Show account numbers whole instead of their last four digits.
    #[arg(long)]
    pub show_account: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `bedrill config`.
#[derive(Debug, Default, Flags)]
pub struct ConfigFlags {
    /// Print a commented file with every setting.
    #[arg(long, conflicts_with = "path")]
    pub example: bool,
    /// Print where the file is looked for.
    #[arg(long)]
    pub path: bool,
    /// The flags of other commands, to see what would hold with them.
    #[command(flatten)]
    pub as_if: AsIfFlags,
}

/// Flags that set a setting elsewhere.
#[derive(Debug, Default, Flags)]
#[command(next_help_heading = "As if given to another command")]
pub struct AsIfFlags {
    /// Colours.
    #[arg(long, value_name = "THEME")]
    pub theme: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,
    /// What is looked at or sent to.
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// The profile of the AWS configuration.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A region; may be given several times.
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// An overlay of the catalogue.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// Leave no recording.
    #[arg(long)]
    pub no_record: bool,
    /// The port of `bedrill serve`.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}
