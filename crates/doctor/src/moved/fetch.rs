//! Fetch: one question over HTTP, along its redirects, within the bounds of [`super::reach`].
//!
//! Each hop is a connection of its own, to an address that was looked at. Redirects that were met
//! are kept also where the last one leads nowhere: they are what is looked for. From https a redirect
//! leads to https only, from http to https or to the same host.

use super::evidence::RedirectHop;
use super::reach::{AddressReach, AllowedAddresses};
use crate::exchange::{HttpAnswer, talk};
use crate::probe::ProbeNetwork;
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Empty;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// Redirects that are followed: a move or two, and what hosts do to every request.
const HOPS: usize = 5;

/// Longest URL that is followed or kept.
const LONGEST_URL: usize = 2048;

/// Addresses of a host that are tried, one after the other.
const ADDRESSES: usize = 2;

/// Who asks, and until when.
pub(super) struct SourceClient<'a, N> {
    pub(super) network: &'a N,
    pub(super) tls: &'a Arc<ClientConfig>,
    pub(super) deadline: Instant,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct SourceQuestion {
    pub(super) url: Url,
    pub(super) method: Method,
    /// Sent over TLS, and to the first origin only.
    pub(super) authorization: Option<String>,
    pub(super) allowed: AllowedAddresses,
    /// Bytes of the answer.
    pub(super) longest: usize,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct FetchReply {
    pub(super) hops: Vec<RedirectHop>,
    /// The answer at their end, or why there is none.
    pub(super) end: Result<HttpAnswer, String>,
    /// From where the first host can be reached, if that is known.
    pub(super) reach: Option<AddressReach>,
}

// === impl SourceClient ===

impl<N: ProbeNetwork> SourceClient<'_, N> {
    pub(super) async fn ask(&self, mut question: SourceQuestion) -> FetchReply {
        let mut reply = FetchReply {
            hops: Vec::new(),
            end: Err("redirected again and again".to_owned()),
            reach: None,
        };
        for _ in 0..=HOPS {
            let asked = timeout_at(self.deadline, self.ask_once(&question));
            let (answer, reach) = match asked.await {
                Ok(Ok(told)) => told,
                Ok(Err(why)) => return reply.with(Err(why)),
                Err(_) => return reply.with(Err("no answer in time".to_owned())),
            };
            reply.reach = reply.reach.or(Some(reach));
            let Some(location) = &answer.location else {
                return reply.with(Ok(answer));
            };
            let next = match follow(&question.url, location) {
                Ok(next) => next,
                Err(why) => return reply.with(Err(why)),
            };
            reply.hops.push(RedirectHop {
                status: answer.status.as_u16(),
                to: next.to_string(),
            });
            if next.origin() != question.url.origin() {
                question.authorization = None;
            }
            question.allowed = question.allowed.behind(reach);
            question.url = next;
        }
        reply
    }

    async fn ask_once(
        &self,
        question: &SourceQuestion,
    ) -> Result<(HttpAnswer, AddressReach), String> {
        let url = &question.url;
        let (addresses, reach) = self.addresses(url, question.allowed).await?;
        let stream = self.connect(&addresses).await?;
        let request = build(question).map_err(|error| error.to_string())?;
        let answer = if url.scheme() == "https" {
            let stream = self.handshake(stream, url).await?;
            exchange(stream, request, question.longest).await
        } else {
            exchange(stream, request, question.longest).await
        };
        answer.map(|answer| (answer, reach))
    }

    /// The addresses of the host that may be asked, all of the same reach.
    async fn addresses(
        &self,
        url: &Url,
        allowed: AllowedAddresses,
    ) -> Result<(Vec<SocketAddr>, AddressReach), String> {
        let port = url.port_or_known_default().ok_or("it has no port")?;
        let all = match url.host() {
            Some(Host::Ipv4(address)) => vec![SocketAddr::new(IpAddr::V4(address), port)],
            Some(Host::Ipv6(address)) => vec![SocketAddr::new(IpAddr::V6(address), port)],
            Some(Host::Domain(host)) => {
                let resolved = self.network.resolve(host, port).await;
                resolved.map_err(|error| format!("no address: {error}"))?
            }
            None => Vec::new(),
        };
        let reach = |address: &SocketAddr| AddressReach::of(address.ip());
        let first = all.iter().map(reach).find(|reach| allowed.allows(*reach));
        let Some(first) = first else {
            return Err(if all.is_empty() {
                "it has no address".to_owned()
            } else {
                "its address may not be asked".to_owned()
            });
        };
        let usable = all.into_iter().filter(|address| reach(address) == first);
        Ok((usable.take(ADDRESSES).collect(), first))
    }

    async fn connect(&self, addresses: &[SocketAddr]) -> Result<N::Stream, String> {
        let mut why = "it has no address".to_owned();
        for (index, address) in addresses.iter().enumerate() {
            let now = Instant::now();
            let left = self.deadline.saturating_duration_since(now);
            let share = left / u32::try_from(addresses.len() - index).unwrap_or(1);
            match timeout_at(now + share, self.network.connect(*address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => why = format!("no connection: {error}"),
                Err(_) => "no connection in time".clone_into(&mut why),
            }
        }
        Err(why)
    }

    async fn handshake(
        &self,
        stream: N::Stream,
        url: &Url,
    ) -> Result<tokio_rustls::client::TlsStream<N::Stream>, String> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(Arc::clone(self.tls));
        let shaken = connector.connect(name, stream).await;
        shaken.map_err(|error| format!("no TLS: {error}"))
    }
}

