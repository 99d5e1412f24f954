//! Checking a family's request body against a small schema, with the service's words.
//!
//! One broken rule is named (`Malformed input request: #: required key [prompt] not found, please
//! reformat your input and try again.`), several are only counted, as the service does.

use serde_json::{Map, Value};

use crate::emulator::wire::error::WireError;

/// A key of a body.
pub(super) struct Field {
    pub key: &'static str,
    pub required: bool,
    pub takes: Takes,
}

/// What a key takes. Ranges include both ends.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Text,
    Texts,
    Bool,
    Integer(i64, i64),
    Number(f64, f64),
    Array,
    Object,
}

impl Field {
    pub const fn must(key: &'static str, takes: Takes) -> Self {
        Self {
            key,
            required: true,
            takes,
        }
    }

    pub const fn may(key: &'static str, takes: Takes) -> Self {
        Self {
            key,
            required: false,
            takes,
        }
    }
}

/// A body that keeps to its schema.
#[derive(Debug)]
pub(super) struct Checked(Map<String, Value>);

/// The refusal of a body that is no JSON object.
pub(super) fn malformed() -> WireError {
    WireError::validation("Malformed input request, please reformat your input and try again.")
}

/// The refusal of a body that breaks one rule of its schema.
pub(super) fn violation(rule: &str) -> WireError {
    WireError::validation(format!(
        "Malformed input request: {rule}, please reformat your input and try again."
    ))
}

/// Reads a JSON object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, WireError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(violation(&format!(
            "#: expected type: JSONObject, found: {}",
            name_of(&other)
        ))),
        Err(_) => Err(malformed()),
    }
}

/// Checks an object found at `path` (`#` for the body itself).
pub(super) fn check(members: Map<String, Value>, fields: &[Field], path: &str) -> Result<Checked, WireError> {
    let mut broken: Vec<String> = fields
        .iter()
        .filter(|field| field.required && !members.contains_key(field.key))
        .map(|field| format!("{path}: required key [{}] not found", field.key))
        .collect();
    for (key, value) in &members {
        match fields.iter().find(|field| field.key == key) {
            None => broken.push(format!("{path}: extraneous key [{key}] is not permitted")),
            Some(field) => {
                let told = problem(value, field.takes);
                broken.extend(told.map(|told| format!("{path}/{key}: {told}")));
            }
        }
    }
    match broken.as_slice() {
        [] => Ok(Checked(members)),
        [one] => Err(violation(one)),
        many => Err(violation(&format!("{} schema violations found", many.len()))),
    }
}

fn problem(value: &Value, takes: Takes) -> Option<String> {
    let expected = |name: &str| Some(format!("expected type: {name}, found: {}", name_of(value)));
    match (takes, value) {
        (Takes::Text, Value::String(_))
        | (Takes::Bool, Value::Bool(_))
        | (Takes::Array, Value::Array(_))
        | (Takes::Object, Value::Object(_)) => None,
        (Takes::Texts, Value::Array(items)) => items
            .iter()
            .find(|item| !item.is_string())
            .map(|item| format!("expected type: String, found: {}", name_of(item))),
        (Takes::Integer(least, most), Value::Number(number)) => match number.as_i64() {
            None => expected("Integer"),
            Some(n) if n < least => Some(format!("{n} is not greater or equal to {least}")),
            Some(n) if n > most => Some(format!("{n} is not less or equal to {most}")),
            Some(_) => None,
        },
        (Takes::Number(least, most), Value::Number(number)) => {
            let n = number.as_f64().unwrap_or(f64::INFINITY);
            if n < least {
                Some(format!("{number} is not greater or equal to {least}"))
            } else {
                (n > most).then(|| format!("{number} is not less or equal to {most}"))
            }
        }
        (Takes::Text, _) => expected("String"),
        (Takes::Bool, _) => expected("Boolean"),
        (Takes::Integer(..), _) => expected("Integer"),
        (Takes::Number(..), _) => expected("Number"),
        (Takes::Texts | Takes::Array, _) => expected("JSONArray"),
        (Takes::Object, _) => expected("JSONObject"),
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) => {
            if number.is_f64() {
                "Number"
            } else {
                "Integer"
            }
        }
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}

impl Checked {
    /// The characters of a text.
    pub fn chars(&self, key: &str) -> u64 {
        self.text(key).map_or(0, |text| text.chars().count() as u64)
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// A whole number that is not negative.
    pub fn count(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let items = self.0.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The characters it takes to write a member.
    pub fn written(&self, key: &str) -> u64 {
        self.0
            .get(key)
            .map_or(0, |value| value.to_string().chars().count() as u64)
    }

    /// Takes an object out.
    pub fn take_object(&mut self, key: &str) -> Option<Map<String, Value>> {
        match self.0.remove(key)? {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}
