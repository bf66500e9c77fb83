//! How sources are reached: deadlines, limits, trust, the way out.
//!
//! `go` itself has none of these deadlines: a source that accepts and then stays silent hangs it
//! for ever. So they are ours, and each default says why it is what it is.

use std::{borrow::Cow, collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use url::Url;
use vcs::{Repositories, VcsPolicy};

use crate::{AllowedNets, DatabaseRoute, NoObserver, Observer, SourceName, SourceNames};

/// Connecting, name lookup and TLS included. Four round trips around the world stay below 2 s even
/// with one lost packet each; a host that needs more than 5 s is as good as dead. (Whoever waits for
/// it knows sooner: not to connect is silence, see [`DEFAULT_SILENCE`].)
pub const DEFAULT_CONNECT: Duration = Duration::from_secs(5);

/// From asking to the answer's header, redirects included; waiting for a free slot has the same bound
/// of its own. A proxy that must first fetch a new version from version control needs many seconds for a large repository; a
/// shorter deadline would turn the first request of a new version into an outage.
pub const DEFAULT_HEADER: Duration = Duration::from_secs(30);

/// Silence after which a source is asked something cheap, and for how long that is waited for: a
/// client waits 4 s for a source that hangs. A healthy one answers something cheap in two round
/// trips, a busy one within a second.
pub const DEFAULT_SILENCE: Duration = Duration::from_secs(2);

/// Between two pieces of a body. A transfer that moves at all is left alone however slow it is.
pub const DEFAULT_STALL: Duration = Duration::from_secs(30);

/// Requests in flight at one source. A cold build asks few things at a time, so this serves dozens
/// of clients and their prefetch, and stays below the 100 streams that HTTP/2 servers must be
/// expected to allow (RFC 9113 section 6.5.2).
pub const DEFAULT_MAX_IN_FLIGHT: usize = 64;

/// How requests leave the site. Its `Debug` shows no credentials.
#[derive(Clone, Default)]
pub enum Egress {
    /// As the system says: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and the platform's own settings.
    /// A source on this host is always reached without a proxy, as `go` does.
    #[default]
    System,
    /// Without any proxy.
    Straight,
    /// Everything through this proxy, except hosts in `bypass` (the grammar of `NO_PROXY`).
    Through {
        /// The proxy's URL, http or https; may carry a user and a password.
        proxy: Url,
        /// Hosts, domains and CIDRs that are reached without it.
        bypass: String,
    },
}

/// What is different for one source of the list. What is `None` is as for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceOptions {
    /// Its name, in place of the origin of its URL.
    pub name: Option<String>,
    /// Whether it is left alone while it fails too often.
    pub breaker: Option<bool>,
    /// File of what it is shown so that it lets us in.
    pub credentials: Option<PathBuf>,
    /// How it is granted a token in place of that.
    pub grant: Option<ClientGrant>,
}

/// A grant of client credentials (RFC 6749 section 4.4): where a token is granted, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientGrant {
    /// The token endpoint.
    pub token_url: Url,
    /// The client's id.
    pub client_id: String,
    /// File that holds the client's secret and nothing else; it is read for each token.
    pub secret_file: PathBuf,
    /// What the token is for, if the server wants to know.
    pub scope: Option<String>,
}

/// How sources are reached. `Default` is what `modkeep serve` uses when nothing is configured.
#[derive(Clone)]
pub struct UpstreamOptions {
    /// Deadline for connecting, name lookup and TLS included.
    pub connect: Duration,
    /// Deadline from asking to the answer's header, redirects included.
    pub header: Duration,
    /// Silence after which a source is asked something cheap, with the same deadline; if it is
    /// silent to that as well, the request fails. So nobody waits for a hanging source longer than
    /// twice this.
    pub silence: Duration,
    /// Deadline between two pieces of a body.
    pub stall: Duration,
    /// Requests in flight at one source, and twice as many at the checksum databases behind it; others
    /// wait, within the header deadline.
    pub max_in_flight: usize,
    /// Whether a source that fails too often is left alone for a while. If not, all breakers begin
    /// forced closed.
    pub breaker: bool,
    /// Whether small answers that are later than 95 of 100 are asked for a second time.
    pub hedge: bool,
    /// PEM file of trusted roots besides the platform's.
    pub ca: Option<PathBuf>,
    /// File of what sources are shown so that they let us in, in the syntax of netrc.
    pub credentials: Option<PathBuf>,
    /// How a source is granted a token in place of that.
    pub grant: Option<ClientGrant>,
    /// The way out.
    pub egress: Egress,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// Checksum databases that have a URL of their own, by name. A database that is not named here
    /// is reached through the sources only.
    pub databases: BTreeMap<String, DatabaseRoute>,
    /// What is different for single sources, by their URLs.
    pub per_source: Vec<(Url, SourceOptions)>,
    /// Networks that redirects may reach although they lie inside.
    pub allow_net: AllowedNets,
    /// How modules are taken from version control, where the list says `direct`; without it they are not.
    pub direct: Option<DirectSettings>,
    /// Names of sources that were given already: shared by all lists that are configured together.
    pub names: SourceNames,
    /// Told about every call.
    pub observer: Arc<dyn Observer>,
}

