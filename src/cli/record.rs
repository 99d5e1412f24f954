//! The flags of the flight recorder, and what is said of a recording when its run is over.

use std::io::{self, Write};

use super::args::RecordFlags;
use crate::recording::{Place, Plan};

/// Keeps every run from being recorded, unless a file is named.
const OFF: &str = "BEDRILL_NO_RECORD";

/// How a run is to be recorded; `None`: not at all.
pub fn plan(flags: &RecordFlags, overlay: Option<&str>) -> Option<Plan> {
    let place = match &flags.record {
        Some(path) => Place::File(path.clone()),
        None if flags.no_record || is_off() => return None,
        None => Place::Runs,
    };
    let mut plan = Plan::at(place);
    plan.overlay = overlay.map(str::to_owned);
    Some(plan)
}

/// Says where the recording lies, and nothing if there is none.
pub fn tell(plan: Option<&Plan>, out: &mut impl Write) -> io::Result<()> {
    match plan.and_then(Plan::path) {
        Some(path) => writeln!(out, "recorded in {}", path.display()),
        None => Ok(()),
    }
}

fn is_off() -> bool {
    std::env::var_os(OFF).is_some_and(|value| !value.is_empty() && value != "0")
}
