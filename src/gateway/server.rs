//! The gateway on a loopback port of its own: HTTP/1.1, a thread and a runtime of its own.
//!
//! Bounded in connections, sizes and times. Stopping ends them all.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::service::{Gateway, GatewayBody};
use super::wire;
use crate::loopback::{Bounds, Loopback, ServeError};

/// Connections at one time.
const MOST_CONNECTIONS: usize = 4_096;
/// Connections the kernel keeps waiting.
const BACKLOG: u32 = 1_024;
/// The largest body of a request.
const MOST_BYTES: usize = 25 << 20;
/// How long a caller may take for a request's head, or idle: longer than the pools of callers do.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a caller may take for a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A running gateway. Stops when dropped.
#[derive(Debug)]
pub struct GatewayServer(Loopback);

impl GatewayServer {
    /// Serves on a loopback port; 0: any free one. Fails if the port or a thread cannot be had.
    pub fn spawn(gateway: Gateway, port: u16) -> Result<Self, ServeError> {
        let bounds = Bounds {
            address: Ipv4Addr::LOCALHOST.into(),
            name: "bedrill-gateway",
            connections: MOST_CONNECTIONS,
            backlog: BACKLOG,
            grace: Duration::ZERO,
            clock: gateway.clock().clone(),
        };
        let running = Loopback::spawn(bounds, port, |_| move |stream| serve(stream, gateway.clone()));
        running.map(Self)
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.0.addr()
    }
}

async fn serve(stream: TcpStream, gateway: Gateway) {
    let handler = service_fn(move |request| answer(gateway.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), handler);
    if let Err(problem) = connection.await {
        // A caller that hung up, or garbage: no fault of ours.
        tracing::debug!(%problem, "a connection of the gateway ended early");
    }
}

async fn answer(gateway: Gateway, request: Request<Incoming>) -> Result<Response<GatewayBody>, Infallible> {
    let (parts, body) = request.into_parts();
    let deadline = gateway.clock().now() + BODY_TIMEOUT;
    let read = Limited::new(body, MOST_BYTES).collect();
    let Some(Ok(read)) = gateway.clock().until(deadline, read).await else {
        let status = StatusCode::BAD_REQUEST;
        let words = "the request's body is too long, or did not come";
        let body = wire::own_error(status, "invalid_request_error", words);
        let mut response = Response::new(GatewayBody::whole(body));
        *response.status_mut() = status;
        return Ok(response);
    };
    let body: Bytes = read.to_bytes();
    Ok(gateway.handle(Request::from_parts(parts, body)).await)
}
