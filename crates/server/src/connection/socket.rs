//! Socket: what a connection is made of, TCP, TLS over it, or a Unix domain socket.
//!
//! Everything above reads and writes bytes. What only TCP has (small packets at once, a limit for what
//! the kernel holds unsent, an end that is a reset) is done where it can be, and left out elsewhere.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Does the same with whichever socket it is.
macro_rules! either {
    ($socket:expr, $inner:ident => $done:expr) => {
        match $socket {
            Socket::Tcp($inner) => $done,
            Socket::Tls($inner) => $done,
            #[cfg(unix)]
            Socket::Unix($inner) => $done,
        }
    };
}

// === impl Socket ===

impl Socket {
    /// The same connection with TLS, once the client has shaken hands. A Unix domain socket stays as it is: it
    /// does not leave this machine.
    pub(super) async fn secured(self, acceptor: &TlsAcceptor) -> io::Result<Self> {
        match self {
            Self::Tcp(socket) => Ok(Self::Tls(Box::new(acceptor.accept(socket).await?))),
            socket => Ok(socket),
        }
    }

    /// The TCP connection below.
    fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(socket) => Some(socket),
            Self::Tls(socket) => Some(socket.get_ref().0),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// Answers are written in few large pieces; waiting to fill packets only delays small ones.
    pub(super) fn send_at_once(&self) {
        if let Some(socket) = self.tcp() {
            let _ = socket.set_nodelay(true);
        }
    }

    /// An error that the kernel noted down since it was asked last.
    pub(super) fn take_error(&self) -> io::Result<Option<io::Error>> {
        match self {
            Self::Tcp(socket) => socket.take_error(),
            Self::Tls(socket) => socket.get_ref().0.take_error(),
            #[cfg(unix)]
            Self::Unix(socket) => socket.take_error(),
        }
    }

    /// Writes past everything above. Below TLS nothing can be written so.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.try_write(bytes),
            Self::Tls(_) => Err(io::ErrorKind::WouldBlock.into()),
            #[cfg(unix)]
            Self::Unix(socket) => socket.try_write(bytes),
        }
    }

    /// Lets the end be a reset, so that no client takes what it has for the whole. A Unix domain
    /// socket has no resets; there only the framing tells.
    pub(super) fn end_by_reset(&self) {
        if let Some(socket) = self.tcp() {
            let _ = socket.set_zero_linger();
        }
    }

    /// How much the kernel may hold unsent: `TCP_NOTSENT_LOWAT` of tcp(7). Where it cannot be set the
    /// kernel's own limits hold; those of a Unix domain socket are small.
    #[cfg(target_os = "linux")]
    pub(super) fn limit_unsent(&self, bytes: u32) {
        if let Some(socket) = self.tcp() {
            let _ = socket2::SockRef::from(socket).set_tcp_notsent_lowat(bytes);
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn limit_unsent(&self, _bytes: u32) {}
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(&mut *self, socket => Pin::new(socket).poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(&mut *self, socket => Pin::new(socket).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(&mut *self, socket => Pin::new(socket).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        either!(self, socket => socket.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(&mut *self, socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(&mut *self, socket => Pin::new(socket).poll_shutdown(cx))
    }
}
