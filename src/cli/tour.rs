//! `bedrill demo`: the guided tour.

use std::sync::Arc;

use super::args::{CommonFlags, TourFlags};
use super::demo::{self, Looks};
use super::{Exit, UsageError, drills, record};
use crate::tui::tour::Script;

/// Gives the shipped tour until the user quits.
pub fn run(flags: &TourFlags) -> color_eyre::Result<Exit> {
    let script = Script::shipped().map_err(|problems| UsageError(problems.to_string()))?;
    let catalog = drills::catalog(None)?;
    let scenario = drills::scenario(&script.scenario, &CommonFlags::default(), &catalog)?;
    let looks = Looks::of(&flags.looks)?.guided(Arc::new(script));
    demo::show(
        (scenario, None),
        &catalog,
        &looks,
        record::plan(&flags.record, None),
    )
}
