//! The flags of the flight recorder, and what is said of a recording when its run is over.

use std::io::{self, Write};

use super::args::RecordFlags;
use crate::recording::{Place, Plan};

/// How a run is to be recorded; `None`: not at all.
pub fn plan(flags: &RecordFlags, overlay: Option<&str>) -> Option<Plan> {
    let place = match &flags.record {
        Some(path) => Place::File(path.clone()),
        None if flags.no_record => return None,
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
