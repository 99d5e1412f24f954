//! Lines of a pre-flight, the rule of its exit code, its JSON document.

use serde::Serialize;

use super::check::Check;
use crate::names::mask_accounts;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// In order.
    Ok,
    /// A drill can go on, with less.
    Warn,
    /// Nobody can say: it could not be looked at.
    Unknown,
    /// A drill cannot go on.
    Fail,
}

impl State {
    /// A word of at most four letters.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Unknown => "?",
            Self::Fail => "fail",
        }
    }
}

/// What a judge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it came out.
    pub state: State,
    /// What was seen.
    pub says: String,
    /// What to do; `None`: nothing.
    pub todo: Option<String>,
}

impl Verdict {
    /// In order.
    pub fn ok(says: impl Into<String>) -> Self {
        Self {
            state: State::Ok,
            says: says.into(),
            todo: None,
        }
    }

    /// Something is to be done.
    pub fn new(state: State, says: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            state,
            says: says.into(),
            todo: Some(todo.into()),
        }
    }

    /// With every account identifier masked.
    #[must_use]
    pub(super) fn masked(self) -> Self {
        Self {
            state: self.state,
            says: mask_accounts(&self.says),
            todo: self.todo.as_deref().map(mask_accounts),
        }
    }
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The check's key.
    pub check: &'static str,
    /// What it is about, for a person.
    pub title: &'static str,
    /// Which of several: a region, or a region and a model.
    pub subject: Option<String>,
    /// How it came out.
    pub state: State,
    /// What was seen.
    pub says: String,
    /// What to do.
    pub todo: Option<String>,
}

impl Line {
    /// The line of a verdict.
    pub fn of(check: &Check, subject: Option<String>, verdict: Verdict) -> Self {
        Self {
            check: check.key,
            title: check.title,
            subject,
            state: verdict.state,
            says: verdict.says,
            todo: verdict.todo,
        }
    }
}

/// All lines, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub Vec<Line>);

impl Report {
    /// The gravest state; nothing at all is in order.
    pub fn state(&self) -> State {
        self.0.iter().map(|line| line.state).max().unwrap_or(State::Ok)
    }

    /// How many lines came out so.
    pub fn count(&self, state: State) -> usize {
        self.0.iter().filter(|line| line.state == state).count()
    }
}

/// The JSON document, `bedrill.doctor/1`.
#[derive(Clone, Debug, Serialize)]
pub struct Document<'r> {
    schema: &'static str,
    target: &'r str,
    state: State,
    lines: &'r [Line],
}

impl<'r> Document<'r> {
    /// Writes a report down.
    pub fn new(target: &'r str, report: &'r Report) -> Self {
        Self {
            schema: "bedrill.doctor/1",
            target,
            state: report.state(),
            lines: &report.0,
        }
    }
}
