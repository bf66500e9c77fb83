//! The GOPROXY list: where modules are looked for, and when the next place is tried.
//!
//! Entries are separated by `,` (go on after "not found" only) or `|` (go on after any error); the
//! separator behind an entry is its own. Spaces around entries and empty entries are skipped,
//! `direct` and `off` end the list whatever follows, and an entry without a scheme that has a `.`,
//! `:` or `/` in it gets `https://` (`go help goproxy`, Go Modules Reference, "Environment
//! variables"). URLs are `http`, `https` or `file`, the latter with a path and nothing else.
//!
//! The empty list is refused here. For `go` an unset or empty GOPROXY means its default list; which
//! default is meant is for the caller to know, who has to ask before parsing.
//!
//! Two things are refused that `go` notices only when it fetches: an `http` or `https` URL without
//! a host, and control characters behind a `#`. Secrets do not show: `Display` and `Debug` blot out
//! user, password, path and query of a URL, [`ProxyUrl::reveal`] is for whoever connects.

mod url;

pub use url::{ProxyScheme, ProxyUrl, UrlError};

use std::{fmt, str::FromStr};

/// A parsed GOPROXY list; it has at least one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyList {
    entries: Vec<(ProxyListEntry, ProxyFallback)>,
}

/// One place to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyListEntry {
    /// A proxy, by its base URL.
    Proxy(ProxyUrl),
    /// Version control, without a proxy. Always the last entry.
    Direct,
    /// Nowhere: whatever gets here is refused. Always the last entry.
    Off,
}

/// When the next entry is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyFallback {
    /// `,`: only if this entry said that there is no such thing (404 or 410).
    OnNotFound,
    /// `|`: after any error.
    OnAnyError,
}

/// Why a list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyListError {
    /// There is no entry, only separators and spaces, or nothing at all.
    #[error("proxy list contains no entries")]
    NoEntries,
    /// An entry is neither `direct` nor `off` nor a URL that can be used.
    #[error("proxy list entry {position}: {reason}")]
    Entry {
        /// Which, counted from 1, empty ones included.
        position: usize,
        /// What is wrong with it.
        reason: UrlError,
    },
}

// === impl ProxyList ===

impl ProxyList {
    /// Parses a list as `go` does; see the module's page for the grammar.
    pub fn parse(text: &str) -> Result<Self, ProxyListError> {
        let mut entries = Vec::new();
        for (index, item) in text.split_inclusive([',', '|']).enumerate() {
            let (item, fallback) = ProxyFallback::cut(item);
            if item.trim().is_empty() {
                continue;
            }
            let entry =
                ProxyListEntry::parse(item.trim()).map_err(|reason| ProxyListError::Entry {
                    position: index + 1,
                    reason,
                })?;
            let last = !matches!(entry, ProxyListEntry::Proxy(_));
            entries.push((entry, fallback));
            if last {
                break;
            }
        }
        // Behind the last entry there is nothing to fall back to; one spelling for one meaning.
        entries.last_mut().ok_or(ProxyListError::NoEntries)?.1 = ProxyFallback::OnNotFound;
        Ok(Self { entries })
    }

    /// The entries in order, each with the condition under which the next one is tried. Behind the
    /// last entry that is [`ProxyFallback::OnNotFound`], whatever was written.
    pub fn entries(&self) -> &[(ProxyListEntry, ProxyFallback)] {
        &self.entries
    }

    /// The list as it can be parsed again, **with its secrets**.
    pub fn reveal(&self) -> String {
        let mut text = String::new();
        let mut separator = "";
        for (entry, fallback) in &self.entries {
            text.push_str(separator);
            text.push_str(entry.reveal());
            separator = fallback.separator();
        }
        text
    }
}

impl fmt::Display for ProxyList {
    /// The list as it can be parsed again, without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (entry, fallback) in &self.entries {
            write!(f, "{separator}{entry}")?;
            separator = fallback.separator();
        }
        Ok(())
    }
}

impl FromStr for ProxyList {
    type Err = ProxyListError;

    fn from_str(text: &str) -> Result<Self, ProxyListError> {
        Self::parse(text)
    }
}

// === impl ProxyListEntry ===

