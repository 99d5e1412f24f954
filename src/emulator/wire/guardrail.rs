//! Guardrails on the wire: ApplyGuardrail, `guardrailConfig`, the headers of InvokeModel, and traces.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::converse::request::unreadable;
use super::error::{Violations, WireError};
use crate::emulator::world::guardrail::{BLOCKED_INPUT, BLOCKED_OUTPUT, Found, GuardrailPlan};

/// The guardrail a request names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GuardAsk {
    /// `guardrailIdentifier`: its identifier or ARN.
    pub guardrail_identifier: String,
    /// `guardrailVersion`: a number or `DRAFT`.
    pub guardrail_version: String,
    /// `trace`.
    pub trace: Option<String>,
    /// `streamProcessingMode`.
    pub stream_processing_mode: Option<String>,
    /// The text it looks at: of `guardContent`, where there is some, else of the last user turn.
    #[serde(skip)]
    pub text: String,
}

impl GuardAsk {
    /// Whether the answer tells what was found.
    pub fn traces(&self) -> bool {
        self.trace.as_deref().is_some_and(|word| word != "disabled")
    }

    /// Whether text is sent before it was looked at.
    pub fn is_async(&self) -> bool {
        self.stream_processing_mode.as_deref() == Some("async")
    }

    /// Reads `guardrailConfig` of a Converse body.
    pub fn of_converse(body: &[u8]) -> Result<Option<Self>, WireError> {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Ok(None);
        };
        let Some(config) = body.get("guardrailConfig").filter(|config| !config.is_null()) else {
            return Ok(None);
        };
        let mut ask = Self::deserialize(config).map_err(|problem| unreadable(&problem))?;
        ask.check("guardrailConfig.")?;
        ask.text = guarded_text(&body);
        Ok(Some(ask))
    }

    /// Refuses words that are none.
    pub fn check(&self, path: &str) -> Result<(), WireError> {
        let mut violations = Violations::default();
        for (value, name) in [
            (&self.guardrail_identifier, "guardrailIdentifier"),
            (&self.guardrail_version, "guardrailVersion"),
        ] {
            if value.is_empty() {
                violations.missing(format_args!("{path}{name}"));
            }
        }
        if let Some(word) = &self.trace {
            let words = ["enabled", "disabled", "enabled_full"];
            violations.unless_among(&words, word, format_args!("{path}trace"));
        }
        if let Some(word) = &self.stream_processing_mode {
            let path = format_args!("{path}streamProcessingMode");
            violations.unless_among(&["sync", "async"], word, path);
        }
        violations.into_result()
    }

    /// The guardrail it names, among those there are; any version is there.
    pub fn find<'g>(&self, guardrails: &'g [GuardrailPlan]) -> Result<&'g GuardrailPlan, WireError> {
        let id = self.guardrail_identifier.as_str();
        let id = id.rsplit_once(":guardrail/").map_or(id, |(_, id)| id);
        let version = self.guardrail_version.as_str();
        let is_version = version == "DRAFT" || version.parse::<u32>().is_ok_and(|number| number > 0);
        let found = guardrails.iter().find(|guardrail| guardrail.id == id);
        found.filter(|_| is_version).ok_or_else(|| {
            WireError::validation(
                "The guardrail identifier or version provided in the request does not exist.",
            )
        })
    }
}

/// All text of a body under `text` of its last user turn; of `guardContent` alone where there is some.
pub fn guarded_text(body: &Value) -> String {
    let mut turns = body["messages"].as_array().into_iter().flatten().rev();
    let Some(turn) = turns.find(|turn| turn["role"] == "user") else {
        return String::new();
    };
    if let Some(text) = turn["content"].as_str() {
        return text.to_owned();
    }
    let blocks = || turn["content"].as_array().into_iter().flatten();
    let marked: Vec<&str> = blocks()
        .filter_map(|block| block["guardContent"]["text"]["text"].as_str())
        .collect();
    if !marked.is_empty() {
        return marked.join("\n");
    }
    let texts: Vec<&str> = blocks().filter_map(|block| block["text"].as_str()).collect();
    texts.join("\n")
}

