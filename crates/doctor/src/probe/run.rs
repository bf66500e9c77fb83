//! Run: the steps themselves, all sources at the same time.
//!
//! A source gets one connection for each file, as a load balancer may send each to another server.
//! The layers below HTTP are steps of the first file; of the others they are told only if they fail.

use super::judge::{self, ProbeFile, find};
use super::network::ProbeNetwork;
use super::place::ProbeAddress;
use super::plan::ProbeTarget;
use super::{LIMIT, ProbeFault, ProbeLayer, ProbeRole, ProbeStep, SourceProbe};
use crate::exchange::{HttpAnswer, talk};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, header};
use http_body_util::Empty;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// Addresses of a host that are tried.
const ADDRESSES: usize = 4;

/// Redirects that are followed; `go` follows ten.
const REDIRECTS: usize = 10;

/// Longest answer that is read: lists of versions are the longest, and their beginning is enough to
/// tell one from a web page.
const LONGEST: usize = 1 << 20;

/// The steps of one source so far.
struct ProbeRun<'r, N> {
    network: &'r N,
    tls: &'r Arc<ClientConfig>,
    target: &'r ProbeTarget,
    deadline: Instant,
    steps: Vec<ProbeStep>,
}

/// Asks all targets, and answers in [`LIMIT`] whatever they do.
pub async fn probe<N: ProbeNetwork>(
    targets: &[ProbeTarget],
    network: &N,
    tls: &Arc<ClientConfig>,
) -> Vec<SourceProbe> {
    let deadline = Instant::now() + LIMIT;
    let runs = targets.iter().map(|target| {
        let run = ProbeRun {
            network,
            tls,
            target,
            deadline,
            steps: Vec::new(),
        };
        run.all()
    });
    join_all(runs).await
}

// === impl ProbeRun ===

