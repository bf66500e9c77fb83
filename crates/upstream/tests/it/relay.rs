//! A load balancer in front of a source that fails over: connections of before are dead, new ones work.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What happens to whoever uses a connection of before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeadConnection {
    /// It is reset when something is sent on it.
    Resets,
    /// It takes what is sent, and says nothing.
    IsSilent,
}

/// The load balancer. Gone when dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    /// How connections opened up to now died, if they did: counted in fail-overs.
    died: watch::Sender<(usize, DeadConnection)>,
    opened: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

// === impl Relay ===

impl Relay {
    pub(crate) async fn start(backend: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (died, fail_overs) = watch::channel((0, DeadConnection::Resets));
        let opened = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&opened);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let fail_overs = fail_overs.clone();
                tokio::spawn(async move { relay(client, backend, fail_overs).await });
            }
        });
        Self {
            address,
            died,
            opened,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on every connection opened so far is dead.
    pub(crate) fn fail_over(&self, manner: DeadConnection) {
        self.died
            .send_modify(|(count, how)| (*count, *how) = (*count + 1, manner));
    }

    /// How many connections were opened so far.
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes bytes both ways until the other side closes, or a fail-over; then the connection is dead.
async fn relay(
    mut client: TcpStream,
    backend: SocketAddr,
    mut fail_overs: watch::Receiver<(usize, DeadConnection)>,
) {
    fail_overs.mark_unchanged();
    let mut server = TcpStream::connect(backend).await.unwrap();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
        _ = fail_overs.changed() => {}
    }
    let (_, manner) = *fail_overs.borrow();
    let mut bytes = [0; 4096];
    match manner {
        DeadConnection::IsSilent => {
            while client.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        }
        DeadConnection::Resets => {
            if client.read(&mut bytes).await.is_ok_and(|read| read > 0) {
                client.set_zero_linger().unwrap();
            }
            let _closed_already = client.shutdown().await;
        }
    }
}
