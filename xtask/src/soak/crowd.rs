//! Crowd: many hostile clients at once, opened at a rate that leaves the machine to the server.

use super::{Counter, attack, hostile::Kind, hostile_address};
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Connections that are opened at a time, and the pause after them: 1,000 a second at most.
const AT_A_TIME: usize = 10;
const PAUSE: Duration = Duration::from_millis(10);

pub(super) struct Crowd {
    over: watch::Sender<bool>,
    opening: JoinHandle<JoinSet<()>>,
    opened: Counter,
}

// === impl Crowd ===

impl Crowd {
    /// `count` clients of each kind.
    pub(super) fn start(kinds: &[Kind], server: SocketAddr, count: usize) -> Self {
        let (over, ended) = watch::channel(false);
        let opened = Counter::default();
        let opening = open(kinds.to_vec(), server, count, ended, Arc::clone(&opened));
        Self {
            over,
            opening: tokio::spawn(opening),
            opened,
        }
    }

    /// Ends all of them; gives how many connections were opened in all.
    pub(super) async fn end(self) -> u64 {
        self.over.send_replace(true);
        if let Ok(mut clients) = self.opening.await {
            clients.shutdown().await;
        }
        self.opened.load(Relaxed)
    }
}

async fn open(
    kinds: Vec<Kind>,
    server: SocketAddr,
    count: usize,
    ended: watch::Receiver<bool>,
    opened: Counter,
) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for number in 0..count * kinds.len() {
        if *ended.borrow() {
            break;
        }
        if let Some(kind) = kinds.get(number % kinds.len()) {
            let from = hostile_address(number);
            clients.spawn(again(*kind, from, server, number, Arc::clone(&opened)));
        }
        if number % AT_A_TIME == 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }
    clients
}

/// A client that is thrown out comes back.
async fn again(kind: Kind, from: SocketAddr, server: SocketAddr, number: usize, opened: Counter) {
    /// Long enough that a crowd which is refused does not keep the machine busy by itself.
    const BACK: Duration = Duration::from_secs(10);
    let mut round = 0;
    loop {
        let seed = number + 100_003 * round;
        // However it ends: it is the server's right to end it.
        drop(attack::client(kind, from, server, seed, &opened).await);
        round += 1;
        tokio::time::sleep(BACK).await;
    }
}
