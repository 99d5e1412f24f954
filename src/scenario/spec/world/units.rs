//! The table `[world.units]`: what the account may buy, and how that goes.

use std::time::Duration;

use super::super::{DAY, duration_of};
use crate::emulator::world::plan::UnitsPlan;
use crate::toml::Item;

const MOST_QUOTA: u64 = 100_000;

/// Reads the table; what it leaves out is as in [`UnitsPlan::default`].
pub fn read(item: &Item<'_>) -> Option<UnitsPlan> {
    let usual = UnitsPlan::default();
    let table = item.table()?;
    let quota = table.take("quota").and_then(|item| item.integer(0..=MOST_QUOTA));
    let provisioning = duration_of(&table, "provisioning", Duration::ZERO..=DAY);
    let fails = table.take("fails").and_then(|item| item.flag());
    table.finish();
    Some(UnitsPlan {
        quota: quota.unwrap_or(usual.quota),
        provisioning: provisioning.unwrap_or(usual.provisioning),
        fails: fails.unwrap_or(usual.fails),
        standing: usual.standing,
    })
}
