//! What is wrong with a file, said so that a person finds the place and knows what to do.

use std::fmt;

use thiserror::Error;

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{}{problem}{}", Spot(file, *line, *column), Lead(key), Tail(hint.as_deref()))]
pub struct Problem {
    /// The file, or the flag as it was given.
    pub file: String,
    /// Line, from one; 0 for a flag, which has no lines.
    pub line: usize,
    /// Column in characters, from one; 0 for a flag.
    pub column: usize,
    /// The key's path, `fault[0].scope.region`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub hint: Option<String>,
}

struct Spot<'a>(&'a str, usize, usize);

impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(file, line, column) = self;
        if *line == 0 {
            return write!(f, "{file}: ");
        }
        write!(f, "{file}:{line}:{column}: ")
    }
}

struct Lead<'a>(&'a str);

impl fmt::Display for Lead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "{}: ", self.0)
    }
}

struct Tail<'a>(Option<&'a str>);

impl fmt::Display for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// Everything wrong with a file (or with files laid over each other), in the order of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Puts problems in the order of their files and lines; says each only once.
    pub fn sorted(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        problems.dedup();
        Self(problems)
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many things are wrong.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems, first lines first.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// One line for each problem.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A file's name and text, to tell lines and columns from byte offsets.
#[derive(Debug)]
pub(super) struct FileText {
    name: String,
    text: String,
    /// Whether it has lines; a flag has none.
    is_file: bool,
}

impl FileText {
    pub(super) fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            is_file: true,
        }
    }

    /// A flag of the command line, as it was given.
    pub(super) fn flag(given: &str) -> Self {
        Self {
            name: given.to_owned(),
            text: String::new(),
            is_file: false,
        }
    }

    pub(super) fn problem_at(
        &self,
        offset: usize,
        key: &str,
        problem: String,
        hint: Option<String>,
    ) -> Problem {
        let (line, column) = self.line_and_column(offset);
        Problem {
            file: self.name.clone(),
            line,
            column,
            key: key.to_owned(),
            problem,
            hint,
        }
    }

    /// What the parser refused, in our own form.
    pub(super) fn syntax_problem(&self, error: &toml_span::Error) -> Problem {
        let first = match &error.kind {
            toml_span::ErrorKind::DuplicateTable { first, .. }
            | toml_span::ErrorKind::DuplicateKey { first, .. } => Some(first.start),
            _ => None,
        };
        let hint = first.map(|offset| {
            let (line, _) = self.line_and_column(offset);
            format!("it stands in line {line} already: keep one of the two")
        });
        self.problem_at(error.span.start, "", format!("no valid TOML: {error}"), hint)
    }

    pub(super) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        if !self.is_file {
            return (0, 0);
        }
        // The parser counts bytes; an offset inside a character belongs to that character.
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

/// The candidate that `word` was most likely meant to be, if one is near enough.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Half of the letters right is the least that still looks like a slip of the hand.
    const NEAR_ENOUGH: f64 = 0.55;
    const TELLING: usize = 4;
    let word = word.to_lowercase();
    let score = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let is_part = word.len() >= TELLING && candidate.contains(&word);
        let likeness = strsim::normalized_damerau_levenshtein(&word, &candidate);
        let likeness = if is_part { likeness.max(0.9) } else { likeness };
        // Of two that are equally near, the one that begins alike: us-est-1 is us-east-1.
        (likeness, strsim::jaro_winkler(&word, &candidate))
    };
    candidates
        .into_iter()
        .map(|candidate| (score(candidate), candidate))
        .filter(|((likeness, _), _)| *likeness >= NEAR_ENOUGH)
        .max_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))
        .map(|(_, candidate)| candidate)
}
