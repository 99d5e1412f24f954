//! A comparison in words and columns.

use std::fmt::Write as _;

use super::{Change, Comparison, Difference};
use crate::measure::figure::Unit;
use crate::report::format::{NONE, figure};

/// What there is to say, for a terminal.
pub fn summary(comparison: &Comparison) -> String {
    let mut out = String::new();
    let [first, second] = &comparison.sides;
    for (which, side) in [("first ", first), ("second", second)] {
        let _ = writeln!(
            out,
            "{which}  {}  {}, seed {}",
            side.run, side.scenario, side.seed
        );
    }
    let how = if comparison.is_paired {
        "one seed, the same arrivals: compared second against second"
    } else {
        "different arrivals: compared as independent runs"
    };
    let _ = writeln!(out, "{how}; 95% intervals by block bootstrap");
    for arm in &comparison.arms {
        let _ = writeln!(
            out,
            "\n{}  ({}s and {}s)",
            arm.name, arm.seconds[0], arm.seconds[1]
        );
        let _ = writeln!(
            out,
            "  {:<28} {:>11} {:>11} {:>12}   {:<26} {:>9}",
            "", "first", "second", "difference", "interval", "limit"
        );
        for difference in &arm.differences {
            let _ = writeln!(out, "{}", line(difference));
        }
    }
    for name in &comparison.unmatched {
        let _ = writeln!(out, "\nnot compared: {name}");
    }
    let _ = writeln!(out, "\n{}", verdict(comparison));
    out
}

fn line(difference: &Difference) -> String {
    let unit = difference.figure.unit();
    let interval = match (difference.interval.low, difference.interval.high) {
        (Some(low), Some(high)) => format!("{} to {}", signed(unit, low), signed(unit, high)),
        _ => "no interval".to_owned(),
    };
    let apart = difference
        .difference
        .map_or_else(|| NONE.to_owned(), |apart| signed(unit, apart));
    let word = match difference.change {
        Change::Better => "better",
        Change::Kept => "",
        Change::Unsure => "? cannot tell",
        Change::Regressed => "✗ REGRESSED",
    };
    let line = format!(
        "  {:<28} {:>11} {:>11} {apart:>12}   {interval:<26} {:>9}  {word}",
        difference.figure.name(),
        figure(unit, difference.first),
        figure(unit, difference.second),
        sized(unit, difference.limit)
    );
    line.trim_end().to_owned()
}

/// A difference with its sign; of shares in points.
fn signed(unit: Unit, value: f64) -> String {
    let sign = match value {
        negative if negative < 0.0 => "-",
        0.0 => "",
        _ => "+",
    };
    format!("{sign}{}", sized(unit, value.abs()))
}

fn sized(unit: Unit, value: f64) -> String {
    if unit == Unit::Share {
        format!("{:.2}pt", value * 100.0)
    } else {
        figure(unit, Some(value))
    }
}

/// In a sentence.
fn verdict(comparison: &Comparison) -> String {
    let of = |wanted: Change| -> Vec<String> {
        let arms = comparison.arms.iter();
        let all = arms.flat_map(|arm| arm.differences.iter().map(move |difference| (arm, difference)));
        all.filter(|(_, difference)| difference.change == wanted)
            .map(|(arm, difference)| format!("{} of {}", difference.figure.name(), arm.name))
            .collect()
    };
    match comparison.change() {
        Change::Unsure if !comparison.doubts.is_empty() => {
            format!("CANNOT TELL: {}", comparison.doubts.join("; "))
        }
        Change::Unsure if comparison.arms.is_empty() => "CANNOT TELL: nothing to compare".to_owned(),
        Change::Unsure => format!(
            "CANNOT TELL: may be worse than its limit: {}; a longer run, or the same seed, tells more",
            of(Change::Unsure).join(", ")
        ),
        Change::Regressed => format!("REGRESSED: {}", of(Change::Regressed).join(", ")),
        Change::Better => format!("NO REGRESSION; better: {}", of(Change::Better).join(", ")),
        Change::Kept => match of(Change::Better) {
            better if better.is_empty() => "NO CHANGE beyond the limits".to_owned(),
            better => format!("NO REGRESSION; better: {}", better.join(", ")),
        },
    }
}
