//! The HTTP clients of one source, and which of them takes a hop.
//!
//! The source itself is reached wherever it is: the operator named it. A hop that leads away from it
//! goes through a client of its own, whose name lookups hand on only addresses that redirects may
//! reach. The addresses that were judged are the ones that are connected to, whatever the name
//! resolves to a moment later, and no connection to the source is used for a hop away from it.
//!
//! Behind a proxy of the company it is the proxy that looks names up, so only it can judge what they
//! resolve to. There a hop is refused for what its URL tells: an inside address, or `localhost`.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use reqwest::{
    Client, ClientBuilder,
    dns::{Name, Resolve, Resolving},
    redirect::Policy,
};
use url::Url;

use crate::{
    BuildError, RedirectError, SourceName, UpstreamOptions, egress::Way, failure::cause_of,
    inside::AllowedNets, lookup::Lookup, redirect::Trail,
};

/// Idle connections are kept this long. Servers and middleboxes commonly drop theirs after a
/// minute; ours must be the shorter breath, or requests land on connections that are already gone.
const POOL_IDLE: Duration = Duration::from_secs(50);

/// Idle connections kept per host. Over HTTP/2 one carries everything; for HTTP/1.1 sources this
/// keeps a cold build's usual few requests at a time warm without hoarding their sockets.
const POOL_PER_HOST: usize = 16;

/// HTTP/2 connections with requests in flight are probed at this interval, so that one that a
/// middlebox has silently dropped is noticed long before the header deadline.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// A probe that is not answered in this time ends the connection.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The clients of one source.
pub(crate) struct Clients {
    /// For the source itself, and for all that goes through a proxy.
    home: Client,
    /// For hops away from it.
    away: Client,
    /// Which hops a proxy takes.
    way: Way,
    allowed: AllowedNets,
}

/// Name lookups that give permitted addresses only.
struct JudgedLookup {
    lookup: Lookup,
    allowed: AllowedNets,
}

// === impl Clients ===

impl Clients {
    pub(crate) fn try_new(
        name: &SourceName,
        url: &Url,
        tls: &rustls::ClientConfig,
        options: &UpstreamOptions,
    ) -> Result<Self, BuildError> {
        let lookup = Lookup::new();
        let allowed = options.allow_net.clone();
        let judged = JudgedLookup {
            lookup: lookup.clone(),
            allowed: allowed.clone(),
        };
        let way = Way::of(&options.egress, url);
        let home = way.lead(builder(tls, options).dns_resolver(lookup))?;
        let away = builder(tls, options).dns_resolver(judged).no_proxy();
        Ok(Self {
            home: build(name, home)?,
            away: build(name, away)?,
            way,
            allowed,
        })
    }

    /// The client that takes the hop which is next.
    pub(crate) fn of_hop(&self, trail: &Trail) -> Result<&Client, RedirectError> {
        if trail.is_home() {
            return Ok(&self.home);
        }
        let url = trail.current();
        if !self.allowed.permit_host(url) {
            return Err(RedirectError::Inside);
        }
        Ok(if self.way.is_proxied(url) {
            &self.home
        } else {
            &self.away
        })
    }
}

// === impl JudgedLookup ===

impl Resolve for JudgedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (asked, allowed) = (self.lookup.resolve(name), self.allowed.clone());
        Box::pin(async move {
            let addresses = allowed.permitted(asked.await?.collect())?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

/// One client for everything at a URL that nothing redirects.
pub(crate) fn plain(
    name: &SourceName,
    url: &Url,
    tls: &rustls::ClientConfig,
    options: &UpstreamOptions,
) -> Result<Client, BuildError> {
    let builder = builder(tls, options).dns_resolver(Lookup::new());
    build(name, Way::of(&options.egress, url).lead(builder)?)
}

fn build(name: &SourceName, builder: ClientBuilder) -> Result<Client, BuildError> {
    builder.build().map_err(|error| BuildError::Client {
        name: name.clone(),
        why: cause_of(&error),
    })
}

fn builder(tls: &rustls::ClientConfig, options: &UpstreamOptions) -> ClientBuilder {
    let headers = HeaderMap::from_iter([(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    )]);
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .default_headers(headers)
        .user_agent(&options.user_agent)
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(options.connect)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_PER_HOST)
        .http2_keep_alive_interval(PING_INTERVAL)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .tcp_nodelay(true)
}
