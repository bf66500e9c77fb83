//! Answer: a body and the facts about it that the server turns into headers.

use bytes::Bytes;
use protocol::Evidence;
use std::{fmt, time::Duration};
use store::{BlobId, BlobReader};

use crate::flight::Reader;

/// A successful answer; its status is exactly 200.
#[derive(Debug)]
pub struct Answer {
    /// What the body is.
    pub media: Media,
    /// How long others may keep it.
    pub freshness: Freshness,
    /// SHA-256 of the body where it is known before the body is sent: the `ETag`.
    pub hash: Option<BlobId>,
    /// Where it came from: `Modkeep-Source`.
    pub origin: Origin,
    /// Why it is trusted: `Modkeep-Evidence`.
    pub evidence: Evidence,
    /// The bytes.
    pub body: Body,
}

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

/// The bytes of an answer.
pub enum Body {
    /// Small and at hand.
    Bytes(Bytes),
    /// Kept: random access, known size.
    Blob(BlobReader),
    /// Arriving: sequential; its last chunk comes only once all of it is proven and durable.
    Flight(Reader),
    /// None: the head was asked for, and this is the length that a source announced.
    Announced(Option<u64>),
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

// === impl Body ===

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self {
            Self::Bytes(_) => "Bytes",
            Self::Blob(_) => "Blob",
            Self::Flight(_) => "Flight",
            Self::Announced(_) => "Announced",
        };
        write!(f, "{form}({:?} bytes)", self.length())
    }
}

impl Body {
    /// Size in bytes, where it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Blob(blob) => Some(blob.size()),
            Self::Flight(reader) => reader.length(),
            Self::Announced(length) => *length,
        }
    }
}
