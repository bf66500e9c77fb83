//! A URL as it is configured: known to whoever connects, and shown to nobody.
//!
//! Path, query, user and password may each be a secret, so `Display` and `Debug` write the origin
//! only, and errors about a text that is no URL do not repeat it.

use std::fmt;

use url::Url;

use crate::SourceName;

/// The URL of something that is reached over HTTP. It prints as its origin.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceUrl(Url);

/// Why a text is no [`SourceUrl`]. Nothing of the text is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceUrlError {
    /// No URL.
    #[error("it is no URL: {0}")]
    Malformed(#[from] url::ParseError),
    /// Neither http nor https.
    #[error("it is no http or https URL")]
    Scheme,
}

// === impl SourceUrl ===

impl SourceUrl {
    /// Reads an http or https URL with a host.
    pub fn parse(text: &str) -> Result<Self, SourceUrlError> {
        let url = Url::parse(text)?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(SourceUrlError::Scheme);
        }
        Ok(Self(url))
    }

    /// The URL **with its secrets**, for whoever connects.
    pub fn reveal(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SourceName::of(&self.0).fmt(f)
    }
}

impl fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceUrl, SourceUrlError};

    #[test]
    fn neither_a_url_nor_a_refusal_shows_more_than_an_origin() {
        let url = "https://secret:secret@a.example:8443/secret?secret#secret";
        let url = SourceUrl::parse(url).unwrap();
        assert_eq!(url.to_string(), "https://a.example:8443");
        assert_eq!(format!("{url:?}"), "SourceUrl(https://a.example:8443)");
        assert!(url.reveal().as_str().contains("/secret?secret"));
        for wrong in [
            "secret",
            "ftp://secret@a.example/",
            "https://",
            "data:secret",
        ] {
            let error: SourceUrlError = SourceUrl::parse(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
