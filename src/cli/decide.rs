//! `bedrill decide`: questions or figures in, a recommendation out.
//!
//! Asks only on a terminal, and only where neither answers nor figures were given or the answers
//! stop short of a recommendation. What is recommended is [`crate::decide`]'s matter.

mod dialogue;
mod report;

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use color_eyre::eyre::WrapErr as _;

use self::dialogue::{Dialogue, End};
pub(super) use self::report::section;
use super::args::{DecideFlags, RecordFlags};
use super::{Exit, UsageError, demo, drills, record};
use crate::catalog::Catalog;
use crate::decide::figures::Figures;
use crate::decide::question::{Next, Question};
use crate::decide::refusal::Refusal;
use crate::decide::{Advice, Document, Flow, Recommendation, advise};
use crate::scenario::Scenario;

/// Answers by flags, or asks.
pub fn run(flags: &DecideFlags) -> color_eyre::Result<Exit> {
    let catalog = drills::catalog(flags.catalog.as_deref())?;
    let figures = flags.figures.read(&catalog)?;
    let flow = answered(flags)?;
    let silent = flow.taken().is_empty();
    if silent && flags.figures.any() {
        let advice = advise(&figures, &catalog).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(|problem| format!("--{problem}")).collect();
            UsageError(lines.join("\n"))
        })?;
        return by_figures(flags, &figures, &advice);
    }
    match flow.at() {
        Next::Arrive(leaf) => {
            let judged_by = figures.suited_to(leaf);
            let made = flow.recommend(&figures, &catalog).expect("a leaf is reached");
            by_answers(flags, &flow, &judged_by, &made)
        }
        Next::Ask(_) if wants_to_be_asked(flags) => talk(flow, figures, &catalog, flags.catalog.as_deref()),
        Next::Ask(question) => Err(unanswered(question, silent).into()),
    }
}

/// The way through the questions as far as the flags answer them.
fn answered(flags: &DecideFlags) -> Result<Flow, UsageError> {
    let mut flow = Flow::new();
    for answer in &flags.answers {
        flow.answer(answer)
            .map_err(|problem| UsageError(format!("ANSWER: {problem}")))?;
    }
    let mut left: Vec<&(String, String)> = flags.named.iter().collect();
    while let Next::Ask(question) = flow.at() {
        let Some(place) = left.iter().position(|(key, _)| key == question.key) else {
            break;
        };
        let (_, answer) = left.remove(place);
        flow.answer(answer)
            .map_err(|problem| UsageError(format!("--answer: {problem}")))?;
    }
    match (left.first(), flow.at()) {
        (None, _) => Ok(flow),
        (Some((key, _)), Next::Arrive(leaf)) => Err(UsageError(format!(
            "--answer: `{key}` is not asked, for the other answers lead to {leaf}: leave it out"
        ))),
        (Some((key, _)), Next::Ask(question)) => Err(UsageError(format!(
            "--answer: `{key}` is not asked before `{}` ({}): answer that first, by one of {}",
            question.key,
            question.text,
            keys(question)
        ))),
    }
}

/// Whoever wants a document or a file is not asked.
fn wants_to_be_asked(flags: &DecideFlags) -> bool {
    !flags.json && flags.scenario.is_none() && io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn unanswered(question: &Question, silent: bool) -> UsageError {
    let ask = format!(
        "answer `{}` ({}) by one of {}",
        question.key,
        question.text,
        keys(question)
    );
    UsageError(if silent {
        format!(
            "ANSWER: nothing is answered, and there is no terminal to ask on: {ask}; or give figures, such as --rate 20/s"
        )
    } else {
        format!("ANSWER: the answers stop before a recommendation: {ask}")
    })
}

fn keys(question: &Question) -> String {
    let keys: Vec<&str> = question.answers.iter().map(|answer| answer.key).collect();
    keys.join(", ")
}

fn by_answers(
    flags: &DecideFlags,
    flow: &Flow,
    judged_by: &Figures,
    made: &Result<Recommendation, Refusal>,
) -> color_eyre::Result<Exit> {
    let none = || made.as_ref().err().map(ToString::to_string).unwrap_or_default();
    deliver(
        flags,
        (made.as_ref().ok(), &none),
        || Document::of_answers(flow, judged_by, made),
        |out| match made {
            Ok(made) => report::recommendation(made, judged_by, out),
            Err(refusal) => report::refused(refusal, out),
        },
    )
}

fn by_figures(flags: &DecideFlags, figures: &Figures, advice: &Advice) -> color_eyre::Result<Exit> {
    let none = || {
        let reasons: Vec<String> = advice.refused.iter().map(ToString::to_string).collect();
        reasons.join("\n")
    };
    deliver(
        flags,
        (advice.ranked.first(), &none),
        || Document::of_figures(figures, advice),
        |out| report::advice(advice, figures, out),
    )
}

/// Writes what the flags ask for: the scenario alone, a document, or the report; and the file.
fn deliver(
    flags: &DecideFlags,
    (best, none): (Option<&Recommendation>, &dyn Fn() -> String),
    document: impl FnOnce() -> Document,
    tell: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> color_eyre::Result<Exit> {
    let mut out = io::stdout().lock();
    if let Some(path) = &flags.scenario {
        let Some(best) = best else {
            let why = none();
            return Err(UsageError(format!(
                "--scenario: nothing is recommended, so there is none:\n{why}"
            ))
            .into());
        };
        if path.as_os_str() == "-" {
            if flags.json {
                let clash = "--scenario -: prints the scenario and nothing else; leave --json out, it holds the scenario too";
                return Err(UsageError(clash.to_owned()).into());
            }
            out.write_all(best.scenario.as_bytes())?;
            return Ok(Exit::Done);
        }
        write_new(path, &best.scenario).map_err(|problem| UsageError(format!("--scenario {problem}")))?;
    }
    if flags.json {
        serde_json::to_writer_pretty(&mut out, &document())?;
        writeln!(out)?;
    } else {
        tell(&mut out)?;
    }
    Ok(Exit::Done)
}

/// Writes a file that must not be there yet; the problem names it.
fn write_new(path: &Path, text: &str) -> Result<(), String> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|problem| match problem.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{}: the file is there already; name a new one", path.display())
        }
        _ => format!("{}: {problem}", path.display()),
    })
}

/// Asks on the terminal, and shows the scenario on the dashboard where that is wanted.
fn talk(
    flow: Flow,
    figures: Figures,
    catalog: &Arc<Catalog>,
    overlay: Option<&Path>,
) -> color_eyre::Result<Exit> {
    let mut dialogue = Dialogue {
        input: io::stdin().lock(),
        out: io::stdout().lock(),
        flow,
        figures,
        catalog,
    };
    let end = dialogue.hold()?;
    drop(dialogue);
    match end {
        End::Quit => Ok(Exit::Done),
        End::Run(text) => {
            let scenario = Scenario::parse("decided", &text, catalog)
                .wrap_err("the scenario that was written from the answers")?;
            let overlay = drills::overlay(overlay)?;
            let recording = record::plan(&RecordFlags::default(), overlay.as_deref());
            demo::show((scenario, None), catalog, &demo::Looks::default(), recording)
        }
    }
}
