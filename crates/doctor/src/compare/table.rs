//! The table: who says what about the files of one module version.

use gomod::{
    artifact::{Artifact, ArtifactKind},
    goproxy::ProxyList,
    path::ModulePath,
    version::Version,
};
use mismatch::{ByteShape, CopyDescription, CopyDifference, RetryResult};
use serde::Serialize;

/// Everything that was heard about a module version.
#[derive(Debug, Clone)]
pub struct StatementTable {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Who says what, in the order in which it is shown.
    pub statements: Vec<HashStatement>,
    /// The client's GOPROXY list, if it can be read.
    pub proxies: Option<ProxyList>,
    /// The client's files of this version, for the repair.
    pub cache: CachePlace,
    /// Who may have sent what a message says was downloaded; none where nothing is known.
    pub sender: Option<DownloadSender>,
    /// Whether the settings here keep its name from the database.
    pub is_private: bool,
    /// What is reported of it, if this is about a message.
    pub report: Option<MessageReport>,
}

/// What a message reports, beyond the hashes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageReport {
    /// Hashes that differed.
    Mismatch,
    /// Files in the module cache that were changed after they had been unpacked.
    ChangedFiles,
}

/// Who may have sent what was downloaded where a message comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadSender {
    /// Those that the message names.
    Named(Vec<String>),
    /// The sources of the list here, if the machine is set up as this one.
    List(Vec<String>),
    /// The module's own host: it goes past all proxies.
    Host(String),
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
pub struct HashStatement {
    /// Of which file: the zip, or the go.mod.
    pub file: HashedFile,
    /// Who.
    pub voice: HashSource,
    /// What.
    pub said: StatementContent,
}

/// The files of a version that have a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashedFile {
    /// The module's files.
    Zip,
    /// Its go.mod alone.
    GoMod,
}

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum HashSource {
    /// A line of a go.sum or go.work.sum.
    GoSum {
        /// The file.
        #[serde(rename = "path")]
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A go.sum, as a message has it.
    PastedGoSum {
        /// The file's name.
        #[serde(rename = "name")]
        file: String,
    },
    /// What was downloaded where a message comes from.
    PastedDownload,
    /// A checksum database, as a message has it.
    PastedDatabase {
        /// Its name.
        name: String,
    },
    /// A proxy of the GOPROXY list, as it answers now.
    Proxy {
        /// Its URL, without secrets.
        name: String,
    },
    /// The hash that the module cache keeps beside its zip.
    CachedHash {
        /// The file.
        #[serde(rename = "path")]
        file: String,
    },
    /// The bytes in the module cache.
    CachedBytes {
        /// The file.
        #[serde(rename = "path")]
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
pub enum StatementContent {
    /// A hash, as it is written. A database's is proven.
    Hash(String),
    /// Bytes, which were looked at.
    Copy(Box<InspectedCopy>),
    /// Nothing, and why.
    Nothing(String),
}

/// Bytes that were looked at.
#[derive(Debug, Clone)]
pub struct InspectedCopy {
    /// What they are.
    pub specimen: CopyDescription,
    /// How they differ from right ones, if those were at hand.
    pub difference: Option<CopyDifference>,
    /// What the same source sent when it was asked once more.
    pub again: Option<CopyDescription>,
}

// === impl StatementTable ===

impl StatementTable {
    /// One file of the version, as the protocol names it.
    pub fn artifact(&self, file: HashedFile) -> Artifact {
        Artifact {
            module: self.module.clone(),
            version: self.version.clone(),
            kind: file.kind(),
        }
    }

    /// Why no database speaks of a file; none if there is none, or it does.
    pub(super) fn silence_of_database(&self, file: HashedFile) -> Option<(&str, &str)> {
        let of_file = self.statements.iter().filter(|said| said.file == file);
        let mut silent =
            of_file.filter_map(|statement| match (&statement.voice, &statement.said) {
                (HashSource::Database { name }, StatementContent::Nothing(why)) => {
                    Some((name.as_str(), why.as_str()))
                }
                _ => None,
            });
        silent.next()
    }

    /// What the log proves of a file. A record can have several hashes, and each of them is right.
    pub(super) fn logged(&self, file: HashedFile) -> impl Iterator<Item = &str> {
        let of_file = self.statements.iter().filter(move |said| said.file == file);
        of_file.filter_map(|statement| match (&statement.voice, &statement.said) {
            (HashSource::Database { .. }, StatementContent::Hash(hash)) => Some(hash.as_str()),
            _ => None,
        })
    }
}

// === impl HashedFile ===

impl HashedFile {
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

// === impl HashSource ===

impl HashSource {
    /// Who that is, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::GoSum { file, line } => format!("{file}:{line}"),
            Self::PastedGoSum { file } => format!("{file}, in the message"),
            Self::PastedDownload => "the download, in the message".to_owned(),
            Self::PastedDatabase { name } => format!("{name}, in the message"),
            Self::Proxy { name } | Self::Database { name } => name.clone(),
            Self::CachedHash { file } | Self::CachedBytes { file } => file.clone(),
        }
    }

    pub(super) const fn is_cache(&self) -> bool {
        matches!(self, Self::CachedHash { .. } | Self::CachedBytes { .. })
    }
}

// === impl StatementContent ===

impl StatementContent {
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
        matches!(self, Self::Copy(copy) if !is_whole(&copy.specimen))
    }

    /// Whether the same source sent bytes that do not contradict themselves when it was asked again.
    pub(super) fn is_whole_again(&self) -> bool {
        matches!(self, Self::Copy(copy) if copy.again.as_ref().is_some_and(is_whole))
    }
}

/// Whether bytes are a file as it should be, as far as they tell themselves.
pub fn is_whole(specimen: &CopyDescription) -> bool {
    let has_shape = matches!(
        specimen.shape,
        ByteShape::Zip { damaged: 0, .. } | ByteShape::GoMod { .. }
    );
    specimen.h1.is_some() && has_shape
}

// === impl InspectedCopy ===

impl InspectedCopy {
    /// Bytes that nothing was compared with yet.
    pub const fn new(specimen: CopyDescription) -> Self {
        Self {
            specimen,
            difference: None,
            again: None,
        }
    }

    /// As one of the other copies that a case speaks of.
    pub(super) fn as_retry(&self, difference: Option<CopyDifference>) -> RetryResult {
        RetryResult {
            specimen: self.specimen.clone(),
            difference,
        }
    }
}
