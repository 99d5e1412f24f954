//! The files of a job: JSON Lines made from prompts, a user's file checked, answers counted.
//!
//! Pure: text in, text or counts out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::RecordForm;
use crate::catalog::{Family, Model};
use crate::load::workload::Prompt;
use crate::units::TokenUsage;

/// A line of a user's file that the service would not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from one.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// What is wrong with a record's `modelInput` when it is bad on purpose: a `maxTokens` of zero, which
/// every family refuses.
const BAD_MAX_TOKENS: u64 = 0;

/// The identifier of the n-th record, from zero.
pub fn record_id(index: u64) -> String {
    format!("R{:08}", index + 1)
}

/// One record's line.
pub fn line(index: u64, prompt: &Prompt, bad: bool, form: RecordForm, model: &Model) -> String {
    let max_tokens = if bad {
        Some(BAD_MAX_TOKENS)
    } else {
        prompt.max_tokens
    };
    let input = match form {
        RecordForm::Converse => converse(prompt, max_tokens),
        RecordForm::InvokeModel => invoke(prompt, max_tokens, model),
    };
    json!({ "recordId": record_id(index), "modelInput": input }).to_string()
}

fn converse(prompt: &Prompt, max_tokens: Option<u64>) -> Value {
    let message = |role, text: &String| json!({ "role": role, "content": [{ "text": text }] });
    let earlier = prompt
        .history
        .iter()
        .flat_map(|turn| [message("user", &turn.user), message("assistant", &turn.assistant)]);
    let messages: Vec<Value> = earlier.chain([message("user", &prompt.text)]).collect();
    let mut input = json!({ "messages": messages });
    if let Some(system) = prompt.whole_system() {
        input["system"] = json!([{ "text": &*system }]);
    }
    if let Some(max_tokens) = max_tokens {
        input["inferenceConfig"] = json!({ "maxTokens": max_tokens });
    }
    input
}

fn invoke(prompt: &Prompt, max_tokens: Option<u64>, model: &Model) -> Value {
    let system = prompt.whole_system().unwrap_or_default();
    let most = max_tokens.unwrap_or(model.max_output.min(4_096));
    // The bodies of the families differ in how they write turns; here the earlier ones are told.
    let earlier = prompt
        .history
        .iter()
        .flat_map(|turn| [&turn.user, &turn.assistant]);
    let told: Vec<&str> = [&*system]
        .into_iter()
        .filter(|text| !text.is_empty())
        .chain(earlier.map(String::as_str))
        .chain([prompt.text.as_str()])
        .collect();
    let told = told.join("\n\n");
    match model.family {
        Family::Claude => json!({
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": most,
            "messages": [{ "role": "user", "content": told }],
        }),
        Family::Nova => json!({
            "schemaVersion": "messages-v1",
            "messages": [{ "role": "user", "content": [{ "text": told }] }],
            "inferenceConfig": { "maxTokens": most },
        }),
        Family::Titan => json!({ "inputText": told, "textGenerationConfig": { "maxTokenCount": most } }),
        Family::Llama => json!({ "prompt": told, "max_gen_len": most }),
        Family::Mistral => json!({ "prompt": format!("<s>[INST] {told} [/INST]"), "max_tokens": most }),
        Family::Cohere => json!({ "message": told, "max_tokens": most }),
        Family::OpenAi => json!({
            "messages": [{ "role": "user", "content": told }],
            "max_completion_tokens": most,
        }),
    }
}

/// The identifiers of a file's records, in its order; where lines are not sound, those by number.
///
/// A record without an identifier gets one from the service, by which nobody can find it again: such
/// a line is not taken either.
pub fn check(file: &[u8]) -> Result<Vec<String>, Vec<BadLine>> {
    let mut ids = Vec::new();
    let mut seen = BTreeMap::new();
    let mut bad = Vec::new();
    for (text, line) in file.split(|byte| *byte == b'\n').zip(1..) {
        if text.trim_ascii().is_empty() {
            continue;
        }
        match id_of(text) {
            Err(problem) => bad.push(BadLine { line, problem }),
            Ok(id) => match seen.insert(id.clone(), line) {
                Some(first) => bad.push(BadLine {
                    line,
                    problem: format!("recordId \"{id}\" stands on line {first} already"),
                }),
                None => ids.push(id),
            },
        }
    }
    if bad.is_empty() { Ok(ids) } else { Err(bad) }
}