impl<N: ProbeNetwork> ProbeRun<'_, N> {
    async fn all(mut self) -> SourceProbe {
        match self.target.role {
            ProbeRole::Proxy => self.files().await,
            ProbeRole::Database => {
                let method = Method::GET;
                self.ask(ProbeFile::Head, method, "latest", ProbeLayer::Database)
                    .await;
            }
        }
        SourceProbe {
            source: self.target.source.clone(),
            role: self.target.role,
            goes_on: self.target.goes_on,
            steps: self.steps,
        }
    }

    async fn files(&mut self) {
        let module = self.target.module.escaped();
        let list = format!("{module}/@v/list");
        if !self
            .ask(ProbeFile::List, Method::GET, &list, ProbeLayer::Protocol)
            .await
        {
            return;
        }
        if let Some(version) = self.target.version.clone() {
            let escaped = version.escaped();
            for (file, method, ending) in [
                (ProbeFile::Info, Method::GET, "info"),
                (ProbeFile::Mod, Method::GET, "mod"),
                (ProbeFile::Zip, Method::HEAD, "zip"),
            ] {
                let path = format!("{module}/@v/{escaped}.{ending}");
                self.ask(file, method, &path, ProbeLayer::Protocol).await;
            }
        }
        if let Some(name) = self.target.database.clone() {
            self.database(&name).await;
        }
    }

    /// The checksum database, if this source passes it on. If it says that it does not, `go` asks the
    /// database itself; if it fails to say, `go` fails too.
    async fn database(&mut self, name: &str) {
        let begin = Instant::now();
        let supported = format!("sumdb/{name}/supported");
        let Ok(answer) = self.request(Method::GET, &supported).await else {
            return;
        };
        match judge::status(answer.status) {
            None => {
                let path = format!("sumdb/{name}/latest");
                let (file, layer) = (ProbeFile::Head, ProbeLayer::Database);
                self.ask(file, Method::GET, &path, layer).await;
            }
            Some((_, fault)) if fault.cause.id != "http/404" => {
                self.note(ProbeLayer::Database, &supported, begin, Some(fault));
            }
            Some(_) => {}
        }
    }

    /// Asks for one file and notes the steps; whether all was well.
    async fn ask(
        &mut self,
        file: ProbeFile,
        method: Method,
        path: &str,
        layer: ProbeLayer,
    ) -> bool {
        let begin = Instant::now();
        let is_first = self.steps.is_empty();
        let outcome = self.request(method, path).await;
        let version = self
            .target
            .version
            .as_ref()
            .map(|version| version.as_str().to_owned());
        let step = match outcome {
            // What failed below is noted already.
            Err(()) => return false,
            Ok(answer) => match judge::status(answer.status) {
                Some((below, fault)) => (below.min(layer), Some(fault)),
                None => (
                    layer,
                    judge::content(file, version.as_deref(), &answer.body),
                ),
            },
        };
        let is_well = step.1.is_none();
        if is_first && step.0 > ProbeLayer::Http {
            self.note(ProbeLayer::Http, path, begin, None);
        }
        self.note(step.0, path, begin, step.1);
        is_well
    }

    /// One request, wherever it is redirected to. An error is a step that has been noted.
    async fn request(&mut self, method: Method, path: &str) -> Result<HttpAnswer, ()> {
        let begin = Instant::now();
        let mut place = ProbeAddress::below(self.target, path);
        for _ in 0..=REDIRECTS {
            let answer = self.request_once(&method, &place, path).await?;
            let Some(location) = &answer.location else {
                return Ok(answer);
            };
            let next = place.follow(location);
            place = self.settle(ProbeLayer::Http, path, begin, false, next)?;
        }
        let fault = ProbeFault::new(find("proxy/redirect-loop"), "redirected again and again");
        self.settle(ProbeLayer::Http, path, begin, false, Err(fault))
    }

    /// One request on a connection of its own. It is noted as `what`: the path of a place may hold a
    /// token of the target's URL.
    async fn request_once(
        &mut self,
        method: &Method,
        place: &ProbeAddress,
        what: &str,
    ) -> Result<HttpAnswer, ()> {
        let is_first = self.steps.is_empty();
        let addresses = self.resolve(place, is_first).await?;
        let stream = self.connect(&addresses, is_first).await?;
        if place.is_https {
            let stream = self.handshake(stream, place, is_first).await?;
            self.exchange(stream, method, place, what).await
        } else {
            self.exchange(stream, method, place, what).await
        }
    }

    async fn resolve(
        &mut self,
        place: &ProbeAddress,
        is_first: bool,
    ) -> Result<Vec<SocketAddr>, ()> {
        let begin = Instant::now();
        let asked = self.network.resolve(&place.host, place.port);
        let outcome = match timeout_at(self.deadline, asked).await {
            Ok(Ok(addresses)) if addresses.is_empty() => {
                Err(ProbeFault::new(find("dns/no-such-host"), "no addresses"))
            }
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(judge::name(&error)),
            Err(_) => Err(ProbeFault::late()),
        };
        self.settle(ProbeLayer::Name, &place.host, begin, is_first, outcome)
    }

    /// Tries the addresses one after the other, each with an equal part of the time that is left.
    async fn connect(&mut self, addresses: &[SocketAddr], is_first: bool) -> Result<N::Stream, ()> {
        let begin = Instant::now();
        let tried = addresses
            .get(..addresses.len().min(ADDRESSES))
            .unwrap_or_default();
        let mut outcome = Err(ProbeFault::late());
        let mut what = String::new();
        for (index, address) in tried.iter().enumerate() {
            let now = Instant::now();
            let left = self.deadline.saturating_duration_since(now);
            let share = left / u32::try_from(tried.len() - index).unwrap_or(1);
            what = address.to_string();
            outcome = match timeout_at(now + share, self.network.connect(*address)).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) => Err(judge::connection(&error)),
                Err(_) => Err(ProbeFault::late()),
            };
            if outcome.is_ok() {
                break;
            }
        }
        self.settle(ProbeLayer::Connection, &what, begin, is_first, outcome)
    }

    async fn handshake(
        &mut self,
        stream: N::Stream,
        place: &ProbeAddress,
        is_first: bool,
    ) -> Result<tokio_rustls::client::TlsStream<N::Stream>, ()> {
        let begin = Instant::now();
        let outcome = match ServerName::try_from(place.host.clone()) {
            Err(_) => Err(ProbeFault::new(
                find("tls/wrong-name"),
                "no certificate can have this name",
            )),
            Ok(name) => {
                let connector = TlsConnector::from(Arc::clone(self.tls));
                match timeout_at(self.deadline, connector.connect(name, stream)).await {
                    Ok(Ok(stream)) => Ok(stream),
                    Ok(Err(error)) => Err(judge::tls(&error)),
                    Err(_) => Err(ProbeFault::late()),
                }
            }
        };
        self.settle(ProbeLayer::Tls, &place.host, begin, is_first, outcome)
    }

    async fn exchange(
        &mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        method: &Method,
        place: &ProbeAddress,
        what: &str,
    ) -> Result<HttpAnswer, ()> {
        let begin = Instant::now();
        let outcome = match self.build(method, place) {
            Err(error) => Err(ProbeFault::new(find("proxy/bad-list"), error.to_string())),
            Ok(request) => match timeout_at(self.deadline, talk(stream, request, LONGEST)).await {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(error)) => Err(ProbeFault::new(find("network/reset"), error.to_string())),
                Err(_) => Err(ProbeFault::late()),
            },
        };
        // A good answer is noted by whoever knows what it should be.
        self.settle(ProbeLayer::Http, what, begin, false, outcome)
    }

    fn build(&self, method: &Method, place: &ProbeAddress) -> http::Result<Request<Empty<Bytes>>> {
        let mut request = Request::builder()
            .method(method)
            .uri(&place.path)
            .header(header::HOST, place.authority())
            .header(header::USER_AGENT, "modkeep-doctor");
        if let Some(value) = &self.target.authorization
            && place.is_of(self.target)
        {
            request = request.header(header::AUTHORIZATION, value);
        }
        request.body(Empty::new())
    }

    /// Notes an outcome: a failure always, a success if it is asked for.
    fn settle<T>(
        &mut self,
        layer: ProbeLayer,
        what: &str,
        begin: Instant,
        is_told: bool,
        outcome: Result<T, ProbeFault>,
    ) -> Result<T, ()> {
        match outcome {
            Ok(value) => {
                if is_told {
                    self.note(layer, what, begin, None);
                }
                Ok(value)
            }
            Err(fault) => {
                self.note(layer, what, begin, Some(fault));
                Err(())
            }
        }
    }

    fn note(&mut self, layer: ProbeLayer, what: &str, begin: Instant, fault: Option<ProbeFault>) {
        self.steps.push(ProbeStep {
            layer,
            what: what.to_owned(),
            took: begin.elapsed(),
            fault,
        });
    }
}
