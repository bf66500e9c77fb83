//! Database answer: a file of a checksum database, as whoever asks for it gets it.

use bytes::Bytes;
use codes::Code;
use gomod::{ModulePath, Version};
use protocol::{Freshness, Media, Origin, Refusal};
use std::time::Duration;

/// A file of a database, and how long others may keep it.
#[derive(Debug)]
pub struct DatabaseAnswer {
    /// What the bytes are.
    pub media: Media,
    /// How long others may keep them.
    pub freshness: Freshness,
    /// Where they came from.
    pub origin: Origin,
    /// The bytes.
    pub bytes: Bytes,
}

// === impl DatabaseAnswer ===

impl DatabaseAnswer {
    /// Text that others may keep for as long.
    pub(crate) fn text(bytes: Bytes, origin: Origin, max_age: Duration) -> Self {
        Self {
            media: Media::Text,
            freshness: Freshness::For(max_age),
            origin,
            bytes,
        }
    }
}

/// `MODULE@VERSION` as it stands in a path.
pub(crate) fn parse(subject: &str) -> Result<(ModulePath, Version), Refusal> {
    let (module, version) = subject.rsplit_once('@').unwrap_or((subject, ""));
    let module = ModulePath::unescape(module)
        .map_err(|error| Refusal::new(Code::InvalidModulePath, error.to_string()))?;
    let version = Version::unescape(version)
        .map_err(|error| Refusal::new(Code::InvalidVersion, error.to_string()))?;
    Ok((module, version))
}
