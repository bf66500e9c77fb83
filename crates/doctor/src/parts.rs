//! Parts: what a message names, by the name of its kind.
//!
//! They come from outside and end up in commands that people copy into a shell. So each is bounded,
//! user names and passwords in URLs are taken out, and whoever builds a command asks for
//! [`MessageParts::safe`], which hands out only what a shell takes for one word.

use serde::Serialize;
use std::collections::BTreeMap;

/// What a message names: `module`, `version`, `url`, `host`, …
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MessageParts(BTreeMap<&'static str, String>);

/// Longest part that is kept, in bytes; go's own limit for the longest name in a module is near.
const LONGEST: usize = 512;

// === impl MessageParts ===

impl MessageParts {
    /// The part of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Every part, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Adds a part, unless there is one of this name. One that is empty or too long is left out, and
    /// so is a URL without scheme and host: nobody can ask it.
    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        let value = value.trim_end_matches([',', '.', ';', ':', ')', '"', '\'']);
        let is_relative = name == "url" && !value.contains("://");
        if !value.is_empty() && value.len() <= LONGEST && !is_relative {
            self.0.entry(name).or_insert_with(|| without_user(value));
        }
    }

    /// Adds what follows from the others: from the URL the host with its port, as netrc is read by
    /// `go`; the host name alone, as netrc is read by `git`; and the same only if there is no port,
    /// for ssh, which has another.
    pub(crate) fn derive(&mut self) {
        let Some(host) = self.get("url").and_then(host_of).map(str::to_owned) else {
            return;
        };
        self.add("host", &host);
        if let Some((name, _)) = host.rsplit_once(':') {
            self.add("hostname", name);
        } else {
            self.add("hostname", &host);
            self.add("portless", &host);
        }
    }

    /// The part of this name, if it is one harmless word: in single quotes for a URL, bare for
    /// everything else.
    pub fn safe(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?;
        let more: &[u8] = if name == "url" { b"!?&" } else { b"" };
        let is_safe = |byte: u8| {
            byte.is_ascii_alphanumeric() || b"._~/:@%+=,-".contains(&byte) || more.contains(&byte)
        };
        (!value.starts_with('-') && value.bytes().all(is_safe)).then_some(value)
    }
}

/// The host of a URL, with its port if it names one.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

/// A URL without user and password.
pub(crate) fn without_user(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|host| host.rfind('@')) {
        Some(at) => format!("{scheme}://{}", rest.get(at + 1..).unwrap_or_default()),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::MessageParts;

    fn with(name: &'static str, value: &str) -> MessageParts {
        let mut parts = MessageParts::default();
        parts.add(name, value);
        parts.derive();
        parts
    }

    #[test]
    fn secrets_in_urls_are_not_kept() {
        let parts = with("url", "https://me:secret@proxy.example.com:8443/x/@v/list");
        assert_eq!(
            parts.get("url"),
            Some("https://proxy.example.com:8443/x/@v/list")
        );
        assert_eq!(parts.get("host"), Some("proxy.example.com:8443"));
    }

    #[test]
    fn what_a_shell_would_obey_is_not_safe() {
        for hostile in [
            "example.com/$(reboot)",
            "a;b",
            "a`b`",
            "-rf",
            "a'b",
            "a\u{a0}b",
            "a|b",
            "a&b",
        ] {
            assert_eq!(with("module", hostile).safe("module"), None, "{hostile}");
        }
        assert!(with("module", "example.com/a/v2").safe("module").is_some());
        assert!(
            with("url", "https://example.com/!a?go-get=1")
                .safe("url")
                .is_some()
        );
    }
}
