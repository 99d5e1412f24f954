//! The gateway on a loopback port of its own: HTTP/1.1, a thread and a runtime of its own.
//!
//! Bounded in connections, sizes and times. Each connection is a task owned by the accept loop,
//! which the handle owns; stopping ends them all.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::service::{Gateway, GatewayBody};
use super::wire;

/// Connections at one time; the next waits in the kernel's queue.
const MOST_CONNECTIONS: usize = 4_096;
/// Connections the kernel keeps waiting.
const BACKLOG: u32 = 1_024;
/// The largest body of a request.
const MOST_BYTES: usize = 25 << 20;
/// How long a caller may take for a request's head, or idle: longer than the pools of callers do.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a caller may take for a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the loop rests when the process is out of file descriptors.
const REST: Duration = Duration::from_millis(20);

/// A running gateway. Stops when dropped.
#[derive(Debug)]
pub struct GatewayServer {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl GatewayServer {
    /// Serves on a loopback port; 0: any free one. Fails if the port or a thread cannot be had.
    pub fn spawn(gateway: Gateway, port: u16) -> io::Result<Self> {
        // Holds one message: whether listening worked.
        let (tell, told) = sync_channel(1);
        // Holds the last value: whether to stop.
        let (stop, stopping) = watch::channel(false);
        let thread = thread::Builder::new()
            .name("bedrill-gateway".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let listening = runtime.and_then(|runtime| {
                    let listener = runtime.block_on(async { listen(port) })?;
                    Ok((runtime, listener.local_addr()?, listener))
                });
                match listening {
                    Ok((runtime, addr, listener)) => {
                        if tell.send(Ok(addr)).is_ok() {
                            runtime.block_on(accept(&listener, gateway, stopping));
                        }
                    }
                    // Nobody listens only if the spawning thread is gone.
                    Err(problem) => drop(tell.send(Err(problem))),
                }
            })?;
        let ended_early = || io::Error::other("the gateway's thread ended before it listened");
        let addr = told.recv().map_err(|_| ended_early())??;
        Ok(Self {
            addr,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for GatewayServer {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // Its tasks' panics end with them.
            let _ = thread.join();
        }
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &TcpListener, gateway: Gateway, mut stopping: watch::Receiver<bool>) {
    let clock = gateway.clock().clone();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            biased;
            // An error means that the handle is gone: stop too.
            _ = stopping.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (place, accepted) = next => match accepted {
                Ok((stream, _)) => {
                    let gateway = gateway.clone();
                    connections.spawn(async move {
                        let _place = place;
                        serve(stream, gateway).await;
                    });
                }
                // Out of descriptors, or the caller is gone already. Neither is our end.
                Err(problem) => {
                    tracing::warn!(%problem, "the gateway could not accept a connection");
                    clock.sleep(REST).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, gateway: Gateway) {
    // Without it, answers wait for the acknowledgement of their head.
    let _ = stream.set_nodelay(true);
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
