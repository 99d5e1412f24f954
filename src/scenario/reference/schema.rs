//! The JSON Schema of a scenario file, for editors (Taplo, Even Better TOML) and other checkers.
//!
//! It says what one table can say. What takes several together, and names of the catalogue, only
//! `bedrill check` knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Form, Key, Section, Usual, sections};

const SPAN: &str =
    r"^\s*(\d+(\.\d*)?\s*h\s*)?(\d+(\.\d*)?\s*m(in)?\s*)?(\d+(\.\d*)?\s*s\s*)?(\d+(\.\d*)?\s*ms\s*)?$";
const RATE: &str = r"^\s*\d+(\.\d*)?\s*/\s*(s|sec|m|min|h)\s*$";
const PERCENTAGE: &str = r"^\s*(\d{1,2}(\.\d*)?|100(\.0*)?)\s*%\s*$";
const DOLLARS: &str = r"^\s*\$\s*\d+(\.\d*)?\s*$";

/// The schema, as text that ends with a line end.
pub fn schema() -> String {
    let mut schema = table("", None);
    schema.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".into(), json!("A scenario of bedrill"));
    schema.insert(
        "description".into(),
        json!("What a drill does: the world, the traffic, the patterns, and what breaks when."),
    );
    schema.insert("$defs".into(), Value::Object(definitions()));
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

fn definitions() -> Map<String, Value> {
    let mut all = Map::new();
    all.insert(
        "duration".into(),
        json!({ "type": "string", "pattern": SPAN, "minLength": 2, "description": "a duration: \"30s\", \"1m30s\", \"250ms\"" }),
    );
    all.insert(
        "rate".into(),
        json!({ "type": "string", "pattern": RATE, "description": "a rate: \"20/s\", \"600/min\"" }),
    );
    all.insert(
        "share".into(),
        json!({
            "anyOf": [{ "type": "string", "pattern": PERCENTAGE }, { "type": "number", "minimum": 0, "maximum": 1 }],
            "description": "a share: \"30%\" or 0.3",
        }),
    );
    let mut variants: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for section in sections().filter(|section| !section.at.is_empty()) {
        variants.entry(section.at).or_default().extend(section.only);
    }
    for (at, only) in variants {
        all.insert(at.into(), variants_of(at, &only));
    }
    all
}

/// A table, or where an array's elements differ by a key, one of several.
fn variants_of(at: &str, only: &[(&str, &str)]) -> Value {
    let Some((by, _)) = only.first() else {
        return Value::Object(table(at, None));
    };
    let common = sections().find(|section| section.at == at && section.only.is_none());
    let words = common
        .and_then(|section| section.keys.iter().find(|key| key.name == *by))
        .map(|key| match key.form {
            Form::Words(words) => words,
            _ => &[],
        })
        .unwrap_or_default();
    let plain: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| only.iter().all(|(_, value)| value != word))
        .collect();
    let mut branches: Vec<Value> = only
        .iter()
        .map(|(by, value)| branch(at, (by, &[value]), Some(value)))
        .collect();
    if !plain.is_empty() {
        branches.push(branch(at, (by, &plain), None));
    }
    json!({ "type": "object", "oneOf": branches })
}

fn branch(at: &str, (by, values): (&str, &[&str]), variant: Option<&str>) -> Value {
    let mut table = table(at, variant);
    if let Some(key) = table.get_mut("properties").and_then(|keys| keys.get_mut(by)) {
        key["enum"] = json!(values);
    }
    if let [value] = values {
        table.insert("title".into(), json!(value));
    }
    Value::Object(table)
}

fn table(at: &str, variant: Option<&str>) -> Map<String, Value> {
    let belongs =
        |section: &&Section| section.at == at && section.only.is_none_or(|(_, value)| Some(value) == variant);
    let keys: Vec<&Key> = sections()
        .filter(belongs)
        .flat_map(|section| section.keys)
        .collect();
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let needed: Vec<&str> = keys
        .iter()
        .filter(|key| matches!(key.usual, Usual::Needed))
        .map(|key| key.name)
        // What an included file gives need not stand in the file itself.
        .filter(|_| !at.is_empty() && at != "pattern")
        .collect();
    let mut table = Map::new();
    table.insert("type".into(), json!("object"));
    table.insert("properties".into(), Value::Object(properties));
    table.insert("additionalProperties".into(), json!(false));
    if !needed.is_empty() {
        table.insert("required".into(), json!(needed));
    }
    table
}

fn property(key: &Key) -> Value {
    let mut schema = form(&key.form);
    let range = match key.form {
        Form::Span(least, most) => format!(" ({least} to {most})"),
        _ => String::new(),
    };
    let usual = match key.usual {
        Usual::Needed => " (needed)".to_owned(),
        Usual::Words("") => String::new(),
        Usual::Is(usual) | Usual::Words(usual) => format!(" (default: {usual})"),
    };
    let description = format!("{}{range}{usual}", key.meaning);
    schema["description"] = json!(description.replace('`', ""));
    schema
}

fn form(form: &Form) -> Value {
    let named = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    match form {
        Form::Text | Form::Noun(_) => json!({ "type": "string", "minLength": 1 }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::False => json!({ "const": false }),
        Form::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::Number(least, most) => json!({ "type": "number", "minimum": least, "maximum": most }),
        Form::Span(..) => named("duration"),
        Form::Rate(_) => named("rate"),
        Form::Share => named("share"),
        Form::Money(most) => json!({
            "anyOf": [{ "type": "string", "pattern": DOLLARS }, { "type": "number", "minimum": 0, "maximum": most }],
        }),
        Form::Words(words) => json!({ "type": "string", "enum": words }),
        Form::List(of) => json!({ "type": "array", "items": self::form(of) }),
        Form::ListOrOne(of) => {
            json!({ "anyOf": [self::form(of), { "type": "array", "items": self::form(of) }] })
        }
        Form::Table(at) => named(at),
        Form::Tables(at) => json!({ "type": "array", "items": named(at) }),
        Form::Either(forms) => {
            let forms: Vec<Value> = forms.iter().map(self::form).collect();
            json!({ "anyOf": forms })
        }
    }
}
