//! Where public vulnerability data comes from: a URL, a zip, a directory.

use std::{fmt, path::PathBuf};
use upstream::SourceUrl;

/// A place of public vulnerability data. A URL shows as its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VulnerabilitySource {
    /// The root of a database; its archive is fetched.
    Url(SourceUrl),
    /// An archive, or a directory.
    Path(PathBuf),
}

// === impl VulnerabilitySource ===

impl VulnerabilitySource {
    /// What a person wrote; a refusal does not repeat it.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            let url = SourceUrl::parse(text).map_err(|error| error.to_string())?;
            return Ok(Self::Url(url));
        }
        Ok(Self::Path(PathBuf::from(text)))
    }
}

impl fmt::Display for VulnerabilitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}