fn id_of(line: &[u8]) -> Result<String, String> {
    let record: Map<String, Value> = serde_json::from_slice(line).map_err(|problem| problem.to_string())?;
    if !matches!(record.get("modelInput"), Some(Value::Object(_))) {
        return Err("modelInput is missing, or no JSON object".to_owned());
    }
    match record.get("recordId") {
        Some(Value::String(id)) => Ok(id.clone()),
        Some(_) => Err("recordId is no string".to_owned()),
        None => Err("recordId is missing: without it the answer cannot be found again".to_owned()),
    }
}

/// The answers of a job, counted against what was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// How often each record came back.
    times: BTreeMap<String, u64>,
    /// Errors by reason.
    pub errors: BTreeMap<String, u64>,
    /// Lines that could not be read.
    pub unreadable: u64,
}

impl Returned {
    /// Reasons that are told apart; those after them are counted together.
    const MOST_REASONS: usize = 12;

    /// Reads a file of answers.
    pub fn read(&mut self, file: &[u8]) {
        for line in file.split(|byte| *byte == b'\n') {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let record = serde_json::from_slice::<Map<String, Value>>(line).ok();
            let Some((record, id)) = record.and_then(|record| {
                let id = record.get("recordId")?.as_str()?.to_owned();
                Some((record, id))
            }) else {
                self.unreadable += 1;
                continue;
            };
            *self.times.entry(id).or_default() += 1;
            if let Some(error) = record.get("error") {
                self.count_error(error);
            }
        }
    }

    fn count_error(&mut self, error: &Value) {
        let code = error.get("errorCode").map(Value::to_string).unwrap_or_default();
        let message = error
            .get("errorMessage")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let reason = format!("{} {message:.160}", code.trim_matches('"'));
        let known = self.errors.contains_key(&reason) || self.errors.len() < Self::MOST_REASONS;
        let reason = if known { reason } else { "other reasons".to_owned() };
        *self.errors.entry(reason).or_default() += 1;
    }

    /// Records that came back, each counted once.
    pub fn records(&self) -> u64 {
        self.times.len() as u64
    }

    /// Records that came back more than once.
    pub fn repeated(&self) -> u64 {
        self.times.values().filter(|times| **times > 1).count() as u64
    }

    /// Records that were sent and did not come back, and records that were never sent.
    pub fn differences(&self, sent: &[String]) -> (u64, u64) {
        let missing = sent.iter().filter(|id| !self.times.contains_key(*id)).count() as u64;
        let known = sent.len() as u64 - missing;
        (missing, self.records().saturating_sub(known))
    }
}

/// The tokens a manifest tells of.
pub fn manifest_usage(file: &[u8]) -> Option<TokenUsage> {
    let manifest: Value = serde_json::from_slice(file).ok()?;
    Some(TokenUsage {
        input: manifest.get("inputTokenCount")?.as_u64()?,
        output: manifest.get("outputTokenCount")?.as_u64()?,
        ..TokenUsage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_users_file_are_named_by_their_number() {
        let file = br#"{"recordId":"a","modelInput":{}}

{"recordId":"b","modelInput":
{"recordId":"a","modelInput":{}}
{"modelInput":{}}
"#;
        let bad = check(file).expect_err("three lines are not sound");
        let named: Vec<usize> = bad.iter().map(|bad| bad.line).collect();
        assert_eq!(named, [3, 4, 5]);
        assert!(bad[1].problem.contains("line 1"), "{}", bad[1].problem);
        let sound = b"{\"recordId\":\"a\",\"modelInput\":{}}\n{\"recordId\":\"b\",\"modelInput\":{}}";
        assert_eq!(check(sound), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_came_back_is_counted_against_what_was_sent() {
        let mut returned = Returned::default();
        returned.read(
            br#"{"recordId":"b","modelOutput":{}}
{"recordId":"b","modelOutput":{}}
{"recordId":"x","error":{"errorCode":400,"errorMessage":"bad"}}
not json
"#,
        );
        let sent = ["a", "b"].map(str::to_owned);
        assert_eq!(returned.differences(&sent), (1, 1));
        assert_eq!((returned.records(), returned.repeated()), (2, 1));
        assert_eq!(returned.errors, BTreeMap::from([("400 bad".to_owned(), 1)]));
        assert_eq!(returned.unreadable, 1);
    }
}
