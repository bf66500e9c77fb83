//! The HTTP clients of one source, and which of them takes a hop.
//!
//! The source itself is reached wherever it is: the operator named it. A hop that leads away from it
//! goes through a client of its own, whose name lookups hand on only addresses that redirects may
//! reach. The addresses that were judged are the ones that are connected to, whatever the name
//! resolves to a moment later, and no connection to the source is used for a hop away from it.
//!
//! Behind a proxy of the company it is the proxy that looks names up, so only it can judge what they
//! resolve to. There a hop is refused for what its URL tells: an inside address, or `localhost`.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use reqwest::{Client, ClientBuilder, redirect::Policy};
use url::Url;

use crate::{
    BuildError, RedirectError, SourceName, UpstreamOptions,
    connections::Connections,
    egress::Way,
    failure::cause_of,
    inside::AllowedNets,
    lookup::{JudgedLookup, Lookup},
    redirect::Trail,
};

/// The clients of one source.
pub(crate) struct Clients {
    /// For the source itself, and for all that goes through a proxy.
    home: Connections,
    /// For hops away from it.
    away: Connections,
    /// Which hops a proxy takes.
    way: Arc<Way>,
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
        let judged = JudgedLookup::new(lookup.clone(), allowed.clone());
        let way = Arc::new(Way::of(&options.egress, url));
        let (tls, owned) = (tls.clone(), options.clone());
        let away = {
            let (tls, owned) = (tls.clone(), owned.clone());
            move || {
                Ok(builder(&tls, &owned)
                    .dns_resolver(judged.clone())
                    .no_proxy())
            }
        };
        let home = {
            let way = Arc::clone(&way);
            move || way.lead(builder(&tls, &owned).dns_resolver(lookup.clone()))
        };
        Ok(Self {
            home: Connections::try_new(name, home)?,
            away: Connections::try_new(name, away)?,
            way,
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
        Ok(if self.way.is_proxied(url) {
            &self.home
        } else {
            &self.away
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

pub(crate) fn build(name: &SourceName, builder: ClientBuilder) -> Result<Client, BuildError> {
    builder.build().map_err(|error| BuildError::Client {
        name: name.clone(),
        why: cause_of(&error),
    })
}

pub(crate) fn builder(tls: &rustls::ClientConfig, options: &UpstreamOptions) -> ClientBuilder {
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
