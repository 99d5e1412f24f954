//! The smallest document that keeps to a JSON schema, with what the prompt offers where it fits.
//!
//! Known: `type`, `enum`, `const`, `default`, `properties`, `required`, `items`, `prefixItems`, lengths,
//! ranges, `multipleOf`, common `format`s, `$ref` within the document, `anyOf`, `oneOf`, `allOf`. Not
//! known: `pattern`, `not`, `if`. Depth and length are bounded.

use serde_json::{Map, Number, Value};

/// Nesting beyond this is left empty: schemas may be recursive.
const DEEPEST: usize = 12;
/// The most members a list is filled with because its schema asks for them.
const MOST_ITEMS: u64 = 64;
/// The longest text that a schema can ask for.
const MOST_CHARS: u64 = 4_096;

/// Fills schemas from a prompt.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    root: &'a Value,
    names: Vec<&'a str>,
    numbers: Vec<f64>,
}

impl<'a> Instance<'a> {
    /// For the schemas of one document.
    pub fn new(root: &'a Value, prompt: &'a str) -> Self {
        Self {
            root,
            names: names(prompt),
            numbers: prompt
                .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
                .filter_map(|word| word.trim_matches(|c| c == '.' || c == '-').parse().ok())
                .collect(),
        }
    }

    /// A document for the whole schema.
    pub fn document(&self) -> Value {
        self.fill(self.root, "value", 0)
    }

    fn fill(&self, schema: &Value, key: &str, depth: usize) -> Value {
        let Some(rules) = self.resolve(schema) else {
            return Value::String(key.to_owned());
        };
        if let Some(value) = rules.get("const") {
            return value.clone();
        }
        if let Some(value) = rules
            .get("enum")
            .and_then(Value::as_array)
            .and_then(|words| words.first())
        {
            return value.clone();
        }
        for union in ["anyOf", "oneOf"] {
            let choices = rules.get(union).and_then(Value::as_array);
            let is_null = |choice: &&Value| choice.get("type").is_some_and(|kind| kind == "null");
            let usual = choices.and_then(|list| list.iter().find(|choice| !is_null(choice)));
            if let Some(choice) = usual.or_else(|| choices.and_then(|list| list.first())) {
                return self.fill(choice, key, depth + 1);
            }
        }
        match kind(&rules) {
            "object" => self.object(&rules, depth),
            "array" => self.array(&rules, key, depth),
            "integer" => self.number(&rules, true),
            "number" => self.number(&rules, false),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::String(self.text(&rules, key)),
        }
    }

