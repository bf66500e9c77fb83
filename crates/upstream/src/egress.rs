//! Egress: which requests leave through a proxy, by the rules of Go's `httpproxy`.
//!
//! The proxy is chosen by the scheme of what is asked; hosts of `NO_PROXY` are reached without it. Both
//! are decided here for the client of a source and for each hop of a redirect, so that the two agree.

mod no_proxy;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use no_proxy::NoProxy;
use reqwest::{ClientBuilder, Proxy};
use url::{Host, Url};

use crate::{BuildError, Egress, failure::cause_of};

/// How what is asked of one source leaves.
pub(crate) enum Way {
    /// Without a proxy.
    Straight,
    /// As the platform's own settings say, where the environment says nothing.
    Platform(Box<Matcher>),
    /// By these rules.
    Rules(Rules),
}

/// The proxies, which may carry passwords, and who is reached without them. Has no `Debug`.
#[derive(Clone)]
pub(crate) struct Rules {
    http: Option<String>,
    https: Option<String>,
    bypass: NoProxy,
    /// Whether this host is never reached through a proxy: so it is with those of the environment.
    spares_this_host: bool,
}

// === impl Way ===

impl Way {
    /// The way of a source at this URL.
    pub(crate) fn of(egress: &Egress, source: &Url) -> Self {
        match egress {
            Egress::Straight => Self::Straight,
            Egress::System if is_this_host(source) => Self::Straight,
            Egress::System => {
                let rules = Rules::of_the_environment();
                rules.map_or_else(
                    || Self::Platform(Box::new(Matcher::from_system())),
                    Self::Rules,
                )
            }
            Egress::Through { proxy, bypass } => Self::Rules(Rules {
                http: Some(proxy.to_string()),
                https: Some(proxy.to_string()),
                bypass: NoProxy::parse(bypass),
                spares_this_host: false,
            }),
        }
    }

    /// Whether a proxy takes what is asked of a URL.
    pub(crate) fn is_proxied(&self, url: &Url) -> bool {
        match self {
            Self::Straight => false,
            Self::Platform(matcher) => {
                let uri = url.as_str().parse::<Uri>();
                uri.is_ok_and(|uri| matcher.intercept(&uri).is_some())
            }
            Self::Rules(rules) => rules.proxy_of(url).is_some(),
        }
    }

    /// Lets a client take this way.
    pub(crate) fn lead(&self, builder: ClientBuilder) -> Result<ClientBuilder, BuildError> {
        Ok(match self {
            Self::Straight => builder.no_proxy(),
            Self::Platform(_) => builder,
            Self::Rules(rules) => {
                for proxy in [&rules.http, &rules.https].into_iter().flatten() {
                    let usable = Proxy::all(proxy.as_str());
                    usable.map_err(|error| BuildError::Egress(cause_of(&error)))?;
                }
                let rules = rules.clone();
                let proxy = Proxy::custom(move |url| rules.proxy_of(url).map(str::to_owned));
                builder.no_proxy().proxy(proxy)
            }
        })
    }
}

// === impl Rules ===

impl Rules {
    /// What the environment says; `None` if it names no proxy. `ALL_PROXY` is not Go's.
    fn of_the_environment() -> Option<Self> {
        let all = variable(&["ALL_PROXY", "all_proxy"]);
        // There a header of the request could set it, see golang.org/s/cgihttpproxy.
        let is_cgi = variable(&["REQUEST_METHOD"]).is_some();
        let http = variable(&["HTTP_PROXY", "http_proxy"]).filter(|_| !is_cgi);
        let https = variable(&["HTTPS_PROXY", "https_proxy"]);
        let rules = Self {
            http: http.or_else(|| all.clone()),
            https: https.or(all),
            bypass: NoProxy::parse(&variable(&["NO_PROXY", "no_proxy"]).unwrap_or_default()),
            spares_this_host: true,
        };
        (rules.http.is_some() || rules.https.is_some()).then_some(rules)
    }

    fn proxy_of(&self, url: &Url) -> Option<&str> {
        let proxy = match url.scheme() {
            "http" => self.http.as_deref(),
            "https" => self.https.as_deref(),
            _ => None,
        };
        let is_spared = self.spares_this_host && is_this_host(url);
        proxy.filter(|_| !is_spared && !self.bypass.names(url))
    }
}

/// The first of these variables that is not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the system's proxies are named by its environment"
)]
fn variable(names: &[&str]) -> Option<String> {
    let mut values = names.iter().filter_map(|name| std::env::var(name).ok());
    values.find(|value| !value.is_empty())
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
mod tests;
