//! One copy of an artifact's bytes, described in a few facts whatever its size.

use crate::sum::Sha256Sum;
use gomod::sumhash::H1;
use serde::{Deserialize, Serialize};

/// Where a copy came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// How it is called in a report: a host, a site, a path. Never with credentials.
    pub name: String,
    /// What it is.
    pub role: SourceRole,
}

/// What a source is. It decides what its bytes prove: an origin says what the tag holds today, a
/// mirror only what it once took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceRole {
    /// Version control itself, or who packs from it on every request.
    Origin,
    /// A module proxy that keeps what it once fetched.
    Mirror,
    /// Another site of ours.
    Peer,
    /// This site's own store.
    Kept,
    /// A client's module cache.
    Client,
}

/// What was said about the bytes before they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnnouncedFacts {
    /// The size: a `Content-Length`, or what the catalog recorded.
    pub size: Option<u64>,
    /// The SHA-256: a peer's record, or an `ETag` known to be one.
    pub sha256: Option<Sha256Sum>,
}

/// What the bytes look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByteShape {
    /// No bytes.
    Empty,
    /// A zip whose directory can be read.
    Zip {
        /// `MODULE@VERSION` before every name, if there is one before all of them.
        of: Option<String>,
        /// How many entries are damaged.
        damaged: usize,
    },
    /// It begins as a zip, and has no end.
    CutZip {
        /// `MODULE@VERSION` before the first name.
        of: Option<String>,
    },
    /// It begins as a zip and seems to have its end, but the directory cannot be read.
    BrokenZip {
        /// `MODULE@VERSION` before the first name.
        of: Option<String>,
        /// How many bytes behind its place by the end record the directory ends: as many were put in
        /// front of it.
        moved: u64,
    },
    /// A go.mod with a module line.
    GoMod {
        /// The path in the module line.
        module: String,
    },
    /// Compressed by gzip: see [`CopyDescription::wrapped`].
    Gzip,
    /// A web page.
    Html,
    /// JSON: an `.info`, or an error of some API.
    Json,
    /// Text of another kind.
    Text,
    /// None of these.
    Other,
}

/// Counts over all bytes that show a binary file that was handled as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteCounts {
    /// Line feeds behind a carriage return.
    pub crlf: u64,
    /// Line feeds that are alone.
    pub lf: u64,
    /// Replacement characters (U+FFFD in UTF-8): what decoders put for bytes that they cannot read.
    pub replacements: u64,
    /// Whether all bytes are UTF-8.
    pub is_utf8: bool,
    /// Zero bytes at the end.
    pub zero_tail: u64,
    /// Whether the last byte is a line feed.
    pub ends_in_newline: bool,
}

/// One entry of a zip, or the go.mod itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFacts {
    /// The whole name, as the zip has it.
    pub name: Vec<u8>,
    /// Where the entry begins.
    pub begin: u64,
    /// Where it ends.
    pub end: u64,
    /// SHA-256 of the content, if it can be unpacked.
    pub digest: Option<[u8; 32]>,
    /// SHA-256 of the content as plain text: UTF-8, no byte-order mark, line feeds, no empty lines at
    /// the end. Two contents with the same one differ in line endings and encoding only.
    pub plain: Option<[u8; 32]>,
    /// What is wrong with it, in words.
    pub problem: Option<String>,
}

/// What a tool that takes bytes for text does to them. Each can be undone, and the hash of what was
/// there before is compared with the one that should be: if they are equal, it is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TextRewrite {
    /// LF became CRLF.
    LfBecameCrlf,
    /// CRLF became LF.
    CrlfBecameLf,
    /// A byte-order mark was put in front.
    MarkAdded,
    /// A byte-order mark was put in front and LF became CRLF.
    MarkAddedAndLfBecameCrlf,
    /// UTF-8 became UTF-16.
    BecameUtf16,
    /// UTF-8 became UTF-16, and LF became CRLF.
    BecameUtf16AndLfBecameCrlf,
    /// UTF-8 became Latin-1.
    BecameLatin1,
    /// UTF-8 was read as Latin-1 and encoded once more.
    EncodedTwice,
    /// A newline was added at the end.
    FinalNewlineAdded,
    /// The newline at the end was taken off.
    FinalNewlineLost,
}

