//! awsQuery: a form in, XML out. Lists are `Name.member.1`, maps `Name.entry.1.key` and `.value`.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use percent_encoding::percent_decode;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};

use super::RpcError;
use super::value::Value;

/// How deep names may nest; no request of a service goes half as deep.
const DEEPEST: usize = 24;

/// A form's names, split at their dots.
#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Self>,
}

/// Reads a form: the operation and its members.
pub fn read(form: &[u8]) -> Result<(String, Value), RpcError> {
    let mut root = Node::default();
    let mut operation = None;
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &b""[..]),
        };
        let (name, value) = (decode(name)?, decode(value)?);
        match name.as_str() {
            "Action" => operation = Some(value),
            "Version" => {}
            _ => root.insert(&name, value)?,
        }
    }
    let operation = operation.ok_or_else(|| RpcError {
        shape: "MissingAction",
        code: "MissingAction",
        status: 400,
        message: "The request must contain the parameter Action.".into(),
    })?;
    let members = root
        .children
        .into_iter()
        .map(|(name, node)| (name.into(), node.value()));
    Ok((operation, Value::Structure(members.collect())))
}

/// Writes what an operation answers.
pub fn answer(namespace: &str, operation: &str, output: Option<&Value>, request_id: &str) -> Vec<u8> {
    document(&format!("{operation}Response"), namespace, |writer| {
        if let Some(output) = output {
            element(writer, &format!("{operation}Result"), output)?;
        }
        let id = Value::text(request_id);
        element(writer, "ResponseMetadata", &super::structure([("RequestId", id)]))
    })
}

/// Writes an error.
pub fn refusal(namespace: &str, error: &RpcError, kind: &str, request_id: &str) -> Vec<u8> {
    document("ErrorResponse", namespace, |writer| {
        let told = super::structure([
            ("Type", Value::text(kind)),
            ("Code", Value::text(error.code)),
            ("Message", Value::text(error.message.as_ref())),
        ]);
        element(writer, "Error", &told)?;
        element(writer, "RequestId", &Value::text(request_id))
    })
}

impl Node {
    fn insert(&mut self, name: &str, value: String) -> Result<(), RpcError> {
        if name.split('.').count() > DEEPEST {
            return Err(RpcError::unreadable("A parameter's name nests too deep"));
        }
        let node = name.split('.').fold(self, |node, part| {
            node.children.entry(part.to_owned()).or_default()
        });
        node.text = Some(value);
        Ok(())
    }

    fn value(mut self) -> Value {
        if let Some(text) = self.text.filter(|_| self.children.is_empty()) {
            return Value::Text(text);
        }
        if self.children.len() == 1
            && let Some(list) = self.children.remove("member").map(Self::list)
        {
            return list;
        }
        let members = self
            .children
            .into_iter()
            .map(|(name, node)| (name.into(), node.value()));
        Value::Structure(members.collect())
    }

    /// The children in the order of their numbers.
    fn list(self) -> Value {
        let mut members: Vec<(u32, Self)> = (self.children.into_iter())
            .filter_map(|(place, node)| Some((place.parse().ok()?, node)))
            .collect();
        members.sort_by_key(|(place, _)| *place);
        Value::List(members.into_iter().map(|(_, node)| node.value()).collect())
    }
}

fn decode(text: &[u8]) -> Result<String, RpcError> {
    let spaced: Vec<u8> = (text.iter())
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded = percent_decode(&spaced).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| RpcError::unreadable("The form is not UTF-8"))
}

type Xml = Writer<Vec<u8>>;

fn document(root: &str, namespace: &str, inside: impl FnOnce(&mut Xml) -> io::Result<()>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let start = BytesStart::new(root).with_attributes([("xmlns", namespace)]);
    let end = start.to_end().into_owned();
    // Writing into memory cannot fail.
    let _ = writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
        .and_then(|()| writer.write_event(Event::Start(start)))
        .and_then(|()| inside(&mut writer))
        .and_then(|()| writer.write_event(Event::End(end)));
    writer.into_inner()
}

fn element(writer: &mut Xml, name: &str, value: &Value) -> io::Result<()> {
    let start = BytesStart::new(name);
    writer.write_event(Event::Start(start.borrow()))?;
    match value {
        Value::List(values) => {
            for value in values {
                element(writer, "member", value)?;
            }
        }
        Value::Structure(members) => {
            for (name, value) in members {
                element(writer, name, value)?;
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                writer.write_event(Event::Start(BytesStart::new("entry")))?;
                element(writer, "key", &Value::text(key))?;
                element(writer, "value", value)?;
                writer.write_event(Event::End(BytesStart::new("entry").to_end()))?;
            }
        }
        Value::Bool(flag) => text(writer, &flag.to_string())?,
        Value::Integer(whole) => text(writer, &whole.to_string())?,
        Value::Float(number) => text(writer, &float(*number))?,
        Value::Text(written) => text(writer, written)?,
        Value::Time(secs) => text(writer, &instant(*secs))?,
    }
    writer.write_event(Event::End(start.to_end()))
}

fn text(writer: &mut Xml, text: &str) -> io::Result<()> {
    writer.write_event(Event::Text(BytesText::new(text)))
}

/// As Java writes a double, near enough: always with a point or an exponent.
fn float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    format!("{number:?}")
}

/// ISO 8601, to the millisecond where there is more than a whole second.
fn instant(secs: f64) -> String {
    let millis = (secs * 1e3).round();
    let at = Timestamp::from_millisecond(millis as i64).unwrap_or(Timestamp::MAX);
    at.to_string()
}
