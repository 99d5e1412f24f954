//! The table `[pattern.workload]`: what is asked.

use std::sync::Arc;

use super::NameBook;
use crate::load::plan::{PrefixPlan, SessionPlan, WorkloadPlan};
use crate::load::prompts::PromptBook;
use crate::scenario::prompts;
use crate::toml::{Item, Table};

const MOST_TOKENS: f64 = 1_000_000.0;
const MOST_ANSWER: u64 = 1_000_000;
const MOST_TURNS: u64 = 100;
const MOST_SESSIONS: u64 = 100_000;
const MOST_PREFIX: u64 = 200_000;
const MOST_PREFIXES: u64 = 1_000;
/// Tokens of all shared texts together: some 20 MB, which a run keeps in memory.
const MOST_SHARED: u64 = 5_000_000;
/// Keys that say how prompts are made up.
const MADE_UP: [&str; 3] = ["complex", "prompt_tokens", "prompt_sigma"];

/// Reads the table; what it leaves out is as in [`WorkloadPlan::default`].
pub fn read(item: &Item<'_>, names: NameBook<'_>) -> Option<WorkloadPlan> {
    let usual = WorkloadPlan::default();
    let table = item.table()?;
    let system = table.take("system").and_then(|system| system.name());
    let complex = table.take("complex").and_then(|share| share.share());
    let prompt_tokens = table
        .take("prompt_tokens")
        .and_then(|tokens| tokens.number(1.0..=MOST_TOKENS));
    let prompt_sigma = table
        .take("prompt_sigma")
        .and_then(|sigma| sigma.number(0.0..=3.0));
    let max_tokens = table.take("max_tokens").map(|item| read_max_tokens(&item));
    let stream = table.take("stream").and_then(|share| share.share());
    let prompts = read_prompts(&table, names);
    let sessions = table.take("sessions").and_then(|item| read_sessions(&item));
    let prefixes = read_prefixes(&table);
    table.finish();
    Some(WorkloadPlan {
        document: None,
        system: system.map(Arc::from),
        complex: complex.unwrap_or(usual.complex),
        prompt_tokens: prompt_tokens.unwrap_or(usual.prompt_tokens),
        prompt_sigma: prompt_sigma.unwrap_or(usual.prompt_sigma),
        max_tokens: max_tokens.unwrap_or(usual.max_tokens),
        stream: stream.unwrap_or(usual.stream),
        prompts,
        sessions,
        prefixes,
    })
}

/// A number; `"unset"` leaves it to the service, which then reserves the model's maximum.
fn read_max_tokens(item: &Item<'_>) -> Option<u64> {
    if item.is_text() {
        return item.choice(&[("unset", None)]).flatten();
    }
    item.integer(1..=MOST_ANSWER)
}

fn read_prompts(table: &Table<'_>, names: NameBook<'_>) -> Option<Arc<PromptBook>> {
    let (file, hash) = (table.take("prompts_file"), table.take("prompts_hash"));
    let Some(file) = file else {
        if let Some(hash) = hash {
            hash.reject("is of no use without a `prompts_file`", None);
        }
        return None;
    };
    for key in MADE_UP.into_iter().filter(|key| table.has(key)) {
        let hint = "the file's own lines say it; take it out".to_owned();
        table.reject_key(key, "says nothing beside `prompts_file`", Some(hint));
    }
    prompts::read(&file, hash.as_ref(), names.files())
}

fn read_sessions(item: &Item<'_>) -> Option<SessionPlan> {
    let usual = SessionPlan::default();
    let table = item.table()?;
    let count = |key, most| {
        let number = table.take(key)?.integer(1..=most)?;
        u32::try_from(number).ok()
    };
    let (turns, concurrent) = (count("turns", MOST_TURNS), count("concurrent", MOST_SESSIONS));
    let reply_tokens = table
        .take("reply_tokens")
        .and_then(|tokens| tokens.number(1.0..=MOST_TOKENS));
    table.finish();
    Some(SessionPlan {
        turns: turns.unwrap_or(usual.turns),
        concurrent: concurrent.unwrap_or(usual.concurrent),
        reply_tokens: reply_tokens.unwrap_or(usual.reply_tokens),
    })
}

fn read_prefixes(table: &Table<'_>) -> Option<PrefixPlan> {
    let tokens = table.take("shared_prefix_tokens");
    let distinct = table.take("shared_prefixes");
    let Some(tokens) = tokens else {
        if let Some(distinct) = distinct {
            distinct.reject("is of no use without `shared_prefix_tokens`", None);
        }
        return None;
    };
    let tokens = tokens.integer(1..=MOST_PREFIX)?;
    let count = distinct.map_or(Some(1), |item| item.integer(1..=MOST_PREFIXES))?;
    if tokens * count > MOST_SHARED {
        let problem = format!("{count} texts of {tokens} tokens are more than {MOST_SHARED} together");
        table.reject_key("shared_prefixes", problem, None);
        return None;
    }
    Some(PrefixPlan::new(tokens, u32::try_from(count).ok()?))
}
