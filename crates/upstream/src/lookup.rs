//! Name lookups of one source, in its own lane: one at a time for a name, and its answer remembered.
//!
//! A cold build opens dozens of connections at once, and each would look the same name up. A name
//! server that drops one packet of such a burst costs whoever waits for it the resolver's own five
//! seconds. So whoever comes while a name is looked up waits for that answer, and for a while after it
//! nobody asks. An answer that is older is still good: it is used at once while a newer one is looked
//! up, and for as long as there is none, because hosts seldom move and name servers often fail.

use crate::{
    inside::{AllowedNets, InsideAddress},
    lane::Lane,
};
use parking_lot::Mutex;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    collections::HashMap,
    error::Error,
    future::Future,
    io,
    net::{SocketAddr, ToSocketAddrs},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// After which a question is asked once more: name servers answer in milliseconds, and the system
/// waits for five seconds before it asks again.
const LOST: Duration = Duration::from_secs(1);

/// For how long an answer is used without asking again.
const FRESH: Duration = Duration::from_secs(30);

/// For how long after it came an answer is used where there is no newer one.
const USABLE: Duration = Duration::from_hours(24);

/// Names that are remembered. A source has one, and a few more that it redirects to.
const NAMES: usize = 64;

/// Looks names up as the system does.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    lane: Lane,
    names: Arc<Mutex<HashMap<String, Arc<Slot>>>>,
}

/// Name lookups that give permitted addresses only.
#[derive(Debug, Clone)]
pub(crate) struct JudgedLookup {
    lookup: Lookup,
    allowed: AllowedNets,
}

/// What is known of a name.
#[derive(Debug, Default)]
struct Slot {
    known: Mutex<Option<KnownLookup>>,
    /// Held by whoever asks.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Clone)]
struct KnownLookup {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

// === impl JudgedLookup ===

impl JudgedLookup {
    pub(crate) fn new(lookup: Lookup, allowed: AllowedNets) -> Self {
        Self { lookup, allowed }
    }

    /// Whether a lookup failed because all addresses lie inside.
    pub(crate) fn is_inside(error: &(dyn Error + Send + Sync + 'static)) -> bool {
        error.is::<InsideAddress>()
    }
}

impl Resolve for JudgedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (asked, allowed) = (self.lookup.resolve(name), self.allowed.clone());
        Box::pin(async move {
            let addresses = allowed.permitted(asked.await?.collect())?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

// === impl Lookup ===

impl Lookup {
    pub(crate) fn new() -> Self {
        Self {
            lane: Lane::new(),
            names: Arc::default(),
        }
    }

    fn slot(&self, name: &str) -> Arc<Slot> {
        let mut names = self.names.lock();
        if names.len() >= NAMES && !names.contains_key(name) {
            names.clear();
        }
        Arc::clone(names.entry(name.to_owned()).or_default())
    }
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (slot, lane) = (self.slot(name.as_str()), self.lane.clone());
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let addresses = slot.addresses(move || look_up(lane, name)).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Asks the system; a second time if the first takes so long that its packet is probably lost.
async fn look_up(lane: Lane, name: String) -> io::Result<Vec<SocketAddr>> {
    // Port 0 stands for the port of the URL.
    let ask = || {
        let name = name.clone();
        lane.run(move || Ok((name.as_str(), 0).to_socket_addrs()?.collect()))
    };
    let mut first = pin!(ask());
    if let Ok(answer) = timeout(LOST, &mut first).await {
        return answer;
    }
    tokio::select! {
        answer = first => answer,
        answer = ask() => answer,
    }
}

// === impl Slot ===

impl Slot {
    /// The addresses of the name, from memory if there are any; `ask` looks them up.
    async fn addresses<F>(self: Arc<Self>, ask: impl FnOnce() -> F) -> io::Result<Vec<SocketAddr>>
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        let known = self.known(USABLE);
        match known {
            Some(known) if known.since.elapsed() < FRESH => Ok(known.addresses),
            Some(known) => {
                if let Ok(turn) = Arc::clone(&self.asking).try_lock_owned() {
                    let asked = ask();
                    tokio::spawn(async move {
                        let _turn = turn;
                        self.learn(asked.await)
                    });
                }
                Ok(known.addresses)
            }
            None => {
                let _turn = Arc::clone(&self.asking).lock_owned().await;
                // Whoever had the turn before may have learned it.
                match self.known(FRESH) {
                    Some(known) => Ok(known.addresses),
                    None => self.learn(ask().await),
                }
            }
        }
    }

    fn known(&self, age: Duration) -> Option<KnownLookup> {
        let known = self.known.lock().clone();
        known.filter(|known| known.since.elapsed() < age)
    }

    fn learn(&self, answer: io::Result<Vec<SocketAddr>>) -> io::Result<Vec<SocketAddr>> {
        match answer {
            Ok(addresses) if !addresses.is_empty() => {
                *self.known.lock() = Some(KnownLookup {
                    addresses: addresses.clone(),
                    since: Instant::now(),
                });
                Ok(addresses)
            }
            answer => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FRESH, Slot};
    use std::{
        io,
        net::SocketAddr,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };
    use tokio::time::{advance, sleep};

    /// A name server that counts, and answers after a second.
    #[derive(Default)]
    struct Server {
        asked: AtomicUsize,
    }

    impl Server {
        async fn answer(self: Arc<Self>, port: Option<u16>) -> io::Result<Vec<SocketAddr>> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_secs(1)).await;
            let port = port.ok_or_else(|| io::Error::other("no answer"))?;
            Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))])
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }
    }

    fn port(answer: io::Result<Vec<SocketAddr>>) -> u16 {
        answer.unwrap()[0].port()
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_come_at_once_are_one_question() {
        let (slot, server) = (Arc::new(Slot::default()), Arc::new(Server::default()));
        let ask = || Arc::clone(&slot).addresses(|| Arc::clone(&server).answer(Some(1)));
        let all = futures_util::future::join_all((0..50).map(|_| ask())).await;
        assert!(all.into_iter().all(|answer| port(answer) == 1));
        assert_eq!(server.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_answer_is_used_at_once_while_a_newer_one_is_looked_up() {
        let (slot, server) = (Arc::new(Slot::default()), Arc::new(Server::default()));
        let ask = |port| {
            Arc::clone(&slot).addresses({
                let server = Arc::clone(&server);
                move || server.answer(port)
            })
        };
        assert_eq!(port(ask(Some(1)).await), 1);
        advance(FRESH).await;
        assert_eq!(port(ask(Some(2)).await), 1);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(port(ask(Some(3)).await), 2);
        assert_eq!(server.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_server_that_fails_takes_nothing_away() {
        let (slot, server) = (Arc::new(Slot::default()), Arc::new(Server::default()));
        let ask = |port| {
            Arc::clone(&slot).addresses({
                let server = Arc::clone(&server);
                move || server.answer(port)
            })
        };
        assert!(ask(None).await.is_err(), "nothing is known yet");
        assert_eq!(port(ask(Some(1)).await), 1);
        for _ in 0..5 {
            advance(FRESH * 10).await;
            assert_eq!(port(ask(None).await), 1);
            sleep(Duration::from_secs(2)).await;
        }
        assert!(server.asked() >= 7);
    }
}
