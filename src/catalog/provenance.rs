//! Where the catalogue's figures come from: a dated source, or an assumption with its reason.
//!
//! Every group of figures in the file (a model's prices, one quota row, a profile) cites one or
//! both; the loader refuses a group that cites nothing.

use std::collections::BTreeMap;

use super::Catalog;
use crate::names::ModelId;

/// A publication that figures were taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it is.
    pub title: String,
    /// When it was published or read, as exactly as is known: `2026-11-17`, `2026-10`.
    pub date: String,
}

/// What one group of figures rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The group's path in the file, `models."amazon.nova-micro-v1:0".price`.
    pub group: String,
    /// The model that the group describes, if it is about one.
    pub model: Option<ModelId>,
    /// Tags of the sources cited.
    pub sources: Vec<String>,
    /// What is assumed, and why.
    pub assumption: Option<String>,
}

/// The sources and origins of a whole catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Sources by tag.
    pub sources: BTreeMap<String, Source>,
    /// One for each group, in the order of reading.
    pub origins: Vec<Origin>,
}

impl Catalog {
    /// What is assumed about a model, its quotas and its profiles, a line for each group:
    /// `latency: ...`. Empty if everything has a source.
    pub fn assumptions(&self, model: &ModelId) -> Vec<String> {
        self.provenance
            .origins
            .iter()
            .filter(|origin| origin.model.as_ref() == Some(model))
            .filter_map(|origin| {
                let assumption = origin.assumption.as_ref()?;
                let prefix = format!("models.{:?}.", model.as_str());
                let group = origin.group.strip_prefix(&prefix).unwrap_or(&origin.group);
                Some(format!("{group}: {assumption}"))
            })
            .collect()
    }

    /// What a group of figures rests on, by its path in the file.
    pub fn origin(&self, group: &str) -> Option<&Origin> {
        self.provenance
            .origins
            .iter()
            .find(|origin| origin.group == group)
    }
}
