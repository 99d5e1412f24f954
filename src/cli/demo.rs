//! `bedrill`: the dashboard.

use std::time::Duration;

use color_eyre::eyre::WrapErr as _;

use super::Exit;
use super::args::{DemoFlags, ThemeFlag};
use super::drills;
use crate::clock::Clock;
use crate::drill::{self, DrillPlan};
use crate::tui::theme::ThemeName;
use crate::tui::{self, Ended, TuiPlan};

/// Runs the dashboard until the user quits.
pub fn run(flags: &DemoFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let scenario = drills::scenario(&flags.scenario, &flags.common, &catalog)?;
    let drill = drill::spawn(scenario, &DrillPlan::new(catalog)).wrap_err("the drill could not be started")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        let clock = Clock::real();
        let colour = !no_color();
        let plan = TuiPlan {
            theme: flags
                .theme
                .map_or(if colour { ThemeName::Dark } else { ThemeName::Plain }, named),
            colour: colour || flags.theme.is_some(),
            mouse: !flags.no_mouse,
            guide: true,
            clock: clock.clone(),
        };
        let dashboard = tui::run(drill.snapshots(), drill.commands(), plan);
        match flags.test_panic_after {
            None => dashboard.await,
            Some(millis) => {
                let ended = clock
                    .until(clock.now() + Duration::from_millis(millis), dashboard)
                    .await;
                ended.expect("a panic that was asked for by --test-panic-after")
            }
        }
    });
    drill.finish();
    match ended? {
        Ended::Quit => Ok(Exit::Done),
        Ended::Signal(_) | Ended::TerminalGone => Ok(Exit::Interrupted),
    }
}

/// Whether the environment asks for no colour (<https://no-color.org>).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

const fn named(flag: ThemeFlag) -> ThemeName {
    match flag {
        ThemeFlag::Dark => ThemeName::Dark,
        ThemeFlag::Light => ThemeName::Light,
        ThemeFlag::ColourBlind => ThemeName::ColourBlind,
        ThemeFlag::Plain => ThemeName::Plain,
    }
}
