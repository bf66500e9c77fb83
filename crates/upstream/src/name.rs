//! The name under which a source appears to people.
//!
//! Source URLs may carry a user and a password, and tokens in a query. A name never does: it is
//! made of scheme, host, port and path only, so it can stand in logs, headers, metrics and error
//! bodies without anybody having to remember to redact it.

use std::{fmt, sync::Arc};

use url::Url;

/// A source's name, free of credentials: `https://proxy.example.org/go`, `file:///srv/modules`.
///
/// Cheap to clone. `direct` and `off` are names as well: they appear in outages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceName(Arc<str>);

// === impl SourceName ===

impl SourceName {
    /// The name of the source at this URL.
    pub(crate) fn of(url: &Url) -> Self {
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let path = url.path().trim_end_matches('/');
        Self(
            format!(
                "{}://{}{port}{path}",
                url.scheme(),
                url.host_str().unwrap_or_default()
            )
            .into(),
        )
    }

    /// A name that is a word of the list grammar, or one for tests and for what is made up locally.
    pub fn word(word: &str) -> Self {
        Self(word.into())
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

#[cfg(test)]
mod tests {
    use super::SourceName;
    use url::Url;

    #[test]
    fn names_hold_no_credentials() {
        for (url, name) in [
            (
                "https://user:secret@proxy.example.org/go/",
                "https://proxy.example.org/go",
            ),
            (
                "https://proxy.example.org:8443/?token=secret#secret",
                "https://proxy.example.org:8443",
            ),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("file:///srv/modules/", "file:///srv/modules"),
        ] {
            assert_eq!(SourceName::of(&Url::parse(url).unwrap()).as_str(), name);
        }
    }
}
