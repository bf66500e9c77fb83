//! Cached answers: what sources said that may change, remembered with its age.
//!
//! A version list, what `@latest` or a branch meant, a tree head, that something was absent: none
//! of them is a capture. They have an age, may be overwritten and forgotten, and are lost in a
//! rebuild without harm. They share the catalog with the captures but not the journal.
//!
//! Their number and size are bounded, because everything in them is chosen by clients and
//! upstreams: see [`CACHED_ANSWER_BODY_LIMIT`] and [`CACHED_ANSWER_LIMIT`].

use bytes::Bytes;
use gomod::ModulePath;
use jiff::Timestamp;

/// The largest body of a cached answer, in bytes: a list of a hundred thousand versions.
pub const CACHED_ANSWER_BODY_LIMIT: usize = 4 << 20;

/// The most cached answers that are kept; beyond it the oldest absences go, and then the oldest of the
/// others. At a typical 200 bytes this is 40 MB.
pub const CACHED_ANSWER_LIMIT: u64 = 200_000;

/// What kind of answer a cached answer remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CachedAnswerClass {
    /// `M/@v/list`.
    List,
    /// `M/@latest`.
    Latest,
    /// `M/@v/QUERY.info`, where the query is no canonical version.
    Query,
    /// A mutable answer of a checksum database: a tree head, a partial tile, `supported`.
    Sumdb,
    /// That an artifact, a module or anything else with a path is absent.
    Absence,
}

/// The name of a cached answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CachedAnswerKey {
    /// What kind of answer it is.
    pub class: CachedAnswerClass,
    /// Its path in the protocol's URL space, escaped.
    pub path: String,
}

/// What the answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachedAnswerStatus {
    /// There is such a thing; the body says what it is.
    Known,
    /// There is none; the body is what the source said about it.
    Absent,
}

/// A remembered answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedAnswer {
    /// The answer's bytes, as they came.
    pub body: Bytes,
    /// What the answer was.
    pub status: CachedAnswerStatus,
    /// When the source gave it. Kept to the microsecond.
    pub fetched_at: Timestamp,
    /// Who gave it.
    pub source: String,
}

/// The age to which remembered answers are set back, so that they are asked for anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaleMark {
    /// As if an answer with content had come at this time.
    pub known: Timestamp,
    /// As if a statement of absence had come at this time.
    pub absent: Timestamp,
}

// === impl CachedAnswerClass ===

impl CachedAnswerClass {
    const ALL: [Self; 5] = [
        Self::List,
        Self::Latest,
        Self::Query,
        Self::Sumdb,
        Self::Absence,
    ];

    /// How the class is written in the catalog. The numbers never change.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::List => 1,
            Self::Latest => 2,
            Self::Query => 3,
            Self::Sumdb => 4,
            Self::Absence => 5,
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }
}

// === impl CachedAnswerKey ===

impl CachedAnswerKey {
    /// The key of any class and path.
    pub fn new(class: CachedAnswerClass, path: impl Into<String>) -> Self {
        Self {
            class,
            path: path.into(),
        }
    }

    /// The version list of a module.
    pub fn list(module: &ModulePath) -> Self {
        Self::new(
            CachedAnswerClass::List,
            format!("{}/@v/list", module.escaped()),
        )
    }

    /// What `@latest` of a module was.
    pub fn latest(module: &ModulePath) -> Self {
        Self::new(
            CachedAnswerClass::Latest,
            format!("{}/@latest", module.escaped()),
        )
    }

    /// What a version query of a module was; `query` as it stands in the URL.
    pub fn query(module: &ModulePath, query: &str) -> Self {
        Self::new(
            CachedAnswerClass::Query,
            format!("{}/@v/{query}.info", module.escaped()),
        )
    }
}
