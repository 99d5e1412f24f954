//! Plain HTTP over the same transports as the SDK's calls: for what speaks another dialect than
//! AWS's, such as a gateway. TLS included.
//!
//! Knows nothing of retries or attempts; a status is no failure here, only silence is.

mod sse;

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, Method, Uri};
use http_body_util::{BodyExt as _, Limited};
use thiserror::Error;

pub use self::sse::SseReader;
use super::classify;
use super::faults::{ClientFaults, Tap};
use super::in_process::{Handler, InProcess};
use super::spend::{self, SpendGuard, Tariff};
use crate::clock::Clock;
use crate::event::{Failure, FailureKind};
use crate::names::Secret;

/// Time to make a connection, as for every client.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);
/// Idle connections live this long and are so many to one host, as in the SDK's pool.
const POOL_IDLE: Duration = Duration::from_secs(15);
const POOL_IDLE_CONNECTIONS: usize = 512;
/// No answer that is not streamed is longer.
const MOST_BYTES: usize = 8 << 20;
/// The authority of calls without a socket: a name that resolves nowhere.
const NOWHERE: &str = "http://in-process.invalid";

/// A URL that cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{url}` is no URL of a server: {why}")]
pub struct BadUrl {
    /// The URL.
    pub url: String,
    /// What is wrong.
    pub why: &'static str,
}

/// Calls one server. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct HttpCaller {
    base: Arc<str>,
    key: Option<Secret>,
    connector: SharedHttpConnector,
}

impl HttpCaller {
    /// A caller of a URL, `http://127.0.0.1:4000`, with a path before all others if there is one.
    /// Root certificates are only read for `https`.
    pub fn to_url(url: &str) -> Result<Self, BadUrl> {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .build();
        let builder = Connector::builder()
            .connector_settings(settings)
            .sleep_impl(TokioSleep::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_IDLE_CONNECTIONS);
        // The environment's proxies hold but for this machine.
        let proxies = if is_loopback(url) {
            ProxyConfig::disabled()
        } else {
            ProxyConfig::from_env()
        };
        let builder = builder.proxy_config(proxies);
        let connector = if scheme(url)? == "https" {
            builder
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
                .build()
        } else {
            builder.build_http()
        };
        Ok(Self {
            base: url.trim_end_matches('/').into(),
            key: None,
            connector: SharedHttpConnector::new(connector),
        })
    }

    /// A caller of a service in this process, without a socket. `prefix` stands before every path.
    pub fn in_process(handler: Handler, prefix: &str) -> Self {
        Self {
            base: format!("{NOWHERE}{prefix}").into(),
            key: None,
            connector: InProcess::new(handler).connector(),
        }
    }

    /// The same caller, with a further path before all others.
    #[must_use]
    pub fn below(&self, prefix: &str) -> Self {
        Self {
            base: format!("{}{prefix}", self.base).into(),
            ..self.clone()
        }
    }

    /// Sends a bearer key with every call.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Lets nothing pass that does not fit beneath a cap: every chat is taken to cost the dearest of
    /// these prices.
    #[must_use]
    pub fn metered(mut self, guard: &SpendGuard, tariffs: Vec<Tariff>) -> Self {
        self.connector = spend::chats(self.connector, guard.clone(), tariffs);
        self
    }

    /// Lets faults at the client strike its calls, where they are made within a call that is
    /// watched.
    #[must_use]
    pub(super) fn tapped(mut self, clock: &Clock, faults: &ClientFaults) -> Self {
        self.connector = Tap::connector(self.connector, clock.clone(), faults.clone());
        self
    }

    /// Asks for a path.
    pub async fn get(&self, path: &str) -> Result<HttpReply, Failure> {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    /// Sends JSON to a path.
    pub async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<HttpReply, Failure> {
        self.send(Method::POST, path, headers, body.into()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<HttpReply, Failure> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(USER_AGENT, concat!("bedrill/", env!("CARGO_PKG_VERSION")));
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {}", key.expose()));
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let unsent =
            |problem: &dyn std::error::Error| Failure::local(FailureKind::Other, problem.to_string());
        let request = request
            .body(SdkBody::from(body))
            .map_err(|problem| unsent(&problem))?;
        let request = HttpRequest::try_from(request).map_err(|problem| unsent(&problem))?;
        let response = self
            .connector
            .call(request)
            .await
            .map_err(|problem| classify::connection(&problem))?;
        let response = response.try_into_http1x().map_err(|problem| unsent(&problem))?;
        let (parts, body) = response.into_parts();
        Ok(HttpReply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }
}

/// The head of an answer, and its body to come.
#[derive(Debug)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    body: SdkBody,
}

impl HttpReply {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the body is a stream of server-sent events.
    pub fn is_event_stream(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default();
        kind.starts_with("text/event-stream")
    }

    /// The whole body.
    pub async fn bytes(self) -> Result<Bytes, Failure> {
        let read = Limited::new(self.body, MOST_BYTES).collect().await;
        read.map(http_body_util::Collected::to_bytes)
            .map_err(|problem| Failure {
                status: Some(self.status),
                ..Failure::local(FailureKind::Connection, problem.to_string())
            })
    }

    /// The body as server-sent events.
    pub fn events(self) -> SseReader {
        SseReader::new(self.body)
    }
}

/// Whether a URL stays on this machine.
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn scheme(url: &str) -> Result<String, BadUrl> {
    let bad = |why| BadUrl {
        url: url.to_owned(),
        why,
    };
    let uri: Uri = url.parse().map_err(|_| bad("it cannot be read"))?;
    if uri.host().is_none_or(str::is_empty) {
        return Err(bad("it names no host; write http://127.0.0.1:4000"));
    }
    match uri.scheme_str() {
        Some(scheme @ ("http" | "https")) => Ok(scheme.to_owned()),
        _ => Err(bad("it must begin with http:// or https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_or_refused_with_a_reason() {
        assert!(HttpCaller::to_url("http://127.0.0.1:4000/").is_ok());
        for (url, why) in [
            ("127.0.0.1:4000", "begin with http"),
            ("ftp://example.com", "begin with http"),
            ("http://", "cannot be read"),
            ("not a url", "cannot be read"),
        ] {
            let refused = HttpCaller::to_url(url).expect_err(url).to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for url in [
            "http://127.0.0.1:4000",
            "http://localhost",
            "http://[::1]:80/v1",
            "http://127.9.9.9",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://gateway.example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.nip.io",
            "",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
