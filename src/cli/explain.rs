//! `bedrill explain`: a pasted error in, what it means and what to do out.

use std::io::{self, IsTerminal as _, Read as _, Write};

use super::args::ExplainFlags;
use super::decide::section;
use super::{Exit, UsageError, drills};
use crate::explain::{Document, Explanation, explain};

/// The longest text that is read: a stack trace is far shorter, a log is not meant.
const MOST_BYTES: u64 = 1 << 20;

/// Explains the text of the command line or of standard input.
pub fn run(flags: &ExplainFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.catalog.as_deref())?;
    let text = text(flags)?;
    let found = explain(&text, &catalog);
    let mut out = io::stdout().lock();
    if flags.json {
        serde_json::to_writer_pretty(&mut out, &Document::new(found.as_ref()))?;
        writeln!(out)?;
    } else if let Some(explanation) = &found {
        print(explanation, &mut out)?;
    } else {
        writeln!(
            out,
            "Nothing in this text is known. Paste the whole message, with the exception's name; \
             `bedrill doctor` tries the usual suspects."
        )?;
    }
    Ok(if found.is_some() {
        Exit::Done
    } else {
        Exit::Inconclusive
    })
}

fn text(flags: &ExplainFlags) -> color_eyre::Result<String> {
    let given = flags.text.join(" ");
    if !(given.is_empty() || given == "-") {
        return Ok(given);
    }
    let mut input = io::stdin().lock();
    if given.is_empty() && input.is_terminal() {
        let usage = "paste the error in quotes: bedrill explain \"ERROR TEXT\", or pipe it in";
        return Err(UsageError(usage.to_owned()).into());
    }
    let mut bytes = Vec::new();
    input.by_ref().take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn print(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let known = explanation.known;
    let clues = &explanation.clues;
    writeln!(out, "{}", known.title)?;
    section("Why", [known.cause.clone()], out)?;
    if let Some(quota) = &explanation.quota {
        section("Quota", [quota.clone()], out)?;
    }
    section("Does a retry help?", [known.retry.words().to_owned()], out)?;
    section("What to do", explanation.actions.iter().cloned(), out)?;
    let found = [
        ("exception", clues.exception.clone()),
        ("operation", clues.operation.clone()),
        ("model", clues.target.clone()),
        ("region", clues.region.as_ref().map(ToString::to_string)),
        ("status", clues.status.map(|status| status.to_string())),
        ("request", clues.request_id.clone()),
    ];
    let found = found
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value?)));
    section("Read from the text", found, out)?;
    section("Known from", [known.source.clone()], out)
}
