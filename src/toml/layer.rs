//! Documents laid over each other, and single values set from a command line.

use std::path::Path;

use toml_span::value::ValueInner;

use super::problem::FileText;
use super::text::Step;
use super::{Document, Entry, Node, Place, Problem, Value, did_you_mean, node_of};

/// An array of tables whose elements are told apart by one of their keys.
#[derive(Clone, Copy, Debug)]
pub struct Matched {
    /// The array, a key of the document's root.
    pub array: &'static str,
    /// The key that names an element.
    pub by: &'static str,
}

/// What becomes of arrays when one document is laid over another.
#[derive(Clone, Copy, Debug)]
enum Arrays<'m> {
    /// The upper one replaces the lower one.
    Replaced,
    /// Tables are added behind the lower ones, or merged with the one of the same name; an empty
    /// array clears; everything else is replaced.
    Joined(&'m [Matched]),
}

impl Document {
    /// Lays `upper` over this document: tables are merged key by key, everything else is replaced.
    #[must_use]
    pub fn overlaid_with(self, upper: Self) -> Self {
        self.merged(upper, Arrays::Replaced)
    }

    /// Lays `upper` over this document; arrays of tables are joined: the upper tables stand behind the
    /// lower ones, except that one of a `matched` array is merged with the lower one of its name. An
    /// empty upper array clears the lower one.
    #[must_use]
    pub fn joined_with(self, upper: Self, matched: &[Matched]) -> Self {
        self.merged(upper, Arrays::Joined(matched))
    }

    fn merged(mut self, upper: Self, arrays: Arrays<'_>) -> Self {
        let shift = self.files.len();
        self.files.extend(upper.files);
        self.problems.get_mut().extend(upper.problems.into_inner());
        lay_over(&mut self.root, upper.root, shift, arrays, "");
        self
    }

    /// Takes a key out of the root.
    pub fn remove(&mut self, key: &str) {
        if let Value::Table(entries) = &mut self.root.value {
            entries.remove(key);
        }
    }

    /// Puts a folder before every relative path that stands under `key`, wherever that is.
    pub fn lead_paths(&mut self, key: &str, folder: &Path) {
        lead(&mut self.root, key, folder);
    }

    /// Sets the value at a dotted path, as `flag` asks for: `world.latency.scale`, `fault.0.begins`, or
    /// `pattern.fallback.rate` with the element's `kind` or `name`. The value is TOML, or else a bare
    /// string. Gives the path in steps and the value as TOML; problems with the value will name the flag.
    ///
    /// Fails where the path leads nowhere.
    pub fn set(&mut self, flag: &str, path: &str, value: &str) -> Result<(Vec<Step>, String), Problem> {
        let source = FileText::flag(flag);
        let refused =
            |at: &str, problem: String, hint: Option<String>| source.problem_at(0, at, problem, hint);
        if path.split('.').any(|part| part.trim().is_empty()) {
            let hint = "write a path of keys, as in world.latency.scale=2".to_owned();
            return Err(refused(path, "is no path".to_owned(), Some(hint)));
        }
        let place = Place {
            file: self.files.len(),
            offset: 0,
        };
        let mut steps = Vec::new();
        let mut node = &mut self.root;
        for part in path.split('.').map(str::trim) {
            let at = super::text::path_of(&steps);
            node = match &mut node.value {
                Value::Table(entries) => {
                    steps.push(Step::Key(part.to_owned()));
                    let entry = entries.entry(part.to_owned()).or_insert_with(|| Entry {
                        key_place: place,
                        node: Node {
                            place,
                            value: Value::Table(std::collections::BTreeMap::new()),
                        },
                    });
                    &mut entry.node
                }
                Value::List(list) => {
                    let index =
                        index_in(list, part).map_err(|(problem, hint)| refused(&at, problem, hint))?;
                    steps.push(Step::Index(index));
                    &mut list[index]
                }
                _ => {
                    let problem = format!("has no `{part}`: it is one value");
                    return Err(refused(&at, problem, None));
                }
            };
        }
        let mut value = value_of(value);
        let written = super::text::inline(&value);
        value.place = place;
        move_value_to_file(&mut value.value, place.file);
        *node = value;
        self.files.push(source);
        Ok((steps, written))
    }
}

/// Which element a part of a path means: by index, or by its `kind` or `name`.
fn index_in(list: &[Node], part: &str) -> Result<usize, (String, Option<String>)> {
    let count = list.len();
    if let Ok(index) = part.parse::<usize>() {
        let hint = count
            .checked_sub(1)
            .map(|last| format!("its elements are 0 to {last}"));
        return (index < count)
            .then_some(index)
            .ok_or_else(|| (format!("has no element {index}"), hint));
    }
    let elements: Vec<(usize, &str)> = list
        .iter()
        .enumerate()
        .filter_map(|(index, node)| Some((index, name_of(node)?)))
        .collect();
    let mut meant = elements.iter().filter(|(_, name)| *name == part);
    match (meant.next(), meant.count()) {
        (Some((index, _)), 0) => Ok(*index),
        (Some((index, _)), more) => {
            let hint = format!("say which one by its index, the first is {index}");
            Err((format!("has {} elements called `{part}`", more + 1), Some(hint)))
        }
        (None, _) => {
            let names: Vec<&str> = elements.iter().map(|(_, name)| *name).collect();
            let hint = match did_you_mean(part, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "name an element by its index, from 0".to_owned(),
                None => format!(
                    "there are: {}; or name one by its index, from 0",
                    names.join(", ")
                ),
            };
            Err((format!("has no element called `{part}`"), Some(hint)))
        }
    }
}

