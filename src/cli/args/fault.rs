//! The flags of `bedrill fault`.

use std::path::PathBuf;

use clap::{Args as Flags, Subcommand};

/// Flags of `bedrill fault`.
#[derive(Debug, Flags)]
pub struct FaultFlags {
    /// What to do.
    #[command(subcommand)]
    pub verb: FaultVerb,
}

/// What `bedrill fault` does.
#[derive(Debug, Subcommand)]
pub enum FaultVerb {
    /// Break something, in the words of a scenario's [[fault]].
    ///
    /// Such as `bedrill fault add kind=capacity-outage scope.region=us-east-1 lasts=2m`. It ends by
    /// itself: after `lasts`, or after 60 seconds.
    Add {
        /// Keys of a [[fault]] with their values: kind=throttle share=30% scope.region=us-east-1.
        #[arg(required = true, value_name = "KEY=VALUE")]
        keys: Vec<String>,
        /// Which server.
        #[command(flatten)]
        at: AtFlags,
    },
    /// List what is broken, and until when.
    List {
        /// Which server.
        #[command(flatten)]
        at: AtFlags,
    },
    /// Let a fault last so long from now.
    Renew {
        /// Its number, as `list` shows it.
        id: u32,
        /// How long, such as 60s.
        #[arg(value_parser = super::duration)]
        lasts: String,
        /// Which server.
        #[command(flatten)]
        at: AtFlags,
    },
    /// Mend one fault, or all.
    Lift {
        /// Its number, as `list` shows it.
        #[arg(required_unless_present = "all")]
        id: Option<u32>,
        /// All of them.
        #[arg(long, conflicts_with = "id")]
        all: bool,
        /// Which server.
        #[command(flatten)]
        at: AtFlags,
    },
}

/// Which server, and how its answer is shown.
#[derive(Debug, Flags)]
pub struct AtFlags {
    /// The server's URL.
    #[arg(long, default_value = "http://127.0.0.1:4566", value_name = "URL")]
    pub at: String,
    /// The file that holds its token, where it asks for one.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Print the server's JSON.
    #[arg(long)]
    pub json: bool,
}
