//! Listening: accepting connections within a limit, and stopping without breaking answers.
//!
//! Stopping has four steps. At the order, `/readyz` turns 503 and answers say `Connection: close`,
//! while connections are still accepted: a load balancer needs a moment to look elsewhere
//! ([`Limits::lame_duck`]). Then nothing is accepted any more; open connections finish the request
//! they are in (HTTP/1 with `Connection: close`, HTTP/2 with GOAWAY). At the deadline whatever is left
//! is cut, and said to be cut here. Then the server returns.

mod address;
mod listener;

pub use address::ListenAddress;
pub use listener::Listener;

use crate::{
    AccessControl, AnswerObserver, ClientSettings, HttpMetrics, Limits, TrustedProxies,
    budget::{Budgets, seats::Seats},
    connection::{self, Peer, ServerPhase, socket::Socket},
    guard::Entrance,
    handler::RequestHandler,
    request_span,
    surface::Surface,
    tls::TlsIdentity,
    watchdog::ConnectionWatchdog,
};
use futures_util::future::join_all;
use prometheus_client::registry::Registry;
use proxy::Proxy;
use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::watch;

/// After a failed accept, which is mostly "too many open files": time for some to be closed.
/// Long enough not to spin, short enough that nobody waits noticeably.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a connection is refused whose caller has its share of seats.
pub(crate) const CROWDED: &str = "its address has too many connections";

/// A bound, not yet serving server.
pub struct Server {
    listeners: Vec<Listener>,
    admin: Vec<Listener>,
    surface: Surface,
    limits: Limits,
    tls: Option<Arc<TlsIdentity>>,
}

/// One entrance: the addresses at which the same callers come in, and what they may use together.
struct ServerEntrance {
    listeners: Vec<Listener>,
    entrance: Entrance,
    seats: Arc<Seats>,
    budgets: Arc<Budgets>,
    handler: Arc<RequestHandler>,
    limits: Limits,
    phases: watch::Receiver<ServerPhase>,
    tls: Option<Arc<TlsIdentity>>,
}

/// Connections of operators at a time. They are apart from the clients', so that a flood of these
/// locks no operator out.
const ADMIN_SEATS: usize = 256;

/// Why a server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// It was told to. Load balancers are given [`Limits::lame_duck`] to look elsewhere.
    Ordered,
    /// Another process accepts at the same sockets already.
    HandedOver,
}

/// How a stopped server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainReport {
    /// Connections that had to be cut at the deadline.
    pub cut: usize,
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// The address asked for.
    pub address: ListenAddress,
    /// The operating system's reason.
    pub source: io::Error,
}

// === impl Server ===

impl Server {
    /// Serves at these sockets, and registers all metrics in `registry`.
    pub fn on(listeners: Vec<Listener>, proxy: Proxy, limits: Limits, registry: Registry) -> Self {
        let surface = Surface::new(proxy, registry);
        Self {
            listeners,
            admin: Vec::new(),
            surface,
            limits,
            tls: None,
        }
    }

    /// Speaks TLS at every address, with this certificate.
    #[must_use]
    pub fn secured_by(mut self, tls: Arc<TlsIdentity>) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Answers requests for these host names too; addresses and names that no outsider can own are
    /// answered in any case.
    #[must_use]
    pub fn serving_hosts(mut self, hosts: Vec<String>) -> Self {
        self.surface.guard.public_hosts = hosts;
        self
    }

