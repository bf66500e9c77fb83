//! The HTTP clients of one source, and which of them takes a hop.
//!
//! The source itself is reached wherever it is: the operator named it. A hop that leads away from it
//! goes through a client of its own, whose name lookups hand on only addresses that redirects may
//! reach. The addresses that were judged are the ones that are connected to, whatever the name
//! resolves to a moment later, and no connection to the source is used for a hop away from it.
//!
//! Behind a proxy of the company it is the proxy that looks names up, so only it can judge what they
//! resolve to. There a hop is refused for what its URL tells: an inside address, or `localhost`.

use http::{HeaderMap, HeaderValue, Uri, header};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{
    Client, ClientBuilder, NoProxy, Proxy,
    dns::{Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

use crate::{
    BuildError, Egress, RedirectError, SourceName, UpstreamOptions, connections::Connections,
    failure::cause_of, inside::AllowedNets, lookup::Lookup, redirect::Trail,
};

/// The clients of one source.
pub(crate) struct Clients {
    /// For the source itself, and for all that goes through a proxy.
    home: Connections,
    /// For hops away from it.
    away: Connections,
    /// Which hops a proxy takes.
    proxies: Option<Matcher>,
    allowed: AllowedNets,
}

/// Name lookups that give permitted addresses only.
#[derive(Clone)]
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
        let (tls, owned, origin) = (tls.clone(), options.clone(), url.clone());
        let away = {
            let (tls, owned) = (tls.clone(), owned.clone());
            move || {
                Ok(builder(&tls, &owned)
                    .dns_resolver(judged.clone())
                    .no_proxy())
            }
        };
        let home = move || {
            let builder = builder(&tls, &owned).dns_resolver(lookup.clone());
            egress(builder, &origin, &owned)
        };
        Ok(Self {
            home: Connections::try_new(name, home)?,
            away: Connections::try_new(name, away)?,
            proxies: proxies(url, &options.egress),
            allowed,
        })
    }

    /// Those to the source itself.
    pub(crate) fn home(&self) -> &Connections {
        &self.home
    }

    /// The connections that take the hop which is next.
    pub(crate) fn of_hop(&self, trail: &Trail) -> Result<&Connections, RedirectError> {
        if trail.is_home() {
            return Ok(&self.home);
        }
        let url = trail.current();
        if !self.allowed.permit_host(url) {
            return Err(RedirectError::Inside);
        }
        let is_proxied = self.proxies.as_ref().is_some_and(|proxies| {
            let uri = url.as_str().parse::<Uri>();
            uri.is_ok_and(|uri| proxies.intercept(&uri).is_some())
        });
        Ok(if is_proxied { &self.home } else { &self.away })
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
    build(name, egress(builder, url, options)?)
}

pub(crate) fn build(name: &SourceName, builder: ClientBuilder) -> Result<Client, BuildError> {
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
        .tcp_nodelay(true)
}

fn egress(
    builder: ClientBuilder,
    url: &Url,
    options: &UpstreamOptions,
) -> Result<ClientBuilder, BuildError> {
    Ok(match &options.egress {
        Egress::System if is_this_host(url) => builder.no_proxy(),
        Egress::System => builder,
        Egress::Straight => builder.no_proxy(),
        Egress::Through { proxy, bypass } => {
            let proxy =
                Proxy::all(proxy.clone()).map_err(|error| BuildError::Egress(cause_of(&error)))?;
            builder
                .no_proxy()
                .proxy(proxy.no_proxy(NoProxy::from_string(bypass)))
        }
    })
}

/// The rules by which the client of [`egress`] chooses a proxy, which it does not tell.
fn proxies(url: &Url, egress: &Egress) -> Option<Matcher> {
    match egress {
        Egress::System if is_this_host(url) => None,
        Egress::System => Some(Matcher::from_system()),
        Egress::Straight => None,
        Egress::Through { proxy, bypass } => Some(
            Matcher::builder()
                .all(proxy.as_str())
                .no(bypass.as_str())
                .build(),
        ),
    }
}

/// `localhost` and loopback addresses: Go never sends them through a proxy of the environment.
fn is_this_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_this_host;
    use url::Url;

    #[test]
    fn only_this_host_bypasses_the_proxy_of_the_system() {
        for (url, expected) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.1:3000", true),
            ("http://127.8.8.8", true),
            ("http://[::1]:3000", true),
            ("http://10.0.0.1", false),
            ("https://localhost.example.org", false),
        ] {
            assert_eq!(is_this_host(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
