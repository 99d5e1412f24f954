//! For tests: a service in a world without other tenants, requests to it, and readers of its answers.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_eventstream::frame::read_message_from;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::{Answer, BrokenOff, Service, ServicePlan};
use crate::catalog::{Catalog, Family, Lifecycle};
use crate::clock::{Clock, Moment};
use crate::emulator::world::plan::{BackgroundPlan, LatencyPlan, ReplyPlan, WorldPlan};
use crate::event::FaultId;
use crate::fault::{FaultKind, FaultPlan, FaultShape, Scope};
use crate::seed::Seed;
use crate::units::Share;

/// From arrival to the first token.
pub const FIRST_TOKEN: Duration = Duration::from_millis(200);
/// Between tokens.
pub const PER_TOKEN: Duration = Duration::from_millis(10);
/// The model most tests call.
pub const NOVA: &str = "amazon.nova-micro-v1:0";

/// A world of exact times, without other tenants.
pub fn plan(first_token: Duration, per_token: Duration) -> WorldPlan {
    WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token,
            per_token,
        },
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        replies: ReplyPlan {
            median_tokens: 60.0,
            sigma: 0.5,
        },
        ..WorldPlan::default()
    }
}

/// A service in virtual time. Call it inside a paused runtime.
pub fn service() -> Service {
    serving(plan(FIRST_TOKEN, PER_TOKEN), Clock::virtual_time())
}

/// A service with a plan and a clock. Cohere's models, whose life is over in the catalogue, live on
/// here so that their bodies are tried too.
pub fn serving(plan: WorldPlan, clock: Clock) -> Service {
    let mut catalog = Catalog::clone(&Catalog::builtin());
    for model in catalog
        .models
        .values_mut()
        .filter(|model| model.family == Family::Cohere)
    {
        Arc::make_mut(model).lifecycle = Lifecycle::Active;
    }
    let catalog = Arc::new(catalog);
    Service::new(ServicePlan {
        catalog,
        plan,
        seed: Seed::new(7),
        clock,
    })
}

/// The credentials of a signed request to a region's Bedrock.
pub fn signature(region: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260105/{region}/bedrock/aws4_request, SignedHeaders=host, \
         Signature=0"
    )
}

/// A signed request.
pub fn request(method: Method, region: &str, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", signature(region))
        .body(body.into())
        .expect("a request")
}

/// A signed POST to us-east-1.
pub fn post(path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    request(Method::POST, "us-east-1", path, body)
}

/// A Converse request with a prompt.
pub fn converse(model: &str, prompt: &str) -> Request<Bytes> {
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"{prompt}"}}]}}]}}"#);
    post(&format!("/model/{model}/converse"), body)
}

/// The same as a stream.
pub fn converse_stream(model: &str, prompt: &str) -> Request<Bytes> {
    let mut request = converse(model, prompt);
    *request.uri_mut() = format!("/model/{model}/converse-stream").parse().expect("a path");
    request
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Read {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub broken_off: Option<BrokenOff>,
}

impl Read {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|problem| panic!("{problem}: {:?}", self.body))
    }

    /// The error's name and message.
    pub fn error(&self) -> (String, String) {
        let kind = self.header("x-amzn-errortype");
        let name = kind.split(':').next().unwrap_or_default().to_owned();
        (
            name,
            self.json()["message"].as_str().unwrap_or_default().to_owned(),
        )
    }

    /// A header's text; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The events of a stream: the values of their type header and their payloads.
    pub fn events(&self) -> Vec<(String, Value)> {
        let mut rest = self.body.clone();
        let mut events = Vec::new();
        while rest.has_remaining() {
            let length = u32::from_be_bytes(rest[..4].try_into().expect("a length")) as usize;
            let message = read_message_from(rest.split_to(length)).expect("a sound frame");
            let kind = message
                .headers()
                .iter()
                .find(|header| [":event-type", ":exception-type"].contains(&header.name().as_str()))
                .and_then(|header| header.value().as_string().ok())
                .expect("a type");
            let payload = serde_json::from_slice(message.payload()).expect("a JSON payload");
            events.push((kind.as_str().to_owned(), payload));
        }
        events
    }

    /// The documents within the chunks of an `InvokeModel` stream.
    pub fn chunks(&self) -> Vec<Value> {
        self.events()
            .into_iter()
            .map(|(kind, payload)| {
                assert_eq!(kind, "chunk");
                assert!(
                    payload["p"].as_str().is_some_and(|p| p.starts_with("ab")),
                    "{payload}"
                );
                let bytes = STANDARD
                    .decode(payload["bytes"].as_str().expect("bytes"))
                    .expect("base64");
                serde_json::from_slice(&bytes).expect("a document")
            })
            .collect()
    }
}

/// Reads an answer to its end.
pub async fn read(answer: Answer) -> Read {
    let Answer::Response(response) = answer else {
        panic!("no answer: {answer:?}");
    };
    let (parts, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    let mut broken_off = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().expect("data")),
            Err(problem) => broken_off = Some(problem),
        }
    }
    Read {
        status: parts.status,
        headers: parts.headers,
        body: bytes.into(),
        broken_off,
    }
}

/// Sends a request and reads its answer to the end.
pub async fn ask(service: &Service, request: Request<Bytes>) -> Read {
    read(service.handle(request).await).await
}

/// A fault from the start of the run that strikes every call in scope.
pub fn fault(id: u32, kind: FaultKind, scope: Scope) -> FaultPlan {
    FaultPlan {
        id: FaultId(id),
        kind,
        scope,
        share: Share::ALL,
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(86_400),
        at_client: false,
    }
}
