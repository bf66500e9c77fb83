//! The running instance: another modkeep that already serves the data directory.
//!
//! One process holds a data directory. Whoever has a server running and types `modkeep run` wants
//! the command to work, not to hear about a lock; so a server leaves its address in its data
//! directory, and `run` sends its command there. The file is a hint, not a lock: an address nobody
//! answers at is as good as none.

use server::ListenAddress;
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::timeout;
use upstream::{Egress, Endpoint, UpstreamOptions};
use url::Url;

/// A server on this machine answers at once, or it is none that one would want.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a server may take with a list: it answers when the last of it is fetched. A build waits no
/// longer.
const FOLLOW_PATIENCE: Duration = Duration::from_hours(24);

/// The largest document that is read.
const DOCUMENT_LIMIT: usize = 1 << 20;

/// An address left in a data directory; taken away when this is dropped.
#[derive(Debug)]
pub(crate) struct AddressNotice {
    path: PathBuf,
}

// === impl AddressNotice ===

impl AddressNotice {
    /// Leaves the address at which this process serves the data directory. That it cannot be
    /// left, as on a read-only disk, costs nothing but the hint.
    /// `admin` is where operators are answered, if that is elsewhere.
    pub(crate) fn leave(data: &Path, public: &[ListenAddress], admin: &[ListenAddress]) -> Self {
        let path = notice(data);
        let first = |addresses: &[ListenAddress]| addresses.iter().find_map(ListenAddress::tcp);
        // A running instance is asked over TCP only.
        if let Some(address) = first(public) {
            let admin = first(admin).map_or_else(String::new, |admin| format!("{admin}\n"));
            if let Err(error) = fs::write(&path, format!("{address}\n{admin}")) {
                tracing::debug!(%error, "the address could not be left in the data directory");
            }
        }
        Self { path }
    }
}

impl Drop for AddressNotice {
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
    let url = format!("http://{address}");
    lives(&url).await.then_some(url)
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

async fn lives(url: &str) -> bool {
    let reply = async { endpoint(url)?.get("livez", DOCUMENT_LIMIT).await.ok() };
    let reply = timeout(PATIENCE, reply).await.ok().flatten();
    reply.is_some_and(|reply| reply.status == 200)
}

/// The client for a process on this machine: no proxy leads there, and no credentials are needed.
fn endpoint(url: &str) -> Option<Endpoint> {
    let options = UpstreamOptions {
        connect: PATIENCE,
        stall: PATIENCE,
        egress: Egress::Straight,
        ..UpstreamOptions::default()
    };
    Endpoint::try_new(&Url::parse(url).ok()?, &options).ok()
}

/// Hands a list over to a server, so that it fetches what this caller is about to ask for, and reads
/// what it says to that until its end. That it says no costs foresight only.
pub(crate) async fn tell(url: &str, list: &[u8]) {
    let list = String::from_utf8_lossy(list).into_owned();
    let Some(endpoint) = endpoint(url) else {
        return;
    };
    let told = endpoint.post(
        "-/prefetch?kinds=follow",
        list,
        FOLLOW_PATIENCE,
        DOCUMENT_LIMIT,
    );
    if let Err(error) = told.await {
        tracing::debug!(%error, "the server was not told what will be asked for");
    }
}

/// Asks a server for a small document; `None` unless it answers 200.
pub(crate) async fn document(url: &str, path: &str) -> Option<String> {
    let endpoint = endpoint(url)?;
    let reply = endpoint.get(path, DOCUMENT_LIMIT);
    let reply = timeout(PATIENCE, reply).await.ok()?.ok()?;
    let body = String::from_utf8(reply.body.to_vec()).ok();
    body.filter(|_| reply.status == 200)
}

fn notice(data: &Path) -> PathBuf {
    data.join("listening")
}

#[cfg(test)]
mod tests {
    use super::{AddressNotice, from_here, reachable};
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
        let notice = AddressNotice::leave(
            data.path(),
            &["127.0.0.1:1".parse().map(ListenAddress::Tcp).unwrap()],
            &[],
        );
        assert_eq!(reachable(data.path()).await, None);
        drop(notice);
        assert!(!data.path().join("listening").exists());
    }
}