/// How modules are taken from version control.
#[derive(Clone)]
pub struct DirectSettings {
    /// Which systems may be used.
    pub policy: VcsPolicy,
    /// Whether the modules of the list are private: then their hosts may lie inside.
    pub is_private: bool,
    /// The repositories that are worked with, shared by all lists.
    pub repositories: Repositories,
}

// === impl Egress ===

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Straight => f.write_str("Straight"),
            Self::Through { proxy, bypass } => f
                .debug_struct("Through")
                .field("proxy", &SourceName::of(proxy))
                .field("bypass", bypass)
                .finish(),
        }
    }
}

// === impl UpstreamOptions ===

impl UpstreamOptions {
    /// The options of the source at this URL.
    pub(crate) fn of_source(&self, url: &Url) -> Cow<'_, Self> {
        let Some((_, source)) = self.per_source.iter().find(|(of, _)| of == url) else {
            return Cow::Borrowed(self);
        };
        if let Some(name) = &source.name {
            self.names.give(url, name);
        }
        let mut options = self.clone();
        options.breaker = source.breaker.unwrap_or(options.breaker);
        options.credentials = source.credentials.clone().or(options.credentials);
        options.grant.clone_from(&source.grant);
        Cow::Owned(options)
    }
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        Self {
            connect: DEFAULT_CONNECT,
            header: DEFAULT_HEADER,
            silence: DEFAULT_SILENCE,
            stall: DEFAULT_STALL,
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            breaker: true,
            hedge: true,
            ca: None,
            credentials: None,
            grant: None,
            egress: Egress::System,
            user_agent: concat!("modkeep/", env!("CARGO_PKG_VERSION")).to_owned(),
            databases: BTreeMap::new(),
            per_source: Vec::new(),
            allow_net: AllowedNets::default(),
            direct: None,
            names: SourceNames::default(),
            observer: Arc::new(NoObserver),
        }
    }
}

impl fmt::Debug for UpstreamOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamOptions")
            .field("connect", &self.connect)
            .field("header", &self.header)
            .field("silence", &self.silence)
            .field("stall", &self.stall)
            .field("max_in_flight", &self.max_in_flight)
            .field("breaker", &self.breaker)
            .field("hedge", &self.hedge)
            .field("ca", &self.ca)
            .field("egress", &self.egress)
            .field("user_agent", &self.user_agent)
            .field("databases", &self.databases)
            .field("allow_net", &self.allow_net)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Egress, SourceOptions, UpstreamOptions};
    use crate::{DatabaseRoute, SourceUrl};
    use url::Url;

    #[test]
    fn one_source_may_have_a_name_a_breaker_and_credentials_of_its_own() {
        let [one, other] =
            ["https://a.example/x", "https://b.example"].map(|url| Url::parse(url).unwrap());
        let special = SourceOptions {
            name: Some("company".to_owned()),
            breaker: Some(false),
            credentials: Some("/a".into()),
            grant: None,
        };
        let options = UpstreamOptions {
            credentials: Some("/all".into()),
            per_source: vec![(one.clone(), special)],
            ..UpstreamOptions::default()
        };
        let seen = |url| {
            let options = options.of_source(url);
            let name = options.names.name(url).to_string();
            (name, options.breaker, options.credentials.clone())
        };
        assert_eq!(seen(&one), ("company".to_owned(), false, Some("/a".into())));
        let usual = ("https://b.example".to_owned(), true, Some("/all".into()));
        assert_eq!(seen(&other), usual);
    }

    #[test]
    fn options_print_no_credentials() {
        let text = "https://user:secret@host.example/secret/?token=secret";
        let (proxy, url) = (Url::parse(text).unwrap(), SourceUrl::parse(text).unwrap());
        let options = UpstreamOptions {
            egress: Egress::Through {
                proxy,
                bypass: String::new(),
            },
            databases: [
                ("a".to_owned(), DatabaseRoute::Only(url.clone())),
                ("b".to_owned(), DatabaseRoute::Fallback(url)),
            ]
            .into(),
            ..UpstreamOptions::default()
        };
        let text = format!("{options:?}");
        assert_eq!(text.matches("host.example").count(), 3, "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}
