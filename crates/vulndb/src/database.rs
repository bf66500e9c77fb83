//! Database: everything that is known, as the files that are served, and an index by module.
//!
//! The files are one stretch of bytes, so that keeping it on disk and having it back costs one
//! read. An entry is parsed when a module of it is asked about: opening thousands to look at a
//! hundred would be most of the work.

use crate::answer::{ENTRY_DIRECTORY, index_files};
use crate::entry::{EntryId, OsvEntry, OsvTime};
use crate::hit::VulnerabilityHit;
use crate::merge::{MergeError, MergedVulnerability, merge};
use crate::source::{DatabaseSource, SourceOrigin};
use crate::upgrade;
use crate::version::{self, UnknownVersion};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VulnerabilityDatabase {
    pub(crate) index: ContentIndex,
    /// The files, one behind the other.
    pub(crate) bytes: Vec<u8>,
}

/// Where what is in the bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentIndex {
    pub(crate) sources: Vec<SourceInfo>,
    pub(crate) modified: Option<OsvTime>,
    /// What an operator should know of how it came here.
    #[serde(default)]
    pub(crate) notice: Option<String>,
    /// Sorted by name.
    pub(crate) files: Vec<FileSlice>,
    /// By path: numbers of the files of its entries.
    pub(crate) modules: BTreeMap<String, Vec<usize>>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileSlice {
    pub(crate) name: String,
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// Numbers of the sources that tell of it; none for the index.
    pub(crate) sources: Vec<usize>,
}

/// What is known of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Its name, for people.
    pub name: String,
    /// Whose it is.
    pub origin: SourceOrigin,
    /// When it was last changed.
    pub modified: Option<OsvTime>,
    /// How many entries it had.
    pub entries: usize,
    /// Entries whose versions are not understood, so that every version is taken to be affected.
    pub mended: Vec<EntryId>,
}

/// Why a module cannot be answered for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Vulnerabilities of the module are known, but not whether its version has them.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// An entry that was valid when it was merged is not any more.
    #[error("{0} is damaged; import the database again")]
    Damaged(String),
}

/// What is known about all modules of a build, and how old the knowledge is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildExamination {
    /// Where it is from.
    pub sources: Vec<SourceInfo>,
    /// What the modules have, in the order of the modules, each by id.
    pub hits: Vec<VulnerabilityHit>,
    /// Modules with known vulnerabilities and a version that cannot be held against them.
    pub unknown: Vec<UnknownVersion>,
}

// === impl VulnerabilityDatabase ===

impl VulnerabilityDatabase {
    /// Makes one database of sources. Of public ones, what the first says of a vulnerability in a
    /// module stands, so the Go database comes before OSV; private ones are always taken last, and
    /// only add.
    pub fn merge(mut sources: Vec<DatabaseSource>) -> Result<Self, MergeError> {
        sources.sort_by_key(|source| source.origin);
        let infos: Vec<SourceInfo> = sources.iter().map(SourceInfo::of).collect();
        let mut documents = merge(&mut sources)?;
        // By file name, which is not the order of the ids: `A-1.json` comes after `A-1-2.json`.
        documents.sort_by_cached_key(|document| entry_file(&document.entry.id));
        let newest = documents.iter().map(|document| document.entry.modified);
        let dated = infos.iter().filter_map(|info| info.modified);
        let modified = newest.chain(dated).max();
        let mut database = Self {
            index: ContentIndex {
                sources: infos,
                modified,
                ..ContentIndex::default()
            },
            bytes: Vec::new(),
        };
        for document in &documents {
            database.add_entry(document);
        }
        let mut entries: Vec<&OsvEntry> =
            documents.iter().map(|document| &document.entry).collect();
        entries.sort_by(|left, right| left.id.cmp(&right.id));
        for (name, bytes) in index_files(modified, &entries) {
            database.add_file(name, &bytes, Vec::new());
        }
        Ok(database)
    }

    /// Where it is from.
    pub fn sources(&self) -> &[SourceInfo] {
        &self.index.sources
    }

    /// The same with words about how it came here, which are kept with it.
    #[must_use]
    pub fn with_notice(mut self, notice: String) -> Self {
        self.index.notice = Some(notice);
        self
    }

