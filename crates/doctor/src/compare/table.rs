//! The table: who says what about the files of one module version.

use gomod::{
    artifact::{Artifact, ArtifactKind},
    goproxy::ProxyList,
    path::ModulePath,
    version::Version,
};
use mismatch::{Difference, Retry, Shape, Specimen};
use serde::Serialize;

/// Everything that was heard about a module version.
#[derive(Debug, Clone)]
pub struct Table {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Who says what, in the order in which it is shown.
    pub statements: Vec<Statement>,
    /// The client's GOPROXY list, if it can be read.
    pub proxies: Option<ProxyList>,
    /// The client's files of this version, for the repair.
    pub cache: CachePlace,
}

/// Where the client's module cache has a version.
#[derive(Debug, Clone, Default)]
pub struct CachePlace {
    /// Its downloaded files, without the ending: `…/cache/download/MODULE/@v/VERSION`.
    pub download: String,
    /// The directory that the zip was unpacked into, if it is there.
    pub unpacked: Option<String>,
}

/// One voice about one file.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Of which file: the zip, or the go.mod.
    pub file: File,
    /// Who.
    pub voice: Voice,
    /// What.
    pub said: Said,
}

/// The files of a version that have a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum File {
    /// The module's files.
    Zip,
    /// Its go.mod alone.
    GoMod,
}

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum Voice {
    /// A line of a go.sum or go.work.sum.
    GoSum {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A proxy of the GOPROXY list, as it answers now.
    Proxy {
        /// Its URL, without secrets.
        name: String,
    },
    /// The hash that the module cache keeps beside its zip.
    CachedHash {
        /// The file.
        file: String,
    },
    /// The bytes in the module cache.
    CachedBytes {
        /// The file.
        file: String,
    },
    /// The checksum database.
    Database {
        /// Its name.
        name: String,
    },
}

/// What somebody says.
#[derive(Debug, Clone)]
pub enum Said {
    /// A hash, as it is written. A database's is proven.
    Hash(String),
    /// Bytes, which were looked at.
    Copy(Box<Copy>),
    /// Nothing, and why.
    Nothing(String),
}

/// Bytes that were looked at.
#[derive(Debug, Clone)]
pub struct Copy {
    /// What they are.
    pub specimen: Specimen,
    /// How they differ from right ones, if those were at hand.
    pub difference: Option<Difference>,
    /// What the same source sent when it was asked once more.
    pub again: Option<Specimen>,
}

// === impl Table ===

impl Table {
    /// One file of the version, as the protocol names it.
    pub fn artifact(&self, file: File) -> Artifact {
        Artifact {
            module: self.module.clone(),
            version: self.version.clone(),
            kind: file.kind(),
        }
    }

    /// What the log proves of a file. A record can have several hashes, and each of them is right.
    pub(super) fn logged(&self, file: File) -> impl Iterator<Item = &str> {
        let of_file = self.statements.iter().filter(move |said| said.file == file);
        of_file.filter_map(|statement| match (&statement.voice, &statement.said) {
            (Voice::Database { .. }, Said::Hash(hash)) => Some(hash.as_str()),
            _ => None,
        })
    }
}

// === impl File ===

impl File {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zip, Self::GoMod];

    /// Its kind in the protocol.
    pub const fn kind(self) -> ArtifactKind {
        match self {
            Self::Zip => ArtifactKind::Zip,
            Self::GoMod => ArtifactKind::Mod,
        }
    }

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::GoMod => "go.mod",
        }
    }
}

// === impl Voice ===

impl Voice {
    /// Who that is, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::GoSum { file, line } => format!("{file}:{line}"),
            Self::Proxy { name } => name.clone(),
            Self::CachedHash { file } | Self::CachedBytes { file } => file.clone(),
            Self::Database { name } => format!("{name}, proven"),
        }
    }

    pub(super) const fn is_cache(&self) -> bool {
        matches!(self, Self::CachedHash { .. } | Self::CachedBytes { .. })
    }
}

// === impl Said ===

impl Said {
    /// The hash that is said.
    pub(super) fn hash(&self) -> Option<String> {
        match self {
            Self::Hash(hash) => Some(hash.clone()),
            Self::Copy(copy) => copy.specimen.h1.map(|h1| h1.to_string()),
            Self::Nothing(_) => None,
        }
    }

    pub(super) fn note(&self) -> String {
        match self {
            Self::Hash(_) => String::new(),
            Self::Copy(copy) => {
                let size = copy.specimen.size;
                format!("{size} bytes, {}", copy.specimen.shape.describe())
            }
            Self::Nothing(why) => why.clone(),
        }
    }

    pub(super) const fn is_silent(&self) -> bool {
        matches!(self, Self::Nothing(_))
    }

    /// Whether these are bytes that contradict themselves: right ones they are not, whatever the
    /// right ones are.
    pub(super) fn is_damaged(&self) -> bool {
        let Self::Copy(copy) = self else {
            return false;
        };
        let is_whole = matches!(
            copy.specimen.shape,
            Shape::Zip { damaged: 0, .. } | Shape::GoMod { .. }
        );
        copy.specimen.h1.is_none() || !is_whole
    }
}

// === impl Copy ===

impl Copy {
    /// Bytes that nothing was compared with yet.
    pub const fn new(specimen: Specimen) -> Self {
        Self {
            specimen,
            difference: None,
            again: None,
        }
    }

    /// As one of the other copies that a case speaks of.
    pub(super) fn as_retry(&self, difference: Option<Difference>) -> Retry {
        Retry {
            specimen: self.specimen.clone(),
            difference,
        }
    }
}
