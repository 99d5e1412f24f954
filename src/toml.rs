//! Typed reading of TOML: every problem with its line, column, key and a hint.
//!
//! A [`Document`] is one file, or several laid over each other. Reading goes through [`Table`] and
//! [`Item`], which note what is wrong and go on, so that one look at a file shows everything that
//! is wrong with it. A key that nobody asked for is refused.
//!
//! Knows nothing of catalogues or scenarios, and never reads a file itself.

mod layer;
pub mod problem;
pub mod quantity;
mod read;
pub mod text;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use toml_span::value::ValueInner;

pub use layer::Matched;
use problem::FileText;
pub use problem::{Problem, Problems, did_you_mean};
pub use read::{Item, Table};

/// The keys that were asked for, by the path of their table without indexes: `pattern.policy`.
pub type Asked = BTreeMap<String, BTreeSet<&'static str>>;

/// A parsed file, or several laid over each other, and the problems found in it so far.
#[derive(Debug)]
pub struct Document {
    files: Vec<FileText>,
    root: Node,
    problems: RefCell<Vec<Problem>>,
    asked: RefCell<Asked>,
}

/// Where something stands: which of a document's files, and the byte in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    file: usize,
    offset: usize,
}

#[derive(Debug)]
struct Node {
    place: Place,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(BTreeMap<String, Entry>),
}

/// A key with its value; the key has a place of its own.
#[derive(Debug)]
struct Entry {
    key_place: Place,
    node: Node,
}

impl Document {
    /// Parses one file. `file` is the name that problems will show.
    ///
    /// Fails when the text is no TOML; then the first fault of the syntax is the only problem,
    /// for what follows it cannot be told apart.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let source = FileText::new(file, text);
        match toml_span::parse(text) {
            Ok(mut value) => Ok(Self {
                files: vec![source],
                root: node_of(&mut value),
                problems: RefCell::default(),
                asked: RefCell::default(),
            }),
            Err(error) => Err(Problems::from(source.syntax_problem(&error))),
        }
    }

    /// The whole document as a table.
    pub fn root(&self) -> Table<'_> {
        Table::of_root(self)
    }

    /// `value` if nothing was found wrong, else all problems in the order of the file.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Problems> {
        let problems = Problems::sorted(self.problems.into_inner());
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(problems),
        }
    }

    /// Every key that was asked for so far, whether the file has it or not.
    pub fn asked(&self) -> Asked {
        self.asked.borrow().clone()
    }

    /// Takes over problems that were found elsewhere, such as in an included file.
    pub fn add(&self, problems: Problems) {
        self.problems.borrow_mut().extend(problems.0);
    }

    fn line_of(&self, place: Place) -> usize {
        self.files[place.file].line_and_column(place.offset).0
    }

    fn note(&self, place: Place, key: &str, problem: String, hint: Option<String>) {
        let found = self.files[place.file].problem_at(place.offset, key, problem, hint);
        self.problems.borrow_mut().push(found);
    }
}

fn node_of(value: &mut toml_span::Value<'_>) -> Node {
    let place = Place {
        file: 0,
        offset: value.span.start,
    };
    let value = match value.take() {
        ValueInner::String(text) => Value::Text(text.into_owned()),
        ValueInner::Integer(number) => Value::Integer(number),
        ValueInner::Float(number) => Value::Float(number),
        ValueInner::Boolean(flag) => Value::Flag(flag),
        ValueInner::Array(mut list) => Value::List(list.iter_mut().map(node_of).collect()),
        ValueInner::Table(table) => Value::Table(
            table
                .into_iter()
                .map(|(key, mut value)| {
                    let entry = Entry {
                        key_place: Place {
                            file: 0,
                            offset: key.span.start,
                        },
                        node: node_of(&mut value),
                    };
                    (key.name.into_owned(), entry)
                })
                .collect(),
        ),
    };
    Node { place, value }
}

#[cfg(test)]
mod tests;
