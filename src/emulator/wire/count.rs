//! CountTokens: what a prompt would count for. Free of charge and of quota.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::ask::Ask;
use super::converse::request::{Request, unreadable};
use super::error::{Violations, WireError};
use super::weight::Structure;
use super::{converse, invoke};
use crate::catalog::Model;

#[derive(Deserialize)]
struct CountRequest<'a> {
    #[serde(borrow, default)]
    input: Option<Structure<Input<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input<'a> {
    #[serde(borrow, default)]
    invoke_model: Option<Structure<Invoke<'a>>>,
    #[serde(borrow, default)]
    converse: Option<Structure<Request<'a>>>,
}

#[derive(Deserialize)]
struct Invoke<'a> {
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
}

/// Reads a request.
pub fn read(body: &[u8], model: &Model) -> Result<Ask, WireError> {
    let Structure(request): Structure<CountRequest<'_>> =
        serde_json::from_slice(body).map_err(|problem| unreadable(&problem))?;
    let missing = |path| {
        let mut violations = Violations::default();
        violations.missing(path);
        violations.into_result().map(|()| Ask::default())
    };
    match request.input.map(|Structure(input)| input) {
        Some(Input {
            converse: Some(request),
            ..
        }) => converse::count(&request, Some(model)),
        Some(Input {
            invoke_model: Some(call),
            ..
        }) => match &call.body {
            None => missing("input.invokeModel.body"),
            Some(encoded) => {
                let body = STANDARD.decode(encoded.as_bytes()).map_err(|_| {
                    WireError::validation(
                        "Malformed input request, please reformat your input and try again.",
                    )
                })?;
                invoke::read(&body, model)
            }
        },
        Some(_) | None => missing("input"),
    }
}

/// Writes an answer.
pub fn body(tokens: u64) -> Vec<u8> {
    format!(r#"{{"inputTokens":{tokens}}}"#).into_bytes()
}
