//! The JSON document of `bedrill explain`, `bedrill.explain/1`: what scripts read.

use serde::Serialize;

use super::{Explanation, Limit, Retry};

/// The name and version of the format.
const SCHEMA: &str = "bedrill.explain/1";

/// What was found, if anything was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    schema: &'static str,
    known: bool,
    key: Option<String>,
    title: Option<String>,
    cause: Option<String>,
    limit: Option<Limit>,
    quota: Option<String>,
    retry: Option<Retry>,
    actions: Vec<String>,
    source: Option<String>,
    exception: Option<String>,
    operation: Option<String>,
    target: Option<String>,
    region: Option<String>,
    status: Option<u16>,
    request_id: Option<String>,
}

impl Document {
    /// Writes an explanation down; `None`: nothing in the text is known.
    pub fn new(explanation: Option<&Explanation>) -> Self {
        let known = explanation.map(|explanation| explanation.known);
        let clues = explanation
            .map(|explanation| explanation.clues.clone())
            .unwrap_or_default();
        Self {
            schema: SCHEMA,
            known: known.is_some(),
            key: known.map(|known| known.key.clone()),
            title: known.map(|known| known.title.clone()),
            cause: known.map(|known| known.cause.clone()),
            limit: known.and_then(|known| known.limit),
            quota: explanation.and_then(|explanation| explanation.quota.clone()),
            retry: known.map(|known| known.retry),
            actions: explanation
                .map(|explanation| explanation.actions.clone())
                .unwrap_or_default(),
            source: known.map(|known| known.source.clone()),
            exception: clues.exception,
            operation: clues.operation,
            target: clues.target,
            region: clues.region.map(|region| region.to_string()),
            status: clues.status,
            request_id: clues.request_id,
        }
    }
}
