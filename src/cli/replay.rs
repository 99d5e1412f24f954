//! `bedrill replay`: the dashboard on a recording; and the scenario that repeats one.

use std::io::{self, Write as _};

use color_eyre::eyre::WrapErr as _;

use super::args::ReplayFlags;
use super::demo::{self, Looks};
use super::{Exit, UsageError, runs};
use crate::drill::recorded::Recorded;
use crate::recording::runs::find;
use crate::replay::{self, Reel};
use crate::tui::Show;

/// Plays a recording until the user leaves.
pub fn run(flags: &ReplayFlags) -> color_eyre::Result<Exit> {
    let looks = Looks::of(&flags.looks)?;
    let run = opened(&flags.run)?;
    let (judging, catalog) = (run.scenario.judging.clone(), run.catalog.clone());
    let reel = Reel::new(run).map_err(|problem| UsageError(problem.to_string()))?;
    let (player, remote) = replay::spawn(reel).wrap_err("the replay could not be started")?;
    let show = Show::replay(player.snapshots(), judging, remote);
    let ended = demo::watch(show, &catalog, &looks);
    // The remote went with the dashboard.
    player.finish();
    ended
}

/// Prints the scenario that repeats a recorded session.
pub fn as_scenario(run: &str) -> color_eyre::Result<Exit> {
    let run = opened(run)?;
    let text = replay::as_scenario(&run).map_err(|problem| UsageError(problem.to_string()))?;
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The recording that a run goes by.
pub fn opened(run: &str) -> color_eyre::Result<Recorded> {
    let path = find(run).map_err(|problem| runs::usage(&problem))?;
    let recorded = Recorded::open(&path).map_err(|problem| UsageError(problem.to_string()))?;
    Ok(recorded)
}
