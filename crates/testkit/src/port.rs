//! A loopback port that stays ours while nobody listens on it.
//!
//! "The upstream is down" and "the server restarts at the same address" both need a port that
//! refuses connections now and is free to listen on later. A port that is merely closed can be
//! handed to another test in between. A socket that is bound with `SO_REUSEADDR` and never
//! listens keeps the kernel from handing it out, answers nobody (the kernel refuses the
//! connection), and does not stand in the way of a later listener that sets `SO_REUSEADDR`
//! too, as every server on Unix does.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// A reserved port on 127.0.0.1.
pub struct Port {
    address: SocketAddr,
    _reserved: TcpSocket,
}

/// Connections the kernel may queue before we accept them; more than any test opens at once.
const BACKLOG: u32 = 4096;

// === impl Port ===

impl Port {
    /// Takes a free port.
    pub fn reserve() -> Self {
        let reserved = socket(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let address = reserved.local_addr().unwrap();
        Self {
            address,
            _reserved: reserved,
        }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts to listen on it. Must be called inside a tokio runtime.
    pub fn listen(&self) -> TcpListener {
        socket(self.address).listen(BACKLOG).unwrap()
    }
}

impl fmt::Debug for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_reserved_port_refuses_until_somebody_listens_and_again_afterwards() {
        let port = Port::reserve();
        let refused = || TcpStream::connect(port.address()).map(drop).unwrap_err();
        assert_eq!(refused().kind(), ErrorKind::ConnectionRefused);

        let listener = port.listen();
        TcpStream::connect(port.address()).unwrap();
        drop(listener);
        assert_eq!(refused().kind(), ErrorKind::ConnectionRefused);

        let again = port.listen();
        TcpStream::connect(port.address()).unwrap();
        drop(again);
    }
}
