//! rpc-v2-cbor: times are tag 1 over seconds.

use ciborium::value::Value as Cbor;

use super::RpcError;
use super::value::Value;

/// The tag of a time.
const EPOCH_SECONDS: u64 = 1;

/// Reads a body; an empty one is an empty structure.
pub fn read(body: &[u8]) -> Result<Value, RpcError> {
    if body.is_empty() {
        return Ok(Value::Structure(Vec::new()));
    }
    let read: Cbor = ciborium::from_reader(body).map_err(|_| RpcError::unreadable("Invalid CBOR body"))?;
    value(read)
        .filter(|value| matches!(value, Value::Structure(_)))
        .ok_or_else(|| RpcError::unreadable("The CBOR body is not a map of names to values"))
}

/// Writes a body.
pub fn write(value: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    // Writing into memory cannot fail.
    let _ = ciborium::into_writer(&cbor(value), &mut body);
    body
}

/// `None`: nothing the services use, such as bytes or a name that is no text.
fn value(read: Cbor) -> Option<Value> {
    Some(match read {
        Cbor::Bool(flag) => Value::Bool(flag),
        Cbor::Integer(whole) => Value::Integer(i64::try_from(whole).ok()?),
        Cbor::Float(number) => Value::Float(number),
        Cbor::Text(text) => Value::Text(text),
        Cbor::Tag(EPOCH_SECONDS, secs) => match *secs {
            Cbor::Float(secs) => Value::Time(secs),
            Cbor::Integer(secs) => Value::Time(i64::try_from(secs).ok()? as f64),
            _ => return None,
        },
        Cbor::Array(values) => Value::List(values.into_iter().map(value).collect::<Option<_>>()?),
        Cbor::Map(members) => {
            // A member that is null is absent.
            let members = members.into_iter().filter(|(_, member)| *member != Cbor::Null);
            let members = members.map(|(name, member)| match name {
                Cbor::Text(name) => Some((name.into(), value(member)?)),
                _ => None,
            });
            Value::Structure(members.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn cbor(value: &Value) -> Cbor {
    match value {
        Value::Bool(flag) => Cbor::Bool(*flag),
        Value::Integer(whole) => Cbor::Integer((*whole).into()),
        Value::Float(number) => Cbor::Float(*number),
        Value::Text(text) => Cbor::Text(text.clone()),
        Value::Time(secs) => Cbor::Tag(EPOCH_SECONDS, Box::new(Cbor::Float(*secs))),
        Value::List(values) => Cbor::Array(values.iter().map(cbor).collect()),
        Value::Structure(members) => {
            let members = members.iter();
            Cbor::Map(
                members
                    .map(|(name, value)| (Cbor::Text(name.to_string()), cbor(value)))
                    .collect(),
            )
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            Cbor::Map(
                entries
                    .map(|(name, value)| (Cbor::Text(name.clone()), cbor(value)))
                    .collect(),
            )
        }
    }
}