    /// The rules of a schema, references followed and `allOf` merged.
    fn resolve(&self, schema: &Value) -> Option<Map<String, Value>> {
        let mut rules = schema.as_object()?.clone();
        for _ in 0..DEEPEST {
            let Some(Value::String(reference)) = rules.remove("$ref") else {
                break;
            };
            let found = self.root.pointer(reference.strip_prefix('#')?)?.as_object()?;
            for (key, value) in found {
                rules.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let Some(Value::Array(all)) = rules.remove("allOf") else {
            return Some(rules);
        };
        for part in &all {
            // One level: an `allOf` within an `allOf` is not followed.
            let part = match part.get("$ref").and_then(Value::as_str) {
                Some(reference) => self.root.pointer(reference.strip_prefix('#')?)?,
                None => part,
            };
            for (key, value) in part.as_object().into_iter().flatten() {
                match (rules.get_mut(key), value) {
                    (Some(Value::Object(have)), Value::Object(more)) => have.extend(more.clone()),
                    (Some(Value::Array(have)), Value::Array(more)) => have.extend(more.clone()),
                    (Some(_), _) => {}
                    (None, _) => {
                        rules.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        Some(rules)
    }

    fn object(&self, rules: &Map<String, Value>, depth: usize) -> Value {
        let mut object = Map::new();
        let properties = rules.get("properties").and_then(Value::as_object);
        let required = rules.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, schema) in properties.into_iter().flatten() {
            // A property that may be left out is left out, unless there would be nothing left.
            let wanted = required.is_empty() || required.contains(&key.as_str());
            if wanted && (depth < DEEPEST || required.contains(&key.as_str())) && depth < 2 * DEEPEST {
                object.insert(key.clone(), self.fill(schema, key, depth + 1));
            }
        }
        for key in required {
            object.entry(key).or_insert_with(|| Value::String(key.to_owned()));
        }
        Value::Object(object)
    }

    fn array(&self, rules: &Map<String, Value>, key: &str, depth: usize) -> Value {
        let most = rules.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let least = rules.get("minItems").and_then(Value::as_u64).unwrap_or(1);
        let prefix = rules.get("prefixItems").and_then(Value::as_array);
        let prefix = prefix.into_iter().flatten();
        let mut items: Vec<Value> = prefix.map(|schema| self.fill(schema, key, depth + 1)).collect();
        let wanted = if depth < DEEPEST {
            least.max(1).min(most)
        } else {
            least
        };
        let anything = Value::Object(Map::new());
        let schema = rules.get("items").unwrap_or(&anything);
        while (items.len() as u64) < wanted.min(MOST_ITEMS) {
            let nth = format!("{key} {}", items.len() + 1);
            items.push(self.fill(schema, if least > 1 { &nth } else { key }, depth + 1));
        }
        Value::Array(items)
    }

    fn number(&self, rules: &Map<String, Value>, whole: bool) -> Value {
        let bound = |key| rules.get(key).and_then(Value::as_f64);
        let step = if whole { 1.0 } else { 0.5 };
        let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + step));
        let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - step));
        let multiple = bound("multipleOf").filter(|multiple| *multiple > 0.0);
        let fits = |number: f64| {
            least.is_none_or(|least| number >= least)
                && most.is_none_or(|most| number <= most)
                && multiple.is_none_or(|multiple| (number / multiple).fract() == 0.0)
                && (!whole || number.fract() == 0.0)
        };
        let offered = self.numbers.iter().copied().find(|number| fits(*number));
        let usual = bound("default").filter(|number| fits(*number));
        let mut number = offered.or(usual).unwrap_or_else(|| {
            let near = 1.0_f64
                .max(least.unwrap_or(f64::MIN))
                .min(most.unwrap_or(f64::MAX));
            multiple.map_or(near, |multiple| (near / multiple).ceil() * multiple)
        });
        if whole {
            number = number.ceil();
            return Value::from(number as i64);
        }
        if number.fract() == 0.0 && number.abs() < 1e15 {
            return Value::from(number as i64);
        }
        Number::from_f64(number).map_or(Value::from(1), Value::Number)
    }

    fn text(&self, rules: &Map<String, Value>, key: &str) -> String {
        let mut text = match rules.get("format").and_then(Value::as_str) {
            Some("date") => "2026-01-05".to_owned(),
            Some("date-time") => "2026-01-05T12:00:00Z".to_owned(),
            Some("time") => "12:00:00Z".to_owned(),
            Some("email") => "someone@example.com".to_owned(),
            Some("uri" | "url") => "https://example.com/".to_owned(),
            Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
            _ => {
                let usual = rules.get("default").and_then(Value::as_str);
                let named = usual.or_else(|| self.names.first().copied());
                named.unwrap_or(key).to_owned()
            }
        };
        let bound = |key| rules.get(key).and_then(Value::as_u64);
        let least = bound("minLength").unwrap_or(0).min(MOST_CHARS);
        while (text.chars().count() as u64) < least {
            text.push('.');
        }
        match bound("maxLength").and_then(|most| usize::try_from(most).ok()) {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        }
    }
}

fn kind(rules: &Map<String, Value>) -> &str {
    let named = match rules.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    };
    let looks_like_object = || rules.contains_key("properties") || rules.contains_key("required");
    named.unwrap_or(if looks_like_object() { "object" } else { "string" })
}

/// What a prompt names: texts in quotes, then words with a capital that begin no sentence.
fn names(prompt: &str) -> Vec<&str> {
    let quoted = prompt
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|name| !name.is_empty());
    let mut begins = true;
    let mut capitals = Vec::new();
    for word in prompt.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if !begins && bare.chars().next().is_some_and(char::is_uppercase) && bare.chars().count() > 1 {
            capitals.push(bare);
        }
        begins = word.ends_with(['.', '?', '!', ':']);
    }
    quoted.chain(capitals).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_filled_with_what_the_prompt_offers() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 2, "maximum": 7},
                "unit": {"enum": ["celsius", "kelvin"]},
                "when": {"type": "string", "format": "date"},
                "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 2},
                "note": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 3}]},
                "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                "left out": {"type": "string"}
            },
            "required": ["city", "days", "unit", "when", "tags", "note", "share", "unknown"],
            "$defs": {"tag": {"type": "object", "properties": {"on": {"type": "boolean"}}}}
        });
        let filled = Instance::new(&schema, "What of Oslo for 3 days, and 99 more?").document();
        assert_eq!(
            filled,
            json!({
                "city": "Oslo", "days": 3, "unit": "celsius", "when": "2026-01-05",
                "tags": [{"on": true}, {"on": true}], "note": "Osl", "share": 1, "unknown": "unknown"
            })
        );
    }

    #[test]
    fn a_schema_that_holds_itself_comes_to_an_end() {
        let schema = json!({
            "type": "object",
            "properties": {"next": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}},
        });
        let filled = Instance::new(&schema, "").document();
        assert!(filled.to_string().len() < 1_000_000);
        let endless = json!({"$ref": "#"});
        let _ = Instance::new(&endless, "").document();
    }
}