impl ProxyListEntry {
    fn parse(item: &str) -> Result<Self, UrlError> {
        match item {
            "off" => Ok(Self::Off),
            "direct" => Ok(Self::Direct),
            // Single words are reserved; a path or something with a scheme has to be a whole URL.
            host if host.contains(['.', ':', '/'])
                && !host.contains(":/")
                && !host.starts_with('/') =>
            {
                ProxyUrl::parse(&format!("https://{host}")).map(Self::Proxy)
            }
            url => ProxyUrl::parse(url).map(Self::Proxy),
        }
    }

    fn reveal(&self) -> &str {
        match self {
            Self::Proxy(url) => url.reveal(),
            Self::Direct => "direct",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for ProxyListEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(url) => url.fmt(f),
            Self::Direct | Self::Off => f.write_str(self.reveal()),
        }
    }
}

// === impl ProxyFallback ===

impl ProxyFallback {
    fn cut(item: &str) -> (&str, Self) {
        match item.strip_suffix('|') {
            Some(item) => (item, Self::OnAnyError),
            None => (item.strip_suffix(',').unwrap_or(item), Self::OnNotFound),
        }
    }

    const fn separator(self) -> &'static str {
        match self {
            Self::OnNotFound => ",",
            Self::OnAnyError => "|",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ProxyFallback, ProxyList, ProxyListEntry, ProxyListError, UrlError};

    fn shown(text: &str) -> Result<String, ProxyListError> {
        ProxyList::parse(text).map(|list| list.to_string())
    }

    #[test]
    fn each_separator_belongs_to_the_entry_before_it() {
        let list = ProxyList::parse("https://a.example.com|https://b.example.com,direct").unwrap();
        let fallbacks: Vec<ProxyFallback> =
            list.entries().iter().map(|(_, after)| *after).collect();
        assert_eq!(
            fallbacks,
            [
                ProxyFallback::OnAnyError,
                ProxyFallback::OnNotFound,
                ProxyFallback::OnNotFound
            ]
        );
        assert!(matches!(
            list.entries().last(),
            Some((ProxyListEntry::Direct, _))
        ));
        assert_eq!(
            shown("a.example.com|,,b.example.com").unwrap(),
            "https://a.example.com|https://b.example.com"
        );
    }

    #[test]
    fn direct_and_off_end_the_list_whatever_follows() {
        assert_eq!(shown("direct|ftp://nonsense").unwrap(), "direct");
        assert_eq!(shown(" , off , x").unwrap(), "off");
    }

    #[test]
    fn a_host_without_a_scheme_means_https() {
        assert_eq!(shown("example.com").unwrap(), "https://example.com");
        assert_eq!(shown("localhost:3000").unwrap(), "https://localhost:3000");
        let refused = |position, reason| Err(ProxyListError::Entry { position, reason });
        assert_eq!(shown("localhost"), refused(1, UrlError::NoScheme));
        assert_eq!(shown(",/srv/proxy"), refused(2, UrlError::NoScheme));
        assert_eq!(
            shown("ftp://example.com"),
            refused(1, UrlError::UnknownScheme)
        );
    }

    #[test]
    fn an_empty_list_is_left_to_the_caller() {
        for empty in ["", " ", ",", "|, "] {
            assert_eq!(shown(empty), Err(ProxyListError::NoEntries), "{empty:?}");
        }
    }

    #[test]
    fn secrets_show_only_when_asked_for() {
        let text =
            "https://user:s3cret@a.example.com/s3cret/go?token=s3cret#s3cret|file:///srv/s,off";
        let list = ProxyList::parse(text).unwrap();
        let (shown, debugged) = (list.to_string(), format!("{list:?}"));
        assert_eq!(
            shown,
            "https://redacted@a.example.com/redacted?redacted#redacted|file:///srv/s,off"
        );
        assert!(
            !debugged.contains("s3cret") && !debugged.contains("user"),
            "{debugged}"
        );
        assert_eq!(list.reveal(), text);
        let again = ProxyList::parse(&shown).map(|list| list.to_string());
        assert_eq!(again, Ok(shown));
        // An unescaped `@` is part of the password, not its end.
        let list = ProxyList::parse("https://user:p@s3cret@a.example.com").unwrap();
        assert_eq!(list.to_string(), "https://redacted@a.example.com");
        let error = ProxyList::parse("https://user:s3cr|et@a.example.com").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cr"), "{error:?}");
    }
}
