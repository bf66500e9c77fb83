//! Listener: one bound socket, made here or handed to this process.
//!
//! A socket that is handed over, by a service manager or by the process before this one, keeps its
//! queue: who connected while nobody accepted is served, not refused.

use super::{BindError, address::ListenAddress};
use crate::connection::socket::Socket;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdTcpListener},
};
use tokio::net::TcpListener;
#[cfg(unix)]
use {
    std::{
        fs,
        os::{
            fd::{AsFd, OwnedFd},
            unix::{fs::FileTypeExt as _, net::UnixListener as StdUnixListener},
        },
        path::Path,
    },
    tokio::net::UnixListener,
};

/// Connections that the kernel may queue: a burst of a cold fleet, not refused; and of a fleet that
/// waits while one process hands over to the next.
const BACKLOG: u32 = 4096;

/// From where somebody on this machine calls who came through a Unix domain socket.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A socket on which connections are accepted.
#[derive(Debug)]
pub struct Listener {
    kind: SocketKind,
    address: ListenAddress,
}

#[derive(Debug)]
enum SocketKind {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

// === impl Listener ===

impl Listener {
    /// Binds an address. A Unix domain socket that nobody listens on any more is replaced.
    pub fn bind(address: &ListenAddress) -> Result<Self, BindError> {
        let bound = match address {
            ListenAddress::Tcp(address) => tcp(*address).and_then(Self::of_tcp),
            #[cfg(unix)]
            ListenAddress::Unix(path) => unix(path).and_then(Self::of_unix),
            #[cfg(not(unix))]
            ListenAddress::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        };
        bound.map_err(|source| BindError {
            address: address.clone(),
            source,
        })
    }

    /// Takes over a TCP socket that listens already.
    pub fn from_tcp(listener: StdTcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::of_tcp(TcpListener::from_std(listener)?)
    }

    /// Takes over a Unix domain socket that listens already.
    #[cfg(unix)]
    pub fn from_unix(listener: StdUnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::of_unix(UnixListener::from_std(listener)?)
    }

    /// Takes over a socket of either kind.
    #[cfg(unix)]
    pub fn from_descriptor(descriptor: OwnedFd) -> io::Result<Self> {
        let socket = socket2::Socket::from(descriptor);
        if !socket.is_listener()? {
            let why = "a socket that was handed over does not listen";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        if socket.local_addr()?.is_unix() {
            Self::from_unix(OwnedFd::from(socket).into())
        } else {
            Self::from_tcp(OwnedFd::from(socket).into())
        }
    }

    fn of_tcp(listener: TcpListener) -> io::Result<Self> {
        Ok(Self {
            address: ListenAddress::Tcp(listener.local_addr()?),
            kind: SocketKind::Tcp(listener),
        })
    }

    #[cfg(unix)]
    fn of_unix(listener: UnixListener) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let path = address.as_pathname().unwrap_or(Path::new(""));
        Ok(Self {
            address: ListenAddress::Unix(path.to_owned()),
            kind: SocketKind::Unix(listener),
        })
    }

    /// Where it listens, with its real port.
    pub fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// The same socket once more, for whoever listens on it next.
    #[cfg(unix)]
    pub fn descriptor(&self) -> io::Result<OwnedFd> {
        match &self.kind {
            SocketKind::Tcp(listener) => listener.as_fd().try_clone_to_owned(),
            SocketKind::Unix(listener) => listener.as_fd().try_clone_to_owned(),
        }
    }

    /// The next connection, and from where it comes.
    pub(super) async fn accept(&self) -> io::Result<(Socket, SocketAddr)> {
        match &self.kind {
            SocketKind::Tcp(listener) => {
                let (socket, address) = listener.accept().await?;
                Ok((Socket::Tcp(socket), address))
            }
            #[cfg(unix)]
            SocketKind::Unix(listener) => {
                let (socket, _) = listener.accept().await?;
                Ok((Socket::Unix(socket), HERE))
            }
        }
    }
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
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

/// A socket's file stays behind when its process ends, and nobody can bind its name again. One that
/// refuses connections is such a rest; one that answers is somebody's.
#[cfg(unix)]
fn unix(path: &Path) -> io::Result<UnixListener> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        fs::remove_file(path)?;
    }
    UnixListener::bind(path)
}
