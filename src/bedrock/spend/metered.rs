//! The transport with the guard in it.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use aws_sdk_bedrockruntime::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use serde_json::Value;

use super::bill::{self, Bill, Tariff};
use super::{Reservation, SpendGuard, SpendRefused};
use crate::bedrock::attempts::CALL;
use crate::bedrock::faults::frames;
use crate::names::ModelId;
use crate::units::{TokenUsage, Usd};

type BoxError = Box<dyn StdError + Send + Sync>;

/// No whole answer is longer; of a longer one the usage is not read, and it settles at the worst case.
const MOST_BYTES: usize = 8 << 20;

/// A transport that sends nothing the guard does not let pass.
#[derive(Debug)]
pub(in crate::bedrock) struct Metered {
    inner: SharedHttpClient,
    guard: SpendGuard,
    /// All clients over this transport have the same connector settings, so there is one.
    connector: OnceLock<SharedHttpConnector>,
}

impl Metered {
    pub(in crate::bedrock) fn over(inner: SharedHttpClient, guard: SpendGuard) -> SharedHttpClient {
        SharedHttpClient::new(Self {
            inner,
            guard,
            connector: OnceLock::new(),
        })
    }
}

impl HttpClient for Metered {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let metered = || {
            SharedHttpConnector::new(MeteredConnector {
                inner: self.inner.http_connector(settings, components),
                guard: self.guard.clone(),
                pricing: Pricing::Catalog,
            })
        };
        self.connector.get_or_init(metered).clone()
    }
}

/// A connector to an OpenAI-style endpoint, of which the dearest of these prices is taken: whom it
/// asks, and whether it asks again, is its own affair.
pub(in crate::bedrock) fn chats(
    inner: SharedHttpConnector,
    guard: SpendGuard,
    tariffs: Vec<Tariff>,
) -> SharedHttpConnector {
    SharedHttpConnector::new(MeteredConnector {
        inner,
        guard,
        pricing: Pricing::Dearest(tariffs),
    })
}

/// Where the price of a request is found.
#[derive(Debug)]
enum Pricing {
    /// By what Bedrock's URL names.
    Catalog,
    /// The dearest of these for every chat.
    Dearest(Vec<Tariff>),
}

#[derive(Debug)]
struct MeteredConnector {
    inner: SharedHttpConnector,
    guard: SpendGuard,
    pricing: Pricing,
}

impl MeteredConnector {
    fn bill(&self, request: &HttpRequest) -> Result<Option<Bill>, SpendRefused> {
        match &self.pricing {
            Pricing::Catalog => {
                let behind = CALL.try_with(|call| call.model().clone()).ok();
                let behind = behind.as_ref().map(ModelId::as_str);
                bill::bill(
                    request.uri(),
                    request.body().bytes(),
                    behind,
                    self.guard.catalog(),
                )
            }
            Pricing::Dearest(_) if !request.uri().ends_with("/chat/completions") => Ok(None),
            Pricing::Dearest(tariffs) => match request.body().bytes() {
                Some(body) if !tariffs.is_empty() => Ok(Some(Bill::at_most(tariffs.clone(), body))),
                _ => Err(SpendRefused::Unpriced {
                    target: request.uri().to_owned(),
                }),
            },
        }
    }
}

impl HttpConnector for MeteredConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.bill(&request) {
            Ok(None) => self.inner.call(request),
            Err(refused) => HttpConnectorFuture::ready(Err(unsent(refused))),
            Ok(Some(bill)) => {
                let (inner, guard) = (self.inner.clone(), self.guard.clone());
                HttpConnectorFuture::new(async move {
                    // Without a call (the gateway's chats) there is nobody to tell.
                    let held_back = |waits| CALL.try_with(|call| call.hold_back(waits)).unwrap_or_default();
                    held_back(true);
                    let reserved = guard.reserve(bill.worst).await;
                    held_back(false);
                    let reservation = reserved.map_err(unsent)?;
                    let answered = inner.call(request).await;
                    settled_by(answered, reservation, bill)
                })
            }
        }
    }
}

