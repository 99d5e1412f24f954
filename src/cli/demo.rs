//! `bedrill`: the dashboard.

use std::time::Duration;

use color_eyre::eyre::WrapErr as _;

use super::Exit;
use super::args::{DemoFlags, ThemeFlag};
use super::drills;
use crate::drill::{self, DrillPlan};
use crate::tui::theme::ThemeName;
use crate::tui::{self, Ended, TuiPlan};

/// Runs the dashboard until the user quits.
pub fn run(flags: &DemoFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let scenario = drills::scenario(&flags.scenario, &flags.common, &catalog)?;
    let drill = drill::spawn(scenario, DrillPlan::new(catalog)).wrap_err("the drill could not be started")?;
    let plan = TuiPlan {
        theme: theme(flags.theme),
        mouse: !flags.no_mouse,
        panic_after: flags.test_panic_after.map(Duration::from_millis),
    };
    let ended = tui::run(drill.snapshots(), drill.commands(), plan);
    drill.finish();
    match ended.wrap_err("the dashboard needs a terminal; `bedrill run` works without one")? {
        Ended::Quit => Ok(Exit::Done),
        Ended::Signal => Ok(Exit::Interrupted),
    }
}

/// The flag, else NO_COLOR (<https://no-color.org>), else dark.
fn theme(flag: Option<ThemeFlag>) -> ThemeName {
    match flag {
        Some(ThemeFlag::Dark) => ThemeName::Dark,
        Some(ThemeFlag::Light) => ThemeName::Light,
        Some(ThemeFlag::ColourBlind) => ThemeName::ColourBlind,
        Some(ThemeFlag::Plain) => ThemeName::Plain,
        None if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => ThemeName::Plain,
        None => ThemeName::Dark,
    }
}
