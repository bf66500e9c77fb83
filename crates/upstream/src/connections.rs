//! The connections to a source that rest between two requests, and when they are trusted no more.
//!
//! A connection that rests may be dead: its server was replaced, a middlebox forgot it. Nothing tells
//! until it is used. Then the other side resets it, or says nothing at all. And where one is dead the
//! others are too, since they were opened to the same; asking on the next of them finds out the same
//! again. So:
//!
//! * who was cut off without a word drops all that rest, and asks on a connection of its own;
//! * questions whether a source lives never use a resting connection ([`Connections::fresh`]);
//! * a request on a resting connection that is met with silence, though the source lives, is sent on a
//!   fresh one as well (`source::silence`); [`Connections::rested_since`] tells which those are;
//! * few connections rest, and not for long; the system looks after them meanwhile, and ends one whose
//!   other side confirms nothing any more.
//!
//! Over HTTP/2 one connection carries all requests, and the same holds for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use parking_lot::Mutex;
use reqwest::{Client, ClientBuilder};
use tokio::sync::watch;
use tower_layer::Layer;
use tower_service::Service;

use crate::{BuildError, SourceName, client::build};

/// How long a connection rests at most. A build asks without long pauses, so this serves it; servers
/// and middleboxes commonly drop theirs after a minute or more.
const LONGEST_REST: Duration = Duration::from_secs(20);

/// Connections that rest, per host. Over HTTP/2 one carries everything; for HTTP/1.1 sources this
/// keeps a cold build's usual few requests at a time warm.
const RESTING: usize = 8;

/// After which time of rest the system asks whether the other side is there, and how often it asks.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const KEEP_ALIVE_TRIES: u32 = 2;

/// For how long sent bytes may stay unconfirmed before the system ends the connection: some five
/// transmissions, one after the other.
const UNCONFIRMED: Duration = Duration::from_secs(5);

/// HTTP/2 connections are probed at this interval, so that one that a middlebox has silently dropped
/// is noticed long before the header deadline.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// A probe that is not answered in this time ends the connection.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Begins to build a client.
type MakeBuilder = dyn Fn() -> Result<ClientBuilder, BuildError> + Send + Sync;

/// Clients of one kind: one whose connections rest, one that connects anew for each request.
pub(crate) struct Connections {
    name: SourceName,
    make: Box<MakeBuilder>,
    resting: Mutex<RestingConnection>,
    fresh: Client,
    opened: Arc<AtomicU64>,
    /// The newest generation of which the one before was found silent.
    silenced: watch::Sender<u64>,
}

/// The client whose connections rest, and how often it was replaced.
struct RestingConnection {
    client: Client,
    generation: u64,
}

/// A moment in the life of the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    generation: u64,
    opened: u64,
}

/// Counts the connections that are opened.
#[derive(Debug, Clone)]
struct OpenConnectionCounter(Arc<AtomicU64>);

/// A connector that counts.
#[derive(Debug, Clone)]
struct CountingConnector<S> {
    inner: S,
    opened: Arc<AtomicU64>,
}

// === impl Connections ===

impl Connections {
    /// With clients as `make` begins to build them.
    pub(crate) fn try_new(
        name: &SourceName,
        make: impl Fn() -> Result<ClientBuilder, BuildError> + Send + Sync + 'static,
    ) -> Result<Self, BuildError> {
        let opened = Arc::new(AtomicU64::new(0));
        let client = build(name, kept_alive(make()?, &opened))?;
        let fresh = build(name, make()?.pool_max_idle_per_host(0))?;
        Ok(Self {
            name: name.clone(),
            make: Box::new(make),
            resting: Mutex::new(RestingConnection {
                client,
                generation: 0,
            }),
            fresh,
            opened,
            silenced: watch::Sender::new(0),
        })
    }

    /// The client to ask with, and the moment to be told later.
    pub(crate) fn client(&self) -> (Client, Moment) {
        let resting = self.resting.lock();
        let moment = Moment {
            generation: resting.generation,
            opened: self.opened.load(Ordering::Relaxed),
        };
        (resting.client.clone(), moment)
    }

    /// A client that uses no connection twice.
    pub(crate) fn fresh(&self) -> &Client {
        &self.fresh
    }

    /// Whether a request that was sent since then uses a connection that had rested: none was opened.
    pub(crate) fn rested_since(&self, moment: Moment) -> bool {
        self.opened.load(Ordering::Relaxed) == moment.opened
    }

    /// One of that moment was silent where a fresh one is answered: drops all that rest, and tells
    /// whoever waits on one of them.
    pub(crate) fn are_silent(&self, moment: Moment) {
        self.drop_resting(moment);
        let generation = self.resting.lock().generation;
        self.silenced.send_replace(generation);
    }

    /// Ends when those of that moment are found silent by somebody else.
    pub(crate) async fn silent_since(&self, moment: Moment) {
        let mut silenced = self.silenced.subscribe();
        let is_later = |generation: &u64| *generation > moment.generation;
        if silenced.wait_for(is_later).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Drops all that rest since before that moment. What is under way on them goes on.
    pub(crate) fn drop_resting(&self, moment: Moment) {
        let mut resting = self.resting.lock();
        if resting.generation != moment.generation {
            return;
        }
        // It was made in the same way before. Where it cannot be made now, what rests is kept.
        let made =
            (self.make)().and_then(|builder| build(&self.name, kept_alive(builder, &self.opened)));
        if let Ok(client) = made {
            resting.client = client;
            resting.generation += 1;
        }
    }
}

/// A client whose connections rest after use, and are looked after meanwhile.
fn kept_alive(builder: ClientBuilder, opened: &Arc<AtomicU64>) -> ClientBuilder {
    let builder = builder
        .connector_layer(OpenConnectionCounter(Arc::clone(opened)))
        .pool_idle_timeout(LONGEST_REST)
        .pool_max_idle_per_host(RESTING)
        .tcp_keepalive(KEEP_ALIVE)
        .tcp_keepalive_interval(KEEP_ALIVE)
        .tcp_keepalive_retries(KEEP_ALIVE_TRIES)
        .http2_keep_alive_interval(PING_INTERVAL)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .http2_keep_alive_while_idle(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(UNCONFIRMED);
    builder
}

// === impl OpenConnectionCounter ===

impl<S> Layer<S> for OpenConnectionCounter {
    type Service = CountingConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CountingConnector {
            inner,
            opened: Arc::clone(&self.0),
        }
    }
}

// === impl CountingConnector ===

impl<S: Service<Target>, Target> Service<Target> for CountingConnector<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: Target) -> Self::Future {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.inner.call(target)
    }
}
