//! What a request wants of its answer, from Converse's body and from Claude's own.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::instance::Instance;
use super::{Says, Script};

/// What a tool is, in either form.
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    schema: &'a Value,
}

/// Whether a tool must be used.
enum Choice<'a> {
    /// As the model likes.
    Auto,
    /// One of them.
    Any,
    /// This one.
    Named(&'a str),
    /// None.
    Never,
}

static ANYTHING: Value = Value::Null;

/// Reads a Converse body; plain prose where it is none.
pub fn of_converse(body: &[u8]) -> Script {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Script::default();
    };
    let extra = &body["additionalModelRequestFields"];
    let tools: Vec<Tool<'_>> = list(&body["toolConfig"]["tools"])
        .filter_map(|tool| {
            let spec = tool.get("toolSpec")?;
            Some(Tool {
                name: spec["name"].as_str()?,
                description: spec["description"].as_str().unwrap_or_default(),
                schema: &spec["inputSchema"]["json"],
            })
        })
        .collect();
    let choice = &body["toolConfig"]["toolChoice"];
    let choice = match choice["tool"]["name"].as_str() {
        Some(name) => Choice::Named(name),
        None if choice.get("any").is_some() => Choice::Any,
        None => Choice::Auto,
    };
    let (prompt, is_result) = last_turn(&body, |block| block.get("toolResult").is_some());
    let format = &body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"];
    let schema = match format {
        Value::String(written) => serde_json::from_str(written).ok(),
        _ => claude_format(extra),
    };
    Script {
        thinks: thinks(extra),
        says: says(&tools, &choice, (&prompt, is_result), schema.as_ref()),
    }
}

/// Reads a body of Claude's Messages API; plain prose where it is none.
pub fn of_claude(body: &[u8]) -> Script {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Script::default();
    };
    let tools: Vec<Tool<'_>> = list(&body["tools"])
        .filter_map(|tool| {
            // Tools of the maker's own (bash, text_editor) have a type and no schema.
            Some(Tool {
                name: tool["name"].as_str()?,
                description: tool["description"].as_str().unwrap_or_default(),
                schema: tool.get("input_schema").unwrap_or(&ANYTHING),
            })
        })
        .collect();
    let choice = &body["tool_choice"];
    let choice = match choice["type"].as_str() {
        Some("tool") => choice["name"].as_str().map_or(Choice::Auto, Choice::Named),
        Some("any") => Choice::Any,
        Some("none") => Choice::Never,
        _ => Choice::Auto,
    };
    let (prompt, is_result) = last_turn(&body, |block| block["type"] == "tool_result");
    Script {
        thinks: thinks(&body),
        says: says(
            &tools,
            &choice,
            (&prompt, is_result),
            claude_format(&body).as_ref(),
        ),
    }
}

/// The schema of Claude's own structured output, in its present and its earlier spelling.
fn claude_format(body: &Value) -> Option<Value> {
    let places = [&body["output_config"]["format"], &body["output_format"]];
    let format = places
        .into_iter()
        .find(|format| format["type"] == "json_schema")?;
    format.get("schema").cloned()
}

/// Whether the model is asked to reason: Claude's `thinking`, Nova's `reasoningConfig`.
fn thinks(fields: &Value) -> bool {
    let kinds = ["thinking", "reasoning_config", "reasoningConfig"];
    kinds
        .iter()
        .any(|kind| matches!(fields[*kind]["type"].as_str(), Some("enabled" | "adaptive")))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The text of the last user turn, and whether it holds a tool's result.
fn last_turn(body: &Value, is_result: impl Fn(&Value) -> bool) -> (String, bool) {
    let turn = list(&body["messages"])
        .filter(|turn| turn["role"] == "user")
        .last();
    let Some(turn) = turn else {
        return (String::new(), false);
    };
    if let Some(text) = turn["content"].as_str() {
        return (text.to_owned(), false);
    }
    let texts: Vec<&str> = list(&turn["content"])
        .filter_map(|block| block["text"].as_str())
        .collect();
    (texts.join("\n"), list(&turn["content"]).any(is_result))
}

fn says(
    tools: &[Tool<'_>],
    choice: &Choice<'_>,
    (prompt, is_result): (&str, bool),
    schema: Option<&Value>,
) -> Says {
    let covered = || tools.iter().find(|tool| covers(tool, prompt));
    let used = match choice {
        Choice::Never => None,
        Choice::Named(name) => tools.iter().find(|tool| tool.name == *name),
        Choice::Any => covered().or(tools.first()),
        Choice::Auto if is_result => None,
        Choice::Auto => covered(),
    };
    if let Some(tool) = used {
        let input = match Instance::new(tool.schema, prompt).document() {
            input @ Value::Object(_) => input,
            _ => Value::Object(Map::new()),
        };
        return Says::Tool {
            name: Arc::from(tool.name),
            input: input.to_string(),
        };
    }
    match schema {
        Some(schema) => Says::Words(Instance::new(schema, prompt).document().to_string()),
        None => Says::Prose,
    }
}

/// Whether a prompt shares a word with a tool's name or description. Short words and those that say
/// nothing do not count.
fn covers(tool: &Tool<'_>, prompt: &str) -> bool {
    const EMPTY: &[&str] = &[
        "about", "also", "call", "from", "give", "have", "into", "must", "need", "only", "please", "return",
        "returns", "tell", "tells", "that", "their", "them", "then", "there", "they", "this", "tool", "used",
        "user", "what", "when", "where", "which", "will", "with", "would", "your",
    ];
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .flat_map(humps)
            .map(str::to_lowercase)
            .filter(|word| word.chars().count() > 3 && !EMPTY.contains(&word.as_str()))
            .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned))
            .collect()
    };
    let asked = words(prompt);
    let offers = words(tool.name).into_iter().chain(words(tool.description));
    offers.into_iter().any(|word| asked.contains(&word))
}