/// What is inside gzip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GzipContent {
    /// How many layers were taken off.
    pub layers: u8,
    /// Bytes inside.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: Sha256Sum,
    /// Their hash, if they have one.
    pub h1: Option<H1>,
    /// What they look like.
    pub shape: ByteShape,
}

/// One bit that, turned back, gives bytes with a hash that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitFlip {
    /// The byte, from the beginning of the file.
    pub offset: u64,
    /// The bit, 0 to 7 from the least.
    pub bit: u8,
    /// The hash that comes out.
    pub h1: H1,
}

/// One copy of an artifact's bytes, described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyDescription {
    /// Where it came from.
    pub source: CopySource,
    /// What was said about it.
    pub announced: AnnouncedFacts,
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: Sha256Sum,
    /// Its hash as go.sum has it; `None` if it is not sound enough to have one.
    pub h1: Option<H1>,
    /// What it looks like.
    pub shape: ByteShape,
    /// Counts over its bytes.
    pub counts: ByteCounts,
    /// Its entries in the order of their data; those of a zip with too many are left out.
    pub entries: Vec<EntryFacts>,
    /// Its hash before each rewriting that could have been done to it.
    pub rewrites: Vec<(TextRewrite, H1)>,
    /// What is inside, if it is gzip.
    pub wrapped: Option<GzipContent>,
    /// A flipped bit, if turning it back gives a hash that was asked for.
    pub flip: Option<BitFlip>,
}

// === impl ByteShape ===

impl ByteShape {
    /// Whether it begins as a zip does.
    #[must_use]
    pub const fn is_any_zip(&self) -> bool {
        matches!(
            self,
            Self::Zip { .. } | Self::CutZip { .. } | Self::BrokenZip { .. }
        )
    }

    /// `MODULE@VERSION` before the names in it, if it begins as a zip.
    #[must_use]
    pub fn names(&self) -> Option<&str> {
        match self {
            Self::Zip { of, .. } | Self::CutZip { of } | Self::BrokenZip { of, .. } => {
                of.as_deref()
            }
            _ => None,
        }
    }

    /// In words, for a report.
    #[must_use]
    pub fn describe(&self) -> String {
        let of = self.names().map(|of| format!(" of {of}"));
        let of = of.unwrap_or_default();
        match self {
            Self::Empty => "nothing".to_owned(),
            Self::Zip { damaged: 0, .. } => format!("a whole zip{of}"),
            Self::Zip { damaged: 1, .. } => format!("a zip{of} with a damaged entry"),
            Self::Zip { damaged, .. } => format!("a zip{of} with {damaged} damaged entries"),
            Self::CutZip { .. } => format!("a zip{of} without its end"),
            Self::BrokenZip { .. } => format!("a zip{of} with a damaged directory"),
            Self::GoMod { module } => format!("a go.mod of {module}"),
            Self::Gzip => "gzip".to_owned(),
            Self::Html => "a web page".to_owned(),
            Self::Json => "JSON".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Other => "bytes of no known kind".to_owned(),
        }
    }
}

// === impl TextRewrite ===

impl TextRewrite {
    /// In words: what was done.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::LfBecameCrlf => "LF became CRLF",
            Self::CrlfBecameLf => "CRLF became LF",
            Self::MarkAdded => "a byte-order mark was added",
            Self::MarkAddedAndLfBecameCrlf => "a byte-order mark was added and LF became CRLF",
            Self::BecameUtf16 => "UTF-8 became UTF-16",
            Self::BecameUtf16AndLfBecameCrlf => "UTF-8 became UTF-16 and LF became CRLF",
            Self::BecameLatin1 => "UTF-8 became Latin-1",
            Self::EncodedTwice => "UTF-8 was encoded as UTF-8 once more",
            Self::FinalNewlineAdded => "a newline was added at the end",
            Self::FinalNewlineLost => "the newline at the end was lost",
        }
    }
}

// === impl CopyDescription ===

impl CopyDescription {
    /// Whether the source itself said that it keeps exactly these bytes: then they were not damaged
    /// on the way.
    #[must_use]
    pub fn is_what_its_source_announced(&self) -> bool {
        self.announced.sha256 == Some(self.sha256)
    }

    /// Whether both came from the same place.
    #[must_use]
    pub fn has_the_source_of(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