/// Settles what an answer's head already decides; hands the rest to its body.
fn settled_by(
    answered: Result<HttpResponse, ConnectorError>,
    reservation: Reservation,
    bill: Bill,
) -> Result<HttpResponse, ConnectorError> {
    match answered {
        Ok(mut response) if response.status().is_success() => {
            let body = MeteredBody::new(response.take_body(), reservation, bill);
            *response.body_mut() = SdkBody::from_body_1_x(body);
            Ok(response)
        }
        Ok(response) => {
            if is_free(response.status().as_u16()) {
                reservation.settle(Usd::ZERO);
            }
            Ok(response)
        }
        Err(error) => {
            if never_sent(&error) {
                reservation.settle(Usd::ZERO);
            }
            Err(error)
        }
    }
}

/// Whether the service bills nothing for an answer of this status. It bills what a model generated:
/// requests that were refused before are free; whether one that failed later is, nobody says, so it
/// is taken not to be.
const fn is_free(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 404 | 413 | 429 | 503)
}

/// Whether the connection was never made.
fn never_sent(error: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            return error.is_connect();
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return error.kind() == std::io::ErrorKind::ConnectionRefused;
        }
        cause = error.source();
    }
    false
}

fn unsent(refused: SpendRefused) -> ConnectorError {
    ConnectorError::user(refused.into())
}

/// An answer's body, read along for the usage it tells.
struct MeteredBody {
    inner: SdkBody,
    reservation: Option<Reservation>,
    bill: Bill,
    /// What of the answer is not yet read: a frame or a line that is not whole, or the whole document.
    unread: BytesMut,
    form: Option<Form>,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One document.
    Json,
    /// Frames of an event stream.
    Frames,
    /// Lines of server-sent events.
    Lines,
}

impl Form {
    fn of(first: Option<&u8>) -> Self {
        match first {
            Some(b'{') => Self::Json,
            // `data:` or a comment. A frame begins with its length, whose first byte is zero.
            Some(b'd' | b'e' | b':') => Self::Lines,
            _ => Self::Frames,
        }
    }
}

impl MeteredBody {
    fn new(inner: SdkBody, reservation: Reservation, bill: Bill) -> Self {
        Self {
            inner,
            reservation: Some(reservation),
            bill,
            unread: BytesMut::new(),
            form: None,
        }
    }

    fn read(&mut self, data: &Bytes) {
        if self.reservation.is_none() || self.unread.len() + data.len() > MOST_BYTES {
            return;
        }
        self.unread.extend_from_slice(data);
        match *self.form.get_or_insert(Form::of(self.unread.first())) {
            Form::Json => {}
            Form::Frames => {
                while let Some(frame) = frames::next(&mut self.unread) {
                    if let Some(usage) = frames::payload(&frame, b"metadata").and_then(usage) {
                        self.settle(usage);
                    }
                }
            }
            Form::Lines => {
                while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                    let line = self.unread.split_to(end + 1);
                    if let Some(usage) = line.strip_prefix(b"data:").and_then(usage) {
                        self.settle(usage);
                    }
                }
            }
        }
    }

    fn end(&mut self) {
        if self.form == Some(Form::Json)
            && let Some(usage) = usage(&self.unread)
        {
            self.settle(usage);
        }
        // Whatever is left unsettled now is spent at the worst case.
        self.reservation = None;
    }

    fn settle(&mut self, usage: TokenUsage) {
        if let Some(reservation) = self.reservation.take() {
            reservation.settle(self.bill.of(usage));
        }
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.read(data);
                }
            }
            Poll::Ready(None) => self.end(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }
}

/// The usage that an answer of Converse, or the metadata of its stream, tells.
fn usage(document: &[u8]) -> Option<TokenUsage> {
    let document: Value = serde_json::from_slice(document).ok()?;
    let usage = document.get("usage")?;
    let count = |names: [&str; 3]| {
        names
            .iter()
            .find_map(|name| usage.get(name))
            .and_then(Value::as_u64)
    };
    let hour = usage
        .get("cacheDetails")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let hour = hour.filter(|detail| detail.get("ttl").and_then(Value::as_str) == Some("1h"));
    Some(TokenUsage {
        input: count(["inputTokens", "input_tokens", "prompt_tokens"])?,
        output: count(["outputTokens", "output_tokens", "completion_tokens"])?,
        cache_read: count(["cacheReadInputTokens", "cache_read_input_tokens", ""]).unwrap_or_default(),
        cache_write: count(["cacheWriteInputTokens", "cache_creation_input_tokens", ""]).unwrap_or_default(),
        cache_write_1h: hour
            .filter_map(|detail| detail.get("inputTokens").and_then(Value::as_u64))
            .sum(),
    })
}
