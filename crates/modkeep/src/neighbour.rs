//! Neighbour: another modkeep that already serves the data directory.
//!
//! One process holds a data directory. Whoever has a server running and types `modkeep run` wants
//! the command to work, not to hear about a lock; so a server leaves its address in its data
//! directory, and `run` sends its command there. The file is a hint, not a lock: an address nobody
//! answers at is as good as none.

use server::ListenAddress;
use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A server on this machine answers at once, or it is none that one would want.
const PATIENCE: Duration = Duration::from_secs(2);

/// An address left in a data directory; taken away when this is dropped.
#[derive(Debug)]
pub(crate) struct Notice {
    path: PathBuf,
}

// === impl Notice ===

impl Notice {
    /// Leaves the address at which this process serves the data directory. That it cannot be
    /// left, as on a read-only disk, costs nothing but the hint.
    /// `admin` is where operators are answered, if that is elsewhere.
    pub(crate) fn leave(data: &Path, public: &[ListenAddress], admin: &[ListenAddress]) -> Self {
        let path = notice(data);
        let first = |addresses: &[ListenAddress]| addresses.iter().find_map(ListenAddress::tcp);
        // Only over TCP is a neighbour asked.
        if let Some(address) = first(public) {
            let admin = first(admin).map_or_else(String::new, |admin| format!("{admin}\n"));
            if let Err(error) = fs::write(&path, format!("{address}\n{admin}")) {
                tracing::debug!(%error, "the address could not be left in the data directory");
            }
        }
        Self { path }
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

/// The URL of a live server that left its address in this data directory.
pub(crate) async fn reachable(data: &Path) -> Option<String> {
    reachable_at(data, <[SocketAddr]>::first).await
}

/// The same, where operators are answered.
pub(crate) async fn reachable_for_operators(data: &Path) -> Option<String> {
    reachable_at(data, <[SocketAddr]>::last).await
}

async fn reachable_at(
    data: &Path,
    choose: impl FnOnce(&[SocketAddr]) -> Option<&SocketAddr>,
) -> Option<String> {
    let left = fs::read_to_string(notice(data)).ok()?;
    let addresses: Result<Vec<SocketAddr>, _> = left.lines().map(str::parse).collect();
    let address = from_here(*choose(&addresses.ok()?)?);
    let lives = timeout(PATIENCE, lives(address)).await;
    matches!(lives, Ok(Ok(true))).then(|| format!("http://{address}"))
}

/// A server that listens everywhere is reached over loopback.
fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn lives(address: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(&status == b"HTTP/1.1 200")
}

/// Hands a list over to a server, so that it fetches what this caller is about to ask for, and reads
/// what it says to that until its end. That it says no costs foresight only.
pub(crate) async fn tell(url: &str, list: &[u8]) {
    if let Err(error) = post(url, list).await {
        tracing::debug!(%error, "the server was not told what will be asked for");
    }
}

async fn post(url: &str, list: &[u8]) -> io::Result<()> {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /-/prefetch?kinds=follow HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        list.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(list).await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

/// Asks a server for a small document; `None` unless it answers 200.
pub(crate) async fn document(url: &str, path: &str) -> Option<String> {
    timeout(PATIENCE, get(url, path)).await.ok()?.ok()?
}

/// The largest document that is read.
const DOCUMENT: u64 = 1 << 20;

async fn get(url: &str, path: &str) -> io::Result<Option<String>> {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let mut stream = TcpStream::connect(address).await?;
    // HTTP/1.0: the body ends with the connection, and comes in one piece.
    let head = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(DOCUMENT).read_to_string(&mut answer).await?;
    let is_found = answer.split(' ').nth(1) == Some("200");
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned());
    Ok(body.filter(|_| is_found))
}

fn notice(data: &Path) -> PathBuf {
    data.join("listening")
}

#[cfg(test)]
mod tests {
    use super::{Notice, from_here, reachable};
    use server::ListenAddress;
    use tempfile::tempdir;

    #[test]
    fn a_server_that_listens_everywhere_is_reached_over_loopback() {
        for (everywhere, here) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("192.0.2.7:3000", "192.0.2.7:3000"),
        ] {
            let (everywhere, here) = (everywhere.parse().unwrap(), here.parse().unwrap());
            assert_eq!(from_here(everywhere), here);
        }
    }

    #[tokio::test]
    async fn an_address_nobody_answers_at_is_as_good_as_none() {
        let data = tempdir().unwrap();
        assert_eq!(reachable(data.path()).await, None);
        let notice = Notice::leave(
            data.path(),
            &["127.0.0.1:1".parse().map(ListenAddress::Tcp).unwrap()],
            &[],
        );
        assert_eq!(reachable(data.path()).await, None);
        drop(notice);
        assert!(!data.path().join("listening").exists());
    }
}
