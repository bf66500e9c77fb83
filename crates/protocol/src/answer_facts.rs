//! Facts about an answer that clients and caches are told: what it is, how long it stays true, and where
//! it came from.

use std::{fmt, time::Duration};

/// Content types of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `text/plain; charset=utf-8`: lists, go.mod files, checksum-database records.
    Text,
    /// `application/json`: version information.
    Json,
    /// `application/zip`.
    Zip,
    /// `application/octet-stream`: tiles.
    Octets,
}

/// How long an answer stays true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// For ever: captured artifacts, full tiles, lookups.
    Immutable,
    /// For this long: lists, queries, tree heads.
    For(Duration),
}

/// Where the bytes of an answer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From memory.
    Memory,
    /// From the store.
    Store,
    /// Remembered, older than its age limit, because no source could be asked.
    Stale,
    /// Computed from the catalog, because no source could be asked.
    Computed,
    /// A list, or the latest, of what can be served: no source can be asked for the rest.
    Kept {
        /// Versions of which everything is kept.
        whole: usize,
        /// Versions that are listed while the sources can be asked.
        listed: usize,
    },
    /// Fetched for this request, or for one that came just before, from the named source.
    Upstream(String),
}

// === impl Media ===

impl Media {
    /// The `Content-Type` value.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Zip => "application/zip",
            Self::Octets => "application/octet-stream",
        }
    }
}

// === impl Origin ===

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Store => f.write_str("store"),
            Self::Stale => f.write_str("stale"),
            Self::Computed => f.write_str("computed"),
            Self::Kept { whole, listed } => {
                write!(f, "kept {whole} of {listed} listed, no source can be asked")
            }
            Self::Upstream(name) => write!(f, "upstream {name}"),
        }
    }
}
