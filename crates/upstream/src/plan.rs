//! A GOPROXY list as this crate walks it: stops and what leads past them.

use std::sync::Arc;

use gomod::goproxy::{ProxyFallback, ProxyList, ProxyListEntry};
use url::Url;

use crate::{BuildError, SourceName};

/// One stop of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) place: Place,
    /// Whether any failure leads to the next stop (`|`), or only absence (`,`).
    pub(crate) past_failure: bool,
}

/// Where a stop leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The source with this index; that of version control stands behind all others.
    Source(usize),
    /// `direct`: version control, which is not asked here.
    Direct,
    /// `off`: nowhere.
    Off,
}

/// The stops of a list, and the URLs of its sources in order.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stops: Arc<[Stop]>,
    pub(crate) urls: Vec<Url>,
}

// === impl Plan ===

impl Plan {
    /// `asks_direct` says whether `direct` is a source.
    pub(crate) fn of(list: &ProxyList, asks_direct: bool) -> Result<Self, BuildError> {
        let is_proxy = |entry: &ProxyListEntry| matches!(entry, ProxyListEntry::Proxy(_));
        let proxies = list.entries().iter().filter(|(entry, _)| is_proxy(entry));
        let direct = Place::Source(proxies.count());
        let mut urls = Vec::new();
        let mut stops = Vec::new();
        for (entry, fallback) in list.entries() {
            let place = match entry {
                ProxyListEntry::Proxy(proxy) => {
                    urls.push(Url::parse(proxy.reveal()).map_err(|error| BuildError::Url {
                        entry: proxy.to_string(),
                        why: error.to_string(),
                    })?);
                    Place::Source(urls.len() - 1)
                }
                ProxyListEntry::Direct if asks_direct => direct,
                ProxyListEntry::Direct => Place::Direct,
                ProxyListEntry::Off => Place::Off,
            };
            stops.push(Stop {
                place,
                past_failure: *fallback == ProxyFallback::OnAnyError,
            });
        }
        Ok(Self {
            stops: stops.into(),
            urls,
        })
    }
}

/// The name of a list's stop that is no source.
pub(crate) fn word(place: Place) -> SourceName {
    SourceName::word(if place == Place::Direct {
        "direct"
    } else {
        "off"
    })
}
