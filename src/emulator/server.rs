//! The service on a loopback port: HTTP/1.1, a thread and a runtime of its own.
//!
//! Everything is bounded: connections, head and body sizes, the time a caller may take to send
//! them. Stopping lets answers under way finish for a moment, then ends them.

mod connection;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::service::Service;
use crate::loopback::{Bounds, Loopback};

pub use crate::loopback::ServeError;

/// Where it listens unless somebody asked for another address.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Connections at one time.
const MOST_CONNECTIONS: usize = 16_384;
/// Connections the kernel keeps waiting.
const BACKLOG: u32 = 4_096;
/// How long answers under way may take once the server is to stop.
const GRACE: Duration = Duration::from_millis(500);

/// A running server. Stops when dropped.
#[derive(Debug)]
pub struct Server(Loopback);

impl Server {
    /// Serves on a loopback port; 0: any free one. The service's clock must be a real one: no virtual
    /// time passes on a socket.
    pub fn spawn(service: Service, port: u16) -> Result<Self, ServeError> {
        Self::spawn_at(service, SocketAddr::new(LOOPBACK, port), GRACE)
    }

    /// The same at any address of this machine; answers under way may take `grace` once it is to stop.
    pub fn spawn_at(service: Service, at: SocketAddr, grace: Duration) -> Result<Self, ServeError> {
        let bounds = Bounds {
            name: "bedrill-emulator",
            connections: MOST_CONNECTIONS,
            backlog: BACKLOG,
            address: at.ip(),
            grace,
            clock: service.clock().clone(),
        };
        let running = Loopback::spawn(bounds, at.port(), |stopping| {
            let shared = connection::Shared {
                service,
                large_bodies: Arc::new(Semaphore::new(connection::LARGE_BODIES)),
                stopping,
            };
            move |stream| connection::serve(stream, shared.clone())
        });
        running.map(Self)
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.0.addr()
    }

    /// Stops taking connections, lets answers under way finish for half a second, and ends.
    pub fn stop(self) {
        drop(self);
    }
}

#[cfg(test)]
mod tests;
