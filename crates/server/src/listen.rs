//! Listening: accepting connections within a limit, and stopping without breaking answers.
//!
//! Stopping has three steps. At the order, `/readyz` turns 503 and no connection is accepted any
//! more; open connections finish the request they are in (HTTP/1 with `Connection: close`, HTTP/2
//! with GOAWAY). At the deadline whatever is left is cut. Then the server returns.

use crate::{
    ClientSettings, HttpMetrics, Limits, Service, access,
    budget::{Budgets, seats::Seats},
    connection::{self, Peer, Phase},
    guard::{Entrance, Guard},
    handler::Surface,
    pulse::Pulse,
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
    sync::watch,
};

/// After a failed accept, which is mostly "too many open files": time for some to be closed.
/// Long enough not to spin, short enough that nobody waits noticeably.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that the kernel may queue: a burst of a cold fleet, not refused.
const BACKLOG: u32 = 4096;

/// Why a connection is refused whose caller has its share of seats.
pub(crate) const CROWDED: &str = "its address has too many connections";

/// A bound, not yet serving server.
pub struct Server<S> {
    listener: TcpListener,
    local: SocketAddr,
    admin: Option<(TcpListener, SocketAddr)>,
    surface: Surface<S>,
    limits: Limits,
}

/// One address at which connections are accepted.
struct Door<S> {
    listener: TcpListener,
    entrance: Entrance,
    seats: Arc<Seats>,
    budgets: Budgets,
    surface: Arc<Surface<S>>,
    limits: Limits,
    phases: watch::Receiver<Phase>,
}

/// Connections of operators at a time. They are apart from the clients', so that a flood of these
/// locks no operator out.
const ADMIN_SEATS: usize = 256;

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
            guard: Guard::default(),
            client: ClientSettings::default(),
            draining: AtomicBool::new(false),
        };
        Ok(Self {
            listener,
            local,
            admin: None,
            surface,
            limits,
        })
    }

    /// Answers requests for these host names too; addresses and names that no outsider can own are
    /// answered in any case.
    #[must_use]
    pub fn serving_hosts(mut self, hosts: Vec<String>) -> Self {
        self.surface.guard.public_hosts = hosts;
        self
    }

    /// Tells clients these settings.
    #[must_use]
    pub fn telling_clients(mut self, client: ClientSettings) -> Self {
        self.surface.client = client;
        self
    }

    /// Answers operators at this address, and nowhere else.
    pub fn bind_admin(mut self, address: SocketAddr) -> Result<Self, BindError> {
        let bound = listen(address).and_then(|listener| {
            let local = listener.local_addr()?;
            Ok((listener, local))
        });
        self.admin = Some(bound.map_err(|source| BindError { address, source })?);
        self.surface.guard.has_admin_listener = true;
        Ok(self)
    }

    /// The bound address for operators, if there is one.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(_, local)| *local)
    }

    /// The bound address, with its real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Serves until `shutdown` ends, then drains.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Drained {
        let Self {
            listener,
            admin,
            surface,
            limits,
            ..
        } = self;
        let surface = Arc::new(surface);
        let (phase, phases) = watch::channel(Phase::Open);
        let door = |listener, entrance, seats| Door {
            listener,
            entrance,
            seats: Arc::new(Seats::new(seats)),
            budgets: Budgets::new(limits),
            surface: Arc::clone(&surface),
            limits,
            phases: phases.clone(),
        };
        let public = door(listener, Entrance::Public, limits.max_connections);
        let admin = admin.map(|(listener, _)| door(listener, Entrance::Admin, ADMIN_SEATS));
        tokio::select! {
            () = shutdown => {}
            () = public.accept_all() => {}
            () = accept_all(admin.as_ref()) => {}
        }
        let seats = [Some(public), admin].map(|door| door.map(|door| door.seats));
        surface.draining.store(true, Ordering::Relaxed);
        phase.send_replace(Phase::Draining);
        drain(seats.into_iter().flatten().collect(), &limits, &phase).await
    }
}

/// Accepts where there is something to accept at.
async fn accept_all<S: Service>(door: Option<&Door<S>>) {
    match door {
        Some(door) => door.accept_all().await,
        None => std::future::pending().await,
    }
}

// === impl Door ===

impl<S: Service> Door<S> {
    async fn accept_all(&self) {
        loop {
            let (socket, address) = self.accept().await;
            // Looked for before there is somebody to sit on it, a seat would be cleared for nobody.
            let free = Seats::free(&self.seats, address.ip()).await;
            let pulse = Arc::new(Pulse::new());
            let Some(seat) = free.and_then(|free| free.take(address.ip(), &pulse)) else {
                access::cut(&self.surface.metrics, CROWDED);
                continue;
            };
            let peer = Arc::new(Peer {
                address,
                entrance: self.entrance,
                pulse,
                allowance: self.budgets.allowance(address.ip()),
                _seat: seat,
            });
            let serving = connection::serve(
                Arc::clone(&self.surface),
                self.limits,
                socket,
                peer,
                self.phases.clone(),
            );
            tokio::spawn(counted(Arc::clone(&self.surface.metrics), serving));
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

async fn counted(metrics: Arc<HttpMetrics>, serving: impl Future<Output = ()>) {
    let open = OpenConnection::new(metrics);
    serving.await;
    drop(open);
}

/// Waits until every seat is free again; cuts what is left at the deadline.
async fn drain(seats: Vec<Arc<Seats>>, limits: &Limits, phase: &watch::Sender<Phase>) -> Drained {
    let all_free = || async {
        for seats in &seats {
            seats.all_free().await;
        }
    };
    if tokio::time::timeout(limits.drain_timeout, all_free())
        .await
        .is_ok()
    {
        return Drained { cut: 0 };
    }
    let cut = seats.iter().map(|seats| seats.count()).sum();
    phase.send_replace(Phase::Cutting);
    all_free().await;
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
