//! Connection: one socket from accept to close.
//!
//! `hyper` speaks HTTP/1.1, or HTTP/2 where the client begins with its preface; this task holds the
//! connection against its [`Pulse`] and against the order to drain.

use crate::{
    Limits, Service, access,
    handler::Surface,
    limits::{MAX_HEAD, MAX_HEADERS, MAX_STREAMS},
    pulse::{Pulse, Verdict},
};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::watch,
};

/// What connections are to do; set once for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Phase {
    /// Serve.
    Open,
    /// Finish what is open, take nothing new.
    Draining,
    /// End now.
    Cutting,
}

/// A socket that leaves marks on a [`Pulse`].
struct Pulsed {
    socket: TcpStream,
    pulse: Arc<Pulse>,
}

pub(crate) fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Its timer also runs between requests; the pulse tells the two apart.
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
    builder
}

/// Serves one connection to its end.
pub(crate) async fn serve<S: Service>(
    builder: auto::Builder<TokioExecutor>,
    surface: Arc<Surface<S>>,
    limits: Limits,
    (socket, peer): (TcpStream, SocketAddr),
    mut phase: watch::Receiver<Phase>,
) {
    // Answers are written in few large pieces; waiting to fill packets only delays small ones.
    let _ = socket.set_nodelay(true);
    let pulse = Arc::new(Pulse::new());
    let metrics = Arc::clone(&surface.metrics);
    let io = TokioIo::new(Pulsed {
        socket,
        pulse: Arc::clone(&pulse),
    });
    let answering = service_fn(|request| {
        let answer = Arc::clone(&surface).handle(Arc::clone(&pulse), peer, request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    let mut connection = std::pin::pin!(builder.serve_connection(io, answering));
    let mut awaited = Phase::Draining;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return report(peer, ended),
            () = reached(&mut phase, awaited) => {
                if awaited == Phase::Cutting {
                    return access::cut(&metrics, "drain");
                }
                awaited = Phase::Cutting;
            }
            verdict = pulse.watch(&limits) => if let Verdict::Cut(reason) = verdict {
                tracing::debug!(%peer, reason, "connection cut");
                return access::cut(&metrics, reason);
            },
        }
        pulse.closing();
        connection.as_mut().graceful_shutdown();
    }
}

/// Ends when the phase is at least `wanted`, or when nobody is left to set it.
async fn reached(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    let _ = phase.wait_for(|phase| *phase >= wanted).await;
}

/// Broken connections are everyday events and tell nothing to an operator.
fn report(peer: SocketAddr, ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

// === impl Pulsed ===

impl Drop for Pulsed {
    /// A body whose end is the end of the connection (HTTP/1.0) is whole for a client that sees
    /// an orderly end. Within or after a torn answer the connection is reset instead.
    fn drop(&mut self) {
        if self.pulse.is_torn() {
            let _ = self.socket.set_zero_linger();
        }
    }
}

impl AsyncRead for Pulsed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.pulse.read();
        }
        Poll::Ready(Ok(()))
    }
}

impl Pulsed {
    fn mark<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &written {
            Poll::Ready(_) => self.pulse.wrote(),
            Poll::Pending => self.pulse.write_blocked(),
        }
        written
    }
}

impl AsyncWrite for Pulsed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.mark(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.mark(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pulse.is_torn() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
