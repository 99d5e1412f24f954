//! `bedrill fault`: the control API of a running `bedrill serve`, for people.

use std::fs;
use std::io::{self, Write as _};

use serde_json::{Map, Value};

use super::args::{AtFlags, FaultFlags, FaultVerb};
use super::{Exit, UsageError};
use crate::bedrock::http::{HttpCaller, HttpReply};
use crate::emulator::control::PREFIX;
use crate::event::Failure;

/// Asks the server and shows what it says.
pub fn run(flags: &FaultFlags) -> color_eyre::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (at, told) = runtime.block_on(asked(&flags.verb))?;
    let mut out = io::stdout().lock();
    if at.json {
        serde_json::to_writer_pretty(&mut out, &told)?;
        writeln!(out)?;
    } else {
        show(&told, &mut out)?;
    }
    Ok(Exit::Done)
}

async fn asked(verb: &FaultVerb) -> Result<(&AtFlags, Value), UsageError> {
    Ok(match verb {
        FaultVerb::Add { keys, at } => {
            let body = body(keys)?;
            (at, post(at, "/faults", &body).await?)
        }
        FaultVerb::List { at } => {
            let reply = caller(at)?.get(&format!("{PREFIX}/faults")).await;
            (at, read(at, reply).await?)
        }
        FaultVerb::Renew { id, lasts, at } => {
            let body = serde_json::json!({ "lasts": lasts });
            (at, post(at, &format!("/faults/{id}/renew"), &body).await?)
        }
        FaultVerb::Lift { id, at, .. } => {
            let which = id.map_or_else(String::new, |id| format!("/{id}"));
            let reply = caller(at)?.delete(&format!("{PREFIX}/faults{which}")).await;
            (at, read(at, reply).await?)
        }
    })
}

async fn post(at: &AtFlags, path: &str, body: &Value) -> Result<Value, UsageError> {
    let reply = caller(at)?
        .post(&format!("{PREFIX}{path}"), &[], body.to_string())
        .await;
    read(at, reply).await
}

fn caller(at: &AtFlags) -> Result<HttpCaller, UsageError> {
    let caller = HttpCaller::to_url(&at.at).map_err(|problem| UsageError(format!("--at: {problem}")))?;
    let Some(path) = &at.token_file else {
        return Ok(caller);
    };
    let token = fs::read_to_string(path)
        .map_err(|problem| UsageError(format!("--token-file {}: {problem}", path.display())))?;
    Ok(caller.with_key(token.trim()))
}

async fn read(at: &AtFlags, reply: Result<HttpReply, Failure>) -> Result<Value, UsageError> {
    let silent = |problem: Failure| {
        UsageError(format!(
            "no answer from {}: {}; is `bedrill serve` running there?",
            at.at, problem.message
        ))
    };
    let reply = reply.map_err(silent)?;
    let status = reply.status;
    let bytes = reply.bytes().await.map_err(silent)?;
    let told: Result<Value, _> = serde_json::from_slice(&bytes);
    match told {
        Ok(told) if (200..300).contains(&status) => Ok(told),
        Ok(told) if told["error"].is_string() => {
            Err(UsageError(told["error"].as_str().unwrap_or_default().to_owned()))
        }
        _ => Err(UsageError(format!(
            "{} answered with status {status} and is no `bedrill serve`",
            at.at
        ))),
    }
}

/// `kind=throttle scope.region=us-east-1` as JSON. What reads as a number or a truth is one.
fn body(keys: &[String]) -> Result<Value, UsageError> {
    let mut body = Map::new();
    for written in keys {
        let (path, value) = written.split_once('=').ok_or_else(|| {
            UsageError(format!(
                "`{written}` is no KEY=VALUE; write kind=throttle share=30% lasts=1m"
            ))
        })?;
        let value = match serde_json::from_str(value) {
            Ok(read @ (Value::Number(_) | Value::Bool(_) | Value::Object(_))) => read,
            _ => value.into(),
        };
        put(&mut body, path, value).ok_or_else(|| UsageError(format!("`{path}` is given twice")))?;
    }
    Ok(body.into())
}

fn put(into: &mut Map<String, Value>, path: &str, value: Value) -> Option<()> {
    match path.split_once('.') {
        None => into.insert(path.to_owned(), value).is_none().then_some(()),
        Some((table, rest)) => {
            let table = into.entry(table).or_insert_with(|| Map::new().into());
            put(table.as_object_mut()?, rest, value)
        }
    }
}

fn show(told: &Value, out: &mut impl io::Write) -> io::Result<()> {
    if let Some(faults) = told["faults"].as_array() {
        if faults.is_empty() {
            return writeln!(out, "nothing is broken");
        }
        return faults.iter().try_for_each(|fault| line(fault, out));
    }
    match told["lifted"].as_u64() {
        Some(1) => writeln!(out, "1 fault lifted"),
        Some(lifted) => writeln!(out, "{lifted} faults lifted"),
        None => line(told, out),
    }
}

fn line(fault: &Value, out: &mut impl io::Write) -> io::Result<()> {
    let begins = fault["begins_in_secs"].as_f64().unwrap_or_default();
    let ends = fault["ends_in_secs"].as_f64().unwrap_or_default();
    let state = if begins > 0.0 {
        format!("begins in {begins:.0}s, ends in {ends:.0}s")
    } else {
        format!("ends in {ends:.0}s")
    };
    let label = fault["label"].as_str().unwrap_or_default();
    writeln!(
        out,
        "{:>4}  {label:<40}  {state}",
        fault["id"].as_u64().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_the_tables_of_a_fault() {
        let keys = [
            "kind=capacity-outage",
            "scope.region=us-east-1",
            "share=50%",
            "sigma=0.3",
        ];
        let read = body(&keys.map(str::to_owned)).expect("keys");
        let wanted = serde_json::json!({
            "kind": "capacity-outage", "scope": { "region": "us-east-1" }, "share": "50%", "sigma": 0.3,
        });
        assert_eq!(read, wanted);
        assert!(body(&["kind".to_owned()]).is_err());
        assert!(body(&["kind=a".to_owned(), "kind=b".to_owned()]).is_err());
    }
}