/// The parts of a name in camel case.
fn humps(word: &str) -> Vec<&str> {
    let starts = word.char_indices().zip(word.chars().skip(1));
    let cuts = starts.filter(|((_, before), next)| before.is_lowercase() && next.is_uppercase());
    let mut parts = Vec::new();
    let mut from = 0;
    for ((at, before), _) in cuts {
        let to = at + before.len_utf8();
        parts.push(&word[from..to]);
        from = to;
    }
    parts.push(&word[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn converse(text: &str, choice: &Value) -> Says {
        let body = json!({
            "messages": [{"role": "user", "content": [{"text": text}]}],
            "toolConfig": {"toolChoice": choice, "tools": [
                {"toolSpec": {"name": "getWeather", "description": "Forecasts for a city.",
                    "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}}}},
                {"toolSpec": {"name": "pay", "inputSchema": {"json": {"type": "object"}}}},
            ]},
        });
        of_converse(body.to_string().as_bytes()).says
    }

    fn used(name: &str, input: &str) -> Says {
        Says::Tool {
            name: name.into(),
            input: input.to_owned(),
        }
    }

    #[test]
    fn a_tool_is_used_where_the_turn_names_its_matter_or_it_is_forced() {
        let auto = json!({"auto": {}});
        assert_eq!(
            converse("What is the weather in Oslo?", &auto),
            used("getWeather", r#"{"city":"Oslo"}"#)
        );
        assert_eq!(converse("Hello.", &auto), Says::Prose);
        assert_eq!(
            converse("Hello.", &json!({"tool": {"name": "pay"}})),
            used("pay", "{}")
        );
        assert_eq!(
            converse("Hello.", &json!({"any": {}})),
            used("getWeather", r#"{"city":"city"}"#)
        );
    }

    #[test]
    fn a_tools_result_is_answered_in_prose_unless_a_tool_is_forced() {
        let body = |choice: &str| {
            json!({
                "messages": [{"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "t", "content": "rain"},
                    {"type": "text", "text": "So what of the weather?"},
                ]}],
                "tools": [{"name": "weather", "input_schema": {"type": "object"}}],
                "tool_choice": {"type": choice},
            })
        };
        let says = |choice| of_claude(body(choice).to_string().as_bytes()).says;
        assert_eq!(says("auto"), Says::Prose);
        assert_eq!(says("any"), used("weather", "{}"));
        assert_eq!(says("none"), Says::Prose);
    }

    #[test]
    fn structured_output_is_json_for_the_schema_in_every_spelling() {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        let messages = json!([{"role": "user", "content": [{"text": "Take 4."}]}]);
        let converse = json!({"messages": messages, "outputConfig": {"textFormat": {
            "type": "json_schema", "structure": {"jsonSchema": {"schema": schema.to_string()}}}}});
        let claude = json!({"messages": messages, "output_config": {"format": {
            "type": "json_schema", "schema": schema}}});
        let expected = Says::Words(r#"{"n":4}"#.to_owned());
        assert_eq!(of_converse(converse.to_string().as_bytes()).says, expected);
        assert_eq!(of_claude(claude.to_string().as_bytes()).says, expected);
    }
}
