//! The flags of `bedrill serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args as Flags;

use super::CommonFlags;

/// Flags of `bedrill serve`.
#[derive(Debug, Flags)]
pub struct ServeFlags {
    /// The port; 0 takes a free one and says which. [default: 4566]
    #[arg(long)]
    pub port: Option<u16>,
    /// The address it is bound to. Other machines reach it there unless it is a loopback one; then the
    /// control API asks for a token.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub bind: IpAddr,
    /// A scenario whose [world] it takes: a shipped one's name, or a file, which may have a [world] alone.
    #[arg(long, value_name = "SCENARIO")]
    pub world: Option<String>,
    /// How many times faster than in life batch jobs and provisioning go on.
    #[arg(long, value_name = "FACTOR")]
    pub time_scale: Option<f64>,
    /// Answers under way may take so long once it is to stop, such as 500ms or 10s.
    #[arg(long, value_parser = super::duration, default_value = "5s", value_name = "TIME")]
    pub drain: String,
    /// Write the control API's token to this file instead of one in the data folder.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Say where it listens as one line of JSON.
    #[arg(long)]
    pub json: bool,
    /// A page of what comes in, until q or Ctrl-C.
    #[arg(long, conflicts_with = "json")]
    pub tui: bool,
    /// Verify signatures; needs the keys that may sign.
    #[arg(long, requires = "access_key")]
    pub verify_signatures: bool,
    /// An access key that may sign, with the --secret at the same place. May be given several times.
    #[arg(long, value_name = "KEY", requires_all = ["secret", "verify_signatures"])]
    pub access_key: Vec<String>,
    /// The secret of an access key.
    #[arg(long, value_name = "SECRET", requires = "access_key")]
    pub secret: Vec<String>,
    /// What every command that runs something takes.
    #[command(flatten)]
    pub common: CommonFlags,
}
