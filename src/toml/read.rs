//! The two cursors over a document: a table, and an item within it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::quantity;
use super::{Document, Entry, Node, Place, Value, did_you_mean};
use crate::units::{Share, Usd};

/// A table being read. Ask for keys with [`Table::need`] and [`Table::take`], then call
/// [`Table::finish`], which refuses every key that was not asked for.
#[derive(Debug)]
pub struct Table<'d> {
    document: &'d Document,
    entries: &'d BTreeMap<String, Entry>,
    place: Place,
    path: String,
    asked: RefCell<Vec<&'static str>>,
}

/// A value being read, with its place and path.
#[derive(Clone, Debug)]
pub struct Item<'d> {
    document: &'d Document,
    node: &'d Node,
    path: String,
}

static NO_ENTRIES: BTreeMap<String, Entry> = BTreeMap::new();

impl<'d> Table<'d> {
    pub(super) fn of_root(document: &'d Document) -> Self {
        let entries = match &document.root.value {
            Value::Table(entries) => entries,
            _ => &NO_ENTRIES,
        };
        Self {
            document,
            entries,
            place: document.root.place,
            path: String::new(),
            asked: RefCell::default(),
        }
    }

    /// The value of a key that may be left out.
    pub fn take(&self, key: &'static str) -> Option<Item<'d>> {
        self.asked.borrow_mut().push(key);
        let mut asked = self.document.asked.borrow_mut();
        asked.entry(without_indexes(&self.path)).or_default().insert(key);
        drop(asked);
        self.get(key)
    }

    /// The value of a key that must be there; its absence is a problem.
    pub fn need(&self, key: &'static str) -> Option<Item<'d>> {
        let found = self.take(key);
        if found.is_none() {
            self.document
                .note(self.place, &self.path_of(key), "is missing".to_owned(), None);
        }
        found
    }

    /// Every key with its value, for tables whose keys are names. No key is refused then.
    pub fn entries(&self) -> Vec<(&'d str, Item<'d>)> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), self.item(key, entry)))
            .collect()
    }

    /// The keys in the file, asked for or not.
    pub fn keys(&self) -> impl Iterator<Item = &'d str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether the file has the key. Does not count as asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The table's own path, `pattern[0].arms`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Notes a problem with the table as a whole.
    pub fn reject(&self, problem: impl Display, hint: Option<String>) {
        self.document
            .note(self.place, &self.path, problem.to_string(), hint);
    }

    /// Notes a problem with one key, at the key's own place where the file has it.
    pub fn reject_key(&self, key: &str, problem: impl Display, hint: Option<String>) {
        let place = self.entries.get(key).map_or(self.place, |entry| entry.key_place);
        self.document
            .note(place, &self.path_of(key), problem.to_string(), hint);
    }

    /// Refuses every key that was not asked for. Call it when all have been.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.keys().filter(|key| !asked.contains(key)) {
            let hint = match did_you_mean(key, asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", asked.join(", ")),
            };
            self.reject_key(key, "unknown key", Some(hint));
        }
    }

    fn get(&self, key: &str) -> Option<Item<'d>> {
        self.entries.get(key).map(|entry| self.item(key, entry))
    }

    fn item(&self, key: &str, entry: &'d Entry) -> Item<'d> {
        Item {
            document: self.document,
            node: &entry.node,
            path: self.path_of(key),
        }
    }

    fn path_of(&self, key: &str) -> String {
        let is_bare = key
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-');
        let key = if is_bare {
            key.to_owned()
        } else {
            format!("{key:?}")
        };
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// `pattern[0].policy` as `pattern.policy`.
fn without_indexes(path: &str) -> String {
    let mut is_inside = false;
    let kept = path.chars().filter(|c| {
        is_inside = (is_inside || *c == '[') && *c != ']';
        !is_inside && *c != ']'
    });
    kept.collect()
}

/// Each reader gives `None` when the value is not of its form, having noted the problem.
impl<'d> Item<'d> {
    /// The item's path, `pattern[0].rate`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line it stands in, from one; 0 for a flag, which has no lines.
    pub fn line(&self) -> usize {
        self.document.line_of(self.node.place)
    }

    /// Notes a problem with this value.
    pub fn reject(&self, problem: impl Display, hint: Option<String>) {
        self.document
            .note(self.node.place, &self.path, problem.to_string(), hint);
    }

    /// A string.
    pub fn text(&self) -> Option<&'d str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            _ => self.wrong_kind("a string"),
        }
    }

    /// A string that is not blank.
    pub fn name(&self) -> Option<&'d str> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.reject("must not be empty", None);
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Option<bool> {
        match self.node.value {
            Value::Flag(flag) => Some(flag),
            _ => self.wrong_kind("true or false"),
        }
    }

    /// A whole number within a range.
    pub fn integer(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let Value::Integer(number) = self.node.value else {
            return self.wrong_kind("a whole number");
        };
        match u64::try_from(number) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.out_of_range(number, range.start(), range.end()),
        }
    }

    /// A number within a range.
    pub fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let number = match self.node.value {
            Value::Integer(number) => number as f64,
            Value::Float(number) => number,
            _ => return self.wrong_kind("a number"),
        };
        if range.contains(&number) {
            Some(number)
        } else {
            self.out_of_range(number, range.start(), range.end())
        }
    }

    /// A duration within a range: `"30s"`, `"1.5m"`, `"250ms"`.
    pub fn duration(&self, range: RangeInclusive<Duration>) -> Option<Duration> {
        const FORM: &str = "a duration such as \"30s\", \"1.5m\" or \"250ms\"";
        let Value::Text(text) = &self.node.value else {
            return self.wrong_kind(FORM);
        };
        let Some(span) = quantity::duration(text) else {
            return self.wrong_form(text, FORM);
        };
        if range.contains(&span) {
            Some(span)
        } else {
            let (least, most) = (range.start(), range.end());
            self.out_of_range(text, format!("{least:?}"), format!("{most:?}"))
        }
    }

    /// A rate in events a second, within a range: `"20/s"`, `"600/min"`.
    pub fn rate(&self, range: RangeInclusive<f64>) -> Option<f64> {
        const FORM: &str = "a rate such as \"20/s\" or \"600/min\"";
        let Value::Text(text) = &self.node.value else {
            return self.wrong_kind(FORM);
        };
        let Some(rate) = quantity::rate(text) else {
            return self.wrong_form(text, FORM);
        };
        if range.contains(&rate) {
            Some(rate)
        } else {
            let (least, most) = (range.start(), range.end());
            self.out_of_range(text, format!("{least}/s"), format!("{most}/s"))
        }
    }

    /// A share of a whole: `"30%"` or `0.3`.
    pub fn share(&self) -> Option<Share> {
        const FORM: &str = "a share such as \"30%\" or 0.3";
        let (share, written) = match &self.node.value {
            Value::Text(text) => match quantity::percentage(text) {
                Some(share) => (share, text.clone()),
                None => return self.wrong_form(text, FORM),
            },
            Value::Integer(number) => (*number as f64, number.to_string()),
            Value::Float(number) => (*number, number.to_string()),
            _ => return self.wrong_kind(FORM),
        };
        Share::new(share).or_else(|| self.out_of_range(written, "0%", "100%"))
    }

    /// An amount of money up to `most` dollars: `"$5.00"` or `5.0`.
    pub fn money(&self, most: f64) -> Option<Usd> {
        const FORM: &str = "an amount in dollars such as \"$5.00\" or 5.0";
        let dollars = match &self.node.value {
            Value::Text(text) => match quantity::dollars(text) {
                Some(dollars) => dollars,
                None => return self.wrong_form(text, FORM),
            },
            Value::Integer(number) => *number as f64,
            Value::Float(number) => *number,
            _ => return self.wrong_kind(FORM),
        };
        if (0.0..=most).contains(&dollars) {
            Some(Usd::from_dollars(dollars))
        } else {
            self.out_of_range(dollars, "$0", format!("${most}"))
        }
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let word = self.text()?;
        if let Some((_, meant)) = choices.iter().find(|(name, _)| *name == word) {
            return Some(*meant);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let hint = match did_you_mean(word, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of: {}", names.join(", ")),
        };
        self.reject(format_args!("unknown value `{word}`"), Some(hint));
        None
    }

    /// An array.
    pub fn list(&self) -> Option<Vec<Self>> {
        let Value::List(nodes) = &self.node.value else {
            return self.wrong_kind("an array, [ ... ]");
        };
        let items = nodes.iter().enumerate().map(|(index, node)| Self {
            document: self.document,
            node,
            path: format!("{}[{index}]", self.path),
        });
        Some(items.collect())
    }

    /// An array, or one value that stands for an array of one.
    pub fn list_or_one(&self) -> Vec<Self> {
        match self.node.value {
            Value::List(_) => self.list().unwrap_or_default(),
            _ => vec![self.clone()],
        }
    }

    /// A table.
    pub fn table(&self) -> Option<Table<'d>> {
        let Value::Table(entries) = &self.node.value else {
            return self.wrong_kind("a table");
        };
        Some(Table {
            document: self.document,
            entries,
            place: self.node.place,
            path: self.path.clone(),
            asked: RefCell::default(),
        })
    }

    /// Whether it is a string, without a word about it if not.
    pub fn is_text(&self) -> bool {
        matches!(self.node.value, Value::Text(_))
    }

    /// Whether it is a table, without a word about it if not.
    pub fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    fn wrong_kind<T>(&self, wanted: &str) -> Option<T> {
        let found = match self.node.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::List(_) => "an array",
            Value::Table(_) => "a table",
        };
        self.reject(format_args!("must be {wanted}, is {found}"), None);
        None
    }

    fn wrong_form<T>(&self, found: &str, wanted: &str) -> Option<T> {
        self.reject(format_args!("must be {wanted}, is \"{found}\""), None);
        None
    }

    fn out_of_range<T>(&self, found: impl Display, least: impl Display, most: impl Display) -> Option<T> {
        self.reject(format_args!("{found} is out of range: {least} to {most}"), None);
        None
    }
}
