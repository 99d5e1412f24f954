//! The service on a loopback port: HTTP/1.1, a thread and a runtime of its own.
//!
//! Everything is bounded: connections, head and body sizes, the time a caller may take to send
//! them. Each connection is a task owned by the accept loop, which the handle owns; stopping lets
//! answers under way finish for a moment, then ends them.

mod connection;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::service::Service;

/// Connections at one time; the next waits in the kernel's queue.
const MOST_CONNECTIONS: usize = 16_384;
/// Connections the kernel keeps waiting.
const BACKLOG: u32 = 4_096;
/// How long answers under way may take once the server is to stop.
const GRACE: Duration = Duration::from_millis(500);
/// How long the loop rests when the process is out of file descriptors.
const REST: Duration = Duration::from_millis(20);

/// The server could not be started.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The port could not be had.
    #[error("cannot listen on 127.0.0.1:{port}: {source}. Choose another port, or 0 for any free one")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The thread or its runtime could not be had.
    #[error("cannot start the emulator's thread: {0}")]
    Start(#[source] io::Error),
}

/// A running server. Stops when dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a loopback port; 0: any free one. The service's clock must be a real one: no virtual
    /// time passes on a socket.
    pub fn spawn(service: Service, port: u16) -> Result<Self, ServeError> {
        // Holds one message: whether listening worked.
        let (tell, told) = sync_channel(1);
        // Holds the last value: whether to stop.
        let (stop, stopping) = watch::channel(false);
        let thread = thread::Builder::new()
            .name("bedrill-emulator".into())
            .spawn(move || run(service, port, &tell, stopping))
            .map_err(ServeError::Start)?;
        let ended_early = || ServeError::Start(io::Error::other("it ended before it listened"));
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

    /// Stops taking connections, lets answers under way finish for half a second, and ends.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // Its tasks' panics end with them; were the loop itself to panic, there is nothing left
            // to stop.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

type Told = Result<SocketAddr, ServeError>;

fn run(service: Service, port: u16, tell: &SyncSender<Told>, stopping: watch::Receiver<bool>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(problem) => {
            // Nobody listens only if the spawning thread is gone.
            let _ = tell.send(Err(ServeError::Start(problem)));
            return;
        }
    };
    runtime.block_on(async move {
        match listen(port) {
            Ok((listener, addr)) => {
                if tell.send(Ok(addr)).is_ok() {
                    accept(&listener, service, stopping).await;
                }
            }
            Err(source) => {
                let _ = tell.send(Err(ServeError::Listen { port, source }));
            }
        }
    });
}

fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    let listener = socket.listen(BACKLOG)?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

async fn accept(listener: &TcpListener, service: Service, mut stopping: watch::Receiver<bool>) {
    let clock = service.clock().clone();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let shared = connection::Shared {
        service,
        large_bodies: Arc::new(Semaphore::new(connection::LARGE_BODIES)),
        stopping: stopping.clone(),
    };
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
                    let serving = connection::serve(stream, shared.clone());
                    connections.spawn(async move {
                        let _place = place;
                        serving.await;
                    });
                }
                // Out of descriptors, or the caller is gone already. Neither is our end.
                Err(problem) => {
                    tracing::warn!(%problem, "could not accept a connection");
                    clock.sleep(REST).await;
                }
            },
        }
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = clock.until(clock.now() + GRACE, finished).await;
    connections.shutdown().await;
}

#[cfg(test)]
mod tests;
