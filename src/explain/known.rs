//! The rows of `assets/errors.toml`.

use std::sync::OnceLock;

use super::{Limit, Retry};
use crate::toml::{Document, Item, Problems, Table};

/// One sort of error and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its key, `tokens-per-minute`.
    pub key: String,
    /// The exception that the service answers with, where there is one.
    pub exception: Option<String>,
    /// Ways of saying it, in lower case; one of them stands in the text.
    words: Vec<String>,
    /// What it is, in a sentence.
    pub title: String,
    /// Why it comes about.
    pub cause: String,
    /// The quota behind it, if one is.
    pub limit: Option<Limit>,
    /// Whether a retry helps.
    pub retry: Retry,
    /// Whether the model's profiles are part of the answer.
    pub names_profiles: bool,
    /// Whether the model's largest reply is part of the answer.
    pub names_limit: bool,
    /// What to do, the most useful first.
    pub actions: Vec<String>,
    /// Where this is known from.
    pub source: String,
}

impl Known {
    /// Whether a text, made plain, says it.
    pub(super) fn says(&self, plain: &str) -> bool {
        self.words.iter().any(|words| plain.contains(words.as_str()))
    }
}

const FILE: &str = "assets/errors.toml";

/// Every row, the special before the general.
pub fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        read(FILE, include_str!("../../assets/errors.toml"))
            .expect("a test holds the built-in table to be free of problems")
    })
}

pub(super) fn read(file: &str, text: &str) -> Result<Vec<Known>, Problems> {
    let document = Document::parse(file, text)?;
    let root = document.root();
    let items = root
        .need("error")
        .and_then(|item| item.list())
        .unwrap_or_default();
    root.finish();
    let rows = items
        .iter()
        .filter_map(Item::table)
        .filter_map(|table| row(&table))
        .collect();
    document.into_result(Some(rows))
}

fn row(table: &Table<'_>) -> Option<Known> {
    let text = |key| table.need(key).and_then(|item| item.name()).map(str::to_owned);
    let texts = |key| {
        let items = table.need(key).and_then(|item| item.list()).unwrap_or_default();
        if items.is_empty() {
            table.reject_key(key, "needs at least one text", None);
        }
        items.iter().filter_map(Item::name).map(str::to_owned).collect()
    };
    let flag = |key| table.take(key).and_then(|item| item.flag()).unwrap_or_default();
    let row = Known {
        key: text("key")?,
        exception: table
            .take("exception")
            .and_then(|item| item.name())
            .map(str::to_owned),
        words: texts("words"),
        title: text("title")?,
        cause: text("cause")?,
        limit: table.take("quota").and_then(|item| item.choice(LIMITS)),
        retry: table.need("retry").and_then(|item| item.choice(RETRIES))?,
        names_profiles: flag("names_profiles"),
        names_limit: flag("names_limit"),
        actions: texts("actions"),
        source: text("source")?,
    };
    table.finish();
    Some(row)
}

const LIMITS: &[(&str, Limit)] = &[
    ("requests-per-minute", Limit::RequestsPerMinute),
    ("tokens-per-minute", Limit::TokensPerMinute),
    ("tokens-per-day", Limit::TokensPerDay),
    ("unknown", Limit::Unknown),
];

const RETRIES: &[(&str, Retry)] = &[
    ("window", Retry::Window),
    ("backoff", Retry::Backoff),
    ("elsewhere", Retry::Elsewhere),
    ("never", Retry::Never),
];
