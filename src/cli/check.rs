//! `bedrill check`: reads scenarios and says what they would send. Runs nothing.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::args::CheckFlags;
use super::{Exit, UsageError, drills};
use crate::scenario::forecast::{ArmForecast, Forecast, PatternForecast, Range};
use crate::scenario::{Scenario, ScenarioError, ScenarioErrors};
use crate::units::Usd;

/// The name and version of the JSON document.
const SCHEMA: &str = "bedrill.check/1";

#[derive(Serialize)]
struct Checked {
    schema: &'static str,
    scenarios: Vec<One>,
}

#[derive(Serialize)]
struct One {
    asked_for: String,
    in_order: bool,
    problems: Vec<Told>,
    /// None also for a scenario that runs until it is stopped.
    forecast: Option<Forecast>,
    budget_usd: Option<f64>,
}

#[derive(Serialize)]
struct Told {
    file: String,
    line: usize,
    column: usize,
    key: String,
    problem: String,
    hint: Option<String>,
}

/// Checks all that are named before it complains, so that one call shows every problem.
pub fn run(flags: &CheckFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.common.catalog.as_deref())?;
    let overrides = drills::common_overrides(&flags.common);
    let mut problems = Vec::new();
    let mut checked = Vec::new();
    let mut out = io::stdout().lock();
    for name in &flags.scenarios {
        let found = drills::load(name, &overrides, &catalog);
        if flags.json {
            checked.push(one(name, found, &catalog));
            continue;
        }
        match found {
            Ok(Ok(scenario)) => tell(&scenario, Forecast::of(&scenario, &catalog), &mut out)?,
            Ok(Err(errors)) => problems.push(errors.to_string()),
            Err(missing) => problems.push(missing.to_string()),
        }
    }
    if flags.json {
        let in_order = checked.iter().all(|one| one.in_order);
        let document = Checked {
            schema: SCHEMA,
            scenarios: checked,
        };
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
        return Ok(if in_order { Exit::Done } else { Exit::Usage });
    }
    if problems.is_empty() {
        return Ok(Exit::Done);
    }
    Err(UsageError(problems.join("\n")).into())
}

fn one(
    name: &str,
    found: Result<Result<Scenario, ScenarioErrors>, UsageError>,
    catalog: &crate::catalog::Catalog,
) -> One {
    let (scenario, problems) = match found {
        Ok(Ok(scenario)) => (Some(scenario), Vec::new()),
        Ok(Err(errors)) => (None, errors.0.into_iter().map(Told::from).collect()),
        Err(missing) => (
            None,
            vec![Told {
                file: name.to_owned(),
                line: 0,
                column: 0,
                key: String::new(),
                problem: missing.to_string(),
                hint: None,
            }],
        ),
    };
    One {
        asked_for: name.to_owned(),
        in_order: scenario.is_some(),
        problems,
        forecast: scenario
            .as_ref()
            .and_then(|scenario| Forecast::of(scenario, catalog)),
        budget_usd: scenario.and_then(|scenario| scenario.budget).map(Usd::dollars),
    }
}

impl From<ScenarioError> for Told {
    fn from(error: ScenarioError) -> Self {
        Self {
            file: error.file,
            line: error.line,
            column: error.column,
            key: error.key,
            problem: error.problem,
            hint: error.hint,
        }
    }
}

