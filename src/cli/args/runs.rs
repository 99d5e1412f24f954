//! The flags of `bedrill runs`.

use std::time::Duration;

use clap::{Args as Flags, Subcommand};

use crate::toml::quantity;

/// Flags of `bedrill runs`.
#[derive(Debug, Flags)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RunsFlags {
    /// What to do; list them if left out.
    #[command(subcommand)]
    pub verb: Option<RunsVerb>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// What to do with recordings.
#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// Remove recordings by age and size; one that is still being written stays.
    Prune(PruneFlags),
}

/// Flags of `bedrill runs prune`.
#[derive(Debug, Flags)]
pub struct PruneFlags {
    /// Remove what was last written longer ago than this, such as 30d or 12h.
    #[arg(long, value_parser = age, value_name = "AGE")]
    pub older_than: Option<Duration>,
    /// Then remove the oldest until the others take no more than this, such as 2GB or 500MB.
    #[arg(long, value_parser = size, value_name = "SIZE")]
    pub keep_size: Option<u64>,
    /// Say what would go, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
}

fn age(text: &str) -> Result<Duration, String> {
    quantity::age(text).ok_or_else(|| format!("`{text}` is no age; write 30d, 12h or 90m"))
}

fn size(text: &str) -> Result<u64, String> {
    quantity::size(text).ok_or_else(|| format!("`{text}` is no size; write 2GB, 500MB or 1GiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_read_as_people_write_them() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(age("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size("1.5 MiB"), Ok(1_572_864));
        assert_eq!(size("0B"), Ok(0));
        for wrong in ["", "d", "-1d", "1e9d", "nand", "3 weeks"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "GB", "2", "-1GB", "infGB", "2 TBs"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
