//! Service: what the surfaces need from whatever answers.
//!
//! The production service is [`proxy::Proxy`]; tests script their own. Bodies that are not at hand
//! come as one of two shapes, because HTTP can do more with one than with the other: what is
//! [`Kept`] has a size and random access, so it has ranges; what is still [`Arriving`] has neither,
//! and may yet fail.

mod production;

use bytes::Bytes;
use gomod::ModulePath;
use jiff::Timestamp;
use prometheus_client::registry::Registry;
use protocol::Evidence;
use proxy::{
    Caller, Fetching, Freshness, JournalFile, Media, Origin, Refusal, Resource, Status,
    prefetch::Kinds,
};
use std::{fmt, pin::Pin, sync::Arc};
use store::BlobId;

/// A boxed future, for the two object-safe traits.
pub type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// Whatever answers requests. Nothing here has a default: a service around another one that forgot
/// to pass something on would answer as if there were nothing to answer.
pub trait Service: Send + Sync + 'static {
    /// Answers one resource of the module protocol.
    fn answer(
        &self,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> impl std::future::Future<Output = Result<Reply, Refusal>> + Send;

    /// Answers at once what lies in memory under this path of the URL space, without its leading
    /// slash, or says nothing. Only the one canonical spelling of a path may be known here, so
    /// that it need not be parsed again. Never waits.
    fn at_hand(&self, caller: &Caller, path: &str) -> Option<AtHand>;

    /// Forgets the list and the known absences of a module; returns how many things were forgotten.
    fn refresh(
        &self,
        module: &ModulePath,
    ) -> impl std::future::Future<Output = Result<u64, Refusal>> + Send;

    /// Fetches what a go.sum or go.mod names; gives the progress as newline JSON. The work is
    /// driven by reading it.
    fn prefetch(
        &self,
        caller: &Caller,
        list: Bytes,
        kinds: Kinds,
    ) -> impl std::future::Future<Output = Result<Box<dyn Arriving>, Refusal>> + Send;

    /// Holds a go.sum against what the checksum databases say; gives JSON.
    fn sums(
        &self,
        list: Bytes,
    ) -> impl std::future::Future<Output = Result<String, Refusal>> + Send;

    /// A file of the vulnerability database's protocol, by its path below the root.
    fn vulnerability_file(
        &self,
        path: &str,
    ) -> impl std::future::Future<Output = Result<Reply, Refusal>> + Send;

    /// What is known about the modules of a list, a module and a version a line; gives JSON.
    fn examine(
        &self,
        list: Bytes,
    ) -> impl std::future::Future<Output = Result<String, Refusal>> + Send;

    /// Captured versions in order of capture, from `since` on, at most `limit`.
    fn index(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> impl std::future::Future<Output = Result<Vec<IndexEntry>, Refusal>> + Send;

    /// How the service is, in detail.
    fn status(&self) -> impl std::future::Future<Output = Result<Status, Refusal>> + Send;

    /// A file of the journal's log.
    fn journal(
        &self,
        file: JournalFile,
    ) -> impl std::future::Future<Output = Result<Reply, Refusal>> + Send;

    /// Compares a head of a checksum database of our own that somebody has seen with what is here;
    /// gives how they agree.
    fn echo(
        &self,
        name: &str,
        note: Bytes,
    ) -> impl std::future::Future<Output = Result<String, Refusal>> + Send;

    /// Whether the names in a resource must stay out of the access log at its usual level.
    fn is_private(&self, resource: &Resource) -> bool;

    /// Whether a text, which is no resource, begins with a name that must stay out of it.
    fn is_private_text(&self, text: &str) -> bool;

    /// Whether the answer to a resource would name modules that are not named in the question and must
    /// not be told to everybody.
    fn names_others(&self, resource: &Resource) -> bool;

    /// Whether requests should be sent here.
    fn readiness(&self) -> Readiness;

    /// Adds the service's metrics to `registry`.
    fn register(&self, registry: &mut Registry);

    /// Brings metrics that are not counted as they happen up to date; called before each scrape.
    fn observe(&self) -> impl std::future::Future<Output = ()> + Send;
}

/// One line of `/index`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Module path, unescaped.
    pub path: String,
    /// Version, unescaped.
    pub version: String,
    /// When this site first kept it.
    pub timestamp: Timestamp,
}

/// Whether the service can answer, and what it cannot do at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// What does not work now, one short line each.
    pub degraded: Vec<String>,
}

/// Something answered from memory, and what it is.
#[derive(Debug)]
pub struct AtHand {
    /// What the path names.
    pub resource: Arc<Resource>,
    /// The answer.
    pub reply: Reply,
}

/// A successful answer; its status is exactly 200.
#[derive(Debug)]
pub struct Reply {
    /// What the body is.
    pub media: Media,
    /// How long others may keep it.
    pub freshness: Freshness,
    /// SHA-256 of the body, where it is known beforehand.
    pub hash: Option<BlobId>,
    /// Where it came from.
    pub origin: Origin,
    /// Why it is trusted.
    pub evidence: Evidence,
    /// The bytes.
    pub payload: Payload,
}

/// The bytes of a reply.
pub enum Payload {
    /// Small and at hand.
    Bytes(Bytes),
    /// Durable.
    Kept(Arc<dyn Kept>),
    /// In flight.
    Arriving(Box<dyn Arriving>),
    /// Not there: only the head was asked for, and this is the size that a source announced.
    Announced(Option<u64>),
}

/// Durable bytes with random access.
pub trait Kept: Send + Sync + 'static {
    /// Size in bytes.
    fn size(&self) -> u64;

    /// The same as [`Self::read_at`] if it can be had without waiting.
    fn read_now(&self, offset: u64, length: usize) -> Option<Bytes> {
        let _ = (offset, length);
        None
    }

    /// Exactly `length` bytes from `offset` on; the caller stays within [`Self::size`].
    fn read_at(&self, offset: u64, length: usize) -> Future<'_, Result<Bytes, ReadFailure>>;
}

/// Bytes that are still coming in; in order, once.
pub trait Arriving: Send + 'static {
    /// Size in bytes, if the source announced it.
    fn length(&self) -> Option<u64>;

    /// The most bytes that are of use at a time.
    fn largest_piece(&self) -> usize {
        usize::MAX
    }

    /// Waits until [`Self::next`] need not wait for the source.
    fn ready(&mut self) -> Future<'_, Result<(), ReadFailure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The next bytes, at most `at_most`, or `None` after the last. The last come only once all of
    /// it is proven.
    fn next(&mut self, at_most: usize) -> Future<'_, Result<Option<Bytes>, ReadFailure>>;
}

/// A body that cannot be completed. It is logged here; the client sees a cut connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadFailure(pub String);

// === impl Payload ===

impl Payload {
    /// Size in bytes, where it is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Kept(kept) => Some(kept.size()),
            Self::Arriving(arriving) => arriving.length(),
            Self::Announced(length) => *length,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match self {
            Self::Bytes(_) => "Bytes",
            Self::Kept(_) => "Kept",
            Self::Arriving(_) => "Arriving",
            Self::Announced(_) => "Announced",
        };
        write!(f, "{shape}({:?})", self.length())
    }
}
