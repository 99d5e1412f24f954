//! One connection: reads requests within bounds, asks the service, writes answers.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
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
use tokio::sync::{Semaphore, watch};

use crate::emulator::service::{self, Answer, Hearing, ReplyBody, Service};
use crate::emulator::wire::error::{Exception, WireError};
use crate::emulator::wire::invoke::MOST_BYTES;
use crate::fault::Outage;

/// How long a caller may take to send a request's head, and how long a connection may idle. Longer
/// than the 90 seconds after which the SDK's pool lets go of it: a server that closes first would
/// make a request fail now and then that had only just been sent.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a caller may take to send a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// A body longer than this waits for one of [`LARGE_BODIES`] places to be read in.
const SMALL_BODY: u64 = 64 * 1024;
/// Long bodies that are read at one time: the memory for them is bounded by this.
pub(super) const LARGE_BODIES: usize = 32;
/// The largest request head.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// The most headers of a request.
const MOST_HEADERS: usize = 128;

/// A request that gets no answer: its connection is dropped.
#[derive(Debug, Error)]
#[error("the endpoint is out")]
struct Dropped;

/// What all connections share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub service: Service,
    /// [`LARGE_BODIES`] places.
    pub large_bodies: Arc<Semaphore>,
    pub stopping: watch::Receiver<bool>,
}

/// Serves a connection until the caller leaves, breaks the protocol, or the server stops.
pub(super) async fn serve(stream: TcpStream, shared: Shared) {
    let mut stopping = shared.stopping.clone();
    let handler = service_fn(move |request| answer(shared.clone(), request));
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

/// An answer, and what the journal still hears of the call.
type Heard = (Answer, Option<Hearing>);

async fn answer(shared: Shared, request: Request<Incoming>) -> Result<Response<ReplyBody>, Dropped> {
    let (answer, _hearing) = whatever_happens(&shared.service, handle(&shared, request)).await;
    match answer {
        Answer::Response(response) => Ok(response),
        Answer::Dead(Outage::Refused) => Err(Dropped),
        // Ends when the caller hangs up, which drops this future.
        Answer::Dead(Outage::Silent) => std::future::pending().await,
    }
}

/// Turns a panic into a 500: it ends nothing but its request.
async fn whatever_happens(service: &Service, work: impl Future<Output = Heard>) -> Heard {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a request made the emulator panic; it is answered with a 500");
        (service.refuse(&WireError::usual(Exception::InternalServer)), None)
    })
}

async fn handle(shared: &Shared, request: Request<Incoming>) -> Heard {
    let service = &shared.service;
    let (parts, body) = request.into_parts();
    // Not worth reading.
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return (service.refuse(&service::too_long()), None);
    }
    match read(shared, body).await {
        Ok(body) => service.open(Request::from_parts(parts, body)).await,
        Err(error) => (service.refuse(&error), None),
    }
}

/// Reads a body within the limits of size and time.
async fn read(shared: &Shared, body: Incoming) -> Result<Bytes, WireError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let is_small = body.size_hint().upper().is_some_and(|most| most <= SMALL_BODY);
    let mut whole = pin!(async {
        let _place = if is_small {
            None
        } else {
            shared.large_bodies.acquire().await.ok()
        };
        Limited::new(body, MOST_BYTES).collect().await
    });
    // Most bodies came with their head: no timer is made for those.
    let at_once = poll_fn(|cx| match whole.as_mut().poll(cx) {
        Poll::Ready(read) => Poll::Ready(Some(read)),
        Poll::Pending => Poll::Ready(None),
    });
    let read = if let Some(read) = at_once.await {
        read
    } else {
        let clock = shared.service.clock();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::emulator::service::fixture::{plan, read, serving};

    #[tokio::test(start_paused = true)]
    async fn a_panic_becomes_a_500_to_its_own_request() {
        let service = serving(plan(Duration::ZERO, Duration::ZERO), Clock::virtual_time());
        let (answer, _) = whatever_happens(&service, async { panic!("on purpose") }).await;
        let read = read(answer).await;
        assert_eq!(read.status, 500);
        assert_eq!(read.error().0, "InternalServerException");
    }
}
