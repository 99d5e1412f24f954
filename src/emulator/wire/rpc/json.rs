//! awsJson: times are seconds, numbers that JSON lacks are texts.

use serde_json::{Map, Number, Value as Json};

use super::RpcError;
use super::value::Value;

/// Reads a body; an empty one is an empty structure.
pub fn read(body: &[u8]) -> Result<Value, RpcError> {
    if body.is_empty() {
        return Ok(Value::Structure(Vec::new()));
    }
    let read: Json = serde_json::from_slice(body)
        .map_err(|problem| RpcError::unreadable(format!("Invalid JSON body: {problem}")))?;
    match value(read) {
        Some(value @ Value::Structure(_)) => Ok(value),
        _ => Err(RpcError::unreadable("The JSON body is not an object")),
    }
}

/// Writes a body.
pub fn write(value: &Value) -> Vec<u8> {
    // Texts, numbers and names into memory: this cannot fail.
    serde_json::to_vec(&json(value)).unwrap_or_default()
}

/// `None`: null, which is absent.
fn value(read: Json) -> Option<Value> {
    Some(match read {
        Json::Null => return None,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(values) => Value::List(values.into_iter().filter_map(value).collect()),
        Json::Object(members) => {
            let members = members.into_iter();
            Value::Structure(
                members
                    .filter_map(|(name, member)| Some((name.into(), value(member)?)))
                    .collect(),
            )
        }
    })
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Integer(whole) => Json::Number((*whole).into()),
        Value::Float(number) => float(*number),
        Value::Text(text) => Json::String(text.clone()),
        // A whole second needs no point, as the service writes it.
        Value::Time(secs) if secs.fract() == 0.0 => Json::Number((*secs as i64).into()),
        Value::Time(secs) => float(*secs),
        Value::List(values) => Json::Array(values.iter().map(json).collect()),
        Value::Structure(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.to_string(), json(value)));
            Json::Object(members.collect::<Map<_, _>>())
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(name, value)| (name.clone(), json(value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn float(number: f64) -> Json {
    match Number::from_f64(number) {
        Some(number) => Json::Number(number),
        None if number.is_nan() => Json::String("NaN".to_owned()),
        None if number > 0.0 => Json::String("Infinity".to_owned()),
        None => Json::String("-Infinity".to_owned()),
    }
}