/// An assessment, as the service writes it.
pub fn assessment(found: &Found, latency_ms: u64) -> Value {
    let mut policies = Map::new();
    if !found.words.is_empty() {
        let words: Vec<Value> = found
            .words
            .iter()
            .map(|word| json!({"match": word, "action": "BLOCKED", "detected": true}))
            .collect();
        policies.insert(
            "wordPolicy".to_owned(),
            json!({"customWords": words, "managedWordLists": []}),
        );
    }
    if !found.pii.is_empty() {
        let data: Vec<Value> = found
            .pii
            .iter()
            .map(|(kind, text)| {
                let action = if kind.blocks() { "BLOCKED" } else { "ANONYMIZED" };
                json!({"match": text, "type": kind.word(), "action": action, "detected": true})
            })
            .collect();
        policies.insert(
            "sensitiveInformationPolicy".to_owned(),
            json!({"piiEntities": data, "regexes": []}),
        );
    }
    policies.insert(
        "invocationMetrics".to_owned(),
        json!({
            "guardrailProcessingLatency": latency_ms,
            "usage": usage(found.chars),
            "guardrailCoverage": coverage(found.chars),
        }),
    );
    Value::Object(policies)
}

fn usage(chars: u64) -> Value {
    let units = chars.div_ceil(1_000).max(1);
    json!({
        "topicPolicyUnits": 0,
        "contentPolicyUnits": 0,
        "wordPolicyUnits": units,
        "sensitiveInformationPolicyUnits": units,
        "sensitiveInformationPolicyFreeUnits": 0,
        "contextualGroundingPolicyUnits": 0,
    })
}

fn coverage(chars: u64) -> Value {
    json!({"textCharacters": {"guarded": chars, "total": chars}})
}

/// `trace.guardrail`: what was found in the prompt and in the answer.
pub fn trace(guardrail: &GuardrailPlan, input: &Found, output: Option<&Found>) -> Value {
    let mut trace = json!({"inputAssessment": {guardrail.id.as_str(): assessment(input, 0)}});
    if let Some(output) = output {
        trace["outputAssessments"] = json!({guardrail.id.as_str(): [assessment(output, 0)]});
    }
    trace
}

/// ApplyGuardrail.
pub fn apply(label: &str, body: &[u8], guardrails: &[GuardrailPlan]) -> Result<Vec<u8>, WireError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct Apply {
        source: Option<String>,
        content: Option<Vec<Value>>,
        output_scope: Option<String>,
    }
    let (id, version) = label
        .rsplit_once("/version/")
        .ok_or_else(|| WireError::validation("The guardrail identifier provided is not valid."))?;
    let ask = GuardAsk {
        guardrail_identifier: id.to_owned(),
        guardrail_version: version.to_owned(),
        ..GuardAsk::default()
    };
    let call: Apply = serde_json::from_slice(body).map_err(|problem| unreadable(&problem))?;
    let mut violations = Violations::default();
    match &call.source {
        None => violations.missing("source"),
        Some(word) => violations.unless_among(&["INPUT", "OUTPUT"], word, "source"),
    }
    if let Some(word) = &call.output_scope {
        violations.unless_among(&["INTERVENTIONS", "FULL"], word, "outputScope");
    }
    if call.content.is_none() {
        violations.missing("content");
    }
    violations.into_result()?;
    let guardrail = ask.find(guardrails)?;
    let blocks = call.content.unwrap_or_default();
    if blocks.iter().any(|block| block.get("image").is_some()) {
        return Err(WireError::validation(
            "bedrill does not model images in guardrails.",
        ));
    }
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| block["text"]["text"].as_str())
        .collect();
    let text = texts.join("\n");
    let found = guardrail.look(&text);
    let is_input = call.source.as_deref() == Some("INPUT");
    let (action, outputs) = match found.blocked_at {
        Some(_) => {
            let said = if is_input { BLOCKED_INPUT } else { BLOCKED_OUTPUT };
            ("GUARDRAIL_INTERVENED", vec![json!({"text": said})])
        }
        None if found.is_nothing() => ("NONE", Vec::new()),
        None => {
            let masked = texts.iter().map(|text| json!({"text": guardrail.masked(text)}));
            ("GUARDRAIL_INTERVENED", masked.collect())
        }
    };
    let reason = match found.blocked_at {
        Some(_) => "Guardrail blocked.",
        None if found.is_nothing() => "No action.",
        None => "Guardrail masked.",
    };
    let answer = json!({
        "action": action,
        "actionReason": reason,
        "assessments": [assessment(&found, 0)],
        "guardrailCoverage": coverage(found.chars),
        "outputs": outputs,
        "usage": usage(found.chars),
    });
    Ok(serde_json::to_vec(&answer).unwrap_or_default())
}
