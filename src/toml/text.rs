//! Writing TOML: a value set in a text whose comments stay, and a merged document as one text.

use std::fmt::Write as _;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value as Written};

use super::{Document, Node, Value};

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a key of a table.
    Key(String),
    /// Into an element of an array.
    Index(usize),
}

/// A path as problems show it: `fault[0].scope.region`.
pub fn path_of(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        // Writing to a String cannot fail.
        let _ = match step {
            Step::Key(key) if path.is_empty() => write!(path, "{key}"),
            Step::Key(key) => write!(path, ".{key}"),
            Step::Index(index) => write!(path, "[{index}]"),
        };
    }
    path
}

/// The text with a value set, everything else and every other comment as it was. `value` is TOML.
///
/// `None` if one of the two is no TOML or the path steps into something that is no table or array.
pub fn set(text: &str, steps: &[Step], value: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let mut item = document.as_item_mut();
    for step in steps {
        item = match step {
            Step::Key(key) => {
                if item.is_none() {
                    *item = Item::Value(InlineTable::new().into());
                }
                item.as_table_like_mut()?.entry(key).or_insert(Item::None)
            }
            Step::Index(index) => item.get_mut(*index)?,
        };
    }
    let mut value: Written = value.parse().ok()?;
    match item.as_value() {
        Some(old) => *value.decor_mut() = old.decor().clone(),
        None => value.decor_mut().clear(),
    }
    *item = Item::Value(value);
    Some(document.to_string())
}

/// The text without a key of its root.
pub fn without(text: &str, key: &str) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    document.remove(key)?;
    Some(document.to_string())
}

impl Document {
    /// The document as one text that reads the same. Comments are not in it.
    pub fn to_text(&self) -> String {
        let mut document = DocumentMut::new();
        if let Value::Table(entries) = &self.root.value {
            for (key, entry) in entries {
                document.insert(key, block(&entry.node));
            }
        }
        document.to_string()
    }
}

/// A table or an array of tables with a head of its own; everything else on one line.
fn block(node: &Node) -> Item {
    match &node.value {
        Value::Table(_) => Item::Table(table(node)),
        Value::List(list)
            if !list.is_empty() && list.iter().all(|node| matches!(node.value, Value::Table(_))) =>
        {
            let mut tables = ArrayOfTables::new();
            for node in list {
                tables.push(table(node));
            }
            Item::ArrayOfTables(tables)
        }
        _ => Item::Value(line(node)),
    }
}

fn table(node: &Node) -> Table {
    let mut table = Table::new();
    if let Value::Table(entries) = &node.value {
        for (key, entry) in entries {
            table.insert(key, block(&entry.node));
        }
    }
    table
}

/// A value on one line.
pub(super) fn inline(node: &Node) -> String {
    line(node).to_string()
}

fn line(node: &Node) -> Written {
    match &node.value {
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Flag(flag) => (*flag).into(),
        Value::List(list) => Written::Array(list.iter().map(line).collect::<Array>()),
        Value::Table(entries) => {
            let entries = entries
                .iter()
                .map(|(key, entry)| (key.as_str(), line(&entry.node)));
            Written::InlineTable(entries.collect())
        }
    }
}
