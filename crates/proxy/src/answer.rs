//! Answer: a body and the facts about it that the server turns into headers.

use bytes::Bytes;
use memory::HeldResponse;
use protocol::{Evidence, Freshness, Media, Origin};
use std::fmt;
use store::{BlobId, BlobReader};

use checksumdb::DatabaseAnswer;
use ingest::flight::reader::Reader;

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

// === impl Answer ===

impl From<HeldResponse> for Answer {
    fn from(held: HeldResponse) -> Self {
        Self {
            media: held.media,
            freshness: held.freshness,
            hash: held.hash,
            origin: held.origin,
            evidence: Evidence::Unclaimed,
            body: Body::Bytes(held.bytes),
        }
    }
}

impl From<DatabaseAnswer> for Answer {
    fn from(answer: DatabaseAnswer) -> Self {
        Self {
            media: answer.media,
            freshness: answer.freshness,
            hash: None,
            origin: answer.origin,
            evidence: Evidence::Unclaimed,
            body: Body::Bytes(answer.bytes),
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
