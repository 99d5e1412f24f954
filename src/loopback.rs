//! A loopback port with a thread and a runtime of its own: what the emulator and the gateway stand on.
//!
//! Everything is bounded: the places for connections and the time they have once the server is to stop.
//! Each connection is a task owned by the accept loop, which the handle owns. It never knows what is
//! said on a connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;

/// How long the loop rests when the process is out of file descriptors.
const REST: Duration = Duration::from_millis(20);

/// A server could not be started.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The port could not be had.
    #[error("cannot listen on {at}: {source}. Choose another port, or 0 for any free one")]
    Listen {
        /// The address asked for.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The thread or its runtime could not be had.
    #[error("cannot start the thread {name}: {source}")]
    Start {
        /// The thread's name.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// What bounds a server.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// The name of its thread.
    pub name: &'static str,
    /// Connections at one time; the next waits in the kernel's queue.
    pub connections: usize,
    /// Connections the kernel keeps waiting.
    pub backlog: u32,
    /// The address it is bound to: loopback, unless somebody asked for another.
    pub address: IpAddr,
    /// How long answers under way may take once it is to stop.
    pub grace: Duration,
    /// The clock it rests and waits by: a real one, for no virtual time passes on a socket.
    pub clock: Clock,
}

/// A running server. Stops when dropped.
#[derive(Debug)]
pub struct Loopback {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Serves on a port; 0: any free one. `handler` is told when to stop and makes what
    /// serves each connection.
    pub fn spawn<H, S, W>(bounds: Bounds, port: u16, handler: H) -> Result<Self, ServeError>
    where
        H: FnOnce(watch::Receiver<bool>) -> S + Send + 'static,
        S: Fn(TcpStream) -> W,
        W: Future<Output = ()> + Send + 'static,
    {
        let name = bounds.name;
        let start = |source| ServeError::Start { name, source };
        // Holds one message: whether listening worked.
        let (tell, told) = sync_channel(1);
        // Holds the last value: whether to stop.
        let (stop, stopping) = watch::channel(false);
        let thread = thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                let serve = handler(stopping.clone());
                run(&bounds, port, &tell, (serve, stopping));
            })
            .map_err(start)?;
        let ended_early = |_| start(io::Error::other("it ended before it listened"));
        let addr = told.recv().map_err(ended_early)??;
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

/// Stops taking connections, lets answers under way finish within the grace, and ends.
impl Drop for Loopback {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // Its tasks' panics end with them; were the loop itself to panic, there is nothing left
            // to stop.
            let _ = thread.join();
        }
    }
}

type Told = Result<SocketAddr, ServeError>;

fn run<S, W>(
    bounds: &Bounds,
    port: u16,
    tell: &SyncSender<Told>,
    (serve, stopping): (S, watch::Receiver<bool>),
) where
    S: Fn(TcpStream) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(source) => {
            let name = bounds.name;
            // Nobody listens only if the spawning thread is gone.
            let _ = tell.send(Err(ServeError::Start { name, source }));
            return;
        }
    };
    runtime.block_on(async move {
        let at = SocketAddr::new(bounds.address, port);
        match listen(at, bounds.backlog) {
            Ok((listener, addr)) => {
                if tell.send(Ok(addr)).is_ok() {
                    accept(bounds, &listener, serve, stopping).await;
                }
            }
            Err(source) => {
                let _ = tell.send(Err(ServeError::Listen { at, source }));
            }
        }
    });
}

fn listen(at: SocketAddr, backlog: u32) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if at.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    let listener = socket.listen(backlog)?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

async fn accept<S, W>(bounds: &Bounds, listener: &TcpListener, serve: S, mut stopping: watch::Receiver<bool>)
where
    S: Fn(TcpStream) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let clock = &bounds.clock;
    let places = Arc::new(Semaphore::new(bounds.connections));
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
                    // Without it, answers wait for the acknowledgement of their head.
                    let _ = stream.set_nodelay(true);
                    let serving = serve(stream);
                    connections.spawn(async move {
                        let _place = place;
                        serving.await;
                    });
                }
                // Out of descriptors, or the caller is gone already. Neither is our end.
                Err(problem) => {
                    tracing::warn!(%problem, server = bounds.name, "could not accept a connection");
                    clock.sleep(REST).await;
                }
            },
        }
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = clock.until(clock.now() + bounds.grace, finished).await;
    connections.shutdown().await;
}