    /// What an operator should know of how it came here.
    pub fn notice(&self) -> Option<&str> {
        self.index.notice.as_deref()
    }

    /// When anything in it was last changed.
    pub const fn modified(&self) -> Option<OsvTime> {
        self.index.modified
    }

    /// What a version of a module has, sorted by id. The standard library is `stdlib`, the go
    /// command `toolchain`, each at a Go release such as `go1.21.3`.
    pub fn affecting(
        &self,
        module: &str,
        version: &str,
    ) -> Result<Vec<VulnerabilityHit>, DatabaseError> {
        let Some(numbers) = self.index.modules.get(module) else {
            return Ok(Vec::new());
        };
        let semantic = version::semantic(module, version)?;
        let (mut hits, mut entries) = (Vec::new(), Vec::new());
        for &number in numbers {
            let (entry, sources) = self.entry(number)?;
            if let Some(mut hit) = VulnerabilityHit::of(&entry, module, version, &semantic) {
                hit.sources = sources;
                hits.push(hit);
            }
            entries.push(entry);
        }
        let upgrade = upgrade::lowest(&entries, module, &semantic);
        for hit in hits.iter_mut().filter(|hit| !hit.is_unfixed()) {
            hit.upgrade.clone_from(&upgrade);
        }
        hits.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(hits)
    }

    /// What all modules of a build have, given as pairs of path and version; of a module that is
    /// replaced by another, the other.
    pub fn examine<'a>(
        &self,
        modules: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<BuildExamination, DatabaseError> {
        let mut examined = BuildExamination {
            sources: self.index.sources.clone(),
            hits: Vec::new(),
            unknown: Vec::new(),
        };
        for (module, version) in modules {
            match self.affecting(module, version) {
                Ok(hits) => examined.hits.extend(hits),
                Err(DatabaseError::Version(unknown)) => examined.unknown.push(unknown),
                Err(damaged) => return Err(damaged),
            }
        }
        Ok(examined)
    }

    /// The bytes of a file.
    pub(crate) fn file(&self, name: &str) -> Option<&[u8]> {
        let files = &self.index.files;
        let number = files.binary_search_by(|file| file.name.as_str().cmp(name));
        let file = files.get(number.ok()?)?;
        self.bytes.get(file.begin..file.end)
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.index.files.iter().map(|file| file.name.as_str())
    }

    /// An entry by the number of its file, and the names of its sources.
    pub(crate) fn entry(&self, number: usize) -> Result<(OsvEntry, Vec<String>), DatabaseError> {
        let file = self.index.files.get(number);
        let file = file.ok_or_else(|| DatabaseError::Damaged(format!("file {number}")))?;
        let bytes = self.bytes.get(file.begin..file.end).unwrap_or_default();
        let entry =
            OsvEntry::parse(bytes).map_err(|_| DatabaseError::Damaged(file.name.clone()))?;
        let sources = file.sources.iter();
        let sources = sources.filter_map(|&number| self.index.sources.get(number));
        Ok((entry, sources.map(|info| info.name.clone()).collect()))
    }

    fn add_entry(&mut self, document: &MergedVulnerability) {
        let number = self.index.files.len();
        for module in document.entry.modules().into_keys() {
            let numbers = self.index.modules.entry(module.to_owned()).or_default();
            numbers.push(number);
        }
        self.add_file(
            entry_file(&document.entry.id),
            &document.bytes,
            document.sources.clone(),
        );
    }

    /// Files are added in the order of their names.
    fn add_file(&mut self, name: String, bytes: &[u8], sources: Vec<usize>) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.index.files.push(FileSlice {
            name,
            begin,
            end: self.bytes.len(),
            sources,
        });
    }
}

fn entry_file(id: &EntryId) -> String {
    format!("{ENTRY_DIRECTORY}{id}.json")
}

// === impl SourceInfo ===

impl SourceInfo {
    fn of(source: &DatabaseSource) -> Self {
        Self {
            name: source.name.clone(),
            origin: source.origin,
            modified: source.modified,
            entries: source.entries.len(),
            mended: source.mended.clone(),
        }
    }
}
