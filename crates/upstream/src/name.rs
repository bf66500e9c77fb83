//! The name under which a source appears to people.
//!
//! Hosted registries put tokens into the path of a URL, others into the query or before the host.
//! So a name is made of scheme, host and port only, and nothing else of a URL can get into one: it
//! may stand in headers, metrics, logs, error bodies and the journal without anybody having to
//! remember to redact it. Sources that share an origin are told apart by a number, given in the
//! order in which the configuration names them: `https://registry.example.org`,
//! `https://registry.example.org#2`. A directory is `file`, for its path tells of this host.

use std::{fmt, sync::Arc};

use parking_lot::Mutex;
use url::Url;

/// The name of every source that is a directory.
const DIRECTORY: &str = "file";

/// A source's name: `https://proxy.example.org`, `https://proxy.example.org#2`, `file`.
///
/// Cheap to clone. `direct` and `off` are names as well: they appear in outages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceName(Arc<str>);

/// The names that were given so far, so that two sources never share one. Cloning shares them:
/// whatever is configured together is named by one of these.
#[derive(Clone, Default)]
pub struct SourceNames(Arc<Mutex<KnownSources>>);

#[derive(Default)]
struct KnownSources {
    urls: Vec<Url>,
    /// Names that an operator chose.
    chosen: Vec<(Url, SourceName)>,
}

// === impl SourceName ===

impl SourceName {
    /// The name of the source at this URL, where it is the only one of its origin.
    pub(crate) fn of(url: &Url) -> Self {
        Self(origin(url).into())
    }

    /// A name that is a word of the list grammar, or one for tests and for what is made up locally.
    pub fn word(word: &'static str) -> Self {
        Self(word.into())
    }

    /// What may be shown of a name that was recorded. Names that were recorded before paths were
    /// left out of them may hold a token; what is recorded never changes, but it is not repeated.
    pub fn shown(recorded: &str) -> &str {
        if recorded.starts_with("file:") {
            return DIRECTORY;
        }
        let Some(start) = recorded.find("://").map(|at| at + "://".len()) else {
            return recorded;
        };
        let end = recorded.get(start..).and_then(|rest| rest.find(['/', '?']));
        match end {
            Some(end) => recorded.get(..start + end).unwrap_or(DIRECTORY),
            None => recorded,
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl SourceNames ===

impl SourceNames {
    /// Gives the source at this URL a name that an operator chose.
    pub(crate) fn give(&self, url: &Url, name: &str) {
        let chosen = (url.clone(), SourceName(name.into()));
        self.0.lock().chosen.push(chosen);
    }

    /// The name of the source at this URL. The same URL gets the same name again.
    pub(crate) fn name(&self, url: &Url) -> SourceName {
        let KnownSources { urls, chosen } = &mut *self.0.lock();
        if let Some((_, name)) = chosen.iter().find(|(of, _)| of == url) {
            return name.clone();
        }
        let origin = origin(url);
        if !urls.contains(url) {
            urls.push(url.clone());
        }
        let before = urls.iter().take_while(|known| *known != url);
        match before.filter(|known| self::origin(known) == origin).count() {
            0 => SourceName(origin.into()),
            others => SourceName(format!("{origin}#{}", others + 1).into()),
        }
    }
}

/// Without the URLs: they are secrets.
impl fmt::Debug for SourceNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceNames").finish_non_exhaustive()
    }
}

/// Scheme, host and port. The scheme of what is no http or https URL is shown, its rest is not.
fn origin(url: &Url) -> String {
    match (url.scheme(), url.host_str()) {
        ("file", _) => DIRECTORY.to_owned(),
        (scheme, Some(host)) => {
            let port = url.port().map(|port| format!(":{port}"));
            format!("{scheme}://{host}{}", port.unwrap_or_default())
        }
        (scheme, None) => format!("{scheme}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceName, SourceNames};
    use url::Url;

    fn parsed(url: &str) -> Url {
        Url::parse(url).unwrap()
    }

    #[test]
    fn nothing_but_the_origin_is_in_a_name() {
        for (url, name) in [
            (
                "https://user:secret@proxy.example.org/secret/go/",
                "https://proxy.example.org",
            ),
            (
                "https://proxy.example.org:8443/?token=secret#secret",
                "https://proxy.example.org:8443",
            ),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("file:///srv/secret/", "file"),
            ("ftp://user:secret@host/secret", "ftp://host"),
            ("mailto:secret", "mailto:"),
        ] {
            assert_eq!(SourceName::of(&parsed(url)).as_str(), name);
        }
    }

    #[test]
    fn sources_of_one_origin_are_told_apart_by_a_number() {
        let names = SourceNames::default();
        let name = |url| names.clone().name(&parsed(url)).to_string();
        for (url, expected) in [
            ("https://a.example/token1/go", "https://a.example"),
            ("https://a.example/token2/go", "https://a.example#2"),
            ("https://b.example/token1/go", "https://b.example"),
            ("https://user:pw@a.example/token1/go", "https://a.example#3"),
            ("https://a.example/token2/go", "https://a.example#2"),
            ("https://a.example/token1/go", "https://a.example"),
            ("file:///a", "file"),
            ("file:///b", "file#2"),
        ] {
            assert_eq!(name(url), expected, "{url}");
        }
        assert!(!format!("{names:?}").contains("token"));
    }

    #[test]
    fn what_was_recorded_with_its_path_is_shown_without() {
        for (recorded, shown) in [
            ("https://a.example/token/go", "https://a.example"),
            ("https://a.example:8443/token?x", "https://a.example:8443"),
            ("https://a.example?x", "https://a.example"),
            ("https://a.example#2", "https://a.example#2"),
            ("https://a.example", "https://a.example"),
            ("file:///srv/modules", "file"),
            ("file#2", "file#2"),
            ("bundle of site-a", "bundle of site-a"),
        ] {
            assert_eq!(SourceName::shown(recorded), shown);
        }
    }
}