fn name_of(node: &Node) -> Option<&str> {
    text_of(node, "kind").or_else(|| text_of(node, "name"))
}

fn text_of<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    let Value::Table(entries) = &node.value else {
        return None;
    };
    match &entries.get(key)?.node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A value from a command line: TOML where it is TOML, else the text itself.
fn value_of(text: &str) -> Node {
    let written = format!("v = {text}");
    let parsed = toml_span::parse(&written)
        .ok()
        .and_then(|mut root| match root.take() {
            // A second key would have come with a line end: no single value.
            ValueInner::Table(mut table) if table.len() == 1 => table.get_mut("v").map(node_of),
            _ => None,
        });
    let mut node = parsed.unwrap_or_else(|| Node {
        place: Place::default(),
        value: Value::Text(text.to_owned()),
    });
    stand_at_start(&mut node);
    node
}

/// A flag has no lines: what is in it stands at its beginning.
fn stand_at_start(node: &mut Node) {
    node.place.offset = 0;
    match &mut node.value {
        Value::List(list) => list.iter_mut().for_each(stand_at_start),
        Value::Table(table) => {
            for entry in table.values_mut() {
                entry.key_place.offset = 0;
                stand_at_start(&mut entry.node);
            }
        }
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Flag(_) => {}
    }
}

fn lead(node: &mut Node, wanted: &str, folder: &Path) {
    match &mut node.value {
        Value::List(list) => list.iter_mut().for_each(|node| lead(node, wanted, folder)),
        Value::Table(table) => {
            for (key, entry) in table {
                match &mut entry.node.value {
                    Value::Text(path) if key == wanted => *path = folder.join(&*path).display().to_string(),
                    _ => lead(&mut entry.node, wanted, folder),
                }
            }
        }
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Flag(_) => {}
    }
}

fn lay_over(lower: &mut Node, mut upper: Node, shift: usize, arrays: Arrays<'_>, key: &str) {
    upper.place.file += shift;
    match (&mut lower.value, upper.value, arrays) {
        (Value::Table(below), Value::Table(above), _) => {
            for (key, mut entry) in above {
                entry.key_place.file += shift;
                let clears = matches!(&entry.node.value, Value::List(list) if list.is_empty());
                if let Some(old) = below.get_mut(&key) {
                    old.key_place = entry.key_place;
                    if clears && matches!(arrays, Arrays::Joined(_)) && is_tables(&old.node) {
                        below.remove(&key);
                    } else {
                        lay_over(&mut old.node, entry.node, shift, arrays, &key);
                    }
                } else {
                    move_to_file(&mut entry.node, shift);
                    below.insert(key, entry);
                }
            }
            // A table that was added to is looked for where it was added to last.
            lower.place = upper.place;
        }
        (Value::List(below), Value::List(above), Arrays::Joined(matched))
            if below.iter().chain(&above).all(is_table) =>
        {
            join(below, above, shift, (arrays, matched, key));
        }
        (_, mut value, _) => {
            move_value_to_file(&mut value, shift);
            *lower = Node {
                place: upper.place,
                value,
            };
        }
    }
}

fn join(
    below: &mut Vec<Node>,
    above: Vec<Node>,
    shift: usize,
    (arrays, matched, key): (Arrays<'_>, &[Matched], &str),
) {
    let by = matched
        .iter()
        .find(|known| known.array == key)
        .map(|known| known.by);
    let stood_before = below.len();
    for mut node in above {
        let name = by.and_then(|by| text_of(&node, by));
        let same = name.and_then(|name| {
            let old = below.iter().take(stood_before);
            old.clone()
                .position(|old| by.and_then(|by| text_of(old, by)) == Some(name))
        });
        if let Some(index) = same {
            lay_over(&mut below[index], node, shift, arrays, "");
        } else {
            move_to_file(&mut node, shift);
            below.push(node);
        }
    }
}

fn is_table(node: &Node) -> bool {
    matches!(node.value, Value::Table(_))
}

fn is_tables(node: &Node) -> bool {
    matches!(&node.value, Value::List(list) if list.iter().all(is_table))
}

fn move_to_file(node: &mut Node, shift: usize) {
    node.place.file += shift;
    move_value_to_file(&mut node.value, shift);
}

fn move_value_to_file(value: &mut Value, shift: usize) {
    match value {
        Value::List(list) => {
            for node in list {
                move_to_file(node, shift);
            }
        }
        Value::Table(table) => {
            for entry in table.values_mut() {
                entry.key_place.file += shift;
                move_to_file(&mut entry.node, shift);
            }
        }
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Flag(_) => {}
    }
}
