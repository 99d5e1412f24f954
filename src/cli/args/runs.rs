//! The flags of `bedrill runs`.

use std::time::Duration;

use clap::{Args as Flags, Subcommand};

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
    #[arg(long, value_parser = age, value_name = "AGE", required_unless_present = "keep_size")]
    pub older_than: Option<Duration>,
    /// Then remove the oldest until the others take no more than this, such as 2GB or 500MB.
    #[arg(long, value_parser = size, value_name = "SIZE")]
    pub keep_size: Option<u64>,
    /// Say what would go, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
}

const DAY_SECS: f64 = 86_400.0;
/// A century.
const MOST_DAYS: f64 = 36_500.0;
/// Longest first, so that `GB` is not taken for `B`.
const SIZES: [(&str, f64); 8] = [
    ("KiB", 1024.0),
    ("MiB", 1024.0 * 1024.0),
    ("GiB", 1024.0 * 1024.0 * 1024.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("B", 1.0),
];

fn age(text: &str) -> Result<Duration, String> {
    let days = text.trim().strip_suffix('d').and_then(amount);
    days.filter(|days| *days <= MOST_DAYS)
        .map(|days| Duration::from_secs_f64(days * DAY_SECS))
        .or_else(|| crate::toml::quantity::duration(text))
        .ok_or_else(|| format!("`{text}` is no age; write 30d, 12h or 90m"))
}

fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let split = SIZES
        .iter()
        .find_map(|(unit, bytes)| text.strip_suffix(unit).map(|number| (number, bytes)));
    split
        .and_then(|(number, bytes)| amount(number).map(|amount| (amount * bytes) as u64))
        .ok_or_else(|| format!("`{text}` is no size; write 2GB, 500MB or 1GiB"))
}

/// A plain number that is not negative.
fn amount(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
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
        for wrong in ["", "d", "-1d", "1e9d", "NaNd", "3 weeks"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "GB", "2", "-1GB", "infGB", "2 TBs"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
