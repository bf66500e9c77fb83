//! Listening: accepting connections within a limit, and stopping without breaking answers.
//!
//! Stopping has three steps. At the order, `/readyz` turns 503 and no connection is accepted any
//! more; open connections finish the request they are in (HTTP/1 with `Connection: close`, HTTP/2
//! with GOAWAY). At the deadline whatever is left is cut. Then the server returns.

use crate::{
    HttpMetrics, Limits, Service,
    connection::{self, Phase},
    handler::Surface,
    request_id::RequestIds,
};
use prometheus_client::registry::Registry;
use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

/// After a failed accept, which is mostly "too many open files": time for some to be closed.
/// Long enough not to spin, short enough that nobody waits noticeably.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that the kernel may queue: a burst of a cold fleet, not refused.
const BACKLOG: u32 = 4096;

/// The highest limit of connections that is kept; more than a process can have files open.
const MOST_CONNECTIONS: u32 = 1 << 24;

/// A bound, not yet serving server.
pub struct Server<S> {
    listener: TcpListener,
    local: SocketAddr,
    surface: Arc<Surface<S>>,
    limits: Limits,
}

/// How a stopped server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that had to be cut at the deadline.
    pub cut: usize,
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// The address asked for.
    pub address: SocketAddr,
    /// The operating system's reason.
    pub source: io::Error,
}

// === impl Server ===

impl<S: Service> Server<S> {
    /// Binds `address` (port 0: any free one) and registers all metrics in `registry`.
    pub fn bind(
        address: SocketAddr,
        service: S,
        limits: Limits,
        mut registry: Registry,
    ) -> Result<Self, BindError> {
        let listener = listen(address).map_err(|source| BindError { address, source })?;
        let local = listener
            .local_addr()
            .map_err(|source| BindError { address, source })?;
        let metrics = Arc::new(HttpMetrics::default());
        metrics.register(&mut registry);
        service.register(&mut registry);
        let surface = Surface {
            service,
            metrics,
            registry,
            ids: RequestIds::new(),
            stories: Arc::default(),
            draining: AtomicBool::new(false),
        };
        Ok(Self {
            listener,
            local,
            surface: Arc::new(surface),
            limits,
        })
    }

    /// The bound address, with its real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Serves until `shutdown` ends, then drains.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Drained {
        let places = seats_for(&self.limits);
        let seats = Arc::new(Semaphore::new(places as usize));
        let (phase, phases) = watch::channel(Phase::Open);
        tokio::select! {
            () = shutdown => {}
            () = self.accept_all(&seats, &phases) => {}
        }
        let Self {
            listener,
            surface,
            limits,
            ..
        } = self;
        drop(listener);
        surface.draining.store(true, Ordering::Relaxed);
        phase.send_replace(Phase::Draining);
        drain(&seats, places, &limits, &phase).await
    }

    async fn accept_all(&self, seats: &Arc<Semaphore>, phases: &watch::Receiver<Phase>) {
        let builder = connection::builder();
        // The seat is taken first: beyond the limit, connections wait in the kernel's queue.
        while let Ok(seat) = Arc::clone(seats).acquire_owned().await {
            let accepted = self.accept().await;
            let serving = connection::serve(
                builder.clone(),
                Arc::clone(&self.surface),
                self.limits,
                accepted,
                phases.clone(),
            );
            tokio::spawn(seated(seat, Arc::clone(&self.surface.metrics), serving));
        }
    }

    async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if of_one_connection(&error) => {}
                Err(error) => {
                    self.surface.metrics.accept_errors.inc();
                    tracing::warn!(%error, "cannot accept connections, trying again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// A limit of none would serve nobody, and one that no machine can reach is as good as any other.
fn seats_for(limits: &Limits) -> u32 {
    u32::try_from(limits.max_connections)
        .unwrap_or(u32::MAX)
        .clamp(1, MOST_CONNECTIONS)
}

async fn seated(
    seat: OwnedSemaphorePermit,
    metrics: Arc<HttpMetrics>,
    serving: impl Future<Output = ()>,
) {
    let open = OpenConnection::new(metrics);
    serving.await;
    drop((open, seat));
}

/// Waits until every seat is free again; cuts what is left at the deadline.
async fn drain(
    seats: &Semaphore,
    all: u32,
    limits: &Limits,
    phase: &watch::Sender<Phase>,
) -> Drained {
    if tokio::time::timeout(limits.drain_timeout, seats.acquire_many(all))
        .await
        .is_ok()
    {
        return Drained { cut: 0 };
    }
    let cut = (all as usize).saturating_sub(seats.available_permits());
    phase.send_replace(Phase::Cutting);
    let _ = seats.acquire_many(all).await;
    Drained { cut }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        tokio::net::TcpSocket::new_v4()?
    } else {
        tokio::net::TcpSocket::new_v6()?
    };
    // A restarted server takes its port again while old connections are still in TIME_WAIT.
    // Windows means something else by this option: two servers on one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Errors of a connection that went away before it was accepted, not of accepting.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Counts a connection for as long as it lives, however its task ends.
struct OpenConnection(Arc<HttpMetrics>);

impl OpenConnection {
    fn new(metrics: Arc<HttpMetrics>) -> Self {
        metrics.connections.inc();
        Self(metrics)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}
