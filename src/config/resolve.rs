//! From file, environment and flags to the value of each setting.

use std::collections::BTreeMap;
use std::fmt;

use super::table::{EnvName, Kind, Setting, TABLE};
use crate::toml::{Document, Item, Problem, Problems, did_you_mean, quantity};

/// The configuration file: its name, as problems show it, and its text.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Its path.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing sets it.
    Default,
    /// A line of the file.
    File {
        /// The file.
        name: String,
        /// The line, from one.
        line: usize,
    },
    /// A variable of the environment.
    Env(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Env(name) => write!(f, "environment, {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A setting with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The value as text; several with commas between. `None`: nothing sets it.
    pub value: Option<String>,
    /// Where it is from.
    pub source: Source,
}

/// Every setting's value.
#[derive(Clone, Debug)]
pub struct Config(Vec<Resolved>);

impl Config {
    /// The values, and everything that is wrong with file and environment. What is wrong sets nothing.
    ///
    /// `flags` holds, by the setting's key, what the command line says: its form has been checked there.
    pub fn resolve(
        file: Option<&ConfigFile>,
        env: impl Fn(&str) -> Option<String>,
        flags: &BTreeMap<&'static str, String>,
    ) -> (Self, Problems) {
        let mut problems = Vec::new();
        let from_file = match file.map(read) {
            Some((found, wrong)) => {
                problems.extend(wrong.0);
                found
            }
            None => TABLE.iter().map(|_| None).collect(),
        };
        let rows = TABLE.iter().zip(from_file).map(|(setting, in_file)| {
            if let (Some(value), Some(flag)) = (flags.get(setting.key), setting.flag) {
                return Resolved {
                    value: Some(value.clone()),
                    source: Source::Flag(flag.name()),
                };
            }
            match from_env(setting, &env) {
                Some(Ok(found)) => return found,
                Some(Err(problem)) => problems.push(problem),
                None => {}
            }
            in_file.unwrap_or(Resolved {
                value: None,
                source: Source::Default,
            })
        });
        let rows = rows.collect();
        (Self(rows), Problems::sorted(problems))
    }

    /// Every setting with its value, in the table's order.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Setting, &Resolved)> {
        TABLE.iter().zip(&self.0)
    }

    /// The value of a setting; `None`: nothing sets it, or there is no such setting.
    pub fn value(&self, key: &str) -> Option<&str> {
        let (_, found) = self.rows().find(|(setting, _)| setting.key == key)?;
        found.value.as_deref()
    }

    /// A value of `true` or `false`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.value(key).map(|value| value == "true")
    }

    /// Several values.
    pub fn list(&self, key: &str) -> Vec<&str> {
        let values = self.value(key).unwrap_or_default().split(',');
        values.map(str::trim).filter(|value| !value.is_empty()).collect()
    }
}

fn from_env(setting: &Setting, env: impl Fn(&str) -> Option<String>) -> Option<Result<Resolved, Problem>> {
    let name = setting.env?;
    let given = env(name.name()).filter(|given| !given.is_empty())?;
    let source = Source::Env(name.name());
    if matches!(name, EnvName::Off(_)) {
        return (given != "0").then(|| {
            Ok(Resolved {
                value: Some("false".to_owned()),
                source,
            })
        });
    }
    Some(match check(setting.kind, &given) {
        Ok(()) => Ok(Resolved {
            value: Some(given),
            source,
        }),
        Err((problem, hint)) => Err(Problem {
            file: name.name().to_owned(),
            line: 0,
            column: 0,
            key: String::new(),
            problem,
            hint,
        }),
    })
}

/// What the file sets, by the table's order, and what is wrong with it.
fn read(file: &ConfigFile) -> (Vec<Option<Resolved>>, Problems) {
    let document = match Document::parse(&file.name, &file.text) {
        Ok(document) => document,
        Err(problems) => return (TABLE.iter().map(|_| None).collect(), problems),
    };
    let root = document.root();
    let rows = TABLE.iter().map(|setting| {
        let item = root.take(setting.key)?;
        let source = Source::File {
            name: file.name.clone(),
            line: item.line(),
        };
        value(setting.kind, &item).map(|value| Resolved {
            value: Some(value),
            source,
        })
    });
    let rows = rows.collect();
    root.finish();
    drop(root);
    let problems = document.into_result(Some(())).err().unwrap_or_default();
    (rows, problems)
}

fn value(kind: Kind, item: &Item<'_>) -> Option<String> {
    let written = match kind {
        Kind::Flag => item.flag()?.to_string(),
        Kind::Port => item.integer(0..=u64::from(u16::MAX))?.to_string(),
        Kind::Names => {
            let names = item.list_or_one();
            let names: Vec<&str> = names.iter().filter_map(Item::name).collect();
            names.join(",")
        }
        _ => item.name()?.to_owned(),
    };
    match check(kind, &written) {
        Ok(()) => Some(written),
        Err((problem, hint)) => {
            item.reject(problem, hint);
            None
        }
    }
}

/// Whether a text is a value of the kind; else what is wrong and what to write.
fn check(kind: Kind, text: &str) -> Result<(), (String, Option<String>)> {
    let fits = match kind {
        Kind::Choice(words) => {
            if words.contains(&text) {
                return Ok(());
            }
            let near = did_you_mean(text, words.iter().copied());
            let hint = near.map_or_else(
                || format!("one of: {}", words.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err((format!("unknown value `{text}`"), Some(hint)));
        }
        Kind::Flag => matches!(text, "true" | "false"),
        // A name and a password may stand in a URL: such a one is refused, and never repeated.
        Kind::Target => matches!(text, "local" | "aws") || is_url(text),
        Kind::Path | Kind::Name | Kind::Names => !text.trim().is_empty(),
        Kind::Age => quantity::age(text).is_some(),
        Kind::Size => quantity::size(text).is_some(),
        Kind::Port => text.parse::<u16>().is_ok(),
    };
    if fits {
        return Ok(());
    }
    Err((format!("must be {}", kind.form()), None))
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', ' ']))
}
