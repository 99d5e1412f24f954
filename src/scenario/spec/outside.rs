//! The table `[outside]`: traffic of a program that is not ours.

use std::time::Duration;

use super::{NameBook, duration_of, rows};
use crate::patterns::outside::{ALL, CallerMatch, OTHERS, OutsideSpec};
use crate::toml::Table;

/// How long after a failure an equal request is taken for its repeat.
const USUAL_WINDOW: Duration = Duration::from_secs(10);
const LEAST_WINDOW: Duration = Duration::from_millis(100);
const MOST_WINDOW: Duration = Duration::from_secs(600);

/// Reads it; `None` if it cannot be compiled for want of something.
pub fn read(table: &Table<'_>, names: NameBook<'_>) -> Option<OutsideSpec> {
    let model = table.need("model").and_then(|item| names.model(&item));
    let region = table.need("region").and_then(|item| names.region(&item));
    let other_regions = table.take("other_regions").map(|item| names.regions(&item));
    let other_models = table.take("other_models").map(|item| names.models(&item));
    let window = duration_of(table, "retry_window", LEAST_WINDOW..=MOST_WINDOW);
    let callers = table.take("caller").map(|item| rows(&item)).unwrap_or_default();
    table.finish();
    let mut found: Vec<CallerMatch> = Vec::new();
    for caller in callers {
        let Some(read) = read_caller(&caller) else {
            continue;
        };
        if found.iter().any(|other| other.name == read.name) || [ALL, OTHERS].contains(&read.name.as_str()) {
            caller.reject_key("name", "is taken: each caller has a name of its own", None);
            continue;
        }
        found.push(read);
    }
    Some(OutsideSpec {
        model: model?,
        region: region?,
        other_regions: other_regions.unwrap_or_default(),
        other_models: other_models.unwrap_or_default(),
        callers: found,
        retry_window: window.unwrap_or(USUAL_WINDOW),
    })
}

fn read_caller(table: &Table<'_>) -> Option<CallerMatch> {
    let name = table.need("name").and_then(|item| item.name());
    let access_key = table.take("access_key").and_then(|item| item.name());
    let user_agent = table.take("user_agent").and_then(|item| item.name());
    if access_key.is_none() && user_agent.is_none() {
        let hint = "give `access_key`, `user_agent` or both".to_owned();
        table.reject("nothing tells this caller from others", Some(hint));
    }
    table.finish();
    Some(CallerMatch {
        name: name?.to_owned(),
        access_key: access_key.map(str::to_owned),
        user_agent: user_agent.map(str::to_owned),
    })
}
