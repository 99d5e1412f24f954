//! Any HTTP service as the SDK's transport, called in this process without a socket.
//!
//! In virtual time there must be no socket (tokio's time would jump ahead of it). A caller that
//! gives up drops the service's future: the service must settle its work by guards, as it does for
//! a caller that hangs up.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::fault::Outage;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Reply = Result<http::Response<SdkBody>, Outage>;
type Serve = dyn Fn(http::Request<Bytes>) -> BoxFuture<'static, Reply> + Send + Sync;

/// A service to call: request in, response or silence out. Cheap to clone.
#[derive(Clone)]
pub struct Handler(Arc<Serve>);

impl Handler {
    /// A handler from an async function. `Err` is an endpoint that is out: it refuses, or never
    /// answers.
    pub fn new<F, W, B>(serve: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<http::Response<B>, Outage>> + Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError> + 'static,
    {
        Self(Arc::new(move |request| {
            let served = serve(request);
            Box::pin(async move {
                served
                    .await
                    .map(|response| response.map(|body| SdkBody::from_body_1_x(Shareable::new(body))))
            })
        }))
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

/// The transport over a handler.
#[derive(Debug)]
pub(super) struct InProcess {
    connector: SharedHttpConnector,
}

impl InProcess {
    pub(super) fn new(handler: Handler) -> Self {
        Self {
            connector: SharedHttpConnector::new(Connector(handler)),
        }
    }

    /// Its one connector.
    pub(super) fn connector(self) -> SharedHttpConnector {
        self.connector
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.connector.clone()
    }
}

#[derive(Debug)]
struct Connector(Handler);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let serve = self.0.clone();
        HttpConnectorFuture::new(async move {
            let (head, body) = request.into_parts();
            // Most requests are in memory; one with its checksum behind it is not.
            let body = match body.bytes() {
                Some(bytes) => Bytes::copy_from_slice(bytes),
                None => body.collect().await.map_err(ConnectorError::user)?.to_bytes(),
            };
            match (serve.0)(http::Request::from_parts(head, body)).await {
                Ok(response) => HttpResponse::try_from(response)
                    .map_err(|error| ConnectorError::other(error.into(), None)),
                Err(outage) => dead(outage).await,
            }
        })
    }
}

/// What a caller meets at an endpoint that is out.
pub(super) async fn dead(outage: Outage) -> Result<HttpResponse, ConnectorError> {
    match outage {
        Outage::Refused => {
            let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
            Err(ConnectorError::io(refused.into()).never_connected())
        }
        // The caller's attempt timeout or deadline ends the wait.
        Outage::Silent => std::future::pending().await,
    }
}

/// Makes a body `Sync`, which the SDK asks for; nobody ever shares it.
struct Shareable<B>(Mutex<Pin<Box<B>>>);

impl<B> Shareable<B> {
    fn new(body: B) -> Self {
        Self(Mutex::new(Box::pin(body)))
    }
}

impl<B: Body> Body for Shareable<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let body = self
            .get_mut()
            .0
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        body.as_mut().poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
