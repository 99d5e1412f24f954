//! Guardrails around a call: what stops a prompt before the model sees it, and an answer before the
//! caller does.

use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::Inner;
use super::body::ReplyBody;
use super::work::Speech;
use crate::emulator::route::Runtime;
use crate::emulator::wire::answer::{Ending, Narrator as _, Speaker, Stop};
use crate::emulator::wire::converse;
use crate::emulator::wire::converse::reply::ConverseNarrator;
use crate::emulator::wire::error::WireError;
use crate::emulator::wire::eventstream::Frames;
use crate::emulator::wire::guardrail::{self as wire, GuardAsk};
use crate::emulator::wire::invoke;
use crate::emulator::world::guardrail::{BLOCKED_INPUT, BLOCKED_OUTPUT, Found, GuardrailPlan};
use crate::units::TokenUsage;

/// A guardrail on duty.
#[derive(Debug)]
pub(super) struct Guard {
    plan: GuardrailPlan,
    ask: GuardAsk,
    input: Found,
}

/// An answer was looked at.
#[derive(Debug)]
pub(super) struct Reviewed {
    /// What was found, where it is to be told.
    pub trace: Option<Value>,
}

impl Guard {
    /// The guardrail that a call asks for, having looked at its prompt.
    pub fn of(inner: &Inner, ask: Option<GuardAsk>) -> Result<Option<Self>, WireError> {
        let Some(ask) = ask else { return Ok(None) };
        let plan = ask.find(&inner.world().plan().guardrails)?.clone();
        let input = plan.look(&ask.text);
        Ok(Some(Self { plan, ask, input }))
    }

    /// Whether the prompt is stopped.
    pub const fn blocks_input(&self) -> bool {
        self.input.blocked_at.is_some()
    }

    /// Looks at an answer and changes it where it must; gives the trace, if one is asked for.
    pub fn review(&self, speech: &mut Speech, is_stream: bool) -> Reviewed {
        let text = speech.text();
        let found = self.plan.look(&text);
        match found.blocked_at {
            Some(at) if is_stream && self.ask.is_async() => speech.break_at(at),
            Some(_) => speech.say_instead(BLOCKED_OUTPUT),
            None if !found.pii.is_empty() && speech.shape.tool.is_none() => {
                speech.mask(self.plan.masked(&text).into_owned());
            }
            None => {}
        }
        Reviewed {
            trace: self.trace(Some(&found)),
        }
    }

    fn trace(&self, output: Option<&Found>) -> Option<Value> {
        let traces = self.ask.traces();
        traces.then(|| wire::trace(&self.plan, &self.input, output))
    }

    /// The answer to a prompt that was stopped: no model was asked, nothing is billed.
    pub fn refusal(&self, inner: &Inner, mut speaker: Speaker, runtime: Runtime) -> Response<ReplyBody> {
        let ending = Ending {
            stop: Stop::Guardrail,
            usage: TokenUsage::default(),
            latency_ms: 0,
            first_byte_ms: 0,
        };
        speaker.guard = self.trace(None);
        let id = speaker.request_id.clone();
        let stream = "application/vnd.amazon.eventstream";
        let (kind, body) = match runtime {
            Runtime::ConverseStream => {
                let mut frames = Frames::new(speaker.seed.derive("padding").stream());
                let mut narrator = ConverseNarrator::new(speaker);
                narrator.open(&mut frames);
                narrator.text(BLOCKED_INPUT, 0, &mut frames);
                narrator.close(&ending, &mut frames);
                (stream, frames.take().to_vec())
            }
            Runtime::Invoke => {
                let body = invoke::body(&speaker, BLOCKED_INPUT, &ending);
                ("application/json", mark(body, true, speaker.guard.as_ref()))
            }
            _ => (
                "application/json",
                converse::reply::body(&speaker, BLOCKED_INPUT, &ending),
            ),
        };
        let mut response = inner.head(StatusCode::OK, kind, &id);
        *response.body_mut() = ReplyBody::whole(body);
        response
    }
}

/// The guardrail that InvokeModel's headers name; its text is in the body.
pub(super) fn of_headers(
    headers: &HeaderMap,
    body: &[u8],
    runtime: Runtime,
) -> Result<Option<GuardAsk>, WireError> {
    const IDENTIFIER: &str = "x-amzn-bedrock-guardrailidentifier";
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let Some(identifier) = text(IDENTIFIER) else {
        return Ok(None);
    };
    if runtime == Runtime::InvokeStream {
        return Err(WireError::validation(
            "bedrill does not model guardrails in InvokeModelWithResponseStream; ConverseStream takes them.",
        ));
    }
    let ask = GuardAsk {
        guardrail_identifier: identifier.to_owned(),
        guardrail_version: text("x-amzn-bedrock-guardrailversion")
            .unwrap_or_default()
            .to_owned(),
        trace: text("x-amzn-bedrock-trace").map(str::to_lowercase),
        stream_processing_mode: None,
        text: serde_json::from_slice(body).map_or_else(|_| String::new(), |body| prompt(&body)),
    };
    ask.check("")?;
    Ok(Some(ask))
}

/// The prompt of a body of any family.
fn prompt(body: &Value) -> String {
    let keys = ["prompt", "inputText", "message"];
    let plain = keys.iter().find_map(|key| body[*key].as_str());
    plain.map_or_else(|| wire::guarded_text(body), str::to_owned)
}

/// Says in a body of InvokeModel what its guardrail did.
pub(super) fn mark(body: Vec<u8>, intervened: bool, trace: Option<&Value>) -> Vec<u8> {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(&body) else {
        return body;
    };
    let action = if intervened { "INTERVENED" } else { "NONE" };
    members.insert("amazon-bedrock-guardrailAction".to_owned(), json!(action));
    if let Some(trace) = trace {
        let input = trace.get("inputAssessment").cloned().unwrap_or_default();
        let outputs = trace.get("outputAssessments").cloned();
        let mut told = json!({"input": input});
        if let Some(outputs) = outputs {
            told["outputs"] = json!([outputs]);
        }
        members.insert("amazon-bedrock-trace".to_owned(), json!({"guardrail": told}));
    }
    serde_json::to_vec(&members).unwrap_or(body)
}