// === impl FetchReply ===

impl FetchReply {
    fn with(self, end: Result<HttpAnswer, String>) -> Self {
        Self { end, ..self }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
    longest: usize,
) -> Result<HttpAnswer, String> {
    let answer: io::Result<HttpAnswer> = talk(stream, request, longest).await;
    answer.map_err(|error| format!("no answer: {error}"))
}

fn build(question: &SourceQuestion) -> http::Result<Request<Empty<Bytes>>> {
    let url = &question.url;
    let query = url
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut request = Request::builder()
        .method(&question.method)
        .uri(format!("{}{query}", url.path()))
        .header(header::HOST, authority)
        .header(header::USER_AGENT, "modkeep-doctor");
    if let Some(value) = &question.authorization
        && url.scheme() == "https"
    {
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(Empty::new())
}

/// Where a `Location` leads, if it may be followed.
fn follow(from: &Url, location: &str) -> Result<Url, String> {
    let nowhere = || "a redirect to nowhere".to_owned();
    let mut next = from.join(location).map_err(|_| nowhere())?;
    next.set_fragment(None);
    let is_https = next.scheme() == "https";
    if !is_https && next.origin() != from.origin() {
        return Err("a redirect away from https".to_owned());
    }
    if !next.has_host() || next.as_str().len() > LONGEST_URL {
        return Err(nowhere());
    }
    // Both fail only for URLs without a host.
    let _ = (next.set_username(""), next.set_password(None));
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::follow;
    use url::Url;

    #[test]
    fn redirects_lead_to_https_or_stay() {
        let https = Url::parse("https://a.example.com/x?go-get=1").unwrap();
        let http = Url::parse("http://127.0.0.1:3000/x").unwrap();
        for (from, location, expected) in [
            (
                &https,
                "https://b.example.com/y#part",
                Some("https://b.example.com/y"),
            ),
            (
                &https,
                "https://me:secret@b.example.com/",
                Some("https://b.example.com/"),
            ),
            (&https, "/y?z", Some("https://a.example.com/y?z")),
            (&https, "http://a.example.com/x", None),
            (&https, "file:///etc/passwd", None),
            (&https, "https://", None),
            (&http, "/y", Some("http://127.0.0.1:3000/y")),
            (&http, "http://127.0.0.1:4000/y", None),
            (
                &http,
                "https://b.example.com/",
                Some("https://b.example.com/"),
            ),
        ] {
            let next = follow(from, location).ok().map(|url| url.to_string());
            assert_eq!(next.as_deref(), expected, "{location}");
        }
        assert!(follow(&https, &format!("/{}", "a".repeat(5000))).is_err());
    }
}
