//! The lines of a batch job: JSON Lines in, JSON Lines out.
//!
//! Reading judges the form of the lines, as validation does. A `modelInput` that the model would
//! refuse is no fault of the form: it becomes an error of its own record.

use serde::Serialize;
use serde_json::Value;

use super::answer::{Ending, Speaker};
use super::ask::Ask;
use super::error::WireError;
use super::script::Script;
use super::{converse, invoke};
use crate::catalog::Model;
use crate::emulator::world::batch::{RecordForm, Totals};
use crate::seed::Seed;

/// A line that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its number, from one.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What its answer is found by.
    pub id: String,
    /// What it asks, as it was written.
    pub input: Value,
}

/// The records of a file, in its order; empty lines are none. `seed` makes identifiers for records
/// without one.
pub fn records(file: &[u8], seed: Seed) -> impl Iterator<Item = Result<Record, Malformed>> {
    let lines = file.split(|byte| *byte == b'\n').zip(1..);
    lines
        .filter(|(line, _)| !line.trim_ascii().is_empty())
        .map(move |(line, number)| {
            record(line, number, seed).map_err(|problem| Malformed {
                line: number,
                problem,
            })
        })
}

fn record(line: &[u8], number: usize, seed: Seed) -> Result<Record, String> {
    let Value::Object(mut members) = serde_json::from_slice(line).map_err(|problem| problem.to_string())?
    else {
        return Err("a record must be a JSON object".to_owned());
    };
    let id = match members.remove("recordId") {
        None | Some(Value::Null) => made_up(seed.keyed(number as u64)),
        Some(Value::String(id)) => id,
        Some(_) => return Err("recordId must be a string".to_owned()),
    };
    match members.remove("modelInput") {
        Some(input @ Value::Object(_)) => Ok(Record { id, input }),
        Some(_) => Err("modelInput must be a JSON object".to_owned()),
        None => Err("modelInput is missing".to_owned()),
    }
}

/// Eleven letters and digits.
fn made_up(seed: Seed) -> String {
    const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut draws = seed.stream();
    (0..11)
        .map(|_| char::from(ALPHABET[draws.below(ALPHABET.len())]))
        .collect()
}

impl Record {
    /// What it asks of a model, or why the model refuses.
    pub fn ask(&self, form: RecordForm, model: &Model) -> Result<Ask, WireError> {
        let body = self.input.to_string();
        let ask = match form {
            RecordForm::InvokeModel => invoke::read(body.as_bytes(), model),
            RecordForm::Converse => converse::read(body.as_bytes(), Some(model)),
        };
        // Jobs take neither tools nor schemas: they are accepted without effect.
        ask.map(|ask| Ask {
            script: Script::default(),
            ..ask
        })
    }
}

/// What comes back for a record.
#[derive(Debug)]
pub enum Reply<'a> {
    /// An answer in the form of the job.
    Answer(RecordForm, &'a Speaker, &'a str, &'a Ending),
    /// An error: an HTTP status and what is said.
    Error(u16, &'a str),
}

/// Writes a record's line behind `file`.
pub fn write(file: &mut Vec<u8>, record: &Record, reply: &Reply<'_>) {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Said<'a> {
        error_code: u16,
        error_message: &'a str,
    }
    file.extend_from_slice(b"{\"modelInput\":");
    append(file, &record.input);
    match reply {
        Reply::Answer(form, speaker, text, ending) => {
            file.extend_from_slice(b",\"modelOutput\":");
            let body = match form {
                RecordForm::InvokeModel => invoke::body(speaker, text, ending),
                RecordForm::Converse => converse::reply::body(speaker, text, ending),
            };
            file.extend_from_slice(&body);
        }
        Reply::Error(code, message) => {
            file.extend_from_slice(b",\"error\":");
            append(
                file,
                &Said {
                    error_code: *code,
                    error_message: message,
                },
            );
        }
    }
    file.extend_from_slice(b",\"recordId\":");
    append(file, &record.id);
    file.extend_from_slice(b"}\n");
}

/// `manifest.json.out`.
pub fn manifest(total: u64, counts: Totals) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Manifest {
        total_record_count: u64,
        processed_record_count: u64,
        success_record_count: u64,
        error_record_count: u64,
        input_token_count: u64,
        output_token_count: u64,
    }
    let mut file = Vec::new();
    append(
        &mut file,
        &Manifest {
            total_record_count: total,
            processed_record_count: counts.processed(),
            success_record_count: counts.succeeded,
            error_record_count: counts.failed,
            input_token_count: counts.usage.prompt(),
            output_token_count: counts.usage.output,
        },
    );
    file
}

fn append<T: Serialize>(file: &mut Vec<u8>, value: &T) {
    // Plain values: writing them into memory cannot fail.
    let written = serde_json::to_writer(file, value);
    debug_assert!(written.is_ok(), "{written:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_record_or_is_named() {
        let file = b"{\"recordId\":\"a\",\"modelInput\":{}}\n\n{\"modelInput\":{\"x\":1}}\r\n{\"modelInput\":\n[1]\n{\"recordId\":7,\"modelInput\":{}}\n{\"recordId\":\"b\"}";
        let read: Vec<Result<Record, Malformed>> = records(file, Seed::new(1)).collect();
        assert_eq!(read[0].as_ref().expect("sound").id, "a");
        let made_up = &read[1].as_ref().expect("sound").id;
        assert_eq!(made_up.len(), 11);
        let named: Vec<usize> = read
            .iter()
            .filter_map(|read| Some(read.as_ref().err()?.line))
            .collect();
        assert_eq!(named, [4, 5, 6, 7]);
    }
}
