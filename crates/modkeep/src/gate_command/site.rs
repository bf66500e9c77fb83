//! Site: the modkeep that the facts come from, reached over HTTP whoever runs it.
//!
//! A server named on the command line, the server that already holds the data directory, or one of
//! our own for as long as the command runs. Whichever it is, what it says of a module was proven as
//! it is for every client, and what it fetched is kept for the next run.

use crate::{
    failure::Failure,
    named_server::{NamedServer, PATIENCE},
    preparation::ServerPreparation,
    running_instance,
    wiring::{self, ServiceParts},
};
use codes::Code;
use config::Settings;
use prometheus_client::registry::Registry;
use server::{ListenAddress, Listener, Server, StopReason};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use store::Store;
use tokio::{sync::oneshot, task::JoinHandle};
use upstream::{Reply, Upstreams};

/// Where a server of our own listens: on this machine only.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A site to ask.
pub(super) struct GateSite {
    server: NamedServer,
    own: Option<TemporaryServer>,
}

/// A server of our own.
struct TemporaryServer {
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    store: Store,
}

// === impl GateSite ===

impl GateSite {
    /// The server at this URL, or whoever serves the data directory, or a server of our own.
    pub(super) async fn open(
        preparation: &ServerPreparation,
        server: Option<&str>,
    ) -> Result<Self, Failure> {
        let settings = &preparation.settings;
        if let Some(url) = server {
            return Self::at(url, settings, None);
        }
        match wiring::service(preparation).await {
            Ok(service) => Self::begin(settings, service),
            Err(failure) if failure.code() == Code::StoreInUse => {
                let url = running_instance::reachable(&settings.store.data).await;
                Self::at(&url.ok_or(failure)?, settings, None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn begin(settings: &Settings, service: ServiceParts) -> Result<Self, Failure> {
        let ServiceParts { proxy, store, .. } = service;
        let listener = Listener::bind(&ListenAddress::Tcp(ANY_PORT));
        let listener = listener.map_err(|error| Failure::of(Code::ListenFailed, &error))?;
        let url = format!("http://{}", listener.address());
        let server = Server::on(vec![listener], proxy, settings.limits, Registry::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async {
                drop(stopped.await);
                StopReason::Ordered
            };
            let _drained = server.run(stopped).await;
        });
        let own = TemporaryServer {
            stop,
            serving,
            store,
        };
        Self::at(&url, settings, Some(own))
    }

    fn at(url: &str, settings: &Settings, own: Option<TemporaryServer>) -> Result<Self, Failure> {
        let server = NamedServer::try_new(url, settings)?;
        Ok(Self { server, own })
    }

    /// The site as a source of modules.
    pub(super) fn upstreams(&self) -> &Upstreams {
        &self.server.upstreams
    }

    /// Asks for a path; an answer that is not 200 is an error in its own words.
    pub(super) async fn get(&self, path: &str, limit: usize) -> Result<Reply, String> {
        let reply = self.server.endpoint.get(path, limit).await;
        accepted(path, reply.map_err(|error| error.to_string())?)
    }

    /// Sends a text, and waits long for the answer.
    pub(super) async fn post(
        &self,
        path: &str,
        text: String,
        limit: usize,
    ) -> Result<Reply, String> {
        let reply = self.server.endpoint.post(path, text, PATIENCE, limit).await;
        accepted(path, reply.map_err(|error| error.to_string())?)
    }

    /// Lets a server of our own end, with everything it fetched durable.
    pub(super) async fn close(self) -> Result<(), Failure> {
        if let Some(own) = self.own {
            drop(own.stop);
            let _ended = own.serving.await;
            own.store.flush().await?;
        }
        Ok(())
    }
}

/// The first line of a refusal says what; the rest is for whoever asks a second time.
fn accepted(path: &str, reply: Reply) -> Result<Reply, String> {
    if reply.status == 200 {
        return Ok(reply);
    }
    let text = String::from_utf8_lossy(&reply.body);
    let mut lines = text.lines().filter(|line| !line.is_empty()).take(2);
    let words = [lines.next(), lines.next()];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    match words[..] {
        [] => Err(format!("{path}: it answered {}", reply.status)),
        _ => Err(words.join(": ")),
    }
}
