//! A way out for one child: a proxy on this machine that leads to one host, at addresses that were judged.
//!
//! hg and svn look names up by themselves and follow redirects. A name may mean something else when they ask, so
//! they are told to use this proxy: it connects to the very addresses that were judged, whatever the name means by
//! then, and to nothing else. TLS goes through it unopened. It ends with the child.

use crate::error::VcsError;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

/// The proxy; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct ConnectGuard {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Where it leads.
#[derive(Debug)]
struct GuardedHost {
    /// `host:port`, as a client asks for it.
    target: String,
    addresses: Vec<SocketAddr>,
}

/// The longest request for a connection.
const HEAD_LIMIT: usize = 8 << 10;

/// Connections at a time; a client uses one or two.
const CONNECTIONS: usize = 16;

/// For how long a connection to one address is tried, and a request waited for.
const PATIENCE: Duration = Duration::from_secs(10);

// === impl ConnectGuard ===

impl ConnectGuard {
    /// Starts one that leads to a host.
    ///
    /// # Errors
    /// No port of this machine could be had.
    pub(crate) async fn start(
        host: &str,
        port: u16,
        addresses: &[IpAddr],
    ) -> Result<Self, VcsError> {
        let failed = |error: io::Error| VcsError::local("opening a way to a host", &error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let addresses = addresses.iter();
        let host = Arc::new(GuardedHost {
            target: format!("{host}:{port}"),
            addresses: addresses.map(|ip| SocketAddr::new(*ip, port)).collect(),
        });
        let task = tokio::spawn(serve(listener, host));
        Ok(Self { address, task })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for ConnectGuard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, host: Arc<GuardedHost>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                let Ok((client, _)) = accepted else { return };
                let host = Arc::clone(&host);
                // Why one ended is told to the child by its end.
                connections.spawn(async move { drop(host.lead(client).await) });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

// === impl GuardedHost ===

impl GuardedHost {
    async fn lead(&self, mut client: TcpStream) -> io::Result<()> {
        let asked = timeout(PATIENCE, read_request(&mut client)).await??;
        let mut words = asked.split(' ');
        let is_ours = words.next() == Some("CONNECT")
            && words
                .next()
                .is_some_and(|target| target.eq_ignore_ascii_case(&self.target));
        if !is_ours {
            return client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
        }
        let Some(mut server) = self.connect().await else {
            return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
        };
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
        copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }

    async fn connect(&self) -> Option<TcpStream> {
        for address in &self.addresses {
            if let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect(address)).await {
                return Some(stream);
            }
        }
        None
    }
}

/// The first line of a request whose head was read whole.
async fn read_request(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_LIMIT {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::ConnectGuard;
    use std::net::{IpAddr, Ipv4Addr};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    async fn ask(guard: &ConnectGuard, request: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(guard.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer.to_vec()).unwrap();
        (stream, answer)
    }

    #[tokio::test]
    async fn it_leads_to_the_judged_address_of_its_host_and_nowhere_else() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        let judged = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        // The name means nothing here: only what was judged counts.
        let guard = ConnectGuard::start("hg.example.invalid", port, &judged)
            .await
            .unwrap();
        let accepted = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            stream.write_all(b"hello").await.unwrap();
        });
        let request = format!("CONNECT hg.example.invalid:{port} HTTP/1.0\r\n\r\n");
        let (mut stream, answer) = ask(&guard, &request).await;
        assert_eq!(answer, "HTTP/1.1 200");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(rest.ends_with("hello"), "{rest}");
        accepted.await.unwrap();

        for request in [
            format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n"),
            "CONNECT hg.example.invalid:22 HTTP/1.1\r\n\r\n".to_owned(),
            format!("GET http://hg.example.invalid:{port}/ HTTP/1.1\r\n\r\n"),
        ] {
            assert_eq!(ask(&guard, &request).await.1, "HTTP/1.1 403", "{request}");
        }
    }
}