fn tell(scenario: &Scenario, forecast: Option<Forecast>, out: &mut impl Write) -> io::Result<()> {
    let Some(forecast) = forecast else {
        return writeln!(
            out,
            "{}: in order\n  runs until it is stopped, so there is no bound to what it sends; give it an end with --set duration=60s",
            scenario.name
        );
    };
    let repeats = match forecast.repeats {
        1 => String::new(),
        many => format!(", {many} times (each figure is of one)"),
    };
    writeln!(
        out,
        "{}: in order; target {}; {} of arrivals{repeats}\n",
        scenario.name,
        scenario.target,
        clock(forecast.runs_secs)
    )?;
    writeln!(
        out,
        "  {:<30} {:>15} {:>9} {:>17} {:>17} {:>19}",
        "expected / at most", "shots", "attempts", "tokens in", "tokens out", "cost"
    )?;
    for pattern in &forecast.patterns {
        pattern_lines(pattern, out)?;
    }
    writeln!(
        out,
        "\n  at catalogue prices {} expected, at most {}; the embedded emulator charges nothing",
        dollars(forecast.cost_usd.expected),
        dollars(forecast.cost_usd.most)
    )?;
    if let Some(budget) = scenario.budget {
        writeln!(
            out,
            "  budget {}: the run is broken off there",
            dollars(budget.dollars())
        )?;
    }
    for note in &forecast.unbounded {
        writeln!(out, "  not in it: {note}")?;
    }
    places(&forecast, out)?;
    faults(&forecast, out)
}

fn pattern_lines(pattern: &PatternForecast, out: &mut impl Write) -> io::Result<()> {
    for arm in &pattern.arms {
        let ArmForecast {
            shots,
            attempts,
            input_tokens,
            output_tokens,
            cost_usd,
            ..
        } = arm;
        writeln!(
            out,
            "  {:<30} {:>15} {:>9} {:>17} {:>17} {:>19}",
            format!("{}/{}", pattern.pattern, arm.arm),
            both(*shots, count),
            count(attempts.most),
            both(*input_tokens, count),
            both(*output_tokens, count),
            both(*cost_usd, dollars),
        )?;
    }
    if pattern.beside.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "  {:<91} {:>19}",
        format!("{}: {}", pattern.pattern, pattern.beside),
        both(pattern.beside_usd, dollars)
    )
}

fn places(forecast: &Forecast, out: &mut impl Write) -> io::Result<()> {
    let mut stays = true;
    for pattern in &forecast.patterns {
        for arm in pattern.arms.iter().filter(|arm| !arm.leaves_for.is_empty()) {
            stays = false;
            let to = arm.leaves_for.join(", ");
            writeln!(
                out,
                "  data of {}/{} can leave {} for {to}",
                pattern.pattern, arm.arm, arm.geography
            )?;
        }
    }
    if stays {
        writeln!(out, "  no data leaves its geography")?;
    }
    Ok(())
}

fn faults(forecast: &Forecast, out: &mut impl Write) -> io::Result<()> {
    for fault in &forecast.faults {
        let never = if fault.is_reached {
            ""
        } else {
            " (after the end: never)"
        };
        writeln!(
            out,
            "  {:>6} {:<16} {} for {}{never}",
            clock(fault.begins_secs),
            fault.kind,
            fault.scope,
            clock(fault.lasts_secs)
        )?;
    }
    if forecast.faults.is_empty() {
        writeln!(out, "  nothing breaks by schedule")?;
    }
    Ok(())
}

fn both(range: Range, cell: fn(f64) -> String) -> String {
    format!("{} / {}", cell(range.expected), cell(range.most))
}

/// `950`, `12.3k`, `4.56M`.
fn count(number: f64) -> String {
    match number {
        n if n < 9_999.5 => format!("{n:.0}"),
        n if n < 999_950.0 => format!("{:.1}k", n / 1e3),
        n => format!("{:.2}M", n / 1e6),
    }
}

fn dollars(amount: f64) -> String {
    if amount > 0.0 && amount < 0.01 {
        return format!("${amount:.4}");
    }
    format!("${amount:.2}")
}

/// `90s`, `10m`, `1h30m`.
fn clock(secs: f64) -> String {
    let span = Duration::from_secs_f64(secs);
    let whole = span.as_secs();
    if secs < 120.0 || span.subsec_millis() > 0 {
        return format!("{secs}s");
    }
    let parts = [(whole / 3_600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")];
    let parts = parts.iter().filter(|(amount, _)| *amount > 0);
    let parts: Vec<String> = parts.map(|(amount, unit)| format!("{amount}{unit}")).collect();
    parts.concat()
}
