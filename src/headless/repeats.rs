//! Several runs of one scenario: each one's verdict in a line, then the spread of every figure.

use std::io::{self, Write};

use serde::Serialize;

use super::{Document, HeadlessPlan};
use crate::drill::wording::amount;
use crate::drill::{Outcome, Verdict};
use crate::measure::Snapshot;
use crate::measure::figure::Unit;
use crate::scenario::Scenario;

/// The name and version of the format.
const SCHEMA: &str = "bedrill.repeats/1";

/// The runs so far.
#[derive(Debug)]
pub struct Repeats {
    scenario: String,
    wanted: u32,
    outcomes: Vec<Outcome>,
    figures: Vec<Column>,
    documents: Vec<Document>,
}

/// One figure over the runs; a run in which it was not measured has none.
#[derive(Clone, Debug)]
struct Column {
    of: String,
    what: String,
    unit: Unit,
    values: Vec<f64>,
}

/// The spread of one figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Spread {
    of: String,
    figure: String,
    unit: Unit,
    /// Runs in which it was measured.
    runs: usize,
    min: f64,
    median: f64,
    max: f64,
}

#[derive(Serialize)]
struct Whole<'r> {
    schema: &'static str,
    scenario: &'r str,
    outcome: Option<Outcome>,
    passed: usize,
    runs: &'r [Document],
    spread: Vec<Spread>,
}

impl Repeats {
    /// No runs yet, of so many as the scenario wants.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            scenario: scenario.name.clone(),
            wanted: scenario.repeats,
            outcomes: Vec::new(),
            figures: Vec::new(),
            documents: Vec::new(),
        }
    }

    /// Takes a finished run, and tells of it in a line.
    pub fn add(
        &mut self,
        last: &Snapshot,
        verdict: &Verdict,
        show: HeadlessPlan,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.outcomes.push(verdict.outcome);
        self.measure(last, verdict);
        if show.json {
            self.documents.push(Document::of(last, verdict));
            return Ok(());
        }
        let why = verdict.reasons.first().map_or("", String::as_str);
        writeln!(
            out,
            "{}  run {} of {}  seed {}  {}: {why}",
            self.scenario,
            self.outcomes.len(),
            self.wanted,
            last.run.seed,
            verdict.outcome.word(),
        )
    }

    /// Tells of all runs together.
    pub fn conclude(&self, show: HeadlessPlan, out: &mut impl Write) -> io::Result<()> {
        let passed = self
            .outcomes
            .iter()
            .filter(|outcome| **outcome == Outcome::Pass)
            .count();
        let outcome = self
            .outcomes
            .iter()
            .copied()
            .max_by_key(|outcome| outcome.gravity());
        let spread = self.spread();
        if show.json {
            let whole = Whole {
                schema: SCHEMA,
                scenario: &self.scenario,
                outcome,
                passed,
                runs: &self.documents,
                spread,
            };
            serde_json::to_writer_pretty(&mut *out, &whole)?;
            return writeln!(out);
        }
        let runs = self.outcomes.len();
        writeln!(
            out,
            "\n{:<62} {:>12} {:>12} {:>12} {:>5}",
            "over the runs", "min", "median", "max", "runs"
        )?;
        for row in &spread {
            let cell = |value| amount(row.unit, value);
            writeln!(
                out,
                "{:<62} {:>12} {:>12} {:>12} {:>5}",
                format!("{}: {}", row.of, row.figure),
                cell(row.min),
                cell(row.median),
                cell(row.max),
                row.runs,
            )?;
        }
        let word = outcome.map_or("", Outcome::word);
        writeln!(
            out,
            "\n{word}: {passed} of {runs} runs passed; the gravest run decides"
        )
    }

    fn measure(&mut self, last: &Snapshot, verdict: &Verdict) {
        for pattern in &last.patterns {
            for arm in &pattern.arms {
                let of = format!("{}/{}", pattern.key, arm.key);
                let latency = &arm.overall.intended.percentiles;
                let secs = |span: Option<std::time::Duration>| span.map(|span| span.as_secs_f64());
                let figures = [
                    ("availability", Unit::Share, arm.total.availability()),
                    ("latency p50", Unit::Seconds, secs(latency.p50)),
                    ("latency p99", Unit::Seconds, secs(latency.p99)),
                    (
                        "first token p50",
                        Unit::Seconds,
                        secs(arm.overall.first_token.p50),
                    ),
                    (
                        "throttled attempts",
                        Unit::Count,
                        Some(arm.total.throttled_attempts as f64),
                    ),
                    ("failovers", Unit::Count, Some(arm.total.failovers as f64)),
                ];
                for (what, unit, value) in figures {
                    self.note(&of, what, unit, value);
                }
            }
        }
        self.note(
            "the run",
            "spent",
            Unit::Dollars,
            Some(last.spend.spent.dollars()),
        );
        for judged in &verdict.expectations {
            let unit = judged.expectation.figure.metric.unit();
            self.note("expected", &judged.expected(), unit, judged.figure.value);
        }
    }

    fn note(&mut self, of: &str, what: &str, unit: Unit, value: Option<f64>) {
        let place = self
            .figures
            .iter()
            .position(|column| column.of == of && column.what == what);
        let place = place.unwrap_or_else(|| {
            self.figures.push(Column {
                of: of.to_owned(),
                what: what.to_owned(),
                unit,
                values: Vec::new(),
            });
            self.figures.len() - 1
        });
        self.figures[place].values.extend(value);
    }

    fn spread(&self) -> Vec<Spread> {
        self.figures.iter().filter_map(Column::spread).collect()
    }
}

impl Column {
    fn spread(&self) -> Option<Spread> {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Some(Spread {
            of: self.of.clone(),
            figure: self.what.clone(),
            unit: self.unit,
            runs: values.len(),
            min,
            median,
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let column = |values: &[f64]| Column {
            of: String::new(),
            what: String::new(),
            unit: Unit::Count,
            values: values.to_vec(),
        };
        let median = |values: &[f64]| {
            column(values)
                .spread()
                .map(|spread| (spread.min, spread.median, spread.max))
        };
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some((1.0, 2.5, 4.0)));
        assert_eq!(median(&[3.0, 1.0, 9.0]), Some((1.0, 3.0, 9.0)));
        assert_eq!(median(&[]), None);
    }
}
