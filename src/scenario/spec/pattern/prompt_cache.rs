//! The keys that only `prompt-cache` has.

use std::path::Path;
use std::sync::Arc;

use super::{NameBook, read_policy};
use crate::catalog::CacheTtl;
use crate::event::PromptClass;
use crate::load::document::{Document, Question};
use crate::load::workload::Workload;
use crate::names::{ModelId, Region};
use crate::patterns::compile::{PromptCacheArm, PromptCacheSpec};
use crate::patterns::plan::CallPolicy;
use crate::scenario::document;
use crate::toml::{Item, Table};

/// Questions of a scenario's own, at most.
const MOST_QUESTIONS: usize = 10_000;

/// Reads what is special to the pattern.
pub fn read(
    table: &Table<'_>,
    names: NameBook<'_>,
    start: Option<(ModelId, Region)>,
    policy: Option<&Item<'_>>,
) -> Option<PromptCacheSpec> {
    let arms = table.take("arms").map(|item| read_arms(&item));
    let other_regions = table.take("other_regions").map(|item| names.regions(&item));
    let lifetimes = CacheTtl::ALL.map(|ttl| (ttl.word(), ttl));
    let ttl = table.take("ttl").and_then(|item| item.choice(&lifetimes));
    let policy = read_policy(policy, &CallPolicy::default());
    let (model, region) = start?;
    Some(PromptCacheSpec {
        model,
        region,
        arms: arms.unwrap_or_default(),
        other_regions: other_regions.unwrap_or_default(),
        ttl: ttl.unwrap_or_default(),
        policy: policy?,
    })
}

fn read_arms(item: &Item<'_>) -> Vec<PromptCacheArm> {
    let choices = PromptCacheArm::ALL.map(|arm| (arm.key(), arm));
    let items = item.list().unwrap_or_default();
    if items.is_empty() {
        item.reject("at least one is needed", None);
    }
    items.iter().filter_map(|item| item.choice(&choices)).collect()
}

/// Reads the document: `"handbook"`, or a text, Markdown or PDF file from where bedrill runs.
pub fn read_document(table: &Table<'_>) -> Option<Arc<Document>> {
    let written = table.take("document");
    let tokens = table
        .take("document_tokens")
        .and_then(|item| item.integer(1..=2_000_000));
    let questions = table.take("questions").map(|item| read_questions(&item));
    let mut found = match written {
        None => document::handbook(),
        Some(item) => match item.name()? {
            document::HANDBOOK => document::handbook(),
            path => match document::read(Path::new(path)) {
                Ok(found) => found,
                Err(problem) => {
                    let hint = "\"handbook\", or the path of a text, Markdown or PDF file".to_owned();
                    item.reject(problem, Some(hint));
                    // So that the rest of the table is judged too.
                    document::handbook()
                }
            },
        },
    };
    if let Some(tokens) = tokens {
        found = found.cut_to((tokens as f64 * Workload::CHARS_PER_TOKEN) as usize);
    }
    if let Some(questions) = questions.filter(|questions| !questions.is_empty()) {
        found.questions = questions.into();
    }
    Some(Arc::new(found))
}

fn read_questions(item: &Item<'_>) -> Vec<Question> {
    let items = item.list().unwrap_or_default();
    if items.is_empty() || items.len() > MOST_QUESTIONS {
        item.reject(format_args!("1 to {MOST_QUESTIONS} are needed"), None);
    }
    let question = |item: &Item<'_>| {
        Some(Question {
            text: item.name()?.into(),
            class: PromptClass::Simple,
        })
    };
    items.iter().filter_map(question).collect()
}
