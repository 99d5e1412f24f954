//! One connection: reads requests within bounds, asks the service, writes answers.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::emulator::service::{self, Answer, ReplyBody, Service};
use crate::emulator::wire::error::{Exception, WireError};
use crate::emulator::wire::invoke::MOST_BYTES;
use crate::fault::Outage;

/// How long a caller may take to send a request's head, and how long a connection may idle. Longer
/// than the 90 seconds after which the SDK's pool lets go of it: a server that closes first would
/// make a request fail now and then that had only just been sent.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a caller may take to send a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest request head.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// The most headers of a request.
const MOST_HEADERS: usize = 128;

/// A request that gets no answer: its connection is dropped.
#[derive(Debug, Error)]
#[error("the endpoint is out")]
struct Dropped;

/// Serves a connection until the caller leaves, breaks the protocol, or the server stops.
pub(super) async fn serve(stream: TcpStream, service: Service, mut stopping: watch::Receiver<bool>) {
    // Without it, answers wait for the acknowledgement of their head.
    let _ = stream.set_nodelay(true);
    let handler = service_fn(move |request| answer(service.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADERS)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), handler);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        // The block lets go of the channel's lock before anything else is awaited.
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        ended = connection.as_mut() => ended,
    };
    if let Err(problem) = ended {
        // A caller that hung up, garbage, or an outage on purpose: no fault of ours.
        tracing::debug!(%problem, "a connection ended early");
    }
}

/// Answers a request. A panic becomes a 500 and ends nothing but its request.
async fn answer(service: Service, request: Request<Incoming>) -> Result<Response<ReplyBody>, Dropped> {
    let handled = AssertUnwindSafe(handle(&service, request)).catch_unwind().await;
    let answer = handled.unwrap_or_else(|_| {
        tracing::error!("a request made the emulator panic; it is answered with a 500");
        service.refuse(&WireError::usual(Exception::InternalServer))
    });
    match answer {
        Answer::Response(response) => Ok(response),
        Answer::Dead(Outage::Refused) => Err(Dropped),
        // Ends when the caller hangs up, which drops this future.
        Answer::Dead(Outage::Silent) => std::future::pending().await,
    }
}

async fn handle(service: &Service, request: Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    // Not worth reading.
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return service.refuse(&service::too_long());
    }
    match read(service, body).await {
        Ok(body) => service.handle(Request::from_parts(parts, body)).await,
        Err(error) => service.refuse(&error),
    }
}

/// Reads a body within the limits of size and time.
async fn read(service: &Service, body: Incoming) -> Result<Bytes, WireError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut whole = pin!(Limited::new(body, MOST_BYTES).collect());
    // Most bodies came with their head: no timer is made for those.
    let at_once = poll_fn(|cx| match whole.as_mut().poll(cx) {
        Poll::Ready(read) => Poll::Ready(Some(read)),
        Poll::Pending => Poll::Ready(None),
    });
    let read = if let Some(read) = at_once.await {
        read
    } else {
        let clock = service.clock();
        let deadline = clock.now() + BODY_TIMEOUT;
        let too_late = || {
            WireError::new(
                Exception::RequestTimeout,
                "The request's body did not come in time.",
            )
        };
        clock.until(deadline, whole).await.ok_or_else(too_late)?
    };
    match read {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(problem) if problem.is::<LengthLimitError>() => Err(service::too_long()),
        Err(_) => Err(WireError::new(
            Exception::Serialization,
            "The request's body ended before its length.",
        )),
    }
}
