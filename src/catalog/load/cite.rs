//! Citations: each group of figures names its sources, or says what it assumes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::unknown;
use crate::catalog::provenance::{Origin, Provenance, Source};
use crate::names::ModelId;
use crate::toml::{Item, Table};

/// The file's sources and shared assumptions, and what has been cited so far.
#[derive(Debug)]
pub struct Citations {
    /// `None` stands for one whose table is wrong: that is told once, not at each citation.
    sources: BTreeMap<String, Option<Source>>,
    /// Assumptions that several groups share, by a short name.
    shared: BTreeMap<String, String>,
    origins: RefCell<Vec<Origin>>,
}

impl Citations {
    /// Reads the tables `sources` and `assumptions`.
    pub fn read(root: &Table<'_>) -> Self {
        let sources = super::tables(root, "sources");
        let shared = root.take("assumptions").and_then(|item| item.table());
        let shared = shared.map(|table| table.entries()).unwrap_or_default();
        Self {
            sources: sources
                .into_iter()
                .map(|(tag, item)| (tag.to_owned(), read_source(&item)))
                .collect(),
            shared: shared
                .into_iter()
                .filter_map(|(name, item)| Some((name.to_owned(), item.name()?.to_owned())))
                .collect(),
            origins: RefCell::default(),
        }
    }

    /// Reads what a group cites; a group that cites nothing is refused.
    pub fn cite(&self, group: &Table<'_>, model: Option<&ModelId>) {
        let source = group.take("source");
        let assumption = group.take("assumption");
        if source.is_none() && assumption.is_none() {
            let hint = "cite `source = \"TAG\"` from [sources], or say `assumption = \"why\"`";
            group.reject("these figures have no source", Some(hint.to_owned()));
            return;
        }
        let items = source.map(|source| source.list_or_one()).unwrap_or_default();
        let sources = items.iter().filter_map(|item| self.source(item)).collect();
        self.origins.borrow_mut().push(Origin {
            group: group.path().to_owned(),
            model: model.cloned(),
            sources,
            assumption: assumption.and_then(|item| self.assumption(&item)),
        });
    }

    /// What was cited, once everything is read.
    pub fn into_provenance(self) -> Provenance {
        Provenance {
            sources: self
                .sources
                .into_iter()
                .filter_map(|(tag, source)| Some((tag, source?)))
                .collect(),
            origins: self.origins.into_inner(),
        }
    }

    fn source(&self, item: &Item<'_>) -> Option<String> {
        let tag = item.text()?;
        if self.sources.contains_key(tag) {
            return Some(tag.to_owned());
        }
        unknown(item, "source", tag, self.sources.keys().map(String::as_str))
    }

    /// The text itself, or the shared text that a single word stands for.
    fn assumption(&self, item: &Item<'_>) -> Option<String> {
        let text = item.name()?;
        if text.contains(' ') {
            return Some(text.to_owned());
        }
        if let Some(shared) = self.shared.get(text) {
            return Some(shared.clone());
        }
        unknown(item, "assumption", text, self.shared.keys().map(String::as_str))
    }
}

fn read_source(item: &Item<'_>) -> Option<Source> {
    let table = item.table()?;
    let title = table.need("title").and_then(|title| title.name());
    let date = table.need("date").and_then(|item| {
        let date = item.text()?;
        if is_date(date) {
            return Some(date);
        }
        let hint = "as in \"2026-11-17\", \"2026-11\" or \"2026\"".to_owned();
        item.reject("must be a date", Some(hint));
        None
    });
    table.finish();
    Some(Source {
        title: title?.to_owned(),
        date: date?.to_owned(),
    })
}

/// A year, a month or a day as the calendar knows them.
fn is_date(text: &str) -> bool {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    whole.len() == 10 && whole.parse::<jiff::civil::Date>().is_ok()
}
