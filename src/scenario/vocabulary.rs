//! Faults and quotas written as JSON, in the words of scenario files: what the control API and
//! `bedrill fault` speak. One reader for both, that of the files.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::prompts::Files;
use super::spec::{self, NameBook};
use crate::catalog::Catalog;
use crate::emulator::control::{USUAL_LEASE, Vocabulary};
use crate::emulator::world::plan::QuotaOverride;
use crate::fault::FaultPlan;
use crate::toml::{Document, quantity};

/// The longest lease.
const MOST_LEASE: Duration = Duration::from_secs(86_400);
/// Tables within tables that a fault or a quota may have.
const DEEPEST: usize = 4;

/// The vocabulary of scenario files over a catalogue.
#[derive(Clone, Debug)]
pub struct ScenarioWords(pub Arc<Catalog>);

impl Vocabulary for ScenarioWords {
    fn fault(&self, written: &Value) -> Result<FaultPlan, String> {
        let mut keys = object(written)?.clone();
        keys.entry("begins").or_insert_with(|| "0s".into());
        let lease = format!("{}s", USUAL_LEASE.as_secs());
        keys.entry("lasts").or_insert_with(|| lease.into());
        let plan = self.read(&keys, spec::read_fault)?;
        if plan.at_client {
            return Err("at: only the emulator breaks things here; leave it out".to_owned());
        }
        if plan.scope.pattern.is_some() {
            return Err("scope.pattern: only a client can tell patterns apart; leave it out".to_owned());
        }
        Ok(plan)
    }

    fn quota(&self, written: &Value) -> Result<(QuotaOverride, Duration), String> {
        let mut keys = object(written)?.clone();
        let lasts = lease(keys.remove("lasts").as_ref())?;
        let change = self.read(&keys, |table, names| spec::read_quota(&table, names))?;
        Ok((change, lasts))
    }

    fn lease(&self, written: &Value) -> Result<Duration, String> {
        let keys = object(written)?;
        if let Some(other) = keys.keys().find(|key| *key != "lasts") {
            return Err(format!("unknown key `{other}`; there is `lasts`"));
        }
        lease(keys.get("lasts"))
    }
}

impl ScenarioWords {
    fn read<T>(
        &self,
        keys: &Map<String, Value>,
        read: impl for<'d> FnOnce(crate::toml::Table<'d>, NameBook<'_>) -> Option<T>,
    ) -> Result<T, String> {
        let mut text = String::new();
        for (key, value) in keys {
            let _ = write!(text, "{} = ", quoted(key));
            put(value, &mut text, DEEPEST)?;
            text.push('\n');
        }
        let document = Document::parse("request", &text).map_err(|problems| said(&problems))?;
        let files = Files::default();
        let found = read(document.root(), NameBook::new(&self.0, &files));
        let found = document
            .into_result(Some(found))
            .map_err(|problems| said(&problems))?;
        found.ok_or_else(|| "something that is needed is missing".to_owned())
    }
}

/// What is wrong, without places: nobody sees the lines.
fn said(problems: &crate::toml::Problems) -> String {
    let words = problems.iter().map(|problem| {
        let key = if problem.key.is_empty() { "" } else { ": " };
        let hint = problem
            .hint
            .as_deref()
            .map_or_else(String::new, |hint| format!(" ({hint})"));
        format!("{}{key}{}{hint}", problem.key, problem.problem)
    });
    words.collect::<Vec<_>>().join("; ")
}

fn object(written: &Value) -> Result<&Map<String, Value>, String> {
    written
        .as_object()
        .ok_or_else(|| r#"write an object such as {"kind": "throttle", "lasts": "30s"}"#.to_owned())
}

fn lease(written: Option<&Value>) -> Result<Duration, String> {
    let Some(written) = written else {
        return Ok(USUAL_LEASE);
    };
    let read = written.as_str().and_then(quantity::duration);
    let range = Duration::from_millis(1)..=MOST_LEASE;
    read.filter(|lease| range.contains(lease))
        .ok_or_else(|| format!("lasts: {written} is no time from 1ms to 24h; write \"30s\""))
}

/// JSON as TOML.
fn put(value: &Value, into: &mut String, deepest: usize) -> Result<(), String> {
    if deepest == 0 {
        return Err("is nested too deeply".to_owned());
    }
    match value {
        Value::Null => return Err("null says nothing: leave the key out".to_owned()),
        Value::Bool(_) | Value::Number(_) => into.push_str(&value.to_string()),
        Value::String(text) => into.push_str(&quoted(text)),
        Value::Array(items) => {
            into.push('[');
            for item in items {
                put(item, into, deepest - 1)?;
                into.push(',');
            }
            into.push(']');
        }
        Value::Object(keys) => {
            let mut between = "{";
            for (key, value) in keys {
                into.push_str(between);
                let _ = write!(into, "{} = ", quoted(key));
                put(value, into, deepest - 1)?;
                between = ", ";
            }
            into.push_str(if keys.is_empty() { "{}" } else { "}" });
        }
    }
    Ok(())
}

/// A basic string of TOML: what JSON escapes, TOML does too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Moment;
    use crate::fault::FaultKind;

    fn words() -> ScenarioWords {
        ScenarioWords(Catalog::builtin())
    }

    #[test]
    fn a_fault_is_written_as_in_a_scenario_and_has_a_lease() {
        let written = json!({
            "kind": "capacity-outage", "scope": { "region": "us-east-1" }, "share": "50%", "begins": "2s",
            "shape": { "on": "1s", "off": "2s" },
        });
        let plan = words().fault(&written).expect("a fault");
        assert_eq!(plan.kind, FaultKind::CapacityOutage);
        assert_eq!((plan.begins_at, plan.lasts), (Moment::from_secs(2), USUAL_LEASE));
        assert_eq!(plan.label(), "us-east-1 capacity 50%");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (written, named) in [
            (json!({ "kind": "throtle" }), "throttle"),
            (json!({ "kind": "throttle", "colour": 1 }), "colour"),
            (
                json!({ "kind": "throttle", "scope": { "region": "us-east-9" } }),
                "us-east-9",
            ),
            (json!({ "kind": "throttle", "lasts": "0s" }), "lasts"),
            (json!({ "kind": "throttle", "at": "client" }), "emulator"),
            (json!({ "kind": null }), "null"),
            (json!({ "kind": "a\"b\n[x]" }), "kind"),
            (json!([]), "object"),
        ] {
            let problem = words().fault(&written).expect_err("wrong");
            assert!(problem.contains(named), "{written}: {problem}");
        }
    }

    #[test]
    fn a_quota_has_a_lease_too() {
        let written = json!({ "model": "amazon.nova-lite-v1:0", "requests_per_minute": 3, "lasts": "5s" });
        let (change, lasts) = words().quota(&written).expect("a quota");
        assert_eq!(
            (change.requests_per_minute, lasts),
            (Some(Some(3)), Duration::from_secs(5))
        );
        let problem = words()
            .quota(&json!({ "model": "amazon.nova-lite-v1:0" }))
            .expect_err("wrong");
        assert!(problem.contains("changes nothing"), "{problem}");
    }
}
