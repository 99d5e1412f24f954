//! Writing TOML: a value set in a text whose comments stay, and a merged document as one text.

use std::fmt::Write as _;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value as Written};

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

/// The text with every string under one of these keys, wherever it stands, made into another; everything
/// else and every comment as it was. A text that is no TOML comes back as it is.
pub fn map_strings(text: &str, keys: &[&str], change: impl Fn(&str, &str) -> String) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        return text.to_owned();
    };
    map_table(document.as_table_mut(), keys, &change);
    document.to_string()
}

fn map_table(table: &mut dyn TableLike, keys: &[&str], change: &impl Fn(&str, &str) -> String) {
    for (key, item) in table.iter_mut() {
        if let Some(tables) = item.as_array_of_tables_mut() {
            for table in tables.iter_mut() {
                map_table(table, keys, change);
            }
        } else if let Some(table) = item.as_table_like_mut() {
            map_table(table, keys, change);
        } else if let Some(values) = item.as_array_mut() {
            for inline in values.iter_mut().filter_map(Written::as_inline_table_mut) {
                map_table(inline, keys, change);
            }
        } else if let Some(found) = item.as_str().filter(|_| keys.contains(&key.get())) {
            *item = Item::Value(Written::from(change(key.get(), found)));
        }
    }
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
