//! The verdict for a person: every expectation with its figure, then what decided.

use std::io::{self, Write};

use crate::drill::expectation::{Judged, Standing};
use crate::drill::{Outcome, Verdict};

/// Writes the verdict.
pub fn write(verdict: &Verdict, out: &mut impl Write) -> io::Result<()> {
    if !verdict.expectations.is_empty() {
        writeln!(out, "\nexpected")?;
        lines(&verdict.expectations, out)?;
    }
    let (held, amiss): (Vec<&Judged>, Vec<&Judged>) = verdict
        .steady
        .iter()
        .partition(|judged| judged.standing == Standing::Held);
    if !verdict.steady.is_empty() {
        writeln!(
            out,
            "\nthe steady state: {} of {} held",
            held.len(),
            verdict.steady.len()
        )?;
        lines(amiss, out)?;
    }
    if !verdict.comparisons.is_empty() {
        writeln!(out, "\ncompared, shot against shot")?;
        for compared in &verdict.comparisons {
            writeln!(out, "  {}", compared.sentence)?;
        }
    }
    writeln!(out)?;
    let word = verdict.outcome.word();
    match &verdict.reasons[..] {
        [] => writeln!(out, "{word}")?,
        [only] => writeln!(out, "{word}: {only}")?,
        many => {
            writeln!(out, "{word}:")?;
            for reason in many {
                writeln!(out, "  {reason}")?;
            }
        }
    }
    for caveat in &verdict.caveats {
        writeln!(out, "note: {caveat}")?;
    }
    if verdict.outcome == Outcome::Inconclusive && !verdict.expectations.is_empty() {
        writeln!(
            out,
            "intervals are of 95 percent; one that straddles its bound decides nothing"
        )?;
    }
    Ok(())
}

fn lines<'j>(all: impl IntoIterator<Item = &'j Judged>, out: &mut impl Write) -> io::Result<()> {
    for judged in all {
        writeln!(
            out,
            "  {:<7} {:<76} {}",
            judged.standing.word(),
            judged.expected(),
            judged.found()
        )?;
    }
    Ok(())
}
