//! The JSON document of a comparison, `bedrill.compare/1`. Numbers are in the unit beside them.

use serde::Serialize;

use super::{Change, Comparison, Difference, Side};
use crate::measure::figure::Unit;

const SCHEMA: &str = "bedrill.compare/1";

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: &'static str,
    first: Run<'a>,
    second: Run<'a>,
    paired: bool,
    change: Change,
    doubts: &'a [String],
    unmatched: &'a [String],
    arms: Vec<Arm<'a>>,
}

#[derive(Debug, Serialize)]
struct Run<'a> {
    #[serde(rename = "run")]
    id: &'a str,
    scenario: &'a str,
    seed: u64,
}

#[derive(Debug, Serialize)]
struct Arm<'a> {
    #[serde(rename = "arm")]
    name: &'a str,
    first_seconds: u64,
    second_seconds: u64,
    figures: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    figure: &'static str,
    unit: Unit,
    first: Option<f64>,
    second: Option<f64>,
    difference: Option<f64>,
    interval_low: Option<f64>,
    interval_high: Option<f64>,
    /// How much worse it may be.
    limit: f64,
    change: Change,
}

/// The document.
pub fn document(comparison: &Comparison) -> Result<Vec<u8>, serde_json::Error> {
    let [first, second] = comparison.sides.each_ref().map(run);
    let arms = comparison.arms.iter().map(|arm| Arm {
        name: &arm.name,
        first_seconds: arm.seconds[0],
        second_seconds: arm.seconds[1],
        figures: arm.differences.iter().map(row).collect(),
    });
    let document = Document {
        schema: SCHEMA,
        first,
        second,
        paired: comparison.is_paired,
        change: comparison.change(),
        doubts: &comparison.doubts,
        unmatched: &comparison.unmatched,
        arms: arms.collect(),
    };
    let mut out = serde_json::to_vec_pretty(&document)?;
    out.push(b'\n');
    Ok(out)
}

fn run(side: &Side) -> Run<'_> {
    Run {
        id: &side.run,
        scenario: &side.scenario,
        seed: side.seed,
    }
}

fn row(difference: &Difference) -> Row {
    Row {
        figure: difference.figure.key(),
        unit: difference.figure.unit(),
        first: difference.first.map(decimals),
        second: difference.second.map(decimals),
        difference: difference.difference.map(decimals),
        interval_low: difference.interval.low.map(decimals),
        interval_high: difference.interval.high.map(decimals),
        limit: decimals(difference.limit),
        change: difference.change,
    }
}

fn decimals(value: f64) -> f64 {
    (value * 1e12).round() / 1e12
}