    /// Believes these proxies for whom they ask.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies) -> Self {
        self.surface.proxies = proxies;
        self
    }

    /// Asks callers for this.
    #[must_use]
    pub fn guarded_by(mut self, access: Arc<AccessControl>) -> Self {
        self.surface.access = access;
        self
    }

    /// Tells clients these settings.
    #[must_use]
    pub fn telling_clients(mut self, client: ClientSettings) -> Self {
        self.surface.client = client;
        self
    }

    /// Shows private names in the access log, for its owner.
    #[must_use]
    pub fn logging_private_names(mut self, shown: bool) -> Self {
        self.surface.logs_private = shown;
        self
    }

    /// Lets somebody see what is answered.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn AnswerObserver>) -> Self {
        self.surface.observer = Some(observer);
        self
    }

    /// Answers operators at these sockets, and nowhere else, if there is one.
    #[must_use]
    pub fn with_admin(mut self, listeners: Vec<Listener>) -> Self {
        self.surface.guard.has_admin_listener = !listeners.is_empty();
        self.admin = listeners;
        self
    }

    /// The sockets for clients.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// The sockets for operators.
    pub fn admin_listeners(&self) -> &[Listener] {
        &self.admin
    }

    /// Serves until `shutdown` ends, then drains.
    pub async fn run(self, shutdown: impl Future<Output = StopReason>) -> DrainReport {
        let Self {
            listeners,
            admin,
            surface,
            limits,
            tls,
        } = self;
        let surface = Arc::new(surface);
        let handler = Arc::new(RequestHandler::new(Arc::clone(&surface)));
        let (phase, phases) = watch::channel(ServerPhase::Open);
        let door = |listeners, entrance, seats| ServerEntrance {
            listeners,
            entrance,
            seats: Arc::new(Seats::new(seats)),
            budgets: Arc::new(Budgets::new(limits)),
            handler: Arc::clone(&handler),
            limits,
            phases: phases.clone(),
            tls: tls.clone(),
        };
        let public = door(listeners, Entrance::Public, limits.max_connections);
        let admin = door(admin, Entrance::Admin, ADMIN_SEATS);
        let stopping = async {
            let stop = shutdown.await;
            surface.draining.store(true, Ordering::Relaxed);
            if stop == StopReason::Ordered {
                tokio::time::sleep(limits.lame_duck).await;
            }
        };
        tokio::select! {
            () = stopping => {}
            never = public.accept_all() => match never {},
            never = admin.accept_all() => match never {},
        }
        let seats = [public, admin].map(|door| door.seats);
        phase.send_replace(ServerPhase::Draining);
        drain(seats.to_vec(), &limits, &phase).await
    }
}

// === impl ServerEntrance ===

impl ServerEntrance {
    /// Accepts at every socket; never ends.
    async fn accept_all(&self) -> Infallible {
        let accepting = self
            .listeners
            .iter()
            .map(|listener| self.accept_at(listener));
        join_all(accepting).await;
        std::future::pending().await
    }

    async fn accept_at(&self, listener: &Listener) {
        loop {
            let (socket, address) = self.accept(listener).await;
            // Looked for before there is somebody to sit on it, a seat would be cleared for nobody.
            let free = Seats::free(&self.seats, address.ip()).await;
            let watchdog = Arc::new(ConnectionWatchdog::new());
            let Some(seat) = free.and_then(|free| free.take(address.ip(), &watchdog)) else {
                request_span::cut(&self.handler.surface.metrics, CROWDED);
                continue;
            };
            let peer = Arc::new(Peer {
                address: address.ip(),
                via: None,
                entrance: self.entrance,
                tls: self.tls.clone(),
                watchdog,
                allowance: self.budgets.allowance(address.ip()),
                budgets: Arc::clone(&self.budgets),
                cut: Arc::default(),
                seat: Arc::new(seat),
            });
            let serving = connection::serve(
                Arc::clone(&self.handler),
                self.limits,
                socket,
                peer,
                self.phases.clone(),
            );
            tokio::spawn(counted(Arc::clone(&self.handler.surface.metrics), serving));
        }
    }

    async fn accept(&self, listener: &Listener) -> (Socket, SocketAddr) {
        loop {
            match listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if of_one_connection(&error) => {}
                Err(error) => {
                    self.handler.surface.metrics.accept_errors.inc();
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
async fn drain(
    seats: Vec<Arc<Seats>>,
    limits: &Limits,
    phase: &watch::Sender<ServerPhase>,
) -> DrainReport {
    let all_free = || async {
        for seats in &seats {
            seats.all_free().await;
        }
    };
    if tokio::time::timeout(limits.drain_timeout, all_free())
        .await
        .is_ok()
    {
        return DrainReport { cut: 0 };
    }
    let cut = seats.iter().map(|seats| seats.count()).sum();
    phase.send_replace(ServerPhase::Cutting);
    all_free().await;
    DrainReport { cut }
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
