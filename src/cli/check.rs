//! `bedrill check`: reads scenarios and says what they would send. Runs nothing.

use std::io::{self, Write};

use super::args::CheckFlags;
use super::{Exit, UsageError, drills};
use crate::catalog::Catalog;
use crate::patterns;
use crate::scenario::Scenario;
use crate::scenario::bound::Bound;

/// Checks all that are named before it complains, so that one call shows every problem.
pub fn run(flags: &CheckFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let mut problems = Vec::new();
    let mut out = io::stdout().lock();
    for name in &flags.scenarios {
        match drills::scenario(name, &flags.common, &catalog) {
            Ok(scenario) => tell(&scenario, &catalog, &mut out)?,
            Err(report) => problems.push(report.to_string()),
        }
    }
    if problems.is_empty() {
        return Ok(Exit::Done);
    }
    Err(UsageError(problems.join("\n")).into())
}

fn tell(scenario: &Scenario, catalog: &Catalog, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: in order", scenario.name)?;
    let Some(runs) = scenario.duration else {
        return writeln!(
            out,
            "  runs until it is stopped, so there is no bound to what it sends"
        );
    };
    let mut cost = 0.0;
    for pattern in &scenario.patterns {
        let bound = Bound::of(pattern, runs, catalog);
        let key = pattern.plan.key.as_str();
        let title = patterns::row(key).map_or(key, |row| row.title);
        let ways = pattern.plan.arms.len();
        cost += bound.cost.dollars();
        writeln!(
            out,
            "  {title}: about {:.0} shots by {ways} ways of calling in {}s, at most {:.0} attempts",
            bound.shots,
            runs.as_secs(),
            bound.attempts
        )?;
    }
    writeln!(out, "  {} faults by schedule", scenario.faults.len())?;
    writeln!(
        out,
        "  on AWS about ${cost:.2} if every attempt were billed in full; the embedded emulator charges nothing"
    )?;
    match scenario.budget {
        Some(budget) => writeln!(out, "  budget ${:.2}", budget.dollars()),
        None => Ok(()),
    }
}
