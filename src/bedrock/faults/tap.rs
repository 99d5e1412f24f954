//! The wrapper around the transport: opens attempts and injects faults.

use std::sync::OnceLock;

use aws_sdk_bedrockruntime::config::SharedHttpClient;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

use super::ClientFaults;
use super::frames::{Course, StruckBody};
use crate::bedrock::attempts::CALL;
use crate::bedrock::classify;
use crate::bedrock::in_process::dead;
use crate::clock::Clock;
use crate::event::FailureKind;
use crate::fault::Effects;

/// The transport of one runtime with the tap in it.
#[derive(Debug)]
pub(in crate::bedrock) struct Tap {
    inner: SharedHttpClient,
    clock: Clock,
    faults: ClientFaults,
    /// All clients over this transport have the same connector settings, so there is one.
    connector: OnceLock<SharedHttpConnector>,
}

impl Tap {
    pub(in crate::bedrock) fn over(
        inner: SharedHttpClient,
        clock: Clock,
        faults: ClientFaults,
    ) -> SharedHttpClient {
        SharedHttpClient::new(Self {
            inner,
            clock,
            faults,
            connector: OnceLock::new(),
        })
    }

    /// The tap over a connector that is none of the SDK's.
    pub(in crate::bedrock) fn connector(
        inner: SharedHttpConnector,
        clock: Clock,
        faults: ClientFaults,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(TappedConnector { inner, clock, faults })
    }
}

impl HttpClient for Tap {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let tapped = || {
            SharedHttpConnector::new(TappedConnector {
                inner: self.inner.http_connector(settings, components),
                clock: self.clock.clone(),
                faults: self.faults.clone(),
            })
        };
        self.connector.get_or_init(tapped).clone()
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct TappedConnector {
    inner: SharedHttpConnector,
    clock: Clock,
    faults: ClientFaults,
}

impl HttpConnector for TappedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.begin() {
            None => self.inner.call(request),
            Some((effects, stream)) => {
                let struck = Struck {
                    inner: self.inner.clone(),
                    clock: self.clock.clone(),
                    effects,
                    stream,
                };
                HttpConnectorFuture::new(struck.call(request))
            }
        }
    }
}

/// What is known of a streamed call that is struck: characters per token; `None` if not streamed.
type Streamed = Option<f64>;

impl TappedConnector {
    /// Opens the attempt and finds what it meets; `None`, the rule, is nothing.
    fn begin(&self) -> Option<(Effects, Streamed)> {
        CALL.try_with(|call| {
            let now = self.clock.now();
            call.begin(now);
            let faults = self.faults.set.load();
            if faults.plans().is_empty() {
                return None;
            }
            let effects = faults.effects(now, &call.facts(), &mut call.luck());
            if effects == Effects::default() {
                return None;
            }
            call.meddle(&effects);
            Some((effects, call.is_stream().then(|| call.chars_per_token())))
        })
        .ok()
        .flatten()
    }
}

/// An attempt that meets a fault.
struct Struck {
    inner: SharedHttpConnector,
    clock: Clock,
    effects: Effects,
    stream: Streamed,
}

impl Struck {
    async fn call(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let effects = &self.effects;
        if let Some(outage) = effects.outage {
            return dead(outage).await;
        }
        if !effects.delay.is_zero() {
            self.clock.sleep(effects.delay).await;
        }
        if let Some(kind) = effects.refusal {
            return refusal(kind);
        }
        let sent_at = self.clock.now();
        let response = self.inner.call(request).await?;
        if !response.status().is_success() {
            return Ok(response);
        }
        match self.stream {
            Some(chars_per_token) if effects.slowdown.is_some() || effects.cut.is_some() => {
                Ok(self.over_stream(response, chars_per_token))
            }
            Some(_) => Ok(response),
            None => {
                if let Some(factor) = effects.slowdown {
                    let took = self.clock.now().since(sent_at);
                    self.clock.sleep(took.mul_f64(factor - 1.0)).await;
                }
                Ok(response)
            }
        }
    }

    fn over_stream(&self, mut response: HttpResponse, chars_per_token: f64) -> HttpResponse {
        let course = Course {
            clock: self.clock.clone(),
            slowdown: self.effects.slowdown.unwrap_or(1.0),
            cut: self.effects.cut,
            chars_per_token,
        };
        let body = response.take_body();
        *response.body_mut() = SdkBody::from_body_1_x(StruckBody::new(body, course));
        response
    }
}

/// An error answer in the service's form.
fn refusal(kind: FailureKind) -> Result<HttpResponse, ConnectorError> {
    let Some(row) = classify::injected(kind) else {
        let error = format!("no answer of the service stands for {kind}");
        return Err(ConnectorError::other(error.into(), None));
    };
    let body = serde_json::json!({ "message": row.message }).to_string();
    let answer = http::Response::builder()
        .status(row.status)
        .header("content-type", "application/json")
        .header("x-amzn-errortype", row.code)
        .body(SdkBody::from(body))
        .map_err(|error| ConnectorError::other(error.into(), None))?;
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
}
