//! Checking a gateway in the safe order, before traffic flows: the process, its parts, the key and
//! the list of models, and only then one completion of one token.
//!
//! Never `/health`: it makes a real call of every deployment. Liveness alone says nothing: it is
//! green while every model is down.

use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use crate::bedrock::chat::{Chat, PassedOn, Turn};
use crate::bedrock::http::HttpCaller;
use crate::bedrock::openai::OpenAiChat;
use crate::clock::Clock;
use crate::event::Failure;
use crate::event::sighting::gateway::{CheckStep, GatewayCheck};

/// A step may take so long. LiteLLM's first completion takes a second of its own.
const PATIENCE: Duration = Duration::from_secs(15);

/// A gateway that no traffic should be sent to.
#[derive(Debug, Error)]
#[error("the gateway at {url} failed its check at {step}: {words}")]
pub struct Unfit {
    /// Its URL.
    pub url: String,
    /// The step.
    pub step: String,
    /// Why.
    pub words: String,
}

/// Checks a gateway. Fails where no traffic could do anything but fail: nobody there, a key that is
/// not taken, a model that is not listed. A part that is ill, or a completion that fails, is noted
/// and no more: to see that is what a drill is for.
pub async fn check(url: &str, http: &HttpCaller, alias: &str, clock: &Clock) -> Result<GatewayCheck, Unfit> {
    let mut steps = Vec::new();
    let unfit = |step: &str, words: String| Unfit {
        url: url.to_owned(),
        step: step.to_owned(),
        words,
    };
    let alive = get(http, "/health/liveliness", clock).await;
    match alive {
        Ok((200, _)) => steps.push(step("liveness", true, "the process answers")),
        Ok((status, _)) => return Err(unfit("liveness", format!("HTTP {status}"))),
        Err(failure) => return Err(unfit("liveness", failure.message)),
    }
    let ready = match get(http, "/health/readiness", clock).await {
        Ok((200, body)) => {
            let database = body.get("db").and_then(Value::as_str).unwrap_or("not told");
            step("readiness", true, &format!("database: {database}"))
        }
        Ok((status, _)) => step("readiness", false, &format!("HTTP {status}")),
        Err(failure) => step("readiness", false, &failure.message),
    };
    steps.push(ready);
    let models = match get(http, "/v1/models", clock).await {
        Ok((200, body)) => names(&body),
        Ok((status, body)) => {
            let words = body.pointer("/error/message").and_then(Value::as_str);
            let words = words.unwrap_or("is the key right?");
            return Err(unfit("models", format!("HTTP {status}: {words}")));
        }
        Err(failure) => return Err(unfit("models", failure.message)),
    };
    if !models.iter().any(|name| name == alias) {
        let words = format!("`{alias}` is none of its models: {}", models.join(", "));
        return Err(unfit("models", words));
    }
    steps.push(step(
        "models",
        true,
        &format!("the key is taken; {} models", models.len()),
    ));
    let told = match one_token(http, alias, clock).await {
        Ok(()) => (true, "answered".to_owned()),
        Err(failure) => (false, failure.to_string()),
    };
    steps.push(step(&format!("one token of {alias}"), told.0, &told.1));
    Ok(GatewayCheck { steps })
}

async fn get(http: &HttpCaller, path: &str, clock: &Clock) -> Result<(u16, Value), Failure> {
    let asked = async {
        let reply = http.get(path).await?;
        let status = reply.status;
        let body = reply.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    };
    let deadline = clock.now() + PATIENCE;
    clock.until(deadline, asked).await.unwrap_or_else(|| {
        let words = format!("no answer within {} s", PATIENCE.as_secs());
        Err(Failure::local(crate::event::FailureKind::Timeout, words))
    })
}

async fn one_token(http: &HttpCaller, alias: &str, clock: &Clock) -> Result<(), Failure> {
    let chat = Chat {
        turns: vec![Turn {
            by_user: true,
            text: "Say hi".to_owned(),
        }],
        max_tokens: Some(1),
        ..Chat::default()
    };
    let on = PassedOn {
        caller: "bedrill".into(),
        attempt: 1,
        timeout: PATIENCE,
    };
    let client = OpenAiChat::new(http.below("/v1"), clock.clone());
    client.chat(alias, &chat, &on).await.map(drop)
}

fn names(body: &Value) -> Vec<String> {
    let rows = body.get("data").and_then(Value::as_array);
    let ids = rows
        .into_iter()
        .flatten()
        .filter_map(|row| row.get("id")?.as_str());
    ids.map(str::to_owned).collect()
}

fn step(what: &str, well: bool, words: &str) -> CheckStep {
    CheckStep {
        what: what.to_owned(),
        well,
        words: words.chars().take(200).collect(),
    }
}
