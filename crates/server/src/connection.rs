//! Connection: one socket from accept to close.
//!
//! `hyper` speaks HTTP/1.1, our [`http2`] HTTP/2 where the client begins with its preface; this
//! task holds the connection against its [`ConnectionWatchdog`] and against the order to drain.

mod half_closed;
pub(crate) mod socket;
mod unsent;
mod watched_socket;

use crate::{
    HttpMetrics, Limits,
    budget::{Allowance, Budgets, seats::TakenSeat},
    guard::Entrance,
    handler::RequestHandler,
    http2,
    limits::{MAX_HEAD, MAX_HEADERS},
    request_span,
    tls::TlsIdentity,
    watchdog::{ConnectionVerdict, ConnectionWatchdog},
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket::Socket;
use std::{
    convert::Infallible,
    error::Error,
    net::IpAddr,
    sync::{Arc, OnceLock, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};
use watched_socket::WatchedSocket;

/// What connections are to do; set once for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum ServerPhase {
    /// Serve.
    Open,
    /// Finish what is open, take nothing new.
    Draining,
    /// End now.
    Cutting,
}

/// Who is at the other end of a connection, and what it may use here.
#[derive(Debug)]
pub(crate) struct Peer {
    /// The client: who is connected, or for whom a trusted proxy asks.
    pub(crate) address: IpAddr,
    /// Who is connected, if it is a proxy that asks for somebody.
    pub(crate) via: Option<IpAddr>,
    pub(crate) entrance: Entrance,
    /// The TLS that it speaks, if it speaks any.
    pub(crate) tls: Option<Arc<TlsIdentity>>,
    pub(crate) watchdog: Arc<ConnectionWatchdog>,
    pub(crate) allowance: Allowance,
    pub(crate) budgets: Arc<Budgets>,
    /// Why this server ended the connection before its time, if it did.
    pub(crate) cut: Arc<OnceLock<&'static str>>,
    /// Held, not read: it is free again when the connection is gone.
    pub(crate) seat: Arc<TakenSeat>,
}

/// How long a connection on which nothing is answered stays open when the server drains. A client that
/// just connected, or that sends on a connection which rested, is answered, with `Connection: close`; a
/// proxy in front makes a 502 of a connection that is closed under its request.
const LAST_REQUEST: Duration = Duration::from_millis(500);

/// Why a connection is cut that is still open at the drain deadline.
pub(crate) const DRAINED: &str = "the drain deadline passed";

/// Why a connection ended before its time.
type ConnectionFault = Box<dyn Error + Send + Sync>;

// === impl Peer ===

impl Peer {
    /// The same connection for one request of a client behind a proxy.
    pub(crate) fn on_behalf_of(&self, client: IpAddr) -> Self {
        Self {
            address: client,
            via: Some(self.address),
            entrance: self.entrance,
            tls: self.tls.clone(),
            watchdog: Arc::clone(&self.watchdog),
            allowance: self.budgets.allowance(client),
            budgets: Arc::clone(&self.budgets),
            cut: Arc::clone(&self.cut),
            seat: Arc::clone(&self.seat),
        }
    }

    /// A request head is complete.
    pub(crate) fn request_began(&self, version: http::Version) {
        self.watchdog.request_began(version);
        self.allowance
            .account
            .shares()
            .requests
            .fetch_add(1, Relaxed);
    }

    /// This server ends the connection, and not the client.
    fn is_cut(&self, metrics: &HttpMetrics, reason: &'static str) {
        let _ = self.cut.set(reason);
        request_span::cut(metrics, reason);
    }

    /// Whether more requests of this caller are under way than one caller may have.
    pub(crate) fn has_too_many_requests(&self) -> bool {
        self.allowance.has_too_many_requests()
    }

    /// An answer ended, one way or the other.
    pub(crate) fn request_ended(&self) {
        self.allowance
            .account
            .shares()
            .requests
            .fetch_sub(1, Relaxed);
        self.watchdog.request_ended();
    }
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    handler: Arc<RequestHandler>,
    limits: Limits,
    socket: Socket,
    peer: Arc<Peer>,
    mut phase: watch::Receiver<ServerPhase>,
) {
    socket.send_at_once();
    let metrics = Arc::clone(&handler.surface.metrics);
    let (watchdog, patience) = (&peer.watchdog, peer.allowance.patience());
    let closing = Notify::new();
    let mut speaking = std::pin::pin!(speak(socket, handler, Arc::clone(&peer), &closing));
    let mut awaited = ServerPhase::Draining;
    loop {
        tokio::select! {
            biased;
            ended = speaking.as_mut() => return report(peer.address, ended),
            () = reached(&mut phase, awaited) => {
                if awaited == ServerPhase::Cutting {
                    return peer.is_cut(&metrics, DRAINED);
                }
                awaited = ServerPhase::Cutting;
                // Who has just connected, or rests, may be sending a request at this moment.
                if !watchdog.is_answering() {
                    tokio::select! {
                        biased;
                        ended = speaking.as_mut() => return report(peer.address, ended),
                        () = reached(&mut phase, ServerPhase::Cutting) => {}
                        () = sleep(LAST_REQUEST) => {}
                    }
                }
            }
            verdict = watchdog.watch(&limits, || patience.now()) => {
                if let ConnectionVerdict::Cut(reason) = verdict {
                    tracing::debug!(peer = %peer.address, reason, "connection cut");
                    return peer.is_cut(&metrics, reason);
                }
            },
        }
        watchdog.closing();
        closing.notify_one();
    }
}

/// Speaks whichever HTTP the client does; politely to an end from when `closing` is notified.
async fn speak(
    socket: Socket,
    handler: Arc<RequestHandler>,
    peer: Arc<Peer>,
    closing: &Notify,
) -> Result<(), ConnectionFault> {
    let socket = match peer.tls.as_ref().map(|tls| tls.acceptor()) {
        None => socket,
        Some(acceptor) => tokio::select! {
            secured = socket.secured(&acceptor) => secured?,
            () = closing.notified() => return Ok(()),
        },
    };
    let mut io = WatchedSocket::new(socket, Arc::clone(&peer.watchdog));
    let is_http2 = tokio::select! {
        is_http2 = io.begins_http2() => is_http2?,
        () = closing.notified() => return Ok(()),
    };
    if is_http2 {
        return Ok(http2::serve(io, handler, peer, closing).await?);
    }
    let answering = service_fn(|request| {
        let answer = Arc::clone(&handler).handle(Arc::clone(&peer), request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1().serve_connection(TokioIo::new(io), answering);
    let mut connection = std::pin::pin!(connection);
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return Ok(ended?),
            () = closing.notified() => connection.as_mut().graceful_shutdown(),
        }
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // Its timer also runs between requests; the watchdog tells the two apart.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    builder
}

/// Ends when the phase is at least `wanted`, or when nobody is left to set it.
async fn reached(phase: &mut watch::Receiver<ServerPhase>, wanted: ServerPhase) {
    let _ = phase.wait_for(|phase| *phase >= wanted).await;
}

/// Broken connections are everyday events and tell nothing to an operator.
fn report(peer: IpAddr, ended: Result<(), ConnectionFault>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}
