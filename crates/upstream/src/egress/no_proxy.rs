//! `NO_PROXY`: hosts that are reached without a proxy, in the grammar of `golang.org/x/net/http/httpproxy`.
//!
//! Entries stand between commas: `*` for all; an address or a network; `example.com` for a domain and
//! all below it; `.example.com` and `*.example.com` for what is below it only. An address or a domain
//! may have a port, and then only that one is meant. Pure.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

/// A parsed list.
#[derive(Debug, Clone, Default)]
pub(super) struct NoProxy {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
enum Entry {
    All,
    Network(IpNet),
    Address(IpAddr, Option<String>),
    Domain {
        /// With the dot before it.
        suffix: String,
        /// Whether the domain itself is meant too.
        itself: bool,
        port: Option<String>,
    },
}

// === impl NoProxy ===

impl NoProxy {
    /// Reads a list. What is no entry is ignored.
    pub(super) fn parse(list: &str) -> Self {
        let entries = list.split(',');
        let entries = entries.filter_map(|entry| Entry::parse(&entry.trim().to_lowercase()));
        Self {
            entries: entries.collect(),
        }
    }

    /// Whether the host of a URL is named.
    pub(super) fn names(&self, url: &Url) -> bool {
        let port = url.port_or_known_default().unwrap_or_default().to_string();
        let is_named = |host: &str, address: Option<IpAddr>| {
            let mut entries = self.entries.iter();
            entries.any(|entry| entry.matches(host, address, &port))
        };
        match url.host() {
            Some(Host::Domain(domain)) => is_named(domain, None),
            Some(Host::Ipv4(address)) => is_named("", Some(address.into())),
            Some(Host::Ipv6(address)) => is_named("", Some(IpAddr::from(address).to_canonical())),
            None => false,
        }
    }
}

// === impl Entry ===

impl Entry {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::All);
        }
        if let Ok(network) = entry.parse() {
            return Some(Self::Network(network));
        }
        let (host, port) = match split_host_port(entry) {
            Some((host, port)) => (host, Some(port.to_owned()).filter(|port| !port.is_empty())),
            None => (entry, None),
        };
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical(), port));
        }
        let host = match host.strip_prefix('*') {
            Some(below) if below.starts_with('.') => below,
            _ => host,
        };
        let (itself, name) = match host.strip_prefix('.') {
            Some(name) => (false, name),
            None if host.is_empty() => return None,
            None => (true, host),
        };
        // URLs have names of other scripts in their ASCII form.
        let name = match Host::parse(name) {
            Ok(Host::Domain(ascii)) if !name.is_ascii() => ascii,
            _ => name.to_owned(),
        };
        Some(Self::Domain {
            suffix: format!(".{name}"),
            itself,
            port,
        })
    }

    fn matches(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let is_port = |wanted: &Option<String>| wanted.as_deref().is_none_or(|it| it == port);
        match self {
            Self::All => true,
            Self::Network(network) => address.is_some_and(|it| network.contains(&it)),
            Self::Address(wanted, wanted_port) => address == Some(*wanted) && is_port(wanted_port),
            Self::Domain {
                suffix,
                itself,
                port: wanted_port,
            } => {
                let is_itself = *itself && suffix.strip_prefix('.') == Some(host);
                address.is_none() && (host.ends_with(suffix) || is_itself) && is_port(wanted_port)
            }
        }
    }
}

/// Go's `net.SplitHostPort`: `host:port`, or `[host]:port` where the host has colons.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let is_plain = !host.contains(['[', ']']) && !port.contains(['[', ']']);
    is_plain.then_some((host, port))
}
